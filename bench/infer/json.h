/*
 * json.h
 *		One line of JSON -> a tree of values. For programs that measure; the extension has the server's.
 */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include <stdbool.h>
#include <stddef.h>

typedef enum JsonType
{
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER, /* NaN and Infinity are read as such, so that they can be refused by name */
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
} JsonType;

typedef struct Json
{
	JsonType type;
	double number; /* of a bool 0 or 1 */
	const char *text;
	const char *key;	/* of a member of an object */
	struct Json *first; /* member of an array or object, or NULL */
	struct Json *next;	/* beside it */
} Json;

typedef struct JsonReader
{
	char *at;		   /* the line; strings are decoded in place */
	Json *value;	   /* [size] */
	size_t size, used; /* a line has fewer values than bytes */
	int depth;
	const char *error;
} JsonReader;

/* NULL, and reader->error says why. Uses the line up. */
extern Json *json_read(JsonReader *reader, char *line);
/* The member of an object, or NULL. */
extern Json *json_member(const Json *object, const char *key);
/* Prints a string with what has to be escaped. */
extern void json_print_text(const char *text);

#endif
