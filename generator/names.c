/* names.c -- forms of emitted names, reserved words, and names for indexes.
 * SPDX-License-Identifier: MIT */
#include "names.h"

#include "base/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_SQL_NAME = 63 }; /* bytes that PostgreSQL keeps of a name */

const ormc_name_form ormc_name_forms[] = {
    {ORMC_NAMES_OF_PACKAGE, "%p_create_all"},
    {ORMC_NAMES_OF_PACKAGE, "%p_drop_all"},
    {ORMC_NAMES_OF_PACKAGE, "%p_verify"},
    {ORMC_NAMES_OF_PACKAGE, "%p_schema"},
    {ORMC_NAMES_OF_FILE, "%N_H"},
    {ORMC_NAMES_OF_ENUM, "%p_%m"},
    {ORMC_NAMES_OF_ENUM, "%p_%m_column"},
    {ORMC_NAMES_OF_ENUM, "%p_%m_enum"},
    {ORMC_NAMES_OF_ENUM, "%p_%m_name"},
    {ORMC_NAMES_OF_ENUM, "%p_%m_from_name"},
    {ORMC_NAMES_OF_ENUM, "%P_%M_DEFINED"},
    {ORMC_NAMES_OF_ENUM, "%p_opt_%m"},
    {ORMC_NAMES_OF_ENUM, "%p_in_%m"},
    {ORMC_NAMES_OF_ENUM, "%p_in_null_%m"},
    {ORMC_NAMES_OF_ENUM, "%p_change_%m"},
    {ORMC_NAMES_OF_ENUM, "%p_change_null_%m"},
    {ORMC_NAMES_OF_ENUM, "%p_of_%m"},
    {ORMC_NAMES_OF_ENUM, "%p_of_%ms"},
    {ORMC_NAMES_OF_ENUM, "%p_%m_array"},
    {ORMC_NAMES_OF_ENUM, "%p_%m_array_column"},
    {ORMC_NAMES_OF_ENUM, "%p_in_%m_array"},
    {ORMC_NAMES_OF_ENUM, "%p_in_null_%m_array"},
    {ORMC_NAMES_OF_ENUM, "%p_change_%m_array"},
    {ORMC_NAMES_OF_ENUM, "%p_change_null_%m_array"},
    {ORMC_NAMES_OF_ENUM, "%p_of_%m_array"},
    {ORMC_NAMES_OF_ENUM_VALUE, "%P_%M_%N"},
    {ORMC_NAMES_OF_MODEL, "%p_%m"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_values"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_changes"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_list"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_query"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_columns"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_model"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_model_columns"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_model_relations"},
    {ORMC_NAMES_OF_MODEL, "%P_%M"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_get"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_get_many"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_find"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_one"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_first"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_count"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_exists"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_each"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_visit"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_stream"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_next"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_add"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_delete"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_merge"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_validate"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_hook"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_hooks"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_on"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_call_hook"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_insert"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_insert_many"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_copy"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_upsert"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_fetch"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_fetch_from"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_select"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_group"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_update_where"},
    {ORMC_NAMES_OF_MODEL, "%p_%m_delete_where"},
    {ORMC_NAMES_OF_COLUMN, "%p_%m_set_%n"},
    {ORMC_NAMES_OF_TO_ONE, "%p_%m_get_%n"},
    {ORMC_NAMES_OF_TO_ONE, "%p_%m_set_%n"},
    {ORMC_NAMES_OF_TO_MANY, "%p_%m_get_%n"},
    {ORMC_NAMES_OF_TO_MANY, "%p_%m_add_to_%n"},
    {ORMC_NAMES_OF_TO_MANY, "%p_%m_remove_from_%n"},
    {ORMC_NAMES_OF_QUERY, "%p_%m"},
    {ORMC_NAMES_OF_QUERY, "%p_%m_row"},
    {ORMC_NAMES_OF_QUERY, "%p_%m_each"},
    {ORMC_NAMES_OF_QUERY, "%p_%m_visit"},
    {ORMC_NAMES_OF_QUERY, "%p_%m_given"},
    {ORMC_NAMES_OF_QUERY, "%p_%m_parameters"},
    {ORMC_NAMES_OF_QUERY, "%p_%m_parameter_columns"},
    {ORMC_NAMES_OF_QUERY, "%p_%m_row_model"},
    {ORMC_NAMES_OF_QUERY, "%p_%m_row_columns"},
    {ORMC_NAMES_OF_QUERY, "%p_%m_parts"},
    {ORMC_NAMES_OF_QUERY, "%p_%m_named"},
    {.pattern = NULL},
};

