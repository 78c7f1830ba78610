/*
 * ask_sql.c
 *		What questions about causes that are asked in SQL have in common.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "cause/ask_sql.h"
#include "cause/network_sql.h"
#include "db/shmem.h"

#define TIME_LIMIT 30 /* s, of an answer */

static TimestampTz answer_until;

/* Every now and then while something is computed. */
static void
check_time(void)
{
	CHECK_FOR_INTERRUPTS();
	if (GetCurrentTimestamp() > answer_until)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("the causal graph takes longer than %d s to compute",
					   TIME_LIMIT),
				errhint("Nodes with many causes that share their causes make "
						"it wide; remove some edges with "
						"selfheal.remove_causal_edge()."));
}

/* What the caller says of a node is certain. */
static void
take_given(HealQuestion *question, Jsonb *given)
{
	JsonbIterator *iterator = JsonbIteratorInit(&given->root);
	JsonbIteratorToken token;
	JsonbValue value;
	int node = -1;

	if (!JB_ROOT_IS_OBJECT(given))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("what is given must be an object"),
				errhint("Give the states of nodes, such as "
						"'{\"disk_full\": true, \"io_saturated\": false}'."));
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			node = heal_network_node(
				&question->model.graph,
				pnstrdup(value.val.string.val, value.val.string.len));
		else if (token == WJB_VALUE && value.type == jbvBool)
			question->observations.known[node] = value.val.boolean ? 1 : 0;
		else if (token == WJB_VALUE && value.type != jbvNull)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("the state of node \"%s\" must be true or false",
						   question->model.graph.node[node].id),
					errhint("true = it is active, false = it is not; leave out "
							"what is not known."));
	}
}

HealQuestion *
heal_ask_begin(bool observe, Jsonb *given)
{
	HealQuestion *question = heal_question_begin();

	if (question == NULL)
		ereport(ERROR, errcode(ERRCODE_OUT_OF_MEMORY),
				errmsg("out of memory for an answer about causes"),
				errhint("Free some memory of the machine, and ask again."));
	answer_until = GetCurrentTimestamp() + TIME_LIMIT * HEAL_SECOND;
	question->answerer.inference.arena.pause = check_time;
	question->answerer.other.arena.pause = check_time;
	heal_network_read(&question->model);
	if (observe)
	{
		heal_shmem_require();
		heal_question_look(question);
	}
	else
		heal_question_see_nothing(question);
	if (given != NULL)
		take_given(question, given);
	return question;
}

void
heal_ask_require_exact(HealInferStatus status, const char *node)
{
	if (status == HEAL_INFER_IMPOSSIBLE)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("what is given is impossible in this causal graph"),
			node != NULL
				? errdetail("Node \"%s\" would be active with nothing that "
							"could have made it so, or is given as not active.",
							node)
				: errdetail("Some node would be active with nothing that "
							"could have made it so."),
			errhint("Give a node that has no cause a probability, or leave "
					"out some of what is given."));
	if (status != HEAL_INFER_EXACT)
		ereport(
			ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			errmsg("the causal graph is too wide to be computed exactly"),
			errhint("Nodes with many causes that share their causes make it "
					"wide; remove some edges with "
					"selfheal.remove_causal_edge()."));
}

char *
heal_ask_evidence(const HealQuestion *question, int node)
{
	const HealSeen *seen = &question->seen[node];
	char text[256];

	if (question->observations.known[node] != HEAL_HIDDEN)
		return psprintf("given as %s", question->observations.known[node]
										   ? "active"
										   : "not active");
	if (seen->says != 1)
		return NULL;
	heal_evidence_text(&question->facts, &seen->by, text, sizeof(text));
	if (seen->since == 0)
		return pstrdup(text);
	return psprintf("%s, since %s", text, timestamptz_to_str(seen->since));
}

void
heal_ask_require_observe(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("observe must not be null"),
				errhint("true = look at the server, false = only what is given "
						"counts."));
}
