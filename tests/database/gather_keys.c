/* gather_keys.c -- gets by key of fibers, with keys of all types and values: those that go as one statement, and those
 * that go alone. On a database where nothing is shared they give the same.
 * SPDX-License-Identifier: MIT */
#include "fibers.h"

#include "views.h"

#include <stdio.h>

static const orm_engine_options one_connection = {.shared_connections = 1};

static const int64_t extremes[] = {INT64_MIN, INT64_MAX, INT32_MIN, INT32_MAX, INT16_MIN, INT16_MAX, -1, 0};
enum { EXTREMES = sizeof extremes / sizeof *extremes };

START_TEST(keys_may_be_of_any_value_and_be_asked_for_by_many)
{
    store_authors();
    for (size_t i = 0; i < EXTREMES; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "UPDATE authors SET id = %lld%s WHERE id = %lld", (long long)(extremes[i] + (i == 0)),
                 i == 0 ? " - 1" : "", (long long)ids[i]);
        run_sql(sql);
        ids[i] = extremes[i];
    }
    open_fibers((orm_engine_options){0});
    for (int round = 0; round < 3; round++)
        expect_rows(read_alone, MANY); /* six times each */
    for (int i = 0; i < AUTHORS; i++)
        ids[i] = ids[8];
    spawn(read_alone, 0, MANY);
    join_all(MANY);
    for (int i = 0; i < MANY; i++)
        ck_assert_str_eq(workers[i].name, "a008");
    close_fibers();
}
END_TEST

