/* session/hooks.c -- calling the hooks of a session's factory around a flush, and after a commit or rollback.
 *
 * Before a flush hooks are called until none is left to call: a hook may change, add and delete entities, whose own
 * hooks then have their turn; each entity has one turn in a flush. What hooks change after a flush belongs to the next.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "session/session.h"

#include <string.h>

enum { MOST_ROUNDS = 100 }; /* as many as flushes that one commit makes */

static const char *const event_names[] = {
    [ORM_BEFORE_INSERT] = "before_insert", [ORM_AFTER_INSERT] = "after_insert",   [ORM_BEFORE_UPDATE] = "before_update",
    [ORM_AFTER_UPDATE] = "after_update",   [ORM_BEFORE_DELETE] = "before_delete", [ORM_AFTER_DELETE] = "after_delete",
};

static const orm_model_hooks *hooks_of(const orm_session *session, const orm_model *model);
static bool event_before(orm__entity *entity, orm_event *event);
static orm_status call(orm_session *session, orm__entity *entity, const orm_model_hooks *hooks, orm_event event);
static orm_status failed(orm_session *session, orm_status status, const char *hook, const orm__entity *entity);

orm_status orm__hooks_before_flush(orm_session *session)
{
    const orm_session_hooks *hooks = session->factory.hooks;
    if (hooks && hooks->before_flush) {
        session->error.status = ORM_OK;
        orm_status status = hooks->before_flush(session, hooks->context);
        if (status)
            return failed(session, status, "before_flush", NULL);
    }
    bool called = hooks && hooks->model_count > 0;
    for (int round = 0; called; round++) {
        const size_t count = session->changed.count; /* what hooks add has its turn in the next round */
        if (round == MOST_ROUNDS)
            return orm__session_error(session, ORM_MISUSE, "flush: after %d rounds hooks still change something",
                                      MOST_ROUNDS);
        called = false;
        for (size_t i = 0; i < count; i++) {
            orm__entity *entity = session->changed.items[i];
            const orm_model_hooks *of_model = hooks_of(session, orm__model_of(entity));
            orm_event event;
            if (!of_model || (entity->flags & ORM__HOOKED) || !event_before(entity, &event))
                continue;
            entity->flags |= ORM__HOOKED;
            called = true;
            ORM_TRY(call(session, entity, of_model, event));
        }
    }
    return ORM_OK;
}

static const orm_model_hooks *hooks_of(const orm_session *session, const orm_model *model)
{
    const orm_session_hooks *hooks = session->factory.hooks;
    for (size_t i = 0; i < hooks->model_count; i++)
        if (hooks->models[i].model == model)
            return &hooks->models[i];
    return NULL;
}

static bool event_before(orm__entity *entity, orm_event *event)
{
    *event = entity->state == ORM__PENDING    ? ORM_BEFORE_INSERT
             : entity->state == ORM__DELETING ? ORM_BEFORE_DELETE
                                              : ORM_BEFORE_UPDATE;
    return entity->state == ORM__PENDING || entity->state == ORM__DELETING ||
           (entity->state == ORM__PERSISTENT && orm__entity_any_dirty(entity));
}

static orm_status call(orm_session *session, orm__entity *entity, const orm_model_hooks *hooks, orm_event event)
{
    session->error.status = ORM_OK;
    orm_status status = hooks->call(session, event, orm__row_of(entity), hooks->hooks);
    return status ? failed(session, status, event_names[event], entity) : ORM_OK;
}

/* What failed inside the hook has told its story already, unless the hook made the status up. */
static orm_status failed(orm_session *session, orm_status status, const char *hook, const orm__entity *entity)
{
    char name[160] = "the session";
    if (session->error.status == status)
        return status;
    return orm__session_error(session, status, "the %s hook of %s failed: %s", hook,
                              entity ? orm__entity_name(entity, name, sizeof name) : name, orm_status_name(status));
}

orm_status orm__hooks_after(orm_session *session, orm__entity *const *entities, size_t count, orm_event event)
{
    const orm_session_hooks *hooks = session->factory.hooks;
    for (size_t i = 0; hooks && hooks->model_count > 0 && i < count; i++) {
        const orm_model_hooks *of_model = hooks_of(session, orm__model_of(entities[i]));
        bool added = event == ORM_AFTER_UPDATE && (entities[i]->flags & ORM__REPLACES);
        if (of_model)
            ORM_TRY(call(session, entities[i], of_model, added ? ORM_AFTER_INSERT : event));
    }
    return ORM_OK;
}

void orm__hooks_after_transaction(orm_session *session, bool committed)
{
    const orm_session_hooks *hooks = session->factory.hooks;
    void (*hook)(orm_session *, void *) = !hooks ? NULL : committed ? hooks->after_commit : hooks->after_rollback;
    if (hook)
        hook(session, hooks->context);
}
