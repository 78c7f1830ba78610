/*
 * book_pg.c
 *		Which settings changed lately, in shared memory and in a file.
 *
 * The engine is the only one that writes: it compares after each reload, and every
 * WATCH_SCOPED it looks whether settings of a database or role have changed. It collects
 * first and takes the lock afterwards. A secret's value never gets as far as this.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "config/book_pg.h"
#include "config/reader.h"
#include "db/directory.h"
#include "db/shmem.h"
#include "history/event.h"
#include "history/origin_pg.h"
#include "sample/keptfile_pg.h"

#define BOOK_FILE "selfheal.settings"
#define BOOK_BYTES (sizeof(HealBookHeader) + sizeof(HealSettingBook))
#define WATCH_SCOPED (2 * HEAL_SECOND)
#define EVENTS_AT_ONCE 16 /* the rest is counted; all of it is in the view */
#define SHOWN_IN_EVENT 120

typedef struct BookShared
{
	LWLock saving; /* held while the file is written: one at a time */
	bool failing;  /* the last try to write it; under saving */
	LWLock lock;   /* protects all below */
	int tranche;
	bool server_compared; /* since the server started */
	bool scoped_compared;
	uint64 revision;
	uint64 saved; /* revision in the file */
	HealSettingBook book;
} BookShared;

/* Differences as they are found. */
typedef struct Difference
{
	HealSetting before;
	HealSetting after;
	const char *source;
	int line;
} Difference;

typedef struct Differences
{
	Difference *difference;
	int count;
	int capacity;
} Differences;

static BookShared *shared = NULL;

/* Of the engine */
static bool server_due = true;
static HealTime scoped_due = 0;

/* Shared memory, and what an earlier server left */

static const char *
take_in(const HealKeptFile *file)
{
	HealBookHeader header;

	switch (heal_book_check(file->bytes, file->size, &header, heal_crc32c))
	{
		case HEAL_BOOK_OTHER_FORMAT:
			return "the file has another format";
		case HEAL_BOOK_TORN:
			return "the file is damaged";
		case HEAL_BOOK_INTACT:
			break;
	}
	if (!heal_file_origin_is_ours(file->descriptor, &header.origin))
		return "the file is of another data directory";
	memcpy(&shared->book, file->bytes + sizeof(header), sizeof(shared->book));
	return NULL;
}

static void
load(void)
{
	HealKeptFile file;
	const char *problem = heal_keptfile_open(BOOK_FILE, &file);

	if (problem == NULL && file.bytes != NULL)
		problem = take_in(&file);
	if (problem != NULL)
		ereport(LOG,
				errmsg("selfheal: earlier settings were not read back: %s",
					   problem),
				errdetail(
					"The file is \"%s\". What changed since then is not known.",
					BOOK_FILE));
	heal_keptfile_close(&file);
}

static Size
book_size(void)
{
	return sizeof(BookShared);
}

static void
book_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->saving, shared->tranche);
		LWLockInitialize(&shared->lock, shared->tranche);
		load();
	}
	LWLockRegisterTranche(shared->tranche, "selfheal_config");
}

const HealSegment heal_config_segment = {"selfheal config", book_size,
										 book_attach};

/* The file */

static void
encode(const void *what, const HealFileOrigin *origin, unsigned char *bytes)
{
	const HealSettingBook *book = what;
	HealBookHeader header;

	heal_book_seal(&header, book, origin, GetCurrentTimestamp(), heal_crc32c);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), book, sizeof(*book));
}

static bool
copy_and_write(uint64 *revision)
{
	HealSettingBook *book = malloc(sizeof(HealSettingBook));
	unsigned char *bytes = malloc(BOOK_BYTES);
	bool saved = false;

	errno = ENOMEM;
	if (book != NULL && bytes != NULL)
	{
		LWLockAcquire(&shared->lock, LW_SHARED);
		memcpy(book, &shared->book, sizeof(*book));
		*revision = shared->revision;
		LWLockRelease(&shared->lock);
		saved =
			heal_keptfile_replace(BOOK_FILE, encode, book, bytes, BOOK_BYTES);
	}
	free(book);
	free(bytes);
	return saved;
}

