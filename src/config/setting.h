/*
 * setting.h
 *		Settings and their values, as lists that can be compared.
 *
 * A list is packed: entries of different length, ascending by database, role and name,
 * in one block of bytes without a pointer, so that it can be copied, kept in a file and
 * read back from one that is damaged. What does not fit is left out and counted.
 *
 * The value of a setting that may hold a secret is not in it, only a digest of it: that
 * is enough to see that it changed. A value longer than fits is there in part, and may
 * be shown but never used.
 */
#ifndef HEAL_SETTING_H
#define HEAL_SETTING_H

#include "base/types.h"

#define HEAL_SETTING_NAME 128  /* a longer name is left out */
#define HEAL_SETTING_VALUE 512 /* the end included */
#define HEAL_SETTING_LIST_BYTES (96 * 1024)

/*
 * The role of what ALTER ROLE ALL sets, which in the catalog is none, as is the server's. It is the last number there is: a role
 * could have it, and hardly ever will.
 */
#define HEAL_ALL_ROLES UINT32_MAX

typedef enum HealSettingForm
{
	HEAL_SETTING_UNSET, /* there is none; not in lists */
	HEAL_SETTING_CLEAR,
	HEAL_SETTING_TRUNCATED,
	HEAL_SETTING_HIDDEN,
	HEAL_SETTING_UNREADABLE, /* all of this database and role, name "" */
	HEAL_SETTING_FORMS
} HealSettingForm;

typedef struct HealSetting
{
	uint32_t database; /* OID; both 0 = the server's own */
	uint32_t role;	   /* OID, or HEAL_ALL_ROLES */
	HealSettingForm form;
	bool is_default; /* nobody has set it */
	uint64_t digest; /* of the whole value */
	char name[HEAL_SETTING_NAME];
	char value[HEAL_SETTING_VALUE];
} HealSetting;

typedef struct HealSettingList
{
	uint32_t bytes; /* used */
	uint32_t settings;
	uint32_t left_out; /* settings there are, but not here */
	uint32_t full;	   /* 1 = among them all that would come after the last */
	unsigned char packed[HEAL_SETTING_LIST_BYTES];
} HealSettingList;

/*
 * Whether the value must not be kept, by the name alone: known ones of the server, and
 * those of extensions and applications in whose name somebody calls it a secret.
 */
extern bool heal_setting_is_secret(const char *name);

/*
 * Makes a setting of name and value. The seed keeps the digest of a secret from being
 * looked up in a table. False when the name does not fit.
 */
extern bool heal_setting_make(HealSetting *setting, uint32_t database,
							  uint32_t role, const char *name,
							  const char *value, bool hidden, uint64_t seed);

extern uint64_t
heal_setting_digest(const void *bytes, size_t size, uint64_t seed);

extern void heal_settinglist_clear(HealSettingList *list);
/* Settings come in ascending order; one that does not is left out. */
extern void
heal_settinglist_add(HealSettingList *list, const HealSetting *setting);
/* One that could not even be made. */
extern void heal_settinglist_leave_out(HealSettingList *list);
/* The entry at *at, from 0, and moves behind it; false at the end, and where the bytes are no list. */
extern bool heal_settinglist_next(const HealSettingList *list, size_t *at,
								  HealSetting *setting);
/* Order of the lists. */
extern int heal_setting_compare(const HealSetting *a, const HealSetting *b);

/* before and after are of the same setting; one of them is UNSET when it was not there. */
typedef void (*HealSettingDiffers)(void *state, const HealSetting *before,
								   const HealSetting *after);

/*
 * Tells what differs. Nothing is told about settings that one of the lists has left out,
 * nor, beside that itself, when all of a role became unreadable: what cannot be seen has
 * not gone.
 */
extern void heal_settinglist_compare(const HealSettingList *before,
									 const HealSettingList *after,
									 HealSettingDiffers differs, void *state);

#endif
