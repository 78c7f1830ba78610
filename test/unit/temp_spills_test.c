/*
 * temp_spills_test.c
 *		Which spills are a failure, when it is over, and when there is no memory to do anything about it.
 */
#include "detect/failure_proof.h"
#include "recover/scale.h"

#include <math.h>
#include <string.h>

#include "tap.h"

#define NOW (1000 * HEAL_HOUR)
#define REPORT 20
#define SHOP 5
#define WORK_MEM 4096 /* kB */
#define MEGABYTE (1024.0 * 1024.0)

static HealSession session[8];
static HealSituation situation;
static HealSpillRow row;
static HealFinding found[HEAL_MAX_FINDINGS];
static HealFailureLimits limits;

/* A report that spilled 3 MB in two seconds, every five seconds, and memory for all. */
static void
begin(void)
{
	memset(session, 0, sizeof(session));
	situation = (HealSituation){.taken_at = NOW,
								.session = session,
								.capacity = 8,
								.memory = {.available = 1024 * MEGABYTE,
										   .swapped_out = 0,
										   .pressure = 0,
										   .copies = 2}};
	row = (HealSpillRow){
		.role = REPORT, .database = SHOP, .work_mem = WORK_MEM, .count = 12};
	for (int i = 0; i < row.count; i++)
		row.spill[i] = (HealSpill){.at = NOW - (i * 5 + 1) * HEAL_SECOND,
								   .bytes = (uint64_t) (3 * MEGABYTE),
								   .ns = 2000000000,
								   .work_mem = WORK_MEM};
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		limits.patience[kind] = heal_failures[kind].patience;
}

/* So much of it that somebody feels it. */
static void
begin_felt(void)
{
	begin();
	row.count = 30;
	for (int i = 0; i < row.count; i++)
	{
		row.spill[i] = row.spill[0];
		row.spill[i].at = NOW - (i * 2 + 1) * HEAL_SECOND;
	}
}

static HealSpiller *
look(void)
{
	HealSpiller *spiller = &situation.spiller[0];

	situation.spillers = 1;
	*spiller = (HealSpiller){.role = REPORT, .sessions = 4};
	strcpy(spiller->words, "role report");
	heal_spiller_add(spiller, &row, NOW);
	return spiller;
}

static int
find(void)
{
	look();
	return heal_failures[HEAL_TEMP_SPILLS].find(&situation, &limits, found,
												HEAL_MAX_FINDINGS);
}

static bool
gone(void)
{
	HealSubject subject = heal_spiller_subject(look());

	return heal_failures[HEAL_TEMP_SPILLS].gone(&situation, &limits, &subject);
}

static void
test_figures(void)
{
	HealSpiller *spiller;

	begin();
	spiller = look();
	is_int(spiller->spills, 12, "those of the last minute");
	is_double(spiller->rate, 12, 1e-9, "that many a minute");
	is_double(spiller->at_once, 24.0 / 60, 1e-9, "and so much of the time");
	is_double(spiller->fitting, 1, 0, "twice as much would hold them");
	is_int(spiller->interval, 5 * HEAL_SECOND, "one comes every five seconds");
	row.spill[3].work_mem = 64;
	row.spill[4].at = NOW - 2 * HEAL_MINUTE;
	row.spill[5].bytes = (uint64_t) (5 * MEGABYTE);
	spiller = look();
	is_int(spiller->spills, 10, "not with a work_mem of its own, nor long ago");
	is_double(spiller->fitting, 0.9, 1e-9, "one is too large");

	begin();
	row.count = HEAL_SPILLS_KEPT;
	for (int i = 0; i < row.count; i++)
		row.spill[i] = (HealSpill){.at = NOW - i * HEAL_SECOND / 4,
								   .bytes = 1000,
								   .ns = 500000000,
								   .work_mem = WORK_MEM};
	spiller = look();
	is_double(spiller->rate, 32 * 60 / 7.75, 1e-6,
			  "of more than are kept, by the time they stand for");
	is_double(spiller->at_once, 16 / 7.75, 1e-6, "two at a time");
	for (int i = 0; i < row.count; i++)
	{
		row.spill[i].at = NOW - (i + 1) * HEAL_SECOND / 80;
		row.spill[i].ns = 2000000;
	}
	spiller = look();
	is_double(spiller->rate, 80 * 60, 1e-6, "nor do short ones get lost");
	is_double(spiller->at_once, 80 * 0.002, 1e-6, "nor how much they take");
	for (int i = 0; i < row.count; i++)
		row.spill[i].at = NOW;
	is_double(look()->rate, 320 * 60, 1e-6,
			  "all at once are as if in a tenth of a second");

	begin();
	row.work_mem = 0;
	is_int(look()->spills, 0, "while it is not known what is in force, none");
}

