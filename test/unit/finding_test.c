/*
 * finding_test.c
 *		What a scan finds, and what it must not make of figures that are missing.
 */
#include "scan/finding.h"

#include "tap.h"

#define NOW (10000 * HEAL_DAY)

static HealScanResult result[HEAL_SCAN_KINDS];

/* A million rows, vacuumed and analyzed an hour ago, used through its indexes. */
static HealTableFacts
healthy(void)
{
	HealTableFacts table = {
		.autovacuum = true,
		.pages = 16000,
		.rows = 1e6,
		.live = 1e6,
		.dead = 10000,
		.changed = 20000,
		.inserted = 10000,
		.sequential_scans = 100,
		.sequential_rows = 1e8,
		.index_scans = 1e6,
		.freeze_age = 1e8,
		.multixact_age = 1e6,
		.vacuum_base = 50,
		.vacuum_share = 0.2,
		.vacuum_most = -1,
		.insert_base = 1000,
		.insert_share = 0.2,
		.analyze_base = 50,
		.analyze_share = 0.1,
		.freeze_limit = 2e8,
		.multixact_limit = 4e8,
		.row_width = 100,
		.fill_factor = 100,
		.columns = 5,
		.analyzed_at = NOW - HEAL_HOUR,
	};

	return table;
}

static bool
finds(const HealTableFacts *table, HealScanKind kind)
{
	int count = heal_scan_table(table, NOW, result);

	for (int i = 0; i < count; i++)
		if (result[i].kind == kind)
			return true;
	return false;
}

static double
value_of(HealScanKind kind)
{
	for (int i = 0; i < HEAL_SCAN_KINDS; i++)
		if (result[i].kind == kind)
			return result[i].value;
	return NAN;
}

static HealTime
done_at(HealScanKind kind)
{
	for (int i = 0; i < HEAL_SCAN_KINDS; i++)
		if (result[i].kind == kind)
			return result[i].done_at;
	return -1;
}

static void
catalogue(void)
{
	bool complete = true;

	for (int i = 0; i < HEAL_SCAN_KINDS; i++)
	{
		const HealScanKindRow *row = &heal_scan_kinds[i];

		complete = complete && row->name && row->unit && row->category &&
				   row->meaning &&
				   row->meaning[strlen(row->meaning) - 1] == '.';
		for (int j = 0; j < i; j++)
			complete =
				complete && strcmp(row->name, heal_scan_kinds[j].name) != 0;
	}
	ok(complete,
	   "every kind has a name of its own, a unit, a category and a sentence");
}

static void
tables(void)
{
	HealTableFacts table = healthy();

	is_int(heal_scan_table(&table, NOW, result), 0,
		   "a healthy table has no finding");

	table.dead = 500000;
	ok(finds(&table, HEAL_SCAN_DEAD_ROWS), "a third of the rows dead is found");
	is_double(value_of(HEAL_SCAN_DEAD_ROWS), 1.0 / 3, 1e-9, "as their share");
	ok(finds(&table, HEAL_SCAN_VACUUM_OVERDUE), "and that no vacuum came");
	ok(!finds(&table, HEAL_SCAN_AUTOVACUUM_OFF),
	   "the table does not switch autovacuum off");
	table.option_off = true;
	ok(finds(&table, HEAL_SCAN_AUTOVACUUM_OFF), "until it does");
	is_double(value_of(HEAL_SCAN_VACUUM_OVERDUE), 500000 / 200050.0, 1e-9,
			  "as a multiple of the threshold");
	table.dead = 300000;
	ok(!finds(&table, HEAL_SCAN_VACUUM_OVERDUE),
	   "a vacuum that is only waiting for its turn is not overdue");
	table.vacuum_most = 100000;
	ok(finds(&table, HEAL_SCAN_VACUUM_OVERDUE),
	   "the cap of newer servers counts");

	table = healthy();
	table.inserted = 500000;
	ok(finds(&table, HEAL_SCAN_VACUUM_OVERDUE),
	   "inserts alone make a vacuum overdue");
	table.insert_base = -1;
	ok(!finds(&table, HEAL_SCAN_VACUUM_OVERDUE), "unless that is switched off");

	table = healthy();
	table.changed = 250000;
	ok(finds(&table, HEAL_SCAN_ANALYZE_OVERDUE),
	   "twice the threshold of analyze is found");
	table.analyzed_at = NOW - HEAL_HOUR;
	table.vacuumed_at = NOW - HEAL_MINUTE;
	table.dead = 1e6;
	ok(finds(&table, HEAL_SCAN_ANALYZE_OVERDUE) &&
		   done_at(HEAL_SCAN_ANALYZE_OVERDUE) == NOW - HEAL_HOUR,
	   "with when it was analyzed last");
	ok(done_at(HEAL_SCAN_VACUUM_OVERDUE) == NOW - HEAL_MINUTE,
	   "and what is to be vacuumed with when it was");
	ok(done_at(HEAL_SCAN_DEAD_ROWS) <= 0, "other findings have no such time");
	table.internal = true;
	ok(!finds(&table, HEAL_SCAN_ANALYZE_OVERDUE),
	   "but not for what autovacuum does not analyze");

	table = healthy();
	table.changed = 110000;
	table.analyzed_at = NOW - 3 * HEAL_DAY;
	ok(finds(&table, HEAL_SCAN_STALE_STATISTICS),
	   "old statistics of a table that changed are stale");
	is_double(value_of(HEAL_SCAN_STALE_STATISTICS), 3, 1e-9, "in days");
	table.changed = 90000;
	ok(!finds(&table, HEAL_SCAN_STALE_STATISTICS),
	   "of one that hardly changed they are not");

	table = healthy();
	table.freeze_age = 2.2e8;
	ok(finds(&table, HEAL_SCAN_FREEZE_AGE), "a freeze that is late is found");
	table.freeze_age = 1.9e8;
	table.freeze_limit = 1e8;
	ok(finds(&table, HEAL_SCAN_FREEZE_AGE), "by the table's own limit");
	table.freeze_age = NAN;
	ok(!finds(&table, HEAL_SCAN_FREEZE_AGE),
	   "and nothing when the age is not known");
	table.multixact_age = 5e8;
	ok(finds(&table, HEAL_SCAN_MULTIXACT_AGE), "multixacts count, too");

	table = healthy();
	table.index_scans = 50;
	ok(finds(&table, HEAL_SCAN_SEQUENTIAL_SCANS),
	   "a big table that is mostly read as a whole is found");
	table.pages = 100;
	ok(!finds(&table, HEAL_SCAN_SEQUENTIAL_SCANS), "a small one is not");
}

