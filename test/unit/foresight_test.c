/*
 * foresight_test.c
 *		What follows from a failure or a leading indicator is said once, without a flood, and judged by what comes.
 */
#include "cause/foresight.h"

#include "tap.h"

#define NOW (1000 * HEAL_SECOND)

static HealForesightBook book;
static HealForesight ended;
static int64_t last_id;

static HealForesight
cascade(int64_t failure, const char *effect)
{
	HealForesight foresight = {.failure = failure, .probability = 0.8};

	snprintf(foresight.effect, sizeof(foresight.effect), "%s", effect);
	snprintf(foresight.effect_name, sizeof(foresight.effect_name),
			 "Queries slow");
	snprintf(foresight.cause_name, sizeof(foresight.cause_name), "Disk slow");
	heal_foresight_time(&foresight, NOW, 40, NOW);
	return foresight;
}

static bool
opens(int64_t failure, const char *effect)
{
	HealForesight wanted = cascade(failure, effect);

	return heal_foresight_open(&book, &wanted, &last_id, NOW) != NULL;
}

static void
begin(void)
{
	memset(&book, 0, sizeof(book));
	last_id = 40;
}

static void
knows_when(void)
{
	HealForesight one = {0};

	heal_foresight_time(&one, NOW - 10 * HEAL_SECOND, 40, NOW);
	is_int(one.expected - NOW, 30 * HEAL_SECOND,
		   "what takes forty seconds comes so long after its cause");
	is_int(one.until - one.expected, 80 * HEAL_SECOND, "or twice that later");
	heal_foresight_time(&one, NOW - HEAL_HOUR, 5, NOW);
	is_int(one.expected, NOW, "what should be there comes any moment");
	is_int(one.until - NOW, HEAL_MINUTE, "and has at least a minute");
}

static void
is_no_flood(void)
{
	char effect[16];
	int opened = 0;

	begin();
	ok(opens(1, "a"), "what will follow is said");
	is_int(book.open[0].id, 41, "with the next number of all predictions");
	is_int(book.open[0].state, HEAL_PREDICTION_OPEN, "as open");
	ok(!opens(1, "a"), "it is not said again while it stands");
	ok(!opens(2, "a"), "nor of another failure");
	ok(opens(1, "b") && opens(1, "c"), "others are");
	ok(!opens(1, "d"), "but three of a failure are enough");
	for (int failure = 2; failure < 40; failure++)
	{
		snprintf(effect, sizeof(effect), "e%d", failure);
		opened += opens(failure, effect);
	}
	is_int(opened, HEAL_FORESIGHTS - 3, "and there is an end to all of them");
	is_int(book.stats.opened, HEAL_FORESIGHTS, "they are counted");
}

static void
keeps_up(void)
{
	HealForesight again = cascade(1, "a");

	begin();
	opens(1, "a");
	again.probability = 0.6;
	heal_foresight_open(&book, &again, &last_id, NOW + 1);
	is_double(book.open[0].probability, 0.6, 0, "a newer probability counts");
	is_double(book.open[0].probability_first, 0.8, 0,
			  "the first is remembered");
	again.failure = 2;
	again.probability = 0.9;
	heal_foresight_open(&book, &again, &last_id, NOW + 1);
	is_double(book.open[0].probability, 0.6, 0, "not that of another failure");
}

static HealPredictionState
judged(HealEffectSeen seen, bool failure_is_open, HealTime now)
{
	begin();
	opens(1, "a");
	return heal_foresight_judge(&book, 0, seen, failure_is_open, now, &ended)
			   ? (HealPredictionState) ended.state
			   : HEAL_PREDICTION_OPEN;
}

