/* sqlite_link.h -- what the suites of SQLite's driver share: a database in memory, and running SQL on it.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_SQLITE_LINK_H
#define TESTS_UNIT_SQLITE_LINK_H

#include "base/datetime.h"
#include "base/value.h"
#include "driver/driver.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))
#define DAY ORM__DAY_MICROSECONDS

static const orm__driver *const driver = &orm__driver_sqlite;
static orm__link *link_a;
static orm__arena arena;
static orm_error error;

static inline orm__link *must_open(const char *file, bool memory)
{
    const orm__address address = {.dialect = ORM_SQLITE, .file = file, .memory = memory};
    orm__link *opened;
    ck_assert_msg(driver->open(&address, NULL, &opened, &error) == ORM_OK, "%s", error.message);
    return opened;
}

/* Each test has a database of its own: it runs in a process of its own. */
static inline void memory_set_up(void)
{
    link_a = must_open("file:/orm-test?vfs=memdb", true);
}

static inline void memory_tear_down(void)
{
    driver->close(link_a);
    orm__arena_release(&arena);
}

static inline size_t run(orm__link *link, const char *sql)
{
    size_t rows;
    ck_assert_msg(driver->control(link, sql, &rows, &error) == ORM_OK, "%s: %s", sql, error.message);
    return rows;
}

static inline orm__prepared *prepare(orm__link *link, const char *sql, const orm__parameter *parameters, size_t count)
{
    orm__prepared *prepared;
    ck_assert_msg(driver->prepare(link, sql, parameters, count, &prepared, &error) == ORM_OK, "%s: %s", sql,
                  error.message);
    return prepared;
}

/* Runs a statement to its end, and returns its status; `*rows` gets how many it wrote. */
static inline orm_status execute(orm__link *link, const char *sql, const orm__parameter *parameters,
                                 const orm_value *values, size_t count, size_t *rows)
{
    orm__prepared *prepared = prepare(link, sql, parameters, count);
    orm_status status = driver->start(link, NULL, prepared, values, ORM__FETCH_STREAM, &error);
    if (!status)
        status = driver->finish(link, rows, &error);
    driver->forget(link, prepared);
    return status;
}

/* The only number that a query without parameters gives. */
static inline int64_t number(orm__link *link, const char *sql)
{
    orm__prepared *prepared = prepare(link, sql, NULL, 0);
    ck_assert_msg(driver->start(link, NULL, prepared, NULL, ORM__FETCH_WHOLE, &error) == ORM_OK, "%s", error.message);
    ck_assert_int_eq(driver->step(link, &error), ORM_OK);
    int64_t answer = driver->read_integer(link, 0);
    ck_assert_int_eq(driver->finish(link, NULL, &error), ORM_OK);
    driver->forget(link, prepared);
    return answer;
}

static const orm_model text_model = {.name = "answer", .table = "answer"};
static const orm_column text_column = {
    .model = &text_model, .name = "text", .type = ORM_TYPE_TEXT, .flags = ORM_NULLABLE, .field = {0, ORM_ABSENT}};

/* The only text that a query gives; NULL for NULL. */
static inline const char *text_of(const char *sql, const orm__parameter *parameters, const orm_value *values,
                                  size_t count)
{
    const char *text = NULL;
    orm__prepared *prepared = prepare(link_a, sql, parameters, count);
    ck_assert_msg(driver->start(link_a, NULL, prepared, values, ORM__FETCH_WHOLE, &error) == ORM_OK, "%s",
                  error.message);
    ck_assert_int_eq(driver->step(link_a, &error), ORM_OK);
    ck_assert_msg(driver->read(link_a, &(const orm_column *){&text_column}, 1, 0, &text, &arena, &error) == ORM_OK,
                  "%s", error.message);
    ck_assert_int_eq(driver->finish(link_a, NULL, &error), ORM_OK);
    driver->forget(link_a, prepared);
    return text;
}

static const orm__parameter integer_list = {.type = ORM_TYPE_INT64, .list = true};
static const orm__parameter integer_parameter = {.type = ORM_TYPE_INT64};

#endif
