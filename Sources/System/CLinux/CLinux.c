#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

enum { maximum_events = 64 };

static int32_t result(ssize_t value) { return value < 0 ? -errno : (int32_t)value; }

static uint64_t read_64(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int index = 0; index < 8; index++) value = value << 8 | bytes[index];
    return value;
}

static void write_64(uint8_t *bytes, uint64_t value) {
    for (int index = 7; index >= 0; index--, value >>= 8) bytes[index] = (uint8_t)value;
}

static socklen_t to_system(const struct clinux_address *address, struct sockaddr_in6 *storage) {
    memset(storage, 0, sizeof *storage);
    if (address->family == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(address->port);
        v4->sin_addr.s_addr = htonl((uint32_t)address->low);
        return sizeof *v4;
    }
    storage->sin6_family = AF_INET6;
    storage->sin6_port = htons(address->port);
    write_64(storage->sin6_addr.s6_addr, address->high);
    write_64(storage->sin6_addr.s6_addr + 8, address->low);
    return sizeof *storage;
}

static void from_system(const struct sockaddr_in6 *storage, struct clinux_address *address) {
    if (storage->sin6_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)storage;
        *address = (struct clinux_address){0, ntohl(v4->sin_addr.s_addr), ntohs(v4->sin_port), 4};
        return;
    }
    address->high = read_64(storage->sin6_addr.s6_addr);
    address->low = read_64(storage->sin6_addr.s6_addr + 8);
    address->port = ntohs(storage->sin6_port);
    address->family = 6;
}

// Sockets

static int32_t open_socket(uint8_t family) {
    return result(socket(family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int32_t clinux_udp_open(const struct clinux_address *local) {
    int32_t fd = open_socket(local->family);
    if (fd < 0) return fd;
    struct sockaddr_in6 storage;
    socklen_t length = to_system(local, &storage);
    if (bind(fd, (struct sockaddr *)&storage, length) == 0) return fd;
    int32_t error = -errno;
    close(fd);
    return error;
}

static int32_t set_buffer(int32_t fd, int force, int ordinary, int32_t bytes) {
    if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof bytes) == 0) return 0;
    return result(setsockopt(fd, SOL_SOCKET, ordinary, &bytes, sizeof bytes));
}

int32_t clinux_udp_set_buffers(int32_t fd, int32_t receive_bytes, int32_t send_bytes) {
    int32_t error = set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, receive_bytes);
    if (error < 0) return error;
    return set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, send_bytes);
}

int32_t clinux_udp_receive_buffer(int32_t fd) {
    int32_t bytes = 0;
    socklen_t length = sizeof bytes;
    int32_t error = result(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length));
    return error < 0 ? error : bytes;
}

int32_t clinux_udp_local_address(int32_t fd, struct clinux_address *local) {
    struct sockaddr_in6 storage;
    socklen_t length = sizeof storage;
    int32_t error = result(getsockname(fd, (struct sockaddr *)&storage, &length));
    if (error == 0) from_system(&storage, local);
    return error;
}

int32_t clinux_udp_route(const struct clinux_address *destination, struct clinux_address *local) {
    int32_t fd = open_socket(destination->family);
    if (fd < 0) return fd;
    // Connecting a UDP socket looks up the route and sends nothing; port 0 would be refused.
    struct clinux_address target = *destination;
    if (target.port == 0) target.port = 9;
    int32_t error = clinux_udp_connect(fd, &target);
    if (error == 0) error = clinux_udp_local_address(fd, local);
    if (error == 0) local->port = 0;
    close(fd);
    return error;
}

int32_t clinux_udp_connect(int32_t fd, const struct clinux_address *peer) {
    struct sockaddr_in6 storage;
    socklen_t length = to_system(peer, &storage);
    return result(connect(fd, (struct sockaddr *)&storage, length));
}

int32_t clinux_udp_drops(int32_t fd, uint32_t *drops) {
    uint32_t values[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof values;
    int32_t error = result(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, values, &length));
    if (error == 0) *drops = values[SK_MEMINFO_DROPS];
    return error;
}

int32_t clinux_close(int32_t fd) { return result(close(fd)); }

// Datagrams

int32_t clinux_receive(int32_t fd, void *buffer, size_t capacity) {
    return result(recv(fd, buffer, capacity, MSG_TRUNC));
}

int32_t clinux_receive_from(int32_t fd, void *buffer, size_t capacity, struct clinux_address *source) {
    struct sockaddr_in6 storage;
    socklen_t length = sizeof storage;
    int32_t count = result(recvfrom(fd, buffer, capacity, MSG_TRUNC, (struct sockaddr *)&storage, &length));
    if (count >= 0) from_system(&storage, source);
    return count;
}

int32_t clinux_send(int32_t fd, const void *bytes, size_t count, const struct clinux_address *to) {
    if (!to) return result(send(fd, bytes, count, MSG_NOSIGNAL));
    struct sockaddr_in6 storage;
    socklen_t length = to_system(to, &storage);
    return result(sendto(fd, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&storage, length));
}

