/*
 * argument_pg.h
 *		What the functions that give orders are called with.
 */
#ifndef HEAL_ARGUMENT_PG_H
#define HEAL_ARGUMENT_PG_H

#include "postgres.h"

#include "fmgr.h"

#include "recover/request_pg.h"

/* ERROR when there is no journal to keep an order in. */
extern void heal_argument_require_ledger(void);
/* From whoever calls, with the reason in that argument. */
extern HealRequest
heal_argument_request(HealRequestKind kind, FunctionCallInfo fcinfo,
					  int reason_argument);
/* A text that must not be null; what = as messages call it. */
extern char *
heal_argument_text(FunctionCallInfo fcinfo, int argument, const char *what);
/* The remedy of this name; ERROR when there is none. */
extern int heal_argument_remedy(FunctionCallInfo fcinfo, int argument);
/* The names of all components, for a hint. */
extern char *heal_argument_components(void);

#endif
