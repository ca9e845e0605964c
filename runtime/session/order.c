/* session/order.c -- topological order of models (Tarjan's strongly connected components) and, where models form a
 * circle, of rows (Kahn's algorithm, in waves).
 *
 * Sources: R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972); A. B. Kahn,
 * "Topological sorting of large networks", CACM 5 (1962).
 * SPDX-License-Identifier: MIT */
#include "session/order.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* A model that takes part, in the course of Tarjan's search. */
typedef struct node {
    orm__store *store;
    uint32_t number, low;    /* 0: not visited */
    uint32_t component;      /* 1, 2, ... in the order in which they may be written; 0: not yet known */
    size_t relation;         /* where the search goes on */
    uint32_t parent;         /* the node that the search came from */
    bool on_stack, circular; /* circular: refers to its own component */
    size_t first;            /* of its component's rows */
} node;

typedef struct graph {
    orm_session *session;
    node *nodes; /* by store->rank - 1, in the order of adding */
    uint32_t count, visited, components;
    uint32_t *stack, depth;
} graph;

/* One row that waits for another; both count from the first row of the circle. */
typedef struct edge {
    uint32_t row, target;
    uint32_t next_of_row, next_of_target; /* 1 + the next edge with the same one; 0: the last */
    const orm_relation *relation;
    bool cut;
} edge;

/* The rows of one component whose models form a circle. */
typedef struct circle {
    graph *g;
    orm__entity **rows; /* `count` of them, a part of the order's */
    uint32_t *waves;
    uint32_t count;
    orm__entity **sorted; /* the rows by address, to find a row's number */
    uint32_t *numbers;
    edge *edges;
    uint32_t edge_count;
    uint32_t *of_row, *of_target; /* 1 + the first edge of each row */
    uint32_t *waiting;            /* how many uncut edges each row waits for; UINT32_MAX: placed */
    uint32_t *path;               /* scratch: when a walk came by, from 1 */
} circle;

static bool are_of_one_model(const orm__entities *entities);
static orm_status place_as_added(orm_session *session, const orm__entities *entities, orm__order *order);
static bool make_places(orm__order *order, size_t count);
static orm_status find_models(graph *g, const orm__entities *entities);
static void visit(graph *g, uint32_t start);
static void close_component(graph *g, uint32_t root);
static node *node_of(graph *g, const orm_model *model);
static orm_status place_rows(graph *g, const orm__entities *entities, bool deletes, orm__order *order);
static orm_status order_circle(graph *g, size_t first, size_t last, bool deletes, uint32_t *wave, orm__order *order);
static bool prepare_circle(circle *c);
static void release_circle(circle *c);
static uint32_t find_edges(circle *c, bool deletes, edge *edges);
static const orm__entity *held_target(orm_session *session, const orm_relation *relation, const orm__entity *row);
static uint32_t number_of(const circle *c, const orm__entity *row);
static void link_edges(circle *c);
static orm_status defer_selves(circle *c, orm__order *order);
static bool key_is_known(const orm_relation *relation, orm__entity *target);
static orm_status run_waves(circle *c, bool deletes, uint32_t *wave, orm__order *order);
static void place_wave(circle *c, uint32_t *ready, uint32_t *count, uint32_t *placed, uint32_t wave);
static orm_status cut_circle(circle *c, bool deletes, orm__order *order, uint32_t *freed);
static uint32_t find_circle(circle *c, uint32_t *length);
static edge *first_edge(const circle *c, uint32_t row);
static orm_status defer(circle *c, edge *e, bool deletes, orm__order *order);
static orm_status sort_by_wave(circle *c);
static bool can_be_null(const orm_relation *relation);

orm_status orm__order_rows(orm_session *session, const orm__entities *entities, bool deletes, orm__order *order)
{
    graph g = {.session = session};
    memset(order, 0, sizeof *order);
    if (entities->count == 0)
        return ORM_OK;
    if (are_of_one_model(entities))
        return place_as_added(session, entities, order);
    orm_status status = find_models(&g, entities);
    for (uint32_t i = 0; i < g.count && !status; i++)
        if (!g.nodes[i].number)
            visit(&g, i);
    if (!status)
        status = place_rows(&g, entities, deletes, order);
    for (uint32_t i = 0; i < g.count; i++)
        g.nodes[i].store->rank = 0;
    free(g.nodes);
    free(g.stack);
    return status;
}