static const char *const uuids[] = {"80000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                                    "00000000-0000-0000-0000-000000000001", "01000000-0000-0000-0000-000000000000"};
static const int16_t small[] = {INT16_MIN, INT16_MAX, -1, 7};
static const int32_t middle[] = {INT32_MIN, INT32_MAX, -1, 7};
static const char *const words[] = {"aa", "bb", "cc", "dd"};
enum { KEYS = 4, KINDS = 8 };
static const bool flag = true;
static int64_t bags[KEYS], odds[KEYS];

/* Of each model as many rows, whose texts are the words. */
static void store_kinds(void)
{
    for (int i = 0; i < KEYS; i++) {
        shapes_device_values device = {.name = words[i]};
        const arrays_bag_values values = {.flags = {.items = &flag, .count = 1},
                                          .labels = {.items = &words[i], .count = 1}};
        const shapes_country *country;
        const arrays_bag *bag;
        const server_odd *odd;
        ck_assert(orm_uuid_parse(uuids[i], &device.id));
        ok(shapes_device_add(s, &device, NULL));
        ok(shapes_country_add(s, &(shapes_country_values){.code = words[i], .name = words[i]}, &country));
        ok(shapes_city_add(s, &(shapes_city_values){.name = words[i], .country = country}, NULL));
        ok(shapes_visit_add(s, &(shapes_visit_values){.id = ORM_VALUE(small[i]), .note = ORM_VALUE(words[i])}, NULL));
        ok(shapes_employee_add(s, &(shapes_employee_values){.id = ORM_VALUE(middle[i]), .name = words[i]}, NULL));
        ok(arrays_bag_add(s, &values, &bag));
        ok(server_odd_add(s, &(server_odd_values){.x = ORM_VALUE(words[i])}, &odd));
        ok(orm_session_flush(s));
        bags[i] = bag->id;
        odds[i] = odd->id;
    }
    commit_and_forget();
}

/* The model by the worker's number, its row by its id; 'absent' unless there is one. */
static orm_status read_kind(orm_async *own, void *argument)
{
    worker *me = argument;
    orm_session *mine;
    const int at = (int)me->id;
    const bool absent = at == KEYS;
    orm_status status = ORM_MISUSE;
    orm_uuid uuid;
    (void)own;
    ck_assert(orm_uuid_parse(absent ? "0f000000-0000-0000-0000-00000000000f" : uuids[at], &uuid));
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
#define READ(kind, text, ...) \
    do { \
        const kind *row; \
        status = kind##_get(mine, __VA_ARGS__, &row); \
        snprintf(me->name, sizeof me->name, "%s", status ? "" : text); \
    } while (0)
    /* clang-format off */
    switch (me->number % KINDS) {
    case 0: READ(shapes_visit, row->note, absent ? (int16_t)8 : small[at]); break;
    case 1: READ(shapes_employee, row->name, absent ? 8 : middle[at]); break;
    case 2: READ(shapes_device, row->name, uuid); break;
    case 3: READ(shapes_country, row->name, absent ? "ee" : words[at]); break;
    case 4: READ(shapes_city, row->name, absent ? "ee" : words[at], absent ? "ee" : words[at]); break;
    case 5: READ(arrays_bag, row->labels.items[0], absent ? -1 : bags[at]); break;
    case 6: READ(server_odd, row->x, absent ? -1 : odds[at]); break;
    default: READ(blog_author, row->name, absent ? -1 : ids[at]); break;
    }
    /* clang-format on */
#undef READ
    orm_session_close(mine);
    return status;
}

static void expect_kinds(void)
{
    for (int i = 0; i < MANY; i++) {
        workers[i] = (worker){.number = i, .id = i / KINDS % (KEYS + 1)};
        ok(orm_async_spawn(async, read_kind, &workers[i], &workers[i].fiber));
    }
    join_all(MANY);
    for (int i = 0; i < MANY; i++) {
        const worker *one = &workers[i];
        char author[32];
        snprintf(author, sizeof author, "a%03d", (int)one->id);
        ck_assert_msg(one->status == (one->id == KEYS ? ORM_NOT_FOUND : ORM_OK), "%s of kind %d, row %d",
                      orm_status_name(one->status), one->number % KINDS, (int)one->id);
        if (one->id < KEYS)
            ck_assert_str_eq(one->name, one->number % KINDS == KINDS - 1 ? author : words[one->id]);
    }
}

START_TEST(keys_of_all_types_get_their_rows)
{
    store_authors();
    store_kinds();
    open_fibers((orm_engine_options){0});
    for (int round = 0; round < 3; round++)
        expect_kinds();
    if (shares()) {
        ck_assert_int_eq(opened, 2);
        ck_assert_int_eq(lent, 0);
    }
    close_fibers();
}
END_TEST

/* As migrations leave them that are under way. */
START_TEST(a_column_may_be_wider_or_narrower_than_its_key_in_the_model)
{
    static const char *const others[][2] = {{"visit", "int8"}, {"employee", "int8"}, {"authors", "int4"}};
    static const char *const own[] = {"int2", "int4", "int8"};
    char sql[100];
    if (!shares())
        return;
    store_authors();
    store_kinds();
    for (int i = 0; i < 3; i++) {
        snprintf(sql, sizeof sql, "ALTER TABLE %s ALTER COLUMN id TYPE %s", others[i][0], others[i][1]);
        run_sql(sql);
    }
    open_fibers(one_connection);
    for (int round = 0; round < 2; round++)
        expect_kinds();
    ids[3] = INT64_MAX; /* which such a column cannot have */
    ids[4] = INT64_MIN;
    spawn(read_alone, 0, AUTHORS);
    join_all(AUTHORS);
    for (int i = 0; i < AUTHORS; i++)
        if (i == 3 || i == 4)
            expect_status(ORM_NOT_FOUND, workers[i].status);
        else
            expect_row(&workers[i]);
    close_fibers();
    for (int i = 0; i < 3; i++) {
        snprintf(sql, sizeof sql, "ALTER TABLE %s ALTER COLUMN id TYPE %s", others[i][0], own[i]);
        run_sql(sql);
    }
}
END_TEST

static orm_status read_number(orm_async *own, void *argument)
{
    worker *me = argument;
    orm_session *mine;
    const views_number *number;
    (void)own;
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    orm_status status = views_number_get(mine, me->id, &number);
    if (!status)
        snprintf(me->name, sizeof me->name, "%s", number->title);
    orm_session_close(mine);
    return status;
}

/* Their key is not the first column. */
START_TEST(rows_of_a_view_that_groups_are_got_by_key)
{
    ok(views_create_all(engine, &error));
    for (int i = 0; i < AUTHORS; i++) {
        const views_book *book;
        char title[32];
        snprintf(title, sizeof title, "a%03d", i);
        ok(views_book_add(s, &(views_book_values){.title = title}, &book));
        ok(orm_session_flush(s));
        ids[i] = book->id;
    }
    commit_and_forget();
    open_fibers((orm_engine_options){0});
    expect_rows(read_number, 1);
    expect_rows(read_number, MANY);
    close_fibers();
    ok(views_drop_all(engine, &error));
}
END_TEST

Suite *suite_gather_keys(void)
{
    Suite *suite = suite_create("gather keys");
    TCase *cases = new_case(suite, "keys");
    tcase_add_test(cases, keys_may_be_of_any_value_and_be_asked_for_by_many);
    tcase_add_test(cases, keys_of_all_types_get_their_rows);
    tcase_add_test(cases, a_column_may_be_wider_or_narrower_than_its_key_in_the_model);
    tcase_add_test(cases, rows_of_a_view_that_groups_are_got_by_key);
    return suite;
}
