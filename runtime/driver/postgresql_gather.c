/* postgresql_gather.c -- gets by key of many fibers as one statement: `= ANY` of a list of keys, of which each gets its
 * row.
 *
 * To the server a statement costs more than a row: a list of fifty keys is answered in a fifth of the time of fifty
 * statements. It is planned once for lists of any length (choose_custom_plan in the server's
 * src/backend/utils/cache/plancache.c): a plan for each list is taken for dearer, since a list here is longer than the
 * ten items that a general plan counts on (estimate_array_length in src/backend/utils/adt/selfuncs.c). Keys that stand
 * twice in a list are looked for once.
 *
 * Each gets his row from the answer that all share; when it fails each asks by himself.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_shared.h"

#include "base/error.h"
#include "driver/postgresql_codec.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_LEAST = 16, FAILURES_MOST = 3, REST = 1000, SLOT_BITS = 8 };
_Static_assert(ORM__PG_GATHER_SLOTS == 1 << SLOT_BITS, "as many slots as the hash has values");
_Static_assert(ORM__PG_GATHER_SLOTS >= 2 * ORM__PG_GATHER_MOST && ORM__PG_GATHER_MOST <= UINT8_MAX,
               "half of them are empty");

static void send_group(orm__pg_link *l, orm__pg_gather *gather);
static orm__pg_request *take_group(orm__pg_shared *s, orm__pg_gather *gather, size_t *count);
static orm__pg_answer *answer_for(orm__pg_link *l, const orm__pg_request *asked, orm__pg_request *const *requests,
                                  size_t count);
static void note_failure(orm__pg_link *l, orm__pg_gather *gather, const PGresult *result);
static size_t size_of(orm_type type);
static size_t slot_of(const orm__pg_gather *gather, orm__pg_key key);
static bool read_key(const orm__pg_gather *gather, const PGresult *result, int row, orm__pg_key *key);

orm_status orm__pg_gather_new(orm__link *link, const char *many, const orm__parameter *list, int column, size_t most,
                              orm__pg_gather **gather, orm_error *error)
{
    orm__pg_gather *made = calloc(1, sizeof *made);
    if (!made)
        return orm__error_no_memory(error);
    made->type = list->type;
    made->column = column;
    made->most = most < ORM__PG_GATHER_MOST ? most : ORM__PG_GATHER_MOST;
    orm_status status = link->driver->prepare(link, many, list, 1, &made->many, error);
    if (status)
        free(made);
    else
        *gather = made;
    return status;
}

void orm__pg_gather_free(orm__link *link, orm__pg_gather *gather)
{
    if (!gather)
        return;
    link->driver->forget(link, gather->many);
    free(gather);
}

bool orm__pg_gather_takes(orm__pg_gather *gather, const orm_value *key)
{
    if (!gather || key->form != ORM_FORM_ONE)
        return false;
    if (gather->resting > 0) {
        gather->resting--;
        return false;
    }
    if (gather->type == ORM_TYPE_UUID || key->type == ORM_TYPE_UUID)
        return key->type == gather->type;
    bool is_integer = key->type == ORM_TYPE_INT64 || key->type == ORM_TYPE_INT32 || key->type == ORM_TYPE_INT16;
    int64_t most = gather->type == ORM_TYPE_INT64 ? INT64_MAX : gather->type == ORM_TYPE_INT32 ? INT32_MAX : INT16_MAX;
    return is_integer && key->as.integer <= most && key->as.integer >= -most - 1;
}

orm_status orm__pg_gather_join(orm__pg_link *l, orm__pg_request *r)
{
    orm__pg_shared *s = l->shared;
    orm__pg_gather *gather = r->prepared->gather;
    if (l->broken)
        return orm__error_set(l->error, ORM_DISCONNECTED, "the connection is lost");
    r->key = orm__pg_gather_key(r->values);
    r->bytes = orm__pg_formats[gather->type].wire;
    r->deadline = orm__pg_request_deadline(l);
    if (gather->first) {
        gather->last->next = r;
    } else {
        gather->first = r;
        gather->next = s->gathers;
        s->gathers = gather;
    }
    gather->last = r;
    return ORM_OK;
}

void orm__pg_gathers_send(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    while (s->gathers && !l->broken)
        if (s->gathers->first)
            send_group(l, s->gathers);
        else
            s->gathers = s->gathers->next;
}

void orm__pg_gathers_drop(orm__pg_shared *s)
{
    for (; s->gathers; s->gathers = s->gathers->next)
        for (orm__pg_request *r; (r = s->gathers->first) != NULL;) {
            s->gathers->first = r->next;
            orm__pg_request_recycle(s, r);
        }
}

static void send_group(orm__pg_link *l, orm__pg_gather *gather)
{
    size_t count, bytes = 0;
    orm__pg_request *first = take_group(l->shared, gather, &count);
    if (count == 1)
        orm__pg_request_must_send(l, first);
    if (count < 2)
        return;
    orm_value list = orm__pg_gather_list(gather, first);
    l->error = &l->shared->failure;
    l->failure = ORM_OK;
    l->sql = gather->many->sql;
    first->gathered = true;
    first->generation = gather->generation;
    orm_status status = orm__pg_due_reserve(l->shared, 4) ? orm__pg_encode_values(l, gather->many, &list, &bytes)
                                                          : orm__error_no_memory(l->error);
    if (status)
        orm__pg_request_give_up(l, first);
    else
        orm__pg_request_put(l, first, gather->many);
}

static orm__pg_request *take_group(orm__pg_shared *s, orm__pg_gather *gather, size_t *count)
{
    orm__pg_request *first = NULL, **end = &first;
    *count = 0;
    while (gather->first && *count < gather->most) {
        orm__pg_request *r = gather->first;
        gather->first = r->next;
        if (!r->self) {
            orm__pg_request_recycle(s, r);
            continue;
        }
        *end = r;
        end = &r->fellow;
        ++*count;
    }
    return first;
}

/* Whoever is let run may ask again, cancel others or lose the connection: the requests of those who have not run yet
 * stand nowhere but here. */
