import Testing

@testable import ServiceRuntime

@Suite("ServiceConduct")
struct ServiceConductTests {
    typealias Happening = ServiceConduct.Happening
    typealias Action = ServiceConduct.Action

    struct Story: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var roles: [ServiceGroup.Member.Role]
        var steps: [(Happening, [Action])]
        var failure: String?
        var isOver: Bool
    }

    static let stories: [Story] = [
        Story(
            testDescription: "a signal asks for a clean end, and the last service ends the group",
            roles: [.main, .main],
            steps: [
                (.signal(.terminate), [.requestShutdown, .awaitGracefulDeadline, .awaitSignal]),
                (.shutdownRequested, []), (.returned(0), []), (.returned(1), []),
            ], failure: nil, isOver: true),
        Story(
            testDescription: "a second signal cancels",
            roles: [.main, .background],
            steps: [
                (.signal(.interrupt), [.requestShutdown, .awaitGracefulDeadline, .awaitSignal]),
                (
                    .signal(.interrupt),
                    [.cancelMain, .cancelBackground, .awaitCancelledDeadline, .awaitSignal]
                ),
                (.failed(0, reason: "cut off"), []), (.cancelled(1), []),
            ], failure: nil, isOver: true),
        Story(
            testDescription: "a third signal ends the process",
            roles: [.main],
            steps: [
                (.signal(.terminate), [.requestShutdown, .awaitGracefulDeadline, .awaitSignal]),
                (
                    .signal(.terminate),
                    [.cancelMain, .cancelBackground, .awaitCancelledDeadline, .awaitSignal]
                ),
                (.signal(.terminate), [.abandon]),
            ], failure: nil, isOver: false),
        Story(
            testDescription: "a hang-up changes nothing",
            roles: [.main], steps: [(.signal(.hangUp), [.awaitSignal])], failure: nil, isOver: false),
        Story(
            testDescription: "the deadlines cancel and then abandon",
            roles: [.main],
            steps: [
                (.shutdownRequested, [.requestShutdown, .awaitGracefulDeadline]),
                (.gracefulDeadline, [.cancelMain, .cancelBackground, .awaitCancelledDeadline]),
                (.cancelledDeadline, [.abandon]),
            ], failure: nil, isOver: false),
        Story(
            testDescription: "a service that fails ends the others cleanly",
            roles: [.main, .main],
            steps: [
                (.failed(1, reason: "no socket"), [.requestShutdown, .awaitGracefulDeadline]),
                (.failed(0, reason: "no socket either"), []),
            ], failure: "no socket", isOver: true),
        Story(
            testDescription: "a background service that fails ends the others",
            roles: [.main, .background],
            steps: [
                (.failed(1, reason: "port"), [.requestShutdown, .awaitGracefulDeadline]), (.returned(0), []),
            ], failure: "port", isOver: true),
        Story(
            testDescription: "background services are cancelled once the main ones have ended",
            roles: [.main, .background],
            steps: [
                (
                    .returned(0),
                    [.requestShutdown, .awaitGracefulDeadline, .cancelBackground, .awaitCancelledDeadline]
                ),
                (.failed(1, reason: "cancelled halfway"), []),
            ], failure: nil, isOver: true),
        Story(
            testDescription: "a background service may end by itself",
            roles: [.main, .background], steps: [(.returned(1), [])], failure: nil, isOver: false),
        Story(
            testDescription: "background services alone run until they are asked to stop",
            roles: [.background],
            steps: [
                (
                    .signal(.terminate),
                    [
                        .requestShutdown, .awaitGracefulDeadline, .cancelBackground, .awaitCancelledDeadline,
                        .awaitSignal,
                    ]
                ), (.cancelled(0), []),
            ], failure: nil, isOver: true),
        Story(
            testDescription: "late deadlines do nothing",
            roles: [.main],
            steps: [
                (.returned(0), [.requestShutdown, .awaitGracefulDeadline]), (.cancelledDeadline, []), (.nothing, []),
            ], failure: nil, isOver: true),
    ]

    @Test("Each happening has its answer", arguments: stories)
    func answers(_ story: Story) {
        var conduct = ServiceConduct(story.roles)
        for (happening, actions) in story.steps {
            #expect(conduct.actions(after: happening) == actions, "after \(happening)")
        }
        #expect(conduct.failure?.reason == story.failure)
        #expect(conduct.isOver == story.isOver)
    }
}
