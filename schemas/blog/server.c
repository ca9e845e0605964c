/* server.c -- the blog as JSON over HTTP: a fiber for each connection, all on one thread, over ten connections to the database.
 *
 *     server [URL [PORT]]         GET /authors, GET /authors/ID (with posts and their comments); SIGTERM ends it
 * SPDX-License-Identifier: MIT */
#include "blog.h"
#include "orm/async_poll.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_SIZE = 4096, TEN_SECONDS = 10000000, TWO_SECONDS = 2000000, MOMENT = 100000, REST = 1 << 20 };

typedef struct text {
    char *bytes;
    size_t length, capacity;
} text;

typedef struct client {
    int socket;
    char request[REQUEST_SIZE];
} client;

static orm_engine *engine;
static volatile sig_atomic_t stopped;

static void stop(int signal_number);
static int listen_on(int port);
static orm_status accept_all(orm_async *async, void *listener);
static orm_status serve(orm_async *async, void *argument);
static orm_status read_request(orm_async *async, client *c);
static orm_status send_all(orm_async *async, int socket, const char *bytes, size_t length);
static void take_leave(orm_async *async, client *c);
static orm_status answer(orm_session *s, const char *path, text *json);
static orm_status put_authors(orm_session *s, text *json);
static orm_status put_author(orm_session *s, int64_t id, text *json);
static orm_status put_post(orm_session *s, const blog_post *post, text *json);
static void put(text *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put_string(text *to, const char *string);

int main(int argc, char **argv)
{
    orm_error error = {.status = ORM_OK};
    orm_async *async = NULL;
    int listener = listen_on(argc > 2 ? atoi(argv[2]) : 8080);
    if (listener < 0) {
        perror("server");
        return 1;
    }
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    orm_status status = orm_async_poll_open(&(orm_async_options){.limit = 5000}, &async, &error);
    if (!status)
        status = orm_engine_open(argc > 1 ? argv[1] : "sqlite:///blog.db",
                                 &(orm_engine_options){.pool_size = 10, .waiter = orm_async_waiter(async)}, &engine, &error);
    if (!status)
        status = orm_async_spawn(async, accept_all, &listener, NULL);
    if (!status)
        status = orm_async_run(async);
    if (status)
        fprintf(stderr, "server: %s\n", error.status ? error.message : orm_status_text(status));
    orm_engine_close(engine);
    orm_async_close(async);
    close(listener);
    return status ? 1 : 0;
}

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

/* Port 0 is one that is free; the line says which. */
static int listen_on(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) ||
        bind(listener, (struct sockaddr *)&address, size) || listen(listener, SOMAXCONN) ||
        getsockname(listener, (struct sockaddr *)&address, &size) || fcntl(listener, F_SETFL, O_NONBLOCK))
        return -1;
    printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static orm_status accept_all(orm_async *async, void *listener)
{
    while (!stopped) {
        orm_status status = orm_async_wait(async, *(int *)listener, ORM_WAIT_READ, orm_async_deadline(MOMENT));
        int socket = status ? -1 : accept(*(int *)listener, NULL, NULL);
        if (status && status != ORM_TIMEOUT)
            return status;
        if (socket < 0 && !status && errno != EAGAIN) /* no descriptor is left, say */
            status = orm_async_sleep(async, MOMENT);
        if (socket < 0)
            continue;
        client *c = malloc(sizeof *c);
        if (c && !fcntl(socket, F_SETFL, O_NONBLOCK)) {
            c->socket = socket;
            if (!orm_async_spawn(async, serve, c, NULL))
                continue;
        }
        free(c);
        close(socket);
    }
    return ORM_OK;
}

static orm_status serve(orm_async *async, void *argument)
{
    client *c = argument;
    text json = {0}, head = {0};
    char path[256] = "";
    orm_session *s = NULL;
    const char *wrong = NULL;
    orm_status status = read_request(async, c);
    bool too_long = status == ORM_INVALID;
    if (status)
        wrong = too_long ? "the head of a request may have 4 KiB" : "this is no request";
    else if (sscanf(c->request, "GET %255s HTTP/1.", path) != 1)
        wrong = "this is no GET";
    if (!wrong)
        status = orm_session_open(&(orm_session_factory){.engine = engine}, &s, NULL);
    if (!wrong && !status)
        status = answer(s, path, &json);
    orm_session_close(s);
    if (wrong || status) {
        json.length = 0;
        put(&json, "{\"error\": \"%s\"}\n", wrong ? wrong : orm_status_text(status));
    }
    put(&head, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
        too_long                  ? "431 Request Header Fields Too Large"
        : wrong                   ? "400 Bad Request"
        : !status                 ? "200 OK"
        : status == ORM_NOT_FOUND ? "404 Not Found"
                                  : "500 Internal Server Error",
        json.length);
    if (!send_all(async, c->socket, head.bytes, head.length) && !send_all(async, c->socket, json.bytes, json.length))
        take_leave(async, c);
    close(c->socket);
    free(json.bytes);
    free(head.bytes);
    free(c);
    return ORM_OK;
}

