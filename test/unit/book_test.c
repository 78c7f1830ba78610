/*
 * book_test.c
 *		The last changes of settings are kept, say what may be undone, and survive in a file or not at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "config/book.h"
#include "tap.h"

static HealSettingBook *book;
static unsigned char *bytes;
static const size_t size = sizeof(HealBookHeader) + sizeof(HealSettingBook);

static HealSetting
setting_of(const char *value, HealSettingForm form)
{
	HealSetting setting;

	memset(&setting, 0, sizeof(setting));
	strcpy(setting.name, "work_mem");
	strcpy(setting.value, value);
	setting.form = form;
	return setting;
}

static bool
undoable(HealSettingForm old, HealSettingForm new)
{
	HealSetting before = setting_of("a", old);
	HealSetting after = setting_of("b", new);
	HealSettingChange change;

	heal_book_push(book, 1, false, &before, &after, NULL, 0);
	heal_book_changes(book, 0, &change, 1);
	return heal_setting_change_can_be_undone(&change);
}

static void
keeps_the_last(void)
{
	static HealSettingChange changes[HEAL_SETTING_CHANGES];
	HealSetting before = setting_of("4MB", HEAL_SETTING_CLEAR);
	HealSetting after = setting_of("8MB", HEAL_SETTING_CLEAR);
	char path[600];

	is_int(heal_book_changes(book, 0, changes, HEAL_SETTING_CHANGES), 0,
		   "nothing at first");
	for (int i = 1; i <= 300; i++)
		heal_book_push(book, i, i == 300, &before, &after, "/etc/pg.conf", i);
	is_int(heal_book_changes(book, 0, changes, HEAL_SETTING_CHANGES), 256,
		   "the last 256 of 300");
	ok(changes[0].at == 300 && changes[255].at == 45, "newest first");
	is_int(heal_book_changes(book, 299, changes, HEAL_SETTING_CHANGES), 2,
		   "or those since a moment");
	is_string(changes[0].source, "/etc/pg.conf", "with their file");
	is_int(changes[0].line, 300, "and line");
	ok(changes[0].at_start && !changes[1].at_start, "and how they came");
	memset(path, '/', sizeof(path));
	strcpy(path + 580, "the/end.conf");
	heal_book_push(book, 400, false, &before, &after, path, 1);
	heal_book_changes(book, 0, changes, 1);
	ok(strlen(changes[0].source) == HEAL_SETTING_SOURCE - 1 &&
		   strstr(changes[0].source, "the/end.conf") != NULL &&
		   memcmp(changes[0].source, "...", 3) == 0,
	   "of a long path the end");
}

static void
says_what_can_be_undone(void)
{
	HealSetting before = setting_of("", HEAL_SETTING_UNSET);
	HealSetting after = setting_of("", HEAL_SETTING_UNREADABLE);
	HealSettingChange change;

	ok(undoable(HEAL_SETTING_CLEAR, HEAL_SETTING_CLEAR), "a whole value");
	ok(undoable(HEAL_SETTING_CLEAR, HEAL_SETTING_TRUNCATED),
	   "whatever the new one is");
	ok(undoable(HEAL_SETTING_CLEAR, HEAL_SETTING_UNSET), "a reset");
	ok(undoable(HEAL_SETTING_UNSET, HEAL_SETTING_CLEAR), "a new one");
	ok(!undoable(HEAL_SETTING_TRUNCATED, HEAL_SETTING_CLEAR),
	   "never one that was cut");
	ok(!undoable(HEAL_SETTING_HIDDEN, HEAL_SETTING_HIDDEN), "never a secret");
	after.name[0] = '\0';
	heal_book_push(book, 1, false, &before, &after, NULL, 0);
	heal_book_changes(book, 0, &change, 1);
	ok(!heal_setting_change_can_be_undone(&change),
	   "never what could not be read");
	is_string(heal_setting_shown(HEAL_SETTING_HIDDEN, "x"), "********",
			  "a secret is shown as asterisks");
	ok(heal_setting_shown(HEAL_SETTING_UNSET, "x") == NULL, "none as none");
}

static HealBookVerdict
check(size_t length)
{
	HealBookHeader header;

	return heal_book_check(bytes, length, &header, checksum);
}

static void
seal(void)
{
	HealFileOrigin origin;
	HealBookHeader header;

	memset(&origin, 0, sizeof(origin));
	heal_book_seal(&header, book, &origin, 5, checksum);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), book, sizeof(*book));
}

static void
is_whole_or_nothing(void)
{
	int missed = 0;

	seal();
	is_int(check(size), HEAL_BOOK_INTACT, "what was sealed is intact");
	is_int(check(size - 1), HEAL_BOOK_TORN, "a byte less is torn");
	is_int(check(10), HEAL_BOOK_TORN, "ten bytes are");
	is_int(check(0), HEAL_BOOK_TORN, "none are");
	srand(4711);
	for (int i = 0; i < 300; i++)
	{
		size_t at = (size_t) rand() % size;

		bytes[at] ^= 1;
		missed += check(size) == HEAL_BOOK_INTACT;
		bytes[at] ^= 1;
	}
	is_int(missed, 0, "a flipped bit anywhere is noticed");
	bytes[0] = 'x';
	is_int(check(size), HEAL_BOOK_OTHER_FORMAT, "somebody else's file");
	seal();
	bytes[offsetof(HealBookHeader, version)]++;
	is_int(check(size), HEAL_BOOK_OTHER_FORMAT, "another version's");
}

int
main(void)
{
	book = calloc(1, sizeof(*book));
	bytes = calloc(1, size);
	keeps_the_last();
	says_what_can_be_undone();
	is_whole_or_nothing();
	is_string(heal_setting_level(0, 0), "server", "levels have names");
	is_string(heal_setting_level(1, 2), "role in database", "all of them");
	free(book);
	free(bytes);
	return done_testing();
}
