/*
 * setting_test.c
 *		Lists of settings tell exactly what differs, and no secret; damaged bytes harm nobody.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/setting.h"
#include "tap.h"

static HealSettingList before;
static HealSettingList after;
static char told[4096];

static void
clear(void)
{
	heal_settinglist_clear(&before);
	heal_settinglist_clear(&after);
}

static void
put(HealSettingList *list, uint32_t database, uint32_t role, const char *name,
	const char *value)
{
	HealSetting setting;

	if (heal_setting_make(&setting, database, role, name, value, false, 1))
		heal_settinglist_add(list, &setting);
	else
		heal_settinglist_leave_out(list);
}

static void
put_unreadable(HealSettingList *list, uint32_t role, uint64_t digest)
{
	HealSetting setting;

	memset(&setting, 0, sizeof(setting));
	setting.role = role;
	setting.form = HEAL_SETTING_UNREADABLE;
	setting.digest = digest;
	heal_settinglist_add(list, &setting);
}

static void
tell(void *state, const HealSetting *old, const HealSetting *new)
{
	size_t length = strlen(told);

	snprintf(told + length, sizeof(told) - length,
			 "%s%u/%u %s %d:%.20s>%d:%.20s", length > 0 ? "; " : "",
			 new->database, new->role, new->name, (int) old->form, old->value,
			 (int) new->form, new->value);
	(*(int *) state)++;
}

static int
compare(void)
{
	int count = 0;

	told[0] = '\0';
	heal_settinglist_compare(&before, &after, tell, &count);
	return count;
}

static void
tells_what_differs(void)
{
	clear();
	is_int(compare(), 0, "two empty lists do not differ");
	put(&before, 0, 0, "a", "1");
	put(&before, 0, 0, "b", "1");
	put(&before, 5, 7, "a", "1");
	put(&after, 0, 0, "b", "2");
	put(&after, 0, 0, "c", "");
	put(&after, 5, 7, "a", "1");
	is_int(compare(), 3, "gone, changed and new are told, the same is not");
	is_string(told, "0/0 a 1:1>0:; 0/0 b 1:1>1:2; 0/0 c 0:>1:",
			  "with what was before and what is after");
	clear();
	put(&before, 0, 9, "a", "x");
	put(&after, 9, 0, "a", "x");
	is_int(compare(), 2, "a role is not a database");
}

static void
cuts_and_marks(void)
{
	HealSetting setting;
	char value[8193];
	char name[HEAL_SETTING_NAME + 1];
	size_t at = 0;

	memset(value, 'v', sizeof(value) - 1);
	value[8192] = '\0';
	clear();
	put(&before, 0, 0, "a", value);
	value[8191] = 'w';
	put(&after, 0, 0, "a", value);
	ok(heal_settinglist_next(&before, &at, &setting), "a long value is there");
	is_int(setting.form, HEAL_SETTING_TRUNCATED, "marked as cut");
	is_int((int) strlen(setting.value), HEAL_SETTING_VALUE - 1, "and cut");
	is_int(compare(), 1, "a change behind the cut is seen");
	value[HEAL_SETTING_VALUE - 1] = '\0';
	ok(heal_setting_make(&setting, 0, 0, "a", value, false, 1) &&
		   setting.form == HEAL_SETTING_CLEAR,
	   "the longest that fits is whole");
	memset(name, 'n', sizeof(name));
	name[HEAL_SETTING_NAME] = '\0';
	ok(!heal_setting_make(&setting, 0, 0, name, "1", false, 1),
	   "a name that does not fit is refused");
	name[HEAL_SETTING_NAME - 1] = '\0';
	ok(heal_setting_make(&setting, 0, 0, name, "1", false, 1),
	   "the longest that fits is not");
	clear();
	put(&before, 0, 0, "a", "1");
	name[HEAL_SETTING_NAME - 1] = 'n';
	put(&before, 0, 0, name, "1");
	is_int((int) before.left_out, 1, "it is counted");
	is_int(compare(), 1, "and hides nothing else");
}

static void
keeps_secrets(void)
{
	static const char *const secrets[] = {
		"primary_conninfo",
		"ssl_passphrase_command",
		"krb_server_keyfile",
		"app.db_password",
		"APP.PassWord",
		"x.api_key",
		"x.Token",
		"a.client_SECRET",
		"a.credentials",
		"a.passphrase_of_it",
		"token.a",
	};
	static const char *const plain[] = {
		"password_encryption", "work_mem", "app.color", "ssl_key_file", "", ".",
	};
	HealSetting setting;
	HealSetting other;
	int wrong = 0;

	for (size_t i = 0; i < heal_lengthof(secrets); i++)
		wrong += !heal_setting_is_secret(secrets[i]);
	for (size_t i = 0; i < heal_lengthof(plain); i++)
		wrong += heal_setting_is_secret(plain[i]);
	is_int(wrong, 0, "secrets are known by their names");
	heal_setting_make(&setting, 0, 0, "app.password", "sesame", false, 1);
	is_int(setting.form, HEAL_SETTING_HIDDEN, "a secret is hidden");
	is_string(setting.value, "", "its value is not there");
	heal_setting_make(&other, 0, 0, "app.password", "sesame", false, 2);
	ok(setting.digest != other.digest, "another seed, another digest");
	heal_setting_make(&setting, 0, 0, "work_mem", "4MB", true, 1);
	is_int(setting.form, HEAL_SETTING_HIDDEN, "or when the server says so");
	clear();
	put(&before, 0, 0, "app.password", "one");
	put(&after, 0, 0, "app.password", "two");
	is_int(compare(), 1, "that a secret changed is seen");
	is_string(told, "0/0 app.password 3:>3:", "without its values");
}

/* Fills a list with settings s00000, s00001, ... */
static void
fill(HealSettingList *list, int count, const char *value)
{
	for (int i = 0; i < count; i++)
	{
		char name[32];

		snprintf(name, sizeof(name), "s%05d", i);
		put(list, 0, 0, name, value);
	}
}

