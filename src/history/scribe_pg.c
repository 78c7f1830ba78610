/*
 * scribe_pg.c
 *		The only writer of the history tables: journal -> tables in the home database.
 *
 * Short-lived, so that nothing holds the home database for longer than a pass takes. It also probes whether the
 * database works, first of all: that must be known also when nothing else succeeds. A pass mirrors
 * records from where the tables say the last one ended; both the rows and the new position are one
 * transaction, so a pass that is interrupted is simply done again. The journal is flushed to disk
 * before that transaction commits, so the tables never know more than the journal. It commits locally: history must
 * not wait for a standby that is part of the trouble.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "db/query.h"
#include "db/worker.h"
#include "detect/anomaly_pg.h"
#include "health/probe_pg.h"
#include "history/escalation_pg.h"
#include "history/flight_pg.h"
#include "history/journal_pg.h"
#include "history/ledger_pg.h"
#include "history/rows_pg.h"
#include "history/scribe_pg.h"
#include "history/series_pg.h"
#include "loop/engine.h"
#include "recover/userremedy_pg.h"
#include "sample/usermetric_pg.h"
#include "scan/mirror_pg.h"
#include "settings.h"
#include "version.h"

#define BATCH 500 /* records per transaction */
#define WRITER_MAY_TAKE \
	HEAL_MINUTE /* a record missing for longer than this was lost in a crash */
#define PASS_MAY_TAKE_MS 10000

static HealHome
look_at_home(void)
{
	char *version = heal_extension_version();

	if (version == NULL)
		return HEAL_HOME_NO_EXTENSION;
	return strcmp(version, HEAL_VERSION) == 0 ? HEAL_HOME_OK
											  : HEAL_HOME_OTHER_VERSION;
}

static TupleDesc
table_descriptor(const char *table)
{
	Oid relation =
		get_relname_relid(table, get_namespace_oid("selfheal", false));
	Relation opened = table_open(relation, AccessShareLock);
	TupleDesc descriptor = CreateTupleDescCopy(RelationGetDescr(opened));

	descriptor->tdtypeid = opened->rd_rel->reltype;
	descriptor->tdtypmod = -1;
	table_close(opened, NoLock);
	return descriptor;
}

static void
insert(const char *table, const HealRow *row)
{
	TupleDesc descriptor = table_descriptor(table);

	heal_query_insert(psprintf("selfheal.%s", table),
					  heal_row_tuple(row, descriptor), descriptor);
}

static void
replace(const char *table, const HealRow *row)
{
	Oid types[] = {INT8OID, INT8OID};

	heal_query(
		psprintf("DELETE FROM selfheal.%s t WHERE t.journal = $1 AND t.id = $2",
				 table),
		2, types, row->value);
	insert(table, row);
}

static void
mirror(uint64 sequence, const HealRecordHeader *header, const void *payload)
{
	HealRow row = {0};
	uint64 id = heal_journal_id();

	if (header->type == HEAL_RECORD_FAILURE)
	{
		heal_failure_row(&row, id, payload);
		replace("failure", &row);
	}
	else if (header->type == HEAL_RECORD_RECOVERY)
	{
		heal_recovery_row(&row, id, payload);
		replace("recovery", &row);
		heal_recovery_step_row(&row, id, header->at, payload);
		insert("recovery_step", &row);
	}
	else if (header->type == HEAL_RECORD_ESCALATION)
	{
		heal_escalation_row(&row, id, payload);
		replace("escalation", &row);
	}
	else if (header->type == HEAL_RECORD_HEALTH)
	{
		heal_health_change_row(&row, id, sequence, payload);
		insert("health_change", &row);
	}
	else if (header->type == HEAL_RECORD_DIAGNOSIS)
	{
		heal_diagnosis_row(&row, id, payload);
		replace("diagnosis", &row);
	}
	else if (header->type == HEAL_RECORD_INCIDENT)
	{
		heal_incident_row(&row, id, payload);
		replace("incident", &row);
	}
	else if (header->type == HEAL_RECORD_ANOMALY)
	{
		heal_anomaly_row(&row, id, payload);
		replace("anomaly", &row);
	}
	else if (header->type == HEAL_RECORD_FALSE_POSITIVE)
	{
		heal_false_positive_row(&row, payload);
		replace("false_positive", &row);
	}
	if (heal_event_row(&row, id, sequence, header->at,
					   (HealRecordType) header->type, payload))
		insert("event", &row);
}

