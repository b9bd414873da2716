import Primitives

/// The parameters of a RE-CONFIG chunk (RFC 6525 section 4).
public enum SCTPReconfiguration: Hashable, Sendable {
    /// Outgoing SSN Reset Request: the sender starts to number its messages anew.
    case resetOutgoing(requestSequence: UInt32, responseSequence: UInt32, lastTSN: UInt32, streams: [UInt16])
    /// Any other request: to reset incoming streams or all TSNs, or to add streams.
    case unsupported(requestSequence: UInt32)
    /// Re-configuration Response.
    case response(responseSequence: UInt32, result: Result)

    /// What became of a request (RFC 6525 section 4.4).
    public enum Result: UInt32, Hashable, Sendable {
        /// There was nothing to do.
        case nothingToDo = 0
        /// It was done.
        case performed = 1
        /// It is not allowed.
        case denied = 2
        /// The stream does not exist.
        case wrongStream = 3
        /// Another request is under way.
        case alreadyInProgress = 4
        /// The request's number is not the expected one.
        case badSequence = 5
        /// It will be done later; ask again.
        case inProgress = 6
    }

    /// Reads a parameter of a RE-CONFIG chunk; nil for one that is not known.
    public init?(_ parameter: SCTPParameter, in bytes: RawSpan) throws(SCTPParseError) {
        var reader = ByteReader(bytes.extracting(parameter.value))
        switch parameter.type {
        case Self.resetOutgoingType:
            let request = reader.readUInt32()
            let response = reader.readUInt32()
            let lastTSN = reader.readUInt32()
            guard !reader.failed else { throw .truncated }
            var streams: [UInt16] = []
            while reader.remaining >= 2 { streams.append(reader.readUInt16()) }
            self = .resetOutgoing(
                requestSequence: request, responseSequence: response, lastTSN: lastTSN, streams: streams)
        case 14, 15, 17, 18:
            let request = reader.readUInt32()
            guard !reader.failed else { throw .truncated }
            self = .unsupported(requestSequence: request)
        case Self.responseType:
            let response = reader.readUInt32()
            let result = reader.readUInt32()
            guard !reader.failed else { throw .truncated }
            guard let result = Result(rawValue: result) else { throw .badValue }
            self = .response(responseSequence: response, result: result)
        default:
            return nil
        }
    }

    static let resetOutgoingType: UInt16 = 13
    static let responseType: UInt16 = 16
}

extension SCTPPacketWriter {
    /// Writes one parameter of a RE-CONFIG chunk; unsupported requests write nothing.
    public mutating func writeReconfiguration(_ reconfiguration: SCTPReconfiguration) {
        switch reconfiguration {
        case .resetOutgoing(let requestSequence, let responseSequence, let lastTSN, let streams):
            writeParameter(SCTPReconfiguration.resetOutgoingType) { writer in
                writer.write(requestSequence)
                writer.write(responseSequence)
                writer.write(lastTSN)
                for stream in streams { writer.write(stream) }
            }
        case .response(let responseSequence, let result):
            writeParameter(SCTPReconfiguration.responseType) { writer in
                writer.write(responseSequence)
                writer.write(result.rawValue)
            }
        case .unsupported:
            break
        }
    }
}