static void
bloat(void)
{
	HealTableFacts table = healthy();

	is_double(heal_scan_pages_needed(&table), ceil(1e6 * 128 / 8168.0), 0,
			  "pages needed follow from the width");
	table.pages = 40000;
	ok(finds(&table, HEAL_SCAN_BLOAT),
	   "more than twice the pages needed is bloat");
	table.fill_factor = 40;
	ok(!finds(&table, HEAL_SCAN_BLOAT),
	   "but not when the fill factor asked for it");
	table = healthy();
	table.pages = 40000;
	table.row_width = NAN;
	ok(!finds(&table, HEAL_SCAN_BLOAT),
	   "nor when a column's width is not known");
	table = healthy();
	table.rows = 1000;
	table.pages = 100;
	ok(!finds(&table, HEAL_SCAN_BLOAT), "nor when it is a few pages");
}

/* What a crash leaves: counters at zero and times forgotten. */
static void
after_a_crash(void)
{
	HealTableFacts table = healthy();
	HealIndexFacts index = {
		.pages = 10000, .valid = true, .counted_since = NOW - HEAL_HOUR};

	table.live = table.dead = table.changed = table.inserted = 0;
	table.sequential_scans = table.sequential_rows = table.index_scans = 0;
	table.analyzed_at = 0;
	is_int(heal_scan_table(&table, NOW, result), 0,
		   "after a crash a table is not thought unanalyzed or unused");
	is_int(heal_scan_index(&index, NOW, result), 0, "nor an index unused");
	index.counted_since = 0;
	is_int(heal_scan_index(&index, NOW, result), 0,
		   "nor when nobody knows since when its use is counted");
	table = healthy();
	table.rows = NAN;
	table.columns = 0;
	ok(finds(&table, HEAL_SCAN_NEVER_ANALYZED),
	   "a table with rows and no statistics was never analyzed");
}

static void
indexes(void)
{
	HealIndexFacts index = {
		.pages = 10000, .valid = true, .counted_since = NOW - 8 * HEAL_DAY};

	is_int(heal_scan_index(&index, NOW, result), 1,
		   "an index without a scan in a week is a finding");
	is_int(result[0].kind, HEAL_SCAN_UNUSED_INDEX, "it is unused");
	is_double(result[0].value, 10000 * 8192.0, 0, "worth its size");
	index.needed = true;
	is_int(heal_scan_index(&index, NOW, result), 0,
		   "one that enforces something is not");
	index.needed = false;
	index.pages = 10;
	is_int(heal_scan_index(&index, NOW, result), 0, "nor is a small one");
	index.valid = false;
	is_int(heal_scan_index(&index, NOW, result), 1,
		   "an invalid one is a finding, however small");
	is_int(result[0].kind, HEAL_SCAN_INVALID_INDEX, "as that");
	index.building = true;
	is_int(heal_scan_index(&index, NOW, result), 0,
		   "but not while somebody is building it");
}

