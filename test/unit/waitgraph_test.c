/*
 * waitgraph_test.c
 *		Roots of lock queues: hand-made queues, then random ones against a slow
 *		reference that knows nothing but the rules in the head of waitgraph.c.
 */
#include "sample/waitgraph.h"

#include <stdlib.h>
#include <time.h>

#include "tap.h"

#define MAX_ENTRIES 1200
#define MAX_SESSIONS 600

enum
{
	ACCESS_SHARE = 1,
	ROW_SHARE,
	ROW_EXCLUSIVE,
	SHARE_UPDATE_EXCLUSIVE,
	SHARE,
	SHARE_ROW_EXCLUSIVE,
	EXCLUSIVE,
	ACCESS_EXCLUSIVE
};

#define BIT(mode) (UINT32_C(1) << (mode))

/* The server's own table of conflicts. */
static const uint32_t conflicts[HEAL_LOCK_MODES] = {
	[ACCESS_SHARE] = BIT(ACCESS_EXCLUSIVE),
	[ROW_SHARE] = BIT(EXCLUSIVE) | BIT(ACCESS_EXCLUSIVE),
	[ROW_EXCLUSIVE] = BIT(SHARE) | BIT(SHARE_ROW_EXCLUSIVE) | BIT(EXCLUSIVE) |
					  BIT(ACCESS_EXCLUSIVE),
	[SHARE_UPDATE_EXCLUSIVE] = BIT(SHARE_UPDATE_EXCLUSIVE) | BIT(SHARE) |
							   BIT(SHARE_ROW_EXCLUSIVE) | BIT(EXCLUSIVE) |
							   BIT(ACCESS_EXCLUSIVE),
	[SHARE] = BIT(ROW_EXCLUSIVE) | BIT(SHARE_UPDATE_EXCLUSIVE) |
			  BIT(SHARE_ROW_EXCLUSIVE) | BIT(EXCLUSIVE) | BIT(ACCESS_EXCLUSIVE),
	[SHARE_ROW_EXCLUSIVE] = BIT(ROW_EXCLUSIVE) | BIT(SHARE_UPDATE_EXCLUSIVE) |
							BIT(SHARE) | BIT(SHARE_ROW_EXCLUSIVE) |
							BIT(EXCLUSIVE) | BIT(ACCESS_EXCLUSIVE),
	[EXCLUSIVE] = BIT(ROW_SHARE) | BIT(ROW_EXCLUSIVE) |
				  BIT(SHARE_UPDATE_EXCLUSIVE) | BIT(SHARE) |
				  BIT(SHARE_ROW_EXCLUSIVE) | BIT(EXCLUSIVE) |
				  BIT(ACCESS_EXCLUSIVE),
	[ACCESS_EXCLUSIVE] = 0x1fe,
};

/* One case: sessions and lock entries, built up by the functions below. */
static HealSession session[MAX_SESSIONS];
static HealLockEntry entry[MAX_ENTRIES];
static HealSituation situation;
static int entries;
static int
	*scratch; /* no larger than documented: the sanitizer sees a step beyond */

static void
begin(void)
{
	memset(session, 0, sizeof(session));
	memset(entry, 0, sizeof(entry));
	situation = (HealSituation){.taken_at = 1000 * HEAL_SECOND,
								.capacity = MAX_SESSIONS,
								.session = session};
	entries = 0;
}

static int
connect(int pid)
{
	int i = situation.sessions++;

	session[i].id.pid = pid;
	session[i].client = true;
	session[i].transaction_start = pid;
	/* Rubbish of an earlier picture must not survive. */
	session[i].waiting = true;
	session[i].root = 7;
	session[i].waiters = 9;
	session[i].blocker = 7;
	session[i].wait_mode = ACCESS_SHARE;
	session[i].behind_prepared = true;
	return i;
}

static HealLockEntry *
add(int pid, int lock)
{
	HealLockEntry *added = &entry[entries++];

	added->pid = pid;
	added->leader_pid = pid;
	added->tag[0] = (unsigned char) lock;
	added->tag[15] = (unsigned char) (lock >> 8);
	return added;
}

