/*
 * load_hog_test.c
 *		What statements usually take, whom the load comes from, and when that is a failure.
 */
#include "detect/failure.h"
#include "sample/source.h"

#include <math.h>
#include <string.h>

#include "tap.h"

#define NOW (1000 * HEAL_HOUR)
#define SHOP 1001 /* a query */
#define BATCH 1002

static HealQueryTotal total[HEAL_TOP_QUERIES];
static HealPaces paces;
static HealLoad load;
static HealSourceWork work;
static HealSituation situation;
static HealFinding found[HEAL_MAX_FINDINGS];
static HealFailureLimits limits;

static void
begin(void)
{
	memset(total, 0, sizeof(total));
	memset(&paces, 0, sizeof(paces));
	memset(&load, 0, sizeof(load));
	situation = (HealSituation){.taken_at = NOW,
								.slots_used = 10,
								.slots_total = 100,
								.cpu_used = 0.99};
	limits = (HealFailureLimits){.connection_slots_threshold = 0.9};
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		limits.patience[kind] = heal_failures[kind].patience;
	total[3] = (HealQueryTotal){.query = SHOP, .database = 5};
	total[7] = (HealQueryTotal){.query = BATCH, .database = 5};
}

/* For so many seconds, so many calls a second of so many ms. Returns when it ends. */
static HealTime
run(HealTime from, int seconds, int place, int calls, double ms, bool learn)
{
	for (int i = 0; i < seconds; i++)
	{
		from += HEAL_SECOND;
		total[place].calls += calls;
		total[place].ns += (uint64_t) (calls * ms * 1e6);
		heal_paces_note(&paces, total, learn, from);
	}
	return from;
}

static double
mean(HealPaceSum sum)
{
	return sum.calls > 0 ? sum.ms / sum.calls : NAN;
}

static void
test_pace(void)
{
	HealTime at;
	double calls;

	begin();
	heal_paces_note(&paces, total, true, NOW);
	at = run(NOW, 30, 3, 10, 5, true);
	is_double(mean(paces.pace[3].now), 5, 1e-6, "what it takes now is known");
	is_double(paces.pace[3].usual.calls, 0, 0,
			  "half a minute makes nothing usual");
	at = run(at, 60, 3, 10, 5, true);
	is_double(mean(paces.pace[3].usual), 5, 1e-6, "a minute and a half does");
	is_double(heal_pace_slowdown(&paces.pace[3]), 1, 1e-6,
			  "it is as fast as usual");
	is_double(heal_paces_share(&paces, 3), 1, 1e-6, "and all that runs");
	at = run(at, 30, 3, 10, 50, true);
	is_double(heal_pace_slowdown(&paces.pace[3]), 10, 0.1, "ten times slower");
	is_double(heal_pace_busy(&paces.pace[3]), 0.5, 0.1,
			  "ten a second of 50 ms keep half a session busy");
	ok(isnan(heal_pace_slowdown(&paces.pace[4])), "of nothing nobody knows");
	ok(mean(paces.pace[3].now) > 49, "slower is seen within seconds");
	is_double(mean(paces.pace[3].usual), 5, 1e-6, "and not usual soon");
	calls = paces.pace[3].usual.calls;
	at = run(at, 300, 3, 10, 50, false);
	is_double(paces.pace[3].usual.calls, calls, 0,
			  "nothing is learnt while somebody takes too much");
	at = run(at, 20, 3, 10, 5, true);
	is_double(mean(paces.pace[3].usual), 5, 1e-6,
			  "nor afterwards from what was before");
	at = run(at, 60, 3, 0, 0, true);
	ok(paces.pace[3].now.calls < 1e-6, "what does not run is forgotten");
	total[3] = (HealQueryTotal){.query = 77, .calls = 1000, .ns = 1};
	heal_paces_note(&paces, total, true, at + HEAL_SECOND);
	is_double(paces.pace[3].usual.calls, 0, 0, "another query begins anew");
	is_double(paces.pace[3].now.calls, 0, 0, "with nothing");
	is_int(heal_paces_find(&paces, SHOP, 5), -1, "the old one is gone");
	is_int(heal_paces_find(&paces, BATCH, 5), 7, "the other is where it was");
	is_int(heal_paces_find(&paces, 0, 0), -1, "no query is nowhere");
}

static void
see(int sessions, uint32_t role, const char *application, uint64_t query,
	bool waiting, uint8_t protection)
{
	for (int second = 0; second < 20; second++)
		for (int i = 0; i < sessions; i++)
		{
			HealLoadLook look = {
				.at = NOW - second * HEAL_SECOND,
				.span = HEAL_SECOND,
				.role = role,
				.database = 5,
				.query = query,
				.waiting = waiting,
				.protection = protection,
			};

			snprintf(look.application, sizeof(look.application), "%s",
					 application);
			heal_load_push(&load, &look);
		}
}

