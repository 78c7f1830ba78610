/*
 * failure_test.c
 *		The proofs of the failure catalogue over hand-made situations.
 */
#include "detect/failure.h"

#include "tap.h"

#define NOW (1000 * HEAL_SECOND)
#define MAX_SESSIONS 120

static const HealFailureLimits limits = {
	.patience = {[HEAL_LOCK_PILEUP_IDLE] = 5 * HEAL_SECOND,
				 [HEAL_LOCK_PILEUP_ACTIVE] = 60 * HEAL_SECOND,
				 [HEAL_CONNECTION_SLOTS] = 10 * HEAL_SECOND},
	.connection_slots_threshold = 0.9,
	.idle_session_age = 300 * HEAL_SECOND,
};

static HealSession session[MAX_SESSIONS];
static HealSituation situation;
static HealFinding found[HEAL_MAX_FINDINGS];

static void
begin(void)
{
	memset(session, 0, sizeof(session));
	situation = (HealSituation){.taken_at = NOW,
								.capacity = MAX_SESSIONS,
								.session = session,
								.slots_used = 10,
								.slots_total = 100};
}

/* Ages are those of the picture. */
static HealSession *
connect(int pid, HealSessionState state, HealTime in_state_for)
{
	HealSession *added = &session[situation.sessions++];

	added->id = (HealIdentity){pid, pid * HEAL_SECOND};
	added->client = true;
	added->state = state;
	added->state_change = NOW - in_state_for;
	added->root = -1;
	snprintf(added->application, sizeof(added->application), "pgbench");
	return added;
}

static HealSession *
block(HealSession *root, int waiters, HealTime longest)
{
	root->waiters = waiters;
	root->oldest_wait = NOW - longest;
	return root;
}

static int
find(HealFailureKind kind)
{
	return heal_failures[kind].find(&situation, &limits, found,
									HEAL_MAX_FINDINGS);
}

static void
test_catalogue(void)
{
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
	{
		const HealFailureType *type = &heal_failures[kind];

		ok(type->name && type->title && type->component && type->category &&
			   type->proof && type->cured && type->find && type->gone &&
			   type->ladder[0] && type->looked_for != 0,
		   "a row of the catalogue is complete");
		ok(type->proof[strlen(type->proof) - 1] == '.' &&
			   type->cured[strlen(type->cured) - 1] == '.',
		   "and says how it is proven and cured in sentences");
	}
	for (int state = HEAL_SESSION_OTHER;
		 state <= HEAL_SESSION_IDLE_IN_TRANSACTION_ABORTED; state++)
		ok(heal_session_state_name(state) != NULL, "a state has a name");
	for (int why = HEAL_PROTECTED_NOT; why <= HEAL_PROTECTED_UNKNOWN; why++)
		ok(heal_protection_reason(why) != NULL, "a protection has a reason");
}

static void
test_patience(void)
{
	HealTime five = 5 * HEAL_SECOND;

	is_int(heal_failure_patience(five, 0), five, "nobody waits: full patience");
	is_int(heal_failure_patience(five, 1), five, "one waiter: full patience");
	is_int(heal_failure_patience(five, 6), five / 2, "six halve it");
	is_int(heal_failure_patience(five, 500), 2 * HEAL_SECOND,
		   "never under two seconds");
	is_int(heal_failure_patience(HEAL_SECOND, 500), HEAL_SECOND,
		   "or under the patience itself when that is less");
	is_int(heal_failure_patience(0, 500), 0, "no patience stays none");
	is_int(heal_failure_patience(HEAL_HOUR, 21), HEAL_HOUR / 5,
		   "an hour shortens alike");
}

static void
test_idle_blocker(void)
{
	begin();
	block(connect(4711, HEAL_SESSION_IDLE_IN_TRANSACTION, 6200000), 12,
		  5900000);
	is_int(find(HEAL_LOCK_PILEUP_IDLE), 1,
		   "waiters behind an idle transaction");
	is_int(found[0].kind, HEAL_LOCK_PILEUP_IDLE, "are that failure");
	is_int(found[0].culprit, 0, "its root is the culprit");
	is_int(found[0].targets, 1, "and the target");
	is_int(found[0].target[0], 0, "by itself");
	is_int(found[0].waiters, 12, "with its waiters");
	is_int(found[0].oldest_wait, NOW - 5900000, "and the longest wait");
	is_int(found[0].since, NOW - 5900000, "since somebody waited");
	is_int(found[0].due, NOW - 5900000 + 2 * HEAL_SECOND,
		   "due after the patience twelve waiters leave");
	is_string(found[0].evidence,
			  "12 sessions wait behind session 4711 (application \"pgbench\"), "
			  "idle in transaction for 6.2 s; the longest for 5.9 s",
			  "with a sentence of evidence");
	is_int(find(HEAL_LOCK_PILEUP_ACTIVE), 0, "and not the other pile-up");

	session[0].state_change = NOW - HEAL_SECOND;
	find(HEAL_LOCK_PILEUP_IDLE);
	is_int(found[0].since, NOW - HEAL_SECOND,
		   "one that went idle later: since then");

	session[0].state = HEAL_SESSION_IDLE_IN_TRANSACTION_ABORTED;
	session[0].waiters = 1;
	session[0].application[0] = '\0';
	is_int(find(HEAL_LOCK_PILEUP_IDLE), 1, "an aborted one may block too");
	is_string(found[0].evidence,
			  "1 session waits behind session 4711, idle in transaction "
			  "(aborted) for 1.0 s; it waits 5.9 s",
			  "one waiter and no application read well");
}

