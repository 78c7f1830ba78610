/*
 * error_class.h
 *		The catalogue of errors: what an SQLSTATE is called and belongs to.
 */
#ifndef HEAL_ERROR_CLASS_H
#define HEAL_ERROR_CLASS_H

#include "base/types.h"

/* What is counted together as one metric. */
typedef enum HealErrorGroup
{
	HEAL_ERRORS_OTHER, /* in no metric but the total */
	HEAL_ERRORS_CONNECTION_LOST,
	HEAL_ERRORS_CONNECTION_REFUSED,
	HEAL_ERRORS_NOT_READY, /* not even in the total: health checkers knock */
	HEAL_ERRORS_PERMISSION,
	HEAL_ERRORS_DATA,
	HEAL_ERRORS_UNIQUE,
	HEAL_ERRORS_FOREIGN_KEY,
	HEAL_ERRORS_NOT_NULL,
	HEAL_ERRORS_CHECK,
	HEAL_ERRORS_CONSTRAINT, /* other kinds of constraints */
	HEAL_ERRORS_SCHEMA,
	HEAL_ERRORS_SERIALIZATION,
	HEAL_ERRORS_LOCK_TIMEOUT,
	HEAL_ERRORS_CANCELLED,
	HEAL_ERRORS_TERMINATED,
	HEAL_ERRORS_OUT_OF_MEMORY,
	HEAL_ERRORS_DISK_FULL,
	HEAL_ERRORS_LIMIT, /* other resources that ran out */
	HEAL_ERRORS_SYSTEM,
	HEAL_ERRORS_CORRUPTION,
	HEAL_ERROR_GROUPS
} HealErrorGroup;

typedef struct HealErrorClass
{
	const char *code; /* five characters, or two: all others of that class */
	const char *name;
	HealErrorGroup group;
} HealErrorClass;

#define HEAL_ERROR_CLASSES 79
#define HEAL_SQLSTATE_SIZE 6

/* Sorted by code; the first row is for whatever no other row is for. */
extern const HealErrorClass heal_error_classes[HEAL_ERROR_CLASSES];

/* The server keeps the five characters in six bits each. */
extern void heal_sqlstate_text(int packed, char text[HEAL_SQLSTATE_SIZE]);
/* The row of an SQLSTATE: its own, else its class's, else the first. */
extern int heal_error_class_of(const char *sqlstate);
/* Whether a login that ended with this was refused, and not merely cut off. */
extern bool heal_error_refuses_login(const char *sqlstate);

#endif
