/* session/session.h -- what the files of the session share: entities, stores, the session itself.
 *
 * entity.c makes entities and changes them, relation.c keeps both sides of relations in step, identity.c finds by key,
 * unit_of_work.c writes what changed, loading.c brings relations, query.c finds rows, session.c holds it together:
 * transactions and life cycle.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SESSION_SESSION_H
#define ORM_SESSION_SESSION_H

#include "base/arena.h"
#include "orm/generated.h"
#include "sql/ahead.h"
#include "sql/statement.h"
#include "sql/validate.h"
#include "sql/values.h"

/* Columns of a primary key; the generator allows no more. */
enum { ORM__KEY_MAX = 16, ORM__FEW_SLABS = 8 };
/* Bytes of a session's own from which its arena gives first: enough for a row or two, of a model or two. */
enum { ORM__SESSION_ROOM = 2048 };

typedef struct orm__store orm__store;

/* The entities that one result delivered: the relation of one is loaded for all. `count` is 0 for those that came alone
 * (added, or found by key). Freed when no entity belongs to it any more. */
typedef struct orm__batch {
    orm__store *store;
    struct orm__entity **members; /* NULL when they stand side by side, as those of a result do that are all new */
    uint32_t first;               /* the number of the first one then */
    uint32_t count, live;         /* members, and entities that still belong to it */
} orm__batch;

/* What an entity knows of one of its relations. */
typedef struct orm__slot {
    bool loaded, partial, filling; /* filling: the load under way puts members in */
    uint32_t count, capacity;      /* of a collection */
    union {
        struct orm__entity *one;
        struct orm__entity **many; /* arena */
    } as;
} orm__slot;

typedef enum orm__state {
    ORM__DETACHED,
    ORM__PENDING,
    ORM__PERSISTENT,
    ORM__DELETING,
    ORM__DELETED,
    ORM__EXPUNGED,
    ORM__LEAVING /* with the batch of a stream that brought it */
} orm__state;

enum {
    ORM__QUEUED = 1 << 0, /* in session->changed: the next flush looks at it */
    ORM__EXPIRED = 1 << 1,
    ORM__MAPPED = 1 << 2,      /* in the identity map */
    ORM__KEY_CHANGED = 1 << 3, /* the map and the database still know it by a key in session->old_keys */
    ORM__WRITTEN = 1 << 4,     /* `original` is no longer what the database holds: a flush wrote the row since */
    ORM__REPLACES = 1 << 5,    /* pending, with the key of one to be deleted: `original` is the row of that one */
    ORM__REPLACED = 1 << 6,    /* to be deleted, and a pending one has its key */
    ORM__HOOKED = 1 << 7       /* it had its turn with the hooks before this flush */
};

/* Stands in front of the row struct that users see. 40 bytes; the row follows. */
typedef struct orm__entity {
    orm__batch *batch; /* gives the store, and with it model and session */
    orm__slot *slots;  /* by relation; NULL until the first is needed */
    void *original;    /* the newest snapshot of the row in the undo log, or NULL; see ORM__REPLACES */
    union {
        uint64_t word;             /* up to 64 columns */
        uint64_t *words;           /* more: arena */
    } dirty;                       /* pending: the columns given; persistent: those to be updated */
    uint8_t state : 4;             /* orm__state */
    bool held : 1;                 /* scratch of stream.c */
    bool reached : 1, settled : 1; /* scratch of rekey.c and cascade.c */
    bool reread : 1;               /* the row was read since `original` was kept, and may have shown another's values */
    uint8_t flags;                 /* ORM__QUEUED and so on */
    uint16_t generation;           /* slots of an older generation count as not loaded */
    uint32_t undo;                 /* 1 + its newest record in session->undo; 0: untouched */
} orm__entity;

/* How an entity was before its first change since a savepoint, or since the transaction began. */
typedef struct orm__undo {
    orm__entity *entity;
    void *row;  /* arena; NULL when its columns did not change */
    void *held; /* arena; the unique values that the database has, where neither row nor snapshot tells; or NULL */
    uint32_t previous; /* 1 + the entity's record before; 0: none */
    uint16_t level;    /* how many savepoints were open */
    uint8_t state;
    bool written;
} orm__undo;

/* The key that the database knows of an entity whose key was changed. */
typedef struct orm__old_key {
    orm__entity *entity;
    void *row; /* arena; only the columns of the key, and the version */
} orm__old_key;

