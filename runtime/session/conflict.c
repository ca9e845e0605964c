/* session/conflict.c -- finds who wants what whom gives up, and an order in which that works.
 *
 * A table from unique values to the rows that give them up, another to those that want them. When a value is in both,
 * every write of the flush becomes a node of a graph, with an edge from each write to those that must come after it,
 * and Kahn's algorithm orders it in waves. A circle is opened where a unique value may be NULL for a moment.
 * SPDX-License-Identifier: MIT */
#include "session/conflict.h"

#include "base/error.h"
#include "base/value.h"

#include <stdlib.h>
#include <string.h>

/* A unique value: of which key, in which row struct, of which node. */
typedef struct claim {
    uint64_t hash;
    const orm_unique *unique;
    const void *row;
    uint32_t node; /* 1 + its number; 0: an empty slot */
} claim;

typedef struct claims {
    claim *slots;
    size_t capacity;
} claims;

typedef struct edge {
    uint32_t from, to;        /* `from` is written before `to` */
    uint32_t next;            /* 1 + the next edge with the same `to` */
    const orm_unique *unique; /* why, when it is a unique value */
    bool cut;
} edge;

typedef struct graph {
    orm_session *session;
    const orm__order *order;
    orm__step *nodes;
    uint32_t count;
    orm__entity **sorted; /* the nodes' entities by address ... */
    uint32_t *numbers;    /* ... and which node each is */
    edge *edges;
    uint32_t edge_count, edge_capacity;
    uint32_t *of_target; /* 1 + the first edge that each node waits for */
    uint32_t *waiting;   /* how many edges; UINT32_MAX: placed */
    uint32_t *path;      /* scratch of a walk */
    bool keyed;          /* some row changes its primary key: such keys are claimed like unique values */
    bool passed_on;  /* some value passes from one row to another, or a key changes under one that is written, too */
    orm__arena rows; /* see claimed_row */
} graph;

static bool may_conflict(const orm__entities *added, const orm__entities *changed);
static bool claims_unique(orm__entity *entity);
static orm_status make_nodes(graph *g, const orm__entities *added, const orm__entities *changed,
                             const orm__entities *deleted);
static void add_nodes(graph *g, const orm__entities *entities, orm__verb verb);
static void sort_nodes(graph *g);
static uint32_t node_of(const graph *g, const orm__entity *entity);
static orm_status match_claims(graph *g);
static orm_status claim_wanted(graph *g, claims *wanted, const claims *given_up, uint32_t node);
static orm_status give_up(claims *table, graph *g, uint32_t node);
static const void *claimed_row(graph *g, const orm__entity *entity, const void *row, const void *refers);
static const orm_unique *unique_of(const graph *g, const orm__entity *entity, size_t index);
static bool changes(orm__entity *entity, const orm_unique *unique);
static bool wants(orm__entity *entity, const orm_unique *unique);
static bool value_of(const orm_unique *unique, const void *row, uint64_t *hash);
static claim *find(const claims *table, const claim *wanted);
static bool add_edge(graph *g, uint32_t from, uint32_t to, const orm_unique *unique);
static orm_status add_reference_edges(graph *g);
static orm_status add_edges_of(graph *g, uint32_t node);
static orm_status add_key_edges(graph *g, uint32_t node, const orm_relation *relation);
static orm_status add_key_edge(graph *g, uint32_t node, const orm__entity *target, bool behind);
static const orm__entity *with_new_key(const graph *g, const orm_relation *relation, const void *row);
static bool held_back(const graph *g, const orm__entity *entity, const orm_relation *relation);
static orm_status run_waves(graph *g, orm__steps *steps);
static edge *waits_for(graph *g, uint32_t node);
static orm_status open_circle(graph *g, orm__steps *steps);
static int by_wave(const void *a, const void *b);
static orm_status conflict(graph *g, const claim *one, uint32_t other);
static void release_graph(graph *g);