void orm__order_release(orm__order *order)
{
    free(order->rows);
    free(order->deferred);
    memset(order, 0, sizeof *order);
}

/* And this one does not refer to itself. */
static bool are_of_one_model(const orm__entities *entities)
{
    const orm_model *model = orm__model_of(entities->items[0]);
    for (size_t i = 0; i < model->relation_count; i++)
        if (model->relations[i].owning && model->relations[i].target == model)
            return false;
    for (size_t i = 1; i < entities->count; i++)
        if (orm__model_of(entities->items[i]) != model)
            return false;
    return true;
}

/* All in one wave. */
static orm_status place_as_added(orm_session *session, const orm__entities *entities, orm__order *order)
{
    if (!make_places(order, entities->count))
        return orm__session_no_memory(session);
    memcpy(order->rows, entities->items, order->count * sizeof *order->rows);
    for (size_t i = 0; i < order->count; i++)
        order->waves[i] = 1;
    return ORM_OK;
}

static bool make_places(orm__order *order, size_t count)
{
    order->rows = malloc(count * (sizeof *order->rows + sizeof *order->waves));
    if (!order->rows)
        return false;
    order->waves = (uint32_t *)(void *)(order->rows + count);
    order->count = count;
    return true;
}

static orm_status find_models(graph *g, const orm__entities *entities)
{
    for (size_t i = 0; i < entities->count; i++) {
        orm__store *store = entities->items[i]->batch->store;
        if (store->rank)
            continue;
        if ((g->count & (g->count - 1)) == 0) { /* room doubles at each power of two */
            size_t capacity = g->count ? g->count * 2 : 1;
            node *nodes = realloc(g->nodes, capacity * sizeof *nodes);
            if (!nodes)
                return orm__session_no_memory(g->session);
            g->nodes = nodes;
        }
        g->nodes[g->count++] = (node){.store = store};
        store->rank = g->count;
    }
    g->stack = malloc(g->count * sizeof *g->stack);
    return g->stack ? ORM_OK : orm__session_no_memory(g->session);
}

/* Without recursion: a node remembers how far it got and who called it. */
static void visit(graph *g, uint32_t start)
{
    uint32_t at = start;
    g->nodes[at].parent = UINT32_MAX;
    while (at != UINT32_MAX) {
        node *n = &g->nodes[at];
        if (!n->number) {
            n->number = n->low = ++g->visited;
            n->on_stack = true;
            g->stack[g->depth++] = at;
        }
        node *next = NULL;
        while (n->relation < n->store->model->relation_count && !next) {
            const orm_relation *relation = &n->store->model->relations[n->relation++];
            node *target = relation->owning ? node_of(g, relation->target) : NULL;
            if (!target)
                continue;
            n->circular |= target == n;
            if (!target->number)
                next = target;
            else if (target->on_stack && target->number < n->low)
                n->low = target->number;
        }
        if (next) {
            next->parent = at;
            at = (uint32_t)(next - g->nodes);
            continue;
        }
        if (n->low == n->number)
            close_component(g, at);
        if (n->parent != UINT32_MAX && n->low < g->nodes[n->parent].low)
            g->nodes[n->parent].low = n->low;
        at = n->parent;
    }
}

static void close_component(graph *g, uint32_t root)
{
    bool alone = g->stack[g->depth - 1] == root;
    uint32_t popped;
    g->components++;
    do {
        popped = g->stack[--g->depth];
        g->nodes[popped].on_stack = false;
        g->nodes[popped].component = g->components;
        g->nodes[popped].circular |= !alone;
    } while (popped != root);
}

static node *node_of(graph *g, const orm_model *model)
{
    if (g->session->schema == model->schema) {
        orm__store *store = g->session->stores[model->index];
        return store && store->rank ? &g->nodes[store->rank - 1] : NULL;
    }
    for (uint32_t i = 0; i < g->count; i++)
        if (g->nodes[i].store->model == model)
            return &g->nodes[i];
    return NULL;
}