void orm__pg_gather_complete(orm__pg_link *l, orm__pg_request *first)
{
    orm__pg_shared *s = l->shared;
    const orm__pg_request asked = *first;
    orm__pg_request *requests[ORM__PG_GATHER_MOST];
    size_t count = 0;
    first->result = NULL;
    first->gathered = false;
    for (orm__pg_request *r = first, *next; r; r = next) {
        next = r->fellow;
        r->fellow = NULL;
        if (r->self)
            requests[count++] = r;
        else
            orm__pg_request_recycle(s, r);
    }
    orm__pg_answer *common = answer_for(l, &asked, requests, count);
    for (size_t i = 0; i < count && common; i++) {
        requests[i]->answer = common;
        requests[i]->names = asked.names;
    }
    for (size_t i = 0; i < count; i++) {
        if (common) {
            orm__pg_expect_among(requests + i, count - i);
            orm__pg_request_deliver(l, requests[i]);
        } else {
            requests[i]->next = s->again;
            s->again = requests[i];
        }
    }
}

/* For so many; NULL: each must ask for itself. All are told when their time is over, be that the server's own limit. */
static orm__pg_answer *answer_for(orm__pg_link *l, const orm__pg_request *asked, orm__pg_request *const *requests,
                                  size_t count)
{
    orm__pg_gather *gather = asked->prepared->gather;
    PGresult *result = asked->result;
    orm__pg_answer *common = NULL;
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK && orm__pg_gather_find(gather, result, requests, count);
    bool cancelled = result && orm__pg_was_cancelled(result);
    bool told = cancelled && orm__pg_request_is_over(asked);
    if (good)
        gather->failures = 0;
    else if (result && !cancelled && asked->generation == gather->generation) /* otherwise another has seen to it */
        note_failure(l, gather, result);
    if ((good || told) && count > 0)
        common = malloc(sizeof *common);
    if (common)
        *common = (orm__pg_answer){.result = result, .users = count};
    else
        PQclear(result);
    return common;
}

/* What the server knows no longer as it was is prepared anew the next time; all else stays, since the server would keep
 * each of them. */
