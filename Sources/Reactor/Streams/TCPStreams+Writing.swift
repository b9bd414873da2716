import CLinux
import Glibc
import Primitives

// How messages leave: at once, or never.
extension TCPStreams {
    /// Sends one message on a stream, framed and encrypted as the stream wants it.
    func send(_ message: UnsafeRawBufferPointer, on socket: Int32) {
        guard let index = index(socket), case .open = slots[index].stage else {
            counts.sendsToClosedStreams += 1
            return
        }
        guard slots[index].pending.count - slots[index].pendingStart + message.count <= Self.pendingLimit
        else {
            counts.overflows += 1
            return
        }
        counts.messagesSent += 1
        counts.bytesSent += message.count
        var size = 0
        if slots[index].options.framing == .lengthPrefixed {
            frame[0] = UInt8(truncatingIfNeeded: message.count >> 8)
            frame[1] = UInt8(truncatingIfNeeded: message.count)
            size = 2
        }
        UnsafeMutableRawBufferPointer(rebasing: frame[size...]).copyMemory(from: message)
        size += message.count
        let bytes = UnsafeRawBufferPointer(rebasing: frame[..<size])
        if let security = slots[index].security {
            security.write(bytes)
            transmitSecurity(index)
        } else {
            write(bytes, to: index)
        }
    }

    /// Moves what TLS has for the wire to the wire.
    func transmitSecurity(_ index: Int) {
        guard let security = slots[index].security else { return }
        while true {
            let count = security.pollTransmit(into: frame)
            guard count > 0 else { return }
            write(UnsafeRawBufferPointer(rebasing: frame[..<count]), to: index)
        }
    }

    /// Gives bytes to the kernel and keeps what it does not take.
    private func write(_ bytes: UnsafeRawBufferPointer, to index: Int) {
        var taken = 0
        if slots[index].pending.isEmpty {
            taken = Int(max(0, clinux_tcp_send(slots[index].descriptor, bytes.baseAddress, bytes.count)))
            guard taken < bytes.count else { return }
        }
        // An error shows when the descriptor is read; until then its bytes wait with the others.
        slots[index].pending.append(contentsOf: bytes[taken...])
        watch(index, forOutput: true)
    }

    /// Sends what waited for room.
    func drain(_ index: Int) {
        while slots[index].pendingStart < slots[index].pending.count {
            let sent = slots[index].pending.withUnsafeBytes { pending in
                let rest = UnsafeRawBufferPointer(rebasing: pending[slots[index].pendingStart...])
                return clinux_tcp_send(slots[index].descriptor, rest.baseAddress, rest.count)
            }
            guard sent > 0 else { return }
            slots[index].pendingStart += Int(sent)
        }
        slots[index].pending.removeAll(keepingCapacity: true)
        slots[index].pendingStart = 0
        watch(index, forOutput: false)
    }

    func watch(_ index: Int, forOutput wantsOutput: Bool) {
        guard slots[index].isWatchedForOutput != wantsOutput else { return }
        slots[index].isWatchedForOutput = wantsOutput
        _ = clinux_epoll_watch(epoll, slots[index].descriptor, UInt32(index), wantsOutput ? 1 : 0, 0)
    }
}
