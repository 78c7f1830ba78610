/*
 * verify_test.c
 *		Did it help? Situations before and after an act.
 */
#include "recover/verify.h"

#include "tap.h"

#define NOW (1000 * HEAL_SECOND)
#define MAX_SESSIONS 40

static const HealFailureLimits limits = {
	.patience = {5 * HEAL_SECOND, 60 * HEAL_SECOND, 10 * HEAL_SECOND},
	.connection_slots_threshold = 0.9,
	.idle_session_age = 300 * HEAL_SECOND,
};

static HealSession session[MAX_SESSIONS];
static HealSituation situation;
static HealSufferer sufferers[HEAL_MAX_SUFFERERS];
static int count;

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

static HealSession *
connect(int pid)
{
	HealSession *added = &session[situation.sessions++];

	added->id = (HealIdentity){pid, pid * HEAL_SECOND};
	added->client = true;
	added->state = HEAL_SESSION_ACTIVE;
	added->root = -1;
	return added;
}

static HealSession *
wait_for(HealSession *waiter, HealSession *root, HealTime since)
{
	waiter->waiting = true;
	waiter->wait_start = since;
	waiter->root = root - session;
	root->waiters++;
	if (root->oldest_wait == 0 || since < root->oldest_wait)
		root->oldest_wait = since;
	situation.waiters++;
	return waiter;
}

/* Three wait for 10, and a fourth for somebody else. */
static HealSubject
pile_up(void)
{
	HealSession *culprit;
	HealSession *other;

	begin();
	culprit = connect(10);
	culprit->state = HEAL_SESSION_IDLE_IN_TRANSACTION;
	wait_for(connect(11), culprit, NOW - 30 * HEAL_SECOND);
	wait_for(connect(12), culprit, NOW - 20 * HEAL_SECOND);
	wait_for(connect(13), culprit, NOW - 10 * HEAL_SECOND);
	other = connect(20);
	wait_for(connect(21), other, NOW - 5 * HEAL_SECOND);
	return heal_subject_of_session(culprit);
}

static HealSubject
suffer(void)
{
	HealSubject culprit = pile_up();

	count = heal_verify_sufferers(&situation, &culprit, sufferers,
								  HEAL_MAX_SUFFERERS);
	return culprit;
}

static HealEffect
effect_on(HealSubject culprit)
{
	return heal_verify_effect(&situation, &limits, HEAL_LOCK_PILEUP_IDLE,
							  &culprit, sufferers, count);
}

static bool
healed(HealSubject culprit)
{
	HealEffect effect = effect_on(culprit);

	return heal_verify_healed(&effect);
}

static void
test_who_suffers(void)
{
	HealSubject culprit = suffer();
	HealSubject gone = culprit;

	gone.session.backend_start++;
	HealSufferer few[2];
	bool strangers = false;

	is_int(count, 3, "those who wait behind the culprit suffer");
	for (int i = 0; i < count; i++)
		strangers |= sufferers[i].id.pid == 21 || sufferers[i].wait_start == 0;
	ok(!strangers, "and nobody else");
	is_int(heal_verify_sufferers(&situation, &gone, few, 2), 0,
		   "behind a session that is gone nobody does");
	is_int(heal_verify_sufferers(&situation, &culprit, few, 2), 2,
		   "there may be more than can be kept");
	ok((few[0].id.pid == 11 && few[1].id.pid == 12) ||
		   (few[0].id.pid == 12 && few[1].id.pid == 11),
	   "then those who have waited longest are");
	is_int(heal_verify_sufferers(&situation, &culprit, few, 0), 0,
		   "with no room at all nobody is");
}

static void
test_nothing_has_changed(void)
{
	HealSubject culprit = suffer();
	HealEffect effect = effect_on(culprit);

	ok(!effect.gone, "while they still wait behind it the failure is not gone");
	is_int(effect.still_waiting, 3, "all three still wait");
	is_int(effect.sufferers, 3, "of three");
	ok(!heal_verify_healed(&effect), "it is not healed");
}

