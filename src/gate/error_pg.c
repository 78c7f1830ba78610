/*
 * error_pg.c
 *		Errors by class, and logins.
 *
 * The log's hook runs wherever something is logged: in the postmaster, in a process that
 * has no PGPROC yet, in one that is about to die holding locks. So it takes no lock,
 * allocates nothing, reads no catalog and raises nothing: a counter goes up, or an entry is
 * put into a ring, with atomic operations on memory that is there since the start. The
 * engine takes the entries into the table of logins.
 *
 * What is filtered by log_min_messages never comes here, nor what a PL/pgSQL block
 * catches. A wrong password is seen by the hook of authentication as well, whatever the log
 * is told; the process remembers which of the two came first.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "libpq/auth.h"
#include "libpq/libpq-be.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/lwlock.h"
#include "storage/pg_shmem.h"
#include "utils/elog.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "gate/error_pg.h"
#include "gate/refusal_pg.h"
#include "settings.h"

#define QUIET_AFTER HEAL_MINUTE /* nothing is left of what failed before */
#define RING 2048 /* failed logins between two heartbeats; a power of two */

typedef struct ErrorCounter
{
	pg_atomic_uint64 count;
	pg_atomic_uint64 last_at;
} ErrorCounter;

/*
 * State is twice the number of the attempt in it, counted from 1, and one more while that
 * is being written. So two writers never share an entry, and a reader knows whether what
 * it copied is the attempt it wanted.
 */
typedef struct Entry
{
	pg_atomic_uint64 state;
	HealAttempt attempt;
} Entry;

typedef struct ErrorArea
{
	ErrorCounter error[HEAL_ERROR_CLASSES];
	pg_atomic_uint64 failed;   /* logins */
	pg_atomic_uint64 passed;   /* the authentication */
	pg_atomic_uint64 rejected; /* of those that passed it */
	pg_atomic_uint64 unnamed;  /* failed, and not in the table */
	pg_atomic_uint32 log_level;
	pg_atomic_uint64 pushed; /* attempts, ever */
	Entry ring[RING];
	LWLock lock;	   /* all below: exclusive by the engine alone */
	uint64 taken;	   /* attempts, of those pushed */
	HealTime taken_at; /* what failed since is not in the table yet */
	HealLoginTable logins;
} ErrorArea;

static ErrorArea *area;

/* Of this process, while it logs in */
static bool authenticated;
static bool failure_noted;

static emit_log_hook_type next_log;
static ClientAuthentication_hook_type next_authentication;

static void install(void);
static Size area_size(void);
static void attach(void *address, bool found, int tranche);
static void read_part(HealReading *reading);

const HealGatePart heal_error_part = {install, area_size, attach, read_part};

/*
 * In every process
 */

/* The log's collector lets go of shared memory; so does the postmaster after a crash. */
static bool
is_watching(void)
{
	return heal_gate && area != NULL && UsedShmemSegAddr != NULL;
}

/* A ring that is lapped loses its oldest; a number that cannot be had is its own loss. */
static void
push(const HealAttempt *attempt)
{
	uint64 number = pg_atomic_fetch_add_u64(&area->pushed, 1) + 1;
	Entry *entry = &area->ring[number % RING];
	uint64 state = pg_atomic_read_u64(&entry->state);

	if (state % 2 != 0 || state >= 2 * number ||
		!pg_atomic_compare_exchange_u64(&entry->state, &state, 2 * number + 1))
		return;
	entry->attempt = *attempt;
	pg_write_barrier();
	pg_atomic_write_u64(&entry->state, 2 * number);
}

static void
note_failed_login(const Port *port, const char *sqlstate)
{
	HealAttempt attempt = {.at = GetCurrentTimestamp()};

	failure_noted = true;
	pg_atomic_fetch_add_u64(&area->failed, 1);
	strlcpy(attempt.role, port->user_name, sizeof(attempt.role));
	if (port->remote_host != NULL)
		strlcpy(attempt.address, port->remote_host, sizeof(attempt.address));
	strlcpy(attempt.sqlstate, sqlstate, sizeof(attempt.sqlstate));
	push(&attempt);
}

/* The process ends with this before it has become a session. */
static void
note_end_of_login(const char *sqlstate)
{
	if (authenticated)
		pg_atomic_fetch_add_u64(&area->rejected, 1);
	if (!failure_noted && heal_error_refuses_login(sqlstate))
		note_failed_login(MyProcPort, sqlstate);
}

/*
 * Lost connections are logged below ERROR. What a parallel worker says its leader says
 * again.
 */
static bool
is_error(const ErrorData *error)
{
	if (IsParallelWorker())
		return false;
	return error->elevel >= ERROR || (error->elevel != WARNING &&
									  ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
										  ERRCODE_CONNECTION_EXCEPTION);
}

