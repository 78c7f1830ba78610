/*
 * book.h
 *		What settings are in force, and which changed lately, as one plain value.
 *
 * It lives in shared memory and, so that a restart with an edited file is seen for what
 * it is, in a file of the data directory.
 */
#ifndef HEAL_SETTING_BOOK_H
#define HEAL_SETTING_BOOK_H

#include "config/setting.h"
#include "history/origin.h"

#define HEAL_SETTING_CHANGES 256
#define HEAL_SETTING_SOURCE 256

typedef struct HealSettingChange
{
	HealTime at;	   /* when it was seen, right after it was made */
	uint32_t database; /* OID; both 0 = the server's own */
	uint32_t role;	   /* OID */
	int32_t line;	   /* of source; 0 = none */
	bool at_start;	   /* came with a restart of the server */
	bool old_is_default;
	bool new_is_default;
	uint8_t old_form; /* HealSettingForm */
	uint8_t new_form;
	char name[HEAL_SETTING_NAME]; /* "" = all of this database and role */
	char old_value[HEAL_SETTING_VALUE];
	char new_value[HEAL_SETTING_VALUE];
	char source[HEAL_SETTING_SOURCE]; /* file of the new value, "" = none */
} HealSettingChange;

typedef struct HealSettingBook
{
	uint64_t seed;			 /* of the digests; 0 = not chosen yet */
	HealTime server_read_at; /* 0 = never: nothing to compare with */
	HealTime scoped_read_at;
	HealSettingList server;
	HealSettingList scoped; /* of databases and roles */
	uint64_t
		changes; /* ever; number n stands at n modulo HEAL_SETTING_CHANGES */
	HealSettingChange change[HEAL_SETTING_CHANGES];
} HealSettingBook;

/* The file: this, and the book. */
typedef struct HealBookHeader
{
	char magic[8];
	uint32_t version;
	uint32_t book_size;
	HealFileOrigin origin;
	HealTime saved_at;
	uint32_t book_checksum;
	uint32_t checksum; /* of all before */
} HealBookHeader;

typedef enum HealBookVerdict
{
	HEAL_BOOK_INTACT,
	HEAL_BOOK_OTHER_FORMAT,
	HEAL_BOOK_TORN
} HealBookVerdict;

extern void heal_book_push(HealSettingBook *book, HealTime at, bool at_start,
						   const HealSetting *before, const HealSetting *after,
						   const char *source, int line);
/* The newest not older than since, newest first; returns how many. */
extern int heal_book_changes(const HealSettingBook *book, HealTime since,
							 HealSettingChange *changes, int most);
/*
 * Whether the old value is known well enough to be set again, or was nothing at all. A
 * secret is not, nor a value that is here in part.
 */
extern bool heal_setting_change_can_be_undone(const HealSettingChange *change);
/* "server", "database", "role" or "role in database". */
extern const char *heal_setting_level(uint32_t database, uint32_t role);
/* As shown: a secret is eight asterisks. NULL when there is no value. */
extern const char *heal_setting_shown(uint8_t form, const char *value);

extern void heal_book_seal(HealBookHeader *header, const HealSettingBook *book,
						   const HealFileOrigin *origin, HealTime now,
						   HealChecksum checksum);
/* Whether the bytes are a whole file of this format; its header in any case but the torn one. */
extern HealBookVerdict
heal_book_check(const unsigned char *bytes, size_t size, HealBookHeader *header,
				HealChecksum checksum);

#endif
