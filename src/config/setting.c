/*
 * setting.c
 *		Settings and their values, as lists that can be compared.
 */
#include "config/setting.h"

#include <string.h>

/* What stands before name and value in a list. */
typedef struct Entry
{
	uint64_t digest;
	uint32_t database;
	uint32_t role;
	uint16_t name_length;
	uint16_t value_length;
	uint8_t form;
	uint8_t is_default;
	uint16_t spare;
} Entry;

/* A list as it is walked along another. */
typedef struct Cursor
{
	const HealSettingList *list;
	size_t at;
	bool there;
	HealSetting setting;
	bool full; /* then what would come after the last is not there */
	HealSetting last;
} Cursor;

static char lower(char c);
static bool contains(const char *text, const char *word);
static bool begins(const char *text, const char *word);
static void cursor_begin(Cursor *cursor, const HealSettingList *list);
static void cursor_next(Cursor *cursor);
static bool beyond(const Cursor *cursor, const HealSetting *setting);
static bool same_owner(const HealSetting *a, const HealSetting *b);
static void skip_owner(Cursor *cursor, const HealSetting *owner);

bool
heal_setting_is_secret(const char *name)
{
	static const char *const of_server[] = {
		"primary_conninfo",
		"ssl_passphrase_command",
	};
	static const char *const words[] = {"password",	  "passwd",	  "passphrase",
										"secret",	  "token",	  "key",
										"credential", "conninfo", "private"};

	for (size_t i = 0; i < heal_lengthof(of_server); i++)
		if (strcmp(name, of_server[i]) == 0)
			return true;
	if (begins(name, "krb_"))
		return true;
	/* the server's own names with such a word, as password_encryption, hold none */
	if (strchr(name, '.') == NULL)
		return false;
	for (size_t i = 0; i < heal_lengthof(words); i++)
		if (contains(name, words[i]))
			return true;
	return false;
}

/* FNV-1a: no more is asked of it than to differ when the value does. */
uint64_t
heal_setting_digest(const void *bytes, size_t size, uint64_t seed)
{
	const unsigned char *byte = bytes;
	uint64_t digest = UINT64_C(14695981039346656037) ^ seed;

	for (size_t i = 0; i < size; i++)
		digest = (digest ^ byte[i]) * UINT64_C(1099511628211);
	return digest;
}

bool
heal_setting_make(HealSetting *setting, uint32_t database, uint32_t role,
				  const char *name, const char *value, bool hidden,
				  uint64_t seed)
{
	size_t length = strlen(value);

	memset(setting, 0, sizeof(*setting));
	if (strlen(name) >= HEAL_SETTING_NAME)
		return false;
	setting->database = database;
	setting->role = role;
	strcpy(setting->name, name);
	setting->digest = heal_setting_digest(value, length, seed);
	if (hidden || heal_setting_is_secret(name))
	{
		setting->form = HEAL_SETTING_HIDDEN;
		return true;
	}
	setting->form = length < HEAL_SETTING_VALUE ? HEAL_SETTING_CLEAR
												: HEAL_SETTING_TRUNCATED;
	if (length >= HEAL_SETTING_VALUE)
		length = HEAL_SETTING_VALUE - 1;
	memcpy(setting->value, value, length);
	return true;
}

int
heal_setting_compare(const HealSetting *a, const HealSetting *b)
{
	if (a->database != b->database)
		return a->database < b->database ? -1 : 1;
	if (a->role != b->role)
		return a->role < b->role ? -1 : 1;
	return strcmp(a->name, b->name);
}

void
heal_settinglist_clear(HealSettingList *list)
{
	memset(list, 0, sizeof(*list));
}

void
heal_settinglist_leave_out(HealSettingList *list)
{
	list->left_out++;
}

/* Once one has been left out all that follow are: so those left out are the last ones. */
void
heal_settinglist_add(HealSettingList *list, const HealSetting *setting)
{
	Entry entry;
	size_t size;

	memset(&entry, 0, sizeof(entry));
	entry.digest = setting->digest;
	entry.database = setting->database;
	entry.role = setting->role;
	entry.name_length = (uint16_t) strlen(setting->name);
	entry.value_length = (uint16_t) strlen(setting->value);
	entry.form = (uint8_t) setting->form;
	entry.is_default = setting->is_default;
	size = sizeof(entry) + entry.name_length + entry.value_length;
	if (list->full || size > HEAL_SETTING_LIST_BYTES - list->bytes)
	{
		list->full = 1;
		list->left_out++;
		return;
	}
	memcpy(list->packed + list->bytes, &entry, sizeof(entry));
	memcpy(list->packed + list->bytes + sizeof(entry), setting->name,
		   entry.name_length);
	memcpy(list->packed + list->bytes + sizeof(entry) + entry.name_length,
		   setting->value, entry.value_length);
	list->bytes += (uint32_t) size;
	list->settings++;
}