static void
count_error(const ErrorData *error)
{
	char sqlstate[HEAL_SQLSTATE_SIZE];
	ErrorCounter *counter;

	heal_sqlstate_text(error->sqlerrcode, sqlstate);
	counter = &area->error[heal_error_class_of(sqlstate)];
	pg_atomic_fetch_add_u64(&counter->count, 1);
	pg_atomic_write_u64(&counter->last_at, GetCurrentTimestamp());
	if (error->sqlerrcode == ERRCODE_READ_ONLY_SQL_TRANSACTION)
		heal_refusal_note();
	if (error->elevel == FATAL && !IsNormalProcessingMode() &&
		MyProcPort != NULL && MyProcPort->user_name != NULL)
		note_end_of_login(sqlstate);
}

static void
see_log(ErrorData *error)
{
	if (is_watching() && is_error(error))
		count_error(error);
	if (next_log)
		next_log(error);
}

static bool
wants_password(const Port *port)
{
	return port->hba != NULL && (port->hba->auth_method == uaPassword ||
								 port->hba->auth_method == uaMD5 ||
								 port->hba->auth_method == uaSCRAM);
}

/* STATUS_EOF is a client that went to ask for a password. */
static void
see_authentication(Port *port, int status)
{
	if (next_authentication)
		next_authentication(port, status);
	if (!is_watching())
		return;
	if (status == STATUS_OK)
	{
		authenticated = true;
		pg_atomic_fetch_add_u64(&area->passed, 1);
	}
	else if (status == STATUS_ERROR)
		note_failed_login(port, wants_password(port) ? "28P01" : "28000");
}

static void
install(void)
{
	next_log = emit_log_hook;
	emit_log_hook = see_log;
	next_authentication = ClientAuthentication_hook;
	ClientAuthentication_hook = see_authentication;
}

/*
 * Shared memory
 */

static Size
area_size(void)
{
	return sizeof(ErrorArea);
}

static void
attach(void *address, bool found, int tranche)
{
	area = address;
	if (found)
		return;
	memset(area, 0, sizeof(ErrorArea));
	for (int i = 0; i < HEAL_ERROR_CLASSES; i++)
	{
		pg_atomic_init_u64(&area->error[i].count, 0);
		pg_atomic_init_u64(&area->error[i].last_at, 0);
	}
	for (int i = 0; i < RING; i++)
		pg_atomic_init_u64(&area->ring[i].state, 0);
	pg_atomic_init_u64(&area->failed, 0);
	pg_atomic_init_u64(&area->passed, 0);
	pg_atomic_init_u64(&area->rejected, 0);
	pg_atomic_init_u64(&area->unnamed, 0);
	pg_atomic_init_u64(&area->pushed, 0);
	pg_atomic_init_u32(&area->log_level, WARNING);
	LWLockInitialize(&area->lock, tranche);
}

/*
 * In the engine
 */

static bool
copy_attempt(uint64 number, HealAttempt *attempt)
{
	Entry *entry = &area->ring[number % RING];

	if (pg_atomic_read_u64(&entry->state) != 2 * number)
		return false;
	pg_read_barrier();
	*attempt = entry->attempt;
	pg_read_barrier();
	return pg_atomic_read_u64(&entry->state) == 2 * number;
}

/* A number nobody can read any more counts as unnamed. */
static void
take_attempts(void)
{
	HealTime now = GetCurrentTimestamp();
	uint64 pushed = pg_atomic_read_u64(&area->pushed);
	uint64 lost = 0;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	area->taken_at = now;
	if (pushed - area->taken > RING)
	{
		lost = pushed - area->taken - RING;
		area->taken = pushed - RING;
	}
	while (area->taken < pushed)
	{
		HealAttempt attempt;

		if (copy_attempt(++area->taken, &attempt))
			heal_login_table_add(&area->logins, &attempt);
		else
			lost++;
	}
	LWLockRelease(&area->lock);
	pg_atomic_fetch_add_u64(&area->unnamed, lost);
}

