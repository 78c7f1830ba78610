/*
 * diagnosis_pg.c
 *		Every confirmed failure gets a diagnosis, as long as it is open.
 *
 * An answer takes some milliseconds, and needs much memory for that long. So it is asked for when something has failed,
 * then every ten seconds, and of two failures between two samples at most.
 */
#include "postgres.h"

#include <math.h>

#include "utils/timestamp.h"

#include "cause/diagnosis_pg.h"
#include "cause/foresight_pg.h"
#include "cause/hindsight_pg.h"
#include "cause/imprint_pg.h"
#include "cause/indicator_pg.h"
#include "cause/model_pg.h"
#include "cause/question_pg.h"
#include "detect/failure.h"
#include "history/ledger_pg.h"

#define AGAIN_AFTER (10 * HEAL_SECOND)
#define RARELY_AFTER \
	HEAL_MINUTE /* of one that has been open for ten times as long */
#define AT_ONCE 2

#define KEPT \
	2 /* times that an incident is written down: metrics show later than proofs */

/* What was told last of a failure that may be open. */
typedef struct Told
{
	HealDiagnosis diagnosis;
	int kept; /* how often what was seen of it was written down */
} Told;

/* Of the engine alone. */
static Told told[HEAL_MAX_FAILURES];
static int asked; /* since the last stage */
static int64 incidents_kept = 0;

int64
heal_incidents_kept(void)
{
	return incidents_kept;
}

/* NULL = nothing was. */
static Told *
place_of(int64 failure)
{
	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
		if (told[i].diagnosis.id == failure)
			return &told[i];
	return NULL;
}

static const HealDiagnosis *
told_of(int64 failure)
{
	const Told *place = place_of(failure);

	return place != NULL ? &place->diagnosis : NULL;
}

/* The one told longest ago makes room. */
static Told *
place_for(int64 failure)
{
	Told *place = place_of(failure);

	if (place != NULL)
		return place;
	place = &told[0];
	for (int i = 1; i < HEAL_MAX_FAILURES; i++)
		if (told[i].diagnosis.at < place->diagnosis.at)
			place = &told[i];
	memset(place, 0, sizeof(*place));
	return place;
}

/* -1 = a user has taken it out of the graph. */
static int
symptom_of(const HealGraph *graph, int kind)
{
	return heal_graph_find(graph, heal_default_failures[kind].symptom);
}

static void
note(const HealFailure *failure, HealDiagnosis *diagnosis)
{
	HealDiagnosis *before = &place_for(failure->id)->diagnosis;
	const char *hint = heal_diagnosis_hint(diagnosis);
	char sentence[HEAL_DIAGNOSIS_TEXT + 128];

	diagnosis->id = failure->id;
	diagnosis->at = GetCurrentTimestamp();
	if (before->id == failure->id && !heal_diagnosis_differs(before, diagnosis))
	{
		before->at = diagnosis->at;
		return;
	}
	*before = *diagnosis;
	heal_ledger_write(HEAL_RECORD_DIAGNOSIS, diagnosis, false);
	heal_diagnosis_sentence(diagnosis, sentence, sizeof(sentence));
	ereport(heal_log_at(HEAL_LOG_INFO),
			errmsg("selfheal: cause of failure %lld: %s",
				   (long long) failure->id, sentence),
			diagnosis->evidence[0] != '\0'
				? errdetail("Seen: %s.", diagnosis->evidence)
				: 0,
			hint != NULL ? errhint("%s", hint) : 0);
}

/* The symptom began with the failure, whatever metrics say. */
static void
weigh_order(HealQuestion *question, int symptom, const HealFailure *failure)
{
	double began_at = question->began_at[symptom];

	question->began_at[symptom] =
		(double) (failure->since - question->asked_at) / HEAL_SECOND;
	heal_order_strengths(&question->model.graph, question->began_at,
						 HEAL_ONSET_LATE, question->strength);
	question->began_at[symptom] = began_at;
}

/* True for the first KEPT calls about a failure of which a diagnosis was noted. */
static bool
is_to_be_kept(int64 failure)
{
	return place_for(failure)->kept++ < KEPT;
}

/* The symptom began with the failure, as in weigh_order(). */
static void
keep(const HealQuestion *question, const HealFailure *failure, int symptom,
	 const HealImprint *imprint)
{
	const HealGraph *graph = &question->model.graph;
	HealIncidentNote note = {.id = failure->id, .at = question->asked_at};
	double began_at[HEAL_GRAPH_NODES];

	/* after a restart of the engine, or of one that stays open, it would show what came later */
	if ((failure->confirmed_at != 0 &&
		 question->asked_at - failure->confirmed_at > HEAL_MINUTE) ||
		!is_to_be_kept(failure->id))
		return;
	strlcpy(note.symptom, graph->node[symptom].id, sizeof(note.symptom));
	strlcpy(note.named, heal_default_failures[failure->kind].cause,
			sizeof(note.named));
	memcpy(began_at, question->began_at, sizeof(began_at));
	began_at[symptom] =
		(double) (failure->since - question->asked_at) / HEAL_SECOND;
	heal_incident_note_seen(&note, graph, symptom, question->seen, began_at);
	memcpy(note.change, imprint->change, sizeof(note.change));
	heal_ledger_write(HEAL_RECORD_INCIDENT, &note, false);
	incidents_kept++;
}

/* Earlier incidents whose cause is in the graph, with its number. */
static int
remember(const HealGraph *graph, int64 failure, HealCauseMemory *memory)
{
	int count = 0;

	heal_memory_copy(memory);
	for (int i = 0; i < memory->count; i++)
	{
		int cause = heal_graph_find(graph, memory->cause[i]);

		if (cause < 0 || memory->failure[i] == failure)
			continue;
		memory->imprint[count] = memory->imprint[i];
		memory->imprint[count++].cause = cause;
	}
	return count;
}

