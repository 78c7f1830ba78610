/*
 * scan_pg.h
 *		What the scanner saw, on its way to the tables; and how far it has come.
 *
 * The scanner sits in one database and the tables are in another, so its records go through a ring in
 * shared memory, from where the scribe writes them. Not through the journal: that is for what must
 * survive, each record of it is a write to disk, and a scan can be done again. Nothing is dropped for
 * want of room: a scanner that finds the ring full waits for the scribe, and when its time is over
 * goes on in its next pass with what it could not say. After a crash the scan begins anew.
 */
#ifndef HEAL_SCAN_PG_H
#define HEAL_SCAN_PG_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "scan/coverage.h"
#include "scan/finding.h"

typedef enum HealScanRecordType
{
	HEAL_SCAN_RECORD_FINDING,
	HEAL_SCAN_RECORD_COLUMN,
	HEAL_SCAN_RECORD_UNSEEN, /* could not be looked at now: what was found before still holds */
	HEAL_SCAN_RECORD_PASS
} HealScanRecordType;

/* Names as they are in their database, whatever its encoding. */
typedef struct HealScanRecord
{
	int32 type; /* HealScanRecordType */
	Oid database;
	TimestampTz at; /* start of the pass */
	Oid relation;	/* the table, or the sequence */
	Oid object; /* what it is about: the relation, an index, a constraint; 0 = all of these */
	int16 attribute; /* a column of the relation, or 0 */
	char schema[HEAL_NAME_SIZE];
	char relation_name[HEAL_NAME_SIZE];
	char object_name[HEAL_NAME_SIZE]; /* of an index, constraint or column */
	union
	{
		HealScanResult finding;
		HealColumnFacts column;
		struct
		{
			Oid from,
				to; /* relations after the one and up to the other were looked at */
			HealScanCoverage coverage;
		} pass;
	};
} HealScanRecord;

/* What is true of the scanner now. */
typedef struct HealScanState
{
	int32 pid;	  /* 0 = no scanner runs */
	Oid database; /* that it is in */
	int64 pushed; /* records, since the server started */
	int64 written;
	int64 dropped; /* of them: could not be, whatever happens */
	int64 reports; /* passes that came to an end of their own */
	int64 pass_us; /* how long the last of them took */
	char last_error[HEAL_SCAN_ERROR]; /* of writing */
} HealScanState;

extern HealScanState heal_scan_state(void);

/* The engine's */
extern int heal_scan_next(const Oid *database, int count, TimestampTz now);
/* A pass that did not report: it was ended, or could not begin. */
extern void
heal_scan_abandoned(Oid database, const char *name, const char *why);

/* The scanner's: false when another one is at work. */
extern bool heal_scan_enter(Oid database, const char *name, TimestampTz now,
							HealScanCoverage *coverage);
/* False when the ring is full. */
extern bool heal_scan_push(const HealScanRecord *record);
/* The end of a pass; always finds room. */
extern void heal_scan_report(const HealScanCoverage *coverage, Oid from,
							 TimestampTz started);

/* The scribe's: up to count of the oldest unwritten records; returns how many. */
extern int heal_scan_copy(HealScanRecord *record, int count);
extern void heal_scan_set_written(int records, int dropped, const char *error);
extern bool heal_scan_waiting(void);
/* No more records than the ring takes in half, so that a pass can begin. */
extern bool heal_scan_has_room(void);

/* When each kind of finding was last handed over, since the server started; 0 = never. */
extern void heal_scan_found(HealTime found_at[HEAL_SCAN_KINDS]);

/* For SQL: a copy of all, palloc'd. */
extern HealScanCoverage *heal_scan_coverage_copy(int *count);

#endif
