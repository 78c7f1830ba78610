/*
 * ailment.h
 *		What a scan found that a remedy can heal: a small table, the worst of all databases.
 *
 * Of thousands of scan findings the engine needs to know a few, and it is in no database where it could
 * ask for them. The scanner notes them here as it meets them, and takes out what it looked for and did not find
 * again; so does a recoverer that has looked. The table is a plain value of fixed size.
 */
#ifndef HEAL_AILMENT_H
#define HEAL_AILMENT_H

#include "scan/finding.h"

typedef enum HealAilmentKind
{
	HEAL_AILMENT_INDEX,			 /* left invalid by a build that failed */
	HEAL_AILMENT_STATISTICS,	 /* rows changed since the last ANALYZE */
	HEAL_AILMENT_DEAD_ROWS,		 /* or rows inserted, since the last VACUUM */
	HEAL_AILMENT_AGE,			 /* of unfrozen transactions or multixacts */
	HEAL_AILMENT_AUTOVACUUM_OFF, /* by an option of the table */
	HEAL_AILMENT_KINDS
} HealAilmentKind;

#define HEAL_MAX_AILMENTS 32

typedef struct HealAilment
{
	int32_t kind;	   /* HealAilmentKind */
	uint32_t database; /* 0 = free */
	uint32_t relation; /* the index or the table */
	uint32_t table;	   /* that it belongs to; the table itself */
	int32_t rests;	   /* how often it was put off in a row */
	double value;	   /* as of its scan finding */
	HealTime first_at; /* found for the first time since it was not there */
	HealTime
		done_at; /* of what is overdue: done last; 0 = never, or not known */
	HealTime seen_at;	 /* start of the pass that found it last */
	HealTime rest_until; /* nothing is to be tried before */
	char schema[HEAL_NAME_SIZE];
	char name[HEAL_NAME_SIZE];
} HealAilment;

typedef struct HealAilments
{
	HealAilment row[HEAL_MAX_AILMENTS];
} HealAilments;

/* The ailment that a scan finding is, -1 when it is none or not bad enough to do something about. */
extern int heal_ailment_kind(HealScanKind kind, double value);
/*
 * Found, with everything but first_at and the rests. When the table is full the least bad gives way, and before it what was
 * done within an hour.
 */
extern void heal_ailment_note(HealAilments *ailments, const HealAilment *found);
/* Could not be looked at: what was found about this table before still holds. */
extern void heal_ailment_keep(HealAilments *ailments, uint32_t database,
							  uint32_t table, HealTime at);
/* Tables after the one and up to the other were looked at by a pass that began then. */
extern void heal_ailment_sweep(HealAilments *ailments, uint32_t database,
							   uint32_t from, uint32_t to, HealTime started);
extern HealAilment *
heal_ailment_find(HealAilments *ailments, HealAilmentKind kind,
				  uint32_t database, uint32_t relation);
/* A kind is one thing at a time: until then nothing of it is tried in any database. */
extern void heal_ailment_rest_kind(HealAilments *ailments, HealAilmentKind kind,
								   HealTime until);
/* Higher is worse. */
extern double heal_ailment_weight(const HealAilment *ailment);

#endif