static void
sequences(void)
{
	HealSequenceFacts sequence = {
		.least = 1, .most = 9.2e18, .column_most = NAN, .increment = 1};

	sequence.last = NAN;
	is_int(heal_scan_sequence(&sequence, result), 0,
		   "a sequence never called has room");
	sequence.last = 1.9e9;
	is_int(heal_scan_sequence(&sequence, result), 0,
		   "nine digits are nothing to a bigint");
	sequence.column_most = 2147483647;
	is_int(heal_scan_sequence(&sequence, result), 1,
		   "but nearly all to an integer column");
	ok(result[0].value > 0.88 && result[0].value < 0.89, "as the share used");
	sequence.column_most = NAN;
	sequence.least = -100;
	sequence.most = -1;
	sequence.increment = -1;
	sequence.last = -91;
	is_int(heal_scan_sequence(&sequence, result), 1,
		   "a descending one is read the other way round");
	is_double(result[0].value, 90.0 / 99, 1e-9, "from its upper end");
	sequence.most = sequence.least;
	is_int(heal_scan_sequence(&sequence, result), 0,
		   "one of a single value divides nothing by zero");
}

static HealColumnFacts
column(void)
{
	HealColumnFacts facts = {.rows = 1e5,
							 .null_fraction = 0.01,
							 .distinct = -1,
							 .width = 8,
							 .low = 0,
							 .high = 1000,
							 .analyzed_at = NOW};

	return facts;
}

static int
drifts(HealColumnFacts before, HealColumnFacts now, HealScanKind kind)
{
	int count = heal_scan_column(&before, &now, result);

	return count == 1 && result[0].kind == kind;
}

static void
columns(void)
{
	HealColumnFacts before = column();
	HealColumnFacts now = column();

	is_int(heal_scan_column(&before, &now, result), 0,
		   "a column like itself has not drifted");
	now.rows = 1e6;
	is_int(heal_scan_column(&before, &now, result), 0,
		   "nor has one of a table that grew tenfold");

	now = column();
	now.null_fraction = 0.2;
	ok(drifts(before, now, HEAL_SCAN_NULL_DRIFT), "more NULL is found");
	ok(drifts(now, before, HEAL_SCAN_NULL_DRIFT), "less as well");

	now = column();
	now.distinct = -0.9;
	ok(drifts(before, now, HEAL_SCAN_NEW_DUPLICATES),
	   "duplicates where there were none are found");
	is_double(result[0].value, 1 - 0.9 / 0.99, 1e-9,
			  "as the share of what is filled");
	is_int(heal_scan_column(&now, &now, result), 0,
		   "but are nothing new where there were some");
	now.distinct = 0;
	is_int(heal_scan_column(&before, &now, result), 0,
		   "a count that is not known says nothing");
	before.distinct = 5;
	now.distinct = 50;
	ok(drifts(before, now, HEAL_SCAN_DISTINCT_DRIFT),
	   "ten times as many values are found");
	ok(drifts(now, before, HEAL_SCAN_DISTINCT_DRIFT), "a tenth as well");

	before = now = column();
	now.width = 17;
	ok(drifts(before, now, HEAL_SCAN_WIDTH_DRIFT), "twice the width is found");
	before.width = 0;
	is_int(heal_scan_column(&before, &now, result), 0,
		   "from no width nothing follows");

	before = now = column();
	now.high = 1500;
	is_int(heal_scan_column(&before, &now, result), 0,
		   "a range that grows by half is growth");
	now.high = 99999;
	ok(drifts(before, now, HEAL_SCAN_RANGE_DRIFT),
	   "one that leaves by its whole width has drifted");
	now.high = 1000;
	now.low = -2000;
	is_double(heal_scan_range_drift(&before, &now), 2, 1e-9,
			  "below as well, in widths");
	now.low = NAN;
	ok(isnan(heal_scan_range_drift(&before, &now)),
	   "an unknown end says nothing");
	before.high = before.low;
	now = column();
	ok(isnan(heal_scan_range_drift(&before, &now)),
	   "nor does a range of one value");
}

static void
newer(void)
{
	HealColumnFacts before = column();
	HealColumnFacts now = column();

	ok(!heal_scan_column_is_newer(&before, &now),
	   "the same ANALYZE is not a newer one");
	now.analyzed_at++;
	ok(heal_scan_column_is_newer(&before, &now),
	   "a later one is, though it says the same");
	now.analyzed_at = 0;
	before.low = before.high = now.low = now.high = NAN;
	ok(!heal_scan_column_is_newer(&before, &now),
	   "when the server forgot when, the same figures are the same");
	now.width = 9;
	ok(heal_scan_column_is_newer(&before, &now), "and others are newer");
}

int
main(void)
{
	catalogue();
	tables();
	bloat();
	after_a_crash();
	indexes();
	sequences();
	columns();
	newer();
	return done_testing();
}
