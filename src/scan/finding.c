/*
 * finding.c
 *		The catalogue of scan findings, and the checks that prove them.
 *
 * The limits are constants on purpose: they say from where on something is worth a row, not from
 * where on somebody is woken up. Small tables are left out, as nothing in them costs anything.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scan/finding.h"

#define FEW_ROWS 1000.0	  /* below, rows are not worth a word */
#define SMALL_PAGES 128.0 /* 1 MB: an index below is not worth dropping */
#define BIG_PAGES \
	1024.0 /* 8 MB: a table from here on is read noticeably long */
#define FEW_SCANS 50.0
#define OBSERVED (7 * HEAL_DAY) /* long enough to call an index unused */
#define ROW_OVERHEAD 28.0		/* header and line pointer of a row */
#define PAGE_OVERHEAD 24.0

const HealScanKindRow heal_scan_kinds[HEAL_SCAN_KINDS] = {
	[HEAL_SCAN_DEAD_ROWS] = {"dead_rows", "share", "performance", 0.3,
							 "Share of the rows of a table that are dead."},
	[HEAL_SCAN_BLOAT] =
		{"bloat", "share", "resource", 0.5,
		 "Share of a table's pages that its rows would not need, estimated from their mean width."},
	[HEAL_SCAN_VACUUM_OVERDUE] =
		{"vacuum_overdue", "times", "performance", 2.0,
		 "Dead or inserted rows as a multiple of what makes autovacuum come."},
	[HEAL_SCAN_ANALYZE_OVERDUE] =
		{"analyze_overdue", "times", "performance", 2.0,
		 "Changed rows as a multiple of what makes autovacuum analyze."},
	[HEAL_SCAN_NEVER_ANALYZED] =
		{"never_analyzed", "rows", "performance", FEW_ROWS,
		 "Rows of a table for which there are no statistics."},
	[HEAL_SCAN_STALE_STATISTICS] =
		{"stale_statistics", "days", "performance", 1.0,
		 "Age of the statistics of a table of which at least a tenth has changed since."},
	[HEAL_SCAN_SEQUENTIAL_SCANS] =
		{"sequential_scans", "share", "performance", 0.5,
		 "Share of the scans of a big table that read all of it."},
	[HEAL_SCAN_FREEZE_AGE] =
		{"freeze_age", "times", "resource", 1.05,
		 "Age of a table's oldest unfrozen transaction as a multiple of what makes autovacuum freeze."},
	[HEAL_SCAN_MULTIXACT_AGE] =
		{"multixact_age", "times", "resource", 1.05,
		 "Age of a table's oldest multixact as a multiple of what makes autovacuum freeze."},
	[HEAL_SCAN_UNUSED_INDEX] =
		{"unused_index", "bytes", "resource", SMALL_PAGES *HEAL_SCAN_BLOCK,
		 "Size of an index that no query on this server used since the statistics began, at least a week ago."},
	[HEAL_SCAN_DUPLICATE_INDEX] =
		{"duplicate_index", "bytes", "resource", 0.0,
		 "Size of an index for which there is another with the same definition."},
	[HEAL_SCAN_INVALID_INDEX] =
		{"invalid_index", "bytes", "performance", 0.0,
		 "Size of an index that is maintained but not used, because its build failed."},
	[HEAL_SCAN_SEQUENCE_FULL] =
		{"sequence_full", "share", "resource", 0.8,
		 "Share of the values used of a sequence, or of the type of the column that owns it."},
	[HEAL_SCAN_NOT_VALID] =
		{"constraint_not_valid", "count", "data_quality", 1.0,
		 "A constraint that was never checked against the rows that were there before it."},
	[HEAL_SCAN_AUTOVACUUM_OFF] =
		{"autovacuum_off", "times", "performance", 2.0,
		 "Dead or inserted rows of a table that switches autovacuum off, as a multiple of what makes it come."},
	[HEAL_SCAN_NULL_DRIFT] =
		{"null_drift", "share", "data_quality", 0.1,
		 "Change of a column's share of NULL from one ANALYZE to the next."},
	[HEAL_SCAN_DISTINCT_DRIFT] =
		{"distinct_drift", "times", "data_quality", 4.0,
		 "Change of a column's number of different values from one ANALYZE to the next, up or down."},
	[HEAL_SCAN_NEW_DUPLICATES] =
		{"new_duplicates", "share", "data_quality", 0.01,
		 "Share of rows with a value that others have, too, in a column that had none such."},
	[HEAL_SCAN_WIDTH_DRIFT] =
		{"width_drift", "times", "data_quality", 2.0,
		 "Change of a column's mean width from one ANALYZE to the next, up or down."},
	[HEAL_SCAN_RANGE_DRIFT] =
		{"range_drift", "times", "data_quality", 1.0,
		 "How far a column's values left the range of the ANALYZE before, in widths of that range."},
};

