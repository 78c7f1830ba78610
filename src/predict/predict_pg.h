/*
 * predict_pg.h
 *		Everything bounded in this cluster, watched by the engine, in shared memory and in a file.
 */
#ifndef HEAL_PREDICT_PG_H
#define HEAL_PREDICT_PG_H

#include "postgres.h"

#include "cause/foresight.h"
#include "predict/bounded.h"
#include "scan/scan_pg.h"

#define HEAL_PAST_PREDICTIONS 128

/* What is kept over a restart. */
typedef struct HealPredictionBook
{
	HealPredictions now;
	uint64 ended; /* ever; number n stands at n modulo HEAL_PAST_PREDICTIONS */
	HealPrediction past[HEAL_PAST_PREDICTIONS];
	HealForesightBook foresights;
} HealPredictionBook;

/* A stage of the heartbeat. */
extern void heal_predict_stage(void);

/* The scanner's: how far a sequence has come. */
extern void heal_predict_note(const HealScanRecord *record);
/* Those of the database between the two that were not noted since are well again. */
extern void
heal_predict_sweep(Oid database, Oid from, Oid to, TimestampTz started);

/* For SQL: a copy, palloc'd. */
extern HealPredictionBook *heal_predict_copy(void);

/*
 * What follows from failures and leading indicators: the engine's, which alone writes them. last_id numbers all predictions.
 */
extern bool heal_predict_has_foresights(void); /* that stand */
extern void
heal_predict_read_foresights(HealForesightBook *book, int64 *last_id);
extern void
heal_predict_write_foresights(const HealForesightBook *book, int64 last_id);

/* To the file; in a process that may wait for a disk. Raises no error. */
extern void heal_predict_save(void);

#endif
