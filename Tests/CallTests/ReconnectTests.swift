import EmbeddedVisio
import Primitives
import Probe
import Scenario
import Simulation
import Testing
import Visio

@Suite("Calls whose connections end and begin again")
struct ReconnectTests {
    /// Sent away to a new session: everything is published again, and the meters go on.
    @Test(arguments: [SignallingMode.single, .dual])
    func aNewSessionTakesTheOldOnesPlace(mode: SignallingMode) throws {
        var call = ResumeTests.call(mode)
        call.behaviour.leaves = [.init(at: .seconds(8), action: .reconnect)]
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.batch.losses.count == 3)
        for loss in record.batch.losses {
            #expect(loss.cause == .server && loss.outcome == .restarted && loss.attempts == 1)
            #expect(try #require(loss.recovery) < .milliseconds(300))
        }
        #expect(record.server.joins == 6)
        for outcome in record.outcomes {
            #expect(outcome.end == .left)
            // Everybody's tracks twice: new sessions have new names for them.
            #expect(outcome.tracksExpected == 8 && outcome.tracksReceived == 8)
            #expect(outcome.video.framesRendered > 2 * 20 * 18)
            #expect(outcome.video.packets.lost == 0)
        }
    }

    /// Only one has to begin anew: the others' tracks keep their names, and its pictures of them froze for that long.
    @Test func theMetersGoOnOverAnotherSession() throws {
        var call = ResumeTests.call(.auto)
        call.network.signallingDelay = .milliseconds(150)
        let record = try call.run { plan in
            plan.participants[1].changes = [PlannedChange(at: .seconds(8), change: .reload)]
        }
        #expect(record.failures.isEmpty)
        let loss = try #require(record.batch.losses.first)
        #expect(record.batch.losses.count == 1)
        #expect(loss.participant == 1 && loss.cause == .reload && loss.outcome == .rejoined)
        let time = try #require(loss.recovery)
        #expect(time > .seconds(1.2) && time < .seconds(4))
        let outcome = try record.outcome(of: 1)
        #expect(outcome.tracksExpected == 4 && outcome.tracksReceived == 4)
        #expect(outcome.video.freezes == 2, "one for each of the two cameras")
        let frozen = Double(outcome.video.frozenMilliseconds) / 2
        #expect((time.milliseconds - 100...time.milliseconds + 1500).contains(frozen))
        #expect(outcome.video.framesRendered > 2 * 20 * 14)
        // The others see it go and come back, and miss nothing of each other.
        let other = try record.outcome(of: 0)
        #expect(other.tracksExpected == 6 && other.tracksReceived == 6)
        #expect(other.video.freezes == 0)
    }

    /// Every reason LiveKit knows ends the one session with its name.
    @Test(arguments: LiveKitDisconnectReason.allCases + [.UNRECOGNIZED(99)])
    func everyDisconnectHasAName(reason: LiveKitDisconnectReason) throws {
        var call = ResumeTests.call(.auto, hold: "8s")
        call.behaviour.leaves = [.init(at: .seconds(4), action: .disconnect, reason: reason)]
        let record = try call.run()
        #expect(record.failures.count == 3 && record.batch.losses.isEmpty)
        for failure in record.failures.values {
            #expect(failure.stage == .call && failure.code == reason.rawValue)
            #expect(failure.cause.contains("the server ended the session: "))
        }
    }

    /// Sent away for a moment: the same session goes on.
    @Test func comingBackWhenTold() throws {
        var call = ResumeTests.call(.auto)
        call.behaviour.leaves = [.init(at: .seconds(8), action: .resume)]
        let record = try call.run()
        #expect(record.failures.isEmpty && record.server.joins == 3)
        #expect(record.batch.losses.count == 3)
        #expect(record.batch.losses.allSatisfy { $0.cause == .server && $0.outcome == .resumed })
        #expect(record.outcomes.allSatisfy { $0.video.freezes == 0 })
    }

    /// The media server dies and comes back without memory: attempts at livekit-client's times, then a new session.
    @Test(arguments: [SignallingMode.single, .dual])
    func aRestartIsSurvived(mode: SignallingMode) throws {
        var call = ResumeTests.call(mode, hold: "40s")
        call.behaviour.outage = TimeSpan(start: .seconds(8), end: .seconds(11))
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.server.joins == 6)
        #expect(record.batch.losses.count == 3)
        for loss in record.batch.losses {
            #expect(loss.cause == .signalling && loss.outcome == .restarted)
            // Refused after 0, 0.3 and 1.2 s, unknown to the new server after 2.7 s, anew after 4.8 s.
            #expect(loss.attempts == 5)
            let time = try #require(loss.recovery)
            #expect(time > .seconds(9.0) && time < .seconds(12.5))
        }
        for outcome in record.outcomes {
            #expect(outcome.end == .left && outcome.tracksReceived == outcome.tracksExpected)
        }
    }

    /// A server that stays away: ten attempts, and then a named failure.
    @Test func tenAttemptsAreAllThereAre() throws {
        var call = ResumeTests.call(.auto, hold: "2m")
        call.behaviour.outage = TimeSpan(start: .seconds(8), end: .seconds(600))
        let record = try call.run()
        #expect(record.endedByItself)
        #expect(record.failures.count == 3)
        for failure in record.failures.values {
            #expect(failure.stage == .call)
            #expect(failure.cause.contains("did not come back in 10 attempts"))
            #expect(failure.cause.contains("503"))
        }
        for outcome in record.outcomes {
            // 0.3 + 1.2 + 2.7 + 4.8 + 5 times 7 s, and up to 8 s of jitter.
            #expect((51.9...61).contains(try #require(outcome.endedAt).seconds))
        }
        #expect(record.batch.losses.allSatisfy { $0.outcome == .lost && $0.attempts == 10 })
    }

    /// No datagram passes for a while: ICE gives up, the session is resumed, and ICE finds the path again.
    @Test(arguments: [SignallingMode.single, .dual])
    func aPathThatFailedIsFoundAgain(mode: SignallingMode) throws {
        var call = ResumeTests.call(mode, hold: "50s")
        call.behaviour.blackout = TimeSpan(start: .seconds(8), end: .seconds(27))
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.server.joins == 3, "the sessions went on")
        for participant in 0..<3 {
            let loss = try #require(record.batch.losses.first { $0.participant == participant })
            #expect([.publisher, .subscriber, .server].contains(loss.cause))
            #expect(loss.outcome == .resumed)
            #expect((20...26).contains(loss.at.seconds), "fifteen seconds of silence")
        }
        for outcome in record.outcomes {
            #expect(outcome.end == .left)
            #expect(outcome.video.freezes >= 2 && outcome.video.frozenMilliseconds > 2 * 18_000)
            #expect(outcome.video.stalledMilliseconds == 0, "and then it went on")
        }
    }
}