static void
test_not_idle_blocker(void)
{
	static const HealSessionState others[] = {
		HEAL_SESSION_OTHER, HEAL_SESSION_ACTIVE, HEAL_SESSION_IDLE};

	for (size_t i = 0; i < heal_lengthof(others); i++)
	{
		begin();
		block(connect(1, others[i], HEAL_HOUR), 9, HEAL_HOUR);
		is_int(find(HEAL_LOCK_PILEUP_IDLE), 0,
			   "no other state is an idle transaction");
	}
	begin();
	connect(1, HEAL_SESSION_IDLE_IN_TRANSACTION, HEAL_HOUR);
	is_int(find(HEAL_LOCK_PILEUP_IDLE), 0,
		   "an idle transaction nobody waits for is no failure");
	block(&session[0], 3, HEAL_HOUR)->waiting = true;
	is_int(find(HEAL_LOCK_PILEUP_IDLE), 0, "who waits itself is not the root");
}

static void
test_active_blocker(void)
{
	begin();
	block(connect(7, HEAL_SESSION_ACTIVE, 2 * HEAL_SECOND), 200,
		  70 * HEAL_SECOND);
	is_int(find(HEAL_LOCK_PILEUP_ACTIVE), 1, "waiters behind a statement");
	is_int(found[0].since, NOW - 70 * HEAL_SECOND,
		   "hold since the longest wait, though this statement is young");
	is_int(found[0].due, NOW - 10 * HEAL_SECOND,
		   "and no number of waiters shortens the patience");
	is_string(found[0].evidence,
			  "200 sessions wait behind session 7 (application \"pgbench\"), "
			  "active for 2.0 s; the longest for 70.0 s",
			  "with a sentence of evidence");
	session[0].waiting = true;
	is_int(find(HEAL_LOCK_PILEUP_ACTIVE), 0,
		   "who waits itself is not the root");
	session[0].waiting = false;
	session[0].waiters = 0;
	is_int(find(HEAL_LOCK_PILEUP_ACTIVE), 0, "nor who blocks nobody");
}

static void
test_protected_root(void)
{
	begin();
	block(connect(7, HEAL_SESSION_IDLE_IN_TRANSACTION, HEAL_MINUTE), 2,
		  HEAL_MINUTE)
		->protection = HEAL_PROTECTED_SUPERUSER;
	is_int(find(HEAL_LOCK_PILEUP_IDLE), 1, "a protected root is a finding");
	is_int(found[0].culprit, 0, "with its culprit");
	is_int(found[0].targets, 0, "but nothing to act on");
	is_string(
		found[0].evidence,
		"2 sessions wait behind session 7 (application \"pgbench\"), idle "
		"in transaction for 60.0 s; the longest for 60.0 s; "
		"protected: it belongs to a superuser",
		"and it is said why");
}

static void
test_evidence_size(void)
{
	HealSession *root;

	begin();
	root = block(
		connect(4194304, HEAL_SESSION_IDLE_IN_TRANSACTION_ABORTED, HEAL_MINUTE),
		99999, 119 * HEAL_SECOND);
	memset(root->application, 'x', HEAL_NAME_SIZE - 1);
	for (int why = HEAL_PROTECTED_NOT_A_CLIENT; why <= HEAL_PROTECTED_UNKNOWN;
		 why++)
	{
		const char *reason = heal_protection_reason(why);

		root->protection = why;
		find(HEAL_LOCK_PILEUP_IDLE);
		ok(strlen(found[0].evidence) < sizeof(found[0].evidence) &&
			   strstr(found[0].evidence, reason) != NULL &&
			   strcmp(strstr(found[0].evidence, reason), reason) == 0,
		   "the longest evidence ends in its reason, uncut");
	}
	session[0].state_change = NOW + HEAL_SECOND;
	session[0].oldest_wait = NOW - 90 * HEAL_MINUTE;
	session[0].application[1] = '\0';
	session[0].protection = HEAL_PROTECTED_NOT;
	find(HEAL_LOCK_PILEUP_IDLE);
	is_string(found[0].evidence,
			  "99999 sessions wait behind session 4194304 (application \"x\"), "
			  "idle in transaction (aborted) for 0.0 s; the longest for 90 min",
			  "minutes for long waits, and a clock that went back is no time");
	session[0].oldest_wait = NOW - 150 * HEAL_MINUTE;
	find(HEAL_LOCK_PILEUP_IDLE);
	ok(strstr(found[0].evidence, "for 2.5 h") != NULL, "then hours");
}

