/*
 * baselinefile_test.c
 *		A file of baselines comes back; a damaged record is one metric's loss alone.
 */
#include "detect/baselinefile.h"

#include <stdlib.h>

#include "checksum.h"
#include "tap.h"

#define RECORDS 3

static unsigned char *bytes;
static size_t size;

static void
encode(void)
{
	static const HealMetricId metrics[RECORDS] = {
		HEAL_METRIC_LOAD, HEAL_METRIC_CPU_USED, HEAL_METRIC_COMMITS};
	static HealBaseline baseline;
	HealFileOrigin origin = {7, 8, "/data"};
	HealAlarmRecord alarms = {.spells = 4, .unconfirmed = 2};

	size = heal_baselinefile_size(RECORDS);
	free(bytes);
	bytes = malloc(size);
	for (int i = 0; i < RECORDS; i++)
	{
		heal_baseline_init(&baseline, metrics[i]);
		for (int n = 0; n < 100; n++)
			heal_baseline_feed(&baseline, 10 * i + n % 5, 10 * i + 6,
							   HEAL_DAY + n * HEAL_BLOCK);
		heal_baselinefile_put(heal_baselinefile_record(bytes, i), metrics[i],
							  &baseline, checksum);
	}
	heal_baselinefile_seal(bytes, RECORDS, &origin, HEAL_DAY, &alarms,
						   checksum);
}

static const char *
problem(void)
{
	return heal_baselinefile_problem(bytes, size, checksum);
}

static void
reseal(void)
{
	HealBaselineHeader *header = (HealBaselineHeader *) bytes;

	header->checksum = checksum(header, offsetof(HealBaselineHeader, checksum));
}

static void
there_and_back(void)
{
	const HealBaselineHeader *header;
	HealBaselineRecord *record;

	encode();
	ok(problem() == NULL, "it is intact");
	header = heal_baselinefile_header(bytes);
	is_int(header->records, RECORDS, "it says how many there are");
	ok(header->origin.inode == 8 && header->saved_at == HEAL_DAY,
	   "and of what and when it is");
	is_int(header->alarms.spells, 4, "and what became of alarms");
	for (int i = 0; i < RECORDS; i++)
		ok(heal_baselinefile_intact(heal_baselinefile_record(bytes, i),
									checksum),
		   "every record is intact");
	record = heal_baselinefile_record(bytes, 1);
	is_string(record->name, "cpu_used", "records have names");
	is_int(record->baseline.detector.rows, 100, "and what was learnt");
	ok(!record->of_user, "and say whose the metric is");
}

static void
damage(void)
{
	HealBaselineHeader *header;

	encode();
	header = (HealBaselineHeader *) bytes;
	heal_baselinefile_record(bytes, 1)->baseline.detector.level[0] = 1e30f;
	ok(problem() == NULL, "with a record that is damaged it is still a file");
	ok(!heal_baselinefile_intact(heal_baselinefile_record(bytes, 1), checksum),
	   "that record is not believed");
	ok(heal_baselinefile_intact(heal_baselinefile_record(bytes, 2), checksum),
	   "the next one is");
	memset(heal_baselinefile_record(bytes, 0)->name, 'x', HEAL_NAME_SIZE);
	ok(!heal_baselinefile_intact(heal_baselinefile_record(bytes, 0), checksum),
	   "nor one whose name does not end");

	for (size_t cut = 0; cut < size; cut += 997)
		if (heal_baselinefile_problem(bytes, cut, checksum) == NULL)
			ok(false, "a file cut short is believed");
	ok(true, "no file cut short is believed");
	header->saved_at++;
	is_string(problem(), "the file is damaged", "nor a changed header");
	encode();
	header = (HealBaselineHeader *) bytes;
	header->record_size--;
	reseal();
	is_string(problem(), "the file has another format",
			  "a library with other baselines says so");
	encode();
	header = (HealBaselineHeader *) bytes;
	header->records = 1000000;
	reseal();
	is_string(problem(), "the file is damaged", "too many records are none");
	encode();
	header = (HealBaselineHeader *) bytes;
	header->alarms.budget.raised = 1e9;
	reseal();
	is_string(problem(), "the file is damaged", "nor is a budget of anything");
}

static void
ages(void)
{
	HealBaselineHeader header = {.saved_at = 100 * HEAL_DAY};

	ok(!heal_baselinefile_outdated(&header, 107 * HEAL_DAY),
	   "what was normal a week ago is believed");
	ok(heal_baselinefile_outdated(&header, 107 * HEAL_DAY + 1),
	   "but not for longer");
	ok(!heal_baselinefile_outdated(&header, HEAL_DAY),
	   "a clock that was set back is no age");
}

int
main(void)
{
	there_and_back();
	damage();
	ages();
	free(bytes);
	return done_testing();
}
