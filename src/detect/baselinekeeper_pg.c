/*
 * baselinekeeper_pg.c
 *		Keeps what was learnt as normal over a restart, in a file of the data directory.
 *
 * A file of its own, as four megabytes are too much to be written every minute, and a crash
 * that loses ten minutes of learning loses little. What somebody had forgotten must not come back
 * by one, though: a reset is followed by a save. Nothing is read back where nothing is kept, as the
 * file of an earlier setting would come back with every restart, nor what is a week old: a server that was away as long, or a
 * file that was left behind, says nothing of today's load, and to learn takes minutes. Whatever is wrong with it is said in the
 * log, and what cannot be believed is learnt anew.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "detect/anomaly_pg.h"
#include "detect/baselinefile.h"
#include "detect/baselinekeeper_pg.h"
#include "history/origin_pg.h"
#include "sample/keptfile_pg.h"
#include "sample/usermetric_pg.h"
#include "settings.h"

#define BASELINE_FILE "selfheal.baselines"

/* What one saving needs; the records are in the bytes already. */
typedef struct Saving
{
	int records;
	HealAlarmRecord alarms;
} Saving;

/* -1 = there is no such metric here. */
static int
metric_of(const HealBaselineRecord *record, HealUserNames user_names)
{
	if (!record->of_user)
		return heal_metric_built_in(record->name);
	for (int i = 0; i < HEAL_USER_METRICS; i++)
		if (strcmp(user_names[i], record->name) == 0)
			return HEAL_BUILT_IN_METRICS + i;
	return -1;
}

static void
take_in(const HealKeptFile *file, HealUserNames user_names)
{
	const HealBaselineHeader *header = heal_baselinefile_header(file->bytes);
	int damaged = 0;

	for (int i = 0; i < header->records; i++)
	{
		HealBaselineRecord *record = heal_baselinefile_record(file->bytes, i);
		bool intact = heal_baselinefile_intact(record, heal_crc32c);
		int metric = intact ? metric_of(record, user_names) : -1;

		damaged += !intact;
		if (metric >= 0)
			heal_baseline_restore(metric, &record->baseline);
	}
	if (damaged > 0)
		ereport(
			LOG,
			errmsg("selfheal: %d of %u baselines are damaged and learnt anew",
				   damaged, header->records),
			errdetail("The file is \"%s\".", BASELINE_FILE));
}

/* NULL = it can be believed. What became of alarms is counted on whatever is normal. */
static const char *
judge_file(const HealKeptFile *file)
{
	const HealBaselineHeader *header = heal_baselinefile_header(file->bytes);
	const char *problem =
		heal_baselinefile_problem(file->bytes, file->size, heal_crc32c);

	if (heal_ring_save_interval == 0)
		return "selfheal.ring_save_interval is 0";
	if (problem != NULL)
		return problem;
	if (!heal_file_origin_is_ours(file->descriptor, &header->origin))
		return "the file is of another data directory";
	heal_alarm_record_restore(&header->alarms);
	if (heal_baselinefile_outdated(header, GetCurrentTimestamp()))
		return "it is more than " CppAsString2(HEAL_BASELINES_DAYS) " days old";
	return NULL;
}

void
heal_baselines_load(HealUserNames user_names)
{
	HealKeptFile file;
	const char *problem = heal_keptfile_open(BASELINE_FILE, &file);

	if (problem == NULL && file.bytes != NULL)
	{
		problem = judge_file(&file);
		if (problem == NULL)
			take_in(&file, user_names);
	}
	if (problem != NULL)
		ereport(
			LOG,
			errmsg("selfheal: what was normal was not read back: %s", problem),
			errdetail("The file is \"%s\". It is learnt anew.", BASELINE_FILE));
	heal_keptfile_close(&file);
}

static void
encode(const void *what, const HealFileOrigin *origin, unsigned char *bytes)
{
	const Saving *saving = what;

	heal_baselinefile_seal(bytes, saving->records, origin,
						   GetCurrentTimestamp(), &saving->alarms, heal_crc32c);
}

/* One baseline at a time, so that the heartbeat waits for a copy of 19 KB at most. */
static int
copy_records(unsigned char *bytes, const int *metric, int count)
{
	HealBaseline *baseline = malloc(sizeof(HealBaseline));
	int records = 0;

	if (baseline == NULL)
		return -1;
	for (int i = 0; i < count; i++)
	{
		heal_baseline_copy(metric[i], baseline);
		if (heal_baseline_fits(baseline, metric[i]))
			heal_baselinefile_put(heal_baselinefile_record(bytes, records++),
								  metric[i], baseline, heal_crc32c);
	}
	free(baseline);
	return records;
}

static bool
copy_and_write(void)
{
	int metric[HEAL_METRICS];
	int count = heal_metric_list(metric);
	unsigned char *bytes = malloc(heal_baselinefile_size(count));
	Saving saving = {.records = -1};
	bool saved = false;
	int error = ENOMEM;

	if (bytes != NULL)
		saving.records = copy_records(bytes, metric, count);
	if (saving.records >= 0)
	{
		saving.alarms = heal_alarm_record();
		saved = heal_keptfile_replace(BASELINE_FILE, encode, &saving, bytes,
									  heal_baselinefile_size(saving.records));
		error = errno;
	}
	free(bytes);
	errno = error;
	return saved;
}

bool
heal_baselines_save(bool *failing)
{
	bool saved;

	heal_user_metrics_load();
	saved = copy_and_write();
	heal_keptfile_note(BASELINE_FILE, "baselines", saved, errno, failing);
	return saved;
}
