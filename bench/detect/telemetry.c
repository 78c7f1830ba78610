/*
 * telemetry.c
 *		Makes up the metrics of a database server, with incidents that are known.
 *
 *   telemetry SEED OUT.csv OUT.labels
 *
 * A row is ten seconds: three days to learn from, then a day and a half with incidents of
 * the four categories. A label a row: 0 healthy, 1 performance, 2 security, 3 data
 * quality, 4 resource. Healthy are also the day's swing, checkpoints, vacuum, batches,
 * the backup of the night, and bursts of the workload.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/reservoir.h"

#define PI 3.14159265358979323846
#define DAY 8640 /* rows */
#define LEARNT (3 * DAY)
#define ROWS (LEARNT + 3 * DAY / 2)
#define INCIDENTS 12
#define BURSTS 14

enum
{
	COMMITS,
	ROLLBACKS,
	ACTIVE,
	CPU,
	P50,
	P95,
	READS,
	HIT_RATIO,
	WAL,
	CHECKPOINT,
	BACKEND,
	TEMP,
	WAITERS,
	LONGEST_WAIT,
	DEADLOCKS,
	DEAD_ROWS,
	DISK_FREE,
	MEMORY,
	LOGINS,
	LOGINS_FAILED,
	DENIED,
	UNIQUE,
	DATA_ERRORS,
	NOT_NULL,
	LAG,
	SESSIONS,
	IO_WAIT,
	NETWORK,
	RETURNED,
	XID_AGE,
	METRICS
};

static const char *const names[METRICS] = {
	"commits",
	"rollbacks",
	"sessions_active",
	"cpu_used",
	"latency_p50",
	"latency_p95",
	"blocks_read",
	"cache_hit_ratio",
	"wal_bytes",
	"buffers_checkpoint",
	"buffers_backend",
	"temp_bytes",
	"lock_waiters",
	"longest_lock_wait",
	"deadlocks",
	"dead_rows",
	"data_disk_free",
	"memory_used",
	"logins",
	"logins_failed",
	"permission_denied",
	"unique_violations",
	"data_errors",
	"not_null_violations",
	"standby_lag_bytes",
	"sessions",
	"io_wait",
	"network_bytes",
	"tuples_returned",
	"xid_age",
};

/* What goes wrong: its category and how a row of it differs. */
typedef struct Kind
{
	int category;
	bool grows; /* from nothing to all of it, else at once */
	struct
	{
		int metric;
		double times; /* 0 = as it is */
		double plus;
	} effect[5];
} Kind;

static const Kind kinds[] = {
	{1,
	 false,
	 {{WAITERS, 0, 8},
	  {LONGEST_WAIT, 0, 30},
	  {ACTIVE, 0, 8},
	  {P95, 2.5, 0},
	  {COMMITS, 0.7, 0}}},
	{1, false, {{P95, 2, 0}, {P50, 1.8, 0}, {CPU, 0, 0.2}, {RETURNED, 3, 0}}},
	{1, false, {{CPU, 0, 0.35}, {P95, 1.3, 0}}},
	{1,
	 false,
	 {{HIT_RATIO, 0.9, 0}, {READS, 4, 0}, {IO_WAIT, 0, 0.15}, {P95, 1.5, 0}}},
	{2, false, {{LOGINS_FAILED, 0, 4}}},
	{2, false, {{DENIED, 0, 3}}},
	{2, false, {{RETURNED, 4, 0}, {NETWORK, 3, 0}}},
	{3, false, {{UNIQUE, 0, 3}, {ROLLBACKS, 0, 3}}},
	{3, false, {{DATA_ERRORS, 0, 2.5}, {ROLLBACKS, 0, 2}}},
	{3, false, {{NOT_NULL, 0, 2}}},
	{4, true, {{DISK_FREE, 0, -8e9}, {WAL, 1.5, 0}}},
	{4, true, {{MEMORY, 0, 0.25}}},
	{4, true, {{SESSIONS, 0, 60}}},
	{4, false, {{TEMP, 0, 3e8}, {IO_WAIT, 0, 0.1}}},
};

#define KINDS ((int) (sizeof(kinds) / sizeof(kinds[0])))