static void
test_worst_first(void)
{
	int most;
	bool sorted = true;

	begin();
	for (int i = 0; i < 40; i++)
		block(connect(100 + i, HEAL_SESSION_IDLE_IN_TRANSACTION, HEAL_MINUTE),
			  1 + (i * 7) % 40, HEAL_MINUTE);
	most = find(HEAL_LOCK_PILEUP_IDLE);
	is_int(most, HEAL_MAX_FINDINGS, "of many roots as many as there is room");
	for (int i = 0; i < most; i++)
		sorted = sorted && found[i].waiters == 40 - i;
	ok(sorted, "the worst of them, the worst first");

	begin();
	block(connect(1, HEAL_SESSION_IDLE_IN_TRANSACTION, HEAL_MINUTE), 3,
		  HEAL_SECOND);
	block(connect(2, HEAL_SESSION_ACTIVE, HEAL_MINUTE), 3, 2 * HEAL_SECOND);
	block(connect(3, HEAL_SESSION_IDLE_IN_TRANSACTION, HEAL_MINUTE), 4,
		  HEAL_SECOND);
	situation.slots_used = 99;
	is_int(heal_failure_find_all(&situation, &limits, HEAL_ROUTINE, found,
								 HEAL_MAX_FINDINGS),
		   4, "all kinds are found");
	is_int(found[0].culprit, 2, "the most waiters first");
	is_int(found[1].culprit, 1, "then the longest wait, whatever the kind");
	is_int(found[2].culprit, 0, "then the shorter");
	is_int(found[3].kind, HEAL_CONNECTION_SLOTS, "the routine ones last");
	is_int(heal_failure_find_all(&situation, &limits, HEAL_URGENT, found,
								 HEAL_MAX_FINDINGS),
		   3, "only the urgent ones when asked");
	is_int(heal_failure_find_all(&situation, &limits, HEAL_ROUTINE, found, 1),
		   1, "no more than there is room for");
	is_int(found[0].culprit, 2, "and that is the worst");
	is_int(heal_failure_find_all(&situation, &limits, HEAL_ROUTINE, found, 0),
		   0, "or none");
}

static void
test_pileup_gone(void)
{
	HealSubject culprit;
	bool (*gone)(const HealSituation *, const HealFailureLimits *,
				 const HealSubject *) =
		heal_failures[HEAL_LOCK_PILEUP_IDLE].gone;

	begin();
	connect(1, HEAL_SESSION_ACTIVE, 0);
	culprit = heal_subject_of_session(
		block(connect(4711, HEAL_SESSION_IDLE_IN_TRANSACTION, HEAL_HOUR), 1,
			  HEAL_HOUR));
	ok(!gone(&situation, &limits, &culprit), "a waiter is left: not gone");
	session[1].state = HEAL_SESSION_ACTIVE;
	ok(!gone(&situation, &limits, &culprit),
	   "whatever the culprit does meanwhile");
	session[1].waiters = 0;
	ok(gone(&situation, &limits, &culprit), "nobody waits behind it: gone");
	session[1].waiters = 1;
	culprit.session.backend_start++;
	ok(gone(&situation, &limits, &culprit),
	   "another session with its pid is not the culprit");
	culprit = (HealSubject){0};
	ok(gone(&situation, &limits, &culprit), "no culprit, nothing behind it");
}

static void
test_lookup(void)
{
	begin();
	connect(1, HEAL_SESSION_ACTIVE, 0);
	connect(2, HEAL_SESSION_ACTIVE, 0);
	is_int(heal_situation_lookup(&situation, session[1].id), 1,
		   "a session is found by pid and start");
	is_int(heal_situation_lookup(
			   &situation, (HealIdentity){2, session[1].id.backend_start + 1}),
		   -1, "a reused pid is not it");
}