static void
test_databases(void)
{
	HealSpiller spiller = {.role = REPORT};

	begin();
	row.fresh_since = NOW - 20 * HEAL_SECOND;
	row.fresh_at = NOW - 10 * HEAL_SECOND;
	heal_spiller_add(&spiller, &row, NOW);
	row.fresh_since = NOW - 30 * HEAL_SECOND;
	row.fresh_at = NOW - 25 * HEAL_SECOND;
	row.count = 4;
	for (int i = 0; i < row.count; i++)
		row.spill[i].bytes = (uint64_t) (7 * MEGABYTE);
	heal_spiller_add(&spiller, &row, NOW);
	is_int(spiller.spills, 16, "of a role in two databases");
	is_double(spiller.rate, 16, 1e-9, "together");
	is_double(spiller.bytes, 4 * MEGABYTE, 1, "on average");
	is_double(spiller.fitting, 0.75, 1e-9, "a quarter is too large");
	ok(spiller.fresh_since == NOW - 30 * HEAL_SECOND &&
		   spiller.fresh_at == NOW - 10 * HEAL_SECOND,
	   "first and newest sight are of both");
}

static void
test_proof(void)
{
	begin_felt();
	is_int(find(), 1, "again and again, and felt");
	is_string(
		found[0].evidence,
		"role report: 30 statements a minute write 3.0 MB each to temporary "
		"files, with work_mem 4096 kB",
		"told with values");
	is_string(found[0].subject.name, "work_mem", "about work_mem");
	ok(found[0].subject.role == REPORT && found[0].subject.database == 0,
	   "of the role");
	ok(found[0].due == NOW + 10 * HEAL_MINUTE, "with a long patience");
	ok(heal_spiller_may_be_raised(&situation, look()), "and it may be raised");
	row.count = 9;
	is_int(find(), 0, "nine are not often");
	row.count = 1;
	row.spill[0].bytes = (uint64_t) (9000 * MEGABYTE);
	row.spill[0].ns = 50000000000;
	is_int(find(), 0, "one huge report is none");
	begin_felt();
	for (int i = 0; i < row.count; i++)
		row.spill[i].ns = 20000000;
	is_int(find(), 0, "what is done in a moment is no harm");
	begin_felt();
	for (int i = 0; i < row.count; i++)
		row.spill[i].bytes = (uint64_t) MEGABYTE;
	is_int(find(), 0, "nor is a little of what takes long");
	begin_felt();
	situation.in_recovery = true;
	is_int(find(), 0, "not on a standby");
	begin_felt();
	row.work_mem = 2 * WORK_MEM;
	is_int(find(), 0, "what was spilled before work_mem changed is the past");
}

/* Of a role that works with work_mem of now for so long, after a spill so long ago. */
static void
working(HealTime since, int spills)
{
	begin();
	row.fresh_since = NOW - since;
	row.fresh_at = NOW - HEAL_SECOND;
	for (int i = spills; i < row.count; i++)
		row.spill[i].work_mem = WORK_MEM / 2;
}

static void
test_gone(void)
{
	working(40 * HEAL_SECOND, 12);
	ok(!gone(), "while it spills");
	working(40 * HEAL_SECOND, 0);
	ok(gone(), "its new sessions work and do not spill: gone");
	working(20 * HEAL_SECOND, 0);
	ok(!gone(), "when it came every 5 s, 20 s without one prove nothing");
	working(40 * HEAL_SECOND, 1);
	ok(gone(), "now and then one is no failure");
	working(40 * HEAL_SECOND, 2);
	ok(!gone(), "two in forty seconds are three in a minute");
	working(40 * HEAL_SECOND, 0);
	row.work_mem_before = WORK_MEM / 2;
	ok(!gone(), "while sessions from before go on it has not reached them");
	for (int i = 0; i < row.count; i++)
		row.spill[i].at -= 25 * HEAL_SECOND;
	ok(gone(), "when they have ended it has");
	working(40 * HEAL_SECOND, 0);
	row.fresh_since = row.fresh_at = 0;
	ok(!gone(), "without a new session there is no verdict");
	working(10 * HEAL_MINUTE, 0);
	row.fresh_at = NOW - 2 * HEAL_MINUTE;
	ok(!gone(), "nor when none has done anything lately");
	working(2 * HEAL_SECOND, 0);
	row.count = 0;
	ok(!gone(), "a moment is too short in any case");
	working(40 * HEAL_SECOND, 0);
	row.work_mem = 0;
	ok(!gone(), "nor while it is not known what is in force");
	situation.spillers = 0;
	ok(!heal_failures[HEAL_TEMP_SPILLS].gone(
		   &situation, &limits,
		   &(HealSubject){.kind = HEAL_SUBJECT_SETTING, .role = REPORT}),
	   "nor of somebody nothing is known of");
}