orm_status orm__find_conflicts(orm_session *session, const orm__entities *added, const orm__entities *changed,
                               const orm__entities *deleted, const orm__order *order, orm__steps *steps)
{
    memset(steps, 0, sizeof *steps);
    if (!may_conflict(added, changed))
        return ORM_OK;
    graph g = {.session = session, .order = order};
    orm_status status = make_nodes(&g, added, changed, deleted);
    if (!status)
        status = match_claims(&g);
    if (!status && (g.keyed || g.passed_on))
        status = add_reference_edges(&g);
    if (!status && g.passed_on) {
        status = run_waves(&g, steps);
        if (!status) {
            steps->items = g.nodes;
            steps->count = g.count;
            g.nodes = NULL;
            qsort(steps->items, steps->count, sizeof *steps->items, by_wave);
        }
    }
    release_graph(&g);
    return status;
}

void orm__steps_release(orm__steps *steps)
{
    free(steps->items);
    free(steps->releases);
    memset(steps, 0, sizeof *steps);
}

static void release_graph(graph *g)
{
    free(g->nodes);
    free(g->sorted);
    free(g->numbers);
    free(g->edges);
    orm__arena_release(&g->rows);
}

/* Two rows at least must want a unique value, or one wants and another gives up: a single row alone never conflicts. */
static bool may_conflict(const orm__entities *added, const orm__entities *changed)
{
    for (size_t i = 0; i < added->count; i++)
        if (orm__model_of(added->items[i])->unique_count > 0)
            return true;
    for (size_t i = 0; i < changed->count; i++)
        if (claims_unique(changed->items[i]))
            return true;
    return false;
}

static bool claims_unique(orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    if (orm__changes_key(entity))
        return true;
    for (size_t u = 0; u < model->unique_count; u++)
        if (changes(entity, &model->uniques[u]))
            return true;
    return false;
}

/* --- nodes -------------------------------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
    const orm__entity *const *left = a, *const *right = b;
    return *left < *right ? -1 : *left > *right;
}

static orm_status make_nodes(graph *g, const orm__entities *added, const orm__entities *changed,
                             const orm__entities *deleted)
{
    size_t count = added->count + changed->count + deleted->count;
    g->nodes = malloc(count * sizeof *g->nodes);
    g->sorted = malloc(count * sizeof *g->sorted);
    g->numbers = calloc(count, 4 * sizeof *g->numbers);
    if (!g->nodes || !g->sorted || !g->numbers)
        return orm__session_no_memory(g->session);
    g->of_target = g->numbers + count;
    g->waiting = g->of_target + count;
    g->path = g->waiting + count;
    add_nodes(g, added, ORM__INSERT);
    add_nodes(g, changed, ORM__UPDATE);
    add_nodes(g, deleted, ORM__DELETE);
    for (size_t i = 0; i < changed->count && !g->keyed; i++)
        g->keyed = orm__changes_key(changed->items[i]);
    return ORM_OK;
}

static void add_nodes(graph *g, const orm__entities *entities, orm__verb verb)
{
    for (size_t i = 0; i < entities->count; i++) {
        g->sorted[g->count] = entities->items[i];
        g->nodes[g->count] = (orm__step){.entity = entities->items[i], .verb = verb, .number = g->count};
        g->count++;
    }
}

static void sort_nodes(graph *g)
{
    qsort(g->sorted, g->count, sizeof *g->sorted, by_address);
    for (uint32_t i = 0; i < g->count; i++) {
        orm__entity **place = bsearch(&g->nodes[i].entity, g->sorted, g->count, sizeof *g->sorted, by_address);
        g->numbers[place - g->sorted] = i;
    }
}

static uint32_t node_of(const graph *g, const orm__entity *entity)
{
    orm__entity *const *place = bsearch(&entity, g->sorted, g->count, sizeof *g->sorted, by_address);
    return place ? g->numbers[place - g->sorted] : UINT32_MAX;
}

/* --- who wants what ----------------------------------------------------------------------------------------------- */