static void
is_judged(void)
{
	HealTime until = NOW + 120 * HEAL_SECOND;

	is_int(judged(HEAL_EFFECT_ABSENT, true, until), HEAL_PREDICTION_OPEN,
		   "as long as it may come it stands");
	is_int(judged(HEAL_EFFECT_ABSENT, true, until + 1), HEAL_PREDICTION_PASSED,
		   "then it was wrong");
	is_int(book.stats.passed, 1, "and counts as that");
	is_int(judged(HEAL_EFFECT_ABSENT, false, NOW + 1), HEAL_PREDICTION_AVERTED,
		   "when the failure is over before, it is averted");
	is_int(judged(HEAL_EFFECT_UNKNOWN, true, until), HEAL_PREDICTION_OPEN,
		   "what is not in the graph may not have been read yet");
	is_int(judged(HEAL_EFFECT_UNKNOWN, true, until + 1), HEAL_PREDICTION_GONE,
		   "when it is no node any more, gone");
	is_int(judged(HEAL_EFFECT_THERE, false, NOW + 7 * HEAL_SECOND),
		   HEAL_PREDICTION_CAME_TRUE, "when it is there, it came true");
	is_double(book.stats.lead, 7, 0, "so much later");
	is_int(ended.ended_at - NOW, 7 * HEAL_SECOND, "at that moment");
	ok(book.open[0].id == 0 && book.past[0].id == 41 && book.ended == 1,
	   "it is among the past ones");
	ok(!opens(1, "a"), "and is not said of that failure again");
	ok(opens(2, "a"), "but of another");
	ok(!heal_foresight_judge(&book, 5, HEAL_EFFECT_THERE, true, NOW, &ended),
	   "where nothing stands nothing is judged");
}

/* Seen since then; what it leads to comes in so many seconds. */
static HealForesight
early(const char *cause, const char *effect, HealTime since, double lag,
	  HealTime now)
{
	HealForesight early = {.probability = 0.8, .seen_since = since};

	snprintf(early.effect, sizeof(early.effect), "%s", effect);
	snprintf(early.effect_name, sizeof(early.effect_name), "WAL piles up");
	snprintf(early.cause, sizeof(early.cause), "%s", cause);
	snprintf(early.cause_name, sizeof(early.cause_name), "Archiving fails");
	snprintf(early.indicator, sizeof(early.indicator),
			 "archive_failures is 3, usually 0");
	heal_foresight_time(&early, since, lag, now);
	return early;
}

static bool
opens_early(const char *cause, const char *effect, HealTime since, HealTime now)
{
	HealForesight wanted = early(cause, effect, since, 1800, now);

	return heal_foresight_open(&book, &wanted, &last_id, now) != NULL;
}

static void
warns_before_anything_fails(void)
{
	HealForesight wanted = early("a", "z", NOW, 59, NOW);
	char effect[16];
	int opened = 0;

	begin();
	ok(heal_foresight_open(&book, &wanted, &last_id, NOW) == NULL,
	   "less than a minute is no warning");
	ok(opens_early("a", "w", NOW, NOW), "half an hour is");
	is_int(book.indicator_stats.opened, 1, "it is counted");
	is_int(book.stats.opened, 0, "and not among those of failures");
	wanted = early("a", "w", NOW, 1800, NOW + 1790 * HEAL_SECOND);
	wanted.probability = 0.9;
	heal_foresight_open(&book, &wanted, &last_id, NOW + 1790 * HEAL_SECOND);
	is_double(book.open[0].probability, 0.9, 0,
			  "a newer probability counts to the end");
	ok(opens_early("b", "x", NOW, NOW), "what else is seen has its own");
	ok(!opens_early("b", "w", NOW, NOW), "but not of what was said already");
	ok(opens_early("a", "e1", NOW, NOW) && opens_early("a", "e2", NOW, NOW),
	   "three of one");
	ok(!opens_early("a", "e3", NOW, NOW), "are enough");
	for (int i = 0; i < 20; i++)
	{
		snprintf(effect, sizeof(effect), "f%d", i);
		opened += opens_early(effect, effect, NOW, NOW);
	}
	is_int(opened, HEAL_INDICATOR_FORESIGHTS - 4,
		   "half of all are indicators'");
	ok(opens(1, "mine"), "failures have the other half");
}

