public import Primitives
import Visio
import WireFormats

/// The page of metrics, under LiveKit's own names for what it counts.
extension EmbeddedVisio {
    /// Everything that was carried since the start.
    private var totals: MediaTotals {
        var sum = closedTotals
        for case let session? in sessions {
            for peer in session.peers { sum += MediaTotals(peer) }
        }
        return sum
    }

    /// The page as it is now.
    func metricsPage() -> HTTPResponseMessage {
        var writer = ExpositionWriter()
        writePresence(into: &writer)
        writeTraffic(into: &writer)
        writeForwarding(into: &writer)
        if let usage { Self.write(usage, into: &writer) }
        return HTTPResponseMessage(
            status: 200,
            headers: [HTTPMessageHeader(name: "Content-Type", value: ExpositionWriter.contentType)],
            body: writer.page)
    }

    private func writePresence(into writer: inout ExpositionWriter) {
        writer.write("livekit_room_total", .gauge, "Rooms now.", [([], rooms.count)])
        writer.write(
            "livekit_participant_total", .gauge, "Participants now.", [([], statistics.participants)])
        var live = (audio: 0, video: 0)
        var watched = (audio: 0, video: 0)
        for case let session? in sessions {
            for track in session.tracks where track.isLive {
                if track.kind == .audio { live.audio += 1 } else { live.video += 1 }
                if track.kind == .audio {
                    watched.audio += track.downTracks.count
                } else {
                    watched.video += track.downTracks.count
                }
            }
        }
        writer.write(
            "livekit_track_published_total", .gauge, "Tracks published now.",
            [([("kind", "AUDIO")], live.audio), ([("kind", "VIDEO")], live.video)])
        writer.write(
            "livekit_track_subscribed_total", .gauge, "Tracks received now.",
            [([("kind", "AUDIO")], watched.audio), ([("kind", "VIDEO")], watched.video)])
        writer.write(
            "livekit_participant_join_total", .counter, "Joins by how far they came.",
            [
                ([("state", "signal_connected")], Int(clamping: statistics.joins)),
                ([("state", "signal_failed")], Int(clamping: statistics.refusedJoins)),
                ([("state", "rtc_active")], Int(clamping: statistics.joins)),
                ([("state", "rtc_success")], Int(clamping: statistics.connections)),
            ])
        writer.write(
            "livekit_track_publish_counter", .counter, "Tracks that were published.",
            [
                ([("kind", "AUDIO"), ("state", "success")], Int(clamping: statistics.audioTracks)),
                ([("kind", "VIDEO"), ("state", "success")], Int(clamping: statistics.videoTracks)),
            ])
    }

    private func writeTraffic(into writer: inout ExpositionWriter) {
        let totals = totals
        // LiveKit counts messages of signalling and data channels as packets too.
        let messagesIn = Int(clamping: statistics.signalsReceived + statistics.dataReceived)
        let messagesOut = Int(clamping: statistics.signalsSent + statistics.dataSent)
        let initial = ("transmission", "initial")
        let again = ("transmission", "retransmit")
        let (incoming, outgoing) = (("direction", "incoming"), ("direction", "outgoing"))
        writer.write(
            "livekit_packet_total", .counter, "Packets, and messages of signalling and data channels.",
            [
                ([incoming, initial], totals.incoming.packets + messagesIn),
                ([outgoing, initial], totals.outgoing.packets + messagesOut),
                ([outgoing, again], totals.outgoing.resent),
            ])
        writer.write(
            "livekit_packet_bytes", .counter, "Payload bytes of media packets.",
            [
                ([incoming, initial], totals.incoming.bytes), ([outgoing, initial], totals.outgoing.bytes),
                ([outgoing, again], totals.outgoing.resentBytes),
            ])
        writer.write(
            "livekit_nack_total", .counter, "Packets asked for again.",
            [([incoming], totals.incoming.requested), ([outgoing], totals.outgoing.requested)])
        writer.write(
            "livekit_pli_total", .counter, "Key frames asked for.",
            [([incoming], totals.incoming.keyFrames), ([outgoing], totals.outgoing.keyFrames)])
        let (audio, video) = (("type", "AUDIO"), ("type", "VIDEO"))
        writer.write(
            "livekit_packet_loss_total", .counter, "Packets lost.",
            [
                ([incoming, audio], totals.incoming.lostAudio),
                ([incoming, video], totals.incoming.lostVideo),
                ([outgoing, audio], totals.outgoing.lostAudio),
                ([outgoing, video], totals.outgoing.lostVideo),
            ])
    }

    private func writeForwarding(into writer: inout ExpositionWriter) {
        let name = "livekit_forward_latency_ns"
        writer.begin(name, .histogram, help: "Time from a packet's arrival to its departure.")
        var below = 0
        for (index, count) in forwardingTimes.counts.enumerated() {
            below += count
            let bound =
                index < ForwardingTimes.bounds.count
                ? ExpositionWriter.text(of: Double(ForwardingTimes.bounds[index])) : "+Inf"
            writer.add(ExpositionSeries(name + "_bucket", [.init("le", bound)]), Double(below))
        }
        writer.add(ExpositionSeries(name + "_sum"), Double(forwardingTimes.sum))
        writer.add(ExpositionSeries(name + "_count"), Double(below))
    }

    private static func write(_ usage: ServerUsage, into writer: inout ExpositionWriter) {
        writer.begin("process_cpu_seconds_total", .counter, help: "Processor time of the server.")
        writer.add(ExpositionSeries("process_cpu_seconds_total"), usage.processorTime.seconds)
        writer.begin("process_resident_memory_bytes", .gauge, help: "Resident memory of the process.")
        writer.add(ExpositionSeries("process_resident_memory_bytes"), Double(usage.residentBytes))
        writer.begin("visiobench_cores", .gauge, help: "Cores that the processor time can be spread over.")
        writer.add(ExpositionSeries("visiobench_cores"), Double(usage.cores))
    }
}

/// What the server takes of its machine, as its host knows it.
public struct ServerUsage: Sendable, Hashable {
    /// Processor time so far.
    public var processorTime: Interval
    /// Resident memory in bytes.
    public var residentBytes: UInt64
    /// Cores that the processor time can be spread over.
    public var cores: Int

    /// Describes the usage.
    public init(processorTime: Interval, residentBytes: UInt64, cores: Int) {
        self.processorTime = processorTime
        self.residentBytes = residentBytes
        self.cores = cores
    }
}

extension ExpositionWriter {
    /// Writes a family of whole numbers with their labels.
    fileprivate mutating func write(
        _ name: String, _ kind: ExpositionReader.Kind, _ help: String,
        _ samples: [(labels: [(String, String)], value: Int)]
    ) {
        begin(name, kind, help: help)
        for sample in samples {
            let labels = sample.labels.map { ExpositionSeries.Label($0.0, $0.1) }
            add(ExpositionSeries(name, labels), Double(sample.value))
        }
    }
}