static void
look(void)
{
	situation.sources = heal_sources_of_load(
		&load, &paces, NOW, &work, situation.source, HEAL_MAX_SOURCES);
}

static const HealSource *
source_of_role(uint32_t role)
{
	look();
	for (int i = 0; i < situation.sources; i++)
		if (situation.source[i].role == role)
			return &situation.source[i];
	return NULL;
}

static int
find(void)
{
	look();
	return heal_failures[HEAL_LOAD_HOG].find(&situation, &limits, found,
											 HEAL_MAX_FINDINGS);
}

static bool
gone(const HealSubject *subject)
{
	look();
	return heal_failures[HEAL_LOAD_HOG].gone(&situation, &limits, subject);
}

/* The shop's statements took 5 ms for two minutes, and take 50 ms since batch runs, with nine of ten at work. */
static HealTime
suffer(void)
{
	HealTime at;

	begin();
	heal_paces_note(&paces, total, true, NOW - 3 * HEAL_MINUTE);
	at = run(NOW - 3 * HEAL_MINUTE, 120, 3, 10, 5, true);
	total[7].calls += 1;
	total[7].ns += 1000000;
	at = run(at, 20, 3, 10, 50, true);
	see(1, 20, "shop", SHOP, false, 0);
	see(9, 30, "batch", BATCH, false, 0);
	return at;
}

static void
test_sources(void)
{
	const HealSource *batch;

	suffer();
	see(5, 20, "shop", SHOP, true, 0);
	batch = source_of_role(30);
	ok(batch != NULL, "a role at work is a source");
	is_double(batch->share, 0.9, 1e-9, "waiting for locks is no work");
	is_double(batch->rate, 9, 0.5, "so many statements at a time");
	is_double(batch->usual_share, 0, 1e-6, "it is new");
	ok(batch->others_now > 49, "the others take so long now");
	is_double(batch->others_usual, 5, 1e-6, "and took so long");
	is_int(batch->protection, 0, "it is not protected");
	suffer();
	see(9, 40, "admin", 9, false, HEAL_PROTECTED_SUPERUSER);
	is_int(source_of_role(40)->protection, HEAL_PROTECTED_SUPERUSER,
		   "who is mostly protected is");
	is_int(source_of_role(30)->protection, 0, "and nobody else");
}

static void
test_proof(void)
{
	HealSubject subject;
	HealTime at = suffer();

	is_int(find(), 1, "others suffer, and it is due to one source");
	subject = found[0].subject;
	is_int(subject.kind, HEAL_SUBJECT_SOURCE, "which is the subject");
	is_int(subject.role, 30, "by its role, as all fit alike");
	is_int(found[0].due, NOW + 30 * HEAL_SECOND,
		   "with half a minute's patience");
	is_int(found[0].culprit, -1, "no single session is the culprit");
	ok(!gone(&subject), "while they suffer");
	situation.cpu_used = 0.5;
	is_int(find(), 0, "where there is room nobody takes too much");
	ok(gone(&subject), "nor any more");
	situation.cpu_used = NAN;
	is_int(find(), 0, "what is not known proves nothing");
	situation.slots_used = 95;
	is_int(find(), 1, "slots are used up as well");
	situation.slots_used = 10;
	situation.cpu_used = 0.99;
	run(at, 30, 3, 10, 5, true);
	is_int(find(), 0, "nobody suffers: a large share is no harm");
	ok(gone(&subject), "and served they are cured, whatever the share");

	suffer();
	see(6, 20, "shop", SHOP, false, 0);
	is_int(find(), 0, "less than most of the load");
	suffer();
	run(NOW, 2, 3, 0, 0, true);
	paces.pace[7].usual = (HealPaceSum){1000, 100000};
	is_int(find(), 0, "who always was most of the load");
	suffer();
	paces.pace[3].usual = (HealPaceSum){0};
	is_int(find(), 0, "what is usual is not known");
	begin();
	see(9, 30, "batch", BATCH, false, 0);
	is_int(find(), 0, "alone on the machine it harms nobody");
}

/* Of a role in two applications only the one, of an application only the query. */
static void
test_narrowest(void)
{
	suffer();
	see(1, 30, "other", 1003, false, 0);
	is_int(find(), 1, "part of the role is innocent");
	is_int(found[0].subject.role, 0, "so it is not the role");
	is_string(found[0].subject.name, "batch", "but the application");
	see(1, 50, "batch", 1004, false, 0);
	is_int(find(), 1, "and part of that");
	is_int(found[0].subject.number, BATCH, "so it is the query");
	is_string(found[0].subject.name, "", "of whatever application");
	suffer();
	see(27, 30, "batch", BATCH, false, 0);
	see(1, 30, "batch", 0, false, 0);
	is_int(find(), 1, "a statement without an id yet, on a busy machine");
	is_int(found[0].subject.role, 30, "is no innocent part of the role");
}

int
main(void)
{
	test_pace();
	test_sources();
	test_proof();
	test_narrowest();
	return done_testing();
}
