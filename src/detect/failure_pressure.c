/*
 * failure_pressure.c
 *		A resource setting is too small for what is asked of the server.
 */
#include "detect/failure_proof.h"

#include <stdio.h>
#include <string.h>

#define MEGABYTE (1024.0 * 1024.0)
#define TOO_OFTEN 4	   /* times as often as checkpoint_timeout says */
#define BY_VOLUME 0.5  /* of what brings one: less, and commands brought them */
#define IN_A_ROW 2	   /* times the usual time since the newest: it is over */
#define NO_LONGER 1.5  /* likewise, after more was allowed */
#define ALL_BUSY 0.999 /* share of autovacuum workers, so always all */
#define MANY_WAIT 3	   /* tables */

static HealSubject
server_setting(const char *name)
{
	HealSubject subject = {.kind = HEAL_SUBJECT_SETTING};

	snprintf(subject.name, sizeof(subject.name), "%s", name);
	return subject;
}

/* Checkpoints */

/* From one to the next, on average; 0 = they are too few to tell. */
static HealTime
spacing_of(const HealPressure *pressure)
{
	int last = HEAL_REQUESTED_CHECKPOINTS - 1;

	return pressure->requests < HEAL_REQUESTED_CHECKPOINTS
			   ? 0
			   : (pressure->requested[0] - pressure->requested[last]) / last;
}

/* False for NaN. */
static bool
is_storm(const HealPressure *pressure, HealTime spacing, HealTime now)
{
	double seconds = (double) spacing / HEAL_SECOND;
	double brings_one = pressure->max_wal_size * pressure->wal_share * MEGABYTE;

	return spacing > 0 && spacing * TOO_OFTEN <= pressure->checkpoint_timeout &&
		   now - pressure->requested[0] <= IN_A_ROW * spacing &&
		   pressure->wal_rate * seconds >= BY_VOLUME * brings_one;
}

/* In MB, so that they come half as often as is found too often. */
double
heal_pressure_wal_needed(const HealPressure *pressure)
{
	double seconds = (double) pressure->checkpoint_timeout / HEAL_SECOND;

	return pressure->wal_rate * seconds * 2 / TOO_OFTEN / pressure->wal_share /
		   MEGABYTE;
}

bool
heal_pressure_needs_more(const HealPressure *pressure, const char *parameter,
						 double value)
{
	double seconds = (double) pressure->checkpoint_timeout / HEAL_SECOND;
	double written = pressure->wal_rate_lately * seconds / TOO_OFTEN / MEGABYTE;

	if (strcmp(parameter, "max_wal_size") == 0)
		return !(written < value * pressure->wal_share);
	return !(pressure->vacuum_busy < ALL_BUSY);
}

int
heal_checkpoint_storm_find(const HealSituation *situation,
						   const HealFailureLimits *limits,
						   HealFinding *findings, int max)
{
	const HealPressure *pressure = &situation->pressure;
	HealTime spacing = spacing_of(pressure);
	HealFinding finding = {
		.kind = HEAL_CHECKPOINT_STORM,
		.subject = server_setting("max_wal_size"),
		.since = situation->taken_at,
		.due = situation->taken_at + limits->patience[HEAL_CHECKPOINT_STORM],
		.culprit = -1,
	};
	char often[HEAL_DURATION_SIZE];
	char timeout[HEAL_DURATION_SIZE];

	if (max <= 0 || situation->in_recovery ||
		!is_storm(pressure, spacing, situation->taken_at))
		return 0;
	snprintf(finding.evidence, sizeof(finding.evidence),
			 "%.0f MB of WAL a second bring a checkpoint every %s, where "
			 "checkpoint_timeout asks for one in %s: max_wal_size is %.0f MB",
			 pressure->wal_rate / MEGABYTE,
			 heal_duration_format(spacing, often),
			 heal_duration_format(pressure->checkpoint_timeout, timeout),
			 pressure->max_wal_size);
	findings[0] = finding;
	return 1;
}

/* The three newest may still be those of before: then it is the time since that tells. */
bool
heal_checkpoint_storm_gone(const HealSituation *situation,
						   const HealFailureLimits *limits,
						   const HealSubject *subject)
{
	const HealPressure *pressure = &situation->pressure;
	HealTime spacing = spacing_of(pressure);

	(void) limits;
	(void) subject;
	return spacing == 0 || spacing * TOO_OFTEN > pressure->checkpoint_timeout ||
		   (double) (situation->taken_at - pressure->requested[0]) >
			   NO_LONGER * (double) spacing;
}

/* Autovacuum */

static int
tables_waiting(const HealSituation *situation)
{
	int waiting = 0;

	for (int i = 0; i < situation->ailments; i++)
		waiting += situation->ailment[i].kind == HEAL_AILMENT_DEAD_ROWS ||
				   situation->ailment[i].kind == HEAL_AILMENT_AGE;
	return waiting;
}

int
heal_autovacuum_starved_find(const HealSituation *situation,
							 const HealFailureLimits *limits,
							 HealFinding *findings, int max)
{
	int waiting = tables_waiting(situation);
	HealFinding finding = {
		.kind = HEAL_AUTOVACUUM_STARVED,
		.subject = server_setting("autovacuum_vacuum_cost_limit"),
		.since = situation->taken_at,
		.due = situation->taken_at + limits->patience[HEAL_AUTOVACUUM_STARVED],
		.culprit = -1,
	};

	if (max <= 0 || situation->pressure.vacuum_cost_limit <= 0 ||
		!(situation->pressure.vacuum_busy >= ALL_BUSY) || waiting < MANY_WAIT)
		return 0;
	snprintf(finding.evidence, sizeof(finding.evidence),
			 "every autovacuum worker has been busy for a minute while %d "
			 "tables are overdue: autovacuum_vacuum_cost_limit is %.0f",
			 waiting, situation->pressure.vacuum_cost_limit);
	findings[0] = finding;
	return 1;
}

bool
heal_autovacuum_starved_gone(const HealSituation *situation,
							 const HealFailureLimits *limits,
							 const HealSubject *subject)
{
	(void) limits;
	(void) subject;
	return situation->pressure.vacuum_busy_lately < ALL_BUSY ||
		   tables_waiting(situation) < MANY_WAIT;
}
