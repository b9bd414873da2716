import CLinux
import Glibc
import Primitives
import WireFormats

// What the kernel has to say about streams, and time.
extension TCPStreams {
    /// What a turn of `serve` brings.
    enum Delivery {
        /// A message, in memory that may be changed.
        case message(UnsafeMutableRawBufferPointer, from: SocketAddress)
        /// Something else.
        case event(StreamEvent)
    }

    /// Connections that may be accepted in one turn, so that a storm of them does not hold everything else up.
    private static var acceptLimit: Int { 64 }

    /// Looks once at what is ready and tells all of it; returns whether there was anything.
    func serve(
        into message: UnsafeMutableRawBufferPointer, now: Instant,
        _ deliver: (_ socket: Int32, _ owner: Int, Delivery) -> Void
    ) -> Bool {
        guard openCount > 0 else { return false }
        if !opening.isEmpty { checkTimes(now: now, deliver) }
        let count = Int(max(0, clinux_epoll_poll(epoll, ready.baseAddress, Int32(ready.count))))
        for position in 0..<count {
            let index = Int(ready[position])
            // What was delivered before may have closed it.
            guard index < slots.count, slots[index].descriptor >= 0 else { continue }
            serve(index, into: message, now: now, deliver)
        }
        return count > 0
    }

    private func serve(
        _ index: Int, into message: UnsafeMutableRawBufferPointer, now: Instant,
        _ deliver: (Int32, Int, Delivery) -> Void
    ) {
        switch slots[index].stage {
        case .free: break
        case .listening: accept(index, now: now, deliver)
        case .connecting:
            let error = clinux_tcp_error(slots[index].descriptor)
            guard error == 0 else { return end(index, Self.failure(of: error), deliver) }
            watch(index, forOutput: false)
            connected(index, now: now, deliver)
        case .securing, .open:
            if slots[index].isWatchedForOutput { drain(index) }
            read(index, into: message, now: now, deliver)
        }
    }

    /// TCP is up: TLS comes next where it is wanted.
    private func connected(_ index: Int, now: Instant, _ deliver: (Int32, Int, Delivery) -> Void) {
        guard let name = slots[index].options.tlsName else { return opened(index, deliver) }
        guard let security = makeSecurity?(name) else {
            return end(index, .tls("this host has no TLS"), deliver)
        }
        slots[index].security = security
        slots[index].stage = .securing(until: now + Self.openTimeout)
        // The client speaks first.
        security.receive(UnsafeRawBufferPointer(start: nil, count: 0))
        transmitSecurity(index)
    }

    private func opened(_ index: Int, _ deliver: (Int32, Int, Delivery) -> Void) {
        slots[index].stage = .open
        opening.removeAll { $0 == index }
        counts.opened += 1
        let slot = slots[index]
        if let listener = slot.listener {
            deliver(
                Self.number(index), slot.owner, .event(.accepted(listener: listener, remote: slot.remote)))
            return
        }
        var local = clinux_address()
        _ = clinux_udp_local_address(slot.descriptor, &local)
        deliver(
            Self.number(index), slot.owner,
            .event(.opened(local: SocketAddress(local), remote: slot.remote)))
    }

    private func accept(_ index: Int, now: Instant, _ deliver: (Int32, Int, Delivery) -> Void) {
        let (descriptor, owner, options) = (
            slots[index].descriptor, slots[index].owner, slots[index].options
        )
        for _ in 0..<Self.acceptLimit {
            var peer = clinux_address()
            let stream = clinux_tcp_accept(descriptor, &peer)
            guard stream >= 0 else { return }
            var slot = Slot(
                descriptor: stream, owner: owner, options: options, remote: SocketAddress(peer),
                deframer: StreamDeframer(options.framing))
            slot.listener = Self.number(index)
            let makeSecurity = serverSecurity[Self.number(index)]
            slot.security = makeSecurity?()
            slot.stage = slot.security == nil ? .open : .securing(until: now + Self.openTimeout)
            guard let position = try? add(slot, wantsOutput: false) else { continue }
            if slots[position].security == nil {
                opened(position, deliver)
            } else {
                opening.append(position)
            }
        }
    }

