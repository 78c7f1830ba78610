/*
 * foresight_pg.h
 *		What will follow from something that is known, in the engine.
 */
#ifndef HEAL_FORESIGHT_PG_H
#define HEAL_FORESIGHT_PG_H

#include "postgres.h"

#include "cause/diagnosis.h"
#include "cause/foresight.h"
#include "cause/openfailures_pg.h"
#include "cause/question_pg.h"

/* What foresights stand on. */
typedef struct HealGround
{
	int cause;				 /* node of the graph */
	HealTime since;			 /* when it began, for all that is known */
	double probability;		 /* that it is the cause */
	HealForesight foresight; /* what all of them have in common */
} HealGround;

/* Says what will most probably follow from that and is not there yet. */
extern void heal_foresee(HealQuestion *question, const HealGround *ground);
/* After the diagnosis of a failure with a cause that was found: with the same question, what will follow from that. */
extern void
heal_foresee_from_failure(HealQuestion *question, const HealFailure *failure,
						  const HealDiagnosis *diagnosis);

#endif
