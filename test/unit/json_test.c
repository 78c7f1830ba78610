/*
 * json_test.c
 *		Questions of bench/infer are read or refused, wherever a line is cut off.
 */
#include "../../bench/infer/json.c"

#include "tap.h"

#define VALUES 64

static Json values[VALUES];
static JsonReader reader = {.value = values, .size = VALUES};

/* In memory that ends with the line, so that reading on is found out. */
static char *
line_of(const char *text, size_t length)
{
	char *line = malloc(length + 1);

	memcpy(line, text, length);
	line[length] = '\0';
	return line;
}

static void
reads(void)
{
	const char *text =
		"{\"id\": \"a\\u00e9\\n\", \"p\": [0.5, -1e3], \"ok\": true, \"no\": null}";
	char *line = line_of(text, strlen(text));
	Json *object = json_read(&reader, line);
	const Json *list = json_member(object, "p");

	ok(object != NULL && object->type == JSON_OBJECT, "an object is read");
	is_string(json_member(object, "id")->text, "a\xc3\xa9\n",
			  "with its text, escapes and all");
	is_double(list->first->number, 0.5, 0, "numbers");
	is_double(list->first->next->number, -1000, 0, "each of them");
	ok(list->first->next->next == NULL, "and no more");
	is_int(json_member(object, "ok")->type, JSON_BOOL, "words");
	is_int(json_member(object, "no")->type, JSON_NULL, "and nothing");
	ok(json_member(object, "yes") == NULL, "what is not there is not found");
	free(line);
}

static void
refuses(void)
{
	static const char *const wrong[] = {
		"",		 "{",	   "[",			"[1",		 "[1,",		   "{\"a\"",
		"{1:2}", "[1 2]",  "{\"a\":",	"{\"a\" 1}", "{\"a\":1 ",  "\"a",
		"nul",	 "[1] []", "\"\\u00\"", "\"\\x\"",	 "{\"a\":1,,}"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
	{
		char *line = line_of(wrong[i], strlen(wrong[i]));
		char name[64];

		snprintf(name, sizeof(name), "refused, and why: %s", wrong[i]);
		ok(json_read(&reader, line) == NULL && reader.error != NULL, name);
		free(line);
	}
}

static void
bears_every_cut(void)
{
	const char *text = "{\"a\":[1,{\"b\":\"c\\u0041\"}],\"d\":true}";
	int read = 0;

	for (size_t length = 0; length < strlen(text); length++)
	{
		char *line = line_of(text, length);

		read += json_read(&reader, line) != NULL;
		free(line);
	}
	is_int(read, 0, "no line that is cut off is read, nor what follows it");
}

int
main(void)
{
	reads();
	refuses();
	bears_every_cut();
	return done_testing();
}
