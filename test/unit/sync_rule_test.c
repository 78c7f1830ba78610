/*
 * sync_rule_test.c
 *		What synchronous_standby_names says, and the failures about it.
 */
#include "sample/sync_rule.h"

#include "detect/failure.h"

#include "tap.h"

#define NOW (1000 * HEAL_HOUR)

static HealSyncRule rule;
static HealSender sender[8];
static int senders;

/* "FIRST 1 (a)" as read and written again; "bad" when it cannot be read. */
static const char *
again(const char *text)
{
	static char written[400];

	if (!heal_sync_rule_read(text, &rule))
		return "bad";
	if (!heal_sync_rule_write(&rule, written, sizeof(written)))
		return "no room";
	return written;
}

static void
test_reading(void)
{
	is_string(again(""), "", "nothing is a rule, too");
	is_string(again("  "), "", "blanks are nothing");
	is_string(again("a"), "FIRST 1 (a)", "a name alone");
	is_string(again("a, b ,c"), "FIRST 1 (a, b, c)", "a list");
	is_string(again("*"), "FIRST 1 (*)", "anybody");
	is_string(again("2 (a, b)"), "FIRST 2 (a, b)", "the old form");
	is_string(again("first 2(a,b)"), "FIRST 2 (a, b)", "in lower case");
	is_string(again("ANY 2 (a, *)"), "ANY 2 (a, *)", "any of them");
	is_string(again("\"two words\", \"q\"\"q\""),
			  "FIRST 1 (\"two words\", \"q\"\"q\")",
			  "what has to be quoted is");
	is_string(again("\"first\", \"2\""), "FIRST 1 (\"first\", \"2\")",
			  "and what would be taken for something else");
	is_string(again("2, 3"), "FIRST 1 (\"2\", \"3\")", "digits can be a name");
	is_string(again("Any"), "FIRST 1 (\"Any\")", "a keyword alone is a name");
	is_string(again("a b"), "bad", "two names without a comma");
	is_string(again("a,"), "bad", "a comma too many");
	is_string(again("ANY 2 (a, b"), "bad", "a parenthesis too few");
	is_string(again("ANY 2 (a) b"), "bad", "something behind it");
	is_string(again("ANY 0 (a)"), "bad", "of none");
	is_string(again("\"a"), "bad", "a quote too few");
	is_string(again("a; b"), "bad", "another sign");
	is_string(again("01234567890123456789012345678901234567890123456789"
					"01234567890123456789"),
			  "bad", "longer than a name can be");
}

static void
connect(const char *application, HealTime ago)
{
	HealSender *added = &sender[senders++];

	*added = (HealSender){.since = NOW - ago, .streams = true, .close = true};
	snprintf(added->application, sizeof(added->application), "%s", application);
}

static const char *
reduced(const char *text)
{
	static char written[400];
	HealSyncRule less;

	heal_sync_rule_read(text, &rule);
	less = heal_sync_rule_reduce(&rule, sender, senders);
	heal_sync_rule_write(&less, written, sizeof(written));
	return written;
}

static const char *
missing(const char *text, size_t size)
{
	static char names[400];

	heal_sync_rule_read(text, &rule);
	heal_sync_rule_missing(&rule, sender, senders, names, size);
	return names;
}

static HealTime
kept_since(const char *text)
{
	heal_sync_rule_read(text, &rule);
	return heal_sync_rule_kept_since(&rule, sender, senders);
}

static void
test_standbys(void)
{
	senders = 0;
	is_string(reduced("a, b"), "", "with nobody there nothing is left");
	is_string(missing("a, b", 400), "a, b", "all are missing");
	is_string(missing("*", 400), "any standby", "whoever they are");
	connect("B", HEAL_MINUTE);
	connect("stranger", HEAL_HOUR);
	is_string(reduced("a, b"), "FIRST 1 (a, b)", "one is enough for one");
	is_string(reduced("FIRST 2 (a, b)"), "FIRST 1 (a, b)",
			  "of two one is left, whoever it will be");
	is_string(reduced("ANY 3 (a, b, c)"), "ANY 1 (a, b, c)",
			  "of three as well");
	is_string(reduced("ANY 3 (*)"), "ANY 2 (*)", "anybody is both of them");
	is_string(missing("FIRST 2 (a, b)", 400), "a", "one is missing");
	is_string(missing("aaaaaaaaaa, cccccccccc, dddddddd", 20), "aaaaaaaaaa...",
			  "names are cut off whole");
	is_int(kept_since("a, b"), NOW - HEAL_MINUTE,
		   "it is kept since b is there");
	is_int(kept_since("2 (*)"), NOW - HEAL_MINUTE,
		   "by two since the second is there");
	is_int(kept_since("3 (*)"), 0, "and by three not at all");
	is_int(kept_since(""), 0, "nothing is not kept");
	sender[0].close = false;
	is_int(kept_since("a, b"), 0, "who lags does not keep it");
	is_string(reduced("a, b"), "FIRST 1 (a, b)", "but counts for the server");
	sender[0].streams = false;
	is_string(reduced("a, b"), "", "who does not stream does not");
}

