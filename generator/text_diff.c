/* text_diff.c -- the shortest way from one list of lines to another (Myers, in linear space), shown in hunks.
 * SPDX-License-Identifier: MIT */
#include "text_diff.h"

#include "hash.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CONTEXT = 3, MOST_EDITS = 4000 /* of a search; beyond, all of a stretch is taken to differ */ };

typedef struct line {
    const char *text;
    size_t length; /* with its newline, which the last one may lack */
    uint64_t hash;
} line;

typedef struct side {
    line *lines;
    bool *changed; /* deleted from the old side, added to the new one */
    size_t count;
} side;

typedef struct differ {
    side old, fresh;
    int *ahead, *back; /* furthest x by diagonal, from each end */
    size_t room;       /* diagonals on each side of the first */
} differ;

typedef struct box {
    size_t old_from, old_to, fresh_from, fresh_to;
} box;

static bool cut(side *lines, const ormc_text_diff_side *given);
static bool same(const differ *d, size_t old, size_t fresh);
static void mark(differ *d, box part);
static void trim(const differ *d, box *part);
static bool find_middle(differ *d, const box *part, size_t *old, size_t *fresh);
static int step(const int *furthest, int k, int edits, int width, int height);
static void put_hunks(const differ *d, const ormc_text_diff_side *old, const ormc_text_diff_side *fresh,
                      orm__text *out);
static size_t end_of_hunk(const differ *d, size_t *old, size_t *fresh);
static void put_hunk(const differ *d, box part, orm__text *out);
static void put_range(char sign, size_t from, size_t to, orm__text *out);
static void put_line(char sign, const line *shown, orm__text *out);

void ormc_text_diff_unified(const ormc_text_diff_side *old, const ormc_text_diff_side *fresh, orm__text *out)
{
    differ d = {0};
    bool cut_up = cut(&d.old, old) && cut(&d.fresh, fresh);
    d.room = d.old.count + d.fresh.count < MOST_EDITS ? d.old.count + d.fresh.count + 1 : MOST_EDITS + 1;
    d.ahead = malloc((2 * d.room + 1) * sizeof *d.ahead);
    d.back = malloc((2 * d.room + 1) * sizeof *d.back);
    if (cut_up && d.ahead && d.back) {
        mark(&d, (box){.old_to = d.old.count, .fresh_to = d.fresh.count});
        put_hunks(&d, old, fresh, out);
    } else {
        out->failed = true;
    }
    free(d.ahead);
    free(d.back);
    free(d.old.lines);
    free(d.old.changed);
    free(d.fresh.lines);
    free(d.fresh.changed);
}

static bool cut(side *lines, const ormc_text_diff_side *given)
{
    size_t count = 1;
    for (size_t i = 0; i < given->length; i++)
        count += given->text[i] == '\n';
    lines->lines = malloc(count * sizeof *lines->lines);
    lines->changed = calloc(count, sizeof *lines->changed);
    if (!lines->lines || !lines->changed)
        return false;
    for (size_t at = 0; at < given->length; lines->count++) {
        const char *text = given->text + at, *end = memchr(text, '\n', given->length - at);
        size_t length = end ? (size_t)(end - text) + 1 : given->length - at;
        lines->lines[lines->count] = (line){.text = text, .length = length, .hash = ormc_hash_bytes(0, text, length)};
        at += length;
    }
    return true;
}