/* True when a later record that was written long ago proves that this one never will be. */
static bool
never_written(uint64 sequence, uint64 newest, unsigned char *page)
{
	HealRecordHeader header;
	const void *payload;

	if (sequence + HEAL_JOURNAL_RECORDS <= newest)
		return true;
	for (uint64 later = sequence + 1; later <= newest; later++)
	{
		CHECK_FOR_INTERRUPTS();
		if (heal_journal_read_record(later, page, &header, &payload))
			return GetCurrentTimestamp() - header.at > WRITER_MAY_TAKE;
	}
	return false;
}

/* The tables tell of their own gaps: the count in memory ends with the server. */
static void
tell_lost(uint64 first, uint64 last, const char *why)
{
	HealRow row = {0};

	heal_lost_row(&row, heal_journal_id(), first, last, why);
	insert("event", &row);
	heal_journal_add_lost(last - first + 1);
}

/* Returns the sequence reached. */
static uint64
mirror_batch(uint64 position, uint64 newest)
{
	unsigned char *page = palloc(HEAL_JOURNAL_PAGE);
	uint64 end = Min(newest, position + BATCH);

	while (position < end)
	{
		HealRecordHeader header;
		const void *payload;

		CHECK_FOR_INTERRUPTS();
		if (heal_journal_read_record(position + 1, page, &header, &payload))
			mirror(position + 1, &header, payload);
		else if (never_written(position + 1, newest, page))
			tell_lost(position + 1, position + 1,
					  "it never got to the journal, or was damaged there");
		else
			break; /* being written right now */
		position++;
	}
	return position;
}

static uint64
position_in_tables(void)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(heal_journal_id())};

	heal_query(
		"INSERT INTO selfheal.journal (id) VALUES ($1) ON CONFLICT DO NOTHING",
		1, types, values);
	/* locked, so that two scribes, one of an engine that is gone, come one after the other */
	return heal_query_int8(
		"SELECT j.mirrored FROM selfheal.journal j WHERE j.id = $1 FOR UPDATE",
		1, types, values, 0);
}

static void
save_position(uint64 position)
{
	Oid types[] = {INT8OID, INT8OID};
	Datum values[] = {Int64GetDatum(heal_journal_id()),
					  Int64GetDatum(position)};

	heal_query("UPDATE selfheal.journal SET mirrored = $2 WHERE id = $1", 2,
			   types, values);
}

/* By journal, as the tables are indexed; the outer max() is over a handful. */
static int64
highest_number(const char *table)
{
	return heal_query_int8(
		psprintf(
			"SELECT max((SELECT max(t.id) FROM selfheal.%s t WHERE t.journal = j.id)) "
			"FROM selfheal.journal j",
			table),
		0, NULL, NULL, 0);
}

/*
 * A new journal counts from one, but what is in the tables may have come from elsewhere (a promoted
 * standby, a restored dump), and at any time: numbers a human knows must not come again.
 */
static void
raise_floor(void)
{
	HealLedger *ledger = heal_ledger_copy();
	int64 floor[HEAL_NUMBERED] = {
		highest_number("failure") + 1, highest_number("recovery") + 1,
		highest_number("escalation") + 1, highest_number("anomaly") + 1};

	if (floor[0] > ledger->next_failure || floor[1] > ledger->next_recovery ||
		floor[2] > ledger->next_escalation || floor[3] > ledger->next_anomaly)
		heal_ledger_write(HEAL_RECORD_FLOOR, floor, false);
}

/*
 * An anomaly that was open when the server went down, or that is of another server's journal, is
 * watched by nobody any more: what is the matter now is found anew.
 */
static void
close_orphans(void)
{
	Oid types[] = {INT8OID, TIMESTAMPTZOID};
	Datum values[] = {Int64GetDatum(heal_journal_id()),
					  TimestampTzGetDatum(heal_detect_begun())};

	heal_query(
		"UPDATE selfheal.anomaly SET closed_at = greatest(opened_at, $2), "
		"ended = 'restart' WHERE closed_at IS NULL AND "
		"(journal <> $1 OR opened_at < $2)",
		2, types, values);
}

