/*
 * rows_pg.h
 *		What the ledger and the journal hold, as rows of the history tables.
 *
 * The same functions fill the tables and the views over shared memory, so a recovery looks the same
 * while it runs and a week later.
 */
#ifndef HEAL_HISTORY_ROWS_PG_H
#define HEAL_HISTORY_ROWS_PG_H

#include "postgres.h"

#include "db/rows.h"
#include "history/ledger.h"

/* A plan's hash as people see it: 16 hexadecimal digits. */
extern char *heal_plan_text(uint64 hash);
extern void
heal_failure_row(HealRow *row, uint64 journal, const HealFailure *failure);
/* Users' remedies must be loaded: heal_user_remedies_load(). Needs a transaction. */
extern void
heal_recovery_row(HealRow *row, uint64 journal, const HealRecovery *recovery);
extern void heal_escalation_row(HealRow *row, uint64 journal,
								const HealEscalation *escalation);
extern void
heal_anomaly_row(HealRow *row, uint64 journal, const HealPastAnomaly *past);
extern void
heal_false_positive_row(HealRow *row, const HealFalsePositive *mark);
/* The last of them: what it changed, and how that is taken back. See change_columns_pg.c. */
extern void heal_change_columns(HealRow *row, const HealRecovery *recovery);
extern void heal_recovery_step_row(HealRow *row, uint64 journal, HealTime at,
								   const HealRecovery *recovery);
extern void
heal_health_change_row(HealRow *row, uint64 journal, uint64 sequence,
					   const HealHealthChange *change);
extern void heal_diagnosis_row(HealRow *row, uint64 journal,
							   const HealDiagnosis *diagnosis);
/* Names of users' metrics must be loaded. */
extern void
heal_incident_row(HealRow *row, uint64 journal, const HealIncidentNote *note);
/* That these records, the last by its number, are missing from the tables, and why: a clause. */
extern void heal_lost_row(HealRow *row, uint64 journal, uint64 first,
						  uint64 last, const char *why);
/* A record told as an event; false when there is nothing to tell. */
extern bool
heal_event_row(HealRow *row, uint64 journal, uint64 sequence, HealTime at,
			   HealRecordType type, const void *payload);

#endif
