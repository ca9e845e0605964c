/* engine/engine.c -- opening and closing engines; connections for Core.
 * SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include "base/error.h"
#include "engine/pool.h"
#include "engine/replica.h"
#include "engine/shared.h"
#include "engine/url.h"
#include "orm/generated.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MICROSECONDS = 1000000, MICROSECONDS_PER_MS = 1000, DEFAULT_LAG = 5000, SHARED_CONNECTIONS = 2 };

struct orm_engine {
    orm__arena arena;
    orm_engine_options options;
    orm__url url;
    orm__pool pool; /* of the primary */
    orm__replicas replicas;
    orm__shared shared;
    orm__swift swift;
};

static orm_status check_options(const orm_engine_options *options, orm_error *error);
static orm_status open_pools(orm_engine *engine, orm_error *error);
static size_t how_many_shared(const orm_engine *engine);
static orm_status prepare(orm_engine *engine, const char *url, orm_error *error);
static orm_status read_url(orm_engine *engine, const char *text, orm__url *url, orm_error *error);
static orm_status fix_folder(orm_engine *engine, orm__address *address, orm_error *error);
static orm_status add_arguments(orm_engine *engine, orm__address *address, orm_error *error);
static void set_up_pool(orm_engine *engine, orm__pool *pool, const orm__address *address);
static orm_status read_replicas(orm_engine *engine, orm_error *error);
static orm_status open_replicas(orm_engine *engine, orm_error *error);
static void close_replicas(orm_engine *engine);
static orm_status served(orm_status status);
static orm_pool_statistics look_at(orm__pool *pool);
static void copy_error(const orm_connection *connection, orm_status status, orm_error *error);

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
        orm__statistics_free(made->pool.statistics);
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
        {"pool_recycle", options->pool_recycle, 0},
        {"pool_idle", options->pool_idle, 0},
        {"connect_timeout", options->connect_timeout, 0},
        {"statement_timeout", options->statement_timeout, 0},
        {"slow_after", options->slow_after, 0},
        {"replica_max_lag", options->replica_max_lag, -1},
        {"shared_connections", options->shared_connections, -1},
        {"gather_size", options->gather_size, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value < rows[i].lowest)
            return orm__error_set(error, ORM_MISUSE, "engine option %s is %d; the least is %d", rows[i].name,
                                  rows[i].value, rows[i].lowest);
    const struct {
        const char *name;
        unsigned value, most;
    } kinds[] = {
        {"pool_class", options->pool_class, ORM_POOL_STATIC},
        {"pool_reset", options->pool_reset, ORM_RESET_ALL},
        {"isolation", options->isolation, ORM_SERIALIZABLE},
        {"prepared", options->prepared, ORM_PREPARED_OFF},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].value > kinds[i].most)
            return orm__error_set(error, ORM_MISUSE, "engine option %s is none of its constants", kinds[i].name);
    int functions = !!options->waiter.watch + !!options->waiter.wait + !!options->waiter.unwatch;
    if (functions != 0 && functions != 3)
        return orm__error_set(error, ORM_MISUSE, "engine option waiter needs watch, wait and unwatch together");
    if (!options->waiter.self != !options->waiter.wake || (options->waiter.self && !functions))
        return orm__error_set(error, ORM_MISUSE, "engine option waiter needs self and wake together, and a wait");
    if (options->waiter.resume && !options->waiter.self)
        return orm__error_set(error, ORM_MISUSE, "engine option waiter has resume, which needs self and wake");
    return ORM_OK;
}

static orm_status prepare(orm_engine *engine, const char *url, orm_error *error)
{
    const orm_engine_options *options = &engine->options;
    const orm__address *address = &engine->url.address;
    ORM_TRY(read_url(engine, url, &engine->url, error));
    ORM_TRY(read_replicas(engine, error));
    engine->options.connect_args = engine->options.replicas = NULL; /* copied */
    if (address->memory && options->pool_class == ORM_POOL_NULL)
        return orm__error_set(error, ORM_MISUSE,
                              "a database in memory lasts as long as a connection to it: "
                              "pool_class ORM_POOL_NULL would lose it");
    if (options->statistics && !(engine->pool.statistics = orm__statistics_new()))
        return orm__error_no_memory(error);
    ORM_TRY(open_replicas(engine, error));
    orm_status status = open_pools(engine, error);
    if (status)
        close_replicas(engine);
    return status;
}

