import Primitives
import RTC
import Testing

@Suite struct CongestionControllerTests {
    private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

    private func controller(start: Double = 300) -> CongestionController {
        var settings = CongestionSettings()
        settings.start = .kilobitsPerSecond(start)
        var controller = CongestionController(settings: settings)
        controller.begin(now: .zero)
        return controller
    }

    @Test func itStartsWithItsSettings() {
        let controller = controller()
        #expect(controller.target == .kilobitsPerSecond(300))
        #expect(abs(controller.pacingRate.kilobitsPerSecond - 330) < 1e-9)
        #expect(controller.paddingRate == .zero)
        #expect(controller.state.loss == 0)
    }

    @Test func aDescriptionMayChangeTheStart() {
        var controller = controller()
        controller.restart(at: .kilobitsPerSecond(1011.5), now: at(100))
        #expect(controller.target == .kilobitsPerSecond(1011.5))
        #expect(abs(controller.pacingRate.kilobitsPerSecond - 1112.65) < 1e-9)
    }

    /// What the receiver says it can take is never exceeded, and forgotten when it says otherwise.
    @Test func theReceiverMayLimit() {
        var controller = controller(start: 1000)
        controller.receive(receiverLimit: .kilobitsPerSecond(250), now: at(100))
        #expect(controller.target == .kilobitsPerSecond(250))
        controller.receive(receiverLimit: .kilobitsPerSecond(10_000), now: at(200))
        #expect(controller.target == .kilobitsPerSecond(1000))
        controller.receive(receiverLimit: .zero, now: at(300))
        #expect(controller.target == .kilobitsPerSecond(1000))
    }

    /// Without transport-wide feedback the old rule holds: below 2 % loss the rate grows by 8 % a second and a bit,
    /// between 2 and 10 % it stays, above 10 % it falls by half of the loss.
    @Test func receiverReportsAreJudgedByTheOldRule() {
        var controller = controller(start: 1000)
        // The start is trusted for two seconds after the first report.
        for time in 0..<3 as Range<Int64> {
            controller.receiveReport(lost: 0, expected: 100, now: at(time * 1000))
        }
        let before = controller.target
        for time in 3..<8 as Range<Int64> {
            controller.receiveReport(lost: 0, expected: 100, now: at(time * 1000))
        }
        var expected = before.kilobitsPerSecond
        for _ in 0..<5 { expected = expected * 1.08 + 1 }
        #expect(abs(controller.target.kilobitsPerSecond - expected) < 0.01)

        let steady = controller.target
        controller.receiveReport(lost: 5, expected: 100, now: at(8000))
        #expect(controller.target == steady)
        controller.receiveReport(lost: 20, expected: 100, now: at(9000))
        #expect(abs(controller.target / steady - 0.9) < 1e-9)
        // A handful of packets is no basis.
        controller.receiveReport(lost: 19, expected: 19, now: at(10_000))
        #expect(abs(controller.target / steady - 0.9) < 1e-9)
    }

    /// Padding goes up to what the streams want, but never beyond what may be sent.
    @Test func paddingStaysWithinTheTarget() {
        var controller = controller(start: 500)
        controller.setWanted(
            minimum: .kilobitsPerSecond(30), maximum: .kilobitsPerSecond(2310),
            padding: .kilobitsPerSecond(1320),
            probesPeriodically: false, now: .zero)
        #expect(controller.paddingRate == .kilobitsPerSecond(500))
        controller.restart(at: .kilobitsPerSecond(2000), now: at(10))
        #expect(controller.paddingRate == .kilobitsPerSecond(1320))
    }

    /// A path that falls silent while packets are sent: after three seconds a fifth less each second.
    @Test func silenceReducesTheRate() {
        var controller = controller(start: 1000)
        for time in stride(from: Int64(0), through: 6000, by: 20) {
            controller.noteSent(byteCount: 1000, now: at(time))
            controller.tick(now: at(time))
        }
        let target = controller.target.kilobitsPerSecond
        #expect(abs(target - 1000 * 0.8 * 0.8 * 0.8) < 1)
    }
}
