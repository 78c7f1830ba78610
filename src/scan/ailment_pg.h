/*
 * ailment_pg.h
 *		The table of ailments in shared memory.
 */
#ifndef HEAL_AILMENT_PG_H
#define HEAL_AILMENT_PG_H

#include "postgres.h"

#include "detect/subject.h"
#include "scan/scan_pg.h"

/* The ailment that a record of a scan tells of; false when it tells of none. */
extern bool
heal_ailment_of_record(const HealScanRecord *record, HealAilment *ailment);

/* The scanner's */
extern void heal_ailments_note(const HealScanRecord *record);
extern void
heal_ailments_sweep(Oid database, Oid from, Oid to, TimestampTz started);

/* The engine's and the recoverer's: those of databases there are, into row[HEAL_MAX_AILMENTS]; returns how many. */
extern int heal_ailments_copy(HealAilment *row);

/* The recoverer's. What a subject is about, as an ailment: the kind decides with the subject's number. */
extern void
heal_ailments_forget(HealAilmentKind kind, const HealSubject *subject);
/* Put off, each time for longer. */
extern void
heal_ailments_put_off(HealAilmentKind kind, const HealSubject *subject);
/* One of its kind was acted on: the others wait for the cool-down. */
extern void heal_ailments_acted(HealAilmentKind kind);

#endif
