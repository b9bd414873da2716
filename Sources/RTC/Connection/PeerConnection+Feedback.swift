public import Primitives
import WireFormats

/// RTCP that we send: to the peer's senders and about our own streams.
extension PeerConnection {
    /// Longest RTCP datagram before SRTCP, so that all fits into one unfragmented datagram.
    private static let maximumFeedbackSize = 1150
    /// Room for what we say we can take, with some sources.
    private static let estimateRoom = 120
    /// How soon the echo of a reference time leaves; it tells its own delay, so there is no hurry.
    static let echoDelay = Interval.milliseconds(50)
    /// How soon after a stream's first packet its first sender report leaves: lip sync waits for it.
    private static let firstSenderReportDelay = Interval.milliseconds(100)

    /// Asks for a key frame, unless the stream was asked a moment ago; leaves at the next tick.
    public func requestKeyFrame(stream: Int, now: Instant) {
        guard receiveStreams.indices.contains(stream), receiveStreams[stream].isActive,
            receiveStreams[stream].usesPLI
        else { return }
        if let last = receiveStreams[stream].lastKeyFrameRequestAt,
            now - last < configuration.keyFrameRequestInterval
        {
            return
        }
        receiveStreams[stream].lastKeyFrameRequestAt = now
        receiveStreams[stream].wantsKeyFrame = true
        receiveStreams[stream].keyFrameRequestCount += 1
        feedbackTimes.keyFrame = earliest(feedbackTimes.keyFrame, now)
    }

    /// Writes everything that is due or nearly due to the peer's senders, in as few datagrams as possible.
    func sendFeedback(now: Instant, into outbox: inout Outbox) {
        var writer = newWriter()
        // What is due within half an interval comes along instead of needing a datagram of its own.
        let horizon = now + configuration.feedbackInterval / 2
        if let report = feedbackTimes.report, report <= horizon {
            writeReceiverReports(&writer, now: now, into: &outbox)
        }
        if feedbackTimes.echo != nil {
            if echoes.write(into: &writer, sender: feedbackSSRC, now: now) == 0, echoes.isAnswerDue {
                flush(&writer, into: &outbox)
                echoes.write(into: &writer, sender: feedbackSSRC, now: now)
            }
            feedbackTimes.echo = nil
        }
        writeRequests(&writer, now: now, into: &outbox)
        if feedbackTimes.estimate != nil {
            if writer.remaining < Self.estimateRoom { flush(&writer, into: &outbox) }
            writeEstimate(&writer, now: now)
        }
        if let due = arrivals?.deadline, due <= horizon {
            let sources = FeedbackSources(sender: feedbackSSRC, media: someSource)
            while arrivals?.write(into: &writer, sources, now: now) == false {
                guard !writer.isEmpty else { break }
                flush(&writer, into: &outbox)
            }
        }
        flush(&writer, into: &outbox)
        feedbackTimes.lastSentAt = now
        feedbackTimes.keyFrame = nil
        feedbackTimes.request = nil
        for stream in receiveStreams where stream.isActive {
            if let missing = stream.receiver.deadline { feedbackTimes.noteRequest(missing) }
        }
    }

    /// Writes sender reports and source descriptions for the streams that sent since the last time.
    func sendSenderReports(now: Instant, into outbox: inout Outbox) {
        senderReportAt = nil
        var writer = newWriter()
        var sender: UInt32?
        for index in sendStreams.indices where sendStreams[index].isActive {
            let stream = sendStreams[index]
            guard stream.sender.statistics.packetCount > stream.reportedPacketCount,
                let report = stream.sender.makeSenderReport(now: now, wallClock: configuration.wallClock)
            else { continue }
            sendStreams[index].reportedPacketCount = stream.sender.statistics.packetCount
            let needed = 28 + 16 + stream.canonicalName.count
            if writer.remaining < needed {
                flush(&writer, sender: sender, into: &outbox)
                sender = nil
            }
            sender = sender ?? stream.ssrc
            writer.beginSenderReport(report)
            writer.writeSourceDescription(ssrc: stream.ssrc, canonicalName: stream.canonicalName)
            senderReportAt = now + configuration.senderReportInterval
        }
        flush(&writer, sender: sender, into: &outbox)
    }

