/* sql/observe.c -- telling of statements: to hooks, to logs, to the statistics.
 * SPDX-License-Identifier: MIT */
#include "sql/observe.h"

#include "base/value.h"
#include "driver/wait.h"
#include "sql/connection.h"
#include "sql/values.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DEFAULT_SLOW = 500, SHOWN_ITEMS = 10, SHOWN_VALUE = 300, MICROSECONDS_PER_MS = 1000 };

static void show_value(orm__text *text, const orm__parameter *parameter, const orm_value *value);
static void show_list(orm__text *text, const orm_value *list);
static void add_value(orm__text *text, const char *value);
static void add_sql(orm__text *text, const char *sql);
static size_t length_without(const char *sql, const orm__text *comment);
static void tell_transaction(orm_connection *connection, const orm_statement_event *event);
static void echo(const orm_log *log, const orm_statement_event *event);
static void write_result(orm__text *text, const orm_statement_event *event);
static void log_slow(const orm_log *log, const orm_statement_event *event);

void orm__observe_init(orm__observation *observation, const orm_engine_options *options)
{
    const orm_hooks *hooks = &options->hooks;
    *observation = (orm__observation){.options = options,
                                      .wanted = hooks->statement || hooks->transaction || options->echo.line ||
                                                options->slow.line || options->statistics,
                                      .parameters = (hooks->statement && hooks->parameters) || options->echo.line ||
                                                    options->slow.line};
}

void orm__observe_release(orm__observation *observation)
{
    orm__text_release(&observation->shown);
}

void orm__observe_clock(orm__observation *observation, bool cached)
{
    if (observation->started)
        return;
    observation->started = orm__deadline_in(0);
    observation->cached = cached;
    orm__text_clear(&observation->shown);
}

/* Of several runs the first is shown. */
void orm__observe_show(orm__observation *observation, const orm__parameter *parameters, const orm_value *values,
                       size_t count)
{
    static const orm__parameter hidden = {.sensitive = true};
    orm__text *text = &observation->shown;
    if (text->length > 0)
        return;
    orm__text_char(text, '(');
    for (size_t i = 0; i < count; i++) {
        orm__text_string(text, i ? ", " : "");
        show_value(text, observation->options->hide_parameters ? &hidden : &parameters[i], &values[i]);
    }
    orm__text_char(text, ')');
}

static void show_value(orm__text *text, const orm__parameter *parameter, const orm_value *value)
{
    char buffer[SHOWN_VALUE];
    if (parameter->sensitive) {
        orm__text_string(text, "***");
    } else if (value->form == ORM_FORM_LIST || value->form == ORM_FORM_ROWS) {
        show_list(text, value);
    } else {
        orm__value_text(*value, buffer, sizeof buffer);
        add_value(text, buffer);
    }
}

/* A line stays one, whatever a value holds, and a terminal is told nothing by it. */
static void add_value(orm__text *text, const char *value)
{
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        if (c >= 0x20 && c != 0x7f)
            orm__text_char(text, *value);
        else if (c == '\n')
            orm__text_string(text, "\\n");
        else
            orm__text_printf(text, "\\x%02x", c);
    }
}

static void show_list(orm__text *text, const orm_value *list)
{
    char buffer[SHOWN_VALUE];
    size_t count = orm__value_count(list);
    orm__text_char(text, '[');
    for (size_t i = 0; i < count && i < SHOWN_ITEMS; i++) {
        orm__value_text(orm__value_of_item(list, i), buffer, sizeof buffer);
        orm__text_string(text, i ? ", " : "");
        add_value(text, buffer);
    }
    if (count > SHOWN_ITEMS)
        orm__text_printf(text, ", ... %zu in all", count);
    orm__text_char(text, ']');
}

orm__observation orm__observe_hold(orm__observation *observation)
{
    const orm__observation held = *observation;
    observation->started = 0;
    observation->cached = false;
    observation->shown = (orm__text){0};
    return held;
}