/* Rows by component, in the order of adding within it; components backwards for deletes. Then waves. */
static orm_status place_rows(graph *g, const orm__entities *entities, bool deletes, orm__order *order)
{
    size_t count = entities->count;
    size_t *starts = calloc(g->components + 2, sizeof *starts);
    if (!starts || !make_places(order, count)) {
        free(starts);
        return orm__session_no_memory(g->session);
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t component = g->nodes[entities->items[i]->batch->store->rank - 1].component;
        starts[(deletes ? g->components + 1 - component : component) + 1]++;
    }
    for (uint32_t i = 1; i <= g->components + 1; i++)
        starts[i] += starts[i - 1];
    for (size_t i = 0; i < count; i++) {
        uint32_t component = g->nodes[entities->items[i]->batch->store->rank - 1].component;
        order->rows[starts[deletes ? g->components + 1 - component : component]++] = entities->items[i];
    }
    orm_status status = ORM_OK;
    uint32_t wave = 0;
    for (size_t first = 0, last; first < count && !status; first = last) {
        const node *n = &g->nodes[order->rows[first]->batch->store->rank - 1];
        for (last = first + 1;
             last < count && g->nodes[order->rows[last]->batch->store->rank - 1].component == n->component; last++)
            ;
        wave++;
        if (n->circular) {
            status = order_circle(g, first, last, deletes, &wave, order);
            continue;
        }
        for (size_t i = first; i < last; i++)
            order->waves[i] = wave;
    }
    free(starts);
    return status;
}

static orm_status order_circle(graph *g, size_t first, size_t last, bool deletes, uint32_t *wave, orm__order *order)
{
    circle c = {.g = g, .rows = order->rows + first, .waves = order->waves + first, .count = (uint32_t)(last - first)};
    orm_status status = prepare_circle(&c) ? ORM_OK : ORM_NO_MEMORY;
    if (!status) {
        c.edge_count = find_edges(&c, deletes, NULL);
        c.edges = malloc(((size_t)c.edge_count + 1) * sizeof *c.edges);
        status = c.edges ? ORM_OK : ORM_NO_MEMORY;
    }
    if (!status) {
        find_edges(&c, deletes, c.edges);
        link_edges(&c);
        status = deletes ? ORM_OK : defer_selves(&c, order);
    }
    if (!status)
        status = run_waves(&c, deletes, wave, order);
    if (!status)
        status = sort_by_wave(&c);
    release_circle(&c);
    return status == ORM_NO_MEMORY ? orm__session_no_memory(g->session) : status;
}

static int by_address(const void *a, const void *b)
{
    const orm__entity *const *left = a, *const *right = b;
    return *left < *right ? -1 : *left > *right;
}

static bool prepare_circle(circle *c)
{
    size_t count = c->count;
    c->sorted = malloc(count * sizeof(orm__entity *) + count * 5 * sizeof(uint32_t));
    if (!c->sorted)
        return false;
    c->numbers = (uint32_t *)(void *)(c->sorted + count);
    c->of_row = c->numbers + count;
    c->of_target = c->of_row + count;
    c->waiting = c->of_target + count;
    c->path = c->waiting + count;
    memset(c->of_row, 0, count * 4 * sizeof(uint32_t));
    memcpy(c->sorted, c->rows, count * sizeof(orm__entity *));
    qsort(c->sorted, count, sizeof *c->sorted, by_address);
    for (uint32_t i = 0; i < c->count; i++) {
        orm__entity **place = bsearch(&c->rows[i], c->sorted, count, sizeof *c->sorted, by_address);
        c->numbers[place - c->sorted] = i;
    }
    return true;
}

static void release_circle(circle *c)
{
    free(c->sorted);
    free(c->edges);
}

static uint32_t number_of(const circle *c, const orm__entity *row)
{
    orm__entity **place = bsearch(&row, c->sorted, c->count, sizeof *c->sorted, by_address);
    return place ? c->numbers[place - c->sorted] : UINT32_MAX;
}

