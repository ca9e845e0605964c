/* postgresql_hosts.c -- of several hosts the one that has not answered in time is left out, and the others are tried.
 *
 * libpq does so by itself only where it blocks; polled, it has no word for it. So whoever polls begins anew with a list
 * that lacks that host, or that one of its addresses.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_link.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool list_all(orm__pg_link *l, int64_t deadline, orm__resolved *hosts);
static const char *value_of(const PQconninfoOption *options, const char *keyword);
static size_t find_tried(const orm__pg_link *l, const orm__resolved *hosts, size_t count);
static bool is_item(const char *list, size_t index, const char *text, bool or_empty);
static bool copy_but(const orm__resolved *from, size_t count, size_t left_out, orm__resolved *hosts);
static const char *find_item(const char *list, size_t index, size_t *length);
static size_t count_items(const char *list);

bool orm__pg_leave_out_host(orm__pg_link *l, int64_t deadline, orm__resolved *hosts)
{
    if (!hosts->host && !list_all(l, deadline, hosts))
        return false;
    size_t count = count_items(hosts->host), tried = find_tried(l, hosts, count);
    const orm__resolved before = *hosts;
    if (count < 2 || tried == count || !copy_but(&before, count, tried, hosts))
        return false;
    free(before.host);
    return true;
}

/* As libpq knows them, from the URL, the environment or a service's file; names with each of their addresses. */
static bool list_all(orm__pg_link *l, int64_t deadline, orm__resolved *hosts)
{
    PQconninfoOption *options = PQconninfo(l->connection);
    const char *host = value_of(options, "host"), *hostaddr = value_of(options, "hostaddr"),
               *port = value_of(options, "port");
    if (host && !hostaddr)
        orm__resolve(l->waiter, host, port, deadline, hosts);
    if (!hosts->host && (host || hostaddr)) {
        orm__resolved given = {
            .host = (char *)(uintptr_t)host, .hostaddr = (char *)(uintptr_t)hostaddr, .port = (char *)(uintptr_t)port};
        size_t count = count_items(host ? host : hostaddr);
        copy_but(&given, count, count, hosts);
    }
    PQconninfoFree(options);
    return hosts->host != NULL;
}

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options && options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val && *options->val ? options->val : NULL;
    return NULL;
}

/* The one that libpq was at; `count` when it is none of them. */
static size_t find_tried(const orm__pg_link *l, const orm__resolved *hosts, size_t count)
{
    const char *host = PQhost(l->connection), *address = PQhostaddr(l->connection), *port = PQport(l->connection);
    size_t i = 0;
    while (i < count && !(is_item(hosts->hostaddr, i, address, true) && is_item(hosts->port, i, port, true) &&
                          (is_item(hosts->host, i, host, false) || is_item(hosts->hostaddr, i, host, false))))
        i++;
    return i;
}

static bool is_item(const char *list, size_t index, const char *text, bool or_empty)
{
    size_t length;
    const char *item = find_item(list, index, &length);
    return length == 0 ? or_empty : text && strlen(text) == length && memcmp(item, text, length) == 0;
}

/* One allocation for all, as orm__resolved has it. */
static bool copy_but(const orm__resolved *from, size_t count, size_t left_out, orm__resolved *hosts)
{
    const char *const lists[] = {from->host, from->hostaddr, from->port};
    orm__text all = {0};
    size_t places[3];
    for (size_t list = 0; list < 3; list++) {
        places[list] = all.length;
        for (size_t i = 0, first = left_out == 0; i < count; i++) {
            size_t length;
            const char *item = find_item(lists[list], i, &length);
            if (i == left_out)
                continue;
            if (i > first)
                orm__text_char(&all, ',');
            orm__text_bytes(&all, item, length);
        }
        orm__text_char(&all, '\0');
    }
    if (all.failed) {
        orm__text_release(&all);
        return false;
    }
    *hosts = (orm__resolved){all.data + places[0], all.data + places[1], all.data + places[2]};
    return true;
}

/* A single one, as of ports, is that of all. */
static const char *find_item(const char *list, size_t index, size_t *length)
{
    if (!list || !strchr(list, ','))
        index = 0;
    const char *at = list ? list : "";
    while (index-- > 0) {
        at += strcspn(at, ",");
        at += *at == ',';
    }
    *length = strcspn(at, ",");
    return at;
}

static size_t count_items(const char *list)
{
    size_t count = 1;
    for (; *list; list++)
        count += *list == ',';
    return count;
}