static HealSituation situation;
static HealFinding found[HEAL_MAX_FINDINGS];
static HealFailureLimits limits;

static int
find(HealFailureKind kind)
{
	return heal_failures[kind].find(&situation, &limits, found,
									HEAL_MAX_FINDINGS);
}

static bool
gone(HealFailureKind kind, HealSubject subject)
{
	return heal_failures[kind].gone(&situation, &limits, &subject);
}

static void
begin(void)
{
	situation = (HealSituation){.taken_at = NOW,
								.sync = {.known = true,
										 .wanted = 2,
										 .present = 1,
										 .waiters = 3,
										 .hung = 3,
										 .missing = "a"}};
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		limits.patience[kind] = heal_failures[kind].patience;
}

static void
test_lost(void)
{
	HealSubject subject;

	begin();
	is_int(find(HEAL_SYNC_STANDBY_LOST), 1,
		   "commits that wait for a standby that is not there");
	is_string(found[0].evidence,
			  "3 commits wait for 2 standbys of synchronous_standby_names, and "
			  "1 streams; not there: a",
			  "are told with who is missing");
	subject = found[0].subject;
	situation.sync.waiters = situation.sync.hung = 0;
	is_int(find(HEAL_SYNC_STANDBY_LOST), 0, "nobody commits: nobody suffers");
	ok(!gone(HEAL_SYNC_STANDBY_LOST, subject), "but that is no cure");
	situation.sync.waiters = situation.sync.hung = 1;
	situation.sync.present = 2;
	is_int(find(HEAL_SYNC_STANDBY_LOST), 0, "with enough of them it is none");
	ok(!gone(HEAL_SYNC_STANDBY_LOST, subject),
	   "and over when nobody hangs any more");
	situation.sync.hung = 0;
	ok(gone(HEAL_SYNC_STANDBY_LOST, subject), "which is now");
	situation.sync.known = false;
	situation.sync.present = 0;
	is_int(find(HEAL_SYNC_STANDBY_LOST), 0, "what is not known is no failure");
	ok(!gone(HEAL_SYNC_STANDBY_LOST, subject), "and no cure");
}

static void
test_degraded(void)
{
	HealSubject subject;

	begin();
	situation.sync.hung = 0;
	is_int(find(HEAL_SYNC_DEGRADED), 0, "nothing was given up");
	situation.sync.given_up_by = 7;
	situation.sync.given_up_at = NOW - HEAL_HOUR;
	situation.sync.given_up_wanted = 1;
	snprintf(situation.sync.given_up, HEAL_SYNC_TEXT, "a");
	is_int(find(HEAL_SYNC_DEGRADED), 1, "what was given up is told");
	is_string(
		found[0].evidence,
		"commits are acknowledged without \"a\" since recovery 7, so they "
		"may be on this server only; 0 of 1 standby streams",
		"with what it means");
	ok(found[0].due > NOW, "it is not due while nobody is back");
	subject = found[0].subject;
	situation.sync.back_since = NOW - 11 * HEAL_SECOND;
	is_int(find(HEAL_SYNC_DEGRADED), 1, "with somebody back");
	ok(found[0].due <= NOW, "it is, after ten seconds");
	ok(!gone(HEAL_SYNC_DEGRADED, subject), "it is not over");
	situation.sync.given_up_by = 8;
	ok(gone(HEAL_SYNC_DEGRADED, subject), "what another gave up is another's");
	situation.sync.given_up_by = 0;
	ok(gone(HEAL_SYNC_DEGRADED, subject), "nothing given up any more");
	situation.sync.hung = 1;
	ok(!gone(HEAL_SYNC_DEGRADED, subject), "unless commits hang for it");
}

int
main(void)
{
	test_reading();
	test_standbys();
	test_lost();
	test_degraded();
	return done_testing();
}
