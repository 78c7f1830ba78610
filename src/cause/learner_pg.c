/*
 * learner_pg.c
 *		The process that learns from incidents now and then, and the stage that starts it.
 *
 * It may take seconds of one core, and nothing waits for it. On a standby nothing can be written down, so nothing is
 * learned there; it has what its primary has learned.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"

#include "cause/diagnosis_pg.h"
#include "cause/learn_pg.h"
#include "cause/learner_pg.h"
#include "cause/model_pg.h"
#include "db/clock.h"
#include "db/query.h"
#include "db/worker.h"
#include "history/event.h"
#include "history/journal_pg.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "loop/room.h"
#include "recover/stage.h"
#include "sample/usermetric_pg.h"
#include "settings.h"
#include "version.h"

#define MAY_TAKE_MS 30000
#define BY_ITSELF "selfheal"

/* The stage: of the engine alone */

static BackgroundWorkerHandle *learner = NULL;
static int64 looked_at = 0; /* by the clock that nobody sets; 0 = not yet */

/* What there was to learn from. */
typedef struct HealLearnable
{
	int64 incidents; /* kept by this engine */
	uint64 changes;	 /* of users, among them causes they confirm */
	int64
		over; /* numbers of recoveries that are, added up: they confirm causes */
	uint64 sequence; /* of the journal then */
} HealLearnable;

/* At the last look, and before the last lesson. */
static HealLearnable seen, learned_from;
/* How many lessons there are when the last one that was begun got through. */
static int64 lessons_then;

static HealLearnable
learnable_now(void)
{
	HealLedger *ledger = heal_ledger_copy();
	HealLearnable now = {.incidents = heal_incidents_kept(),
						 .changes = heal_user_changes(),
						 .sequence = heal_journal_sequence()};

	for (int i = 0; i < HEAL_MAX_RECOVERIES; i++)
		if (ledger->recovery[i].id != 0 &&
			heal_stage_is_final((HealStage) ledger->recovery[i].stage))
			now.over += ledger->recovery[i].id;
	pfree(ledger);
	return now;
}

/* Something came, or is still to be learned because the last lesson failed, and the tables have it. */
static bool
has_more(void)
{
	return (seen.incidents != learned_from.incidents ||
			seen.changes != learned_from.changes ||
			seen.over != learned_from.over ||
			heal_cause_lessons() < lessons_then) &&
		   heal_journal_mirrored() >= seen.sequence;
}

static bool
is_due(int64 now)
{
	if (looked_at == 0)
		looked_at = now;
	if (heal_causal_learning_interval == 0 ||
		now - looked_at < heal_causal_learning_interval * HEAL_SECOND)
		return false;
	looked_at = now;
	return true;
}

void
heal_learn_stage(void)
{
	static const HealWorker worker = {
		.type = "selfheal learner",
		.function = "heal_learner_main",
		.start = BgWorkerStart_RecoveryFinished,
		.connects = true,
	};

	if (!is_due(heal_monotonic_us()) || RecoveryInProgress() ||
		!heal_ledger_ready(NULL) || heal_worker_runs(learner) ||
		heal_engine_status().home != HEAL_HOME_OK || !heal_room_for_worker())
		return;
	/* should there be no slot, another interval is no harm */
	if (has_more() && heal_worker_launch(&worker, &learner))
	{
		learned_from = seen;
		lessons_then = heal_cause_lessons() + 1;
	}
	seen = learnable_now();
}

/* The process */

static bool
extension_is_here(void)
{
	char *version = heal_extension_version();

	return version != NULL && strcmp(version, HEAL_VERSION) == 0;
}

static void
tell(const HealLesson *lesson)
{
	char message[256];

	if (lesson->version == 0)
		return;
	snprintf(message, sizeof(message),
			 "version %d, from %d incidents, %d of them confirmed; %d numbers "
			 "moved, by %.3f at most",
			 lesson->version, lesson->incidents, lesson->confirmed,
			 lesson->moved, lesson->largest);
	heal_event_log("causes_learned", "info", "causal graph", message);
	ereport(heal_log_at(HEAL_LOG_INFO),
			errmsg("selfheal: learned about causes: %s", message));
}

void
heal_learner_main(Datum argument)
{
	HealLesson lesson = {0};

	heal_worker_enter_home(NULL);
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	enable_timeout_after(STATEMENT_TIMEOUT, MAY_TAKE_MS);
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, "selfheal: learning from incidents");
	if (extension_is_here())
		lesson = heal_learn_incidents(BY_ITSELF, true);
	SPI_finish();
	PopActiveSnapshot();
	disable_timeout(STATEMENT_TIMEOUT, false);
	CommitTransactionCommand();
	pgstat_report_activity(STATE_IDLE, NULL);
	heal_cause_lesson_over();
	tell(&lesson);
	proc_exit(0);
}
