/*
 * waitgraph.c
 *		Who stands at the root of a lock queue.
 *
 * The lock table knows for each lock who holds it and who waits. Every waiter
 * is given one blocker, so that the waiters form trees, and a tree's root is a
 * process that does not wait:
 *
 * - hard: another group holds the lock in a mode that conflicts with the one
 *   waited for. Of several, the one that is hardest to remove: a prepared
 *   transaction, then a session that must not be touched, then the oldest
 *   transaction. While it stays, ending another frees nobody.
 * - soft, only where there is no hard one: the earliest of those who wait
 *   before it on the same lock for a conflicting mode (the queue behind a
 *   waiting DDL).
 *
 * A session is contested when one behind it has another hard blocker as well:
 * then ending it alone may free nobody.
 *
 * Nodes are parallel groups, named by their leader; a group does not block
 * itself, and waits as long as its longest waiting member. Waiters that lead
 * into a cycle have no root: the server breaks the cycle within its
 * deadlock_timeout.
 *
 * Only locks that somebody waits for matter. Their entries are sorted by lock
 * and order in the queue; within one lock the best blocker of each mode is kept
 * while walking, so a convoy of n costs n log n, whatever its shape. Only the
 * longest chain costs more: each of its members counts for each before it.
 */
#include "sample/waitgraph.h"

#include <string.h>

#define NONE (-1)
#define UNSEEN (-2)
#define OPEN (-3)	/* on the path being walked */
#define CIRCLE (-4) /* leads into a cycle */

/* Everything by index into entries; all arrays are in the caller's scratch. */
typedef struct Graph
{
	HealSituation *situation;
	const HealLockEntry *entries;
	const uint32_t *conflicts;
	int count;
	int *queue; /* [queued] entries of waited-for locks, in order */
	int queued;
	int *waiter; /* [waiters] one wait of each waiting group, by leader */
	int waiters;
	int *owner;	  /* [count] session of the leader, of those in queue */
	int *blocker; /* [count] the blocker's own wait, or what it holds */
	int *root;	  /* [count] where the chain of blockers ends, NONE, CIRCLE */
	int *by_pid;  /* [sessions] sessions by pid */
} Graph;

/* The best entry, and the best of any group but that one's. */
typedef struct Best
{
	int first;
	int second;
} Best;

typedef int (*Comparison)(const Graph *graph, int a, int b);

static void clear(HealSituation *situation);
static Graph layout(HealSituation *situation, const HealLockEntry *entries,
					int count, const uint32_t *conflicts, int *scratch);
static bool find_waiters(Graph *graph);
static void find_queues(Graph *graph);
static void find_owners(Graph *graph);
static void find_blockers(Graph *graph);
static void follow_to_roots(Graph *graph);
static void tell_sessions(Graph *graph);
static bool is_waited_for(const Graph *graph, int entry, int locks);
static void find_blockers_of_lock(Graph *graph, int from, int to);
static void best_holders(const Graph *graph, int from, int to, Best *best);
static int wait_of_group(const Graph *graph, int entry);
static void follow(Graph *graph, int waiter);
static void tell_waiter(Graph *graph, int waiter);
static HealTime wait_start(const Graph *graph, int waiter);
static void tell_lock(Graph *graph, HealSession *session, int waiter);
static void tell_prepared(Graph *graph, int root, HealTime since);
static int session_of_pid(const Graph *graph, int32_t pid);
static void best_clear(Best *best);
static void
best_offer(const Graph *graph, Best *best, int entry, Comparison compare);
static int best_for(const Graph *graph, const Best *best, int entry);
static bool
has_another(const Graph *graph, const Best *best, int entry, int blocker);
static bool same_group(const Graph *graph, int a, int b);
static HealTime began(const HealLockEntry *entry);
static int compare_queue(const Graph *graph, int a, int b);
static int compare_wait(const Graph *graph, int a, int b);
static int compare_leader(const Graph *graph, int a, int b);
static int compare_pid(const Graph *graph, int a, int b);
static int compare_holder(const Graph *graph, int a, int b);
static int persistence(const Graph *graph, int entry);
static int order(int64_t a, int64_t b);
static void sort(const Graph *graph, int *item, int count, Comparison compare);
static void
sift(const Graph *graph, int *item, int at, int count, Comparison compare);

