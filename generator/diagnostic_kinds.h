/* diagnostic_kinds.h -- every kind of error and warning, with the number of its code: 12 is ORM0012.
 *
 * Users search for codes, and scripts know them: a number is never changed and never given again; what is new is
 * appended, what is gone leaves a gap. A warning has the name by which options switch it (-Wno-NAME), an error has
 * none. What each means stands in schemas/messages.md, which `ormc explain` shows.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_DIAGNOSTIC_KINDS_H
#define ORMC_DIAGNOSTIC_KINDS_H

#define ORMC_KINDS(X) \
    X(1, E_UNREADABLE, NULL) \
    X(2, E_TOO_LARGE, NULL) \
    X(3, E_ENCODING, NULL) \
    X(4, E_CONTROL_CHARACTER, NULL) \
    X(5, E_YAML, NULL) \
    X(6, E_EMPTY, NULL) \
    X(7, E_SECOND_DOCUMENT, NULL) \
    X(8, E_ALIAS, NULL) \
    X(9, E_TOO_MANY_ALIASES, NULL) \
    X(10, E_TOO_DEEP, NULL) \
    X(11, E_KEY_TWICE, NULL) \
    X(12, E_UNKNOWN_MODEL, NULL) \
    X(13, E_KEY_FORM, NULL) \
    X(14, E_MERGE, NULL) \
    X(15, E_TAG, NULL) \
    X(16, E_NOT_A_SCHEMA, NULL) \
    X(17, E_UNKNOWN_KEY, NULL) \
    X(18, E_NO_VALUE, NULL) \
    X(19, E_VALUE_KIND, NULL) \
    X(20, E_NOT_A_NAME, NULL) \
    X(22, E_SAME_OUTPUT, NULL) \
    X(23, E_NO_PACKAGE, NULL) \
    X(24, E_OTHER_PACKAGE, NULL) \
    X(25, E_PACKAGE_NAME, NULL) \
    X(26, E_NO_MODELS, NULL) \
    X(27, E_ENUM_IS_A_TYPE, NULL) \
    X(28, E_DECLARED_TWICE, NULL) \
    X(29, E_ENUM_FORM, NULL) \
    X(30, E_VALUE_TWICE, NULL) \
    X(31, E_MODEL_FORM, NULL) \
    X(32, E_C_NAME, NULL) \
    X(33, E_WAS, NULL) \
    X(34, E_LONG_NAME, NULL) \
    X(35, E_ABSTRACT_TABLE, NULL) \
    X(36, E_EXTENDS_ITSELF, NULL) \
    X(37, E_EXTENDS_TABLE, NULL) \
    X(38, E_EXTENDS_TWICE, NULL) \
    X(39, E_KEY_SAID_TWICE, NULL) \
    X(40, E_NAMED_TWICE, NULL) \
    X(41, E_NULLABLE_KEY, NULL) \
    X(42, E_UNKNOWN_COLUMN, NULL) \
    X(43, E_NOT_GENERATED, NULL) \
    X(44, E_GENERATED_DEFAULT, NULL) \
    X(45, E_NO_COLUMNS, NULL) \
    X(46, E_NO_TYPE, NULL) \
    X(47, E_TYPE_AND_DB_TYPE, NULL) \
    X(48, E_UNKNOWN_TYPE, NULL) \
    X(49, E_MODEL_AS_TYPE, NULL) \
    X(50, E_ARRAY_FORM, NULL) \
    X(51, E_ARRAY_KEY, NULL) \
    X(52, E_TYPE_SIZE, NULL) \
    X(53, E_DEFAULT_TYPE, NULL) \
    X(54, E_DEFAULT_RANGE, NULL) \
    X(55, E_DEFAULT_NULL, NULL) \
    X(56, E_DEFAULT_FORM, NULL) \
    X(57, E_UNKNOWN_VALUE, NULL) \
    X(58, E_DEFAULT_BREAKS_RULE, NULL) \
    X(59, E_LIMITS_CROSSED, NULL) \
    X(60, E_KEY_OF_OTHER_TYPE, NULL) \
    X(61, E_LIMIT_RANGE, NULL) \
    X(62, E_PATTERN, NULL) \
    X(63, E_TWO_DEFAULTS, NULL) \
    X(64, E_COMPUTED, NULL) \
    X(65, E_UNKNOWN_WORD, NULL) \
    X(66, E_VERSION, NULL) \
    X(67, E_TWO_VERSIONS, NULL) \
    X(68, E_SQL_FORM, NULL) \
    X(69, E_CHECK_FORM, NULL) \
    X(70, E_CHECK_TWICE, NULL) \
    X(71, E_INDEX_FORM, NULL) \
    X(72, E_RELATION_FORM, NULL) \
    X(73, E_RELATION_KIND, NULL) \
    X(74, E_COLUMN_AND_COLUMNS, NULL) \
    X(75, E_WRONG_SIDE, NULL) \
    X(76, E_ABSTRACT_TARGET, NULL) \
    X(77, E_TARGET_WITHOUT_KEY, NULL) \
    X(78, E_KEY_COUNT, NULL) \
    X(79, E_KEY_CYCLE, NULL) \
    X(80, E_KEY_TYPE, NULL) \
    X(81, E_RELATION_NULLABLE, NULL) \
    X(82, E_SET_NULL, NULL) \
    X(83, E_TWO_INVERSES, NULL) \
    X(84, E_NO_INVERSE, NULL) \
    X(85, E_UNKNOWN_RELATION, NULL) \
    X(86, E_WRONG_INVERSE, NULL) \
    X(87, E_NO_THROUGH, NULL) \
    X(88, E_THROUGH_FORM, NULL) \
    X(89, E_THROUGH_ITSELF, NULL) \
    X(90, E_THROUGH_ENDS, NULL) \
    X(91, E_THROUGH_MADE, NULL) \
    X(92, E_THROUGH_AMBIGUOUS, NULL) \
    X(93, E_THROUGH_NOWHERE, NULL) \
    X(94, E_THROUGH_SIDE, NULL) \
    X(95, E_DATABASE_NAME_TAKEN, NULL) \
    X(96, E_C_NAME_TAKEN, NULL) \
    X(97, E_C_NAME_RESERVED, NULL) \
    X(98, E_OUTPUT, NULL) \
    X(99, W_NAME_CASE, "name-case") \
    X(100, W_UNINDEXED, "unindexed-relation") \
    X(101, W_TEXT_KEY, "text-key") \
    X(102, W_FLOAT_KEY, "float-key") \
    X(103, W_REDUNDANT_INDEX, "redundant-index") \
    X(104, W_UNIQUE_DEFAULT, "unique-default") \
    X(105, W_UNUSED, "unused") \
    X(106, E_NO_TABLES, NULL) \
    X(107, E_LAYOUT, NULL) \
    X(108, E_QUERY_FORM, NULL) \
    X(109, E_QUERY_RETURNS, NULL) \
    X(110, E_UNKNOWN_PARAMETER, NULL) \
    X(111, E_UNUSED_PARAMETER, NULL) \
    X(112, E_SQL, NULL) \
    X(113, E_QUERY_COLUMNS, NULL) \
    X(114, E_QUERY_TYPE, NULL) \
    X(115, E_QUERY_NULL, NULL) \
    X(116, E_DATABASE, NULL) \
    X(117, E_LOCK, NULL) \
    X(118, E_DRIFT, NULL) \
    X(119, E_DISTRIBUTE, NULL) \
    X(120, E_VIEW_FORM, NULL) \
    X(121, E_VIEW, NULL) \
    X(122, E_VIEW_RELATION, NULL) \
    X(123, E_TOO_MANY_COLUMNS, NULL)

typedef enum ormc_kind {
#define ORMC_KIND(number, name, option) ORMC_##name = (number),
    ORMC_KINDS(ORMC_KIND)
#undef ORMC_KIND
} ormc_kind;

enum { ORMC_KIND_LIMIT = 200 }; /* above every number */

/* Shown as ORM and four digits of the number. */
typedef struct ormc_kind_row {
    ormc_kind kind;
    const char *option; /* of a warning: "text-key"; NULL: an error */
} ormc_kind_row;

/* In order of the numbers; ended by a row whose kind is 0. */
extern const ormc_kind_row ormc_kinds[];

/* NULL when there is none of that number. */
const ormc_kind_row *ormc_kind_find(int kind);

#endif
