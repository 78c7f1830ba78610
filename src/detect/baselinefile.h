/*
 * baselinefile.h
 *		All baselines as one block of bytes, to survive a restart.
 *
 *		+--------+----------+----------+-- --+
 *		| header | record 0 | record 1 | ... |
 *		+--------+----------+----------+-- --+
 *
 * A record is a name and a baseline with a checksum of its own: one that is damaged is that
 * metric's loss alone. The size of a record is in the header, as a library in which
 * baselines look otherwise must begin to learn anew.
 */
#ifndef HEAL_BASELINEFILE_H
#define HEAL_BASELINEFILE_H

#include "detect/baseline.h"
#include "detect/spell.h"
#include "history/origin.h"

#define HEAL_BASELINES_DAYS 7 /* that they are believed */

typedef struct HealBaselineHeader
{
	char magic[8];
	uint32_t version;
	uint32_t record_size;
	HealFileOrigin origin;
	HealTime saved_at;
	HealAlarmRecord alarms;
	uint32_t records;
	uint32_t checksum; /* of all before */
} HealBaselineHeader;

typedef struct HealBaselineRecord
{
	char name[HEAL_NAME_SIZE];
	int32_t of_user;   /* the metric is a user's */
	uint32_t checksum; /* of all before */
	HealBaseline baseline;
} HealBaselineRecord;

/* Bytes of a file with so many records. */
extern size_t heal_baselinefile_size(int records);
/* The place of a record; bytes must be aligned as malloc() does. */
extern HealBaselineRecord *
heal_baselinefile_record(unsigned char *bytes, int record);
/* Fills in one record. */
extern void
heal_baselinefile_put(HealBaselineRecord *record, HealMetricId metric,
					  const HealBaseline *baseline, HealChecksum checksum);
/* Fills in the header, after all records. */
extern void
heal_baselinefile_seal(unsigned char *bytes, int records,
					   const HealFileOrigin *origin, HealTime now,
					   const HealAlarmRecord *alarms, HealChecksum checksum);

/* NULL = good, else what is wrong with the file. */
extern const char *
heal_baselinefile_problem(const unsigned char *bytes, size_t size,
						  HealChecksum checksum);
extern const HealBaselineHeader *
heal_baselinefile_header(const unsigned char *bytes);
/*
 * Whether it was saved too long ago to say what is normal now. A time to come is no age: a clock that was set back
 * costs nothing.
 */
extern bool
heal_baselinefile_outdated(const HealBaselineHeader *header, HealTime now);
/* False: it is damaged, so nothing in it may be used. */
extern bool heal_baselinefile_intact(const HealBaselineRecord *record,
									 HealChecksum checksum);

#endif