static orm_status match_claims(graph *g)
{
    claims given_up = {0}, wanted = {0};
    size_t claimed = 0;
    for (uint32_t i = 0; i < g->count; i++)
        claimed += orm__model_of(g->nodes[i].entity)->unique_count + g->keyed;
    given_up.capacity = wanted.capacity = 16;
    while (given_up.capacity < claimed * 2)
        given_up.capacity = wanted.capacity *= 2;
    given_up.slots = calloc(given_up.capacity, sizeof *given_up.slots);
    wanted.slots = calloc(wanted.capacity, sizeof *wanted.slots);
    orm_status status = given_up.slots && wanted.slots ? ORM_OK : orm__session_no_memory(g->session);
    for (uint32_t i = 0; i < g->count && !status; i++)
        if (g->nodes[i].verb != ORM__INSERT)
            status = give_up(&given_up, g, i);
    for (uint32_t i = 0; i < g->count && !status; i++)
        if (g->nodes[i].verb != ORM__DELETE)
            status = claim_wanted(g, &wanted, &given_up, i);
    free(given_up.slots);
    free(wanted.slots);
    return status;
}

/* What the database holds for a row that is deleted, or whose unique columns change. */
static orm_status give_up(claims *table, graph *g, uint32_t node)
{
    orm__entity *entity = g->nodes[node].entity;
    bool replaces = (entity->flags & ORM__REPLACES) != 0;
    const void *held = orm__held_row(g->session, entity);
    const orm_unique *unique;
    for (size_t u = 0; (unique = unique_of(g, entity, u)) != NULL; u++) {
        const void *row = unique == &entity->batch->store->key ? orm__key_row(entity) : held;
        claim one = {.unique = unique, .row = claimed_row(g, entity, row, held), .node = node + 1};
        if (!one.row)
            return orm__session_no_memory(g->session);
        if ((g->nodes[node].verb == ORM__UPDATE && !replaces && !changes(entity, one.unique)) ||
            !value_of(one.unique, one.row, &one.hash))
            continue;
        claim *slot = find(table, &one);
        if (!slot->node)
            *slot = one;
    }
    return ORM_OK;
}

/* Foreign keys may be parts of unique values: then keys that the database will carry on count as changed already.
 * `refers` has the whole foreign keys. NULL when memory is gone. */
static const void *claimed_row(graph *g, const orm__entity *entity, const void *row, const void *refers)
{
    const orm_model *model = orm__model_of(entity);
    void *copy = NULL;
    for (size_t r = 0; r < model->relation_count && g->keyed; r++) {
        const orm_relation *relation = &model->relations[r];
        if (!relation->owning || relation->on_update != ORM_ON_UPDATE_CASCADE)
            continue;
        const orm__store *store = orm__store_of(g->session, relation->target);
        const orm__slot *slot = refers == orm__row_of(entity) ? orm__entity_loaded(entity, relation) : NULL;
        const orm__entity *target = slot    ? slot->as.one
                                    : store ? orm__identity_find_row(store, relation->columns, refers)
                                            : NULL;
        if (!target || !orm__changes_key(target))
            continue;
        if (!copy && !(copy = orm__arena_alloc(&g->rows, model->row_size)))
            return NULL;
        if (row != copy)
            memcpy(copy, row, model->row_size);
        row = copy;
        for (size_t k = 0; k < relation->column_count; k++)
            orm__member_set(relation->columns[k], copy,
                            orm__value_of_member(relation->target_columns[k], orm__row_of(target)));
    }
    return row;
}

/* The unique keys of the entity's model one after the other, then NULL. */
static const orm_unique *unique_of(const graph *g, const orm__entity *entity, size_t index)
{
    const orm_model *model = orm__model_of(entity);
    if (index < model->unique_count)
        return &model->uniques[index];
    return index == model->unique_count && g->keyed ? &entity->batch->store->key : NULL;
}

static bool changes(orm__entity *entity, const orm_unique *unique)
{
    for (size_t i = 0; i < unique->column_count; i++)
        if (orm__mask_has(orm__entity_dirty(entity), unique->columns[i]->index))
            return true;
    return false;
}

