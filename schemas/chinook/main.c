/* main.c -- fills the music store with made-up stock, sells some of it, and tells who bought most and who works for whom.
 *
 *     chinook [URL]      sqlite:///chinook.db, or another file, or postgresql://user:password@host/name
 *
 * Everything is made from one sequence of numbers, so each run prints the same, on either database. What the database
 * held of the eleven tables before is lost.
 * SPDX-License-Identifier: MIT */
#include "chinook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARTISTS = 50, ALBUMS = 120, TRACKS = 1000, CUSTOMERS = 60, EMPLOYEES = 8, PLAYLISTS = 5, INVOICES = 240, BEST = 5 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What is on sale and who is there, while the store is being filled. */
typedef struct inventory {
    const chinook_track *tracks[TRACKS];
    const chinook_customer *customers[CUSTOMERS];
    const chinook_employee *employees[EMPLOYEES];
} inventory;

/* What a customer has spent, in cents. */
typedef struct buyer {
    const chinook_customer *customer;
    int64_t spent;
} buyer;

static orm_status run(orm_session *s);
static void hire(orm_session *s, inventory *store);
static void stock(orm_session *s, inventory *store);
static void make_playlists(orm_session *s, const inventory *store);
static void greet_customers(orm_session *s, inventory *store);
static void sell(orm_session *s, const inventory *store);
static void sell_one(orm_session *s, const chinook_customer *customer, const inventory *store, int number);
static orm_status print_stock(orm_session *s);
static orm_status print_best_customers(orm_session *s);
static orm_status find_buyer(orm_session *s, const chinook_customer *customer, buyer *found);
static int compare_buyers(const void *a, const void *b);
static orm_status print_sales(orm_session *s);
static orm_status print_org_chart(orm_session *s);
static orm_status print_employee(orm_session *s, const chinook_employee *employee, int depth);
static size_t pick(size_t count);
static int64_t cents_of(orm_decimal price);
static orm_decimal price_of(int64_t cents, char buffer[32]);

static const char *const adjectives[] = {"Silver", "Hollow", "Distant", "Electric", "Crooked", "Velvet", "Northern", "Quiet"};
static const char *const nouns[] = {"Rivers", "Lanterns", "Engines", "Sparrows", "Machines", "Harbours", "Echoes", "Parade"};
static const char *const genres[] = {"Rock", "Jazz", "Metal", "Latin", "Classical", "Blues"};
static const char *const media_types[] = {"MPEG audio file", "AAC audio file", "MPEG-4 video file"};
static const char *const playlists[] = {"Music", "On the road", "90 minutes", "Evening", "Loud"};
static const char *const first_names[] = {"Maria", "Jan", "Aiko", "Luis", "Fatima", "Olga", "Peter", "Grace", "Tomas", "Ines"};
static const char *const last_names[] = {"Silva", "Novak", "Tanaka", "Garcia", "Haddad", "Petrova"};
static const char *const countries[] = {"Brazil", "Czech Republic", "Japan", "Spain", "Canada", "Germany", "India"};

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : "sqlite:///chinook.db";
    orm_error error;
    orm_engine *engine;
    orm_session *session = NULL;
    orm_status status = orm_engine_open(url, NULL, &engine, &error);
    if (!status)
        status = chinook_drop_all(engine, &error);
    if (!status)
        status = chinook_create_all(engine, &error);
    if (!status)
        status = chinook_verify(engine, &error);
    if (!status)
        status = orm_session_open(&(orm_session_factory){.engine = engine}, &session, &error);
    if (!status && (status = run(session)))
        error = *orm_session_error(session);
    if (status)
        fprintf(stderr, "chinook: %s\n", error.message);
    orm_session_close(session);
    orm_engine_close(engine);
    return status ? 1 : 0;
}