typedef struct orm__entities {
    orm__entity **items;
    size_t count, capacity;
} orm__entities;

/* All entities of one model in a session, and the map from keys to them: slots of 8 bytes over slabs that grow. It
 * stands in the arena, as the first map and the first slabs do: a session that reads a row asks malloc for one
 * block. */
typedef struct orm__identity {
    uint32_t hash, number;
} orm__identity; /* number: 1 + place in the slabs; 0: empty */
struct orm__store {
    orm_session *session;
    const orm_model *model;
    const orm_column *integer_key; /* the primary key, where it is a single integer; else NULL */
    size_t entity_size;
    orm__identity *map;
    uint32_t capacity, mapped;
    char **slabs;
    uint32_t slab_count, used;       /* used: entities handed out */
    uint32_t recent;                 /* the slab that was asked for last */
    uint32_t rank;                   /* scratch of order.c */
    orm__entity *newest;             /* the one whose number is `used` */
    orm__entities left;              /* those of them that left by a stream: their places are used again */
    orm__batch alone;                /* of the entities that came alone */
    char *few_slabs[ORM__FEW_SLABS]; /* what `slabs` is at first */
    orm__batch links; /* of those that a many_to_many made: pending, they go when one of their ends does */
    orm_unique key;   /* the primary key, as one of the unique keys */
    orm__store *next; /* of the session */
    size_t column_count;
    const orm_column *columns[]; /* of the model, as drivers read them */
};

/* An array of pointers handed out as a list; in a chain, so that the end of the transaction frees it. */
typedef struct orm__list_block {
    struct orm__list_block *next, *previous;
    const void *items[];
} orm__list_block;

struct orm_session {
    const char *file; /* where it was opened; NULL: unknown */
    int line;
    orm_session_factory factory;
    orm_connection *connection; /* NULL while no transaction holds one */
    bool failed;                /* a flush failed: only rollback helps */
    bool flushing;
    bool committing; /* COMMIT follows the flush, and may go with its last statement */
    bool immediate;  /* begin with the write lock, even to read */
    uint16_t generation;
    orm_timestamptz now; /* one reading of the clock for a flush */
    orm__arena arena;
    orm__store **stores; /* by model index, of the first schema that was used */
    const orm_schema *schema;
    orm__store *store_list;
    orm__entities changed; /* queued for the next flush, in the order of the first mark */
    struct {
        orm__undo *records;
        size_t count, capacity;
    } undo;
    struct {
        orm__old_key *items;
        size_t count, recent; /* recent: the one that was asked for last */
    } old_keys;
    uint16_t level, sticky_level; /* open savepoints; how many there were when the sticky error came */
    uint32_t wrote;               /* 1 + the level at which something was written last; 0: nothing was */
    bool lent;                    /* the program has the connection: what it writes is not always told */
    uint32_t behind;              /* how often rows were written that the session need not know */
    orm__list_block *lists;
    orm__entities *seen;     /* where entities go that are new to the session, while a stream reads; or NULL */
    bool populating;         /* what is read overwrites entities that are present */
    bool outdated;           /* what is read may be older than what the session wrote: it overwrites nothing */
    uint32_t ended, cleared; /* transactions that are over; how often it was cleared */
    orm_stream *streams;     /* those that are open */
    orm__patterns patterns;  /* compiled for validation */
    /* From here on not zeroed when a session opens. */
    uint64_t room[ORM__SESSION_ROOM / sizeof(uint64_t)]; /* where the arena begins */
    orm_error error, sticky;                             /* the last failure; the one that the next flush repeats */
};

/* --- session.c --- */
/* The connection, taken from the pool when there is none, and a transaction as reads or writes need it. */
orm_status orm__session_read(orm_session *session);
orm_status orm__session_write(orm_session *session);
/* The same as orm__session_read for one statement that reads by key: where nothing binds the session to a connection
 * it is one that other fibers use, too. After the statement comes end_get, whether it succeeded or not, unless this
 * failed. */
orm_status orm__session_begin_get(orm_session *session);
void orm__session_end_get(orm_session *session);
/* Takes such a connection, for one statement, where there is one for a session that is bound to none; else leaves it
 * without. */
orm_status orm__session_share(orm_session *session);