static HealLockEntry *
hold(int pid, int lock, int mode)
{
	HealLockEntry *added = add(pid, lock);

	added->hold_mask = BIT(mode);
	return added;
}

static HealLockEntry *
wait_for(int pid, int lock, int mode, HealTime since)
{
	HealLockEntry *added = add(pid, lock);

	added->wait_mode = mode;
	added->wait_start = since;
	return added;
}

static void
resolve(void)
{
	size_t size = HEAL_WAITGRAPH_SCRATCH(entries, situation.sessions);

	scratch = malloc(size * sizeof(int) + 1);
	for (size_t i = 0; i < size; i++)
		scratch[i] = rand();
	heal_waitgraph_resolve(&situation, entry, entries, conflicts, scratch);
	free(scratch);
}

/*
 * As the server does it: the first waits for the holder's transaction, the
 * others for the first.
 */
static void
convoy(int waiters)
{
	begin();
	connect(1);
	hold(1, 1, EXCLUSIVE);
	for (int i = 0; i < waiters; i++)
	{
		connect(100 + i);
		if (i == 0)
		{
			hold(100, 2, EXCLUSIVE);
			wait_for(100, 1, SHARE, 10 * HEAL_SECOND);
		}
		else
			wait_for(100 + i, 2, EXCLUSIVE, 10 * HEAL_SECOND + i);
	}
}

static void
test_convoy(void)
{
	int behind = 0;

	convoy(50);
	resolve();
	for (int i = 1; i <= 50; i++)
		behind += session[i].root == 0 && session[i].waiting;
	is_int(situation.waiters, 50, "a convoy of 50 waits");
	is_int(behind, 50, "the idle transaction is the root of each of them");
	is_int(session[0].waiters, 50, "and has 50 behind it");
	is_int(session[0].oldest_wait, 10 * HEAL_SECOND,
		   "the oldest wait is the first one's");
	ok(!session[0].waiting && session[0].root == -1,
	   "the root waits for nobody");
	is_int(session[1].waiters, 49, "the first in the convoy has 49 behind it");
	is_int(session[1].oldest_wait, 10 * HEAL_SECOND + 1,
		   "its own wait is not one behind it");
	is_int(session[7].waiters, 0, "the last ones block nobody");
	ok(session[1].blocker == 0 && session[1].wait_mode == SHARE &&
		   session[1].wait_tag[0] == 1,
	   "the first waits for the root itself, and for which lock is known");
	ok(session[7].blocker == 1 && session[7].wait_mode == EXCLUSIVE &&
		   session[7].wait_tag[0] == 2,
	   "the others wait for the first, and for another lock");
	ok(session[0].blocker == -1 && session[0].wait_mode == 0 &&
		   !session[0].behind_prepared,
	   "who waits for nobody has no lock to wait for");
}

static void
test_ddl_queue(void)
{
	begin();
	connect(1);
	connect(2);
	connect(3);
	connect(4);
	hold(1, 1, ACCESS_SHARE);
	wait_for(2, 1, ACCESS_EXCLUSIVE, 20);
	wait_for(3, 1, ACCESS_SHARE, 30);
	wait_for(4, 1, ROW_EXCLUSIVE, 40);
	resolve();
	is_int(session[1].root, 0, "DDL waits for the idle reader");
	is_int(session[2].root, 0,
		   "a reader behind the waiting DDL has the idle reader as its root");
	is_int(session[3].root, 0, "and so has a writer");
	is_int(session[1].waiters, 2, "the DDL has two behind it");
	is_int(session[0].waiters, 3, "the idle reader has all three");
	is_int(session[2].waiters, 0,
		   "readers and writers do not block each other");
}

static void
test_two_readers(void)
{
	begin();
	connect(1);
	connect(2);
	connect(3);
	connect(4);
	connect(5);
	hold(1, 1, ACCESS_SHARE);
	hold(2, 1, ACCESS_SHARE);
	wait_for(3, 1, ACCESS_EXCLUSIVE, 20);
	wait_for(4, 1, ACCESS_SHARE, 30);
	resolve();
	ok(session[session[2].root].contested,
	   "of two readers in the way of DDL neither frees it alone");
	ok(!session[2].contested,
	   "the DDL is the only one before the third reader");
	begin();
	connect(1);
	connect(2);
	hold(1, 1, ACCESS_SHARE);
	hold(2, 1, ACCESS_SHARE);
	wait_for(2, 1, ACCESS_EXCLUSIVE, 20);
	resolve();
	ok(!session[0].contested,
	   "what a waiter holds itself does not stand in its own way");
}

