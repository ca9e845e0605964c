/* nearest.c -- which of the words that would do somebody may have meant.
 * SPDX-License-Identifier: MIT */
#include "diagnostic.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST_WORD = 64 };

static size_t distance(const char *left, const char *right, size_t limit);
static size_t limit_for(const char *word);

const char *ormc_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t best = limit_for(word) + 1;
    for (size_t i = 0; i < count && best; i++) {
        size_t far = distance(word, candidates[i], best);
        if (far < best && far < strlen(candidates[i])) {
            best = far;
            nearest = candidates[i];
        }
    }
    return nearest;
}

/* How many slips a word of that length may hold: about one in three letters. */
static size_t limit_for(const char *word)
{
    size_t length = strlen(word);
    return length < 3 ? 1 : length > LONGEST_WORD ? 0 : length < 12 ? (length + 1) / 3 : 4;
}

/* Letters added, dropped, changed or swapped with a neighbour between two words; a difference in case counts only as a
 * whole. Anything from `limit` on may come out as `limit`. */
static size_t distance(const char *left, const char *right, size_t limit)
{
    size_t rows[3][LONGEST_WORD + 2];
    size_t n = strlen(left), m = strlen(right);
    if (n > LONGEST_WORD || m > LONGEST_WORD || (n > m ? n - m : m - n) >= limit)
        return limit;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            int a = tolower((unsigned char)left[i - 1]), b = tolower((unsigned char)right[j - 1]);
            size_t least = above[j - 1] + (a != b);
            least = above[j] + 1 < least ? above[j] + 1 : least;
            least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
            bool swapped = i > 1 && j > 1 && a == tolower((unsigned char)right[j - 2]) &&
                           b == tolower((unsigned char)left[i - 2]);
            row[j] = swapped && two_above[j - 2] + 1 < least ? two_above[j - 2] + 1 : least;
        }
    }
    size_t far = rows[n % 3][m];
    return far ? far : strcmp(left, right) != 0;
}
