#pragma once

// What the Reactor needs of Linux and Swift's Glibc module does not show. Only fixed-width types and no feature
// macros here: defining _GNU_SOURCE in an importable header makes clang see two versions of fd_set and friends.

#include <stddef.h>
#include <stdint.h>

// Every function returns a count or 0 on success, and a negative errno otherwise.

/// An IPv4 or IPv6 address and a port, all in host byte order; laid out for Swift's SocketAddress.
struct clinux_address {
    /// The first eight bytes of an IPv6 address.
    uint64_t high;
    /// The last eight bytes of an IPv6 address, or an IPv4 address.
    uint64_t low;
    /// The port.
    uint16_t port;
    /// 4 or 6.
    uint8_t family;
};

// Sockets

/// Opens a non-blocking UDP socket bound to `local`.
int32_t clinux_udp_open(const struct clinux_address *local);
/// Asks for buffers of this size in both directions, beyond the system's limit where we are privileged.
int32_t clinux_udp_set_buffers(int32_t fd, int32_t receive_bytes, int32_t send_bytes);
/// The receive buffer's size as the kernel counts it, including its own overhead.
int32_t clinux_udp_receive_buffer(int32_t fd);
/// The address a socket is bound to.
int32_t clinux_udp_local_address(int32_t fd, struct clinux_address *local);
/// The address the host would use to reach `destination`, with port 0; nothing is sent.
int32_t clinux_udp_route(const struct clinux_address *destination, struct clinux_address *local);
/// Binds a socket to one peer.
int32_t clinux_udp_connect(int32_t fd, const struct clinux_address *peer);
/// Datagrams the kernel dropped for want of room in the receive buffer, since the socket was opened, modulo 2^32.
int32_t clinux_udp_drops(int32_t fd, uint32_t *drops);
/// Closes a file descriptor.
int32_t clinux_close(int32_t fd);

// Datagrams

/// Receives one datagram of a connected socket. The result may exceed `capacity`: then it was cut off.
int32_t clinux_receive(int32_t fd, void *buffer, size_t capacity);
/// Receives one datagram and its source.
int32_t clinux_receive_from(int32_t fd, void *buffer, size_t capacity, struct clinux_address *source);
/// Sends one datagram; `to` is null for a connected socket.
int32_t clinux_send(int32_t fd, const void *bytes, size_t count, const struct clinux_address *to);
/// Sends `count` bytes as datagrams of `segment` bytes, the last of what is left (UDP_SEGMENT, Linux 4.18).
int32_t clinux_send_segments(
    int32_t fd, const void *bytes, size_t count, uint16_t segment, const struct clinux_address *to);

// Streams

/// Begins to connect a non-blocking TCP socket to `peer`; the descriptor becomes writable when it is decided how that went.
int32_t clinux_tcp_connect(const struct clinux_address *peer, int32_t buffer_bytes);
/// Opens a non-blocking TCP socket that listens on `local`.
int32_t clinux_tcp_listen(const struct clinux_address *local, int32_t buffer_bytes);
/// Takes the next connection of a listening socket, without blocking.
int32_t clinux_tcp_accept(int32_t fd, struct clinux_address *peer);
/// How an attempt to connect ended: 0, or the error.
int32_t clinux_tcp_error(int32_t fd);
/// Sends as many bytes as fit.
int32_t clinux_tcp_send(int32_t fd, const void *bytes, size_t count);
/// Receives what is there; 0 when the peer has closed.
int32_t clinux_tcp_receive(int32_t fd, void *buffer, size_t capacity);

// Readiness

/// Opens an epoll instance.
int32_t clinux_epoll_open(void);
/// Watches a descriptor for input, level triggered; `token` names it in clinux_epoll_wait.
int32_t clinux_epoll_add(int32_t epoll, int32_t fd, uint32_t token);
/// Watches a descriptor for input, and for output if wanted, level triggered; adds it or changes how it is watched.
int32_t clinux_epoll_watch(int32_t epoll, int32_t fd, uint32_t token, int32_t wants_output, int32_t is_new);
/// Stores the tokens of up to `capacity` (at most 64) ready descriptors, without waiting.
int32_t clinux_epoll_poll(int32_t epoll, uint32_t *tokens, int32_t capacity);
/// Opens an eventfd that does not block.
int32_t clinux_event_open(void);
/// Makes an eventfd readable.
int32_t clinux_event_signal(int32_t event);
/// Makes an eventfd unreadable again.
int32_t clinux_event_clear(int32_t event);
/// Sleeps until an eventfd is readable (1) or the time is over (0).
int32_t clinux_event_wait(int32_t event, int64_t nanoseconds);

// Threads

/// Names the calling thread; at most 15 bytes count.
int32_t clinux_thread_set_name(const char *name);
/// Keeps the calling thread on one CPU.
int32_t clinux_thread_pin(int32_t cpu);
/// Lets the calling thread's timers fire on time instead of up to 50 microseconds late.
int32_t clinux_thread_set_precise_timers(void);
/// CPU time the calling thread has used, in nanoseconds.
int64_t clinux_thread_cpu_time(void);
/// CLOCK_MONOTONIC in nanoseconds.
int64_t clinux_monotonic_time(void);
/// CLOCK_REALTIME in nanoseconds since the Unix epoch.
int64_t clinux_wall_time(void);
