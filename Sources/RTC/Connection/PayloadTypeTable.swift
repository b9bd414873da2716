/// What the payload types of received packets mean.
///
/// One table serves all sections: in a BUNDLE group a payload type has one meaning (RFC 9143 section 9.1).
struct PayloadTypeTable {
    /// What a payload type stands for.
    enum Entry {
        /// It was not negotiated.
        case unknown
        /// A codec.
        case codec(NegotiatedCodec)
        /// Retransmissions of packets with another payload type.
        case retransmission(of: UInt8)
    }

    /// The meaning of each payload type.
    private var entries: ContiguousArray<Entry>

    /// Collects the payload types of all sections.
    init(_ sections: [MediaSection] = []) {
        entries = ContiguousArray(repeating: .unknown, count: 128)
        for section in sections {
            for codec in section.codecs {
                entries[Int(codec.payloadType & 0x7f)] = .codec(codec)
                if let rtx = codec.rtxPayloadType {
                    entries[Int(rtx & 0x7f)] = .retransmission(of: codec.payloadType)
                }
            }
        }
    }

    /// The meaning of a payload type.
    subscript(payloadType: UInt8) -> Entry { entries[Int(payloadType & 0x7f)] }
}