/* Who refers to whom among these rows; only counted when `edges` is NULL. For deletes what is referred to waits. */
static uint32_t find_edges(circle *c, bool deletes, edge *edges)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        const orm_model *model = orm__model_of(c->rows[i]);
        for (size_t r = 0; r < model->relation_count; r++) {
            const orm_relation *relation = &model->relations[r];
            if (!relation->owning)
                continue;
            const orm__entity *target = deletes ? held_target(c->g->session, relation, c->rows[i])
                                                : orm__known_target(c->g->session, relation, c->rows[i]);
            uint32_t to = target && target != c->rows[i] ? number_of(c, target) : UINT32_MAX;
            if (to == UINT32_MAX)
                continue;
            if (edges)
                edges[count] = (edge){.row = deletes ? to : i, .target = deletes ? i : to, .relation = relation};
            count++;
        }
    }
    return count;
}

/* What the row refers to in the database, whatever was changed since. */
static const orm__entity *held_target(orm_session *session, const orm_relation *relation, const orm__entity *row)
{
    const orm__store *store = orm__store_of(session, relation->target);
    return store ? orm__identity_find_row(store, relation->columns, orm__held_row(session, row)) : NULL;
}

static void link_edges(circle *c)
{
    for (uint32_t i = c->edge_count; i-- > 0;) {
        edge *e = &c->edges[i];
        e->next_of_row = c->of_row[e->row];
        e->next_of_target = c->of_target[e->target];
        c->of_row[e->row] = c->of_target[e->target] = i + 1;
        c->waiting[e->row]++;
    }
}

/* A row that refers to itself, by a key that the database makes, is written by a second UPDATE, too. */
static orm_status defer_selves(circle *c, orm__order *order)
{
    char name[160];
    for (uint32_t i = 0; i < c->count; i++) {
        const orm_model *model = orm__model_of(c->rows[i]);
        for (size_t r = 0; r < model->relation_count; r++) {
            const orm_relation *relation = &model->relations[r];
            if (!relation->owning || orm__known_target(c->g->session, relation, c->rows[i]) != c->rows[i] ||
                key_is_known(relation, c->rows[i]))
                continue;
            if (!can_be_null(relation))
                return orm__session_error(c->g->session, ORM_CYCLE,
                                          "%s refers to itself by '%s', which may not be NULL",
                                          orm__entity_name(c->rows[i], name, sizeof name), relation->name);
            edge own = {.row = i, .target = i, .relation = relation};
            ORM_TRY(defer(c, &own, false, order));
        }
    }
    return ORM_OK;
}

static bool key_is_known(const orm_relation *relation, orm__entity *target)
{
    for (size_t k = 0; k < relation->column_count; k++)
        if (!orm__mask_has(orm__entity_dirty(target), relation->target_columns[k]->index))
            return false;
    return true;
}

/* Each wave is what waits for nothing any more; where nothing is left but circles, one is cut. */
static orm_status run_waves(circle *c, bool deletes, uint32_t *wave, orm__order *order)
{
    uint32_t *ready = malloc(c->count * sizeof *ready), count = 0, placed = 0;
    if (!ready)
        return ORM_NO_MEMORY;
    for (uint32_t i = 0; i < c->count; i++)
        if (c->waiting[i] == 0)
            ready[count++] = i;
    orm_status status = ORM_OK;
    while (placed < c->count && !status) {
        if (count > 0) {
            place_wave(c, ready, &count, &placed, (*wave)++);
            continue;
        }
        uint32_t freed;
        status = cut_circle(c, deletes, order, &freed);
        if (!status && freed != UINT32_MAX)
            ready[count++] = freed;
    }
    free(ready);
    return status;
}

/* Places the rows that are ready; `ready` then holds those that waited for them alone. It never holds more than all
 * rows. */
static void place_wave(circle *c, uint32_t *ready, uint32_t *count, uint32_t *placed, uint32_t wave)
{
    uint32_t first_new = *count;
    for (uint32_t i = 0; i < first_new; i++) {
        c->waves[ready[i]] = wave;
        c->waiting[ready[i]] = UINT32_MAX;
    }
    *placed += first_new;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < first_new; i++) {
        for (uint32_t next = c->of_target[ready[i]]; next; next = c->edges[next - 1].next_of_target) {
            edge *e = &c->edges[next - 1];
            if (e->cut || c->waiting[e->row] == UINT32_MAX || --c->waiting[e->row] > 0)
                continue;
            c->path[kept++] = e->row;
        }
    }
    memcpy(ready, c->path, kept * sizeof *ready);
    memset(c->path, 0, c->count * sizeof *c->path);
    *count = kept;
}

