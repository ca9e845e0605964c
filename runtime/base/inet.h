/* base/inet.h -- addresses of hosts and networks, in the text that PostgreSQL's inet reads and writes.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_INET_H
#define ORM_BASE_INET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORM__INET_TEXT = 56 };

typedef struct orm__inet {
    uint8_t size; /* of the address: 4 or 16 */
    uint8_t bits; /* of the network; 8 * size for a host */
    uint8_t address[16];
} orm__inet;

/* Reads "192.168.0.1", "10.1/16", "::1", "2001:db8::/32" of `length` bytes. False when it is no address. */
bool orm__inet_parse(const char *text, size_t length, orm__inet *inet);
/* The canonical text; `mask` shows the bits of a single host too. `buffer` holds ORM__INET_TEXT bytes. Returns
 * buffer. */
char *orm__inet_format(const orm__inet *inet, bool mask, char *buffer);
/* <0, 0, >0 as PostgreSQL orders: IPv4 first, then by the bits of the network that both have, the number of those,
 * the rest. */
int orm__inet_compare(const orm__inet *a, const orm__inet *b);

#endif