/* The primary's, and the connections that are shared. */
static orm_status open_pools(orm_engine *engine, orm_error *error)
{
    set_up_pool(engine, &engine->pool, &engine->url.address);
    ORM_TRY(orm__pool_init(&engine->pool, error));
    orm_status status = orm__shared_init(&engine->shared, &engine->pool, how_many_shared(engine));
    if (status) {
        orm__pool_release(&engine->pool);
        return orm__error_no_memory(error);
    }
    return ORM_OK;
}

static orm_status read_url(orm_engine *engine, const char *text, orm__url *url, orm_error *error)
{
    const orm_engine_options *options = &engine->options;
    ORM_TRY(orm__url_parse(text, &engine->arena, url, error));
    url->address.connect_timeout = options->connect_timeout;
    url->address.statement_timeout = options->statement_timeout;
    url->address.unprepared = options->prepared == ORM_PREPARED_OFF;
    ORM_TRY(fix_folder(engine, &url->address, error));
    return add_arguments(engine, &url->address, error);
}

/* A relative file stays where it is when the program changes its folder, for connections that are made later. */
static orm_status fix_folder(orm_engine *engine, orm__address *address, orm_error *error)
{
    char folder[PATH_MAX];
    if (!address->file || address->memory || address->file[0] == '/' || !getcwd(folder, sizeof folder))
        return ORM_OK;
    address->file = orm__arena_printf(&engine->arena, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, address->file);
    return address->file ? ORM_OK : orm__error_no_memory(error);
}

/* connect_args behind the keywords of the URL: libpq takes the last. */
static orm_status add_arguments(orm_engine *engine, orm__address *address, orm_error *error)
{
    const char *const *arguments = engine->options.connect_args;
    size_t count = 0, added = 0;
    if (!arguments || !arguments[0])
        return ORM_OK;
    if (address->dialect == ORM_SQLITE)
        return orm__error_set(error, ORM_MISUSE, "engine option connect_args has '%.60s': SQLite takes none",
                              arguments[0]);
    while (address->keywords[count])
        count++;
    while (arguments[added]) {
        if (!arguments[added + 1])
            return orm__error_set(error, ORM_MISUSE, "engine option connect_args has no value for '%.60s'",
                                  arguments[added]);
        added += 2;
    }
    size_t size = (count + added / 2 + 1) * sizeof(char *);
    const char **keywords = orm__arena_alloc(&engine->arena, size), **values = orm__arena_alloc(&engine->arena, size);
    if (!keywords || !values)
        return orm__error_no_memory(error);
    memcpy(keywords, address->keywords, count * sizeof *keywords);
    memcpy(values, address->values, count * sizeof *values);
    for (size_t i = 0; i < added; i += 2, count++) {
        keywords[count] = orm__arena_strdup(&engine->arena, arguments[i]);
        values[count] = orm__arena_strdup(&engine->arena, arguments[i + 1]);
        if (!keywords[count] || !values[count])
            return orm__error_no_memory(error);
    }
    keywords[count] = values[count] = NULL;
    address->keywords = keywords;
    address->values = values;
    return ORM_OK;
}

static void set_up_pool(orm_engine *engine, orm__pool *pool, const orm__address *address)
{
    const orm_engine_options *options = &engine->options;
    int overflow = options->max_overflow == 0 ? 10 : options->max_overflow < 0 ? 0 : options->max_overflow;
    int timeout = options->pool_timeout == 0 ? 30 : options->pool_timeout < 0 ? 0 : options->pool_timeout;
    pool->address = address;
    pool->options = options;
    pool->engine = engine;
    pool->statistics = engine->pool.statistics;
    pool->shares_statistics = pool != &engine->pool;
    pool->size = options->pool_size ? (size_t)options->pool_size : 5;
    pool->most = pool->size + (size_t)overflow;
    if (options->pool_class == ORM_POOL_STATIC)
        pool->size = pool->most = 1;
    if (options->pool_class == ORM_POOL_NULL) {
        pool->size = 0;
        pool->most = SIZE_MAX;
    }
    pool->timeout = (int64_t)timeout * MICROSECONDS;
    pool->recycle = address->memory ? 0 : (int64_t)options->pool_recycle * MICROSECONDS; /* the last takes it along */
    pool->idle_limit = (int64_t)options->pool_idle * MICROSECONDS;
}