static const struct
{
	HealErrorGroup group;
	HealMetricId metric;
} group_metrics[] = {
	{HEAL_ERRORS_CONNECTION_LOST, HEAL_METRIC_CONNECTIONS_LOST},
	{HEAL_ERRORS_CONNECTION_REFUSED, HEAL_METRIC_CONNECTIONS_REFUSED},
	{HEAL_ERRORS_NOT_READY, HEAL_METRIC_CONNECTIONS_TOO_EARLY},
	{HEAL_ERRORS_PERMISSION, HEAL_METRIC_PERMISSION_DENIED},
	{HEAL_ERRORS_DATA, HEAL_METRIC_DATA_ERRORS},
	{HEAL_ERRORS_UNIQUE, HEAL_METRIC_UNIQUE_VIOLATIONS},
	{HEAL_ERRORS_FOREIGN_KEY, HEAL_METRIC_FOREIGN_KEY_VIOLATIONS},
	{HEAL_ERRORS_NOT_NULL, HEAL_METRIC_NOT_NULL_VIOLATIONS},
	{HEAL_ERRORS_CHECK, HEAL_METRIC_CHECK_VIOLATIONS},
	{HEAL_ERRORS_CONSTRAINT, HEAL_METRIC_OTHER_VIOLATIONS},
	{HEAL_ERRORS_SCHEMA, HEAL_METRIC_SCHEMA_ERRORS},
	{HEAL_ERRORS_SERIALIZATION, HEAL_METRIC_SERIALIZATION_FAILURES},
	{HEAL_ERRORS_LOCK_TIMEOUT, HEAL_METRIC_LOCK_TIMEOUTS},
	{HEAL_ERRORS_CANCELLED, HEAL_METRIC_STATEMENTS_CANCELLED},
	{HEAL_ERRORS_TERMINATED, HEAL_METRIC_SESSIONS_TERMINATED},
	{HEAL_ERRORS_OUT_OF_MEMORY, HEAL_METRIC_OUT_OF_MEMORY},
	{HEAL_ERRORS_DISK_FULL, HEAL_METRIC_DISK_FULL_ERRORS},
	{HEAL_ERRORS_LIMIT, HEAL_METRIC_LIMIT_ERRORS},
	{HEAL_ERRORS_SYSTEM, HEAL_METRIC_SYSTEM_ERRORS},
	{HEAL_ERRORS_CORRUPTION, HEAL_METRIC_CORRUPTION_ERRORS},
};

/* In this log nothing is written that is not at least as bad as FATAL, or not even that. */
static bool
is_blind(int log_level)
{
	return log_level == LOG || log_level >= FATAL;
}

static void
fill_in_errors(HealReading *reading)
{
	double group[HEAL_ERROR_GROUPS] = {0};
	double all = 0;

	for (int i = 0; i < HEAL_ERROR_CLASSES; i++)
	{
		double count = (double) pg_atomic_read_u64(&area->error[i].count);

		group[heal_error_classes[i].group] += count;
		if (heal_error_classes[i].group != HEAL_ERRORS_NOT_READY)
			all += count;
	}
	reading->value[HEAL_METRIC_ERRORS] = all;
	for (int i = 0; i < lengthof(group_metrics); i++)
		reading->value[group_metrics[i].metric] = group[group_metrics[i].group];
}

/*
 * Who passed the authentication may still be rejected, a moment later. The total must not
 * shrink for it: a shrinking one looks like a reset.
 */
static void
fill_in_logins(HealReading *reading)
{
	static uint64 successful = 0;
	uint64 rejected = pg_atomic_read_u64(&area->rejected);
	uint64 passed = pg_atomic_read_u64(&area->passed);

	if (passed > rejected)
		successful = Max(successful, passed - rejected);
	reading->value[HEAL_METRIC_LOGINS] = (double) successful;
	reading->value[HEAL_METRIC_LOGINS_FAILED] =
		(double) pg_atomic_read_u64(&area->failed);
}

/* Of a feed that is blind nothing is known, which is not the same as nothing. */
static void
read_part(HealReading *reading)
{
	pg_atomic_write_u32(&area->log_level, log_min_messages);
	take_attempts();
	if (!heal_gate)
		return;
	fill_in_logins(reading);
	if (!is_blind(log_min_messages))
		fill_in_errors(reading);
}

/*
 * For whoever asks
 */

void
heal_error_copy(HealErrorCount count[HEAL_ERROR_CLASSES])
{
	for (int i = 0; i < HEAL_ERROR_CLASSES; i++)
	{
		count[i].count = pg_atomic_read_u64(&area->error[i].count);
		count[i].last_at = pg_atomic_read_u64(&area->error[i].last_at);
	}
}

void
heal_login_copy(HealLoginTable *logins)
{
	LWLockAcquire(&area->lock, LW_SHARED);
	*logins = area->logins;
	LWLockRelease(&area->lock);
}

int
heal_login_storms_copy(double least, HealLoginStorm *storm, int max)
{
	static uint64 failed = 0;
	static TimestampTz failed_at = 0;
	uint64 now_failed = pg_atomic_read_u64(&area->failed);
	TimestampTz now = GetCurrentTimestamp();
	int count;

	if (now_failed != failed)
		failed_at = now;
	failed = now_failed;
	if (now - failed_at > QUIET_AFTER)
		return 0;
	LWLockAcquire(&area->lock, LW_SHARED);
	/* rates end where the table does, or they would sink between two samples */
	count = heal_login_storms(&area->logins, Min(now, area->taken_at), least,
							  storm, max);
	LWLockRelease(&area->lock);
	return count;
}

HealFeed
heal_feed_status(void)
{
	HealFeed feed = {
		.log_level = (int) pg_atomic_read_u32(&area->log_level),
		.logins_failed = pg_atomic_read_u64(&area->failed),
		.logins_unnamed = pg_atomic_read_u64(&area->unnamed),
	};

	return feed;
}
