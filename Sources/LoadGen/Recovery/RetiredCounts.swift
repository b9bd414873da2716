import Probe
import RTC

/// What connections counted that are no more: a participant's figures go on over all its sessions.
struct RetiredCounts {
    /// Packets of received microphones.
    var audio = PacketCounts()
    /// Packets of received cameras.
    var video = PacketCounts()
    /// Media sent, retransmissions included.
    var sent = (bytes: UInt64(0), packets: UInt64(0), resent: UInt64(0))
    /// Malformed datagrams by kind.
    var malformed: [(kind: String, count: UInt64)] = []

    /// Takes over what connections sent and could not read.
    mutating func take(_ transports: Transports) {
        let growth = SyntheticClient.sent(by: transports.publisher.peer)
        sent = (sent.bytes + growth.bytes, sent.packets + growth.packets, sent.resent + growth.resent)
        transports.forEach { transport in
            for (kind, count) in SyntheticClient.malformed(transport.peer.statistics) {
                if let index = malformed.firstIndex(where: { $0.kind == kind }) {
                    malformed[index].count += count
                } else {
                    malformed.append((kind, count))
                }
            }
        }
    }

    /// Takes over what came by a connection.
    mutating func take(_ reception: Reception, of peer: PeerConnection) {
        let packets = reception.packets(of: peer)
        audio += packets.audio
        video += packets.video
    }
}
