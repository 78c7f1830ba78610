/*
 * pastanomaly_test.c
 *		What goes on record of an anomaly says by itself what it was.
 */
#include "detect/pastanomaly.h"

#include "history/ledger.h"
#include "tap.h"

static HealAnomaly
sample(void)
{
	return (HealAnomaly){
		.id = 7,
		.metric = HEAL_METRIC_CPU_USED,
		.severity = HEAL_HIGH,
		.opened_at = HEAL_DAY,
		.peak_at = HEAL_DAY + HEAL_SECOND,
		.peak_value = 0.97,
		.peak_z = 8.1,
		.view = HEAL_VIEW_CONTEXT,
		.location = 0.31,
		.spread = 0.08,
		.expected = 0.4,
		.surprise = 6.5,
		.confidence = 0.9,
	};
}

static void
names_and_words(void)
{
	HealAnomaly anomaly = sample();
	HealPastAnomaly past = heal_anomaly_record(&anomaly, HEAL_END_NONE);
	char text[320];

	ok(strcmp(past.metric, "cpu_used") == 0 &&
		   strcmp(past.component, "cpu") == 0 &&
		   strcmp(past.category, "resource") == 0 &&
		   strcmp(past.method, "stack") == 0 &&
		   strcmp(past.view, "context") == 0,
	   "names stand for numbers");
	ok(past.id == 7 && past.severity == HEAL_HIGH && past.peak_z == 8.1 &&
		   past.expected == 0.4 && past.surprise == 6.5,
	   "and numbers are as they were");
	heal_past_anomaly_tell(&past, text, sizeof(text));
	ok(strcmp(text, "cpu_used = 0.97 (z-score 8.1, baseline 0.31 +- 0.08)") ==
		   0,
	   "an open one is described");
	ok(heal_anomaly_end_name(HEAL_END_NONE) == NULL, "it has no end");

	anomaly.closed_at = anomaly.opened_at + 12 * HEAL_SECOND;
	past = heal_anomaly_record(&anomaly, HEAL_END_ACCEPTED);
	heal_past_anomaly_tell(&past, text, sizeof(text));
	ok(strncmp(text, "accepted as the new normal after 12 s: cpu_used", 47) ==
		   0,
	   "one that is over says how and after how long");
	for (int end = HEAL_END_OVER; end < HEAL_ENDS; end++)
	{
		past.end = end;
		heal_past_anomaly_tell(&past, text, sizeof(text));
		ok(heal_anomaly_end_name(end) != NULL && strstr(text, "(null)") == NULL,
		   "every end has words");
	}
}

static void
validity(void)
{
	HealAnomaly anomaly = sample();
	HealPastAnomaly good = heal_anomaly_record(&anomaly, HEAL_END_NONE);
	HealPastAnomaly bad;

	ok(heal_past_anomaly_valid(&good), "what was made here is valid");
	bad = good, bad.id = 0;
	ok(!heal_past_anomaly_valid(&bad), "without a number it is not");
	bad = good, bad.severity = 4;
	ok(!heal_past_anomaly_valid(&bad), "nor with a severity nobody has");
	bad = good, bad.end = HEAL_ENDS, bad.closed_at = 1;
	ok(!heal_past_anomaly_valid(&bad), "nor with an end nobody has");
	bad = good, bad.end = HEAL_END_OVER;
	ok(!heal_past_anomaly_valid(&bad), "nor ended without a time");
	bad = good, memset(bad.metric, 'x', sizeof(bad.metric));
	ok(!heal_past_anomaly_valid(&bad), "nor with a name that does not end");
	bad = good, bad.category[0] = '\0';
	ok(!heal_past_anomaly_valid(&bad), "nor with an empty one");
}

static void
numbers_go_on(void)
{
	static HealLedger ledger;
	HealAnomaly anomaly = sample();
	HealPastAnomaly past = heal_anomaly_record(&anomaly, HEAL_END_NONE);

	heal_ledger_init(&ledger);
	ok(heal_ledger_apply(&ledger, 1, HEAL_RECORD_ANOMALY, &past, sizeof(past)),
	   "the ledger takes it");
	is_int(ledger.next_anomaly, 8, "and the next one has the next number");
	past.id = 3;
	heal_ledger_apply(&ledger, 2, HEAL_RECORD_ANOMALY, &past, sizeof(past));
	is_int(ledger.next_anomaly, 8, "also when an older one comes late");
	past.category[0] = '\0';
	ok(!heal_ledger_apply(&ledger, 3, HEAL_RECORD_ANOMALY, &past, sizeof(past)),
	   "one that makes no sense is refused");
}

int
main(void)
{
	names_and_words();
	validity();
	numbers_go_on();
	return done_testing();
}
