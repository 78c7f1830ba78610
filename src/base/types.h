/*
 * types.h
 *		Words shared by all plain C of selfheal.
 */
#ifndef HEAL_TYPES_H
#define HEAL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Microseconds since 2000-01-01 00:00 UTC, as the server's TimestampTz; 0 = never. */
typedef int64_t HealTime;

#define HEAL_MILLISECOND INT64_C(1000)
#define HEAL_SECOND INT64_C(1000000)
#define HEAL_MINUTE (60 * HEAL_SECOND)
#define HEAL_HOUR (60 * HEAL_MINUTE)
#define HEAL_DAY (24 * HEAL_HOUR)

#define HEAL_NAME_SIZE \
	64 /* names of roles, databases, applications, remedies */

/* Of bytes that go to a disk: the server's CRC-32C in the server, any other in tests. */
typedef uint32_t (*HealChecksum)(const void *data, size_t size);

#define heal_lengthof(array) (sizeof(array) / sizeof((array)[0]))

#endif