    /// Makes the next sender reports due, if none are, because a packet was sent.
    func noteSent(now: Instant) {
        if senderReportAt == nil { senderReportAt = now + Self.firstSenderReportDelay }
    }

    /// Writes BYE for all streams that sent.
    func sendGoodbye(into outbox: inout Outbox) {
        var writer = newWriter()
        var sender: UInt32?
        for stream in sendStreams where stream.isActive && stream.sender.statistics.packetCount > 0 {
            if writer.remaining < 16 {
                flush(&writer, sender: sender, into: &outbox)
                sender = nil
            }
            sender = sender ?? stream.ssrc
            writer.beginReceiverReport(ssrc: stream.ssrc)
            writer.writeGoodbye(ssrc: stream.ssrc)
        }
        flush(&writer, sender: sender, into: &outbox)
    }

    /// Receiver reports for all streams that were heard since the last, with our reference time behind them.
    private func writeReceiverReports(_ writer: inout RTCPWriter, now: Instant, into outbox: inout Outbox) {
        feedbackTimes.report = nil
        var isOpen = false
        for index in receiveStreams.indices where receiveStreams[index].isActive {
            let stream = receiveStreams[index]
            let count = stream.receiver.statistics.packetCount
            guard count > stream.reportedPacketCount else { continue }
            receiveStreams[index].reportedPacketCount = count
            guard let block = stream.receiver.makeReportBlock(now: now) else { continue }
            if isOpen, writer.append(block) { continue }
            if writer.remaining < 8 + ReportBlock.byteCount + 20 { flush(&writer, into: &outbox) }
            writer.beginReceiverReport(ssrc: feedbackSSRC)
            isOpen = writer.append(block)
        }
        guard isOpen else { return }
        feedbackTimes.report = now + configuration.receiverReportInterval
        // The genuine server answers only reference times that come with a report about one of its streams.
        if writer.remaining >= 20, writer.beginExtendedReport(ssrc: feedbackSSRC) {
            _ = writer.append(receiverReferenceTime: configuration.wallClock.ntpTimestamp(at: now))
        }
    }

    /// NACK for the packets whose turn it is, and PLI where a key frame is wanted.
    private func writeRequests(_ writer: inout RTCPWriter, now: Instant, into outbox: inout Outbox) {
        for index in receiveStreams.indices where receiveStreams[index].isActive {
            let stream = receiveStreams[index]
            if stream.wantsKeyFrame {
                receiveStreams[index].wantsKeyFrame = false
                if writer.remaining < 12 { flush(&writer, into: &outbox) }
                writer.writePictureLossIndication(FeedbackSources(sender: feedbackSSRC, media: stream.ssrc))
            }
            guard let deadline = stream.receiver.deadline, deadline <= now else { continue }
            if writer.remaining < 64 { flush(&writer, into: &outbox) }
            stream.receiver.writeRequests(
                into: &writer, sender: feedbackSSRC, now: now, roundTripTime: roundTripTime)
        }
    }

    /// A recent media source, which transport-wide feedback names although it speaks of all.
    private var someSource: UInt32 { receiveStreams.last { $0.isActive }?.ssrc ?? 0 }

    private func newWriter() -> RTCPWriter {
        RTCPWriter(UnsafeMutableRawBufferPointer(rebasing: scratch[..<Self.maximumFeedbackSize]))
    }

    /// Protects and sends what was written, and starts anew.
    ///
    /// - Parameter sender: The SSRC of the first packet; nil for our feedback SSRC.
    private func flush(_ writer: inout RTCPWriter, sender: UInt32? = nil, into outbox: inout Outbox) {
        let count = writer.finish()
        if count > 0, let pair = ice.selectedPair {
            outbox.append(from: pair.socket, to: pair.remote) { buffer in
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: scratch[..<count]))
                return srtp?.protectRTCP(buffer, count: count, ssrc: sender ?? feedbackSSRC) ?? 0
            }
            statistics.sentFeedbackCount += 1
        }
        writer = newWriter()
    }
}