/* clang-format off */
/* Sorted as strcmp sorts: it is searched by halving. */
static const char *const words_of_c[] = {
    "AF_DECnet", "L_ctermid", "L_tmpnam", "NULL", "PF_DECnet", "P_tmpdir", "_Alignas", "_Alignof", "_Atomic",
    "_BitInt", "_Bool", "_Complex", "_Decimal128", "_Decimal32", "_Decimal64", "_Generic", "_Imaginary",
    "_Noreturn", "_Static_assert", "_Thread_local", "alignas", "alignof", "alloca", "and", "and_eq", "asm",
    "assert", "atomic_cancel", "atomic_commit", "atomic_noexcept", "auto", "bitand", "bitor", "bool", "break",
    "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return", "co_yield",
    "compl", "complex", "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue",
    "contract_assert", "d_fileno", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else",
    "enum", "errno", "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "h_addr",
    "h_errno", "i386", "if", "imaginary", "inline", "int", "int16_t", "int32_t", "int64_t", "int8_t", "linux",
    "long", "major", "makedev", "math_errhandling", "minor", "mutable", "namespace", "new", "noexcept",
    "noreturn", "not", "not_eq", "nullptr", "offsetof", "operator", "or", "or_eq", "private", "protected",
    "public", "reflexpr", "register", "reinterpret_cast", "requires", "restrict", "return", "s6_addr",
    "s6_addr16", "s6_addr32", "sa_handler", "sa_sigaction", "sched_priority", "setjmp", "short", "si_addr",
    "si_addr_lsb", "si_arch", "si_band", "si_call_addr", "si_fd", "si_int", "si_lower", "si_overrun", "si_pid",
    "si_pkey", "si_ptr", "si_status", "si_stime", "si_syscall", "si_timerid", "si_uid", "si_upper", "si_utime",
    "si_value", "sigev_notify_attributes", "sigev_notify_function", "sigmask", "signed", "sigsetjmp", "size_t",
    "sizeof", "st_atime", "st_ctime", "st_mtime", "static", "static_assert", "static_cast", "stderr", "stdin",
    "stdout", "struct", "switch", "synchronized", "template", "this", "thread_local", "throw", "true", "try",
    "typedef", "typeid", "typename", "typeof", "typeof_unqual", "uint16_t", "uint32_t", "uint64_t", "uint8_t",
    "union", "unix", "unsigned", "using", "va_arg", "va_copy", "va_end", "va_start", "virtual", "void",
    "volatile", "wchar_t", "while", "xor", "xor_eq",
};
/* clang-format on */

typedef enum letters { AS_IT_IS, IN_CAPITALS } letters;

static void append_part(orm__text *text, const char *part, letters form);
static unsigned read_character(const char **at);
static bool is_format_macro(const char *name);
static int compare_words(const void *key, const void *item);
static uint32_t hash_of(const char *text);

const char *ormc_names_type(orm__arena *arena, const char *package, const char *model)
{
    return ormc_names_expand(arena, "%p_%m", package, model, NULL);
}

const char *ormc_names_handle(orm__arena *arena, const char *package, const char *model)
{
    return ormc_names_expand(arena, "%P_%M", package, model, NULL);
}

const char *ormc_names_constant(orm__arena *arena, const char *package, const char *enumeration, const char *value)
{
    return ormc_names_expand(arena, "%P_%M_%N", package, enumeration, value);
}

const char *ormc_names_enum_part(orm__arena *arena, const char *package, const char *part, const char *enumeration)
{
    return orm__arena_printf(arena, "%s_%s_%s", package, part, enumeration);
}

const char *ormc_names_guard(orm__arena *arena, const char *stem)
{
    return ormc_names_expand(arena, "%N_H", NULL, NULL, stem);
}

const char *ormc_names_member(orm__arena *arena, const char *name)
{
    const char *part = ormc_names_part(arena, name);
    return part && ormc_names_is_reserved(part) ? orm__arena_printf(arena, "%s_", part) : part;
}