static void
test_late_ddl(void)
{
	begin();
	connect(1);
	connect(2);
	connect(3);
	hold(1, 1, ACCESS_EXCLUSIVE);
	wait_for(2, 1, ACCESS_SHARE, 30);
	wait_for(3, 1, ACCESS_EXCLUSIVE, 0);
	resolve();
	is_int(session[1].waiters, 0,
		   "a wait that has only begun comes last in its queue");
	is_int(session[2].wait_start, situation.taken_at,
		   "its start is the moment of the picture");
	is_int(session[0].oldest_wait, 30, "and it is not the oldest");
}

static void
test_parallel_group(void)
{
	begin();
	connect(1);
	connect(10);
	connect(11);
	connect(2);
	hold(10, 1, ACCESS_SHARE);
	wait_for(11, 1, ACCESS_EXCLUSIVE, 5)->leader_pid = 10;
	resolve();
	is_int(situation.waiters, 1, "a parallel worker that waits counts once");
	ok(session[1].waiting && !session[2].waiting, "as its leader");
	is_int(session[1].root, -1, "a parallel group does not block itself");
	is_int(session[1].waiters, 0, "so nobody is behind the leader");

	begin();
	connect(1);
	connect(10);
	connect(11);
	connect(2);
	hold(1, 1, EXCLUSIVE);
	wait_for(11, 1, SHARE, 5)->leader_pid = 10;
	hold(11, 2, ACCESS_SHARE)->leader_pid = 10;
	wait_for(2, 2, ACCESS_EXCLUSIVE, 9);
	resolve();
	is_int(session[3].root, 0,
		   "whoever waits for a worker waits for what its group waits for");
	is_int(session[1].waiters, 1, "the leader stands for its worker");
	is_int(session[2].waiters, 0, "the worker for nothing");
	is_int(session[0].waiters, 2, "the root has the group and its waiter");
}

static void
test_group_in_queue(void)
{
	begin();
	connect(1);
	connect(10);
	connect(2);
	hold(1, 1, ACCESS_SHARE);
	hold(10, 1, ACCESS_SHARE);
	wait_for(10, 1, ACCESS_EXCLUSIVE, 5);
	resolve();
	is_int(session[1].root, 0,
		   "one who would raise its own lock waits for the other holder");

	begin();
	connect(10);
	connect(11);
	connect(2);
	hold(2, 1, ROW_EXCLUSIVE);
	wait_for(10, 1, SHARE, 5);
	wait_for(11, 1, ACCESS_SHARE, 6)->leader_pid = 10;
	resolve();
	is_int(session[0].root, 2, "the leader's wait is the older one");
	is_int(session[0].wait_start, 5, "and stands for the group");
	is_int(situation.waiters, 1, "two waits of a group are one");
}

static void
test_prepared_transaction(void)
{
	begin();
	connect(1);
	connect(2);
	connect(3);
	hold(0, 1, ROW_EXCLUSIVE);
	hold(3, 1, ROW_EXCLUSIVE);
	wait_for(1, 1, ACCESS_EXCLUSIVE, 5);
	wait_for(2, 1, ACCESS_SHARE, 6);
	resolve();
	is_int(session[0].root, -1,
		   "a prepared transaction is a root without a session");
	is_int(session[1].root, -1, "also for those further behind");
	ok(session[0].behind_prepared && session[0].blocker == -1,
	   "who waits for it directly says so");
	ok(!session[1].behind_prepared && session[1].blocker == 0,
	   "who waits behind that one names it");
	is_int(situation.prepared_blockers, 2, "both are counted");
	is_int(
		session[2].waiters, 0,
		"who holds the lock beside it is not blamed: ending it frees nobody");
	is_int(session[0].waiters, 1, "the DDL has one behind it all the same");
}