bool
heal_config_is_unsaved(void)
{
	bool unsaved;

	LWLockAcquire(&shared->lock, LW_SHARED);
	unsaved = shared->revision != shared->saved;
	LWLockRelease(&shared->lock);
	return unsaved;
}

void
heal_config_save(void)
{
	uint64 revision = 0;
	bool saved;

	if (!LWLockConditionalAcquire(&shared->saving, LW_EXCLUSIVE))
		return;
	saved = copy_and_write(&revision);
	heal_keptfile_note(BOOK_FILE, "settings", saved, errno, &shared->failing);
	if (saved)
	{
		LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
		shared->saved = revision;
		LWLockRelease(&shared->lock);
	}
	LWLockRelease(&shared->saving);
}

/* Comparing, in the engine */

static void
collect(void *state, const HealSetting *before, const HealSetting *after)
{
	Differences *differences = state;
	Difference *difference;

	if (differences->count == differences->capacity)
	{
		differences->capacity = Max(16, differences->capacity * 2);
		differences->difference =
			differences->difference != NULL
				? repalloc(differences->difference,
						   differences->capacity * sizeof(Difference))
				: palloc(differences->capacity * sizeof(Difference));
	}
	difference = &differences->difference[differences->count++];
	difference->before = *before;
	difference->after = *after;
	difference->source = NULL;
	difference->line = 0;
}

/* "from '4MB' to '8MB'", "set to '8MB'", "no longer set" */
static const char *
in_words(const Difference *difference)
{
	const char *old =
		heal_setting_shown(difference->before.form, difference->before.value);
	const char *new =
		heal_setting_shown(difference->after.form, difference->after.value);

	if (difference->after.name[0] == '\0')
		return "set to more than can be read";
	if (old == NULL)
		return psprintf("set to '%.*s'", SHOWN_IN_EVENT, new);
	if (new == NULL)
		return psprintf("no longer set, was '%.*s'", SHOWN_IN_EVENT, old);
	return psprintf("from '%.*s' to '%.*s'", SHOWN_IN_EVENT, old,
					SHOWN_IN_EVENT, new);
}

/* "server", "all roles", "database x", "role y", "role y in database x" */
static const char *
whose(const HealSetting *setting)
{
	const HealRole *role = heal_directory_role(setting->role);
	const char *database = heal_directory_database(setting->database);
	const char *role_name =
		role != NULL ? NameStr(role->name) : psprintf("%u", setting->role);

	if (setting->role == HEAL_ALL_ROLES)
		return "all roles";
	if (database == NULL)
		database = psprintf("%u", setting->database);
	if (setting->role == InvalidOid)
		return setting->database == InvalidOid
				   ? "server"
				   : psprintf("database %s", database);
	return setting->database == InvalidOid
			   ? psprintf("role %s", role_name)
			   : psprintf("role %s in database %s", role_name, database);
}

static void
tell(const Differences *differences, bool at_start)
{
	const char *when = at_start ? ", seen when the server started" : "";

	for (int i = 0; i < Min(differences->count, EVENTS_AT_ONCE); i++)
	{
		const Difference *difference = &differences->difference[i];

		heal_event_log("setting_changed", "info", difference->after.name,
					   psprintf("%s: %s%s", whose(&difference->after),
								in_words(difference), when));
	}
	if (differences->count > EVENTS_AT_ONCE)
		heal_event_log("setting_changed", "info", "settings",
					   psprintf("and %d more%s; see selfheal.setting_changes",
								differences->count - EVENTS_AT_ONCE, when));
}

static void
tell_left_out(int before, int now)
{
	if (now != before && now > 0)
		heal_event_log(
			"settings_not_watched", "warning", "settings",
			psprintf("there is no room to watch %d of the settings", now));
}

/*
 * One of the two lists was read. Whatever was there when the server first looked at it
 * is no change.
 */
