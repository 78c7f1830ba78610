/*
 * gate_sql.c
 *		What passed through the gate, as SQL rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/acl.h"
#include "utils/float.h"

#include "db/rows.h"
#include "db/shmem.h"
#include "gate/change_pg.h"
#include "gate/error_pg.h"
#include "gate/statement_pg.h"

#define MILLISECOND 1e6 /* ns */

PG_FUNCTION_INFO_V1(selfheal_read_latency);
PG_FUNCTION_INFO_V1(selfheal_read_top_queries);
PG_FUNCTION_INFO_V1(selfheal_read_errors);
PG_FUNCTION_INFO_V1(selfheal_read_logins);
PG_FUNCTION_INFO_V1(selfheal_read_failed_roles);
PG_FUNCTION_INFO_V1(selfheal_read_changes);

/* Failed logins of one role, from wherever; "" = all roles that do not exist. */
typedef struct RoleFailures
{
	char role[HEAL_NAME_SIZE];
	uint64 failed;
	HealTime last_at;
} RoleFailures;

static void add_figures(HealRow *row, const HealHistogram *histogram);
static int add_role(RoleFailures *roles, int count, const HealLogin *login);

/* read_latency() -> one row per database, what ran and what ran lately */
Datum
selfheal_read_latency(PG_FUNCTION_ARGS)
{
	HealDatabaseLatency *latency;
	int count;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	latency = palloc(sizeof(HealDatabaseLatency) * HEAL_GATE_DATABASES);
	count = heal_latency_copy(latency);
	for (int i = 0; i < count; i++)
	{
		HealRow row = {0};

		heal_row_oid(&row, latency[i].database);
		add_figures(&row, &latency[i].total);
		add_figures(&row, &latency[i].recent);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

/* read_top_queries() -> one row per query that has a place, in no order */
Datum
selfheal_read_top_queries(PG_FUNCTION_ARGS)
{
	HealHistogram *latency = palloc(sizeof(HealHistogram));

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	for (int place = 0; place < HEAL_TOP_QUERIES; place++)
	{
		HealTopQuery query;
		HealRow row = {0};

		if (!heal_top_query_copy(place, &query, latency))
			continue;
		heal_row_int8(&row, (int64) query.id);
		heal_row_oid(&row, query.database);
		add_figures(&row, latency);
		heal_row_time(&row, query.since);
		heal_row_time(&row, query.last_at);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

/* read_errors() -> one row per code or class that was met */
Datum
selfheal_read_errors(PG_FUNCTION_ARGS)
{
	HealErrorCount count[HEAL_ERROR_CLASSES];

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	heal_error_copy(count);
	for (int i = 0; i < HEAL_ERROR_CLASSES; i++)
	{
		const HealErrorClass *error = &heal_error_classes[i];
		char class[3] = {0};
		HealRow row = {0};

		if (count[i].count == 0)
			continue;
		strlcpy(class, error->code, sizeof(class));
		heal_row_text(&row, class);
		heal_row_text(&row,
					  heal_error_classes[heal_error_class_of(class)].name);
		heal_row_text(&row, strlen(error->code) > 2 ? error->code : NULL);
		heal_row_text(&row, strlen(error->code) > 2 ? error->name : NULL);
		heal_row_int8(&row, count[i].count);
		heal_row_time(&row, count[i].last_at);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

/* read_logins() -> one row per role and address that failed */
Datum
selfheal_read_logins(PG_FUNCTION_ARGS)
{
	HealLoginTable *logins = palloc(sizeof(HealLoginTable));

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	heal_login_copy(logins);
	for (int i = 0; i < logins->used; i++)
	{
		const HealLogin *login = &logins->login[i];
		HealRow row = {0};

		heal_row_text(&row, login->last.role);
		heal_row_text(&row, login->last.address);
		heal_row_int8(&row, heal_login_failures(login));
		heal_row_int8(&row, login->count);
		heal_row_text(&row, login->last.sqlstate);
		heal_row_time(&row, login->first_at);
		heal_row_time(&row, login->last.at);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

/*
 * read_failed_roles() -> the same per role. A name that is no role's may be a password
 * typed into the wrong field, so such names are not told.
 */
Datum
selfheal_read_failed_roles(PG_FUNCTION_ARGS)
{
	HealLoginTable *logins = palloc(sizeof(HealLoginTable));
	RoleFailures *roles = palloc0(sizeof(RoleFailures) * HEAL_LOGINS);
	int count = 0;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	heal_login_copy(logins);
	for (int i = 0; i < logins->used; i++)
		count = add_role(roles, count, &logins->login[i]);
	for (int i = 0; i < count; i++)
	{
		HealRow row = {0};

		heal_row_text(&row, roles[i].role);
		heal_row_int8(&row, roles[i].failed);
		heal_row_time(&row, roles[i].last_at);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

/* read_changes() -> the schema changes remembered, newest first */
Datum
selfheal_read_changes(PG_FUNCTION_ARGS)
{
	HealChange *changes = palloc(sizeof(HealChange) * HEAL_CHANGES);
	int count;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	count = heal_change_copy(changes);
	for (int i = 0; i < count; i++)
	{
		HealRow row = {0};

		heal_row_time(&row, changes[i].at);
		heal_row_text(&row, GetCommandTagName(changes[i].tag));
		heal_row_oid(&row, changes[i].role);
		heal_row_oid(&row, changes[i].database);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

/* calls, total_ms, mean_ms, p50_ms, p95_ms, p99_ms */
static void
add_figures(HealRow *row, const HealHistogram *histogram)
{
	heal_row_int8(row, histogram->count);
	heal_row_float8(row, histogram->sum / MILLISECOND);
	heal_row_float8(row, heal_histogram_mean(histogram) / MILLISECOND);
	heal_row_float8(row,
					heal_histogram_quantile(histogram, 0.50) / MILLISECOND);
	heal_row_float8(row,
					heal_histogram_quantile(histogram, 0.95) / MILLISECOND);
	heal_row_float8(row,
					heal_histogram_quantile(histogram, 0.99) / MILLISECOND);
}

static int
add_role(RoleFailures *roles, int count, const HealLogin *login)
{
	bool exists = OidIsValid(get_role_oid(login->last.role, true));
	const char *name = exists ? login->last.role : "";
	int i = 0;

	while (i < count && strcmp(roles[i].role, name) != 0)
		i++;
	strlcpy(roles[i].role, name, sizeof(roles[i].role));
	roles[i].failed += heal_login_failures(login);
	roles[i].last_at = Max(roles[i].last_at, login->last.at);
	return Max(count, i + 1);
}