/* Adds a finding when the value is known and reaches the limit of its kind. */
__attribute__((format(printf, 5, 6))) static void
found(HealScanResult *result, int *count, HealScanKind kind, double value,
	  const char *format, ...)
{
	va_list arguments;

	if (isnan(value) || value < heal_scan_kinds[kind].least)
		return;
	result[*count].kind = kind;
	result[*count].value = value;
	result[*count].done_at = 0;
	va_start(arguments, format);
	vsnprintf(result[*count].detail, HEAL_SCAN_DETAIL, format, arguments);
	va_end(arguments);
	(*count)++;
}

/* As autovacuum reckons; NaN when it would never come. */
static double
threshold(double base, double share, double rows)
{
	return base < 0 ? NAN : base + share * (isnan(rows) ? 0 : rows);
}

static double
times(double amount, double limit)
{
	return limit > 0 ? amount / limit : NAN;
}

static double
larger(double a, double b)
{
	return isnan(a) || b > a ? b : a;
}

double
heal_scan_pages_needed(const HealTableFacts *table)
{
	double usable =
		(HEAL_SCAN_BLOCK - PAGE_OVERHEAD) * table->fill_factor / 100;

	if (isnan(table->rows) || isnan(table->row_width) || !(usable > 0))
		return NAN;
	return ceil(table->rows * (ROW_OVERHEAD + table->row_width) / usable);
}

static void
check_space(const HealTableFacts *table, HealScanResult *result, int *count)
{
	double needed = heal_scan_pages_needed(table);
	double all = table->live + table->dead;

	if (table->dead >= FEW_ROWS)
		found(result, count, HEAL_SCAN_DEAD_ROWS, table->dead / all,
			  "%.0f of %.0f rows are dead", table->dead, all);
	if (table->pages - needed >= BIG_PAGES)
		found(result, count, HEAL_SCAN_BLOAT,
			  (table->pages - needed) / table->pages,
			  "%.0f pages, of which about %.0f would do", table->pages, needed);
}

static void
check_maintenance(const HealTableFacts *table, HealTime now,
				  HealScanResult *result, int *count)
{
	const char *why = table->autovacuum ? "" : "; autovacuum is off for it";
	double vacuum_at =
		threshold(table->vacuum_base, table->vacuum_share, table->rows);
	double insert_at =
		threshold(table->insert_base, table->insert_share, table->rows);
	double analyze_at =
		threshold(table->analyze_base, table->analyze_share, table->rows);

	if (table->vacuum_most >= 0 && vacuum_at > table->vacuum_most)
		vacuum_at = table->vacuum_most;
	found(result, count, HEAL_SCAN_VACUUM_OVERDUE,
		  larger(times(table->dead, vacuum_at),
				 times(table->inserted, insert_at)),
		  "%.0f dead rows, %.0f inserted since the last vacuum%s", table->dead,
		  table->inserted, why);
	if (table->internal)
		return;
	if (table->option_off)
		found(
			result, count, HEAL_SCAN_AUTOVACUUM_OFF,
			larger(times(table->dead, vacuum_at),
				   times(table->inserted, insert_at)),
			"its option autovacuum_enabled is off; %.0f dead rows, %.0f inserted since the last vacuum",
			table->dead, table->inserted);
	found(result, count, HEAL_SCAN_ANALYZE_OVERDUE,
		  times(table->changed, analyze_at),
		  "%.0f rows changed since the last analyze%s", table->changed, why);
	if (table->columns == 0)
		found(result, count, HEAL_SCAN_NEVER_ANALYZED, table->live,
			  "the planner has only defaults%s", why);
	if (table->columns > 0 && table->analyzed_at > 0 &&
		table->changed >= FEW_ROWS && table->changed >= 0.1 * table->live)
		found(result, count, HEAL_SCAN_STALE_STATISTICS,
			  (double) (now - table->analyzed_at) / HEAL_DAY,
			  "%.0f of %.0f rows changed since", table->changed, table->live);
}

static void
check_freezing(const HealTableFacts *table, HealScanResult *result, int *count)
{
	found(result, count, HEAL_SCAN_FREEZE_AGE,
		  times(table->freeze_age, table->freeze_limit),
		  "%.0f transactions old", table->freeze_age);
	found(result, count, HEAL_SCAN_MULTIXACT_AGE,
		  times(table->multixact_age, table->multixact_limit),
		  "%.0f multixacts old", table->multixact_age);
}

static void
check_scans(const HealTableFacts *table, HealScanResult *result, int *count)
{
	double scans = table->sequential_scans + table->index_scans;

	if (table->internal || table->pages < BIG_PAGES ||
		table->sequential_scans < FEW_SCANS ||
		table->sequential_rows / table->sequential_scans < FEW_ROWS)
		return;
	found(result, count, HEAL_SCAN_SEQUENTIAL_SCANS,
		  table->sequential_scans / scans, "%.0f of %.0f scans, %.0f rows each",
		  table->sequential_scans, scans,
		  table->sequential_rows / table->sequential_scans);
}

static HealTime
done_at(HealScanKind kind, const HealTableFacts *table)
{
	switch (kind)
	{
		case HEAL_SCAN_VACUUM_OVERDUE:
		case HEAL_SCAN_AUTOVACUUM_OFF:
			return table->vacuumed_at;
		case HEAL_SCAN_ANALYZE_OVERDUE:
			return table->analyzed_at;
		default:
			return 0;
	}
}

