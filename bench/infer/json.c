/*
 * json.c
 *		One line of JSON -> a tree of values.
 */
#define _POSIX_C_SOURCE 200809L

#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEEPEST 32

static Json *read_value(JsonReader *reader);

static Json *
fail(JsonReader *reader, const char *error)
{
	if (reader->error == NULL)
		reader->error = error;
	return NULL;
}

static void
skip_space(JsonReader *reader)
{
	reader->at += strspn(reader->at, " \t\r\n");
}

/* Whether this comes next, and then beyond it: never beyond the end of the line. */
static bool
take(JsonReader *reader, char wanted)
{
	if (*reader->at != wanted)
		return false;
	reader->at++;
	return true;
}

static Json *
new_value(JsonReader *reader, JsonType type)
{
	Json *value;

	if (reader->used == reader->size)
		return fail(reader, "too many values");
	value = &reader->value[reader->used++];
	*value = (Json){.type = type};
	return value;
}

/* The four digits of an escape; -1 when they are none. */
static long
read_hex(const char *at)
{
	char digits[5] = {0};
	char *end;
	long code;

	memcpy(digits, at, strnlen(at, 4));
	code = strtol(digits, &end, 16);
	return end == digits + 4 ? code : -1;
}

static char *
put_utf8(char *to, long code)
{
	if (code < 0x80)
		*to++ = (char) code;
	else if (code < 0x800)
	{
		*to++ = (char) (0xc0 | code >> 6);
		*to++ = (char) (0x80 | (code & 0x3f));
	}
	else
	{
		*to++ = (char) (0xe0 | code >> 12);
		*to++ = (char) (0x80 | (code >> 6 & 0x3f));
		*to++ = (char) (0x80 | (code & 0x3f));
	}
	return to;
}

/* After the opening quote. Halves of surrogate pairs stay what they are: ids are only compared. */
static char *
read_text(JsonReader *reader)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to_char[] = "\"\\/\b\f\n\r\t";
	char *text = reader->at;
	char *to = text;

	for (char *at = text; *at != '\0'; at++)
	{
		const char *escape;

		if (*at == '"')
		{
			*to = '\0';
			reader->at = at + 1;
			return text;
		}
		if (*at != '\\')
		{
			*to++ = *at;
			continue;
		}
		at++;
		escape = *at == '\0' ? NULL : strchr(from, *at);
		if (escape != NULL)
			*to++ = to_char[escape - from];
		else if (*at == 'u' && read_hex(at + 1) > 0)
		{
			to = put_utf8(to, read_hex(at + 1));
			at += 4;
		}
		else
			break;
	}
	fail(reader, "a string does not end, or has a wrong escape");
	return NULL;
}

static Json *
read_members(JsonReader *reader, JsonType type, char close)
{
	Json *value = new_value(reader, type);
	Json **to;

	if (value == NULL || ++reader->depth > DEEPEST)
		return fail(reader, "nested too deeply");
	to = &value->first;
	reader->at++;
	skip_space(reader);
	while (*reader->at != close)
	{
		const char *key = NULL;

		if (value->first != NULL && !take(reader, ','))
			return fail(reader, "a comma is missing");
		skip_space(reader);
		if (type == JSON_OBJECT)
		{
			if (!take(reader, '"') || (key = read_text(reader)) == NULL)
				return fail(reader, "a key is missing");
			skip_space(reader);
			if (!take(reader, ':'))
				return fail(reader, "a colon is missing");
		}
		*to = read_value(reader);
		if (*to == NULL)
			return NULL;
		(*to)->key = key;
		to = &(*to)->next;
		skip_space(reader);
	}
	reader->at++;
	reader->depth--;
	return value;
}

static Json *
read_word(JsonReader *reader)
{
	static const struct
	{
		const char *word;
		JsonType type;
		double number;
	} words[] = {{"null", JSON_NULL, 0},
				 {"true", JSON_BOOL, 1},
				 {"false", JSON_BOOL, 0}};
	char *end;
	Json *value;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(reader->at, words[i].word, strlen(words[i].word)) == 0)
		{
			value = new_value(reader, words[i].type);
			if (value != NULL)
				value->number = words[i].number;
			reader->at += strlen(words[i].word);
			return value;
		}
	value = new_value(reader, JSON_NUMBER);
	if (value == NULL)
		return NULL;
	value->number = strtod(reader->at, &end);
	if (end == reader->at)
		return fail(reader, "not a value");
	reader->at = end;
	return value;
}

static Json *
read_value(JsonReader *reader)
{
	Json *value;

	skip_space(reader);
	switch (*reader->at)
	{
		case '{':
			return read_members(reader, JSON_OBJECT, '}');
		case '[':
			return read_members(reader, JSON_ARRAY, ']');
		case '"':
			value = new_value(reader, JSON_STRING);
			reader->at++;
			if (value != NULL)
				value->text = read_text(reader);
			return value != NULL && value->text != NULL ? value : NULL;
		default:
			return read_word(reader);
	}
}

Json *
json_read(JsonReader *reader, char *line)
{
	Json *value;

	reader->at = line;
	reader->used = 0;
	reader->depth = 0;
	reader->error = NULL;
	value = read_value(reader);
	skip_space(reader);
	if (value != NULL && *reader->at != '\0')
		return fail(reader, "something follows the value");
	return value;
}

Json *
json_member(const Json *object, const char *key)
{
	if (object == NULL || object->type != JSON_OBJECT)
		return NULL;
	for (Json *member = object->first; member != NULL; member = member->next)
		if (strcmp(member->key, key) == 0)
			return member;
	return NULL;
}

void
json_print_text(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++)
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char) *text < ' ')
			printf("\\u%04x", *text);
		else
			putchar(*text);
	putchar('"');
}
