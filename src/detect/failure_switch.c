/*
 * failure_switch.c
 *		A switch was turned that should not have been: writes are refused, plans are bad, autovacuum stands still.
 *
 * Somebody may have turned it on purpose, so only what changed in the last quarter of an hour counts, and only
 * where the harm is seen.
 */
#include "detect/failure_proof.h"

#include <stdio.h>
#include <string.h>

#define STILL_REFUSED (10 * HEAL_SECOND)
#define NOT_REFUSED HEAL_SECOND /* the settle time comes on top */
#define FEW_REFUSED 2			/* one may be somebody who tries it out */

/* As catalogs and files spell it; the server's own are spelt "on" and "off". */
static bool
is_word(const char *value, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(value, *words) == 0)
			return true;
	return false;
}

static bool
is_on(const HealSuspect *suspect)
{
	static const char *const words[] = {"on", "true", "yes", "1", NULL};

	return is_word(suspect->new_value, words);
}

/* Read-only by default */

int
heal_read_only_find(const HealSituation *situation,
					const HealFailureLimits *limits, HealFinding *findings,
					int max)
{
	for (int i = 0; i < situation->suspects && max > 0; i++)
	{
		const HealSuspect *suspect = &situation->suspect[i];
		HealFinding finding = {
			.kind = HEAL_READ_ONLY_BY_DEFAULT,
			.subject = heal_suspect_subject(suspect),
			.since = suspect->at,
			.due = situation->taken_at +
				   limits->patience[HEAL_READ_ONLY_BY_DEFAULT],
			.culprit = -1,
		};
		char ago[HEAL_DURATION_SIZE];

		if (situation->in_recovery || !is_on(suspect) ||
			strcmp(suspect->name, "default_transaction_read_only") != 0 ||
			suspect->refused < FEW_REFUSED ||
			situation->taken_at - suspect->refused_at > STILL_REFUSED)
			continue;
		snprintf(finding.evidence, sizeof(finding.evidence),
				 "default_transaction_read_only was switched on for %s %s ago; "
				 "since then writes have been refused, at least %d of them",
				 suspect->role != 0		  ? "a role"
				 : suspect->database != 0 ? "a database"
										  : "the server",
				 heal_duration_format(situation->taken_at - suspect->at, ago),
				 suspect->refused);
		findings[0] = finding;
		return 1;
	}
	return 0;
}

/*
 * A value of the server's reaches every session; one of a database or a role only those that log in from then
 * on, so of the others nothing else can be expected.
 */
bool
heal_read_only_gone(const HealSituation *situation,
					const HealFailureLimits *limits, const HealSubject *subject)
{
	const HealSuspect *suspect = heal_suspect_lookup(situation, subject);
	bool server = subject->database == 0 && subject->role == 0;

	(void) limits;
	return suspect == NULL ||
		   (!is_on(suspect) &&
			situation->taken_at -
					(server ? suspect->refused_at : suspect->refused_fresh) >
				NOT_REFUSED);
}