static orm_status read_replicas(orm_engine *engine, orm_error *error)
{
    orm__replicas *all = &engine->replicas;
    const char *const *urls = engine->options.replicas;
    size_t count = 0;
    while (urls && urls[count])
        count++;
    if (count == 0)
        return ORM_OK;
    if (engine->url.address.dialect == ORM_SQLITE)
        return orm__error_set(error, ORM_MISUSE, "engine option replicas has URLs: a SQLite database has no replicas");
    all->items = orm__arena_alloc(&engine->arena, count * sizeof *all->items);
    if (!all->items)
        return orm__error_no_memory(error);
    memset(all->items, 0, count * sizeof *all->items);
    for (size_t i = 0; i < count; i++) {
        ORM_TRY(read_url(engine, urls[i], &all->items[i].url, error));
        if (all->items[i].url.address.dialect == ORM_SQLITE)
            return orm__error_set(error, ORM_MISUSE,
                                  "engine option replicas has a URL that is not PostgreSQL's: %.200s",
                                  all->items[i].url.shown);
    }
    int most = engine->options.replica_max_lag;
    all->most = most < 0 ? -1 : (int64_t)(most ? most : DEFAULT_LAG) * MICROSECONDS_PER_MS;
    all->count = count;
    return ORM_OK;
}

/* Without a connection: one that is down now is tried again when somebody reads. */
static orm_status open_replicas(orm_engine *engine, orm_error *error)
{
    orm__replicas *all = &engine->replicas;
    size_t count = all->count;
    for (all->count = 0; all->count < count; all->count++) {
        orm__replica *replica = &all->items[all->count];
        set_up_pool(engine, &replica->pool, &replica->url.address);
        atomic_init(&replica->lag, -1);
        orm_status status = orm__pool_init_empty(&replica->pool, error);
        if (!status && orm__shared_init(&replica->shared, &replica->pool, how_many_shared(engine))) {
            orm__pool_release(&replica->pool);
            status = orm__error_no_memory(error);
        }
        if (status) {
            close_replicas(engine);
            return status;
        }
    }
    return ORM_OK;
}

static void close_replicas(orm_engine *engine)
{
    for (size_t i = 0; i < engine->replicas.count; i++) {
        orm__shared_release(&engine->replicas.items[i].shared);
        orm__pool_release(&engine->replicas.items[i].pool);
    }
}

static size_t how_many_shared(const orm_engine *engine)
{
    int wanted = engine->options.shared_connections;
    if (!engine->options.waiter.self || engine->url.address.dialect != ORM_POSTGRESQL || wanted < 0 ||
        engine->options.prepared == ORM_PREPARED_OFF)
        return 0;
    return wanted ? (size_t)wanted : SHARED_CONNECTIONS;
}

void orm_engine_statements(orm_engine *engine, void (*each)(const orm_statement_statistics *one, void *user),
                           void *user)
{
    if (engine->pool.statistics)
        orm__statistics_each(engine->pool.statistics, each, user);
}

void orm_engine_reset_statements(orm_engine *engine)
{
    if (engine->pool.statistics)
        orm__statistics_reset(engine->pool.statistics);
}

void orm_engine_dispose(orm_engine *engine)
{
    if (!engine->url.address.memory)
        orm__pool_dispose(&engine->pool);
    for (size_t i = 0; i < engine->replicas.count; i++)
        orm__pool_dispose(&engine->replicas.items[i].pool);
}

void orm_engine_close(orm_engine *engine)
{
    if (!engine)
        return;
    orm__shared_release(&engine->shared);
    close_replicas(engine);
    orm__pool_release(&engine->pool);
    orm__statistics_free(engine->pool.statistics);
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
    return look_at(&engine->pool);
}

static orm_pool_statistics look_at(orm__pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    const orm_pool_statistics statistics = {.open = pool->open,
                                            .in_use = pool->open - pool->idle_count,
                                            .idle = pool->idle_count,
                                            .opened_ever = pool->opened_ever,
                                            .waiting = pool->waiting,
                                            .lent_ever = pool->lent_ever,
                                            .waited_ever = pool->waited_ever,
                                            .timeouts = pool->timeouts,
                                            .replaced = pool->replaced,
                                            .round_trips = atomic_load(&pool->trips)};
    pthread_mutex_unlock(&pool->lock);
    return statistics;
}

orm_replica_statistics orm_engine_replica(orm_engine *engine, size_t index)
{
    if (index >= engine->replicas.count)
        return (orm_replica_statistics){.lag = -1};
    orm__replica *replica = &engine->replicas.items[index];
    return (orm_replica_statistics){.url = replica->url.shown,
                                    .left_out = atomic_load(&replica->out_until) != 0,
                                    .lag = atomic_load(&replica->lag),
                                    .pool = look_at(&replica->pool)};
}