static orm_status claim_wanted(graph *g, claims *wanted, const claims *given_up, uint32_t node)
{
    orm__entity *entity = g->nodes[node].entity;
    const orm_unique *unique;
    for (size_t u = 0; (unique = unique_of(g, entity, u)) != NULL; u++) {
        const void *row = orm__row_of(entity);
        claim one = {.unique = unique, .row = claimed_row(g, entity, row, row), .node = node + 1};
        if (!one.row)
            return orm__session_no_memory(g->session);
        if (!wants(entity, one.unique) || !value_of(one.unique, one.row, &one.hash))
            continue;
        claim *same = find(wanted, &one), *before = find(given_up, &one);
        if (same->node)
            return conflict(g, same, node);
        *same = one;
        if (!before->node || before->node == one.node)
            continue;
        g->passed_on = true;
        if (!add_edge(g, before->node - 1, node, one.unique))
            return orm__session_no_memory(g->session);
    }
    return ORM_OK;
}

/* Whether the flush sends a value for the whole key: a pending parent's key is not known yet, and nobody else can
 * have it. */
static bool wants(orm__entity *entity, const orm_unique *unique)
{
    bool any = false;
    for (size_t i = 0; i < unique->column_count; i++) {
        const orm_column *column = unique->columns[i];
        bool dirty = orm__mask_has(orm__entity_dirty(entity), column->index);
        any |= dirty;
        if (!dirty && entity->state == ORM__PENDING)
            return false;
        if (!dirty || !(column->flags & ORM_FOREIGN_KEY))
            continue;
        const orm_model *model = orm__model_of(entity);
        for (size_t r = 0; r < model->relation_count; r++) {
            const orm_relation *relation = &model->relations[r];
            const orm__slot *slot = relation->owning ? orm__entity_loaded(entity, relation) : NULL;
            for (size_t k = 0; slot && slot->as.one && k < relation->column_count; k++)
                if (relation->columns[k] == column && slot->as.one->state == ORM__PENDING)
                    return false;
        }
    }
    return any;
}

/* False when a part is NULL: such values are all different. */
static bool value_of(const orm_unique *unique, const void *row, uint64_t *hash)
{
    *hash = (uint64_t)(uintptr_t)unique;
    for (size_t i = 0; i < unique->column_count; i++) {
        orm_value value = orm__value_of_member(unique->columns[i], row);
        if (value.form == ORM_FORM_NULL)
            return false;
        *hash = *hash * 0x9e3779b97f4a7c15u + orm__value_hash(value);
    }
    *hash ^= *hash >> 32;
    return true;
}

static claim *find(const claims *table, const claim *wanted)
{
    for (size_t i = wanted->hash & (table->capacity - 1);; i = (i + 1) & (table->capacity - 1)) {
        claim *slot = &table->slots[i];
        if (!slot->node)
            return slot;
        bool same = slot->hash == wanted->hash && slot->unique == wanted->unique;
        for (size_t k = 0; same && k < wanted->unique->column_count; k++)
            same = orm__value_equal(orm__value_of_member(wanted->unique->columns[k], slot->row),
                                    orm__value_of_member(wanted->unique->columns[k], wanted->row));
        if (same)
            return slot;
    }
}

static orm_status conflict(graph *g, const claim *one, uint32_t other)
{
    char first[160], second[160], value[80];
    const orm_column *column = one->unique->columns[0];
    if (column->flags & ORM_SENSITIVE)
        memcpy(value, "one value", sizeof "one value");
    else
        orm__value_text(orm__value_of_member(column, one->row), value, sizeof value);
    orm__session_error(g->session, ORM_CONFLICT, "%s and %s both want %s for the unique column '%s'",
                       orm__entity_name(g->nodes[one->node - 1].entity, first, sizeof first),
                       orm__entity_name(g->nodes[other].entity, second, sizeof second), value, column->name);
    ORM__ERROR_COPY(g->session->error.table, column->model->table);
    ORM__ERROR_COPY(g->session->error.column, column->name);
    return ORM_CONFLICT;
}

/* --- what must come before what ----------------------------------------------------------------------------------- */

