/*
 * action_pg.h
 *		What every kind of act can do: say what it would do, keep what it changes, do it, see that it is in effect, undo it.
 *
 * One file per kind of act beside this one, one row each in action_pg.c. The recoverer knows no more of
 * an act than this. A reason is a clause that completes "nothing was done: ...".
 */
#ifndef HEAL_ACTION_PG_H
#define HEAL_ACTION_PG_H

#include "postgres.h"

#include "recover/recovery.h"

typedef enum HealDone
{
	HEAL_DONE, /* it happened */
	HEAL_DONE_TWICE, /* by whoever had the recovery before, or there is nothing left to do */
	HEAL_NOT_DONE,
	HEAL_BROKEN_OFF, /* begun, failed, and nothing is left of it */
	HEAL_LEFT_ALONE, /* what was to be taken back is somebody else's by now */
	/* taken back where it was done, but something stronger sets it, or the server has not taken it from its file */
	HEAL_NOT_IN_EFFECT
} HealDone;

/* What an act changes and can name, for people. Strings are palloc'd or constant. */
typedef struct HealChanged
{
	const char *level; /* as heal_level_name(), or a word of the act's own */
	const char *name;  /* of whom, quoted as SQL wants it; "" = the server */
	const char *parameter; /* "" = there is only one thing to change */
	const char *before;	   /* NULL = none of its own */
	const char *after;	   /* NULL = none of its own */
} HealChanged;

typedef struct HealAction
{
	/*
	 * Whether it needs a process attached to a database: the target's, the subject's, or the home database
	 * when the subject is in none.
	 */
	bool in_database;
	bool at_home; /* in the home database, wherever the subject is */
	/* What is called, exactly, for a human to read. In the current memory context. */
	const char *(*statement)(const HealRecovery *recovery);
	/* How it is taken back, exactly. NULL when it cannot be. */
	const char *(*undo_statement)(const HealRecovery *recovery);
	/* What it changed from what to what; looks nothing up but in the directory. NULL = nothing that a value could tell. */
	HealChanged (*changed)(const HealRecovery *recovery);
	/*
	 * Unasked, in the engine: fill in what would be changed, from the picture. NULL = the subject says it all.
	 */
	void (*plan)(HealRecovery *recovery, const HealSituation *situation);
	/*
	 * Unasked, in the engine, after plan: why it is not for this failure as things stand, so that the next
	 * remedy is looked at, or NULL. NULL function: it always is.
	 */
	const char *(*unfit)(const HealRecovery *recovery,
						 const HealSituation *situation);
	/*
	 * By hand, in the session of whoever asks: fill targets, subject and change from what was named, which
	 * may be NULL. ERROR when that makes no sense.
	 */
	void (*aim)(HealRecovery *recovery, const char *target,
				const HealSituation *situation);
	/* Outside of a transaction: note in the recovery what is about to be changed. A reason when it cannot be done, else NULL. */
	const char *(*keep)(HealRecovery *recovery);
	/*
	 * Outside of a transaction: the last look and the act. again: another recoverer may have done it
	 * already. Says in outcome how it went; never raises an error.
	 */
	HealDone (*act)(HealRecovery *recovery, bool again, char *outcome,
					size_t size);
	/*
	 * Whether what was done is still to be seen, for failures that the picture of sessions cannot judge:
	 * outside of a transaction, NULL when the effect is there, else a clause that says what is missing. NULL
	 * function: the failure's own condition alone decides.
	 */
	const char *(*effect)(const HealRecovery *recovery);
	/*
	 * When it helped: the sentence for the record, where it is another than how many sessions got on. Outside of a
	 * transaction. NULL function: that one.
	 */
	const char *(*verified)(const HealRecovery *recovery,
							const HealSituation *situation);
	/*
	 * Outside of a transaction. NULL when it is undone, else why not. Where it can be put back and not be in effect,
	 * change.done says so: see heal_action_undone(). Never raises an error.
	 */
	const char *(*undo)(HealRecovery *recovery);
} HealAction;

extern const HealAction *heal_action_of(const HealRecovery *recovery);
/* Notes in change.done what is known of the change once the act has come back. */
extern void heal_action_note(HealRecovery *recovery, HealDone done);
/*
 * For undo functions: notes in change.done what has become of the change, and returns the reason as a clause, NULL when it is
 * undone. put_back: it is again as it was before, where it was changed; problem: why it is not in effect, or not put back.
 */
extern const char *
heal_action_undone(HealRecovery *recovery, bool put_back, const char *problem);

/* Kinds of acts */
extern const HealAction heal_action_watch;
extern const HealAction heal_action_signal;
extern const HealAction heal_action_prepared;
extern const HealAction heal_action_setting;
extern const HealAction heal_action_index;
extern const HealAction heal_action_maintain;
extern const HealAction heal_action_process;
extern const HealAction heal_action_hand_over;
extern const HealAction heal_action_undo;
extern const HealAction heal_action_throttle;
extern const HealAction heal_action_raise;
extern const HealAction heal_action_give_back;
extern const HealAction heal_action_degrade;
extern const HealAction heal_action_restore;
extern const HealAction heal_action_table_option;
extern const HealAction heal_action_bound;
extern const HealAction heal_action_slot;
extern const HealAction heal_action_user;
extern const HealAction heal_action_raise_role;

#endif
