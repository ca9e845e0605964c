/* driver/resolve.h -- addresses of hosts by name, looked up by a thread while a fiber waits.
 *
 * libpq resolves names inside PQconnectStart and PQconnectPoll, and blocks meanwhile; given the addresses it does not.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_RESOLVE_H
#define ORM_DRIVER_RESOLVE_H

#include "orm/engine.h"

/* Hosts and what libpq's keyword hostaddr is to say of them, in lists with commas; a host of several addresses
 * stands there several times, and so does its port. One that nobody knows is left out. NULL, all three: there is
 * nothing to resolve. Owned: free `host`, which holds all. */
typedef struct orm__resolved {
    char *host, *hostaddr, *port;
} orm__resolved;

/* `host` and `port` as libpq's keywords have them; `port` may be NULL. Waits until `deadline` (0: any time): ORM_OK,
 * ORM_TIMEOUT, ORM_DISCONNECTED when nobody knows any of them, or what the waiter says. */
orm_status orm__resolve(const orm_waiter *waiter, const char *host, const char *port, int64_t deadline,
                        orm__resolved *resolved);

#endif
