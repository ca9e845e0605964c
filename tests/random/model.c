/* model.c -- what deletes, cascades and unique values mean, as plainly as it can be said.
 * SPDX-License-Identifier: MIT */
#include "model.h"

#include <string.h>

const kind_facts kinds[KINDS] = {
    [NODE] = {"node", "nodes", true, true, false, false, SET_NULL},
    [LEAF] = {"leaf", "leaves", true, false, false, false, CASCADE},
    [PART] = {"part", "parts", true, false, false, true, CASCADE},
    [LOAN] = {"loan", "loans", true, true, false, false, SET_NULL},
    [BILL] = {"bill", "bills", true, false, false, false, RESTRICT},
    [SPOT] = {"spot", "spots", true, true, false, false, SET_NULL},
    [SEAT] = {"seat", "seat", true, true, true, false, SET_NULL},
    [CARD] = {"card", "card", true, false, true, false, CASCADE},
    [TOWN] = {"town", "towns", true, false, false, false, CASCADE, LAND},
    [PERMIT] = {"permit", "permits", true, false, false, false, RESTRICT, LAND},
    [GUEST] = {"guest", "guests", true, true, false, false, SET_NULL, LAND},
    [FLAG] = {"flag", "flag", true, true, true, false, SET_NULL, LAND},
    [TAG] = {"tag", NULL, false, true, false, false, CASCADE, NODE},
    [LAND] = {"land", NULL, false, true, false, false, CASCADE, NODE},
};

static bool cascade(model *m, const model *before, const char **why);
static bool follow(model *m, thing *t, short owner_before, const char **why);
static bool rekey(model *m, const model *before, const char **why);
static bool unique(const model *m, const char **why);
static bool checked(const model *m, const char **why);

void model_delete(model *m, int index)
{
    thing *t = &m->things[index];
    t->life = t->life == PENDING ? ABSENT : LEAVING;
    for (int i = 0; i < m->count; i++)
        m->tagged[index][i] = m->tagged[i][index] = false;
}

bool model_flush(model *m, const model *before, const char **why)
{
    if (!cascade(m, before, why) || !rekey(m, before, why))
        return false;
    for (int i = 0; i < m->count; i++) {
        m->things[i].by_key = m->things[i].by_pointer = m->things[i].given = false;
        if (m->things[i].life == LEAVING)
            m->things[i].life = ABSENT;
        else if (m->things[i].life == PENDING)
            m->things[i].life = STORED;
        if (m->hooked && m->things[i].kind == PART && m->things[i].life == STORED && before->things[i].life != STORED)
            m->things[i].number = HOOKED_NUMBER;
    }
    return unique(m, why) && checked(m, why);
}

static bool cascade(model *m, const model *before, const char **why)
{
    for (bool again = true; again;) {
        again = false;
        for (int i = 0; i < m->count; i++) {
            int was = m->things[i].life;
            if (!follow(m, &m->things[i], before->things[i].owner, why))
                return false;
            if (m->things[i].life == LEAVING && was != LEAVING) {
                model_delete(m, i);
                again = true;
            }
        }
    }
    for (int i = 0; i < m->count; i++) {
        const thing *t = &m->things[i];
        if (kinds[t->kind].on_delete == RESTRICT && lives(t) && m->things[t->owner].life == LEAVING)
            return *why = "a bill's owner is deleted", false;
    }
    return true;
}

/* One thing whose owner may be on its way out, or has never come. What was given to it since the last flush is
 * refused. */
static bool follow(model *m, thing *t, short owner_before, const char **why)
{
    if (!lives(t) || !kinds[t->kind].owned)
        return true;
    if (t->owner == NONE)
        return kinds[t->kind].nullable || (*why = "an owner is needed", false);
    const thing *owner = &m->things[t->owner];
    if (lives(owner))
        return true;
    if (!t->by_key && (t->life == PENDING || owner->life == ABSENT || t->owner != owner_before))
        return *why = "the owner is gone", false;
    if (kinds[t->kind].on_delete == CASCADE)
        t->life = LEAVING;
    else if (kinds[t->kind].on_delete == SET_NULL)
        t->owner = NONE;
    return true;
}

/* What a new key of a land does to those that refer to it: towns and flags follow, guests lose it unless they were
 * given it again, and permits hold it. */
static bool rekey(model *m, const model *before, const char **why)
{
    for (int i = 0; i < m->count; i++) {
        thing *t = &m->things[i];
        const thing *old = &before->things[i];
        if ((t->kind != PERMIT && t->kind != GUEST) || !lives(t) || t->owner == NONE)
            continue;
        const thing *land = &m->things[t->owner], *was = &before->things[t->owner];
        if (land->life != STORED || was->life != STORED || land->code == was->code)
            continue;
        if (t->kind == PERMIT && (t->by_key || (old->life == STORED && old->owner == t->owner)))
            return *why = "a permit holds the key of its land", false;
        if (t->kind == GUEST && !t->given)
            t->owner = NONE;
    }
    return true;
}

static bool unique(const model *m, const char **why)
{
    for (int i = 0; i < m->count; i++)
        for (int k = 0; k < i; k++) {
            const thing *a = &m->things[i], *b = &m->things[k];
            if (!lives(a) || !lives(b) || a->kind != b->kind)
                continue;
            if (a->kind == NODE && a->number != NONE && a->number == b->number)
                return *why = "two nodes have one number", false;
            if (kinds[a->kind].single && a->owner != NONE && a->owner == b->owner)
                return *why = "two want one owner", false;
            if (a->kind == LAND && a->code == b->code)
                return *why = "two lands have one key", false;
            if (a->kind == TOWN && a->owner == b->owner && a->n == b->n)
                return *why = "two towns have one key", false;
        }
    return true;
}

/* What only the database knows: so a flush is refused when a part of it was written. */
static bool checked(const model *m, const char **why)
{
    for (int i = 0; i < m->count; i++)
        if (lives(&m->things[i]) && m->things[i].kind == LEAF && m->things[i].number == 13)
            return *why = "a leaf has number 13", false;
    return true;
}

bool model_refers_to_gone(const model *m)
{
    for (int i = 0; i < m->count; i++) {
        const thing *t = &m->things[i];
        if (lives(t) && t->by_pointer && t->owner != NONE && !lives(&m->things[t->owner]))
            return true;
    }
    return false;
}

bool model_passes_values(const model *before, const model *after)
{
    for (int i = 0; i < after->count; i++)
        for (int k = 0; k < before->count; k++) {
            const thing *new = &after->things[i], *old = &before->things[k];
            if (i == k || !lives(new) || !lives(old) || new->kind != old->kind)
                continue;
            if (new->kind == NODE &&new->number != NONE &&new->number == old->number)
                return true;
            if (kinds[new->kind].single && new->owner != NONE &&new->owner == old->owner)
                return true;
            if (new->kind == LAND &&new->code == old->code)
                return true;
            if (new->kind == TOWN &&new->owner == old->owner &&new->n == old->n)
                return true;
        }
    return false;
}
