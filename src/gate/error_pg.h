/*
 * error_pg.h
 *		Errors by class, and logins.
 */
#ifndef HEAL_ERROR_PG_H
#define HEAL_ERROR_PG_H

#include "postgres.h"

#include "gate/error_class.h"
#include "gate/gate_part.h"
#include "gate/login_table.h"

typedef struct HealErrorCount
{
	uint64 count; /* since the server started */
	HealTime last_at;
} HealErrorCount;

typedef struct HealFeed
{
	int log_level; /* log_min_messages of the server, as the engine has it */
	uint64 logins_failed; /* since the server started */
	uint64
		logins_unnamed; /* of them those that are not in the table of logins */
} HealFeed;

extern const HealGatePart heal_error_part;

extern void heal_error_copy(HealErrorCount count[HEAL_ERROR_CLASSES]);
/* From where so many logins a second fail; see heal_login_storms. Cheap when none does. */
extern int heal_login_storms_copy(double least, HealLoginStorm *storm, int max);
extern void heal_login_copy(HealLoginTable *logins);
extern HealFeed heal_feed_status(void);

#endif