void
heal_waitgraph_resolve(HealSituation *situation, const HealLockEntry *entries,
					   int count, const uint32_t conflicts[HEAL_LOCK_MODES],
					   int *scratch)
{
	Graph graph = layout(situation, entries, count, conflicts, scratch);

	clear(situation);
	if (!find_waiters(&graph))
		return;
	find_queues(&graph);
	find_owners(&graph);
	find_blockers(&graph);
	follow_to_roots(&graph);
	tell_sessions(&graph);
}

static void
clear(HealSituation *situation)
{
	situation->waiters = 0;
	situation->prepared_blockers = 0;
	for (int i = 0; i < situation->prepared_count; i++)
	{
		situation->prepared[i].waiters = 0;
		situation->prepared[i].oldest_wait = 0;
	}
	for (int i = 0; i < situation->sessions; i++)
	{
		HealSession *session = &situation->session[i];

		session->waiting = false;
		session->wait_start = 0;
		session->wait_mode = 0;
		session->blocker = -1;
		session->behind_prepared = false;
		session->root = -1;
		session->contested = false;
		session->waiters = 0;
		session->oldest_wait = 0;
	}
}

static Graph
layout(HealSituation *situation, const HealLockEntry *entries, int count,
	   const uint32_t *conflicts, int *scratch)
{
	return (Graph){
		.situation = situation,
		.entries = entries,
		.conflicts = conflicts,
		.count = count,
		.queue = scratch,
		.waiter = scratch + count,
		.owner = scratch + 2 * (size_t) count,
		.blocker = scratch + 3 * (size_t) count,
		.root = scratch + 4 * (size_t) count,
		.by_pid = scratch + 5 * (size_t) count,
	};
}

/* One entry for each group that waits: its longest wait. */
static bool
find_waiters(Graph *graph)
{
	int waits = 0;

	for (int i = 0; i < graph->count; i++)
		if (graph->entries[i].wait_mode != 0)
			graph->waiter[waits++] = i;
	sort(graph, graph->waiter, waits, compare_leader);
	for (int i = 0; i < waits; i++)
		if (i == 0 || !same_group(graph, graph->waiter[i],
								  graph->waiter[graph->waiters - 1]))
			graph->waiter[graph->waiters++] = graph->waiter[i];
	return waits > 0;
}

/*
 * The waits first, so that holders can be asked whether anybody waits for what
 * they hold.
 */
static void
find_queues(Graph *graph)
{
	int waits = 0;

	for (int i = 0; i < graph->count; i++)
		if (graph->entries[i].wait_mode != 0)
			graph->queue[waits++] = i;
	sort(graph, graph->queue, waits, compare_queue);
	graph->queued = waits;
	for (int i = 0; i < graph->count; i++)
		if (graph->entries[i].wait_mode == 0 &&
			graph->entries[i].hold_mask != 0 && is_waited_for(graph, i, waits))
			graph->queue[graph->queued++] = i;
	sort(graph, graph->queue, graph->queued, compare_queue);
}