static void
test_cycle(void)
{
	begin();
	connect(1);
	connect(2);
	connect(3);
	hold(1, 1, EXCLUSIVE);
	hold(2, 2, EXCLUSIVE);
	wait_for(1, 2, EXCLUSIVE, 5);
	wait_for(2, 1, EXCLUSIVE, 6);
	wait_for(3, 1, EXCLUSIVE, 7);
	resolve();
	ok(session[0].root == -1 && session[1].root == -1,
	   "a deadlock has no root");
	is_int(session[2].root, -1, "nor has who waits for one");
	is_int(situation.waiters, 3, "but all of them wait");
	ok(session[0].waiters == 0 && session[1].waiters == 0,
	   "nobody in a deadlock is blamed");
	ok(session[0].blocker == 1 && session[1].blocker == 0 &&
		   session[2].blocker >= 0,
	   "though each says behind whom it waits");
}

static void
test_independent_roots(void)
{
	begin();
	connect(1);
	connect(2);
	connect(3);
	connect(4);
	connect(5);
	hold(1, 1, EXCLUSIVE);
	hold(2, 256, EXCLUSIVE);
	wait_for(3, 1, EXCLUSIVE, 5);
	wait_for(4, 256, EXCLUSIVE, 6);
	wait_for(5, 256, EXCLUSIVE, 7);
	resolve();
	is_int(session[0].waiters, 1, "two locks, two roots: one behind the first");
	is_int(session[1].waiters, 2, "two behind the second");
	is_int(session[4].root, 1, "the second's own");
}

static void
test_without_session(void)
{
	begin();
	connect(1);
	connect(3);
	hold(1, 1, EXCLUSIVE);
	hold(2, 2, EXCLUSIVE);
	wait_for(2, 1, EXCLUSIVE, 5);
	wait_for(3, 2, EXCLUSIVE, 6);
	resolve();
	is_int(situation.waiters, 1, "a waiter without a session is not counted");
	is_int(session[1].root, 0, "but a chain leads through it");
	is_int(session[0].waiters, 1, "to the root behind");

	begin();
	connect(3);
	hold(2, 2, EXCLUSIVE);
	wait_for(3, 2, EXCLUSIVE, 6);
	resolve();
	ok(session[0].waiting && session[0].root == -1,
	   "a root without a session is unknown");
}

static void
test_choice(void)
{
	begin();
	connect(1);
	connect(2);
	connect(3);
	connect(4);
	session[0].transaction_start = 0;
	session[1].transaction_start = 300;
	session[2].transaction_start = 200;
	hold(1, 1, ACCESS_SHARE);
	hold(2, 1, ACCESS_SHARE);
	hold(3, 1, ACCESS_SHARE);
	wait_for(4, 1, ACCESS_EXCLUSIVE, 400);
	resolve();
	is_int(session[3].root, 2, "of several holders the oldest transaction");
	session[1].protection = HEAL_PROTECTED_SUPERUSER;
	resolve();
	is_int(session[3].root, 1,
		   "but one that must not be touched before it: it would remain");
}

static void
test_nothing(void)
{
	begin();
	resolve();
	is_int(situation.waiters, 0, "no session, no lock: nothing to resolve");
	connect(1);
	connect(2);
	hold(1, 1, EXCLUSIVE);
	hold(2, 2, EXCLUSIVE);
	resolve();
	ok(!session[0].waiting && session[0].root == -1 &&
		   session[0].waiters == 0 && session[0].oldest_wait == 0,
	   "locks nobody waits for block nobody");
}

/* ----- the reference: by definition, without any index ----- */

static int
session_of(int pid)
{
	for (int i = 0; i < situation.sessions; i++)
		if (session[i].id.pid == pid)
			return i;
	return -1;
}

static bool
is_earlier(const HealLockEntry *a, const HealLockEntry *b)
{
	HealTime left = a->wait_start ? a->wait_start : INT64_MAX;
	HealTime right = b->wait_start ? b->wait_start : INT64_MAX;

	return left != right ? left < right : a->pid < b->pid;
}

static int
rank_of(const HealLockEntry *holder)
{
	int i = session_of(holder->leader_pid);

	if (holder->pid == 0)
		return 0;
	if (i < 0)
		return 1;
	return session[i].protection != HEAL_PROTECTED_NOT ? 2 : 3;
}

