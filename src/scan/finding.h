/*
 * finding.h
 *		What a scan can find, and what proves it: facts from the catalogs -> scan findings.
 *
 * The scanner fills the facts of a table, an index, a sequence or a column and asks here. Facts that
 * are not known are NaN, and what rests on them is then not found: a server whose statistics were
 * just reset must not look as if every index of it were unused.
 */
#ifndef HEAL_FINDING_H
#define HEAL_FINDING_H

#include "base/types.h"

typedef enum HealScanKind
{
	HEAL_SCAN_DEAD_ROWS,
	HEAL_SCAN_BLOAT,
	HEAL_SCAN_VACUUM_OVERDUE,
	HEAL_SCAN_ANALYZE_OVERDUE,
	HEAL_SCAN_NEVER_ANALYZED,
	HEAL_SCAN_STALE_STATISTICS,
	HEAL_SCAN_SEQUENTIAL_SCANS,
	HEAL_SCAN_FREEZE_AGE,
	HEAL_SCAN_MULTIXACT_AGE,
	HEAL_SCAN_UNUSED_INDEX,
	HEAL_SCAN_DUPLICATE_INDEX,
	HEAL_SCAN_INVALID_INDEX,
	HEAL_SCAN_SEQUENCE_FULL,
	HEAL_SCAN_NOT_VALID,
	HEAL_SCAN_AUTOVACUUM_OFF,
	/* From here on: a column against itself one ANALYZE earlier, judged where that is kept. */
	HEAL_SCAN_NULL_DRIFT,
	HEAL_SCAN_DISTINCT_DRIFT,
	HEAL_SCAN_NEW_DUPLICATES,
	HEAL_SCAN_WIDTH_DRIFT,
	HEAL_SCAN_RANGE_DRIFT,
	HEAL_SCAN_KINDS
} HealScanKind;

#define HEAL_SCAN_FIRST_DRIFT HEAL_SCAN_NULL_DRIFT
#define HEAL_SCAN_DETAIL 120 /* bytes of the sentence of a finding */

typedef struct HealScanKindRow
{
	const char *name;
	const char *unit;
	const char *category;
	double least; /* a value at least this is a finding */
	const char *meaning;
} HealScanKindRow;

extern const HealScanKindRow heal_scan_kinds[HEAL_SCAN_KINDS];

/* What a check found. */
typedef struct HealScanResult
{
	HealScanKind kind;
	double value;
	HealTime
		done_at; /* of what is overdue: when it was done last; 0 = never, or not known */
	char detail[HEAL_SCAN_DETAIL];
} HealScanResult;

#define HEAL_SCAN_BLOCK 8192.0

typedef struct HealTableFacts
{
	bool internal;	   /* a catalog or a TOAST table */
	bool autovacuum;   /* not switched off, for the server or for this table */
	bool option_off;   /* switched off by an option of this table */
	double pages;	   /* of the last VACUUM or ANALYZE */
	double rows;	   /* the same; NaN = never counted */
	double live, dead; /* as counted by the statistics system */
	double changed;	   /* rows changed since the last ANALYZE */
	double inserted;   /* rows inserted since the last VACUUM */
	double sequential_scans, sequential_rows, index_scans;
	double freeze_age, multixact_age;
	double vacuum_base, vacuum_share, vacuum_most; /* autovacuum's thresholds */
	double insert_base, insert_share;
	double analyze_base, analyze_share;
	double freeze_limit, multixact_limit;
	double row_width;	/* bytes of data; NaN when a column has no statistics */
	double fill_factor; /* percent */
	int columns;		/* with statistics */
	HealTime analyzed_at; /* 0 = never, or not known any more */
	HealTime vacuumed_at; /* likewise */
} HealTableFacts;

typedef struct HealIndexFacts
{
	double pages;
	double scans;
	bool valid;
	bool
		building; /* somebody holds the lock of a concurrent build on its table */
	bool needed; /* enforces something, or identifies rows for replication */
	HealTime counted_since; /* when the statistics began; 0 = not known */
} HealIndexFacts;

typedef struct HealSequenceFacts
{
	double least, most; /* as declared */
	double
		column_most; /* of the type of the column that owns it; NaN = none does */
	double last;	 /* NaN = not called yet, or not readable now */
	double increment;
} HealSequenceFacts;

/* A column as ANALYZE saw it. */
typedef struct HealColumnFacts
{
	double rows; /* of its table */
	double null_fraction;
	double
		distinct; /* as in pg_stats: negative = share of the rows; 0 = not known */
	double width;
	double low,
		high; /* of the histogram, for types that are numbers; NaN = not known */
	HealTime analyzed_at; /* 0 = not known */
} HealColumnFacts;

/* Each fills result[HEAL_SCAN_KINDS] and returns how many. */
extern int heal_scan_table(const HealTableFacts *table, HealTime now,
						   HealScanResult *result);
extern int heal_scan_index(const HealIndexFacts *index, HealTime now,
						   HealScanResult *result);
extern int
heal_scan_sequence(const HealSequenceFacts *sequence, HealScanResult *result);
extern int heal_scan_column(const HealColumnFacts *before,
							const HealColumnFacts *now, HealScanResult *result);

/* True when now is another ANALYZE than before. */
extern bool heal_scan_column_is_newer(const HealColumnFacts *before,
									  const HealColumnFacts *now);
/* Different values; NaN = not known. */
extern double heal_scan_distinct(const HealColumnFacts *column);
/* Share of rows whose value another row has, too; NaN = not known. */
extern double heal_scan_duplicate_share(const HealColumnFacts *column);
/* How far a range left the one before, as a multiple of its width; NaN = not known. */
extern double heal_scan_range_drift(const HealColumnFacts *before,
									const HealColumnFacts *now);
/* Pages that the rows would need if nothing were wasted; NaN = not known. */
extern double heal_scan_pages_needed(const HealTableFacts *table);

#endif