typedef struct Span
{
	int first;
	int rows;
	double size;
	const Kind *kind; /* of an incident */
} Span;

static uint64_t randomness;

static double
uniform(void)
{
	return heal_random_uniform(&randomness);
}

static double
gaussian(void)
{
	double radius = sqrt(-2 * log(uniform()));

	return radius * cos(2 * PI * uniform());
}

static double
poisson(double mean)
{
	double limit = exp(-mean);
	double product = uniform();
	int count = 0;

	if (mean > 50)
		return fmax(0, round(mean + sqrt(mean) * gaussian()));
	while (product > limit)
	{
		product *= uniform();
		count++;
	}
	return count;
}

static double
wave(double share)
{
	return share * (1 + 0.05 * gaussian());
}

/* State that goes from row to row. */
typedef struct Server
{
	double wander; /* of the workload, slowly */
	double dead_rows;
	double disk_free;
	double memory;
	double xid_age;
	int batch; /* rows of temporary files left */
} Server;

static double
burst_at(const Span bursts[BURSTS], int row)
{
	double load = 1;

	for (int i = 0; i < BURSTS; i++)
		if (row >= bursts[i].first && row < bursts[i].first + bursts[i].rows)
			load *= bursts[i].size;
	return load;
}

static void
work(Server *server, double load, bool checkpoint, bool backup, bool batch,
	 double metric[METRICS])
{
	metric[COMMITS] = poisson(2000 * load) / 10;
	metric[ROLLBACKS] = poisson(4 * load) / 10;
	metric[ACTIVE] = poisson(4 * load + 2 * batch);
	metric[CPU] = fmin(1, fmax(0, wave(0.08 + 0.3 * load) + 0.1 * batch));
	metric[P50] = wave(1.5 + 0.5 * load) * exp(0.05 * gaussian());
	metric[P95] = wave(8 + 3 * load + 2 * checkpoint) * exp(0.15 * gaussian());
	metric[READS] = wave(300 * load) + 4000 * backup + 1500 * batch;
	metric[HIT_RATIO] = 1 - 0.01 * exp(0.3 * gaussian()) - 0.02 * batch;
	metric[WAL] = wave(3e5 * load) + 4e5 * checkpoint;
	metric[CHECKPOINT] = checkpoint ? poisson(150 * load) : 0;
	metric[BACKEND] = poisson(3 * load);
	metric[NETWORK] = wave(1e6 * load) + 2e7 * backup;
	metric[RETURNED] = wave(2e4 * load) * exp(0.1 * gaussian()) + 4e4 * batch;
	metric[IO_WAIT] =
		fabs(0.02 + 0.01 * gaussian()) + 0.05 * backup + 0.03 * checkpoint;
	metric[LAG] =
		2e4 * load * exp(0.5 * gaussian()) + 3e5 * checkpoint * uniform();
	metric[SESSIONS] = round(40 + 20 * load + gaussian());
	(void) server;
}

static void
count_odd_things(double load, double metric[METRICS])
{
	metric[WAITERS] = poisson(0.05 * load);
	metric[LONGEST_WAIT] = metric[WAITERS] > 0 ? -log(uniform()) : 0;
	metric[DEADLOCKS] = uniform() < 2e-4 ? 0.1 : 0;
	metric[LOGINS] = poisson(5 * load) / 10;
	metric[LOGINS_FAILED] = poisson(0.05) / 10;
	metric[DENIED] = poisson(0.02) / 10;
	metric[UNIQUE] = poisson(load) / 10;
	metric[DATA_ERRORS] = poisson(0.3 * load) / 10;
	metric[NOT_NULL] = poisson(0.01) / 10;
}

