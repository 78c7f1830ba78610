/*
 * book.c
 *		What settings are in force, and which changed lately, as one plain value.
 */
#include "config/book.h"

#include <stdio.h>
#include <string.h>

#define MAGIC "healsett"
#define VERSION 2

static void copy_source(char *to, const char *source);

void
heal_book_push(HealSettingBook *book, HealTime at, bool at_start,
			   const HealSetting *before, const HealSetting *after,
			   const char *source, int line)
{
	HealSettingChange *change =
		&book->change[book->changes % HEAL_SETTING_CHANGES];

	memset(change, 0, sizeof(*change));
	change->at = at;
	change->database = after->database;
	change->role = after->role;
	change->line = line;
	change->at_start = at_start;
	change->old_is_default = before->is_default;
	change->new_is_default = after->is_default;
	change->old_form = (uint8_t) before->form;
	change->new_form = (uint8_t) after->form;
	memcpy(change->name, after->name, sizeof(change->name));
	memcpy(change->old_value, before->value, sizeof(change->old_value));
	memcpy(change->new_value, after->value, sizeof(change->new_value));
	copy_source(change->source, source != NULL ? source : "");
	book->changes++;
}

int
heal_book_changes(const HealSettingBook *book, HealTime since,
				  HealSettingChange *changes, int most)
{
	uint64_t oldest = book->changes > HEAL_SETTING_CHANGES
						  ? book->changes - HEAL_SETTING_CHANGES
						  : 0;
	int count = 0;

	for (uint64_t n = book->changes; n > oldest && count < most; n--)
	{
		const HealSettingChange *change =
			&book->change[(n - 1) % HEAL_SETTING_CHANGES];

		if (change->at >= since)
			changes[count++] = *change;
	}
	return count;
}

bool
heal_setting_change_can_be_undone(const HealSettingChange *change)
{
	return change->name[0] != '\0' && (change->old_form == HEAL_SETTING_UNSET ||
									   change->old_form == HEAL_SETTING_CLEAR);
}

const char *
heal_setting_level(uint32_t database, uint32_t role)
{
	if (role == 0)
		return database == 0 ? "server" : "database";
	return database == 0 ? "role" : "role in database";
}

const char *
heal_setting_shown(uint8_t form, const char *value)
{
	switch (form)
	{
		case HEAL_SETTING_CLEAR:
		case HEAL_SETTING_TRUNCATED:
			return value;
		case HEAL_SETTING_HIDDEN:
		case HEAL_SETTING_UNREADABLE:
			return "********";
		default:
			return NULL;
	}
}

void
heal_book_seal(HealBookHeader *header, const HealSettingBook *book,
			   const HealFileOrigin *origin, HealTime now,
			   HealChecksum checksum)
{
	memset(header, 0, sizeof(*header));
	memcpy(header->magic, MAGIC, sizeof(header->magic));
	header->version = VERSION;
	header->book_size = sizeof(*book);
	header->origin = *origin;
	header->saved_at = now;
	header->book_checksum = checksum(book, sizeof(*book));
	header->checksum = checksum(header, offsetof(HealBookHeader, checksum));
}

HealBookVerdict
heal_book_check(const unsigned char *bytes, size_t size, HealBookHeader *header,
				HealChecksum checksum)
{
	if (size < sizeof(*header))
		return HEAL_BOOK_TORN;
	memcpy(header, bytes, sizeof(*header));
	if (memcmp(header->magic, MAGIC, sizeof(header->magic)) != 0 ||
		header->version != VERSION ||
		header->book_size != sizeof(HealSettingBook))
		return HEAL_BOOK_OTHER_FORMAT;
	if (header->checksum !=
			checksum(header, offsetof(HealBookHeader, checksum)) ||
		size != sizeof(*header) + sizeof(HealSettingBook) ||
		header->book_checksum !=
			checksum(bytes + sizeof(*header), sizeof(HealSettingBook)))
		return HEAL_BOOK_TORN;
	return HEAL_BOOK_INTACT;
}

/* Of a long path the end says more. */
static void
copy_source(char *to, const char *source)
{
	size_t length = strlen(source);

	if (length < HEAL_SETTING_SOURCE)
		memcpy(to, source, length + 1);
	else
		snprintf(to, HEAL_SETTING_SOURCE, "...%s",
				 source + length - (HEAL_SETTING_SOURCE - 4));
}