int
heal_scan_table(const HealTableFacts *table, HealTime now,
				HealScanResult *result)
{
	int count = 0;

	check_space(table, result, &count);
	check_maintenance(table, now, result, &count);
	check_freezing(table, result, &count);
	check_scans(table, result, &count);
	for (int i = 0; i < count; i++)
		result[i].done_at = done_at(result[i].kind, table);
	return count;
}

int
heal_scan_index(const HealIndexFacts *index, HealTime now,
				HealScanResult *result)
{
	double bytes = index->pages * HEAL_SCAN_BLOCK;
	int count = 0;

	if (!index->valid && !index->building)
		found(result, &count, HEAL_SCAN_INVALID_INDEX, bytes,
			  "drop it, or build it again with REINDEX");
	if (index->valid && !index->needed && index->scans == 0 &&
		index->counted_since > 0 && now - index->counted_since >= OBSERVED)
		found(
			result, &count, HEAL_SCAN_UNUSED_INDEX, bytes,
			"not used on this server for %.0f days; standbys count for themselves",
			(double) (now - index->counted_since) / HEAL_DAY);
	return count;
}

int
heal_scan_sequence(const HealSequenceFacts *sequence, HealScanResult *result)
{
	double most = sequence->column_most < sequence->most ? sequence->column_most
														 : sequence->most;
	double used = sequence->increment > 0 ? sequence->last - sequence->least
										  : sequence->most - sequence->last;
	double all = sequence->increment > 0 ? most - sequence->least
										 : sequence->most - sequence->least;
	int count = 0;

	if (all > 0)
		found(result, &count, HEAL_SCAN_SEQUENCE_FULL, used / all,
			  "%.0f of %.0f values are used%s", used, all,
			  most < sequence->most ? ", by the type of its column" : "");
	return count;
}

double
heal_scan_distinct(const HealColumnFacts *column)
{
	if (column->distinct == 0 || column->rows < 0)
		return NAN;
	return column->distinct > 0 ? column->distinct
								: -column->distinct * column->rows;
}

double
heal_scan_duplicate_share(const HealColumnFacts *column)
{
	double filled = column->rows * (1 - column->null_fraction);
	double distinct = heal_scan_distinct(column);

	if (isnan(distinct) || filled <= 0)
		return NAN;
	return distinct >= filled ? 0 : 1 - distinct / filled;
}

double
heal_scan_range_drift(const HealColumnFacts *before, const HealColumnFacts *now)
{
	double width = before->high - before->low;
	double below = before->low - now->low;
	double above = now->high - before->high;

	if (!(width > 0) || isinf(width) || isnan(below) || isnan(above))
		return NAN;
	below = below > 0 ? below : 0;
	return (above > below ? above : below) / width;
}

/* Up or down, as a factor of at least 1. */
static double
factor(double before, double now)
{
	if (!(before > 0) || !(now > 0))
		return NAN;
	return now > before ? now / before : before / now;
}

static double
distinct_factor(const HealColumnFacts *before, const HealColumnFacts *now)
{
	/* both as a share: growing with the table is no change */
	if (before->distinct < 0 && now->distinct < 0)
		return factor(-before->distinct, -now->distinct);
	return factor(heal_scan_distinct(before), heal_scan_distinct(now));
}

int
heal_scan_column(const HealColumnFacts *before, const HealColumnFacts *now,
				 HealScanResult *result)
{
	double duplicates = heal_scan_duplicate_share(now);
	int count = 0;

	found(result, &count, HEAL_SCAN_NULL_DRIFT,
		  fabs(now->null_fraction - before->null_fraction),
		  "NULL in %.1f %% of the rows, before in %.1f %%",
		  100 * now->null_fraction, 100 * before->null_fraction);
	found(result, &count, HEAL_SCAN_DISTINCT_DRIFT,
		  distinct_factor(before, now),
		  "about %.0f different values, before %.0f", heal_scan_distinct(now),
		  heal_scan_distinct(before));
	if (heal_scan_duplicate_share(before) <
		heal_scan_kinds[HEAL_SCAN_NEW_DUPLICATES].least)
		found(result, &count, HEAL_SCAN_NEW_DUPLICATES, duplicates,
			  "%.1f %% of the values are not the only one", 100 * duplicates);
	found(result, &count, HEAL_SCAN_WIDTH_DRIFT,
		  factor(before->width, now->width), "%.0f bytes wide, before %.0f",
		  now->width, before->width);
	found(result, &count, HEAL_SCAN_RANGE_DRIFT,
		  heal_scan_range_drift(before, now),
		  "values outside of the range before");
	return count;
}

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

bool
heal_scan_column_is_newer(const HealColumnFacts *before,
						  const HealColumnFacts *now)
{
	if (before->analyzed_at > 0 && now->analyzed_at > 0)
		return now->analyzed_at > before->analyzed_at;
	/* a crash forgets when, so the numbers have to tell */
	return !(same(before->null_fraction, now->null_fraction) &&
			 same(before->distinct, now->distinct) &&
			 same(before->width, now->width) && same(before->low, now->low) &&
			 same(before->high, now->high));
}