orm_status orm__session_lock(orm_session *session, orm_lock lock);
/* Flushes before a read, unless autoflush is off; tells when a rollback must come first. */
orm_status orm__session_autoflush(orm_session *session);
/* Copies the connection's error to the session. Returns the status. */
orm_status orm__session_failed(orm_session *session, orm_status status);
orm_status orm__session_error(orm_session *session, orm_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
orm_status orm__session_no_memory(orm_session *session);
/* Makes the session's present error the one that sticks; for failed adds, sets, deletes. Returns the status. */
orm_status orm__session_stick(orm_session *session, orm_status status);
/* A list of `count` items to be filled in; NULL when memory is gone. */
const void **orm__list_new(orm_session *session, size_t count);
bool orm__entities_add(orm__entities *entities, orm__entity *entity);

/* --- identity.c --- */
orm__store *orm__store_of(orm_session *session, const orm_model *model);
/* What is not the arena's. */
void orm__store_release(orm__store *store);
/* A zeroed entity, not yet counted as used: keep it or ask again. */
orm__entity *orm__store_next(orm__store *store);
void orm__store_keep(orm__store *store, orm__entity *entity);
/* Numbers begin at 1. */
orm__entity *orm__store_at(const orm__store *store, uint32_t number);
uint32_t orm__store_number(orm__store *store, const orm__entity *entity);
/* Adds to `soon`, which has room, what a new entity with that key will touch. */
void orm__store_foresee(const orm__store *store, const orm_value *key, orm__soon *soon);
/* The entity is forgotten, nothing refers to it any more: its place is used again. */
void orm__store_drop(orm__store *store, orm__entity *entity);
/* By the values of a key: of the model's own key columns, or of columns of the same types in another row (a foreign
 * key). */
orm__entity *orm__identity_find(const orm__store *store, const orm_value *key);
orm__entity *orm__identity_find_row(const orm__store *store, const orm_column *const *columns, const void *row);
bool orm__identity_add(orm__store *store, orm__entity *entity);
/* Room for so many more: adding them cannot fail. */
bool orm__identity_reserve(orm__store *store, size_t count);
void orm__identity_remove(orm__store *store, orm__entity *entity);
/* "author 5": the entity as messages name it. Returns buffer. */
char *orm__entity_name(const orm__entity *entity, char *buffer, size_t size);

/* --- entity.c --- */
/* A pending entity of which nothing is given yet but defaults. */
orm_status orm__entity_new(orm_session *session, const orm_model *model, orm__entity **entity);
static inline void *orm__row_of(const orm__entity *entity)
{
    return (void *)(entity + 1);
}
static inline orm__entity *orm__entity_of(const void *row)
{
    return (orm__entity *)(void *)row - 1;
}
static inline const orm_model *orm__model_of(const orm__entity *entity)
{
    return entity->batch->store->model;
}
void *orm__old_key_row(const orm__entity *entity);
/* The row that holds the key by which the database and the map know the entity. */
static inline const void *orm__key_row(const orm__entity *entity)
{
    return entity->flags & ORM__KEY_CHANGED ? orm__old_key_row(entity) : orm__row_of(entity);
}
uint64_t *orm__entity_dirty(orm__entity *entity);
/* Whether an UPDATE, or an INSERT, would set a column. */
bool orm__entity_any_dirty(orm__entity *entity);
static inline bool orm__entity_has_dirty(const orm__entity *entity, const orm_column *column)
{
    if (orm__mask_words(orm__model_of(entity)) == 1)
        return entity->dirty.word >> column->index & 1;
    return entity->dirty.words && orm__mask_has(entity->dirty.words, column->index);
}
orm_status orm__entity_queue(orm_session *session, orm__entity *entity);
/* The texts of a row go back to the arena, but for those that `keep` (or NULL) points to as well. */
void orm__entity_recycle_texts(orm_session *session, const orm_model *model, const void *row, const void *keep);
/* Changes a column, without a word about whether it may; nothing happens when it has that value already. */
orm_status orm__entity_put(orm_session *session, orm__entity *entity, const orm_column *column, orm_value value);
/* The column has a copy of the value, and nothing is marked: neither for the flush nor for a rollback. */
orm_status orm__entity_take(orm_session *session, orm__entity *entity, const orm_column *column, orm_value value);
/* The entity of a row that a user gave; NULL is ORM_MISUSE, as are entities that are not pending or persistent here. */
orm_status orm__entity_given(orm_session *session, const void *row, const char *what, orm__entity **entity);
/* Refuses entities that are not pending or persistent in this session. */
orm_status orm__entity_check(orm_session *session, const orm__entity *entity, const char *what);
void orm__entity_put_back(orm_session *session, orm__entity *entity, const orm_column *column, void *from);
orm_status orm__entity_mark_deleted(orm_session *session, orm__entity *entity);

/* --- hooks.c --- */
orm_status orm__hooks_before_flush(orm_session *session);
orm_status orm__hooks_after(orm_session *session, orm__entity *const *entities, size_t count, orm_event event);
void orm__hooks_after_transaction(orm_session *session, bool committed);

/* Whether deleting what the relation refers to does something to the row: otherwise it is refused. */
static inline bool orm__follows_delete(const orm_relation *relation)
{
    return relation->on_delete == ORM_ON_DELETE_CASCADE || relation->on_delete == ORM_ON_DELETE_SET_NULL;
}
static inline bool orm__follows_update(const orm_relation *relation)
{
    return relation->on_update == ORM_ON_UPDATE_CASCADE || relation->on_update == ORM_ON_UPDATE_SET_NULL;
}

/* --- replace.c --- */
/* `entity` is pending, or about to be, and has the key of `before`, which is to be deleted. */
void orm__replace_begin(orm__entity *entity, orm__entity *before);
/* A pending entity leaves, or gives up its key: it goes to the one that had it before, if there is one. */
void orm__key_leave(orm__entity *entity);
/* What an UPDATE sets in the place of an INSERT of `given`, and what it sets to the database's default. False:
 * nothing. */
bool orm__replace_masks(const orm_model *model, const uint64_t *given, uint64_t *changed, uint64_t *defaulted);
/* What the database would do to rows that refer to these if they were deleted. Entities that go that way are
 * appended to `deleted`. */
orm_status orm__replace_forsake(orm_session *session, const orm__entities *replaced, orm__entities *deleted);
/* The flush has succeeded: the old ones are gone, those among `changed` that took their places are like others. */
void orm__replace_end(const orm__entities *replaced, const orm__entities *changed);
/* What ON DELETE of the relation does to an entity when what it refers to goes, done in memory (cascade.c). */
orm_status orm__entity_forsaken(orm_session *session, orm__entity *entity, const orm_relation *relation,
                                orm__entities *deleted);

/* --- undo.c --- */
/* Before the first change of an entity since the last savepoint: of its state; of its columns. */
orm_status orm__entity_touch(orm_session *session, orm__entity *entity);
orm_status orm__entity_remember(orm_session *session, orm__entity *entity);
/* Puts back what changed since the present level began. */
void orm__undo_level(orm_session *session);
/* The present level's savepoint is released: its records become the level's below. */
void orm__undo_merge(orm_session *session);
/* The changes stand: forgets the whole log. */
void orm__undo_settle(orm_session *session);
/* Before a unique value or a foreign key is changed that this transaction has written: what the database has of the
 * entity. */
orm_status orm__held_keep(orm_session *session, orm__entity *entity, const orm_column *column);
void orm__held_forget(orm_session *session, orm__entity *entity);
/* Before the database changes an entity by itself, which is remembered: the same, if columns of it wait for a flush. */
orm_status orm__held_fix(orm_session *session, orm__entity *entity);
/* The row of what was kept so, or NULL. */
void *orm__held_own(const orm_session *session, const orm__entity *entity);
/* The row struct with the unique values and foreign keys that the database holds for a persistent entity, one to be
 * deleted, or the one whose place a pending one takes; the entity's own row when they did not change. */
const void *orm__held_row(const orm_session *session, const orm__entity *entity);
/* Around a change of the key of a persistent entity. */
orm_status orm__old_key_keep(orm_session *session, orm__entity *entity);
void orm__old_key_forget(orm_session *session, orm__entity *entity);

/* --- relation.c --- */
/* The slot of a relation, made on first use; NULL when memory is gone. */
orm__slot *orm__entity_slot(orm__entity *entity, const orm_relation *relation);
/* The slot if it is there and loaded, else NULL. */
orm__slot *orm__entity_loaded(const orm__entity *entity, const orm_relation *relation);
static inline bool orm__is_collection(const orm_relation *relation)
{
    return relation->kind == ORM_ONE_TO_MANY || relation->kind == ORM_MANY_TO_MANY;
}
/* Whether an entity that a slot holds is still one to hand out. */
static inline bool orm__is_there(const orm__entity *entity)
{
    return entity->state == ORM__PENDING || entity->state == ORM__PERSISTENT;
}
/* The far side's slot, for a member that joins: what a pending entity holds is whole from the start. NULL with
 * ORM_OK when it is not loaded. */
orm_status orm__slot_to_join(orm_session *session, orm__entity *entity, const orm_relation *relation, orm__slot **slot);
void orm__slot_remove(orm__slot *slot, const orm__entity *member);
bool orm__slot_append(orm_session *session, orm__slot *slot, orm__entity *member);
/* Whether a column has its value already: not when it is the key of a parent that is pending and has none yet. */
bool orm__column_known(orm__entity *entity, const orm_column *column);
bool orm__key_known(orm__entity *entity);
/* Makes `target` (or nothing) what an owning relation refers to, on both sides. */
orm_status orm__relation_set(orm_session *session, orm__entity *entity, const orm_relation *relation,
                             orm__entity *target);
/* Whether the next UPDATE would send a column of the relation's. */
bool orm__relation_is_changed(const orm__entity *entity, const orm_relation *owning);
/* The entity an owning relation refers to, if the session knows it: by pointer, or by its key. */
orm__entity *orm__known_target(orm_session *session, const orm_relation *owning, orm__entity *entity);
bool orm__owns_column(const orm_relation *relation, const orm_column *column);
/* Around a change of a foreign key's column by hand; before a delete. */
void orm__relations_leave(orm_session *session, orm__entity *entity, const orm_column *column);
orm_status orm__relations_join(orm_session *session, orm__entity *entity, const orm_column *column);
void orm__relations_leave_all(orm_session *session, orm__entity *entity);
/* Before an entity is expunged: far sides that held it are to be loaded anew, since its row may stay. */
void orm__relations_forget(orm_session *session, orm__entity *entity);
/* The same of one relation. */
void orm__relation_forget(orm_session *session, const orm_relation *owning, orm__entity *entity);

/* --- query.c --- */
/* Lays a row that was read over an entity: columns with pending changes keep them. Texts of `fresh` become the
 * entity's. */
void orm__entity_merge(orm_session *session, orm__entity *entity, const void *fresh);
/* Runs a SELECT of all columns of the store's model; every row becomes, or is, an entity, appended to `found`.
 * `read_before` result columns precede the model's. With `overwrite` entities that are present take the values read. */
orm_status orm__read_entities(orm_session *session, orm__store *store, orm__sql *sql, orm__fetch fetch, bool overwrite,
                              orm__entities *found);
/* The same of a source that was opened, with the status of opening it. */
orm_status orm__read_opened(orm_session *session, orm__store *store, orm__source *source, orm_status status,
                            bool overwrite, orm__entities *found);
/* The same of the row that has this key; NULL where there is none. */
orm_status orm__read_by_key(orm_session *session, orm__store *store, const orm_value *key, bool overwrite,
                            orm__entity **found);
/* The rows of `count` keys, a list for each of their columns, by one statement. */
orm_status orm__read_by_keys(orm_session *session, orm__store *store, const orm_value *lists, size_t count,
                             bool overwrite, orm__entities *read);
/* The current row becomes, or is, an entity; its texts go to the session's arena. */
orm_status orm__take_row(orm_session *session, orm__store *store, bool overwrite, orm__entity **entity);
/* Makes the entities found the members of one batch. */
static inline orm__entity *orm__batch_member(const orm__batch *batch, size_t i)
{
    return batch->members ? batch->members[i] : orm__store_at(batch->store, batch->first + (uint32_t)i);
}
orm_status orm__batch_new(orm_session *session, orm__store *store, const orm__entities *found);
void orm__batch_leave(orm_session *session, orm__entity *entity);
/* How many rows have this entity's key: 0 or 1; with `version`, which may be NULL, only one that counts one more
 * than the entity. */
orm_status orm__count_key(orm_session *session, const orm__entity *entity, const orm_column *version, size_t *count);
/* Reads an expired entity anew; ORM_NOT_FOUND when its row is gone. */
orm_status orm__entity_reload(orm_session *session, orm__entity *entity);
/* The same of many of one store by one statement: those whose rows are gone stay expired. */
orm_status orm__entities_reload(orm_session *session, orm__store *store, const orm__entities *expired);

/* --- bulk.c --- */
extern const orm__listener orm__session_listener;

/* --- loading.c --- */
/* A relation that is loaded for owners of one model that have not loaded it; at most one statement. */
typedef struct orm__load {
    const orm_relation *relation;
    const orm_load_options *options; /* or NULL */
    orm__entity *const *owners;
    size_t count;
    orm__entities needy;   /* for whom the database must be asked */
    orm__entities members; /* that it gave */
    orm__sent *sent;       /* the question; NULL: it was not asked ahead */
} orm__load;

/* The steps of a load: finds out who needs it; asks ahead; reads the answer (asking now, if that was not done
 * ahead); gives all back, after a failure too. Nothing needs to be asked for no needy owner. */
orm_status orm__load_begin(orm_session *session, orm__load *load);
orm_status orm__load_ask(orm_session *session, orm__load *load);
orm_status orm__load_read(orm_session *session, orm__load *load);
void orm__load_end(orm_session *session, orm__load *load, orm_status status);
/* The parts of these steps for collections: empties the slots of owners that need it, and says who they are;
 * afterwards they are loaded, or not. */
orm_status orm__begin_filling(orm_session *session, const orm_relation *relation, orm__entity *const *owners,
                              size_t count, bool partial, orm__entities *needy);
void orm__end_filling(const orm_relation *relation, const orm__entities *needy, bool whole);
bool orm__is_partial(const orm_load_options *options);
/* Owned: free it. The row structs of the entities; NULL when memory is gone, which is told. */
const void **orm__rows_of(orm_session *session, const orm__entities *entities);

/* --- reading.c --- */
/* A read outside of locks, of which `write` puts the SQL together: perhaps twice, for one connection and for
 * another. It runs by a connection that other fibers use, too, where that is quick; else on one as orm__session_read
 * takes it. */
typedef struct orm__reading orm__reading;
struct orm__reading {
    void (*write)(orm__reading *reading);
    const orm_model *model;
    const orm_query *query;
    orm__load *load;   /* or that, with */
    const void **rows; /* of who asks */
    orm__sql *sql;
    uint64_t hash;
    int64_t began;
    bool noted; /* how quick it is */
};
/* With ORM_OK the SQL stands in `sql`, which close releases. */
orm_status orm__reading_open(orm_session *session, orm__reading *reading, orm_lock lock);
/* `status` and the rows of what was run. */
void orm__reading_close(orm_session *session, orm__reading *reading, size_t rows, orm_status status);

/* --- eager.c --- */
orm_status orm__load_all(orm_session *session, const orm_model *model, const orm_loading *loads,
                         orm__entity *const *owners, size_t count);
/* Loads a relation for these owners. */
orm_status orm__load_relation(orm_session *session, const orm_relation *relation, orm__entity *const *owners,
                              size_t count);

/* --- many_to_many.c --- */
/* For a load of a many_to_many: the statement; its rows; what is pending. */
void orm__through_write(orm__sql *sql, const orm__load *load, const void *const *rows);
orm_status orm__through_read(orm_session *session, orm__load *load, orm__source *source, orm_status status);
orm_status orm__through_fill(orm_session *session, const orm_relation *relation);
orm_status orm__through_add(orm_session *session, const orm_relation *relation, orm__entity *owner,
                            orm__entity *member);
orm_status orm__through_remove(orm_session *session, const orm_relation *relation, orm__entity *owner,
                               orm__entity *member);

/* --- rekey.c --- */
/* Whether the next UPDATE gives a persistent entity another key. */
bool orm__changes_key(const orm__entity *entity);
/* Whether an entity refers by this column to another one than before, which may get the very key that the one before
 * gives up. */
bool orm__refers_to_another(orm_session *session, orm__entity *entity, const orm_relation *relation,
                            const orm_column *column);
/* Before a flush looks at anything: what refers by pointer to such entities has their new keys. */
orm_status orm__rekey_begin(orm_session *session);
/* ORM_CONSTRAINT when an entity refers to the old key of one of `changed`, and the database would not let that go. */
orm_status orm__rekey_check(orm_session *session, const orm__entities *added, const orm__entities *changed);
/* An UPDATE has written these entities, all of one shape, which the map knows by their old keys: it learns the new
 * ones, and what referred to them does, too. */
orm_status orm__rekey_follow(orm_session *session, orm__entity **entities, size_t count);

/* --- cascade.c --- */
/* Takes those out of `changed` that go with what is deleted, so that no UPDATE is wasted on them. */
orm_status orm__cascade_spare(orm_session *session, const orm__entities *deleted, orm__entities *changed);
/* What the database did by itself to rows that referred to deleted ones, done to those that the session holds; all
 * of these, and those that went with them, which are appended, are deleted now. */
orm_status orm__cascade(orm_session *session, orm__entities *deleted);

/* --- unit_of_work.c --- */
orm_status orm__flush(orm_session *session);

#endif