static void
test_all_got_on(void)
{
	HealSubject culprit = suffer();

	begin();
	connect(11);
	connect(12);
	connect(13);
	ok(healed(culprit), "the culprit gone and the waiters at work is healed");
	begin();
	ok(healed(culprit), "waiters that have disconnected wait no longer");
}

static void
test_the_next_in_line_took_its_place(void)
{
	HealSubject culprit = suffer();
	HealEffect effect;

	begin();
	wait_for(connect(12), connect(11), NOW - 20 * HEAL_SECOND);
	wait_for(connect(13), &session[1], NOW - 10 * HEAL_SECOND);
	effect = effect_on(culprit);
	ok(effect.gone, "the culprit is gone");
	is_int(effect.still_waiting, 2, "but two are in the same wait as before");
	ok(!heal_verify_healed(&effect), "so it is not healed");
}

static void
test_a_new_wait_is_another(void)
{
	HealSubject culprit = suffer();
	HealSession *next;

	begin();
	next = connect(30);
	wait_for(connect(11), next, NOW);
	wait_for(connect(12), next, NOW);
	connect(13);
	ok(healed(culprit),
	   "who got on and waits anew, for somebody else, has got on");
	begin();
	next = connect(30);
	wait_for(connect(11), next, NOW - 30 * HEAL_SECOND)->id.backend_start++;
	ok(healed(culprit),
	   "another session with the pid of a waiter is not that waiter");
}

static void
test_the_culprit_lives_on(void)
{
	HealSubject culprit = suffer();

	begin();
	connect(10);
	connect(11);
	connect(12);
	connect(13);
	ok(healed(culprit), "a culprit that has let go need not be gone");
	wait_for(connect(40), &session[0], NOW);
	ok(!healed(culprit), "one that blocks somebody again has not let go");
}

static void
test_without_a_record_of_who_suffered(void)
{
	HealSubject culprit = suffer();

	count = 0;
	ok(!healed(culprit),
	   "after a recoverer was replaced the failure's own condition decides: it holds");
	begin();
	ok(healed(culprit), "or it does not");
}

static void
test_connection_slots(void)
{
	HealSubject server = {.kind = HEAL_SUBJECT_SERVER};
	HealEffect effect;

	begin();
	situation.slots_used = 95;
	effect = heal_verify_effect(&situation, &limits, HEAL_CONNECTION_SLOTS,
								&server, NULL, 0);
	ok(!heal_verify_healed(&effect),
	   "a target that is gone does not heal slots that are still used up");
	situation.slots_used = 50;
	effect = heal_verify_effect(&situation, &limits, HEAL_CONNECTION_SLOTS,
								&server, NULL, 0);
	ok(heal_verify_healed(&effect), "free slots do");
}

static void
test_by_hand(void)
{
	HealSubject target;
	HealEffect effect;

	begin();
	target = heal_subject_of_session(connect(10));
	effect = heal_verify_effect(&situation, &limits, -1, &target, NULL, 0);
	ok(!effect.gone,
	   "a session asked to end, without a failure, is not out of the way while it runs a statement");
	session[0].state = HEAL_SESSION_IDLE;
	effect = heal_verify_effect(&situation, &limits, -1, &target, NULL, 0);
	ok(effect.gone, "it is when its statement was cancelled");
	wait_for(connect(11), &session[0], NOW);
	effect = heal_verify_effect(&situation, &limits, -1, &target, NULL, 0);
	ok(!effect.gone, "but not while somebody waits for it");
	begin();
	effect = heal_verify_effect(&situation, &limits, -1, &target, NULL, 0);
	ok(effect.gone, "and it is when it has ended");
}

int
main(void)
{
	test_who_suffers();
	test_nothing_has_changed();
	test_all_got_on();
	test_the_next_in_line_took_its_place();
	test_a_new_wait_is_another();
	test_the_culprit_lives_on();
	test_without_a_record_of_who_suffered();
	test_connection_slots();
	test_by_hand();
	return done_testing();
}