/* Where a hook waits, other fibers use a shared connection meanwhile: what this one still needs is put aside. */
void orm__observe_end(orm__observation *observation, orm_connection *connection, orm_statement_event *event)
{
    const orm_engine_options *options = observation->options;
    orm__text shown = observation->shown;
    orm_error told;
    event->microseconds = observation->started ? orm__deadline_in(0) - observation->started : 0;
    event->cached = observation->started && observation->cached;
    event->parameters = !observation->parameters ? NULL : shown.length > 0 ? shown.data : "()";
    observation->started = 0;
    observation->shown = (orm__text){0};
    if (event->error)
        event->error = memcpy(&told, event->error, sizeof told);
    if (options->echo.line)
        echo(&options->echo, event);
    int slow_after = options->slow_after ? options->slow_after : DEFAULT_SLOW;
    if (options->slow.line && event->microseconds >= (int64_t)slow_after * MICROSECONDS_PER_MS)
        log_slow(&options->slow, event);
    if (observation->statistics)
        orm__statistics_add(observation->statistics, event, length_without(event->sql, &connection->comment));
    if (options->hooks.transaction && event->kind == ORM_STATEMENT_TRANSACTION)
        tell_transaction(connection, event);
    if (options->hooks.statement)
        options->hooks.statement(event, options->hooks.user);
    if (event->error)
        connection->error = told;
    orm__text_release(&observation->shown);
    observation->shown = shown;
    orm__text_clear(&observation->shown);
}

/* Who runs a statement does not make it another one. */
static size_t length_without(const char *sql, const orm__text *comment)
{
    size_t length = strlen(sql), behind = comment->length;
    bool has = behind > 0 && length > behind && memcmp(sql + length - behind, comment->data, behind) == 0;
    return has ? length - behind : length;
}

/* Savepoints are none. */
static void tell_transaction(orm_connection *connection, const orm_statement_event *event)
{
    static const char *const verbs[] = {"BEGIN", "COMMIT", "ROLLBACK"};
    const orm_hooks *hooks = &connection->hooks;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t length = strlen(verbs[i]);
        bool to_savepoint = strncmp(event->sql, "ROLLBACK TO", 11) == 0;
        if (to_savepoint || strncmp(event->sql, verbs[i], length) != 0)
            continue;
        bool refused = i == 1 && event->status; /* a COMMIT: the rollback comes behind it */
        connection->begun = (i == 0 && !event->status) || (connection->begun && refused);
        hooks->transaction(verbs[i], event->status, hooks->user);
    }
}

void orm__observe_lost(orm_connection *connection, orm_status status)
{
    bool begun = connection->begun;
    connection->begun = false;
    if (begun)
        connection->hooks.transaction("ROLLBACK", status, connection->hooks.user);
}

static void echo(const orm_log *log, const orm_statement_event *event)
{
    orm__text sql = {0}, result = {0};
    add_sql(&sql, event->sql);
    write_result(&result, event);
    if (!sql.failed && !result.failed) {
        log->line(sql.data ? sql.data : "", log->user);
        log->line(result.data, log->user);
    }
    orm__text_release(&sql);
    orm__text_release(&result);
}

/* In one line. */
static void add_sql(orm__text *text, const char *sql)
{
    for (; *sql; sql++)
        orm__text_char(text, *sql == '\n' || *sql == '\r' ? ' ' : *sql);
}

/* [cached, 0.412 ms, 3 rows] (1, 'ada') */
static void write_result(orm__text *text, const orm_statement_event *event)
{
    orm__text_printf(text, "[%s, %.3f ms, ", event->cached ? "cached" : "prepared",
                     (double)event->microseconds / MICROSECONDS_PER_MS);
    if (event->status)
        orm__text_printf(text, "%s", orm_status_name(event->status));
    else
        orm__text_printf(text, "%zu row%s", event->rows, event->rows == 1 ? "" : "s");
    orm__text_printf(text, "] %s", event->parameters);
}

static void log_slow(const orm_log *log, const orm_statement_event *event)
{
    orm__text text = {0};
    orm__text_string(&text, "slow: ");
    add_sql(&text, event->sql);
    orm__text_char(&text, ' ');
    write_result(&text, event);
    if (!text.failed)
        log->line(text.data, log->user);
    orm__text_release(&text);
}

/* Whoever cannot write has nobody to tell. */
void orm_log_to_stderr(const char *line, void *user)
{
    (void)user;
    struct iovec parts[] = {{.iov_base = (char *)(uintptr_t)line, .iov_len = strlen(line)},
                            {.iov_base = (char[]){'\n'}, .iov_len = 1}};
    ssize_t written = writev(STDERR_FILENO, parts, 2);
    (void)written;
}