static void
failures_take_over(void)
{
	HealForesight of_failure = cascade(7, "w");

	begin();
	opens_early("a", "w", NOW, NOW);
	of_failure.probability = 0.95;
	ok(heal_foresight_open(&book, &of_failure, &last_id, NOW + HEAL_MINUTE) ==
		   NULL,
	   "what a failure brings and was said early is not said again");
	is_int(book.open[0].failure, 7, "but is the failure's from then on");
	is_int(book.open[0].id, 41, "under the same number");
	is_int(book.open[0].opened_at, NOW, "said when it was said");
	is_double(book.open[0].probability, 0.95, 0,
			  "as probable as that makes it");
	is_int(book.stats.opened, 1, "and counted there");
	is_int(book.indicator_stats.opened, 0, "not here");
	is_int(book.open[0].expected_first, NOW + 1800 * HEAL_SECOND,
		   "when it was to come is remembered as it was said first");
}

static void
failures_take_over_no_more_than_they_may(void)
{
	HealForesight of_failure = cascade(7, "w");

	begin();
	opens_early("a", "w", NOW, NOW);
	ok(opens(7, "x") && opens(7, "y") && opens(7, "z"), "three of a failure");
	heal_foresight_open(&book, &of_failure, &last_id, NOW);
	is_int(book.open[0].failure, 0, "so a fourth stays the indicator's");
	begin();
	opens(7, "w");
	heal_foresight_judge(&book, 0, HEAL_EFFECT_ABSENT, true, NOW + HEAL_HOUR,
						 &ended);
	opens_early("a", "w", NOW, NOW);
	heal_foresight_open(&book, &of_failure, &last_id, NOW);
	is_int(book.open[0].failure, 0,
		   "nor does it take what was wrong of it before");
}

/* By the same metric, farther out. */
static void
evidence_is_kept_up(void)
{
	HealForesight more = early("a", "w", NOW, 1800, NOW);

	begin();
	opens_early("a", "w", NOW, NOW);
	more.value = 9;
	snprintf(more.indicator, sizeof(more.indicator), "it is 9, usually 0");
	heal_foresight_open(&book, &more, &last_id, NOW);
	is_string(book.open[0].indicator, "it is 9, usually 0",
			  "the evidence is that of the worst");
	more.value = 2;
	snprintf(more.indicator, sizeof(more.indicator), "it is 2, usually 0");
	heal_foresight_open(&book, &more, &last_id, NOW);
	is_double(book.open[0].value, 9, 0,
			  "which is what it has to come back from");
	more.value = 900;
	snprintf(more.metric, sizeof(more.metric), "archive_age");
	heal_foresight_open(&book, &more, &last_id, NOW);
	is_double(book.open[0].value, 9, 0,
			  "with another metric that cannot be compared");
}

static HealPredictionState
state_early(HealEffectSeen seen, bool is_seen, HealTime now)
{
	return heal_foresight_judge(&book, 0, seen, is_seen, now, &ended)
			   ? (HealPredictionState) ended.state
			   : HEAL_PREDICTION_OPEN;
}

/* Of half an hour a tenth is three minutes. */
static HealPredictionState
judged_early(HealEffectSeen seen, bool is_seen, HealTime now)
{
	begin();
	opens_early("a", "w", NOW, NOW);
	state_early(seen, is_seen, now - 3 * HEAL_MINUTE);
	return state_early(seen, is_seen, now);
}

static void
pulses_are_no_end(void)
{
	HealTime at = NOW + HEAL_MINUTE;

	begin();
	opens_early("a", "w", NOW, NOW);
	for (int i = 0; i < 10; i++)
	{
		state_early(HEAL_EFFECT_ABSENT, false, at + HEAL_MINUTE);
		state_early(HEAL_EFFECT_ABSENT, true, at += 2 * HEAL_MINUTE);
	}
	ok(book.open[0].id == 41, "what comes in pulses is not over between two");
	state_early(HEAL_EFFECT_ABSENT, false, at);
	is_int(state_early(HEAL_EFFECT_ABSENT, false, at - HEAL_HOUR),
		   HEAL_PREDICTION_OPEN, "a clock that is set back");
	is_int(state_early(HEAL_EFFECT_ABSENT, false, at - 56 * HEAL_MINUTE),
		   HEAL_PREDICTION_AVERTED, "does not make it wait");
}