static void
forget_old(void)
{
	Oid types[] = {INT8OID, INT8OID};
	Datum values[] = {Int64GetDatum(heal_journal_id()),
					  Int64GetDatum(heal_history_retention)};

	/* search_path is pinned, so these operators can only be the server's */
	if (heal_query(
			"UPDATE selfheal.journal SET cleaned_at = now() WHERE id = $1 AND "
			"(cleaned_at IS NULL OR cleaned_at < now() - interval '1 hour')",
			1, types, values) == 0)
		return;
	heal_query("SELECT selfheal.forget($1)", 1, &types[0], &values[1]);
}

/* Where to begin: the ring holds no more than its last round, whatever the tables are missing. */
static uint64
first_to_mirror(uint64 position, uint64 newest)
{
	uint64 oldest =
		newest > HEAL_JOURNAL_RECORDS ? newest - HEAL_JOURNAL_RECORDS : 0;
	uint64 known = Max(position, heal_journal_mirrored());

	if (known < oldest)
		tell_lost(
			known + 1, oldest,
			"they were overwritten in the journal before the tables could be written");
	return Max(position, oldest);
}

/* Everything that is to be written, in the transaction we are in. Returns the position reached. */
static uint64
mirror_pass(bool first, uint64 newest)
{
	uint64 position = position_in_tables();

	if (first)
		raise_floor();
	/* a crash of the machine has taken from the journal what the tables have */
	if (position > newest)
	{
		heal_ledger_raise_sequence(position);
		return position;
	}
	heal_user_remedies_load();
	heal_user_metrics_load();
	position = mirror_batch(first_to_mirror(position, newest), newest);
	/* nor may the tables remember what a crash of the machine would make the journal forget */
	if (!heal_journal_sync())
		ereport(
			ERROR, errcode(ERRCODE_IO_ERROR),
			errmsg("the journal of selfheal cannot be written to disk: %m"));
	save_position(position);
	if (first)
	{
		close_orphans();
		forget_old();
	}
	return position;
}

/* One transaction; true when there is more to do. */
static bool
pass(bool first)
{
	uint64 newest = heal_journal_sequence();
	uint64 before = heal_journal_mirrored();
	uint64 position = 0;
	HealHome home;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	enable_timeout_after(STATEMENT_TIMEOUT, PASS_MAY_TAKE_MS);
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, "selfheal: mirroring the journal");
	home = look_at_home();
	if (home == HEAL_HOME_OK)
		position = mirror_pass(first, newest);
	SPI_finish();
	PopActiveSnapshot();
	disable_timeout(STATEMENT_TIMEOUT, false);
	CommitTransactionCommand();
	pgstat_report_activity(STATE_IDLE, NULL);
	heal_engine_set_home(home, "");
	if (home != HEAL_HOME_OK)
		return false;
	heal_journal_set_mirrored(position);
	return position > before && newest > position &&
		   newest - position > BATCH / 2;
}

static void
fail_pass(void)
{
	MemoryContext context = MemoryContextSwitchTo(TopMemoryContext);
	ErrorData *error = CopyErrorData();

	MemoryContextSwitchTo(context);
	heal_engine_set_home(HEAL_HOME_FAILING, error->message);
}

/* It could connect; how home is, a pass says. */
static void
report_alive(void)
{
	HealEngineStatus status = heal_engine_status();

	heal_engine_set_home((HealHome) status.home, status.home_detail);
}

void
heal_scribe_main(Datum argument)
{
	int what = DatumGetInt32(argument);
	bool first = true;

	heal_worker_enter_home(heal_probe_prepare);
	if (what & HEAL_SCRIBE_PROBES)
		heal_probe_run();
	if (!(what & HEAL_SCRIBE_PASSES) || RecoveryInProgress())
	{
		report_alive();
		proc_exit(0);
	}
	PG_TRY();
	{
		while (pass(first))
			first = false;
		heal_ledger_save_if_due();
		if (heal_engine_status().home == HEAL_HOME_OK)
			heal_escalation_tell();
		if (heal_engine_status().home == HEAL_HOME_OK)
		{
			heal_series_write();
			heal_flight_write();
		}
	}
	PG_CATCH();
	{
		fail_pass();
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (heal_engine_status().home == HEAL_HOME_OK)
		heal_scan_mirror();
	proc_exit(0);
}
