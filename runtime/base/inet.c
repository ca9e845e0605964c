/* base/inet.c -- reading, writing and ordering addresses, by inet.h.
 *
 * The rules are those of pg_inet_net_pton, pg_inet_net_ntop and network_cmp in PostgreSQL's src/port/inet_net_ntop.c
 * and src/backend/utils/adt/{inet_net_pton,network}.c.
 * SPDX-License-Identifier: MIT */
#include "base/inet.h"

#include <stdio.h>
#include <string.h>

enum { WORDS = 8, NO_GAP = -1 };

typedef struct cursor {
    const char *next, *end;
} cursor;

static bool parse4(cursor *text, orm__inet *inet);
static bool parse6(cursor *text, orm__inet *inet);
static bool read_words(cursor *text, uint8_t *address, int *count, int *gap);
static int read_octets(cursor *text, uint8_t *address);
static bool read_number(cursor *text, unsigned most, unsigned *value);
static bool read_word(cursor *text, unsigned *value);
static bool skip(cursor *text, char c);
static bool at(const cursor *text, size_t ahead, char c);
static char *write6(char *out, const uint8_t *address);
static int compare_bits(const uint8_t *a, const uint8_t *b, int bits);

bool orm__inet_parse(const char *text, size_t length, orm__inet *inet)
{
    cursor from = {text, text + length};
    memset(inet, 0, sizeof *inet);
    bool read = length > 0 && (memchr(text, ':', length) ? parse6(&from, inet) : parse4(&from, inet));
    return read && from.next == from.end;
}

/* Fewer than four octets are a network's, and must tell its bits. */
static bool parse4(cursor *text, orm__inet *inet)
{
    unsigned bits = 32;
    int octets = read_octets(text, inet->address);
    bool masked = skip(text, '/');
    if (octets == 0 || (octets < 4 && !masked) || (masked && !read_number(text, 32, &bits)))
        return false;
    inet->size = 4;
    inet->bits = (uint8_t)bits;
    return true;
}

static bool parse6(cursor *text, orm__inet *inet)
{
    unsigned bits = 128;
    int count = 0, gap = NO_GAP;
    if (!read_words(text, inet->address, &count, &gap) || (gap == NO_GAP ? count != WORDS : count >= WORDS))
        return false;
    if (gap != NO_GAP) { /* what is behind "::" belongs to the end */
        size_t behind = 2 * (size_t)(count - gap);
        memmove(inet->address + 16 - behind, inet->address + 2 * gap, behind);
        memset(inet->address + 2 * gap, 0, 2 * (size_t)(WORDS - count));
    }
    inet->size = 16;
    if (skip(text, '/') && ((at(text, 0, '0') && text->end - text->next > 1) || !read_number(text, 128, &bits)))
        return false;
    inet->bits = (uint8_t)bits;
    return true;
}

/* Words of 16 bits up to the mask or the end, the last two perhaps as an IPv4 address; `gap` is before which of them
 * "::" is. */
static bool read_words(cursor *text, uint8_t *address, int *count, int *gap)
{
    unsigned word;
    if (at(text, 0, ':') && !at(text, 1, ':'))
        return false;
    while (text->next < text->end && *text->next != '/') {
        if (at(text, 0, ':') && at(text, 1, ':')) {
            if (*gap != NO_GAP)
                return false;
            *gap = *count;
            text->next += 2;
            continue;
        }
        if (*count > 0 && *gap != *count && !skip(text, ':'))
            return false;
        const char *begin = text->next;
        if (*count == WORDS || !read_word(text, &word))
            return false;
        if (at(text, 0, '.')) {
            text->next = begin;
            *count += 2;
            return *count <= WORDS && read_octets(text, address + 2 * (*count - 2)) == 4;
        }
        address[2 * *count] = (uint8_t)(word >> 8);
        address[2 * (*count)++ + 1] = (uint8_t)word;
    }
    return true;
}

/* How many there are; 0 when there is something else. */
static int read_octets(cursor *text, uint8_t *address)
{
    unsigned octet;
    for (int i = 0; i < 4; i++) {
        if (!read_number(text, 255, &octet))
            return 0;
        address[i] = (uint8_t)octet;
        if (i == 3 || !skip(text, '.'))
            return i + 1;
    }
    return 0;
}

static bool read_number(cursor *text, unsigned most, unsigned *value)
{
    const char *first = text->next;
    for (*value = 0; text->next < text->end && *text->next >= '0' && *text->next <= '9'; text->next++) {
        *value = *value * 10 + (unsigned)(*text->next - '0');
        if (*value > most)
            return false;
    }
    return text->next > first;
}

static bool read_word(cursor *text, unsigned *value)
{
    static const char digits[] = "0123456789abcdef", capitals[] = "ABCDEF";
    const char *first = text->next;
    for (*value = 0; text->next < text->end && *text->next && text->next - first < 5; text->next++) {
        const char *digit = strchr(digits, *text->next), *capital = strchr(capitals, *text->next);
        if (!digit && !capital)
            break;
        *value = *value << 4 | (unsigned)(digit ? digit - digits : capital - capitals + 10);
    }
    return text->next > first && text->next - first < 5;
}

static bool skip(cursor *text, char c)
{
    bool there = at(text, 0, c);
    text->next += there;
    return there;
}

static bool at(const cursor *text, size_t ahead, char c)
{
    return (size_t)(text->end - text->next) > ahead && text->next[ahead] == c;
}

char *orm__inet_format(const orm__inet *inet, bool mask, char *buffer)
{
    const uint8_t *address = inet->address;
    char *out = buffer;
    if (inet->size == 4)
        out += sprintf(out, "%d.%d.%d.%d", address[0], address[1], address[2], address[3]);
    else
        out = write6(out, address);
    if (mask || inet->bits != inet->size * 8)
        sprintf(out, "/%d", inet->bits);
    return buffer;
}

/* The longest run of two or more zero words, the first of equals, is "::"; an IPv4 address inside is shown as such. */
static char *write6(char *out, const uint8_t *address)
{
    int words[WORDS], best = -1, longest = 1;
    for (int i = 0; i < WORDS; i++)
        words[i] = address[2 * i] << 8 | address[2 * i + 1];
    for (int i = 0, length; i < WORDS; i += length + 1) {
        for (length = 0; i + length < WORDS && words[i + length] == 0;)
            length++;
        if (length > longest) {
            best = i;
            longest = length;
        }
    }
    bool embedded = best == 0 && (longest == 6 || (longest == 5 && words[5] == 0xffff));
    for (int i = 0; i < (embedded ? 6 : WORDS); i++) {
        if (i == best) {
            *out++ = ':';
            if (i + longest == WORDS)
                *out++ = ':';
            i += longest - 1;
            continue;
        }
        if (i > 0)
            *out++ = ':';
        out += sprintf(out, "%x", words[i]);
    }
    if (embedded)
        out += sprintf(out, ":%d.%d.%d.%d", address[12], address[13], address[14], address[15]);
    *out = '\0';
    return out;
}

int orm__inet_compare(const orm__inet *a, const orm__inet *b)
{
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    int network = compare_bits(a->address, b->address, a->bits < b->bits ? a->bits : b->bits);
    if (network)
        return network;
    return a->bits != b->bits ? a->bits - b->bits : compare_bits(a->address, b->address, a->size * 8);
}

static int compare_bits(const uint8_t *a, const uint8_t *b, int bits)
{
    int whole = memcmp(a, b, (size_t)bits / 8);
    if (whole || bits % 8 == 0)
        return whole;
    return (a[bits / 8] >> (8 - bits % 8)) - (b[bits / 8] >> (8 - bits % 8));
}
