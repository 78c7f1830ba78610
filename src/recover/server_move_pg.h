/*
 * server_move_pg.h
 *		A setting of the server from one value in postgresql.auto.conf to another, and nowhere else.
 *
 * As the acting role, so that the server refuses what that has no right to. Only when the value is what
 * the caller relies on: anything else is somebody's wish.
 */
#ifndef HEAL_SERVER_MOVE_PG_H
#define HEAL_SERVER_MOVE_PG_H

#include "recover/action_pg.h"

typedef struct HealServerMove
{
	const HealRecovery *recovery;
	const char *parameter;
	const char *from; /* NULL = nothing stands there */
	const char *to;	  /* likewise */
	/* at the last look, after the rails; NULL = to undo, which asks for none of them */
	const char *(*objection)(const HealRecovery *recovery,
							 const HealSituation *situation);
} HealServerMove;

extern const char *
heal_server_move_statement(const char *parameter, const char *value);
/* HealAction.changed of a move; NULL = nothing stands there. */
extern HealChanged
heal_server_move_changed(const char *parameter, const char *before,
						 const char *after);
/*
 * For a plan, before anybody has looked into the file: whether the parameter is set, and in before (may be NULL) to what, as the
 * engine has seen it last.
 */
extern bool
heal_server_move_planned(const char *parameter, char *before, size_t size);
/* In a transaction: what stands in postgresql.auto.conf, NULL = nothing. */
extern const char *heal_server_move_now(const char *parameter);
/* In a transaction: whether only a restart can change it. */
extern bool heal_server_move_on_command_line(const char *parameter);
/* NULL is the same as NULL only. */
extern bool heal_server_move_same(const char *a, const char *b);

/* Outside of a transaction. What is written and not in effect is taken back. */
extern HealDone heal_server_move_act(HealServerMove *move, bool again,
									 char *outcome, size_t size);
/* HealAction.undo of the recovery by this move: NULL when it is as wanted and in effect, whoever has seen to it; else why not. */
extern const char *
heal_server_move_undo(HealServerMove *move, HealRecovery *recovery);

#endif
