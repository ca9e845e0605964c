/* drive.c -- the operations: each is done to the session and to the model, and what both hold is compared.
 * SPDX-License-Identifier: MIT */
#include "drive.h"

#include "model.h"
#include "orm/generated.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 9, NUMBERS = 24, CODES = 60 };

typedef struct identity {
    const void *entity; /* NULL: to be got by its key */
    orm_value key[2];
    char text[8], code[8]; /* code: what key[0] points to, when it is a text */
    int number;            /* of uuid and composite keys */
} identity;

static struct {
    orm_engine *engine;
    orm_session *session;
    orm_connection *connection; /* beside the session's */
    model now, stored;          /* as it is, and as it was after the last flush */
    model saved[LEVELS + 1];    /* by savepoint; [0]: when the transaction began */
    int level;
    identity who[THINGS_MAX];
    uint64_t chance;
    bool loud;
    int refused;        /* flushes that were rightly refused */
    bool cleared;       /* since the transaction began: what was undone is not put back in entities, but read again */
    orm_stream *stream; /* over `streamed`; or NULL */
    kind streamed;
    bool brought[THINGS_MAX];
    char *story;
    size_t size;
    jmp_buf out;
} d;

static const orm_model *const models[KINDS] = {
    &rnd_node_model,  &rnd_leaf_model, &rnd_part_model, &rnd_loan_model, &rnd_bill_model,
    &rnd_spot_model,  &rnd_seat_model, &rnd_card_model, &rnd_town_model, &rnd_permit_model,
    &rnd_guest_model, &rnd_flag_model, &rnd_tag_model,  &rnd_land_model,
};