size_t orm_engine_replica_count(const orm_engine *engine)
{
    return engine->replicas.count;
}

orm_status orm__engine_acquire(orm_engine *engine, const char *file, int line, orm_connection **connection,
                               orm_error *error)
{
    ORM_TRY(orm__pool_acquire(&engine->pool, connection, error));
    if (file)
        orm__pool_note_holder(&engine->pool, *connection, file, line);
    return ORM_OK;
}

orm_status orm__engine_acquire_reading(orm_engine *engine, const char *file, int line, orm_connection **connection,
                                       orm_error *error)
{
    ORM_TRY(orm__replicas_acquire(&engine->replicas, connection, error));
    if (!*connection)
        return orm__engine_acquire(engine, file, line, connection, error);
    if (file)
        orm__pool_note_holder((*connection)->pool, *connection, file, line);
    return ORM_OK;
}

void orm__engine_give_back(orm_connection *connection)
{
    if (connection && connection->pool)
        orm__pool_give_back(connection->pool, connection);
}

orm_status orm__engine_share_reading(orm_engine *engine, orm_connection **connection, orm_error *error)
{
    ORM_TRY(served(orm__replicas_share(&engine->replicas, connection, error)));
    return *connection ? ORM_OK : orm__engine_share(engine, connection, error);
}

orm_status orm__engine_share(orm_engine *engine, orm_connection **connection, orm_error *error)
{
    return served(orm__shared_acquire(&engine->shared, connection, error));
}

/* Where no more connections can be opened the pool may have one. */
static orm_status served(orm_status status)
{
    return status == ORM_TOO_MANY_CONNECTIONS ? ORM_OK : status;
}

void orm__engine_unshare(orm_engine *engine, orm_connection *connection)
{
    orm__shared_give_back(&engine->shared, connection);
}

bool orm__engine_shares(const orm_engine *engine)
{
    return orm__shared_is_for_caller(&engine->shared);
}

orm__swift *orm__engine_swift(orm_engine *engine)
{
    return &engine->swift;
}

orm_status orm__engine_sleep(orm_engine *engine, int64_t microseconds)
{
    const orm_waiter *waiter = &engine->options.waiter;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t deadline = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + microseconds;
    if (!waiter->wait) {
        poll(NULL, 0, (int)((microseconds + 999) / 1000));
        return ORM_OK;
    }
    orm_status status = waiter->wait(NULL, -1, 0, deadline, waiter->user);
    return status == ORM_TIMEOUT ? ORM_OK : status;
}

orm_isolation orm__engine_isolation(const orm_engine *engine)
{
    return engine->options.isolation;
}

orm_status(orm_connection_open)(orm_engine *engine, orm_connection **connection, orm_error *error)
{
    return orm_connection_open_at(NULL, 0, engine, connection, error);
}

orm_status orm_connection_open_at(const char *file, int line, orm_engine *engine, orm_connection **connection,
                                  orm_error *error)
{
    if (connection)
        *connection = NULL;
    orm__error_clear(error);
    if (!engine || !connection)
        return orm__error_set(error, ORM_MISUSE, "orm_connection_open was given no %s",
                              engine ? "place for the connection" : "engine");
    return orm__engine_acquire(engine, file, line, connection, error);
}

void orm_connection_close(orm_connection *connection)
{
    orm__engine_give_back(connection);
}

orm_status orm_row_fetch_from(orm_engine *engine, const orm_model *model, const orm_value *key, void *row,
                              orm_result **result, orm_error *error)
{
    orm_connection *connection;
    memset(row, 0, model->row_size);
    *result = NULL;
    orm__error_clear(error);
    if (!engine)
        return orm__error_set(error, ORM_MISUSE, "fetch of '%s' was given no engine", model->name);
    ORM_TRY(orm__engine_share(engine, &connection, error));
    if (!connection)
        ORM_TRY(orm__engine_acquire(engine, NULL, 0, &connection, error));
    orm_status status = orm_row_fetch(connection, model, key, row, result);
    copy_error(connection, status, error);
    if (connection->shared)
        orm__engine_unshare(engine, connection);
    else
        orm__engine_give_back(connection);
    return status;
}

/* That there is no such row is no failure of the connection's. */
static void copy_error(const orm_connection *connection, orm_status status, orm_error *error)
{
    if (error && status && connection->error.status == status)
        *error = connection->error;
    else if (error)
        error->status = status;
}
