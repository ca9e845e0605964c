/* sha256.h -- SHA-256 of bytes in memory (FIPS 180-4).
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_SHA256_H
#define ORM_BASE_SHA256_H

#include <stddef.h>

enum { ORM__SHA256_TEXT = 65 };

/* 64 hexadecimal digits in lower case and a zero byte. */
void orm__sha256_text(const void *data, size_t size, char text[ORM__SHA256_TEXT]);

#endif
