/*
 * heal_bench_hooks.c
 *		What hooks add to a statement, measured inside one process.
 *
 * Loaded after selfheal and before pg_stat_statements, it takes selfheal's executor hooks
 * aside and leaves none, so that pg_stat_statements thinks it is alone. The procedure
 * then runs batches of a saved plan and exchanges the hooks between them in turn: the same
 * process, memory, cache and neighbours for all. Each batch is compared with the one
 * without hooks of the same round, a few milliseconds away, and the median of the
 * differences is told. Runs of pgbench one after the other differ by tens of percent on a
 * shared machine and cannot show this.
 *
 * A procedure, because what CALL runs is top level, unlike what a function runs.
 */
#include "postgres.h"

#include <time.h>

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

#if PG_VERSION_NUM < 160000
extern PGDLLEXPORT void _PG_init(void);
#endif

#define STATEMENTS 250 /* in a batch */

typedef struct Hooks
{
	ExecutorStart_hook_type start;
	ExecutorRun_hook_type run;
	ExecutorFinish_hook_type finish;
	ExecutorEnd_hook_type end;
} Hooks;

typedef enum Variant
{
	BARE,
	BARE_AGAIN, /* how much of a difference is chance */
	SELFHEAL_OFF,
	SELFHEAL,
	PG_STAT_STATEMENTS,
	VARIANTS
} Variant;

static const char *const names[VARIANTS] = {
	"no hooks", "no hooks, again",	  "selfheal, gate off",
	"selfheal", "pg_stat_statements",
};

static Hooks none;
static Hooks selfheal;
static Hooks others; /* of whoever was loaded after us */

PG_FUNCTION_INFO_V1(measure_hooks);

static Hooks
current_hooks(void)
{
	Hooks hooks = {ExecutorStart_hook, ExecutorRun_hook, ExecutorFinish_hook,
				   ExecutorEnd_hook};

	return hooks;
}

static void
use_hooks(Hooks hooks)
{
	ExecutorStart_hook = hooks.start;
	ExecutorRun_hook = hooks.run;
	ExecutorFinish_hook = hooks.finish;
	ExecutorEnd_hook = hooks.end;
}

void
_PG_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	selfheal = current_hooks();
	use_hooks(none);
}

static void
use_variant(Variant variant)
{
	switch (variant)
	{
		case SELFHEAL_OFF:
		case SELFHEAL:
			SetConfigOption("selfheal.gate", variant == SELFHEAL ? "on" : "off",
							PGC_SIGHUP, PGC_S_OVERRIDE);
			use_hooks(selfheal);
			break;
		case PG_STAT_STATEMENTS:
			use_hooks(others);
			break;
		default:
			use_hooks(none);
			break;
	}
}

static double
clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* ns per statement; writes: an UPDATE, otherwise a read */
static double
run_batch(SPIPlanPtr plan, int batch, bool writes)
{
	double began = clock_ns();

	for (int i = 0; i < STATEMENTS; i++)
	{
		Datum key = Int32GetDatum((batch * 7919 + i * 104729) % 10000 + 1);
		int result = SPI_execute_plan(plan, &key, NULL, !writes, 0);

		if (result != (writes ? SPI_OK_UPDATE : SPI_OK_SELECT))
			elog(ERROR, "%s", SPI_result_code_string(result));
		SPI_freetuptable(SPI_tuptable);
	}
	return (clock_ns() - began) / STATEMENTS;
}

static int
by_value(const void *a, const void *b)
{
	double left = *(const double *) a;
	double right = *(const double *) b;

	return left < right ? -1 : left > right;
}

static double
median(double *values, int count)
{
	qsort(values, count, sizeof(double), by_value);
	return values[count / 2];
}

static double
median_difference(const double *values, const double *base, int count)
{
	double *difference = palloc(sizeof(double) * count);

	for (int i = 0; i < count; i++)
		difference[i] = values[i] - base[i];
	return median(difference, count);
}

/*
 * measure_hooks(sql text, rounds integer, writes boolean): one batch of each variant in
 * each round, in an order that rotates. Tells "name|ns|ns more than without hooks".
 */
Datum
measure_hooks(PG_FUNCTION_ARGS)
{
	char *sql = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int rounds = PG_GETARG_INT32(1);
	bool writes = PG_GETARG_BOOL(2);
	Oid type = INT4OID;
	double *took[VARIANTS];
	SPIPlanPtr plan;

	others = current_hooks();
	if (selfheal.run == NULL || others.run == NULL)
		ereport(ERROR, errmsg("selfheal must be loaded before, and "
							  "pg_stat_statements after this module"));
	SPI_connect();
	plan = SPI_prepare(sql, 1, &type);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s",
			 SPI_result_code_string(SPI_result));
	for (int i = 0; i < VARIANTS; i++)
		took[i] = palloc(sizeof(double) * rounds);
	PG_TRY();
	{
		for (int round = -rounds / 10; round < rounds; round++)
			for (int i = 0; i < VARIANTS; i++)
			{
				Variant variant = (i + round + rounds) % VARIANTS;
				double ns;

				CHECK_FOR_INTERRUPTS();
				use_variant(variant);
				ns = run_batch(plan, round + rounds, writes);
				/* the first tenth warms up */
				if (round >= 0)
					took[variant][round] = ns;
			}
	}
	PG_FINALLY();
	{
		use_hooks(others);
	}
	PG_END_TRY();
	/* the base last, as a median sorts */
	for (int i = VARIANTS - 1; i >= 0; i--)
	{
		double added = median_difference(took[i], took[BARE], rounds);

		ereport(INFO, errmsg("%s|%.1f|%.1f", names[i], median(took[i], rounds),
							 added));
	}
	SPI_finish();
	PG_RETURN_VOID();
}