bool
heal_settinglist_next(const HealSettingList *list, size_t *at,
					  HealSetting *setting)
{
	Entry entry;

	memset(setting, 0, sizeof(*setting));
	if (list->bytes > HEAL_SETTING_LIST_BYTES || *at > list->bytes ||
		list->bytes - *at < sizeof(entry))
		return false;
	memcpy(&entry, list->packed + *at, sizeof(entry));
	if (entry.name_length >= HEAL_SETTING_NAME ||
		entry.value_length >= HEAL_SETTING_VALUE ||
		entry.form == HEAL_SETTING_UNSET || entry.form >= HEAL_SETTING_FORMS ||
		list->bytes - *at - sizeof(entry) <
			(size_t) entry.name_length + entry.value_length)
		return false;
	setting->database = entry.database;
	setting->role = entry.role;
	setting->form = (HealSettingForm) entry.form;
	setting->is_default = entry.is_default != 0;
	setting->digest = entry.digest;
	memcpy(setting->name, list->packed + *at + sizeof(entry),
		   entry.name_length);
	memcpy(setting->value,
		   list->packed + *at + sizeof(entry) + entry.name_length,
		   entry.value_length);
	*at += sizeof(entry) + entry.name_length + entry.value_length;
	return true;
}

void
heal_settinglist_compare(const HealSettingList *before,
						 const HealSettingList *after,
						 HealSettingDiffers differs, void *state)
{
	Cursor old;
	Cursor new;

	cursor_begin(&old, before);
	cursor_begin(&new, after);
	while (old.there || new.there)
	{
		int order = !old.there ? 1
					: !new.there
						? -1
						: heal_setting_compare(&old.setting, &new.setting);
		const HealSetting *first = order <= 0 ? &old.setting : &new.setting;
		HealSetting nothing = *first;

		nothing.form = HEAL_SETTING_UNSET;
		nothing.value[0] = '\0';
		nothing.digest = 0;
		if (first->form == HEAL_SETTING_UNREADABLE)
		{
			HealSetting owner = *first;

			if (order > 0 ||
				(order == 0 && new.setting.digest != old.setting.digest))
				differs(state, order > 0 ? &nothing : &old.setting,
						&new.setting);
			skip_owner(&old, &owner);
			skip_owner(&new, &owner);
			continue;
		}
		if (order < 0 && !beyond(&new, first))
			differs(state, &old.setting, &nothing);
		else if (order > 0 && !beyond(&old, first))
			differs(state, &nothing, &new.setting);
		else if (order == 0 && old.setting.digest != new.setting.digest)
			differs(state, &old.setting, &new.setting);
		if (order <= 0)
			cursor_next(&old);
		if (order >= 0)
			cursor_next(&new);
	}
}

static void
cursor_begin(Cursor *cursor, const HealSettingList *list)
{
	HealSetting setting;
	size_t at = 0;

	memset(cursor, 0, sizeof(*cursor));
	cursor->list = list;
	cursor->full = list->full != 0;
	while (cursor->full && heal_settinglist_next(list, &at, &setting))
		cursor->last = setting;
	cursor_next(cursor);
}

static void
cursor_next(Cursor *cursor)
{
	cursor->there =
		heal_settinglist_next(cursor->list, &cursor->at, &cursor->setting);
}

/* Whether this one may be among those the list has left out. */
static bool
beyond(const Cursor *cursor, const HealSetting *setting)
{
	return cursor->full && heal_setting_compare(setting, &cursor->last) > 0;
}

static bool
same_owner(const HealSetting *a, const HealSetting *b)
{
	return a->database == b->database && a->role == b->role;
}

static void
skip_owner(Cursor *cursor, const HealSetting *owner)
{
	while (cursor->there && same_owner(&cursor->setting, owner))
		cursor_next(cursor);
}

/* Not tolower(): that obeys the locale. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static bool
begins(const char *text, const char *word)
{
	while (*word != '\0')
		if (lower(*text++) != *word++)
			return false;
	return true;
}

static bool
contains(const char *text, const char *word)
{
	for (; *text != '\0'; text++)
		if (begins(text, word))
			return true;
	return false;
}
