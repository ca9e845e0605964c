/* orm/async_poll.h -- fibers (orm/async.h) on a loop of their own, over poll(2): for programs that have no event loop.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ASYNC_POLL_H
#define ORM_ASYNC_POLL_H

#include "orm/async.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `options` NULL means all defaults. Owned: close it with orm_async_close; `*async` is NULL when the call fails. */
ORM_API orm_status orm_async_poll_open(const orm_async_options *options, orm_async **async, orm_error *error);

#ifdef __cplusplus
}
#endif
#endif