static HealTime
transaction_of(const HealLockEntry *holder)
{
	int i = session_of(holder->leader_pid);

	return i < 0 ? 0 : session[i].transaction_start;
}

static bool
is_better_holder(const HealLockEntry *a, const HealLockEntry *b)
{
	HealTime left = transaction_of(a) ? transaction_of(a) : INT64_MAX;
	HealTime right = transaction_of(b) ? transaction_of(b) : INT64_MAX;

	if (rank_of(a) != rank_of(b))
		return rank_of(a) < rank_of(b);
	return left != right ? left < right : a->leader_pid < b->leader_pid;
}

/*
 * The leader of the group this group waits for; -1 it does not wait, -2 nobody
 * is found.
 */
static int
slow_blocker(int leader, HealTime *since)
{
	const HealLockEntry *wait = NULL;
	const HealLockEntry *hard = NULL;
	const HealLockEntry *soft = NULL;

	for (int i = 0; i < entries; i++)
		if (entry[i].leader_pid == leader && entry[i].wait_mode != 0 &&
			(wait == NULL || is_earlier(&entry[i], wait)))
			wait = &entry[i];
	if (wait == NULL)
		return -1;
	*since = wait->wait_start ? wait->wait_start : situation.taken_at;
	for (int i = 0; i < entries; i++)
	{
		const HealLockEntry *other = &entry[i];

		if (memcmp(other->tag, wait->tag, 16) != 0 ||
			other->leader_pid == leader)
			continue;
		if ((conflicts[wait->wait_mode] & other->hold_mask) &&
			(hard == NULL || is_better_holder(other, hard)))
			hard = other;
		if (other->wait_mode != 0 && is_earlier(other, wait) &&
			(conflicts[wait->wait_mode] & BIT(other->wait_mode)) &&
			(soft == NULL || is_earlier(other, soft)))
			soft = other;
	}
	if (hard != NULL)
		return hard->leader_pid;
	return soft != NULL ? soft->leader_pid : -2;
}

typedef struct Expected
{
	bool waiting;
	HealTime wait_start;
	int root;
	int waiters;
	HealTime oldest_wait;
} Expected;

/*
 * Fills expected[] of each session; returns how many have a prepared
 * transaction as their root.
 */
static int
slow_resolve(Expected *expected)
{
	int prepared = 0;
	int blocker_of[MAX_SESSIONS];
	HealTime ignored;

	for (int i = 0; i < situation.sessions; i++)
	{
		expected[i] = (Expected){.root = -1};
		blocker_of[i] =
			slow_blocker(session[i].id.pid, &expected[i].wait_start);
		expected[i].waiting = blocker_of[i] != -1;
	}
	for (int i = 0; i < situation.sessions; i++)
	{
		int path[MAX_ENTRIES + 1];
		int steps = 0;
		int at = blocker_of[i];

		while (at > 0 && steps <= entries)
		{
			int next = session_of(at) >= 0 ? blocker_of[session_of(at)]
										   : slow_blocker(at, &ignored);

			path[steps++] = at;
			if (next == -1)
				break;
			at = next;
		}
		if (steps > entries) /* more than there are groups: a cycle */
			continue;
		if (at == 0)
			prepared++;
		else if (at > 0)
			expected[i].root = session_of(at);
		/* behind the one at each step since the last of the waits before it began */
		HealTime since = expected[i].wait_start;

		for (int step = 0; step < steps; step++)
		{
			int on_path = session_of(path[step]);
			HealTime begun = 0;

			if (on_path >= 0)
			{
				expected[on_path].waiters++;
				if (expected[on_path].oldest_wait == 0 ||
					since < expected[on_path].oldest_wait)
					expected[on_path].oldest_wait = since;
			}
			if (slow_blocker(path[step], &begun) != -1 && begun > since)
				since = begun;
		}
	}
	return prepared;
}

