/* sql/observe.c -- telling of statements: to hooks, to logs, to the statistics.
 * SPDX-License-Identifier: MIT */
#include "sql/observe.h"

#include "base/value.h"
#include "driver/wait.h"
#include "sql/values.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DEFAULT_SLOW = 500, SHOWN_ITEMS = 10, SHOWN_VALUE = 300, MICROSECONDS_PER_MS = 1000 };

static void show_value(orm__text *text, const orm__parameter *parameter, const orm_value *value);
static void show_list(orm__text *text, const orm_value *list);
static void tell_transaction(const orm_hooks *hooks, const orm_statement_event *event);
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
        orm__text_string(text, buffer);
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
        orm__text_string(text, buffer);
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

void orm__observe_end(orm__observation *observation, const struct orm_connection *connection,
                      orm_statement_event *event)
{
    const orm_engine_options *options = observation->options;
    (void)connection;
    event->microseconds = observation->started ? orm__deadline_in(0) - observation->started : 0;
    event->cached = observation->cached;
    event->parameters = observation->parameters && observation->shown.data ? observation->shown.data : NULL;
    observation->started = 0;
    if (options->echo.line)
        echo(&options->echo, event);
    int slow_after = options->slow_after ? options->slow_after : DEFAULT_SLOW;
    if (options->slow.line && event->microseconds >= (int64_t)slow_after * MICROSECONDS_PER_MS)
        log_slow(&options->slow, event);
    if (observation->statistics)
        orm__statistics_add(observation->statistics, event);
    if (options->hooks.transaction && event->kind == ORM_STATEMENT_TRANSACTION)
        tell_transaction(&options->hooks, event);
    if (options->hooks.statement)
        options->hooks.statement(event, options->hooks.user);
    orm__text_clear(&observation->shown);
}

/* Savepoints are none. */
static void tell_transaction(const orm_hooks *hooks, const orm_statement_event *event)
{
    static const char *const verbs[] = {"BEGIN", "COMMIT", "ROLLBACK"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t length = strlen(verbs[i]);
        bool to_savepoint = strncmp(event->sql, "ROLLBACK TO", 11) == 0;
        if (!to_savepoint && strncmp(event->sql, verbs[i], length) == 0)
            hooks->transaction(verbs[i], event->status, hooks->user);
    }
}

static void echo(const orm_log *log, const orm_statement_event *event)
{
    orm__text text = {0};
    write_result(&text, event);
    log->line(event->sql, log->user);
    if (!text.failed)
        log->line(text.data, log->user);
    orm__text_release(&text);
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
    orm__text_printf(text, "] %s", event->parameters ? event->parameters : "()");
}

static void log_slow(const orm_log *log, const orm_statement_event *event)
{
    orm__text text = {0};
    orm__text_string(&text, "slow: ");
    orm__text_string(&text, event->sql);
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