static bool
is_waited_for(const Graph *graph, int entry, int locks)
{
	int low = 0;
	int high = locks;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int found = memcmp(graph->entries[graph->queue[middle]].tag,
						   graph->entries[entry].tag,
						   sizeof(graph->entries[entry].tag));

		if (found == 0)
			return true;
		if (found < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static void
find_owners(Graph *graph)
{
	int sessions = graph->situation->sessions;

	for (int i = 0; i < sessions; i++)
		graph->by_pid[i] = i;
	sort(graph, graph->by_pid, sessions, compare_pid);
	for (int i = 0; i < graph->queued; i++)
	{
		int entry = graph->queue[i];

		graph->owner[entry] =
			session_of_pid(graph, graph->entries[entry].leader_pid);
	}
}

static int
session_of_pid(const Graph *graph, int32_t pid)
{
	int low = 0;
	int high = graph->situation->sessions;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int session = graph->by_pid[middle];
		int32_t found = graph->situation->session[session].id.pid;

		if (found == pid)
			return session;
		if (found < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return NONE;
}

static void
find_blockers(Graph *graph)
{
	for (int i = 0; i < graph->queued; i++)
		graph->blocker[graph->queue[i]] = NONE;
	for (int from = 0, to; from < graph->queued; from = to)
	{
		const unsigned char *tag = graph->entries[graph->queue[from]].tag;

		for (to = from + 1; to < graph->queued; to++)
			if (memcmp(tag, graph->entries[graph->queue[to]].tag,
					   sizeof(graph->entries[0].tag)) != 0)
				break;
		find_blockers_of_lock(graph, from, to);
	}
}

static void
find_blockers_of_lock(Graph *graph, int from, int to)
{
	Best hard[HEAL_LOCK_MODES]; /* [mode waited for] */
	Best soft[HEAL_LOCK_MODES];

	best_holders(graph, from, to, hard);
	for (int mode = 0; mode < HEAL_LOCK_MODES; mode++)
		best_clear(&soft[mode]);
	for (int i = from; i < to; i++)
	{
		int entry = graph->queue[i];
		int wanted = graph->entries[entry].wait_mode;

		if (wanted == 0)
			continue;
		int blocker = best_for(graph, &hard[wanted], entry);

		if (blocker != NONE && graph->owner[blocker] != NONE &&
			has_another(graph, &hard[wanted], entry, blocker))
			graph->situation->session[graph->owner[blocker]].contested = true;
		if (blocker == NONE)
			blocker = best_for(graph, &soft[wanted], entry);
		if (blocker != NONE)
		{
			int wait = wait_of_group(graph, blocker);

			graph->blocker[entry] = wait != NONE ? wait : blocker;
		}
		for (int mode = 1; mode < HEAL_LOCK_MODES; mode++)
			if (graph->conflicts[mode] & (UINT32_C(1) << wanted))
				best_offer(graph, &soft[mode], entry, compare_wait);
	}
}

static void
best_holders(const Graph *graph, int from, int to, Best *best)
{
	for (int mode = 0; mode < HEAL_LOCK_MODES; mode++)
		best_clear(&best[mode]);
	for (int i = from; i < to; i++)
		for (int mode = 1; mode < HEAL_LOCK_MODES; mode++)
			if (graph->conflicts[mode] &
				graph->entries[graph->queue[i]].hold_mask)
				best_offer(graph, &best[mode], graph->queue[i], compare_holder);
}

/* The entry in which the group of this one waits, NONE when it does not. */
static int
wait_of_group(const Graph *graph, int entry)
{
	int32_t leader = graph->entries[entry].leader_pid;
	int low = 0;
	int high = graph->waiters;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int32_t found = graph->entries[graph->waiter[middle]].leader_pid;

		if (found == leader)
			return graph->waiter[middle];
		if (found < leader)
			low = middle + 1;
		else
			high = middle;
	}
	return NONE;
}

static void
follow_to_roots(Graph *graph)
{
	for (int i = 0; i < graph->queued; i++)
		graph->root[graph->queue[i]] =
			graph->entries[graph->queue[i]].wait_mode != 0 ? UNSEEN
														   : graph->queue[i];
	for (int i = 0; i < graph->waiters; i++)
		follow(graph, graph->waiter[i]);
}

/*
 * Walks twice: first to the end of the chain, then again to write it down for
 * all on the way.
 */
static void
follow(Graph *graph, int waiter)
{
	int at = waiter;
	int root;

	while (at != NONE && graph->root[at] == UNSEEN)
	{
		graph->root[at] = OPEN;
		at = graph->blocker[at];
	}
	if (at == NONE)
		root = NONE;
	else
		root = graph->root[at] == OPEN ? CIRCLE : graph->root[at];
	for (at = waiter; at != NONE && graph->root[at] == OPEN;
		 at = graph->blocker[at])
		graph->root[at] = root;
}

static void
tell_sessions(Graph *graph)
{
	for (int i = 0; i < graph->waiters; i++)
		if (graph->owner[graph->waiter[i]] != NONE)
			tell_waiter(graph, graph->waiter[i]);
}

/*
 * Nobody has waited behind one further up for longer than the one in between has: its own wait may be older,
 * and have begun behind others. One in between that gives up and tries again, and keeps its locks, makes all waits behind it
 * young for those further up: one picture cannot tell that from one that has only just come there.
 */
static void
tell_waiter(Graph *graph, int waiter)
{
	HealSituation *situation = graph->situation;
	HealSession *session = &situation->session[graph->owner[waiter]];
	int root = graph->root[waiter];
	HealTime since = wait_start(graph, waiter);
	bool contested = false;

	session->waiting = true;
	session->wait_start = since;
	situation->waiters++;
	tell_lock(graph, session, waiter);
	if (root == CIRCLE)
		return;
	if (root != NONE && graph->entries[root].pid != 0)
		session->root = graph->owner[root];
	for (int at = graph->blocker[waiter]; at != NONE; at = graph->blocker[at])
	{
		if (graph->owner[at] != NONE)
		{
			HealSession *blocker = &situation->session[graph->owner[at]];

			/* who frees nobody here frees nobody further up either */
			contested = blocker->contested = contested || blocker->contested;
			blocker->waiters++;
			if (blocker->oldest_wait == 0 || since < blocker->oldest_wait)
				blocker->oldest_wait = since;
		}
		if (graph->entries[at].wait_mode != 0 && wait_start(graph, at) > since)
			since = wait_start(graph, at);
	}
	if (root != NONE && graph->entries[root].pid == 0)
		tell_prepared(graph, root, since);
}

/* A wait that has just begun has no start in the lock table yet. */
static HealTime
wait_start(const Graph *graph, int waiter)
{
	HealTime start = graph->entries[waiter].wait_start;

	return start != 0 ? start : graph->situation->taken_at;
}

static void
tell_prepared(Graph *graph, int root, HealTime since)
{
	HealSituation *situation = graph->situation;

	situation->prepared_blockers++;
	for (int i = 0; i < situation->prepared_count; i++)
	{
		HealPrepared *prepared = &situation->prepared[i];

		if (prepared->transaction != graph->entries[root].prepared)
			continue;
		prepared->waiters++;
		if (prepared->oldest_wait == 0 || since < prepared->oldest_wait)
			prepared->oldest_wait = since;
	}
}

/* What it waits for, and behind whom. */
static void
tell_lock(Graph *graph, HealSession *session, int waiter)
{
	int blocker = graph->blocker[waiter];

	session->wait_mode = graph->entries[waiter].wait_mode;
	memcpy(session->wait_tag, graph->entries[waiter].tag,
		   sizeof(session->wait_tag));
	if (blocker == NONE)
		return;
	session->behind_prepared = graph->entries[blocker].pid == 0;
	session->blocker = graph->owner[blocker];
}

static void
best_clear(Best *best)
{
	best->first = NONE;
	best->second = NONE;
}

static void
best_offer(const Graph *graph, Best *best, int entry, Comparison compare)
{
	bool own = best->first != NONE && same_group(graph, entry, best->first);

	if (best->first == NONE || compare(graph, entry, best->first) < 0)
	{
		if (!own)
			best->second = best->first;
		best->first = entry;
	}
	else if (!own &&
			 (best->second == NONE || compare(graph, entry, best->second) < 0))
		best->second = entry;
}

static int
best_for(const Graph *graph, const Best *best, int entry)
{
	if (best->first == NONE || !same_group(graph, entry, best->first))
		return best->first;
	return best->second;
}

/* Whether some other group blocks this entry as well. */
static bool
has_another(const Graph *graph, const Best *best, int entry, int blocker)
{
	int other = blocker == best->first ? best->second : best->first;

	return other != NONE && !same_group(graph, other, entry);
}

static bool
same_group(const Graph *graph, int a, int b)
{
	return graph->entries[a].leader_pid == graph->entries[b].leader_pid;
}

static HealTime
began(const HealLockEntry *entry)
{
	return entry->wait_start != 0 ? entry->wait_start : INT64_MAX;
}

/* By lock; within one by the order of waiting, those who only hold it first. */
static int
compare_queue(const Graph *graph, int a, int b)
{
	const HealLockEntry *left = &graph->entries[a];
	const HealLockEntry *right = &graph->entries[b];
	int result = memcmp(left->tag, right->tag, sizeof(left->tag));

	if (result == 0)
		result = order(left->wait_mode != 0, right->wait_mode != 0);
	return result != 0 ? result : compare_wait(graph, a, b);
}

static int
compare_wait(const Graph *graph, int a, int b)
{
	const HealLockEntry *left = &graph->entries[a];
	const HealLockEntry *right = &graph->entries[b];
	int result = order(began(left), began(right));

	if (result == 0)
		result = order(left->pid, right->pid);
	return result != 0 ? result : order(a, b);
}

static int
compare_leader(const Graph *graph, int a, int b)
{
	int result =
		order(graph->entries[a].leader_pid, graph->entries[b].leader_pid);

	return result != 0 ? result : compare_wait(graph, a, b);
}

static int
compare_pid(const Graph *graph, int a, int b)
{
	return order(graph->situation->session[a].id.pid,
				 graph->situation->session[b].id.pid);
}

/* The hardest to remove first. */
static int
compare_holder(const Graph *graph, int a, int b)
{
	int result = order(persistence(graph, a), persistence(graph, b));

	if (result == 0 && graph->owner[a] != NONE && graph->owner[b] != NONE)
	{
		const HealSession *session = graph->situation->session;
		HealTime left = session[graph->owner[a]].transaction_start;
		HealTime right = session[graph->owner[b]].transaction_start;

		result =
			order(left != 0 ? left : INT64_MAX, right != 0 ? right : INT64_MAX);
	}
	if (result == 0)
		result =
			order(graph->entries[a].leader_pid, graph->entries[b].leader_pid);
	return result != 0 ? result : order(a, b);
}

/*
 * A process without a session is one that has just come or gone, or cannot be
 * seen: leave it be.
 */
static int
persistence(const Graph *graph, int entry)
{
	if (graph->entries[entry].pid == 0)
		return 0;
	if (graph->owner[entry] == NONE)
		return 1;
	if (graph->situation->session[graph->owner[entry]].protection !=
		HEAL_PROTECTED_NOT)
		return 2;
	return 3;
}

static int
order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* Heap sort: the C library's knows no context and may allocate. */
static void
sort(const Graph *graph, int *item, int count, Comparison compare)
{
	for (int at = count / 2 - 1; at >= 0; at--)
		sift(graph, item, at, count, compare);
	for (int last = count - 1; last > 0; last--)
	{
		int largest = item[0];

		item[0] = item[last];
		item[last] = largest;
		sift(graph, item, 0, last, compare);
	}
}

/* Sinks item[at] until no child is larger. */
static void
sift(const Graph *graph, int *item, int at, int count, Comparison compare)
{
	int sinking = item[at];

	for (int child; (child = 2 * at + 1) < count; at = child)
	{
		if (child + 1 < count &&
			compare(graph, item[child], item[child + 1]) < 0)
			child++;
		if (compare(graph, item[child], sinking) <= 0)
			break;
		item[at] = item[child];
	}
	item[at] = sinking;
}