/* The adds are not looked at one by one: a failed one makes the commit fail. */
static orm_status run(orm_session *s)
{
    static inventory store;
    orm_status status;
    hire(s, &store);
    stock(s, &store);
    make_playlists(s, &store);
    greet_customers(s, &store);
    if ((status = orm_session_commit(s)))
        return status;
    sell(s, &store);
    if ((status = orm_session_commit(s)))
        return status;
    orm_session_clear(s);                                      /* from here on everything is read from the database */

    status = print_stock(s);
    if (!status)
        status = print_best_customers(s);
    if (!status)
        status = print_sales(s);
    return status ? status : print_org_chart(s);
}

/* Each reports to one that stands further up. */
static void hire(orm_session *s, inventory *store)
{
    static const struct {
        const char *first_name, *last_name, *title;
        int manager;
    } people[EMPLOYEES] = {
        {"Vera", "Lindqvist", "General Manager", -1}, {"Marco", "Conti", "Sales Manager", 0},
        {"Hana", "Kim", "Sales Support Agent", 1},    {"Joao", "Pereira", "Sales Support Agent", 1},
        {"Elif", "Demir", "Sales Support Agent", 1},  {"Anton", "Weber", "IT Manager", 0},
        {"Nia", "Okafor", "IT Staff", 5},             {"Sam", "Reid", "IT Staff", 5},
    };
    for (int i = 0; i < EMPLOYEES; i++) {
        char email[60];
        snprintf(email, sizeof email, "%s@chinook.example", people[i].first_name);
        chinook_employee_add(s, &(chinook_employee_values){
            .first_name = people[i].first_name,
            .last_name = people[i].last_name,
            .title = ORM_VALUE(people[i].title),
            .hire_date = ORM_VALUE({8766 + 30 * i}),           /* days from 2000: January 2024 and after */
            .email = email,
            .manager = people[i].manager < 0 ? NULL : store->employees[people[i].manager],
        }, &store->employees[i]);
    }
}

static void stock(orm_session *s, inventory *store)
{
    const chinook_artist *artists[ARTISTS];
    const chinook_album *albums[ALBUMS];
    const chinook_genre *kinds[COUNT(genres)];
    const chinook_media_type *media[COUNT(media_types)];
    char name[80], price[32];
    for (size_t i = 0; i < COUNT(genres); i++)
        chinook_genre_add(s, &(chinook_genre_values){.name = genres[i]}, &kinds[i]);
    for (size_t i = 0; i < COUNT(media_types); i++)
        chinook_media_type_add(s, &(chinook_media_type_values){.name = media_types[i]}, &media[i]);
    for (size_t i = 0; i < ARTISTS; i++) {
        snprintf(name, sizeof name, "The %s %s", adjectives[i % COUNT(adjectives)], nouns[i / COUNT(adjectives)]);
        chinook_artist_add(s, &(chinook_artist_values){.name = name}, &artists[i]);
    }
    for (int i = 0; i < ALBUMS; i++) {
        const chinook_artist *artist = artists[pick(ARTISTS)];
        snprintf(name, sizeof name, "%s, volume %d", nouns[pick(COUNT(nouns))], i + 1);
        chinook_album_add(s, &(chinook_album_values){.title = name, .artist = artist}, &albums[i]);
    }
    for (int i = 0; i < TRACKS; i++) {
        const char *adjective = adjectives[pick(COUNT(adjectives))], *noun = nouns[pick(COUNT(nouns))];
        const chinook_album *album = albums[pick(ALBUMS)];
        const chinook_genre *genre = kinds[pick(COUNT(genres))];
        snprintf(name, sizeof name, "%s %s no. %d", adjective, noun, i + 1);
        chinook_track_add(s, &(chinook_track_values){
            .name = name,
            .milliseconds = 120000 + 217 * i,
            .unit_price = ORM_VALUE(price_of(i % 5 ? 99 : 199, price)),
            .album = album,
            .genre = genre,
            .media_type = media[i % 3],
        }, &store->tracks[i]);
    }
}

