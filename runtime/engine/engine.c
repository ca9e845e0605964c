/* engine/engine.c -- opening and closing engines; connections for Core.
 * SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include "base/error.h"
#include "engine/pool.h"
#include "engine/url.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

struct orm_engine {
    orm__arena arena;
    orm_engine_options options;
    orm__url url;
    orm__pool pool;
};

static orm_status check_options(const orm_engine_options *options, orm_error *error);
static orm_status prepare(orm_engine *engine, const char *url, orm_error *error);

orm_status orm_engine_open(const char *url, const orm_engine_options *options, orm_engine **engine, orm_error *error)
{
    static const orm_engine_options defaults;
    if (!engine)
        return orm__error_set(error, ORM_MISUSE, "orm_engine_open was given no place for the engine");
    *engine = NULL;
    orm__error_clear(error);
    options = options ? options : &defaults;
    ORM_TRY(check_options(options, error));
    orm_engine *made = calloc(1, sizeof *made);
    if (!made)
        return orm__error_no_memory(error);
    made->options = *options;
    orm_status status = prepare(made, url, error);
    if (status) {
        orm__arena_release(&made->arena);
        free(made);
        return status;
    }
    *engine = made;
    return ORM_OK;
}

static orm_status check_options(const orm_engine_options *options, orm_error *error)
{
    const struct {
        const char *name;
        int value, lowest;
    } rows[] = {
        {"pool_size", options->pool_size, 0},
        {"max_overflow", options->max_overflow, -1},
        {"pool_timeout", options->pool_timeout, -1},
        {"connect_timeout", options->connect_timeout, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value < rows[i].lowest)
            return orm__error_set(error, ORM_MISUSE, "engine option %s is %d; the least is %d", rows[i].name,
                                  rows[i].value, rows[i].lowest);
    int functions = !!options->waiter.watch + !!options->waiter.wait + !!options->waiter.unwatch;
    if (functions != 0 && functions != 3)
        return orm__error_set(error, ORM_MISUSE, "engine option waiter needs watch, wait and unwatch together");
    if (!options->waiter.self != !options->waiter.wake || (options->waiter.self && !functions))
        return orm__error_set(error, ORM_MISUSE, "engine option waiter needs self and wake together, and a wait");
    return ORM_OK;
}

static orm_status prepare(orm_engine *engine, const char *url, orm_error *error)
{
    const orm_engine_options *options = &engine->options;
    ORM_TRY(orm__url_parse(url, &engine->arena, &engine->url, error));
    engine->url.address.connect_timeout = options->connect_timeout;
    int overflow = options->max_overflow == 0 ? 10 : options->max_overflow < 0 ? 0 : options->max_overflow;
    int timeout = options->pool_timeout == 0 ? 30 : options->pool_timeout < 0 ? 0 : options->pool_timeout;
    orm__pool *pool = &engine->pool;
    pool->address = &engine->url.address;
    pool->waiter = &engine->options.waiter;
    pool->hooks = &engine->options.hooks;
    pool->engine = engine;
    pool->statement_cache_size = options->statement_cache_size;
    pool->size = options->pool_size ? (size_t)options->pool_size : 5;
    pool->most = pool->size + (size_t)overflow;
    pool->timeout = (int64_t)timeout * 1000000;
    return orm__pool_init(pool, error);
}

void orm_engine_close(orm_engine *engine)
{
    if (!engine)
        return;
    orm__pool_release(&engine->pool);
    orm__arena_release(&engine->arena);
    free(engine);
}

const char *orm_engine_url(const orm_engine *engine)
{
    return engine->url.shown;
}

const char *orm_engine_database(const orm_engine *engine)
{
    return engine->url.address.dialect == ORM_SQLITE ? "sqlite" : "postgresql";
}

orm_pool_statistics orm_engine_pool(orm_engine *engine)
{
    orm__pool *pool = &engine->pool;
    pthread_mutex_lock(&pool->lock);
    const orm_pool_statistics statistics = {pool->open, pool->open - pool->idle_count, pool->idle_count,
                                            pool->opened_ever};
    pthread_mutex_unlock(&pool->lock);
    return statistics;
}

orm_status orm__engine_acquire(orm_engine *engine, orm_connection **connection, orm_error *error)
{
    return orm__pool_acquire(&engine->pool, connection, error);
}

void orm__engine_give_back(orm_engine *engine, orm_connection *connection)
{
    orm__pool_give_back(&engine->pool, connection);
}

void orm__engine_sleep(orm_engine *engine, int64_t microseconds)
{
    const orm_waiter *waiter = &engine->options.waiter;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t deadline = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + microseconds;
    if (waiter->wait)
        waiter->wait(NULL, -1, 0, deadline, waiter->user);
    else
        poll(NULL, 0, (int)((microseconds + 999) / 1000));
}

orm_status orm_connection_open(orm_engine *engine, orm_connection **connection, orm_error *error)
{
    if (connection)
        *connection = NULL;
    orm__error_clear(error);
    if (!engine || !connection)
        return orm__error_set(error, ORM_MISUSE, "orm_connection_open was given no %s",
                              engine ? "place for the connection" : "engine");
    return orm__engine_acquire(engine, connection, error);
}

void orm_connection_close(orm_connection *connection)
{
    if (connection)
        orm__engine_give_back(connection->engine, connection);
}