static void
test_slots(void)
{
	bool (*gone)(const HealSituation *, const HealFailureLimits *,
				 const HealSubject *) =
		heal_failures[HEAL_CONNECTION_SLOTS].gone;
	HealSubject server = {.kind = HEAL_SUBJECT_SERVER};

	begin();
	situation.slots_used = 89;
	is_int(find(HEAL_CONNECTION_SLOTS), 0, "below the threshold: no failure");
	ok(!gone(&situation, &limits, &server), "but not cured either");
	situation.slots_used = 86;
	ok(!gone(&situation, &limits, &server), "nor four points below");
	situation.slots_used = 84;
	ok(gone(&situation, &limits, &server), "six points below it is");
	situation.slots_used = 90;
	is_int(find(HEAL_CONNECTION_SLOTS), 1, "at the threshold it is a failure");
	is_int(found[0].since, NOW, "since the picture: the caller knows better");
	is_int(found[0].due, NOW + 10 * HEAL_SECOND, "due after its patience");
	is_int(found[0].culprit, -1, "without idle sessions nobody's fault");
	is_int(found[0].targets, 0, "and nothing to act on");
	is_string(found[0].evidence,
			  "90 of 100 connection slots are in use (90 %); 0 unprotected "
			  "sessions idle for 5 min or longer could be ended",
			  "which the evidence says");
	situation.slots_total = 0;
	is_int(find(HEAL_CONNECTION_SLOTS), 0, "no slots at all: nothing to say");
}

/*
 * Twenty candidates with the age of their pid in minutes, oldest in the middle.
 */
static void
many_idle(void)
{
	begin();
	for (int i = 0; i < 20; i++)
		connect(10 + (i * 7) % 20, HEAL_SESSION_IDLE, 0);
	for (int i = 0; i < 20; i++)
		session[i].state_change = NOW - session[i].id.pid * HEAL_MINUTE;
}

static void
test_slot_targets(void)
{
	bool in_order = true;

	many_idle();
	situation.slots_used = 92;
	is_int(find(HEAL_CONNECTION_SLOTS), 1, "many idle sessions");
	is_int(found[0].targets, 13, "no more are ended than brings 92 under 80");
	for (int i = 0; i < found[0].targets; i++)
		in_order = in_order && session[found[0].target[i]].id.pid == 29 - i;
	ok(in_order, "those idle longest, the longest first");
	is_int(found[0].culprit, found[0].target[0], "the first is the culprit");
	situation.slots_used = 105;
	find(HEAL_CONNECTION_SLOTS);
	is_int(found[0].targets, HEAL_MAX_TARGETS, "nor more than one act may");
	is_string(found[0].evidence,
			  "105 of 100 connection slots are in use (105 %); 16 unprotected "
			  "sessions idle for 5 min or longer could be ended",
			  "superusers can fill more than all");
}

static void
test_slot_exemptions(void)
{
	begin();
	situation.slots_used = 99;
	connect(1, HEAL_SESSION_IDLE_IN_TRANSACTION, HEAL_HOUR);
	connect(2, HEAL_SESSION_ACTIVE, HEAL_HOUR);
	connect(3, HEAL_SESSION_IDLE, 299 * HEAL_SECOND);
	connect(4, HEAL_SESSION_IDLE, HEAL_HOUR)->protection =
		HEAL_PROTECTED_BY_SETTING;
	connect(5, HEAL_SESSION_IDLE, HEAL_HOUR)->client = false;
	connect(6, HEAL_SESSION_OTHER, HEAL_HOUR);
	find(HEAL_CONNECTION_SLOTS);
	is_int(
		found[0].targets, 0,
		"only plainly idle, unprotected clients are ended, and only old ones");
	connect(7, HEAL_SESSION_IDLE, 300 * HEAL_SECOND);
	find(HEAL_CONNECTION_SLOTS);
	is_int(found[0].targets, 1, "such as this");
	is_int(found[0].target[0], 6, "one");
}

static void
test_must_last(void)
{
	HealFailureLimits own = {.runaway_age = HEAL_HOUR,
							 .idle_session_age = 5 * HEAL_MINUTE};

	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
	{
		own.patience[kind] = 30 * HEAL_SECOND;
		ok(heal_failure_must_last(kind, &own) >= own.patience[kind],
		   "no proof is about less than the patience");
	}
	is_int(heal_failure_must_last(HEAL_RUNAWAY_STATEMENT, &own),
		   HEAL_HOUR + 30 * HEAL_SECOND,
		   "that of a runaway is about the statement's whole age");
	is_int(heal_failure_must_last(HEAL_CONNECTION_SLOTS, &own),
		   5 * HEAL_MINUTE + 30 * HEAL_SECOND,
		   "that of the slots about idle sessions");
}

int
main(void)
{
	test_catalogue();
	test_patience();
	test_idle_blocker();
	test_not_idle_blocker();
	test_active_blocker();
	test_protected_root();
	test_evidence_size();
	test_worst_first();
	test_pileup_gone();
	test_lookup();
	test_slots();
	test_slot_targets();
	test_slot_exemptions();
	test_must_last();
	return done_testing();
}