int32_t clinux_send_segments(
    int32_t fd, const void *bytes, size_t count, uint16_t segment, const struct clinux_address *to) {
    struct sockaddr_in6 storage;
    struct iovec vector = {(void *)bytes, count};
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr aligned;
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {0};
    if (to) {
        message.msg_namelen = to_system(to, &storage);
        message.msg_name = &storage;
    }
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof segment);
    memcpy(CMSG_DATA(header), &segment, sizeof segment);
    return result(sendmsg(fd, &message, MSG_NOSIGNAL));
}

// Streams

static int32_t open_stream(uint8_t family, int32_t buffer_bytes) {
    int32_t fd = result(socket(family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd < 0) return fd;
    int on = 1;
    // Media waits for nothing: no Nagle, and no more in the kernel than a browser has there.
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    return fd;
}

int32_t clinux_tcp_connect(const struct clinux_address *peer, int32_t buffer_bytes) {
    int32_t fd = open_stream(peer->family, buffer_bytes);
    if (fd < 0) return fd;
    struct sockaddr_in6 storage;
    socklen_t length = to_system(peer, &storage);
    if (connect(fd, (struct sockaddr *)&storage, length) == 0 || errno == EINPROGRESS) return fd;
    int32_t error = -errno;
    close(fd);
    return error;
}

int32_t clinux_tcp_listen(const struct clinux_address *local, int32_t buffer_bytes) {
    int32_t fd = open_stream(local->family, buffer_bytes);
    if (fd < 0) return fd;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (local->family == 6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    struct sockaddr_in6 storage;
    socklen_t length = to_system(local, &storage);
    if (bind(fd, (struct sockaddr *)&storage, length) == 0 && listen(fd, 4096) == 0) return fd;
    int32_t error = -errno;
    close(fd);
    return error;
}

int32_t clinux_tcp_accept(int32_t fd, struct clinux_address *peer) {
    struct sockaddr_in6 storage;
    socklen_t length = sizeof storage;
    int32_t stream = result(accept4(fd, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (stream < 0) return stream;
    from_system(&storage, peer);
    int on = 1;
    setsockopt(stream, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return stream;
}

int32_t clinux_tcp_error(int32_t fd) {
    int error = 0;
    socklen_t length = sizeof error;
    int32_t failure = result(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
    return failure < 0 ? failure : -error;
}

int32_t clinux_tcp_send(int32_t fd, const void *bytes, size_t count) {
    return result(send(fd, bytes, count, MSG_NOSIGNAL));
}

int32_t clinux_tcp_receive(int32_t fd, void *buffer, size_t capacity) {
    return result(recv(fd, buffer, capacity, 0));
}

// Readiness

int32_t clinux_epoll_open(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

int32_t clinux_epoll_add(int32_t epoll, int32_t fd, uint32_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = token}};
    return result(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

int32_t clinux_epoll_watch(int32_t epoll, int32_t fd, uint32_t token, int32_t wants_output, int32_t is_new) {
    struct epoll_event event = {.events = EPOLLIN | (wants_output ? EPOLLOUT : 0), .data = {.u32 = token}};
    return result(epoll_ctl(epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event));
}

int32_t clinux_epoll_poll(int32_t epoll, uint32_t *tokens, int32_t capacity) {
    struct epoll_event events[maximum_events];
    if (capacity > maximum_events) capacity = maximum_events;
    int32_t count = result(epoll_wait(epoll, events, capacity, 0));
    for (int32_t index = 0; index < count; index++) tokens[index] = events[index].data.u32;
    return count;
}

int32_t clinux_event_open(void) { return result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int32_t clinux_event_signal(int32_t event) { return eventfd_write(event, 1) < 0 ? -errno : 0; }

int32_t clinux_event_clear(int32_t event) {
    eventfd_t value;
    return eventfd_read(event, &value) < 0 ? -errno : 0;
}

int32_t clinux_event_wait(int32_t event, int64_t nanoseconds) {
    struct pollfd descriptor = {.fd = event, .events = POLLIN};
    struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return result(ppoll(&descriptor, 1, &timeout, NULL));
}

// Threads

int32_t clinux_thread_set_name(const char *name) {
    char cut[16];
    strncpy(cut, name, sizeof cut - 1);
    cut[sizeof cut - 1] = 0;
    return -pthread_setname_np(pthread_self(), cut);
}

int32_t clinux_thread_pin(int32_t cpu) {
    if (cpu < 0 || cpu >= CPU_SETSIZE) return -EINVAL;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return -pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int32_t clinux_thread_set_precise_timers(void) { return result(prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)); }

static int64_t read_clock(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t clinux_thread_cpu_time(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

int64_t clinux_monotonic_time(void) { return read_clock(CLOCK_MONOTONIC); }

int64_t clinux_wall_time(void) { return read_clock(CLOCK_REALTIME); }