static orm_status number_part(orm_session *session, const rnd_part *part, void *context);
static void forget_all(void);
static void close_stream(void);
static void read_all_again(void);
static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void differ(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void must(orm_status status, const char *what);
static int below(int limit);
static void step(void);
static void compare_tables(void);
static void compare_row(int index, const void *row, const char *where);
static void compare_entities(void);
static void compare_relations(void);

bool drive_prepare(const char *url, char *story, size_t size)
{
    orm_error error;
    orm_engine *engine;
    bool good = !orm_engine_open(url, NULL, &engine, &error) && !rnd_drop_all(engine, &error) &&
                !rnd_create_all(engine, &error) && !rnd_verify(engine, &error);
    snprintf(story, size, "%s", good ? "" : error.message);
    if (!good)
        fprintf(stderr, "%s\n", error.message);
    orm_engine_close(engine);
    return good;
}

bool drive(const char *url, uint64_t seed, int count, const bool *left_out, bool loud, char *story, size_t size)
{
    orm_error error;
    d.loud = loud;
    d.story = story;
    d.size = size;
    volatile bool good = false; /* lives through the jump */
    if (setjmp(d.out) == 0) {
        must(orm_engine_open(url, NULL, &d.engine, &error), "open");
        must(orm_connection_open(d.engine, &d.connection, &error), "open");
        static const rnd_part_hooks of_parts = {.before_insert = number_part};
        static orm_model_hooks hooked[1];
        static orm_session_hooks hooks = {.models = hooked, .model_count = 1};
        hooked[0] = rnd_part_on(&of_parts);
        d.now.hooked = d.stored.hooked = d.saved[0].hooked = seed % 4 == 1;
        const orm_session_factory factory = {
            .engine = d.engine, .expire_on_commit = seed % 3 == 0, .hooks = d.now.hooked ? &hooks : NULL};
        must(orm_session_open(&factory, &d.session, &error), "open");
        forget_all();
        for (int i = 0; i < count; i++) {
            d.chance = (seed * 1000003 + (uint64_t)i) * UINT64_C(0x9e3779b97f4a7c15) + 1;
            if (!left_out[i])
                step();
        }
        d.chance = seed;
        good = true;
    }
    orm_stream_close(d.stream);
    orm_session_close(d.session);
    orm_connection_close(d.connection);
    orm_engine_close(d.engine);
    return good;
}

static orm_status number_part(orm_session *session, const rnd_part *part, void *context)
{
    (void)context;
    return rnd_part_set_number(session, part, (orm_opt_int32){true, HOOKED_NUMBER});
}

static void forget_all(void)
{
    static const char *const sql[] = {"UPDATE node SET owner_id = NULL",
                                      "DELETE FROM node_tag",
                                      "DELETE FROM bill",
                                      "DELETE FROM permit",
                                      "DELETE FROM guest",
                                      "DELETE FROM flag",
                                      "DELETE FROM land",
                                      "DELETE FROM tag",
                                      "DELETE FROM seat",
                                      "DELETE FROM spot",
                                      "DELETE FROM loan",
                                      "DELETE FROM node"};
    for (size_t i = 0; i < sizeof sql / sizeof *sql; i++)
        must(orm_connection_execute(d.connection, sql[i], NULL, NULL), sql[i]);
}

static int below(int limit)
{
    d.chance ^= d.chance << 13;
    d.chance ^= d.chance >> 7;
    d.chance ^= d.chance << 17;
    return (int)((d.chance >> 11) % (uint64_t)limit);
}

static void note(const char *format, ...)
{
    if (!d.loud)
        return;
    va_list arguments;
    va_start(arguments, format);
    printf("  ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
}

static void differ(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(d.story, d.size, format, arguments);
    va_end(arguments);
    longjmp(d.out, 1);
}

static void must(orm_status status, const char *what)
{
    if (status)
        differ("%s: %s: %s", what, orm_status_name(status), d.session ? orm_session_error(d.session)->message : "");
}

/* --- what descriptors tell --- */

static const orm_column *column_of(const orm_model *m, const char *member)
{
    for (size_t i = 0; i < m->column_count; i++)
        if (strcmp(m->columns[i].member, member) == 0)
            return &m->columns[i];
    return NULL;
}

static const orm_relation *relation_of(const orm_model *m, const char *name)
{
    for (size_t i = 0; i < m->relation_count; i++)
        if (strcmp(m->relations[i].name, name) == 0)
            return &m->relations[i];
    return NULL;
}

static orm_value value_in(const orm_column *column, const void *row)
{
    const char *at = (const char *)row + column->field.value;
    orm_value value = {.type = column->type, .form = ORM_FORM_ONE};
    if (column->field.has != ORM_ABSENT && !*(const bool *)((const char *)row + column->field.has))
        value.form = ORM_FORM_NULL;
    else if (column->type == ORM_TYPE_INT32)
        value.as.integer = *(const int32_t *)(const void *)at;
    else if (column->type == ORM_TYPE_INT64)
        value.as.integer = *(const int64_t *)(const void *)at;
    else if (column->type == ORM_TYPE_UUID)
        memcpy(&value.as.uuid, at, sizeof value.as.uuid);
    else if (column->type == ORM_TYPE_TEXT)
        value.as.text = *(const char *const *)(const void *)at;
    if (column->type == ORM_TYPE_TEXT && !value.as.text)
        value.form = ORM_FORM_NULL;
    return value;
}

static bool same(orm_value a, orm_value b)
{
    if (a.form != b.form || a.form == ORM_FORM_NULL)
        return a.form == b.form;
    if (a.type == ORM_TYPE_TEXT)
        return strcmp(a.as.text, b.as.text) == 0;
    if (a.type == ORM_TYPE_UUID)
        return memcmp(&a.as.uuid, &b.as.uuid, sizeof a.as.uuid) == 0;
    return a.as.integer == b.as.integer;
}

static void keep_key(int index)
{
    const orm_model *m = models[d.now.things[index].kind];
    identity *who = &d.who[index];
    for (size_t i = 0; i < m->primary_key_count; i++) {
        who->key[i] = value_in(m->primary_key[i], who->entity);
        if (m->primary_key[i]->type != ORM_TYPE_TEXT)
            continue;
        snprintf(who->code, sizeof who->code, "%s", who->key[i].as.text);
        who->key[i].as.text = who->code;
    }
}

/* The key of what has no entity, where lands may have changed it. */
static void reckon_key(int index)
{
    const thing *t = &d.now.things[index], *land = t->kind == TOWN ? &d.now.things[t->owner] : t;
    identity *who = &d.who[index];
    if (land->kind != LAND)
        return;
    snprintf(who->code, sizeof who->code, "k%d", land->code);
    who->key[0].as.text = who->code;
}

/* The entity of a thing; one that was expunged is got anew, for which nothing must be pending. */
static const void *entity_of(int index)
{
    identity *who = &d.who[index];
    if (who->entity)
        return who->entity;
    must(orm_model_get(d.session, models[d.now.things[index].kind], who->key, &who->entity), "get of an expunged one");
    return who->entity;
}

/* A thing of a kind (KINDS: any) that lives, or NONE. */
static int pick(kind wanted)
{
    int found[THINGS_MAX], count = 0;
    for (int i = 0; i < d.now.count; i++)
        if (lives(&d.now.things[i]) && (wanted == KINDS || d.now.things[i].kind == wanted))
            found[count++] = i;
    return count ? found[below(count)] : NONE;
}

static void describe(int index, char *text, size_t size)
{
    if (index == NONE)
        snprintf(text, size, "nothing");
    else
        snprintf(text, size, "%s#%d", kinds[d.now.things[index].kind].name, index);
}

static const char *called(int index)
{
    static char texts[4][32];
    static int next;
    next = (next + 1) % 4;
    describe(index, texts[next], sizeof texts[next]);
    return texts[next];
}

/* --- transactions --- */

static void after_rollback(void)
{
    for (int i = 0; i < d.now.count; i++)
        if (d.now.things[i].life == STORED && d.who[i].entity && !orm_session_contains(d.session, d.who[i].entity))
            differ("after the rollback %s is not in the session", called(i));
        else if (d.now.things[i].life == STORED && d.who[i].entity)
            keep_key(i);
    d.stored = d.now;
    compare_entities();
}

static void undo(bool inner)
{
    bool nested = inner && d.level > 0;
    close_stream();
    if (nested) {
        note("rollback of savepoint %d", d.level);
        must(orm_session_rollback_nested(d.session), "rollback_nested");
        int count = d.now.count;
        d.now = d.saved[d.level--];
        for (int i = d.now.count; i < count; i++)
            d.now.things[i].life = ABSENT;
        d.now.count = count;
    } else {
        note("rollback");
        must(orm_session_rollback(d.session), "rollback");
        int count = d.now.count;
        d.now = d.saved[d.level = 0];
        for (int i = d.now.count; i < count; i++)
            d.now.things[i].life = ABSENT;
        d.now.count = count;
    }
    if (d.cleared)
        read_all_again();
    d.cleared = d.cleared && nested;
    after_rollback();
}

/* After a clear: entities that were read since show what the rollback has undone, until they are got. */
static void read_all_again(void)
{
    for (int i = 0; i < d.now.count; i++) {
        identity *who = &d.who[i];
        const void *before = who->entity;
        who->entity = NULL;
        if (d.now.things[i].life != STORED)
            continue;
        if (d.now.things[i].kind == SPOT) /* the part that changes is what it was */
            who->key[1].as.integer = d.now.things[i].y;
        reckon_key(i);
        must(orm_model_get(d.session, models[d.now.things[i].kind], who->key, &who->entity), "get after a rollback");
        kind k = (kind)d.now.things[i].kind; /* of these the key may be another than it was */
        if (before && before != who->entity && k != SPOT && k != LAND && k != TOWN)
            differ("get gave another pointer for %s after the rollback", called(i));
    }
}

/* Both sides flush; when both refuse, both are rolled back, and the answer is false. */
static bool flush(void)
{
    model after = d.now;
    const char *why = "";
    bool good = model_flush(&after, &d.stored, &why);
    orm_status status = orm_session_flush(d.session);
    note("flush: %s", orm_status_name(status));
    if (status) {
        bool may = !good ||
                   (status == ORM_CONFLICT && (model_passes_values(&d.stored, &after) || model_refers_to_gone(&d.now)));
        if (!may)
            differ("flush: %s: %s", orm_status_name(status), orm_session_error(d.session)->message);
        if (status != ORM_CONFLICT && status != ORM_CONSTRAINT && status != ORM_INVALID)
            differ("flush was refused with %s: %s", orm_status_name(status), orm_session_error(d.session)->message);
        d.refused++;
        undo(below(2));
        return false;
    }
    if (!good)
        differ("flush succeeded, though %s", why);
    for (int i = 0; i < after.count; i++)
        if (after.things[i].life == STORED && d.who[i].entity)
            keep_key(i);
    d.now = d.stored = after;
    for (int i = 0; i < d.now.count; i++)
        if (d.now.things[i].life == STORED && !d.who[i].entity)
            reckon_key(i);
    return true;
}

static void op_flush(void)
{
    if (flush())
        compare_entities();
}

static void op_commit(void)
{
    if (!flush())
        return;
    note("commit");
    close_stream();
    must(orm_session_commit(d.session), "commit");
    d.saved[d.level = 0] = d.now;
    d.cleared = false;
    compare_tables();
    compare_entities();
    compare_relations();
}

static void op_rollback(void)
{
    undo(below(3));
}

static void op_begin_nested(void)
{
    if (d.level == LEVELS || !flush())
        return;
    note("savepoint %d", d.level + 1);
    must(orm_session_begin_nested(d.session), "begin_nested");
    d.saved[++d.level] = d.now;
}

static void op_commit_nested(void)
{
    if (d.level == 0 || !flush() || d.level == 0)
        return;
    note("release of savepoint %d", d.level);
    must(orm_session_commit_nested(d.session), "commit_nested");
    d.level--;
}

/* --- changes --- */

static const char *code_text(int code, char text[8])
{
    snprintf(text, 8, "k%d", code);
    return text;
}

#define ADD(model_, ...) \
    rnd_##model_##_add(d.session, &(rnd_##model_##_values){__VA_ARGS__}, (const rnd_##model_ **)(const void *)added)
#define COMMON .name = name, .number = {ORM_GIVEN, has ? 0 : ORM_GIVEN, has ? t->number : 0}

static orm_status add(int index, const thing *t, const char *name, const void *owner)
{
    char code[8];
    const void **added = &d.who[index].entity;
    bool has = t->number != NONE;
    int number = d.who[index].number;
    orm_uuid id = {{(uint8_t)number, 1, (uint8_t)(number >> 8), 9}};
    switch ((kind)t->kind) {
    case NODE:
        return ADD(node, COMMON, .owner = owner);
    case LEAF:
        return ADD(leaf, COMMON, .owner = owner);
    case PART:
        return ADD(part, COMMON, .owner = owner);
    case LOAN:
        return ADD(loan, COMMON, .id = id, .owner = owner);
    case BILL:
        return ADD(bill, COMMON, .owner = owner);
    case SPOT:
        return ADD(spot, COMMON, .x = number, .y = t->y, .owner = owner);
    case SEAT:
        return ADD(seat, COMMON, .owner = owner);
    case CARD:
        return ADD(card, COMMON, .owner = owner);
    case TOWN:
        return ADD(town, COMMON, .n = t->n, .owner = owner);
    case PERMIT:
        return ADD(permit, COMMON, .owner = owner);
    case GUEST:
        return ADD(guest, COMMON, .owner = owner);
    case FLAG:
        return ADD(flag, COMMON, .owner = owner);
    case TAG:
        return ADD(tag, COMMON);
    case LAND:
        code_text(t->code, code);
        return ADD(land, COMMON, .code = code);
    case KINDS:
        break;
    }
    return ORM_MISUSE;
}

static bool number_taken(int number)
{
    for (int i = 0; i < d.now.count; i++)
        if (d.now.things[i].life != ABSENT && d.now.things[i].kind == NODE && d.now.things[i].number == number)
            return true;
    return false;
}

/* A number that is mostly free: conflicts are wanted, but not all the time. */
static short some_number(void)
{
    int number = below(NUMBERS);
    if (below(4) == 0 || (below(12) && number_taken(number)))
        return NONE;
    return (short)number;
}

static bool has_single(kind k, int owner)
{
    for (int i = 0; i < d.now.count; i++)
        if (d.now.things[i].life != ABSENT && d.now.things[i].kind == k && d.now.things[i].owner == owner)
            return true;
    return false;
}

static int some_owner(kind k)
{
    if (kinds[k].nullable && below(4) == 0)
        return NONE;
    int owner = pick(kinds[k].owner);
    if (owner != NONE && kinds[k].single && has_single(k, owner) && below(10))
        return kinds[k].nullable ? NONE : -2;
    return owner;
}

/* A thing that is deleted, by now or for long, whose key nobody has: what is added takes it. NONE: a key of its own. */
static int key_to_take(kind k)
{
    int found[THINGS_MAX], count = 0;
    for (int i = 0; k != LAND && i < d.now.count; i++) {
        bool free = d.now.things[i].kind == k && !lives(&d.now.things[i]);
        for (int n = 0; free && n < d.now.count; n++)
            free = !lives(&d.now.things[n]) || d.now.things[n].kind != k || d.who[n].number != d.who[i].number;
        if (free)
            found[count++] = i;
    }
    return count && below(3) == 0 ? found[below(count)] : NONE;
}

static short free_code(void);

static void op_add(void)
{
    kind k = below(3) ? (kind)below(KINDS) : below(4) ? NODE : LAND;
    int index = d.now.count, owner = kinds[k].owned ? some_owner(k) : NONE, before = key_to_take(k);
    if (index == THINGS_MAX || owner == -2 || (owner == NONE && kinds[k].owned && !kinds[k].nullable))
        return;
    thing t = {.kind = (unsigned char)k, .life = PENDING, .owner = (short)owner, .number = some_number()};
    t.name = (short)index;
    t.mood = RND_MOOD_BUSY;
    t.y = before == NONE ? 0 : d.now.things[before].y;
    t.given = true;
    t.code = free_code();
    const void *node = owner == NONE ? NULL : entity_of(owner);
    d.who[index] = (identity){.number = before == NONE ? index : d.who[before].number};
    t.n = (short)d.who[index].number;
    if (k == LAND && t.code == NONE)
        return;
    snprintf(d.who[index].text, sizeof d.who[index].text, "n%d", d.who[index].number);
    note("add %s#%d, owner %s, number %d%s%s", kinds[k].name, index, called(owner), t.number,
         before == NONE ? "" : ", with the key of ", before == NONE ? "" : called(before));
    must(add(index, &t, d.who[index].text, node), "add");
    d.now.things[index] = t;
    d.now.count++;
    d.stored.count = d.now.count;
}

static void op_set_name(void)
{
    int index = pick((kind)below(TAG));
    if (index == NONE)
        return;
    thing *t = &d.now.things[index];
    const char *name = t->name == index ? "changed" : d.who[index].text;
    note("set name of %s to %s", called(index), name);
    must(orm_entity_set(d.session, entity_of(index), column_of(models[t->kind], "name"), &name), "set name");
    t->name = t->name == index ? (short)-2 : (short)index;
}

static void op_set_number(void)
{
    int index = pick(KINDS);
    if (index == NONE)
        return;
    thing *t = &d.now.things[index];
    short number = some_number();
    orm_opt_int32 value = {number != NONE, number};
    note("set number of %s to %d", called(index), number);
    must(orm_entity_set(d.session, entity_of(index), column_of(models[t->kind], "number"), &value), "set number");
    t->number = number;
}

static void op_set_mood(void)
{
    int index = pick(NODE);
    if (index == NONE)
        return;
    rnd_mood mood = (rnd_mood)(1 + below(3));
    note("set mood of %s to %d", called(index), (int)mood);
    must(rnd_node_set_mood(d.session, entity_of(index), mood), "set mood");
    d.now.things[index].mood = (short)mood;
}

static void op_set_key(void)
{
    int index = pick(SPOT);
    for (int i = 0; index != NONE && i < d.now.count; i++)
        if (i != index && d.now.things[i].kind == SPOT && d.who[i].number == d.who[index].number)
            index = NONE; /* keys that pass from row to row are for op_add */
    if (index == NONE)
        return;
    thing *t = &d.now.things[index];
    int32_t y = below(5);
    note("set y of %s to %d", called(index), y);
    must(rnd_spot_set_y(d.session, entity_of(index), y), "set y");
    t->y = (short)y;
}

/* One that nobody has, has had since the last flush, or will have after the next; or NONE. */
static short free_code(void)
{
    short code = (short)below(CODES);
    for (int i = 0; i < d.now.count; i++)
        if (d.now.things[i].kind == LAND && ((d.now.things[i].life != ABSENT && d.now.things[i].code == code) ||
                                             (d.stored.things[i].life != ABSENT && d.stored.things[i].code == code)))
            return NONE;
    return code;
}

static bool has_new_code(int owner)
{
    return d.now.things[owner].kind == LAND && d.now.things[owner].code != d.stored.things[owner].code;
}

static void give_owner(thing *t, int owner)
{
    t->given |= t->owner != owner || (owner != NONE && has_new_code(owner));
    t->owner = (short)owner;
}

static void set_code(int index, short code)
{
    char text[8];
    const char *given = code_text(code, text);
    note("set code of %s to %s", called(index), text);
    must(orm_entity_set(d.session, entity_of(index), column_of(models[LAND], "code"), &given), "set code");
    d.now.things[index].code = code;
}

/* Mostly to a code that nobody has; at times to that of another, which mostly gets a new one. */
static void op_set_code(void)
{
    int index = pick(LAND), other = pick(LAND);
    short code = free_code();
    if (index == NONE || code == NONE)
        return;
    bool passes = other != index && d.now.things[index].life == STORED && d.now.things[other].life == STORED &&
                  below(3) == 0;
    short before = d.now.things[other].code;
    if (!passes) {
        set_code(index, code);
    } else if (below(2)) {
        set_code(index, before);
        set_code(other, below(4) ? code : d.stored.things[index].code);
    } else {
        set_code(other, code);
        set_code(index, before);
    }
}

/* Whether it loses that owner by a new key of it depends on what the session knows of the guest's row. */
static bool is_own_land(int index, int owner)
{
    return d.now.things[index].kind == GUEST && owner != NONE && d.now.things[index].owner == owner;
}

static void op_set_owner(void)
{
    kind k = (kind)below(TAG);
    int index = pick(k), owner = index == NONE ? NONE : some_owner(k);
    if (index == NONE || owner == -2 || (owner == NONE && !kinds[k].nullable) || is_own_land(index, owner))
        return;
    const void *entity = entity_of(index), *node = owner == NONE ? NULL : entity_of(owner);
    thing *t = &d.now.things[index];
    bool by_key = owner != NONE && d.now.things[owner].life == STORED && k != GUEST && !has_new_code(owner) &&
                  below(3) == 0;
    if (by_key && kinds[k].owner == LAND) {
        note("set owner_code of %s to that of %s", called(index), called(owner));
        must(orm_entity_set(d.session, entity, column_of(models[k], "owner_code"), &((const rnd_land *)node)->code),
             "set code of the owner");
    } else if (by_key) {
        const orm_column *column = column_of(models[k], "owner_id");
        orm_opt_int64 key = {true, ((const rnd_node *)node)->id};
        note("set owner_id of %s to that of %s", called(index), called(owner));
        must(orm_entity_set(d.session, entity, column, kinds[k].nullable ? (const void *)&key : &key.value), "set id");
    } else {
        note("set owner of %s to %s", called(index), called(owner));
        must(orm_entity_set_one(d.session, entity, relation_of(models[k], "owner"), node), "set owner");
    }
    t->by_key = by_key;
    t->by_pointer = !by_key;
    give_owner(t, owner);
}

static void op_add_to(void)
{
    kind k = (kind)below(TAG);
    int index = pick(k), owner = pick(kinds[k].owner);
    if (index == NONE || owner == NONE || kinds[k].single || is_own_land(index, owner))
        return;
    note("add %s to %s of %s", called(index), kinds[k].collection, called(owner));
    must(orm_entity_add_to(d.session, entity_of(owner), relation_of(models[kinds[k].owner], kinds[k].collection),
                           entity_of(index)),
         "add_to");
    d.now.things[index].by_key = false;
    d.now.things[index].by_pointer = true;
    give_owner(&d.now.things[index], owner);
}

static void op_remove_from(void)
{
    kind k = (kind)below(TAG);
    int index = pick(k);
    if (index == NONE || kinds[k].single || !(kinds[k].nullable || kinds[k].orphans_go))
        return;
    thing *t = &d.now.things[index];
    if (t->owner == NONE || !lives(&d.now.things[t->owner]))
        return;
    note("remove %s from %s of %s", called(index), kinds[k].collection, called(t->owner));
    must(orm_entity_remove_from(d.session, entity_of(t->owner),
                                relation_of(models[kinds[k].owner], kinds[k].collection), entity_of(index)),
         "remove_from");
    if (kinds[k].orphans_go)
        model_delete(&d.now, index);
    else
        give_owner(t, NONE);
}

/* From the far side: what sat there leaves. The accessor behind it may read, so all is flushed first. */
static void op_set_single(void)
{
    int index = pick(SEAT), owner = pick(NODE);
    if (owner == NONE || !flush() || !lives(&d.now.things[owner]))
        return;
    if (index != NONE && (below(4) == 0 || !lives(&d.now.things[index])))
        index = NONE;
    note("set seat of %s to %s", called(owner), called(index));
    must(orm_entity_set_one(d.session, entity_of(owner), relation_of(models[NODE], "seat"),
                            index == NONE ? NULL : entity_of(index)),
         "set seat");
    for (int i = 0; i < d.now.count; i++)
        if (lives(&d.now.things[i]) && d.now.things[i].kind == SEAT && d.now.things[i].owner == owner && i != index)
            d.now.things[i].owner = NONE;
    if (index != NONE) {
        d.now.things[index].by_pointer = true;
        d.now.things[index].owner = (short)owner;
    }
}

static void op_tag(void)
{
    int node = pick(NODE), tag = pick(TAG);
    if (node == NONE || tag == NONE)
        return;
    bool *tagged = &d.now.tagged[node][tag], far = below(2) != 0;
    const orm_relation *relation = far ? relation_of(models[TAG], "nodes") : relation_of(models[NODE], "tags");
    const void *a = entity_of(far ? tag : node), *b = entity_of(far ? node : tag);
    note("%s %s and %s", *tagged ? "untie" : "tie", called(node), called(tag));
    must(*tagged ? orm_entity_remove_from(d.session, a, relation, b) : orm_entity_add_to(d.session, a, relation, b),
         "tag");
    *tagged = !*tagged;
}

static void op_delete(void)
{
    int index = pick(KINDS);
    if (index == NONE || (d.now.things[index].kind == NODE && below(2)))
        return;
    note("delete %s", called(index));
    must(orm_entity_delete(d.session, models[d.now.things[index].kind], entity_of(index)), "delete");
    model_delete(&d.now, index);
}

/* --- reading --- */

/* Drops what is pending of one thing, on both sides; an owner that differs is not put to it. */
static void op_refresh(void)
{
    int index = pick(KINDS);
    if (index == NONE || d.now.things[index].life != STORED || d.stored.things[index].life != STORED ||
        d.now.things[index].owner != d.stored.things[index].owner)
        return;
    bool read = below(2) != 0;
    note("%s %s", read ? "refresh" : "expire", called(index));
    const void *entity = entity_of(index), *found;
    must(read ? orm_session_refresh(d.session, entity) : orm_session_expire(d.session, entity), "refresh");
    d.now.things[index] = d.stored.things[index];
    if (!read)
        must(orm_model_get(d.session, models[d.now.things[index].kind], d.who[index].key, &found), "get");
}

static void op_get(void)
{
    int index = pick(KINDS);
    if (index == NONE || d.now.things[index].life != STORED || !d.who[index].entity)
        return;
    const void *found;
    note("get %s", called(index));
    must(orm_model_get(d.session, models[d.now.things[index].kind], d.who[index].key, &found), "get");
    if (found != d.who[index].entity)
        differ("get gave another pointer for %s", called(index));
}

static void op_find(void)
{
    kind k = (kind)below(KINDS);
    int number = below(NUMBERS), wanted = 0;
    if (!flush())
        return;
    note("find %s with number below %d", kinds[k].name, number);
    orm_list list;
    const orm_expr where[ORM_WHERE_MAX] = {
        orm_compare(ORM_OP_LT, column_of(models[k], "number"), orm_of_int32(number))};
    must(orm_model_find(d.session, models[k], &(orm_query){.where = where}, &list), "find");
    for (int i = 0; i < d.now.count; i++) {
        const thing *t = &d.now.things[i];
        if (t->life != STORED || t->kind != k || t->number == NONE || t->number >= number)
            continue;
        wanted++;
        bool there = !d.who[i].entity;
        for (size_t n = 0; n < list.count; n++)
            there = there || list.items[n] == d.who[i].entity;
        if (!there)
            differ("find did not give %s", called(i));
    }
    if (list.count != (size_t)wanted)
        differ("find gave %zu %s, not %d", list.count, kinds[k].name, wanted);
}

/* A copy of the row, with another name, and sometimes another owner. */
static void op_merge(void)
{
    kind k = (kind)below(TOWN);
    int index = pick(k), owner = below(2) ? pick(NODE) : NONE;
    if (index == NONE || !flush() || !lives(&d.now.things[index]))
        return;
    const orm_model *m = models[k];
    union {
        char bytes[512];
        int64_t aligned;
    } row;
    const void *merged;
    memcpy(&row, entity_of(index), m->row_size);
    memcpy(row.bytes + column_of(m, "name")->field.value, &(const char *){"changed"}, sizeof(const char *));
    if (kinds[k].single || owner == NONE || d.now.things[owner].life != STORED || !d.who[owner].entity)
        owner = NONE;
    if (owner != NONE) {
        const orm_column *column = column_of(m, "owner_id");
        memcpy(row.bytes + column->field.value, &((const rnd_node *)entity_of(owner))->id, sizeof(int64_t));
        if (column->field.has != ORM_ABSENT)
            row.bytes[column->field.has] = true;
        d.now.things[index].owner = (short)owner;
        d.now.things[index].by_key = true;
    }
    note("merge %s, owner %s", called(index), called(owner));
    must(orm_model_merge(d.session, m, &row, &merged), "merge");
    if (merged != d.who[index].entity)
        differ("merge gave another pointer for %s", called(index));
    d.now.things[index].name = -2;
}

static void op_expunge(void)
{
    int index = pick(KINDS);
    if (index == NONE || d.level > 0 || !flush() || d.now.things[index].life != STORED || !d.who[index].entity)
        return;
    op_commit();
    if (d.now.things[index].life != STORED)
        return;
    note("expunge %s", called(index));
    must(orm_session_expunge(d.session, d.who[index].entity), "expunge");
    const void *left = d.who[index].entity;
    d.who[index].entity = NULL;
    if (entity_of(index) == left)
        differ("%s was expunged and is still there", called(index));
}

/* In the midst of a transaction, too; all is read again. */
static void op_clear(void)
{
    if (!flush())
        return;
    note("clear");
    orm_session_clear(d.session);
    d.cleared = true;
    for (int i = 0; i < d.now.count; i++) {
        identity *who = &d.who[i];
        who->entity = NULL;
        if (d.now.things[i].life == STORED)
            must(orm_model_get(d.session, models[d.now.things[i].kind], who->key, &who->entity), "get after a clear");
    }
    compare_entities();
}

/* Opens a stream, or takes some rows of the open one: each is of a thing that lives, and comes once. */
static void op_stream(void)
{
    const void *row;
    orm_status status = ORM_OK;
    if (!flush())
        return;
    if (!d.stream) {
        d.streamed = (kind)below(KINDS);
        memset(d.brought, 0, sizeof d.brought);
        note("stream of %s", kinds[d.streamed].name);
        must(orm_model_stream(d.session, models[d.streamed], &(orm_query){0}, &d.stream), "stream");
    }
    for (int rows = below(40); rows > 0 && !status; rows--) {
        status = orm_stream_next(d.stream, models[d.streamed], &row);
        if (status)
            break;
        int index = NONE;
        for (int i = 0; i < d.now.count; i++)
            if (d.who[i].entity == row)
                index = i;
        if (index == NONE || !lives(&d.now.things[index]) || d.brought[index])
            differ("the stream of %s brought %s", kinds[d.streamed].name, called(index));
        d.brought[index] = true;
        compare_row(index, row, "stream");
    }
    if (status != ORM_OK && status != ORM_DONE)
        must(status, "stream_next");
    if (status == ORM_DONE)
        close_stream();
}

static void close_stream(void)
{
    if (d.stream)
        note("close the stream");
    orm_stream_close(d.stream);
    d.stream = NULL;
}

static void op_look(void)
{
    if (!flush())
        return;
    note("look at relations");
    compare_relations();
}

/* --- comparing --- */

static void compare_row(int index, const void *row, const char *where)
{
    const thing *t = &d.now.things[index];
    const orm_model *m = models[t->kind];
    orm_value name = value_in(column_of(m, "name"), row), number = value_in(column_of(m, "number"), row);
    const char *wanted = t->name == index ? d.who[index].text : "changed";
    if (strcmp(name.as.text, wanted) != 0)
        differ("%s: the name of %s is %s, not %s", where, called(index), name.as.text, wanted);
    if ((number.form == ORM_FORM_NULL) != (t->number == NONE) || (t->number != NONE && number.as.integer != t->number))
        differ("%s: the number of %s is %d, not %d", where, called(index),
               number.form == ORM_FORM_NULL ? NONE : (int)number.as.integer, t->number);
    if (t->kind == NODE && (short)((const rnd_node *)row)->mood != t->mood)
        differ("%s: the mood of %s is %d, not %d", where, called(index), (int)((const rnd_node *)row)->mood, t->mood);
    if (t->kind == SPOT && ((const rnd_spot *)row)->y != t->y)
        differ("%s: y of %s is %d, not %d", where, called(index), (int)((const rnd_spot *)row)->y, t->y);
    char code[8];
    if (t->kind == LAND && strcmp(code_text(t->code, code), ((const rnd_land *)row)->code) != 0)
        differ("%s: the code of %s is %s, not %s", where, called(index), ((const rnd_land *)row)->code, code);
    if (!kinds[t->kind].owned || (t->owner != NONE && d.now.things[t->owner].life != STORED))
        return;
    orm_value owner = value_in(column_of(m, kinds[t->kind].owner == LAND ? "owner_code" : "owner_id"), row);
    if (t->owner == NONE ? owner.form != ORM_FORM_NULL
                         : owner.form == ORM_FORM_NULL || !same(owner, d.who[t->owner].key[0]))
        differ("%s: the owner's key of %s is %s%s%lld, that of %s is wanted", where, called(index),
               owner.form == ORM_FORM_NULL ? "NULL " : "", owner.type == ORM_TYPE_TEXT ? owner.as.text : "",
               owner.type == ORM_TYPE_TEXT ? 0 : (long long)owner.as.integer, called(t->owner));
}

static void compare_entities(void)
{
    for (int i = 0; i < d.now.count; i++) {
        const void *entity = d.who[i].entity;
        if (!entity)
            continue;
        if (orm_session_contains(d.session, entity) != lives(&d.now.things[i]))
            differ("%s is %s in the session", called(i), lives(&d.now.things[i]) ? "not" : "still");
        if (lives(&d.now.things[i]))
            compare_row(i, entity, "entity");
    }
}

static int thing_of_row(kind k, const void *row)
{
    const orm_model *m = models[k];
    for (int i = 0; i < d.now.count; i++) {
        bool equal = d.now.things[i].life == STORED && d.now.things[i].kind == k;
        for (size_t n = 0; equal && n < m->primary_key_count; n++)
            equal = same(d.who[i].key[n], value_in(m->primary_key[n], row));
        if (equal)
            return i;
    }
    return NONE;
}

static void compare_table(kind k)
{
    const void *rows;
    size_t count, wanted = 0;
    orm_result *result;
    must(orm_row_select(d.connection, models[k], &(orm_query){0}, &rows, &count, &result), "select");
    for (int i = 0; i < d.now.count; i++)
        wanted += d.now.things[i].life == STORED && d.now.things[i].kind == k;
    for (size_t n = 0; n < count; n++) {
        const void *row = (const char *)rows + n * models[k]->row_size;
        int index = thing_of_row(k, row);
        if (index == NONE)
            differ("table %s has a row that the model has not", kinds[k].name);
        compare_row(index, row, "table");
        const void *entity = d.who[index].entity;
        if (k == NODE && entity && ((const rnd_node *)row)->rev != ((const rnd_node *)entity)->rev)
            differ("rev of %s is %d in the table, %d in the entity", called(index), (int)((const rnd_node *)row)->rev,
                   (int)((const rnd_node *)entity)->rev);
    }
    orm_result_free(result);
    if (count != wanted)
        differ("table %s has %zu rows, not %zu", kinds[k].name, count, wanted);
}

static void compare_tables(void)
{
    for (kind k = NODE; k < KINDS; k++)
        compare_table(k);
    const void *rows;
    size_t count, wanted = 0;
    orm_result *result;
    must(orm_row_select(d.connection, &rnd_node_tag_model, &(orm_query){0}, &rows, &count, &result), "select");
    for (int i = 0; i < d.now.count; i++)
        for (int k = 0; k < d.now.count; k++)
            wanted += d.now.tagged[i][k];
    orm_result_free(result);
    if (count != wanted)
        differ("table node_tag has %zu rows, not %zu", count, wanted);
}

static bool holds(const orm_list *list, const void *entity)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == entity)
            return true;
    return false;
}