/* Playlist n has every track whose number n + 2 divides. */
static void make_playlists(orm_session *s, const inventory *store)
{
    for (size_t i = 0; i < PLAYLISTS; i++) {
        const chinook_playlist *playlist;
        chinook_playlist_add(s, &(chinook_playlist_values){.name = playlists[i]}, &playlist);
        for (size_t k = 0; k < TRACKS; k += i + 2)
            chinook_playlist_track_add(s, &(chinook_playlist_track_values){.playlist = playlist, .track = store->tracks[k]}, NULL);
    }
}

static void greet_customers(orm_session *s, inventory *store)
{
    for (size_t i = 0; i < CUSTOMERS; i++) {
        char email[60];
        const char *first_name = first_names[i % COUNT(first_names)], *last_name = last_names[i / COUNT(first_names)];
        snprintf(email, sizeof email, "%s.%s@example.org", first_name, last_name);
        chinook_customer_add(s, &(chinook_customer_values){
            .first_name = first_name,
            .last_name = last_name,
            .country = ORM_VALUE(countries[pick(COUNT(countries))]),
            .email = email,
            .support = store->employees[2 + i % 3],            /* one of the agents */
        }, &store->customers[i]);
    }
}

static void sell(orm_session *s, const inventory *store)
{
    for (int i = 0; i < INVOICES; i++)
        sell_one(s, store->customers[pick(CUSTOMERS)], store, i);
}

/* An invoice with one to eight lines. Its total is known when its lines are, and set then: it is still one INSERT. */
static void sell_one(orm_session *s, const chinook_customer *customer, const inventory *store, int number)
{
    static const int64_t day = INT64_C(86400000000);
    char total[32];
    int64_t cents = 0;
    const chinook_invoice *invoice;
    orm_status status = chinook_invoice_add(s, &(chinook_invoice_values){
        .invoice_date = {(9131 + number) * day},               /* from 2025-01-01, one a day */
        .billing_country = ORM_VALUE(customer->country),
        .total = price_of(0, total),
        .customer = customer,
    }, &invoice);
    for (size_t lines = 1 + pick(8); !status && lines; lines--) {
        const chinook_track *track = store->tracks[pick(TRACKS)];
        int32_t quantity = 1 + (int32_t)pick(2);
        status = chinook_invoice_line_add(s, &(chinook_invoice_line_values){
            .unit_price = track->unit_price,
            .quantity = ORM_VALUE(quantity),
            .invoice = invoice,
            .track = track,
        }, NULL);
        cents += quantity * cents_of(track->unit_price);
    }
    if (!status)
        chinook_invoice_set_total(s, invoice, price_of(cents, total));
}

static orm_status print_stock(orm_session *s)
{
    size_t artists, albums, tracks, entries, lines;
    orm_status status = chinook_artist_count(s, NULL, &artists);
    if (!status)
        status = chinook_album_count(s, NULL, &albums);
    if (!status)
        status = chinook_track_count(s, NULL, &tracks);
    if (!status)
        status = chinook_playlist_track_count(s, NULL, &entries);
    if (!status)
        status = chinook_invoice_line_count(s, NULL, &lines);
    if (!status)
        printf("%zu artists, %zu albums, %zu tracks, %zu places in playlists, %zu lines sold\n\n", artists, albums, tracks,
               entries, lines);
    return status;
}