static const char *
refusal(void)
{
	static char text[sizeof(found[0].evidence)];

	if (find() != 1)
		return "no failure";
	if (heal_spiller_may_be_raised(&situation, &situation.spiller[0]))
		return "it may be raised";
	strcpy(text, found[0].evidence);
	return strchr(text, ';') != NULL ? strchr(text, ';') + 2 : "no reason";
}

static void
test_memory(void)
{
	HealMemory *memory = &situation.memory;

	begin_felt();
	is_double(heal_work_mem_needs(memory, 8192, 4), 64 * MEGABYTE, 0,
			  "sessions by kB by what one statement may take");
	is_double(heal_work_mem_needs(memory, 8192, 0), 16 * MEGABYTE, 0,
			  "one session at least");
	is_double(heal_work_mem_room(memory, 4, 0), 32 * 1024, 0,
			  "a quarter of what is available, for all");
	is_double(heal_work_mem_room(memory, 4, 128 * MEGABYTE), 16 * 1024, 0,
			  "less what others were promised");
	is_double(heal_work_mem_room(memory, 4, 1024 * MEGABYTE), 0, 0,
			  "which may be all");
	is_string(refusal(), "it may be raised", "with room for twice as much");
	memory->available = 240 * MEGABYTE;
	is_string(refusal(),
			  "twice as much could take 64 MB in 4 sessions, more than a "
			  "quarter of the 240 MB available",
			  "not without");
	begin_felt();
	memory->swapped_out = 2e6;
	is_string(refusal(), "memory is short", "not when something is swapped");
	is_double(heal_work_mem_room(memory, 4, 0), 0, 0, "then there is no room");
	begin_felt();
	memory->pressure = 0.06;
	is_string(refusal(), "memory is short", "nor when somebody waits for it");
	begin_felt();
	memory->swapped_out = memory->pressure = NAN;
	is_string(refusal(), "it may be raised",
			  "where the machine tells neither there is no sign of it");
	memory->available = NAN;
	is_string(refusal(), "how much memory is free is not known",
			  "but what is not known is not free");
	is_double(heal_work_mem_room(memory, 4, 0), 0, 0, "so there is no room");
	begin_felt();
	for (int i = 0; i < 8; i++)
		row.spill[i].bytes = (uint64_t) (5 * MEGABYTE);
	is_string(refusal(), "twice as much would not hold that",
			  "what is too large is for a human");
}

static void
test_steps(void)
{
	const HealScale *scale = heal_scale_find("work_mem");

	is_double(heal_scale_next(scale, 4096, 4096, 4096, 1e9), 8192, 0,
			  "one step is twice as much");
	is_double(heal_scale_next(scale, 16384, 4096, 16384, 1e9), 32768, 0,
			  "up to eight times");
	is_double(heal_scale_next(scale, 32768, 4096, 32768, 1e9), 0, 0,
			  "and no further");
	is_double(heal_scale_next(scale, 2097152, 2097152, 2097152, 1e9), 0, 0,
			  "nor beyond the bound of the allow-list");
}

static void
test_at_work(void)
{
	HealSubject subject;

	begin();
	subject = heal_spiller_subject(look());
	situation.sessions = 1;
	session[0] = (HealSession){.client = true,
							   .role = REPORT,
							   .database = SHOP,
							   .state = HEAL_SESSION_IDLE,
							   .statement_start = NOW - HEAL_MINUTE,
							   .state_change = NOW - HEAL_MINUTE};
	ok(!heal_spill_role_at_work(&situation, &subject), "idle for long");
	session[0].state_change = NOW - HEAL_SECOND;
	ok(heal_spill_role_at_work(&situation, &subject), "idle for a moment");
	session[0].state_change = NOW - HEAL_MINUTE;
	session[0].state = HEAL_SESSION_ACTIVE;
	ok(heal_spill_role_at_work(&situation, &subject), "in a long statement");
	subject.database = SHOP + 1;
	ok(!heal_spill_role_at_work(&situation, &subject),
	   "in another database is not in this one");
	subject.database = 0;
	session[0].statement_start = 0;
	ok(!heal_spill_role_at_work(&situation, &subject),
	   "who has only connected is not at work");
	is_int(heal_situation_sessions_of(&situation, REPORT, 0), 1,
		   "but is counted");
	is_int(heal_situation_sessions_of(&situation, REPORT, SHOP + 1), 0,
		   "where he is");
}

int
main(void)
{
	test_figures();
	test_databases();
	test_proof();
	test_gone();
	test_memory();
	test_steps();
	test_at_work();
	return done_testing();
}
