import Testing

@testable import Pipeline

@Suite("Addresses")
struct AddressPolicyTests {
    @Test(
        "what is private, local, reserved or a cloud's secret-keeper is not public",
        arguments: [
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
            "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "168.63.129.16", "172.16.0.1",
            "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255",
            "198.51.100.9", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1", "64:ff9b::10.0.0.1",
            "64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1",
            "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::", "3ffe::1", "3fff::1", "5f00::1", "fc00::1",
            "fd00:ec2::254", "fe80::1",
            "febf::1", "fec0::1", "ff02::1", "4000::1",
        ])
    func notPublic(text: String) throws {
        #expect(!AddressPolicy.isPublic(try #require(AddressRange.address(text))))
    }

    @Test(
        "everybody else is",
        arguments: [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
            "128.0.0.1", "169.253.0.1", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.0.1", "198.17.255.255",
            "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2001:200::1",
            "2001:4860:4860::8888",
            "2003::1", "2606:4700::1111", "2a00:1450::1",
        ])
    func isPublic(text: String) throws {
        #expect(AddressPolicy.isPublic(try #require(AddressRange.address(text))))
    }

    @Test(
        "only the standard notation is an address",
        arguments: [
            "127.1", "0x7f.0.0.1", "017.0.0.1", "2130706433", "1.2.3.4.5", "::1%lo", "localhost", "", "1.1.1.1 ",
        ])
    func noAddress(text: String) {
        #expect(AddressRange.address(text) == nil)
    }
}
