/*
 * ask_sql.h
 *		What questions about causes that are asked in SQL have in common.
 */
#ifndef HEAL_ASK_SQL_H
#define HEAL_ASK_SQL_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/jsonb.h"

#include "cause/question_pg.h"

/*
 * A question to the graph as this session sees it, with what the server shows when we are to observe it, and what is
 * given (NULL = nothing) as certain. ERROR with a hint for what cannot be meant. Answering can be interrupted, and ends
 * in an ERROR after 30 s.
 */
extern HealQuestion *heal_ask_begin(bool observe, Jsonb *given);
/* ERROR unless it could be computed; node is the one asked about, NULL = the whole graph was. */
extern void heal_ask_require_exact(HealInferStatus status, const char *node);
/* What was seen of a node, with since when; NULL = nothing. */
extern char *heal_ask_evidence(const HealQuestion *question, int node);
/* ERROR when that argument, which says whether to look at the server, is null. */
extern void heal_ask_require_observe(FunctionCallInfo fcinfo, int argument);

#endif