static bool same(const differ *d, size_t old, size_t fresh)
{
    const line *a = &d->old.lines[old], *b = &d->fresh.lines[fresh];
    return a->hash == b->hash && a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* Marks the lines that a shortest way changes. */
static void mark(differ *d, box part)
{
    trim(d, &part);
    size_t old, fresh;
    if (part.old_from < part.old_to && part.fresh_from < part.fresh_to && find_middle(d, &part, &old, &fresh)) {
        mark(d, (box){part.old_from, old, part.fresh_from, fresh});
        mark(d, (box){old, part.old_to, fresh, part.fresh_to});
        return;
    }
    for (size_t i = part.old_from; i < part.old_to; i++)
        d->old.changed[i] = true;
    for (size_t i = part.fresh_from; i < part.fresh_to; i++)
        d->fresh.changed[i] = true;
}

static void trim(const differ *d, box *part)
{
    while (part->old_from < part->old_to && part->fresh_from < part->fresh_to &&
           same(d, part->old_from, part->fresh_from))
        part->old_from++, part->fresh_from++;
    while (part->old_from < part->old_to && part->fresh_from < part->fresh_to &&
           same(d, part->old_to - 1, part->fresh_to - 1))
        part->old_to--, part->fresh_to--;
}

/* A point in the middle of a shortest way: where a search from the start meets one from the end. Diagonal k holds the
 * points with x - y = k. False when the ways are too long. */
static bool find_middle(differ *d, const box *part, size_t *old, size_t *fresh)
{
    const int width = (int)(part->old_to - part->old_from), height = (int)(part->fresh_to - part->fresh_from);
    const int delta = width - height;
    int *ahead = d->ahead + d->room, *back = d->back + d->room;
    ahead[1] = back[1] = 0;
    for (int edits = 0; edits < (int)d->room; edits++) {
        for (int k = -edits; k <= edits; k += 2) {
            int x = step(ahead, k, edits, width, height);
            for (; x >= 0 && x < width && x - k < height; x++)
                if (!same(d, part->old_from + (size_t)x, part->fresh_from + (size_t)(x - k)))
                    break;
            ahead[k] = x;
            int other = delta - k;
            if (x < 0 || delta % 2 == 0 || other < 1 - edits || other > edits - 1 || x + back[other] < width)
                continue;
            *old = part->old_from + (size_t)x;
            *fresh = part->fresh_from + (size_t)(x - k);
            return true;
        }
        for (int k = -edits; k <= edits; k += 2) {
            int x = step(back, k, edits, width, height);
            for (; x >= 0 && x < width && x - k < height; x++)
                if (!same(d, part->old_to - 1 - (size_t)x, part->fresh_to - 1 - (size_t)(x - k)))
                    break;
            back[k] = x;
            int other = delta - k;
            if (x < 0 || delta % 2 != 0 || other < -edits || other > edits || x + ahead[other] < width)
                continue;
            *old = part->old_to - (size_t)x;
            *fresh = part->fresh_to - (size_t)(x - k);
            return true;
        }
    }
    return false;
}

/* The furthest x of diagonal k after one more edit; far below 0 when that leaves the box. */
static int step(const int *furthest, int k, int edits, int width, int height)
{
    bool down = k == -edits || (k != edits && furthest[k - 1] < furthest[k + 1]);
    int x = down ? furthest[k + 1] : furthest[k - 1] + 1;
    return x < 0 || x > width || x - k > height ? INT_MIN / 2 : x;
}

static void put_hunks(const differ *d, const ormc_text_diff_side *old, const ormc_text_diff_side *fresh, orm__text *out)
{
    bool begun = false;
    size_t a = 0, b = 0;
    while (a < d->old.count || b < d->fresh.count) {
        bool changed = (a < d->old.count && d->old.changed[a]) || (b < d->fresh.count && d->fresh.changed[b]);
        if (!changed) {
            a++, b++;
            continue;
        }
        if (!begun)
            orm__text_printf(out, "--- %s\n+++ %s\n", old->name ? old->name : "/dev/null",
                             fresh->name ? fresh->name : "/dev/null");
        begun = true;
        size_t lead = a < CONTEXT ? a : CONTEXT;
        box hunk = {.old_from = a - lead, .fresh_from = b - lead};
        size_t trail = end_of_hunk(d, &a, &b);
        hunk.old_to = a + trail;
        hunk.fresh_to = b + trail;
        put_hunk(d, hunk, out);
    }
}

/* Moves behind the last change that belongs to the hunk; returns how many equal lines end it. */
static size_t end_of_hunk(const differ *d, size_t *old, size_t *fresh)
{
    size_t a = *old, b = *fresh, equal = 0;
    while ((a < d->old.count || b < d->fresh.count) && equal <= 2 * CONTEXT) {
        bool deleted = a < d->old.count && d->old.changed[a], added = b < d->fresh.count && d->fresh.changed[b];
        a += deleted || !added;
        b += added || !deleted;
        equal = deleted || added ? 0 : equal + 1;
        if (deleted || added)
            *old = a, *fresh = b;
    }
    return equal < CONTEXT ? equal : CONTEXT;
}

static void put_hunk(const differ *d, box part, orm__text *out)
{
    orm__text_string(out, "@@ ");
    put_range('-', part.old_from, part.old_to, out);
    orm__text_char(out, ' ');
    put_range('+', part.fresh_from, part.fresh_to, out);
    orm__text_string(out, " @@\n");
    for (size_t a = part.old_from, b = part.fresh_from; a < part.old_to || b < part.fresh_to;) {
        while (a < part.old_to && d->old.changed[a])
            put_line('-', &d->old.lines[a++], out);
        while (b < part.fresh_to && d->fresh.changed[b])
            put_line('+', &d->fresh.lines[b++], out);
        while (a < part.old_to && b < part.fresh_to && !d->old.changed[a] && !d->fresh.changed[b])
            put_line(' ', &d->old.lines[a++], out), b++;
    }
}

/* An empty range counts from the line before it. */
static void put_range(char sign, size_t from, size_t to, orm__text *out)
{
    orm__text_printf(out, "%c%zu", sign, to > from ? from + 1 : from);
    if (to - from != 1)
        orm__text_printf(out, ",%zu", to - from);
}

static void put_line(char sign, const line *shown, orm__text *out)
{
    orm__text_char(out, sign);
    orm__text_bytes(out, shown->text, shown->length);
    if (shown->text[shown->length - 1] != '\n')
        orm__text_string(out, "\n\\ No newline at end of file\n");
}
