/* driver/resolve.c -- name resolution on a helper thread, by resolve.h.
 *
 * The thread tells by a pipe that it has done. Whoever gives up the wait before leaves the work to the thread, which
 * then frees it: the last of both does.
 * SPDX-License-Identifier: MIT */
#include "driver/resolve.h"

#include "base/text.h"
#include "driver/wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct lookup {
    char *hosts, *ports;            /* as they were given */
    orm__text host, hostaddr, port; /* found */
    int done[2];                    /* a pipe: closed at its end by the thread */
    pthread_mutex_t lock;           /* guards what follows */
    bool other_left;
} lookup;

static bool needs_resolving(const char *hosts);
static bool is_name(const char *host, size_t length);
static lookup *new_lookup(const char *hosts, const char *ports);
static bool start(lookup *l);
static void *look_up(void *lookup);
static void look_up_one(lookup *l, const char *host, size_t length, const char *port, size_t port_length);
static void add(lookup *l, const char *host, size_t length, const char *address, const char *port, size_t port_length);
static bool take(lookup *l, orm__resolved *resolved);
static void leave(lookup *l);

orm_status orm__resolve(const orm_waiter *waiter, const char *host, const char *port, int64_t deadline,
                        orm__resolved *resolved)
{
    *resolved = (orm__resolved){0};
    if (!needs_resolving(host))
        return ORM_OK;
    lookup *l = new_lookup(host, port);
    if (!l)
        return ORM_NO_MEMORY;
    if (!start(l)) {
        leave(l);
        leave(l);
        return ORM_OK; /* libpq tries, and blocks */
    }
    orm__watch watch;
    orm_status status = orm__watch_start(&watch, waiter, l->done[0]);
    if (!status)
        status = orm__wait(&watch, ORM_WAIT_READ, deadline);
    orm__watch_stop(&watch);
    if (!status) {
        char byte;
        while (read(l->done[0], &byte, 1) < 0 &&
               (errno == EINTR || errno == EAGAIN)) /* it has written, or closes soon */
            ;
        status = !l->host.data && !l->host.failed ? ORM_DISCONNECTED : take(l, resolved) ? ORM_OK : ORM_NO_MEMORY;
    }
    leave(l);
    return status;
}

static bool needs_resolving(const char *hosts)
{
    for (const char *at = hosts; at && *at; at += strcspn(at, ","), at += *at == ',')
        if (is_name(at, strcspn(at, ",")))
            return true;
    return false;
}

/* Neither the folder of a socket nor an address. */
static bool is_name(const char *host, size_t length)
{
    char text[INET6_ADDRSTRLEN + 1];
    struct in6_addr address;
    if (length == 0 || host[0] == '/' || host[0] == '@')
        return false;
    if (length >= sizeof text)
        return true;
    memcpy(text, host, length);
    text[length] = '\0';
    return inet_pton(AF_INET, text, &address) != 1 && inet_pton(AF_INET6, text, &address) != 1;
}

static lookup *new_lookup(const char *hosts, const char *ports)
{
    lookup *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->hosts = strdup(hosts);
    l->ports = strdup(ports ? ports : "");
    l->done[0] = l->done[1] = -1;
    if (l->hosts && l->ports && pthread_mutex_init(&l->lock, NULL) == 0)
        return l;
    free(l->hosts);
    free(l->ports);
    free(l);
    return NULL;
}

static bool start(lookup *l)
{
    pthread_t thread;
    pthread_attr_t detached;
    if (pipe(l->done))
        return false;
    for (int i = 0; i < 2; i++)
        fcntl(l->done[i], F_SETFD, FD_CLOEXEC);
    fcntl(l->done[0], F_SETFL, O_NONBLOCK);
    if (pthread_attr_init(&detached))
        return false;
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    bool started = pthread_create(&thread, &detached, look_up, l) == 0;
    pthread_attr_destroy(&detached);
    return started;
}

static void *look_up(void *argument)
{
    lookup *l = argument;
    sigset_t all;
    sigfillset(&all); /* signals are for the program's own threads */
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    bool one_port = !strchr(l->ports, ',');
    const char *port = l->ports;
    for (const char *at = l->hosts; *at; at += *at == ',') {
        size_t length = strcspn(at, ","), port_length = strcspn(port, ",");
        look_up_one(l, at, length, port, port_length);
        at += length;
        if (!one_port)
            port += port_length + (port[port_length] == ',');
    }
    while (write(l->done[1], "", 1) < 0 && errno == EINTR)
        ;
    leave(l);
    return NULL;
}

static void look_up_one(lookup *l, const char *host, size_t length, const char *port, size_t port_length)
{
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    if (!is_name(host, length)) {
        add(l, host, length, "", port, port_length);
        return;
    }
    char *name = strndup(host, length);
    if (name && getaddrinfo(name, NULL, &hints, &found) != 0)
        found = NULL;
    for (const struct addrinfo *one = found; one; one = one->ai_next) {
        char address[INET6_ADDRSTRLEN + 16];
        if (getnameinfo(one->ai_addr, one->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST) == 0)
            add(l, host, length, address, port, port_length);
    }
    if (found)
        freeaddrinfo(found);
    free(name);
}

static void add(lookup *l, const char *host, size_t length, const char *address, const char *port, size_t port_length)
{
    const char *comma = l->host.length > 0 ? "," : "";
    orm__text_string(&l->host, comma);
    orm__text_bytes(&l->host, host, length);
    orm__text_string(&l->hostaddr, comma);
    orm__text_string(&l->hostaddr, address);
    orm__text_string(&l->port, comma);
    orm__text_bytes(&l->port, port, port_length);
}

/* One allocation for all. */
static bool take(lookup *l, orm__resolved *resolved)
{
    const orm__text *texts[] = {&l->host, &l->hostaddr, &l->port};
    char **places[] = {&resolved->host, &resolved->hostaddr, &resolved->port};
    size_t size = 3;
    for (size_t i = 0; i < 3; i++)
        size += texts[i]->failed || !texts[i]->data ? 0 : texts[i]->length;
    char *at = l->host.failed || l->hostaddr.failed || l->port.failed || !l->host.data ? NULL : malloc(size);
    for (size_t i = 0; at && i < 3; at += texts[i++]->length + 1) {
        *places[i] = at;
        memcpy(at, texts[i]->data ? texts[i]->data : "", texts[i]->length);
        at[texts[i]->length] = '\0';
    }
    return resolved->host != NULL;
}

/* The last of the two frees it. */
static void leave(lookup *l)
{
    pthread_mutex_lock(&l->lock);
    bool last = l->other_left;
    l->other_left = true;
    pthread_mutex_unlock(&l->lock);
    if (!last)
        return;
    for (int i = 0; i < 2; i++)
        if (l->done[i] >= 0)
            close(l->done[i]);
    orm__text_release(&l->host);
    orm__text_release(&l->hostaddr);
    orm__text_release(&l->port);
    pthread_mutex_destroy(&l->lock);
    free(l->hosts);
    free(l->ports);
    free(l);
}