static orm_status print_best_customers(orm_session *s)
{
    static buyer buyers[CUSTOMERS];
    chinook_customer_list customers;
    orm_status status = chinook_customer_find(s, &(chinook_customer_query){
        .order_by = {orm_asc(CHINOOK_CUSTOMER.id)},
        .limit = CUSTOMERS,
        .load = {orm_load(CHINOOK_CUSTOMER.invoices), orm_load(CHINOOK_CUSTOMER.support)},
    }, &customers);
    for (size_t i = 0; !status && i < customers.count; i++)
        status = find_buyer(s, customers.items[i], &buyers[i]);
    if (status)
        return status;
    qsort(buyers, customers.count, sizeof *buyers, compare_buyers);
    printf("The best customers\n");
    for (size_t i = 0; !status && i < BEST && i < customers.count; i++) {
        const chinook_employee *support;
        char total[32];
        const chinook_customer *customer = buyers[i].customer;
        status = chinook_customer_get_support(s, customer, &support);
        if (!status)
            printf("%9s  %s %s, %s (agent: %s)\n", price_of(buyers[i].spent, total).text, customer->first_name,
                   customer->last_name, customer->country, support ? support->first_name : "none");
    }
    return status;
}

static orm_status find_buyer(orm_session *s, const chinook_customer *customer, buyer *found)
{
    chinook_invoice_list invoices;
    orm_status status = chinook_customer_get_invoices(s, customer, &invoices);
    *found = (buyer){.customer = customer};
    for (size_t i = 0; i < invoices.count; i++)
        found->spent += cents_of(invoices.items[i]->total);
    return status;
}

/* Most first; of equals the older customer. */
static int compare_buyers(const void *a, const void *b)
{
    const buyer *left = a, *right = b;
    if (left->spent != right->spent)
        return left->spent < right->spent ? 1 : -1;
    return left->customer->id < right->customer->id ? -1 : left->customer->id > right->customer->id;
}

/* A named query of chinook.yaml, on the session's connection: it sees what the session has not committed. */
static orm_status print_sales(orm_session *s)
{
    const chinook_sales_by_country_row *rows;
    size_t count;
    orm_result *result;
    orm_timestamp since = {0}; /* the first day of 2000 */
    orm_status status = chinook_sales_by_country(orm_session_connection(s), since, &rows, &count, &result);
    if (!status)
        printf("\nWhere most was bought\n");
    for (size_t i = 0; i < count && i < BEST; i++)
        printf("%4lld invoices of %2lld customers  %s\n", (long long)rows[i].invoices, (long long)rows[i].customers,
               rows[i].country ? rows[i].country : "somewhere");
    orm_result_free(result);
    return status;
}

static orm_status print_org_chart(orm_session *s)
{
    chinook_employee_list heads;
    orm_status status = chinook_employee_find(s, &(chinook_employee_query){
        .where = {orm_is_null(CHINOOK_EMPLOYEE.reports_to)},
        .order_by = {orm_asc(CHINOOK_EMPLOYEE.id)},
    }, &heads);
    printf("\nWho works for whom\n");
    for (size_t i = 0; !status && i < heads.count; i++)
        status = print_employee(s, heads.items[i], 1);
    return status;
}

/* Reports are loaded for a whole level at once, however many employees it has. */
static orm_status print_employee(orm_session *s, const chinook_employee *employee, int depth)
{
    chinook_employee_list reports;
    orm_status status = chinook_employee_get_reports(s, employee, &reports);
    char since[48];
    printf("%*s%s %s, %s since %s\n", 4 * depth, "", employee->first_name, employee->last_name, employee->title,
           orm_date_format(employee->hire_date.value, since));
    for (size_t i = 0; !status && i < reports.count; i++)
        status = print_employee(s, reports.items[i], depth + 1);
    return status;
}

/* The next number of the sequence, below `count`. Never twice in one expression: C does not say which comes first. */
static size_t pick(size_t count)
{
    static uint64_t state = 2024;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(state >> 33) % count;
}

/* "12.50" is 1250. */
static int64_t cents_of(orm_decimal price)
{
    int64_t cents = 0;
    for (const char *at = price.text; at && *at; at++)
        if (*at != '.')
            cents = cents * 10 + (*at - '0');
    return cents;
}

static orm_decimal price_of(int64_t cents, char buffer[32])
{
    snprintf(buffer, 32, "%" PRId64 ".%02" PRId64, cents / 100, cents % 100);
    return (orm_decimal){buffer};
}