static bool add_edge(graph *g, uint32_t from, uint32_t to, const orm_unique *unique)
{
    if (g->edge_count == g->edge_capacity) {
        uint32_t capacity = g->edge_capacity ? g->edge_capacity * 2 : 64;
        edge *edges = realloc(g->edges, capacity * sizeof *edges);
        if (!edges)
            return false;
        g->edges = edges;
        g->edge_capacity = capacity;
    }
    g->edges[g->edge_count++] = (edge){.from = from, .to = to, .next = g->of_target[to], .unique = unique};
    g->of_target[to] = g->edge_count;
    g->waiting[to]++;
    return true;
}

static orm_status add_reference_edges(graph *g)
{
    sort_nodes(g);
    for (uint32_t i = 0; i < g->count; i++)
        ORM_TRY(add_edges_of(g, i));
    return ORM_OK;
}

/* A parent is inserted before what refers to it; what referred to a row, or will, is written before that row is
 * deleted. */
static orm_status add_edges_of(graph *g, uint32_t node)
{
    orm__entity *entity = g->nodes[node].entity;
    const orm_model *model = orm__model_of(entity);
    for (size_t r = 0; r < model->relation_count; r++) {
        const orm_relation *relation = &model->relations[r];
        if (!relation->owning || held_back(g, entity, relation))
            continue;
        if (g->keyed)
            ORM_TRY(add_key_edges(g, node, relation));
        orm__entity *target = orm__known_target(g->session, relation, entity);
        uint32_t other = target && target != entity ? node_of(g, target) : UINT32_MAX;
        if (other != UINT32_MAX && g->nodes[other].verb == ORM__INSERT && !add_edge(g, other, node, NULL))
            return orm__session_no_memory(g->session);
        if (other != UINT32_MAX && g->nodes[other].verb == ORM__DELETE && !add_edge(g, node, other, NULL))
            return orm__session_no_memory(g->session);
        if (g->nodes[node].verb == ORM__INSERT)
            continue;
        const orm__store *store = orm__store_of(g->session, relation->target);
        const void *row = orm__held_row(g->session, entity);
        orm__entity *before = store ? orm__identity_find_row(store, relation->columns, row) : NULL;
        other = before && before != entity ? node_of(g, before) : UINT32_MAX;
        if (other != UINT32_MAX && g->nodes[other].verb == ORM__DELETE && !add_edge(g, node, other, NULL))
            return orm__session_no_memory(g->session);
    }
    return ORM_OK;
}

/* What is to refer to a new key is written behind it; what gives an old key, or refers to one that nothing follows,
 * before. */
static orm_status add_key_edges(graph *g, uint32_t node, const orm_relation *relation)
{
    orm__entity *entity = g->nodes[node].entity;
    const orm__store *store = orm__store_of(g->session, relation->target);
    const orm__entity *before = NULL, *after = NULL;
    if (!store)
        return orm__session_no_memory(g->session);
    if (g->nodes[node].verb != ORM__DELETE && orm__relation_is_changed(entity, relation)) {
        const orm__slot *slot = orm__entity_loaded(entity, relation);
        before = slot ? NULL : orm__identity_find_row(store, relation->columns, orm__row_of(entity));
        after = slot ? slot->as.one : before ? NULL : with_new_key(g, relation, orm__row_of(entity));
    }
    ORM_TRY(add_key_edge(g, node, before, false));
    ORM_TRY(add_key_edge(g, node, after, true));
    if (g->nodes[node].verb == ORM__INSERT || orm__follows_update(relation))
        return ORM_OK;
    before = orm__identity_find_row(store, relation->columns, orm__held_row(g->session, entity));
    return add_key_edge(g, node, before, false);
}

static orm_status add_key_edge(graph *g, uint32_t node, const orm__entity *target, bool behind)
{
    if (!target || target == g->nodes[node].entity || !orm__changes_key(target))
        return ORM_OK;
    uint32_t other = node_of(g, target);
    g->passed_on |= other != UINT32_MAX;
    if (other != UINT32_MAX && !add_edge(g, behind ? other : node, behind ? node : other, NULL))
        return orm__session_no_memory(g->session);
    return ORM_OK;
}

