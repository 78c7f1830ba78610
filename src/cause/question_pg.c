/*
 * question_pg.c
 *		A question about causes: the graph, what is seen, and the memory an answer takes.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/due.h"
#include "cause/facts_pg.h"
#include "cause/model_pg.h"
#include "cause/question_pg.h"

#define ANSWER_MEMORY (2 * HEAL_INFER_MEMORY) /* for each of its two graphs */

static void *
allocate(Size size)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
}

HealQuestion *
heal_question_begin(void)
{
	HealQuestion *question = allocate(sizeof(HealQuestion));

	if (question == NULL)
		return NULL;
	question->memory = allocate(ANSWER_MEMORY);
	if (question->memory == NULL)
	{
		pfree(question);
		return NULL;
	}
	question->asked_at = GetCurrentTimestamp();
	heal_answerer_init(&question->answerer, question->memory, ANSWER_MEMORY);
	return question;
}

void
heal_question_end(HealQuestion *question)
{
	if (question == NULL)
		return;
	pfree(question->memory);
	pfree(question);
}

void
heal_question_see_nothing(HealQuestion *question)
{
	const HealGraph *graph = &question->model.graph;

	heal_facts_clear(&question->facts);
	heal_observations_clear(&question->observations);
	for (int i = 0; i < graph->nodes; i++)
	{
		question->seen[i] = (HealSeen){.says = HEAL_HIDDEN};
		question->began_at[i] = NAN;
	}
	heal_graph_strengths(graph, NULL, question->strength);
}

void
heal_question_look(HealQuestion *question)
{
	heal_facts_read(&question->facts);
	heal_evidence_gather(&question->model, &question->facts,
						 &question->observations, question->seen);
	heal_evidence_onsets(&question->model, question->seen, question->asked_at,
						 question->began_at);
	heal_order_strengths(&question->model.graph, question->began_at,
						 HEAL_ONSET_LATE, question->strength);
}

static void
tell_no_memory(void)
{
	static TimestampTz told_at = 0;
	TimestampTz now = GetCurrentTimestamp();

	if (!heal_due(told_at, HEAL_MINUTE, now))
		return;
	told_at = now;
	ereport(LOG, errmsg("selfheal: no memory to diagnose failures"),
			errdetail("It takes %d MB of address space for some milliseconds. "
					  "Healing goes on without.",
					  (int) (2 * HEAL_INFER_MEMORY >> 20)),
			errhint("Look for what uses the memory: selfheal.processes shows "
					"the server's part."));
}

HealQuestion *
heal_question_of_engine(void)
{
	HealQuestion *question = heal_question_begin();

	if (question == NULL)
	{
		tell_no_memory();
		return NULL;
	}
	heal_model_copy(&question->model);
	heal_question_look(question);
	question->answerer.inference.limit = HEAL_ENGINE_WIDTH;
	question->answerer.other.limit = HEAL_ENGINE_WIDTH;
	return question;
}