static void
take_over(HealSettingList *known, const HealSettingList *now, HealTime *read_at,
		  bool *compared)
{
	HealTime at = GetCurrentTimestamp();
	Differences differences = {0};
	bool at_start = !*compared;
	int left_out = (int) known->left_out;

	if (*read_at != 0)
		heal_settinglist_compare(known, now, collect, &differences);
	for (int i = 0; i < differences.count; i++)
	{
		Difference *one = &differences.difference[i];

		if (known == &shared->book.server &&
			one->after.form != HEAL_SETTING_UNSET)
			one->source = heal_config_source(one->after.name, &one->line);
	}
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < differences.count; i++)
	{
		Difference *one = &differences.difference[i];

		heal_book_push(&shared->book, at, at_start, &one->before, &one->after,
					   one->source, one->line);
	}
	if (differences.count > 0 || *read_at == 0)
		shared->revision++;
	memcpy(known, now, sizeof(*known));
	*read_at = at;
	*compared = true;
	LWLockRelease(&shared->lock);
	tell(&differences, at_start);
	tell_left_out(left_out, (int) now->left_out);
}

static void
choose_seed(void)
{
	uint64 seed;

	if (shared->book.seed != 0)
		return;
	if (!pg_strong_random(&seed, sizeof(seed)) || seed == 0)
		seed = (uint64) GetCurrentTimestamp();
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->book.seed = seed;
	LWLockRelease(&shared->lock);
}

static void
compare_server(void)
{
	HealSettingList *now = palloc(sizeof(*now));

	heal_config_read_server(now, shared->book.seed);
	take_over(&shared->book.server, now, &shared->book.server_read_at,
			  &shared->server_compared);
	pfree(now);
}

static void
compare_scoped(void)
{
	HealSettingList *now = palloc(sizeof(*now));

	if (heal_config_read_scoped(now, shared->book.seed))
		take_over(&shared->book.scoped, now, &shared->book.scoped_read_at,
				  &shared->scoped_compared);
	pfree(now);
}

void
heal_config_reloaded(void)
{
	server_due = true;
}

void
heal_config_stage(void)
{
	HealTime now = GetCurrentTimestamp();

	choose_seed();
	if (server_due)
	{
		compare_server();
		server_due = false;
	}
	/* a clock set back must not make it wait */
	if (now >= scoped_due || scoped_due > now + WATCH_SCOPED)
	{
		compare_scoped();
		scoped_due = now + WATCH_SCOPED;
	}
}

/* Asking */

int
heal_config_changes(HealTime since, HealSettingChange *changes, int most)
{
	int count;

	LWLockAcquire(&shared->lock, LW_SHARED);
	count = heal_book_changes(&shared->book, since, changes, most);
	LWLockRelease(&shared->lock);
	return count;
}

HealSetting
heal_config_lookup(Oid database, Oid role, const char *name)
{
	HealSettingList *list;
	HealSetting setting;
	size_t at = 0;
	bool found = false;

	LWLockAcquire(&shared->lock, LW_SHARED);
	list = OidIsValid(database) || OidIsValid(role) ? &shared->book.scoped
													: &shared->book.server;
	while (!found && heal_settinglist_next(list, &at, &setting))
		found = setting.database == database && setting.role == role &&
				strcmp(setting.name, name) == 0;
	LWLockRelease(&shared->lock);
	return found ? setting : (HealSetting){.form = HEAL_SETTING_UNSET};
}

bool
heal_config_set_by_a_database(const char *name)
{
	HealSetting setting;
	size_t at = 0;
	bool found = false;

	LWLockAcquire(&shared->lock, LW_SHARED);
	while (!found && heal_settinglist_next(&shared->book.scoped, &at, &setting))
		found = setting.database != InvalidOid && setting.role == InvalidOid &&
				strcmp(setting.name, name) == 0;
	LWLockRelease(&shared->lock);
	return found;
}

int
heal_config_left_out(void)
{
	int left_out;

	LWLockAcquire(&shared->lock, LW_SHARED);
	left_out =
		(int) (shared->book.server.left_out + shared->book.scoped.left_out);
	LWLockRelease(&shared->lock);
	return left_out;
}