static void note_failure(orm__pg_link *l, orm__pg_gather *gather, const PGresult *result)
{
    gather->generation++;
    if (++gather->failures >= FAILURES_MOST)
        gather->resting = REST;
    if (orm__pg_is_outdated(result))
        orm__pg_give_name(l, gather->many);
}

void orm__pg_answer_release(orm__pg_answer *common)
{
    if (--common->users > 0)
        return;
    PQclear(common->result);
    free(common);
}

orm__pg_key orm__pg_gather_key(const orm_value *value)
{
    orm__pg_key key = {0};
    if (value->type == ORM_TYPE_UUID)
        memcpy(&key, &value->as.uuid, sizeof key);
    else
        key.low = (uint64_t)value->as.integer;
    return key;
}
_Static_assert(sizeof(orm__pg_key) == sizeof(orm_uuid), "a key has room for a uuid");

orm_value orm__pg_gather_list(orm__pg_gather *gather, const orm__pg_request *first)
{
    size_t size = size_of(gather->type), count = 0;
    char *place = (char *)gather->keys;
    for (const orm__pg_request *r = first; r; r = r->fellow, count++, place += size) {
        int32_t four = (int32_t)r->key.low;
        int16_t two = (int16_t)r->key.low;
        memcpy(place,
               size == sizeof r->key       ? (const void *)&r->key
               : size == sizeof r->key.low ? (const void *)&r->key.low
               : size == sizeof four       ? (const void *)&four
                                           : &two,
               size);
    }
    for (; count < LIST_LEAST; count++, place += size)
        memcpy(place, place - size, size);
    return (orm_value){
        .type = gather->type, .form = ORM_FORM_LIST, .as.array = {.items = gather->keys, .count = count}};
}

static size_t size_of(orm_type type)
{
    return type == ORM_TYPE_UUID    ? sizeof(orm_uuid)
           : type == ORM_TYPE_INT64 ? sizeof(int64_t)
           : type == ORM_TYPE_INT32 ? sizeof(int32_t)
                                    : sizeof(int16_t);
}

bool orm__pg_gather_find(orm__pg_gather *gather, const PGresult *result, orm__pg_request *const *requests, size_t count)
{
    int rows = PQntuples(result);
    if (rows > ORM__PG_GATHER_MOST || PQnfields(result) <= gather->column)
        return false;
    memset(gather->slots, 0, sizeof gather->slots);
    for (int row = 0; row < rows; row++) {
        if (!read_key(gather, result, row, &gather->keys[row]))
            return false;
        size_t slot = slot_of(gather, gather->keys[row]);
        if (!gather->slots[slot])
            gather->slots[slot] = (uint8_t)(row + 1);
    }
    for (size_t i = 0; i < count; i++)
        requests[i]->row = gather->slots[slot_of(gather, requests[i]->key)] - 1;
    return true;
}

/* Where the key stands, or would. */
static size_t slot_of(const orm__pg_gather *gather, orm__pg_key key)
{
    uint64_t hash = (key.low ^ key.high * 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
    size_t slot = hash >> (64 - SLOT_BITS);
    for (uint8_t row; (row = gather->slots[slot]) != 0; slot = (slot + 1) % ORM__PG_GATHER_SLOTS)
        if (gather->keys[row - 1].low == key.low && gather->keys[row - 1].high == key.high)
            break;
    return slot;
}

/* The column may be of another width than the model has it. */
static bool read_key(const orm__pg_gather *gather, const PGresult *result, int row, orm__pg_key *key)
{
    Oid type = PQftype(result, gather->column);
    const char *data = PQgetvalue(result, row, gather->column);
    size_t size = (size_t)PQgetlength(result, row, gather->column);
    if (gather->type == ORM_TYPE_UUID) {
        if (type != ORM__PG_UUID || size != sizeof *key)
            return false;
        memcpy(key, data, sizeof *key);
        return true;
    }
    if (type != ORM__PG_INT8 && type != ORM__PG_INT4 && type != ORM__PG_INT2)
        return false;
    *key = (orm__pg_key){.low = (uint64_t)orm__pg_integer(data, size)};
    return size > 0;
}