static void compare_collection(int node, const orm_relation *relation, kind k)
{
    orm_list list;
    size_t wanted = 0;
    must(orm_entity_get_many(d.session, entity_of(node), relation, &list), "get many");
    for (int i = 0; i < d.now.count; i++) {
        const thing *t = &d.now.things[i];
        bool in = lives(t) && t->kind == k && (k == TAG ? d.now.tagged[node][i] : t->owner == node);
        wanted += in;
        if (d.who[i].entity && holds(&list, d.who[i].entity) != in)
            differ("%s of %s: %s is %s it", relation->name, called(node), called(i), in ? "not in" : "in");
    }
    if (list.count != wanted)
        differ("%s of %s has %zu members, not %zu", relation->name, called(node), list.count, wanted);
}

static void compare_single(int node, kind k)
{
    const void *found, *wanted = NULL;
    bool known = true;
    must(orm_entity_get_one(d.session, entity_of(node), relation_of(models[kinds[k].owner], kinds[k].collection),
                            &found),
         "get one");
    for (int i = 0; i < d.now.count; i++)
        if (lives(&d.now.things[i]) && d.now.things[i].kind == k && d.now.things[i].owner == node) {
            wanted = d.who[i].entity;
            known = wanted != NULL;
        }
    if (known && found != wanted)
        differ("%s of %s is another", kinds[k].collection, called(node));
}