    private func read(
        _ index: Int, into message: UnsafeMutableRawBufferPointer, now: Instant,
        _ deliver: (Int32, Int, Delivery) -> Void
    ) {
        let generation = slots[index].generation
        let count = clinux_tcp_receive(slots[index].descriptor, room.baseAddress, room.count)
        guard count > 0 else {
            if count == -EAGAIN { return }
            let isSecuring = if case .securing = slots[index].stage { true } else { false }
            return end(index, isSecuring ? .tls("the peer closed it") : .closedByPeer, deliver)
        }
        let bytes = UnsafeRawBufferPointer(rebasing: room[..<Int(count)])
        guard let security = slots[index].security else {
            slots[index].deframer.append(bytes)
            return cut(index, generation, into: message, deliver)
        }
        security.receive(bytes)
        transmitSecurity(index)
        if case .securing = slots[index].stage, security.state == .open { opened(index, deliver) }
        while isAlive(index, generation) {
            let plain = security.read(into: room)
            guard plain > 0 else { break }
            slots[index].deframer.append(UnsafeRawBufferPointer(rebasing: room[..<plain]))
            cut(index, generation, into: message, deliver)
        }
        guard isAlive(index, generation) else { return }
        switch security.state {
        case .handshaking, .open: break
        case .closed: end(index, .closedByPeer, deliver)
        case .failed(let reason): end(index, .tls(reason), deliver)
        }
    }

    /// Whether a position still holds the same connection: what was delivered may have closed it.
    private func isAlive(_ index: Int, _ generation: Int) -> Bool {
        slots[index].generation == generation && slots[index].descriptor >= 0
    }

    /// Tells the messages that are whole.
    private func cut(
        _ index: Int, _ generation: Int, into message: UnsafeMutableRawBufferPointer,
        _ deliver: (Int32, Int, Delivery) -> Void
    ) {
        let (number, owner, remote) = (Self.number(index), slots[index].owner, slots[index].remote)
        while isAlive(index, generation), let size = slots[index].deframer.next(into: message) {
            counts.messagesReceived += 1
            counts.bytesReceived += size
            deliver(
                number, owner,
                .message(UnsafeMutableRawBufferPointer(rebasing: message[..<size]), from: remote))
        }
        guard isAlive(index, generation), slots[index].deframer.isMalformed else { return }
        end(index, .malformed, deliver)
    }

    private func checkTimes(now: Instant, _ deliver: (Int32, Int, Delivery) -> Void) {
        for index in opening {
            switch slots[index].stage {
            case .connecting(let end) where end == .zero:
                slots[index].stage = .connecting(until: now + Self.openTimeout)
            case .connecting(let limit) where limit <= now: end(index, .timedOut, deliver)
            case .securing(let limit) where limit <= now:
                end(index, .tls("no handshake in time"), deliver)
            case .connecting, .securing: break
            case .free, .listening, .open: opening.removeAll { $0 == index }
            }
        }
    }

    /// A stream is gone, and its owner is told.
    private func end(_ index: Int, _ failure: StreamFailure, _ deliver: (Int32, Int, Delivery) -> Void) {
        let (number, owner) = (Self.number(index), slots[index].owner)
        let wasOpen = if case .open = slots[index].stage { true } else { false }
        if !wasOpen { counts.failed += 1 }
        release(index)
        deliver(number, owner, .event(.closed(failure)))
    }

    private static func failure(of error: Int32) -> StreamFailure {
        switch -error {
        case ECONNREFUSED: .refused
        case ETIMEDOUT: .timedOut
        default: .system(errno: -error)
        }
    }
}