static orm_status read_request(orm_async *async, client *c)
{
    int64_t deadline = orm_async_deadline(TEN_SECONDS);
    for (size_t length = 0; length < REQUEST_SIZE - 1;) {
        ssize_t got = read(c->socket, c->request + length, REQUEST_SIZE - 1 - length);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return ORM_DISCONNECTED;
        length += got > 0 ? (size_t)got : 0;
        c->request[length] = '\0';
        if (strstr(c->request, "\r\n\r\n"))
            return ORM_OK;
        orm_status status = got < 0 ? orm_async_wait(async, c->socket, ORM_WAIT_READ, deadline) : ORM_OK;
        if (status)
            return status;
    }
    return ORM_INVALID;
}

static orm_status send_all(orm_async *async, int socket, const char *bytes, size_t length)
{
    int64_t deadline = orm_async_deadline(TEN_SECONDS);
    while (length > 0) {
        ssize_t sent = write(socket, bytes, length);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return ORM_DISCONNECTED;
        orm_status status = sent < 0 ? orm_async_wait(async, socket, ORM_WAIT_WRITE, deadline) : ORM_OK;
        if (status)
            return status;
        bytes += sent > 0 ? sent : 0;
        length -= sent > 0 ? (size_t)sent : 0;
    }
    return ORM_OK;
}

/* Lets the client end the connection: closed while it still sends, it would be reset, and the answer lost. */
static void take_leave(orm_async *async, client *c)
{
    int64_t deadline = orm_async_deadline(TWO_SECONDS);
    orm_status status = shutdown(c->socket, SHUT_WR) ? ORM_DISCONNECTED : ORM_OK;
    for (size_t taken = 0; !status && taken < REST;) {
        ssize_t got = read(c->socket, c->request, REQUEST_SIZE);
        taken += got > 0 ? (size_t)got : 0;
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return;
        if (got < 0)
            status = orm_async_wait(async, c->socket, ORM_WAIT_READ, deadline);
    }
}

/* --- the blog: the calls of any other program ---------------------------------------------------------------------- */

static orm_status answer(orm_session *s, const char *path, text *json)
{
    char *end;
    if (strcmp(path, "/authors") == 0)
        return put_authors(s, json);
    if (strncmp(path, "/authors/", 9) != 0)
        return ORM_NOT_FOUND;
    int64_t id = strtoll(path + 9, &end, 10);
    return *end && *end != '?' ? ORM_NOT_FOUND : put_author(s, id, json);
}

static orm_status put_authors(orm_session *s, text *json)
{
    blog_author_list authors;
    orm_status status = blog_author_find(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &authors);
    if (status)
        return status;
    put(json, "[");
    for (size_t i = 0; i < authors.count; i++) {
        put(json, "%s{\"id\": %lld, \"name\": ", i ? ", " : "", (long long)authors.items[i]->id);
        put_string(json, authors.items[i]->name);
        put(json, "}");
    }
    put(json, "]\n");
    return ORM_OK;
}

static orm_status put_author(orm_session *s, int64_t id, text *json)
{
    const blog_author *author;
    blog_post_list posts;
    orm_status status = blog_author_get(s, id, &author);
    if (!status)
        status = blog_author_get_posts(s, author, &posts);
    if (status)
        return status;
    put(json, "{\"name\": ");
    put_string(json, author->name);
    put(json, ", \"posts\": [");
    for (size_t i = 0; !status && i < posts.count; i++) {
        put(json, "%s", i ? ", " : "");
        status = put_post(s, posts.items[i], json);
    }
    put(json, "]}\n");
    return status;
}

static orm_status put_post(orm_session *s, const blog_post *post, text *json)
{
    blog_comment_list comments;
    orm_status status = blog_post_get_comments(s, post, &comments);        /* one statement for all posts */
    if (status)
        return status;
    put(json, "{\"title\": ");
    put_string(json, post->title);
    put(json, ", \"comments\": [");
    for (size_t i = 0; i < comments.count; i++) {
        put(json, "%s", i ? ", " : "");
        put_string(json, comments.items[i]->body);
    }
    put(json, "]}");
    return ORM_OK;
}

/* --- JSON ---------------------------------------------------------------------------------------------------------- */

static void put(text *to, const char *format, ...)
{
    for (;;) {
        va_list arguments;
        va_start(arguments, format);
        size_t room = to->capacity - to->length;
        size_t needed = (size_t)vsnprintf(room ? to->bytes + to->length : NULL, room, format, arguments);
        va_end(arguments);
        if (needed < room) {
            to->length += needed;
            return;
        }
        to->capacity = (to->capacity + needed + 1) * 2;
        to->bytes = realloc(to->bytes, to->capacity);
        if (!to->bytes)
            exit(1);
    }
}

static void put_string(text *to, const char *string)
{
    put(to, "\"");
    for (; *string; string++)
        if (*string == '"' || *string == '\\' || (unsigned char)*string < ' ')
            put(to, "\\u%04x", (unsigned)(unsigned char)*string);
        else
            put(to, "%c", *string);
    put(to, "\"");
}
