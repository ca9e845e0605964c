/* test_postgresql_connect.c -- opening a connection, waiting, and looking whether it lives.
 * SPDX-License-Identifier: MIT */
#include "postgresql_server.h"

#include "driver/postgresql_link.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(all_waits_go_through_the_waiter)
{
    waits = watches = 0;
    orm__link *other = connect_with(&counting);
    ck_assert_int_gt(waits, 0);
    ck_assert_int_eq(watches, 1);
    waits = 0;
    control(other, "SELECT pg_sleep(0.02)");
    ck_assert_int_eq(waits, 1);
    ck_assert_int_eq(watches, 1);
    driver->close(other);
    ck_assert_int_eq(watches, 0);
}
END_TEST

START_TEST(settings_that_texts_rely_on_are_put_right)
{
    driver->close(db);
    char *with_options = malloc(strlen(url) + 200);
    sprintf(with_options,
            "%s&options=-c%%20datestyle%%3DGerman%%20-c%%20intervalstyle%%3Dpostgres_verbose"
            "%%20-c%%20standard_conforming_strings%%3Doff&client_encoding=LATIN1",
            url);
    const char *kept = url;
    url = with_options;
    db = connect_with(NULL);
    url = kept;
    free(with_options);
    ck_assert_int_eq(
        ask("SELECT count(*) FROM pg_settings WHERE (name, setting) IN (('DateStyle', 'ISO, DMY'),"
            " ('IntervalStyle', 'postgres'), ('standard_conforming_strings', 'on'), ('client_encoding', 'UTF8'),"
            " ('application_name', 'ormc'))"),
        5);
}
END_TEST

static const struct {
    const char *url;
    orm_status status;
} wrong[] = {
    {"postgresql://user:secret@[::1/db", ORM_MISUSE},
    {"postgresql://user:se%zzcret@host/db", ORM_MISUSE},
    {"password=secret host", ORM_MISUSE},
    {"postgresql://user:secret@/db?host=/nowhere/at/all", ORM_DISCONNECTED},
    {"postgresql://user:secret@127.0.0.1:1/db", ORM_DISCONNECTED},
    {"postgresql://user:secret@127.0.0.1:1,127.0.0.1:2/db", ORM_DISCONNECTED},
};

START_TEST(a_failed_connection_is_told_without_the_password)
{
    const char *const values[] = {wrong[_i].url, NULL};
    const orm__address address = {.dialect = ORM_POSTGRESQL, .keywords = keywords, .values = values};
    orm__link *opened = db;
    waits = watches = 0;
    ck_assert_int_eq(driver->open(&address, &counting, &opened, &error), wrong[_i].status);
    ck_assert_int_eq(error.status, wrong[_i].status);
    ck_assert_ptr_null(opened);
    ck_assert_str_ne(error.message, "");
    ck_assert_ptr_null(strstr(error.message, "cret"));
    ck_assert_int_eq(watches, 0);
}
END_TEST

static orm_status never(void *token, int descriptor, int events, int64_t deadline, void *user)
{
    (void)token, (void)descriptor, (void)events, (void)user;
    ck_assert_int_gt(deadline, 0);
    return ORM_TIMEOUT;
}

START_TEST(connecting_has_a_deadline)
{
    char both[300];
    snprintf(both, sizeof both, "%s&connect_timeout=7", url);
    const char *const values[] = {_i ? both : url, NULL};
    const orm__address address = {
        .dialect = ORM_POSTGRESQL, .keywords = keywords, .values = values, .connect_timeout = _i ? 0 : 7};
    const orm_waiter waiter = {.wait = never};
    orm__link *opened;
    ck_assert_int_eq(driver->open(&address, &waiter, &opened, &error), ORM_TIMEOUT);
    ck_assert_ptr_null(opened);
}
END_TEST

/* A server that takes connections and never says a word, as one does that hangs. */
static int open_silent(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int silent = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(silent, 0);
    ck_assert_int_eq(bind(silent, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(silent, 10), 0);
    ck_assert_int_eq(getsockname(silent, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return silent;
}

/* S stands for the silent one, G for the good one. */
static const struct {
    const char *hosts, *name, *session;
    orm_status status;
} chains[] = {
    {"SG", "127.0.0.1", "any", ORM_OK},
    {"SSG", "127.0.0.1", "any", ORM_OK},
    {"SG", "localhost", "read-write", ORM_OK},
    {"GSS", "127.0.0.1", "prefer-standby", ORM_OK}, /* each is looked at once before any is taken */
    {"S", "127.0.0.1", "any", ORM_TIMEOUT},
    {"SS", "127.0.0.1", "any", ORM_TIMEOUT},
};

START_TEST(each_host_has_its_own_time_to_answer)
{
    static const char *const words[] = {"dbname", "host", "port", "target_session_attrs", "connect_timeout", NULL};
    const PGconn *good = orm__pg_link_of(db)->connection;
    char hosts[400] = "", ports[100] = "", silent_port[12];
    int port, silent = open_silent(&port);
    snprintf(silent_port, sizeof silent_port, "%d", port);
    for (const char *c = chains[_i].hosts; *c; c++) {
        const char *comma = c > chains[_i].hosts ? "," : "";
        snprintf(hosts + strlen(hosts), sizeof hosts - strlen(hosts), "%s%s", comma,
                 *c == 'S' ? chains[_i].name : PQhost(good));
        snprintf(ports + strlen(ports), sizeof ports - strlen(ports), "%s%s", comma,
                 *c == 'S' ? silent_port : PQport(good));
    }
    const char *const values[] = {url, hosts, ports, chains[_i].session, "1", NULL};
    const orm__address address = {.dialect = ORM_POSTGRESQL, .keywords = words, .values = values};
    static const orm_waiter by_poll;
    orm__link *opened;
    ck_assert_msg(driver->open(&address, &by_poll, &opened, &error) == chains[_i].status, "%s", error.message);
    ck_assert(chains[_i].status ? !opened : error.status == ORM_OK);
    driver->close(opened);
    close(silent);
}
END_TEST

/* What the process writes to standard error while a test runs. */
START_TEST(notices_are_not_printed)
{
    int kept = dup(STDERR_FILENO), ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    orm_status status = driver->control(db, "DO $$ BEGIN RAISE WARNING 'boo'; END $$", NULL, &error);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(ends[1]);
    char said[100];
    ck_assert_int_eq(read(ends[0], said, sizeof said), 0);
    close(ends[0]);
    ck_assert_int_eq(status, ORM_OK);
}
END_TEST

START_TEST(an_idle_link_whose_server_process_died_is_not_usable)
{
    ck_assert(driver->usable(db));
    kill_own_backend();
    ck_assert(!driver->usable(db));
    ck_assert_int_eq(driver->control(db, "SELECT 1", NULL, &error), ORM_DISCONNECTED);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, all_waits_go_through_the_waiter);
    tcase_add_test(tcase, settings_that_texts_rely_on_are_put_right);
    tcase_add_loop_test(tcase, a_failed_connection_is_told_without_the_password, 0, COUNT_OF(wrong));
    tcase_add_loop_test(tcase, connecting_has_a_deadline, 0, 2);
    tcase_add_loop_test(tcase, each_host_has_its_own_time_to_answer, 0, sizeof chains / sizeof *chains);
    tcase_add_test(tcase, notices_are_not_printed);
    tcase_add_test(tcase, an_idle_link_whose_server_process_died_is_not_usable);
}

int main(void)
{
    return run_suite("postgresql_connect", add_tests);
}
