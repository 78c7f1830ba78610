/*
 * escalation_pg.c
 *		Tell a human that selfheal is at its end: as a row, a line in the log and a NOTIFY.
 *
 * The NOTIFY is sent by the scribe, after what it tells about is in the tables, and in a transaction of
 * its own: a queue that is full, because some session listens and never reads, must not keep history from
 * being written. How far it has come is in the tables, so an escalation is told once, and one that could
 * not be told is told later. When everything breaks at once one message tells about all of it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "port/atomics.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "db/query.h"
#include "db/shmem.h"
#include "history/escalation_pg.h"
#include "recover/attempt_pg.h"
#include "settings.h"

#define TELL_EVERY "10 seconds"

typedef struct EscalationShared
{
	pg_atomic_uint32 untold;
} EscalationShared;

static EscalationShared *shared = NULL;

static Size
escalation_size(void)
{
	return sizeof(EscalationShared);
}

static void
escalation_attach(void *address, bool found)
{
	shared = address;
	if (!found) /* one may have been left when the server ended: the first pass finds out */
		pg_atomic_init_u32(&shared->untold, 1);
}

const HealSegment heal_escalation_segment = {
	"selfheal escalations", escalation_size, escalation_attach};

/* Raising */

static void
raise_one(HealEscalation *escalation)
{
	const char *what = escalation->kind >= 0
						   ? heal_failures[escalation->kind].title
						   : "a recovery that is for no failure";

	escalation->raised_at = GetCurrentTimestamp();
	if (!heal_escalation_create(escalation))
		return;
	ereport(heal_log_at(HEAL_LOG_ERROR),
			errmsg("selfheal: escalation %lld needs a human: %s",
				   (long long) escalation->id, what),
			errdetail("%s: %s.", escalation->why, escalation->evidence),
			errhint("See selfheal.escalations; SELECT "
					"selfheal.acknowledge(%lld, 'why') when you look after it.",
					(long long) escalation->id));
}

void
heal_escalate_failure(const HealFailure *failure, int64 recovery,
					  const char *why)
{
	HealEscalation escalation = {
		.failure = failure->id,
		.recovery = recovery,
		.kind = failure->kind,
	};

	strlcpy(escalation.component, heal_failures[failure->kind].component,
			sizeof(escalation.component));
	strlcpy(escalation.why, why, sizeof(escalation.why));
	strlcpy(escalation.evidence, failure->evidence,
			sizeof(escalation.evidence));
	raise_one(&escalation);
}

void
heal_escalate_recovery(const HealRecovery *recovery)
{
	HealEscalation escalation = {
		.failure = recovery->failure,
		.recovery = recovery->id,
		.kind = recovery->kind,
	};

	strlcpy(escalation.component, recovery->component,
			sizeof(escalation.component));
	strlcpy(escalation.why, recovery->message, sizeof(escalation.why));
	strlcpy(escalation.evidence, recovery->evidence,
			sizeof(escalation.evidence));
	raise_one(&escalation);
}

/* Telling */

/* Operators and functions are the server's: search_path is pinned. */
static void
notify(void)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(heal_journal_id())};

	heal_query(
		"WITH untold AS ("
		"  SELECT e.*, count(*) OVER () AS how_many, j.told AS told_before"
		"  FROM selfheal.escalation e JOIN selfheal.journal j ON j.id = e.journal"
		"  WHERE j.id = $1 AND e.id > j.told AND e.acknowledged_at IS NULL"
		"  ORDER BY e.id DESC LIMIT 1"
		"), told AS ("
		"  UPDATE selfheal.journal j SET told = u.id, told_at = clock_timestamp() FROM untold u"
		"  WHERE j.id = $1 AND (j.told_at IS NULL OR j.told_at > clock_timestamp()"
		"    OR j.told_at <= clock_timestamp() - interval '" TELL_EVERY "')"
		"  RETURNING j.id"
		") "
		"SELECT pg_notify('selfheal', json_build_object('escalation', u.id, 'new', u.how_many,"
		"  'failure', u.failure, 'type', u.failure_type, 'component', u.component,"
		"  'raised_at', u.raised_at)::text) FROM untold u, told",
		1, types, values);
	pg_atomic_write_u32(
		&shared->untold,
		heal_query_int8(
			"SELECT count(*) FROM selfheal.escalation e JOIN selfheal.journal j ON j.id = e.journal "
			"WHERE j.id = $1 AND e.id > j.told AND e.acknowledged_at IS NULL",
			1, types, values, 0) > 0);
}

static const char *
notify_within(void *argument)
{
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	notify();
	PopActiveSnapshot();
	SPI_finish();
	return NULL;
}

void
heal_escalation_tell(void)
{
	const char *problem = heal_attempt(notify_within, NULL);

	if (problem != NULL)
		ereport(
			heal_log_at(HEAL_LOG_WARN),
			errmsg("selfheal: escalations could not be notified: %s", problem),
			errhint("They are in selfheal.escalations all the same."));
}

bool
heal_escalation_untold(void)
{
	return pg_atomic_read_u32(&shared->untold) != 0;
}