static void
age(Server *server, double load, int row, double metric[METRICS])
{
	server->dead_rows += poisson(50 * load);
	if (server->dead_rows > 60000) /* autovacuum */
		server->dead_rows = 2000 * uniform();
	server->disk_free -= 2e5 * load;
	if (row % DAY == 3 * 360) /* old partitions are dropped at three */
		server->disk_free += 2e5 * DAY * 0.95;
	server->memory +=
		0.02 * (0.5 + 0.05 * load - server->memory) + 0.002 * gaussian();
	server->xid_age += 2000 * load;
	if (server->xid_age > 1.5e8)
		server->xid_age = 5e7;
	server->batch = server->batch > 0	? server->batch - 1
					: uniform() < 0.002 ? 1 + (int) (10 * uniform())
										: 0;
	metric[DEAD_ROWS] = server->dead_rows;
	metric[DISK_FREE] = server->disk_free;
	metric[MEMORY] = server->memory;
	metric[XID_AGE] = round(server->xid_age);
	metric[TEMP] = server->batch > 0 ? 2e7 * exp(0.5 * gaussian()) : 0;
}

static void
make_row(Server *server, const Span bursts[BURSTS], int row,
		 double metric[METRICS])
{
	double day = (row % DAY) / (double) DAY;
	bool batch = row % DAY >= 2 * 360 && row % DAY < 2 * 360 + 240;
	bool backup = row % DAY >= 360 && row % DAY < 360 + 200;
	double load;

	server->wander += -0.01 * server->wander + 0.01 * gaussian();
	load = (0.6 - 0.4 * cos(2 * PI * (day - 0.1))) * exp(server->wander) *
		   burst_at(bursts, row);
	work(server, load, row % 30 < 8, backup, batch, metric);
	count_odd_things(load, metric);
	age(server, load, row, metric);
}

static void
spoil(const Span *incident, int row, double metric[METRICS])
{
	const Kind *kind = incident->kind;
	double part =
		kind->grows ? (row - incident->first + 1.0) / incident->rows : 1;

	for (int i = 0; i < 5; i++)
	{
		double *value = &metric[kind->effect[i].metric];
		double times = kind->effect[i].times;

		if (times == 0 && kind->effect[i].plus == 0)
			break;
		if (times > 0)
			*value *= 1 + (times - 1) * part * incident->size;
		*value += kind->effect[i].plus * part * incident->size *
				  (1 + 0.2 * gaussian());
	}
}

static void
plan(Span bursts[BURSTS], Span incidents[INCIDENTS])
{
	int room = (ROWS - LEARNT) / INCIDENTS;

	for (int i = 0; i < BURSTS; i++)
		bursts[i] =
			(Span){(int) (uniform() * ROWS), 20 + (int) (150 * uniform()),
				   1.3 + 1.0 * uniform(), NULL};
	for (int i = 0; i < INCIDENTS; i++)
		incidents[i] =
			(Span){LEARNT + i * room + 200 + (int) (uniform() * (room - 500)),
				   15 + (int) (100 * uniform()), 0.7 + 0.8 * uniform(),
				   &kinds[(int) (uniform() * KINDS)]};
}

int
main(int argc, char **argv)
{
	Span bursts[BURSTS];
	Span incidents[INCIDENTS];
	Server server = {.disk_free = 4e11, .memory = 0.5, .xid_age = 5e7};
	FILE *out;
	FILE *labels;

	if (argc != 4)
	{
		fprintf(stderr, "usage: telemetry SEED OUT.csv OUT.labels\n");
		return 2;
	}
	randomness = strtoull(argv[1], NULL, 10) * 1000003;
	out = fopen(argv[2], "w");
	labels = fopen(argv[3], "w");
	if (out == NULL || labels == NULL)
	{
		perror("telemetry");
		return 1;
	}
	plan(bursts, incidents);
	fprintf(out, "t,start");
	for (int i = 0; i < METRICS; i++)
		fprintf(out, ",%s", names[i]);
	for (int row = 0; row < ROWS; row++)
	{
		double metric[METRICS] = {0};
		int label = 0;

		make_row(&server, bursts, row, metric);
		for (int i = 0; i < INCIDENTS; i++)
			if (row >= incidents[i].first &&
				row < incidents[i].first + incidents[i].rows)
			{
				spoil(&incidents[i], row, metric);
				label = incidents[i].kind->category;
			}
		fprintf(out, "\n%d,%d", 10 * row, row >= LEARNT);
		for (int i = 0; i < METRICS; i++)
			fprintf(out, ",%.7g", metric[i]);
		fprintf(labels, "%d\n", label);
	}
	fprintf(out, "\n");
	return fclose(out) != 0 || fclose(labels) != 0;
}