static void
warnings_are_judged(void)
{
	HealTime later = NOW + 10 * HEAL_MINUTE;

	is_int(judged_early(HEAL_EFFECT_ABSENT, true, later), HEAL_PREDICTION_OPEN,
		   "a warning stands while its cause is seen");
	is_int(judged_early(HEAL_EFFECT_ABSENT, false, later),
		   HEAL_PREDICTION_AVERTED, "without that it is averted");
	is_int(book.indicator_stats.averted, 1, "and counts among its own");
	is_int(book.stats.averted, 0, "not among those of failures");
	ok(!opens_early("a", "w", later, later),
	   "what comes and goes is not said each time");
	ok(opens_early("b", "w", later, later), "of another cause it is");
	judged_early(HEAL_EFFECT_ABSENT, false, later);
	ok(!opens_early("a", "w", NOW, later + 2 * HEAL_HOUR),
	   "nor again while it has been seen all the time");
	ok(opens_early("a", "w", later + 2 * HEAL_HOUR, later + 2 * HEAL_HOUR),
	   "but when it comes again much later");
	judged_early(HEAL_EFFECT_ABSENT, false, later);
	ok(opens_early("a", "w", later - HEAL_DAY, later - HEAL_DAY),
	   "and when a clock was set back");
	judged_early(HEAL_EFFECT_THERE, true, later);
	is_double(book.indicator_stats.lead, 420, 0, "lead is counted");
	begin();
	opens(1, "x");
	heal_foresight_judge(&book, 0, HEAL_EFFECT_ABSENT, false, NOW + 1, &ended);
	for (int i = 0; i < 2 * HEAL_PAST_FORESIGHTS; i++)
	{
		opens_early("a", "w", later + 2 * i * HEAL_HOUR,
					later + 2 * i * HEAL_HOUR);
		heal_foresight_judge(&book, 0, HEAL_EFFECT_THERE, true,
							 later + 2 * i * HEAL_HOUR, &ended);
	}
	ok(!opens(1, "x"), "many of them push out nothing of a failure");
}

static void
warnings_are_told(void)
{
	HealForesight one = early("a", "w", NOW, 1800, NOW);
	char text[400];

	heal_foresight_describe(&one, NOW, text, sizeof(text));
	is_string(text,
			  "\"WAL piles up\" in about 30 min, 80 % likely: \"Archiving "
			  "fails\" leads to it, and is seen: archive_failures is 3, "
			  "usually 0",
			  "a warning says by what it is seen");
}

static void
tells(void)
{
	HealForesight one = cascade(7, "query_latency_high");
	char text[300];

	heal_foresight_describe(&one, NOW, text, sizeof(text));
	is_string(text,
			  "\"Queries slow\" in about 40.0 s, 80 % likely: failure 7 most "
			  "probably comes from \"Disk slow\", which leads to it",
			  "a sentence says all of it");
	heal_foresight_describe(&one, NOW + HEAL_HOUR, text, sizeof(text));
	ok(strncmp(text, "\"Queries slow\" any moment, ", 27) == 0,
	   "also when it is late");
}

static void
is_checked(void)
{
	begin();
	ok(heal_foresight_book_valid(&book), "an empty book is valid");
	opens(1, "a");
	ok(heal_foresight_book_valid(&book), "so is one with something in it");
	memset(book.open[0].cause_name, 'x', sizeof(book.open[0].cause_name));
	ok(!heal_foresight_book_valid(&book), "a name without end is damage");
	begin();
	opens(1, "a");
	memset(book.open[0].indicator, 'x', sizeof(book.open[0].indicator));
	ok(!heal_foresight_book_valid(&book), "so is any other text");
	begin();
	book.past[3].state = 77;
	ok(!heal_foresight_book_valid(&book), "so is a state that is none");
	begin();
	opens(1, "a");
	book.open[0].probability = (double) NAN;
	ok(!heal_foresight_book_valid(&book), "a probability that is no number is");
}

int
main(void)
{
	knows_when();
	is_no_flood();
	keeps_up();
	is_judged();
	warns_before_anything_fails();
	failures_take_over();
	failures_take_over_no_more_than_they_may();
	evidence_is_kept_up();
	pulses_are_no_end();
	warnings_are_judged();
	warnings_are_told();
	tells();
	is_checked();
	return done_testing();
}
