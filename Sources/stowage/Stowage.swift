import StowageKit

@main
struct Stowage {
    static func main() {
        StowageProgram(drivers: StowageProgram.bundledDrivers).main()
    }
}
