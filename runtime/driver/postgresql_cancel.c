/* postgresql_cancel.c -- asking the server to end what it runs, by postgresql_link.h.
 *
 * libpq 15 opens another connection for it and blocks meanwhile, so that a thread of its own does it. The thread tells
 * by the end of a pipe that the server has taken the request: it has passed it on by then, and what comes later is not
 * hit by it.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_link.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { CANCEL_SECONDS = 2, LONG_AGO = 1 };

typedef struct request {
    PGcancel *cancel;
    int done; /* closed at the end */
} request;

static void stop_listening(orm__pg_link *l);
static bool start(orm__pg_link *l, int done);
static void *send_request(void *sent);

bool orm__pg_cancel(orm__pg_link *l)
{
    int done[2];
    stop_listening(l);
    l->deadline = orm__deadline_in(CANCEL_SECONDS);
    if (pipe(done))
        return false;
    for (int i = 0; i < 2; i++)
        fcntl(done[i], F_SETFD, FD_CLOEXEC);
    l->asked = done[0];
    l->cancelled = start(l, done[1]);
    if (!l->cancelled)
        stop_listening(l);
    return l->cancelled;
}

/* An error that looks like the answer to the request may have another cause, such as a limit of the server's own. */
void orm__pg_settle_cancel(orm__pg_link *l)
{
    orm__watch watch;
    if (!l->cancelled || l->broken || l->asked < 0)
        return;
    if (orm__watch_start(&watch, l->waiter, l->asked) == ORM_OK) {
        const int64_t deadline = orm__deadline_in(CANCEL_SECONDS);
        orm_status status;
        orm__shield(l->waiter, true);
        do { /* a wait may end by a wake that was meant for another */
            status = orm__wait(&watch, ORM_WAIT_READ, deadline);
            l->cancelled = orm__wait_by_poll(l->asked, ORM_WAIT_READ, LONG_AGO) != ORM_OK;
        } while (!status && l->cancelled);
        orm__shield(l->waiter, false);
        orm__watch_stop(&watch);
    }
    stop_listening(l);
}

void orm__pg_cancel_now(orm__pg_link *l)
{
    const int64_t deadline = l->deadline;
    if (orm__pg_cancel(l)) /* otherwise all of it is read */
        orm__pg_settle_cancel(l);
    l->deadline = deadline;
}

static void stop_listening(orm__pg_link *l)
{
    if (l->asked >= 0)
        close(l->asked);
    l->asked = -1;
}

/* Takes `done`, which is closed also on failure. */
static bool start(orm__pg_link *l, int done)
{
    pthread_t thread;
    pthread_attr_t detached;
    request *made = malloc(sizeof *made);
    PGcancel *cancel = made ? PQgetCancel(l->connection) : NULL;
    bool started = false;
    if (cancel && pthread_attr_init(&detached) == 0) {
        *made = (request){.cancel = cancel, .done = done};
        pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
        started = pthread_create(&thread, &detached, send_request, made) == 0;
        pthread_attr_destroy(&detached);
    }
    if (started)
        return true;
    PQfreeCancel(cancel);
    free(made);
    close(done);
    return false;
}

static void *send_request(void *sent)
{
    request *own = sent;
    char ignored[256];
    sigset_t all;
    sigfillset(&all); /* signals are for the program's own threads */
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    PQcancel(own->cancel, ignored, sizeof ignored);
    PQfreeCancel(own->cancel);
    close(own->done);
    free(own);
    return NULL;
}