static void
leaves_out_what_does_not_fit(void)
{
	clear();
	fill(&before, 10000, "1");
	ok(before.left_out > 0 && before.bytes <= HEAL_SETTING_LIST_BYTES,
	   "a list has an end");
	is_int((int) (before.settings + before.left_out), 10000,
		   "what is behind it is counted");
	fill(&after, 10000, "123");
	ok(after.settings < before.settings, "longer values leave room for fewer");
	is_int(compare(), (int) after.settings,
		   "what is in one of them only has neither gone nor come");
	heal_settinglist_clear(&after);
	fill(&after, 100, "1");
	is_int(compare(), (int) before.settings - 100,
		   "a list that is whole says what has gone");
}

static void
unreadable_is_not_gone(void)
{
	clear();
	put(&before, 0, 7, "a", "1");
	put(&before, 0, 7, "b", "1");
	put(&before, 0, 8, "a", "1");
	put_unreadable(&after, 7, 42);
	put(&after, 0, 8, "a", "2");
	is_int(compare(), 2, "one who became unreadable is told once");
	is_string(told, "0/7  0:>4:; 0/8 a 1:1>1:2", "and nothing of it is gone");
	before = after;
	is_int(compare(), 0, "the same is no change");
	heal_settinglist_clear(&after);
	put_unreadable(&after, 7, 43);
	put(&after, 0, 8, "a", "2");
	is_int(compare(), 1, "another is");
	heal_settinglist_clear(&after);
	put(&after, 0, 7, "a", "1");
	put(&after, 0, 8, "a", "2");
	is_int(compare(), 0, "what was unreadable has not come when it is read");
}

static void
survives_damage(void)
{
	HealSetting setting;
	long steps = 0;

	srand(4711);
	for (int round = 0; round < 300; round++)
	{
		clear();
		fill(&before, 200, "some value");
		for (int i = 0; i < 20; i++)
			before.packed[rand() % before.bytes] = (unsigned char) rand();
		if (round % 3 == 0)
			before.bytes = (uint32_t) rand();
		for (size_t at = 0; heal_settinglist_next(&before, &at, &setting);)
			steps++;
		fill(&after, 200, "some value");
		compare();
	}
	ok(steps > 0, "a damaged list is read as far as it goes");
}

int
main(void)
{
	tells_what_differs();
	cuts_and_marks();
	keeps_secrets();
	leaves_out_what_does_not_fit();
	unreadable_is_not_gone();
	survives_damage();
	return done_testing();
}
