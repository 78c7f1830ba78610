/*
 * cycle.c
 *		One heartbeat: the stages in the order a metric travels. Read this first.
 *
 * Each stage has its own error handler: one that fails is reported and skipped, and the next
 * heartbeat tries again. An error repeats in the log once a minute at most. The stages share a
 * transaction, as one each cost a tenth of the heartbeat; an error ends it, and the next stage
 * begins another.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/types.h"
#include "cause/diagnosis_pg.h"
#include "cause/learner_pg.h"
#include "config/book_pg.h"
#include "decide/decide_pg.h"
#include "detect/anomaly_pg.h"
#include "gate/statement_pg.h"
#include "gate/throttle_pg.h"
#include "health/health_pg.h"
#include "history/scribe_pg.h"
#include "loop/cycle.h"
#include "predict/predict_pg.h"
#include "recover/give_back_pg.h"
#include "recover/launch_pg.h"
#include "recover/rollback_queue_pg.h"
#include "sample/keeper_pg.h"
#include "sample/sampler_pg.h"
#include "sample/userworker_pg.h"
#include "scan/scanner_pg.h"

typedef struct HealStageRow
{
	const char *name;
	void (*run)(void);
	bool always; /* also between samples */
} HealStageRow;

static const HealStageRow stages[] = {
	{"looking", heal_sample_look, true}, /* who waits for whom, now */
	{"sampling", heal_sample_stage, false},
	{"comparing", heal_config_stage, false}, /* settings */
	{"tidying", heal_statement_tidy, false},
	{"unthrottling", heal_throttle_tidy, false},
	{"detecting", heal_detect_stage_anomalies, false},
	{"predicting", heal_predict_stage, false},
	{"deciding", heal_decide_stage, true},
	{"diagnosing", heal_diagnose_stage, false},
	{"judging health", heal_health_stage, false},
	{"recovering", heal_recover_stage, true},
	{"rolling back", heal_rollback_stage, true},
	{"giving back", heal_give_back_stage, false}, /* what was raised */
	{"measuring", heal_user_stage, false},		  /* what users have added */
	{"learning", heal_learn_stage, false},		  /* about causes */
	{"scanning", heal_scan_stage, false},
	{"recording", heal_record_stage, true},
	{"keeping", heal_keep_stage, false},
};

StaticAssertDecl(lengthof(stages) <= HEAL_MAX_STAGES,
				 "the report has room for every stage");

static TimestampTz last_logged[lengthof(stages)];

static void
keep_error(int stage, MemoryContext context, HealCycleReport *report)
{
	ErrorData *error;
	TimestampTz now = GetCurrentTimestamp();

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	report->errors++;
	snprintf(report->last_error, sizeof(report->last_error), "while %s: %s",
			 stages[stage].name, error->message);
	if (now - last_logged[stage] > HEAL_MINUTE)
	{
		last_logged[stage] = now;
		errcontext("selfheal engine, %s", stages[stage].name);
		EmitErrorReport();
	}
}

static void
begin_transaction(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
end_transaction(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
}

static void
run_stage(int stage, bool last, MemoryContext context, HealCycleReport *report)
{
	PG_TRY();
	{
		CHECK_FOR_INTERRUPTS();
		pgstat_report_activity(STATE_RUNNING, stages[stage].name);
		if (!IsTransactionState())
			begin_transaction();
		MemoryContextSwitchTo(context); /* results outlive the stage */
		stages[stage].run();
		if (last)
			end_transaction();
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		keep_error(stage, context, report);
		AbortOutOfAnyTransaction();
		FlushErrorState();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
}

static void
time_stage(int stage, bool last, MemoryContext context, HealCycleReport *report)
{
	instr_time begun;
	instr_time took;

	INSTR_TIME_SET_CURRENT(begun);
	run_stage(stage, last, context, report);
	INSTR_TIME_SET_CURRENT(took);
	INSTR_TIME_SUBTRACT(took, begun);
	report->stage_us[stage] =
		(uint32) Min(INSTR_TIME_GET_MICROSEC(took), PG_UINT32_MAX);
}

static bool
is_run(int stage, bool full)
{
	return full || stages[stage].always;
}

static int
last_stage(bool full)
{
	int last = lengthof(stages) - 1;

	while (!is_run(last, full))
		last--;
	return last;
}

void
heal_cycle_run(bool full, MemoryContext context, HealCycleReport *report)
{
	int last = last_stage(full);

	/* should taking another fail, or not even begin, no stage must see one whose memory is gone */
	heal_situation_forget();
	for (int stage = 0; stage <= last; stage++)
		if (is_run(stage, full))
			time_stage(stage, stage == last, context, report);
	pgstat_report_activity(STATE_IDLE, NULL);
}

const char *
heal_cycle_stage_name(int stage)
{
	return stage < lengthof(stages) ? stages[stage].name : NULL;
}

TimestampTz
heal_cycle_next_due(void)
{
	return heal_decide_next_due();
}
