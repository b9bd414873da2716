import CLinux
import Glibc
public import Primitives

// How an outbox leaves: runs of equal datagrams in one call each, which costs a fraction of a call per datagram.
extension UDPSockets {
    /// Most datagrams in one call (UDP_MAX_SEGMENTS of Linux before 6.9).
    static let maximumRunLength = 64
    /// Most bytes in one call: an IPv4 packet with its headers, and some room.
    static let maximumRunSize = 65_000

    /// Sends all that waits in `outbox`, in order, and empties it.
    ///
    /// - Parameter streams: Take what is written under their numbers.
    public func flush(_ outbox: inout Outbox, streams: TCPStreams? = nil) {
        var start = 0
        while start < outbox.entries.count {
            let first = outbox.entries[start]
            if first.socket >= TCPStreams.firstNumber, let streams {
                streams.send(outbox.bytes(of: first), on: first.socket)
                start += 1
                continue
            }
            let end = endOfRun(outbox, from: start)
            send(outbox, start..<end)
            start = end
        }
        outbox.removeAll()
    }

    /// Where the run that begins at `start` ends: one socket, one destination, equal sizes, the last may be less.
    private func endOfRun(_ outbox: borrowing Outbox, from start: Int) -> Int {
        let first = outbox.entries[start]
        var end = start + 1
        var size = first.count
        while end < outbox.entries.count, end - start < Self.maximumRunLength {
            let next = outbox.entries[end]
            guard next.socket == first.socket, next.count <= first.count,
                size + next.count <= Self.maximumRunSize,
                next.offset == first.offset + size, next.destination == first.destination
            else { break }
            size += next.count
            end += 1
            if next.count < first.count { break }
        }
        return end
    }

    private func send(_ outbox: borrowing Outbox, _ range: Range<Int>) {
        let first = outbox.entries[range.lowerBound]
        guard let slot = slot(first.socket) else {
            counts.sendsToClosedSockets += range.count
            return
        }
        let isConnected = slot.remote == first.destination
        guard range.count > 1, !slot.isSegmentationRefused else {
            for index in range { send(outbox, outbox.entries[index], slot, isConnected) }
            return
        }
        let last = outbox.entries[range.upperBound - 1]
        let size = last.offset + last.count - first.offset
        let bytes = outbox.bytes(of: first).baseAddress
        let result = attempt(first.destination, isConnected) { address in
            clinux_send_segments(
                slot.descriptor, bytes, size, UInt16(truncatingIfNeeded: first.count), address)
        }
        switch result {
        case -EIO, -EINVAL:
            // EIO: the device cannot compute checksums. EINVAL: these sizes, or this kernel, cannot do it.
            if result == -EIO { refuseSegmentation(first.socket) }
            for index in range { send(outbox, outbox.entries[index], slot, isConnected) }
        default:
            count(result, socket: first.socket, datagrams: range.count, bytes: size)
        }
    }

    private func send(
        _ outbox: borrowing Outbox, _ entry: Outbox.Entry, _ slot: Slot, _ isConnected: Bool
    ) {
        let bytes = outbox.bytes(of: entry)
        let result = attempt(entry.destination, isConnected) { address in
            clinux_send(slot.descriptor, bytes.baseAddress, bytes.count, address)
        }
        count(result, socket: entry.socket, datagrams: 1, bytes: bytes.count)
    }

    /// Calls `call`, twice if need be: the first may only report that an earlier datagram met a closed port.
    private func attempt(
        _ destination: SocketAddress, _ isConnected: Bool, _ call: (UnsafePointer<clinux_address>?) -> Int32
    ) -> Int32 {
        if isConnected {
            let result = call(nil)
            return result == -ECONNREFUSED ? call(nil) : result
        }
        var address = clinux_address(destination)
        let result = call(&address)
        return result == -ECONNREFUSED ? call(&address) : result
    }

    private func count(_ result: Int32, socket: Int32, datagrams: Int, bytes: Int) {
        if result < 0 { noteUnsent(socket, datagrams: datagrams) }
        if result >= 0 {
            counts.datagramsSent += datagrams
            counts.bytesSent += bytes
            counts.sendCalls += 1
        } else if result == -EAGAIN || result == -ENOBUFS {
            counts.sendBufferFull += datagrams
        } else {
            counts.sendFailures += datagrams
        }
    }
}