/* Cuts one relation of a circle; `*freed` is the row that then waits for nothing, UINT32_MAX when it waits for
 * others still. A circle of rows to be deleted that nothing can cut goes as one. */
static orm_status cut_circle(circle *c, bool deletes, orm__order *order, uint32_t *freed)
{
    uint32_t length, start = find_circle(c, &length), row = start;
    edge *chosen = NULL;
    for (uint32_t i = 0; i < length && !chosen; i++) {
        edge *e = first_edge(c, row);
        if (can_be_null(e->relation))
            chosen = e;
        row = e->target;
    }
    *freed = UINT32_MAX;
    if (!chosen && !deletes) {
        char one[160], other[160];
        orm__entity_name(c->rows[start], one, sizeof one);
        orm__entity_name(c->rows[first_edge(c, start)->target], other, sizeof other);
        return orm__session_error(c->g->session, ORM_CYCLE,
                                  "%s and %s refer to each other in a circle in which no relation may be NULL", one,
                                  other);
    }
    if (chosen) {
        orm_status status = defer(c, chosen, deletes, order);
        if (status)
            return status;
    } else {
        chosen = first_edge(c, start);
    }
    chosen->cut = true;
    if (--c->waiting[chosen->row] == 0)
        *freed = chosen->row;
    return ORM_OK;
}

/* Follows what rows wait for until one comes by again: that one is on a circle. */
static uint32_t find_circle(circle *c, uint32_t *length)
{
    uint32_t row = 0, step = 0;
    while (c->waiting[row] == UINT32_MAX)
        row++;
    memset(c->path, 0, c->count * sizeof *c->path);
    while (!c->path[row]) {
        c->path[row] = ++step;
        row = first_edge(c, row)->target;
    }
    *length = step - c->path[row] + 1;
    memset(c->path, 0, c->count * sizeof *c->path);
    return row;
}

/* The first thing that a row waits for. */
static edge *first_edge(const circle *c, uint32_t row)
{
    uint32_t next = c->of_row[row];
    while (c->edges[next - 1].cut || c->waiting[c->edges[next - 1].target] == UINT32_MAX)
        next = c->edges[next - 1].next_of_row;
    return &c->edges[next - 1];
}

static orm_status defer(circle *c, edge *e, bool deletes, orm__order *order)
{
    orm__deferred *deferred = realloc(order->deferred, (order->deferred_count + 1) * sizeof *deferred);
    if (!deferred)
        return ORM_NO_MEMORY;
    order->deferred = deferred;
    deferred[order->deferred_count++] = (orm__deferred){c->rows[deletes ? e->target : e->row], e->relation};
    return ORM_OK;
}

/* A stable sort: within a wave the order of adding stays. */
static orm_status sort_by_wave(circle *c)
{
    uint32_t lowest = UINT32_MAX, highest = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        lowest = c->waves[i] < lowest ? c->waves[i] : lowest;
        highest = c->waves[i] > highest ? c->waves[i] : highest;
    }
    uint32_t waves = highest - lowest + 1;
    uint32_t *starts = calloc((size_t)waves + 1, sizeof *starts);
    orm__entity **rows = malloc(c->count * sizeof *rows);
    if (!starts || !rows) {
        free(starts);
        free(rows);
        return ORM_NO_MEMORY;
    }
    for (uint32_t i = 0; i < c->count; i++)
        starts[c->waves[i] - lowest + 1]++;
    for (uint32_t w = 0; w < waves; w++)
        starts[w + 1] += starts[w];
    for (uint32_t i = 0; i < c->count; i++)
        rows[starts[c->waves[i] - lowest]++] = c->rows[i];
    memcpy(c->rows, rows, c->count * sizeof *rows);
    for (uint32_t w = 0, i = 0; w < waves; w++) /* starts[w] is now where wave w ends */
        while (i < starts[w])
            c->waves[i++] = lowest + w;
    free(starts);
    free(rows);
    return ORM_OK;
}

static bool can_be_null(const orm_relation *relation)
{
    for (size_t k = 0; k < relation->column_count; k++)
        if (!(relation->columns[k]->flags & ORM_NULLABLE))
            return false;
    return true;
}