static void
ask_memory(const HealQuestion *question, int64 failure,
		   const HealImprint *imprint, HealDiagnosis *diagnosis)
{
	const HealGraph *graph = &question->model.graph;
	HealCauseMemory *memory = palloc(sizeof(HealCauseMemory));
	int cause = heal_graph_find(graph, diagnosis->cause);
	bool proven = cause >= 0 && question->seen[cause].says == 1 &&
				  question->seen[cause].by.kind == HEAL_SIGNAL_FAILURE;

	heal_diagnosis_recall(diagnosis, graph, memory->imprint,
						  remember(graph, failure, memory), imprint, proven);
	pfree(memory);
}

static void
ask(HealQuestion *question, const HealFailure *failure)
{
	const HealGraph *graph = &question->model.graph;
	int symptom = symptom_of(graph, failure->kind);
	HealCauseAnswer answer;
	HealDiagnosis diagnosis = {.trouble = HEAL_DIAGNOSIS_NO_SYMPTOM,
							   .verdict = HEAL_CAUSE_UNKNOWN,
							   .steps = -1,
							   .by_graph = NAN,
							   .recalled_share = NAN};
	HealImprint imprint;

	asked++;
	if (symptom >= 0)
	{
		weigh_order(question, symptom, failure);
		heal_answer_cause(&question->answerer, graph, question->strength,
						  &question->observations, symptom,
						  &heal_answer_defaults, &answer);
		heal_diagnosis_tell(&diagnosis, &question->model, &answer, symptom,
							&question->facts, question->seen);
		heal_imprint_read(&imprint, failure->since);
		ask_memory(question, failure->id, &imprint, &diagnosis);
		heal_cause_count(diagnosis.verdict, diagnosis.confidence,
						 diagnosis.steps);
	}
	note(failure, &diagnosis);
	if (symptom >= 0)
		keep(question, failure, symptom, &imprint);
	heal_foresee_from_failure(question, failure, &diagnosis);
}

void
heal_diagnose(const HealFailure *failure)
{
	HealQuestion *question;

	if (asked >= AT_ONCE)
		return;
	question = heal_question_of_engine();
	if (question != NULL)
		ask(question, failure);
	heal_question_end(question);
}

/* When it was looked at last; 0 = never. A clock that was set back makes it never. */
static HealTime
looked_at(const HealFailure *failure, HealTime now)
{
	const HealDiagnosis *last = told_of(failure->id);

	return last == NULL || last->at > now ? 0 : last->at;
}

static bool
is_due(const HealFailure *failure, HealTime now)
{
	HealTime open_for = now - failure->confirmed_at;

	return failure->status != HEAL_FAILURE_WATCHING &&
		   now - looked_at(failure, now) >=
			   (open_for > 10 * RARELY_AFTER ? RARELY_AFTER : AGAIN_AFTER);
}

/* The one that is due and was looked at longest ago; -1 = none is. */
static int
next_one(const HealOpenFailures *open, HealTime now)
{
	const HealFailure *failure = open->failure;
	int next = -1;

	for (int i = 0; i < open->count; i++)
		if (is_due(&failure[i], now) &&
			(next < 0 ||
			 looked_at(&failure[i], now) < looked_at(&failure[next], now)))
			next = i;
	return next;
}

static void
ask_about_open(void)
{
	HealOpenFailures *open = heal_open_failures_copy();
	HealTime now = GetCurrentTimestamp();
	HealQuestion *question = NULL;
	int next;

	while (asked < AT_ONCE && (next = next_one(open, now)) >= 0)
	{
		if (question == NULL && (question = heal_question_of_engine()) == NULL)
			break;
		ask(question, &open->failure[next]);
	}
	heal_question_end(question);
	pfree(open);
}

void
heal_diagnose_stage(void)
{
	if (!heal_ledger_quiet())
		ask_about_open();
	if (asked == 0)
		heal_indicators_look();
	heal_hindsight_look();
	asked = 0;
}

/* A failure shows its cause when the cause is what its proof names, or when it is the cause itself. */
static bool
shows(const HealFailure *failure, const char *cause)
{
	const HealDefaultFailure *about = &heal_default_failures[failure->kind];

	return strcmp(about->cause, cause) == 0 ||
		   strcmp(about->symptom, cause) == 0;
}

/* Its own diagnosis, where there is one, says so as well: two that blame each other would both wait. */
static bool
stands_for_itself(const HealFailure *failure)
{
	const HealDiagnosis *diagnosis = told_of(failure->id);

	return diagnosis == NULL || diagnosis->verdict != HEAL_CAUSE_FOUND ||
		   shows(failure, diagnosis->cause);
}

const HealFailure *
heal_diagnosis_blames(const HealLedger *ledger, const HealFailure *failure,
					  double *confidence)
{
	const HealDiagnosis *diagnosis = told_of(failure->id);
	const HealFailure *suspected = NULL;

	if (diagnosis == NULL || diagnosis->verdict != HEAL_CAUSE_FOUND ||
		shows(failure, diagnosis->cause))
		return NULL;
	*confidence = diagnosis->confidence;
	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
	{
		const HealFailure *other = &ledger->failure[i];

		if (other->id == 0 || other->id == failure->id ||
			!shows(other, diagnosis->cause))
			continue;
		if (other->status == HEAL_FAILURE_CONFIRMED && stands_for_itself(other))
			return other;
		if (other->status == HEAL_FAILURE_WATCHING)
			suspected = other;
	}
	return suspected;
}
