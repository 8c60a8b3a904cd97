/*
 * What the Netlink module calls in C: libmnl, the kernel's rtnetlink headers, and inline wrappers
 * for the few calls that Swift cannot make: variadic ones, and those that only _GNU_SOURCE declares.
 */
#pragma once

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

/*
 * Runs one of ethtool's one-value commands (ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM) on the interface with this name.
 * The value is read and written. Returns 0, or the error number.
 */
static inline int rf_ethtool_value(int fd, const char *name, uint32_t command, uint32_t *value) {
    struct ethtool_value request = {.cmd = command, .data = *value};
    struct ifreq interface;

    memset(&interface, 0, sizeof(interface));
    if (strlen(name) >= sizeof(interface.ifr_name))
        return ENODEV;
    strcpy(interface.ifr_name, name);
    interface.ifr_data = (void *)&request;
    if (ioctl(fd, SIOCETHTOOL, &interface) < 0)
        return errno;
    *value = request.data;
    return 0;
}

/* Names the calling thread, as `top -H` shows it: the kernel keeps 15 octets. */
static inline void rf_name_this_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

/*
 * Waits until the descriptor can be read, but no longer than so many nanoseconds below a second (ppoll(2), which only _GNU_SOURCE
 * declares: the system call itself takes a timespec of two longs). Returns 1 if it can be read.
 */
static inline int rf_wait_readable(int fd, long nanoseconds) {
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    struct { long seconds, nanoseconds; } limit = {0, nanoseconds};
    return syscall(SYS_ppoll, &entry, 1, &limit, 0, 0) > 0;
}

/* A file without a name, in memory, that programs started from here do not inherit (memfd_create(2)). Negative: errno says why. */
static inline int rf_memory_file(const char *name) {
    const unsigned int close_on_exec = 1;
    return (int)syscall(SYS_memfd_create, name, close_on_exec);
}