/* The entity that gets the key that a foreign key has. */
static const orm__entity *with_new_key(const graph *g, const orm_relation *relation, const void *row)
{
    for (uint32_t i = 0; i < g->count; i++) {
        const orm__entity *entity = g->nodes[i].entity;
        bool agrees = orm__model_of(entity) == relation->target && orm__changes_key(entity);
        for (size_t k = 0; k < relation->column_count && agrees; k++)
            agrees = orm__key_agrees(relation, k, row, orm__row_of(entity));
        if (agrees)
            return entity;
    }
    return NULL;
}

static bool held_back(const graph *g, const orm__entity *entity, const orm_relation *relation)
{
    for (size_t i = 0; i < g->order->deferred_count; i++)
        if (g->order->deferred[i].entity == entity && g->order->deferred[i].relation == relation)
            return true;
    return false;
}

/* --- waves -------------------------------------------------------------------------------------------------------- */

static orm_status run_waves(graph *g, orm__steps *steps)
{
    uint32_t placed = 0;
    for (uint32_t wave = 1; placed < g->count; wave++) {
        uint32_t before = placed;
        for (uint32_t i = 0; i < g->count; i++) {
            if (g->nodes[i].wave || g->waiting[i] > 0)
                continue;
            g->nodes[i].wave = wave;
            placed++;
        }
        if (placed == before) {
            ORM_TRY(open_circle(g, steps));
            wave--;
            continue;
        }
        for (uint32_t e = 0; e < g->edge_count; e++)
            if (!g->edges[e].cut && g->nodes[g->edges[e].from].wave == wave)
                g->waiting[g->edges[e].to]--;
    }
    return ORM_OK;
}

/* The first edge that a node still waits for. */
static edge *waits_for(graph *g, uint32_t node)
{
    uint32_t next = g->of_target[node];
    while (g->edges[next - 1].cut || g->nodes[g->edges[next - 1].from].wave)
        next = g->edges[next - 1].next;
    return &g->edges[next - 1];
}

/* Somewhere on a circle a unique value is given up early, by NULL; where none may be, two rows are named. */
static orm_status open_circle(graph *g, orm__steps *steps)
{
    uint32_t node = 0, step = 0;
    while (g->nodes[node].wave)
        node++;
    memset(g->path, 0, g->count * sizeof *g->path);
    while (!g->path[node]) {
        g->path[node] = ++step;
        node = waits_for(g, node)->from;
    }
    edge *unique = NULL;
    uint32_t start = node;
    do {
        edge *e = waits_for(g, node);
        const orm_column *nullable = NULL;
        for (size_t i = 0; e->unique && i < e->unique->column_count && !nullable; i++)
            if (e->unique->columns[i]->flags & ORM_NULLABLE)
                nullable = e->unique->columns[i];
        if (nullable) {
            orm__release *releases = realloc(steps->releases, (steps->release_count + 1) * sizeof *releases);
            if (!releases)
                return orm__session_no_memory(g->session);
            steps->releases = releases;
            releases[steps->release_count++] = (orm__release){g->nodes[e->from].entity, nullable};
            e->cut = true;
            g->waiting[e->to]--;
            return ORM_OK;
        }
        unique = e->unique ? e : unique;
        node = e->from;
    } while (node != start);
    if (!unique)
        return orm__session_error(g->session, ORM_CYCLE, "rows of '%s' refer to each other in a circle",
                                  orm__model_of(g->nodes[start].entity)->name);
    const claim one = {
        .unique = unique->unique, .row = orm__row_of(g->nodes[unique->to].entity), .node = unique->from + 1};
    return conflict(g, &one, unique->to);
}

static int by_wave(const void *a, const void *b)
{
    const orm__step *left = a, *right = b;
    if (left->wave != right->wave)
        return left->wave < right->wave ? -1 : 1;
    if (left->verb != right->verb)
        return left->verb < right->verb ? -1 : 1;
    return left->number < right->number ? -1 : 1;
}