const char *ormc_names_part(orm__arena *arena, const char *name)
{
    orm__text text = {0};
    bool small = strpbrk(name, "abcdefghijklmnopqrstuvwxyz") == NULL;
    append_part(&text, name, AS_IT_IS);
    for (size_t i = 0; i < text.length && small; i++)
        text.data[i] = (char)tolower((unsigned char)text.data[i]);
    const char *part = text.failed ? NULL : text.data;
    bool odd = part && (isdigit((unsigned char)part[0]) ||
                        (part[0] == '_' && (part[1] == '_' || isupper((unsigned char)part[1]))));
    const char *result = part ? orm__arena_printf(arena, odd ? "x%s" : "%s", part) : NULL;
    orm__text_release(&text);
    return result;
}

const char *ormc_names_expand(orm__arena *arena, const char *pattern, const char *package, const char *model,
                              const char *name)
{
    orm__text text = {0};
    for (const char *at = pattern; *at; at++) {
        if (*at != '%') {
            orm__text_char(&text, *at);
            continue;
        }
        at++;
        int which = tolower((unsigned char)*at);
        append_part(&text, which == 'p' ? package : which == 'm' ? model : name, *at != which ? IN_CAPITALS : AS_IT_IS);
    }
    const char *result = text.failed ? NULL : orm__arena_copy(arena, text.data, text.length);
    orm__text_release(&text);
    return result;
}

static void append_part(orm__text *text, const char *part, letters form)
{
    while (*part) {
        unsigned char c = (unsigned char)*part;
        if (c >= 128) {
            orm__text_printf(text, form == IN_CAPITALS ? "U%04X" : "u%04x", read_character(&part));
            continue;
        }
        orm__text_char(text, !isalnum(c) ? '_' : form == IN_CAPITALS ? (char)toupper(c) : (char)c);
        part++;
    }
}

/* The code point that begins there, of text that is known to be UTF-8; moves behind it. */
static unsigned read_character(const char **at)
{
    unsigned char first = (unsigned char)*(*at)++;
    unsigned point = first & (first >= 0xF0 ? 0x07u : first >= 0xE0 ? 0x0Fu : 0x1Fu);
    while (((unsigned char)**at & 0xC0) == 0x80)
        point = point << 6 | ((unsigned char)*(*at)++ & 0x3Fu);
    return point;
}

bool ormc_names_is_word(const char *name)
{
    if (!*name || isdigit((unsigned char)*name))
        return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

bool ormc_names_is_reserved(const char *name)
{
    if (strncmp(name, "orm_", 4) == 0 || strncmp(name, "ORM_", 4) == 0 || is_format_macro(name))
        return true;
    return bsearch(name, words_of_c, sizeof words_of_c / sizeof *words_of_c, sizeof *words_of_c, compare_words);
}

/* PRId64, SCNuFAST16 and their like of inttypes.h. */
static bool is_format_macro(const char *name)
{
    if (strncmp(name, "PRI", 3) != 0 && strncmp(name, "SCN", 3) != 0)
        return false;
    return name[3] && strchr("dioux", name[3]) && name[4] && strchr("0123456789FLMP", name[4]);
}

static int compare_words(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

const char *ormc_names_index(orm__arena *arena, const char *table, const char *const *columns, size_t count,
                             bool unique)
{
    const char *ending = unique ? "_key" : "_idx";
    orm__text text = {0};
    orm__text_string(&text, table);
    for (size_t i = 0; i < count; i++)
        orm__text_printf(&text, "_%s", columns[i]);
    const char *name = NULL;
    if (!text.failed && text.length + strlen(ending) <= LONGEST_SQL_NAME)
        name = orm__arena_printf(arena, "%s%s", text.data, ending);
    else if (!text.failed) {
        size_t kept = LONGEST_SQL_NAME - strlen(ending) - strlen("_12345678");
        while (kept && ((unsigned char)text.data[kept] & 0xC0) == 0x80)
            kept--;
        name = orm__arena_printf(arena, "%.*s_%08x%s", (int)kept, text.data, (unsigned)hash_of(text.data), ending);
    }
    orm__text_release(&text);
    return name;
}

const char *ormc_names_words(orm__arena *arena, const char *text)
{
    orm__text words = {0};
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (isalnum(c) || c == '_' || c >= 128)
            orm__text_char(&words, (char)c);
        else if (words.length && words.data[words.length - 1] != '_')
            orm__text_char(&words, '_');
    }
    while (words.length && words.data[words.length - 1] == '_')
        words.data[--words.length] = '\0';
    const char *joined = words.failed ? NULL : orm__arena_strdup(arena, words.length ? words.data : "expression");
    orm__text_release(&words);
    return joined;
}

/* FNV-1a */
static uint32_t hash_of(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}