static bool
agrees_with_reference(void)
{
	static Expected expected[MAX_SESSIONS];
	int prepared = slow_resolve(expected);
	int waiters = 0;

	for (int i = 0; i < situation.sessions; i++)
	{
		const Expected *e = &expected[i];
		const HealSession *s = &session[i];

		waiters += e->waiting;
		if (e->waiting != s->waiting || e->root != s->root ||
			e->wait_start != s->wait_start || e->waiters != s->waiters ||
			e->oldest_wait != s->oldest_wait)
		{
			diag("pid %d: waiting %d/%d root %d/%d waiters %d/%d", s->id.pid,
				 s->waiting, e->waiting, s->root, e->root, s->waiters,
				 e->waiters);
			return false;
		}
	}
	return waiters == situation.waiters &&
		   prepared == situation.prepared_blockers;
}

/* Numbers of our own: the same on every machine. */
static uint32_t
dice(uint32_t sides)
{
	static uint64_t state = 20240229;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t) (state >> 33) % sides;
}

/*
 * Processes hold locks of few; some wait, some are parallel workers or have no
 * session.
 */
static void
random_case(void)
{
	int processes = 1 + (int) dice(30);
	int locks = 1 + (int) dice(12);
	int leaders[40];

	begin();
	for (int i = 0; i < processes; i++)
	{
		int pid = 1000 + (int) dice(2) + 2 * i;
		bool worker = i > 0 && dice(5) == 0;

		leaders[i] = worker ? leaders[dice((uint32_t) i)] : pid;
		if (dice(12) != 0)
		{
			int at = connect(pid);

			session[at].transaction_start = dice(6);
			session[at].protection =
				dice(4) == 0 ? HEAL_PROTECTED_BACKUP : HEAL_PROTECTED_NOT;
		}
		for (int lock = 0; lock < locks; lock++)
			if (dice(6) == 0)
				hold(pid, lock, 1 + (int) dice(8))->leader_pid = leaders[i];
		if (dice(2) == 0)
			wait_for(pid, (int) dice((uint32_t) locks), 1 + (int) dice(8),
					 dice(9))
				->leader_pid = leaders[i];
	}
	if (dice(4) == 0)
		hold(0, (int) dice((uint32_t) locks), 1 + (int) dice(8));
}

static void
test_random(void)
{
	int agreed = 0;
	int rooted = 0;
	int prepared = 0;

	for (int i = 0; i < 4000; i++)
	{
		random_case();
		resolve();
		if (!agrees_with_reference())
		{
			diag("case %d", i);
			break;
		}
		agreed++;
		for (int s = 0; s < situation.sessions; s++)
			rooted += session[s].root >= 0;
		prepared += situation.prepared_blockers;
	}
	is_int(agreed, 4000, "4000 random lock tables resolve as by definition");
	ok(rooted > 4000 && prepared > 200,
	   "and they hold roots and prepared transactions enough to tell");
}

/* Not a timed test: the figure is for the reader. */
static void
test_large_convoy(void)
{
	clock_t start;

	convoy(500);
	for (int i = 0; i < 500; i++) /* locks nobody waits for */
		hold(1, 1000 + i, ROW_EXCLUSIVE);
	start = clock();
	resolve();
	diag("500 waiters resolved in %.3f ms, sanitizers and all",
		 (double) (clock() - start) / CLOCKS_PER_SEC * 1000);
	is_int(session[0].waiters, 500, "500 wait behind one row");
}

static void
test_long_chain(void)
{
	begin();
	for (int i = 0; i < 500; i++)
	{
		connect(1 + i);
		hold(1 + i, 1 + i, EXCLUSIVE);
		if (i > 0)
			wait_for(1 + i, i, SHARE, 1000 - i);
	}
	resolve();
	is_int(session[0].waiters, 499, "a chain of 500 has one root");
	is_int(session[499].root, 0, "for the last of it too");
	is_int(session[250].waiters, 249, "and in its middle half of them");
	is_int(session[250].oldest_wait, 1000 - 251,
		   "who wait for it no longer than the first of them does");
	is_int(session[0].oldest_wait, 1000 - 1,
		   "and for the root no longer still");
}

int
main(void)
{
	test_convoy();
	test_ddl_queue();
	test_two_readers();
	test_late_ddl();
	test_parallel_group();
	test_group_in_queue();
	test_prepared_transaction();
	test_cycle();
	test_independent_roots();
	test_without_session();
	test_choice();
	test_nothing();
	test_random();
	test_large_convoy();
	test_long_chain();
	return done_testing();
}