/* Some of them, after a flush: each accessor against the model. */
static void compare_relations(void)
{
    for (int i = 0; i < d.now.count; i++) {
        const thing *t = &d.now.things[i];
        if (!lives(t) || below(2))
            continue;
        if (kinds[t->kind].owned && d.who[i].entity) {
            const void *found, *wanted = t->owner == NONE ? NULL : entity_of(t->owner);
            must(orm_entity_get_one(d.session, d.who[i].entity, relation_of(models[t->kind], "owner"), &found),
                 "get one");
            if (found != wanted)
                differ("the owner of %s is not %s", called(i), called(t->owner));
        }
        for (kind k = NODE; k < TAG; k++) {
            if (kinds[k].owner != t->kind)
                continue;
            if (kinds[k].single)
                compare_single(i, k);
            else
                compare_collection(i, relation_of(models[t->kind], kinds[k].collection), k);
        }
        if (t->kind == NODE)
            compare_collection(i, relation_of(models[NODE], "tags"), TAG);
    }
}

/* --- one operation, by weight --- */

static void step(void)
{
    static const struct {
        void (*run)(void);
        int weight;
    } operations[] = {
        {op_add, 24},         {op_set_name, 6},      {op_set_number, 8}, {op_set_mood, 2},    {op_set_key, 3},
        {op_set_code, 6},     {op_set_owner, 12},    {op_add_to, 6},     {op_remove_from, 5}, {op_set_single, 3},
        {op_tag, 8},          {op_delete, 6},        {op_flush, 6},      {op_commit, 6},      {op_rollback, 2},
        {op_begin_nested, 4}, {op_commit_nested, 2}, {op_refresh, 3},    {op_get, 3},         {op_find, 3},
        {op_merge, 2},        {op_expunge, 1},       {op_look, 5},       {op_clear, 1},       {op_stream, 4},
    };
    int sum = 0, chosen;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        sum += operations[i].weight;
    chosen = below(sum);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (chosen < operations[i].weight) {
            operations[i].run();
            return;
        }
        chosen -= operations[i].weight;
    }
}
