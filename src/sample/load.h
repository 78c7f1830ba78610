/*
 * load.h
 *		Whose statements take the time: shares by role, database, application and query.
 */
#ifndef HEAL_LOAD_H
#define HEAL_LOAD_H

#include "base/types.h"

#define HEAL_LOAD_LOOKS 4096

typedef enum HealLoadKind
{
	HEAL_LOAD_ROLE,
	HEAL_LOAD_DATABASE,
	HEAL_LOAD_APPLICATION,
	HEAL_LOAD_QUERY,
	HEAL_LOAD_KINDS
} HealLoadKind;

/* One session that was seen in a statement. */
typedef struct HealLoadLook
{
	HealTime at;
	HealTime span; /* it stands for so much time */
	uint64_t query;
	uint32_t role;
	uint32_t database;
	bool waiting;		/* for a lock */
	uint8_t protection; /* HealProtection: 0 = it may be slowed */
	char application[HEAL_NAME_SIZE];
} HealLoadLook;

/* The newest looks. All zero is empty. */
typedef struct HealLoad
{
	uint64_t pushed; /* ever; number n stands at n modulo HEAL_LOAD_LOOKS */
	HealLoadLook look[HEAL_LOAD_LOOKS];
} HealLoad;

typedef struct HealLoadShare
{
	uint64_t id; /* of role, database or query */
	char application[HEAL_NAME_SIZE];
	HealTime busy;	  /* time in statements */
	HealTime waiting; /* of that waiting for locks */
	HealTime guarded; /* of that not waiting, but protected */
	int protection;	  /* why, if any is */
	double share;	  /* of the time in statements of all */
} HealLoadShare;

extern const char *heal_load_kind_name(HealLoadKind kind);
extern void heal_load_push(HealLoad *load, const HealLoadLook *look);
/*
 * Since then, as far back as is known; the largest share first. Returns how many. There
 * must be room for HEAL_LOAD_LOOKS.
 */
extern int heal_load_shares(const HealLoad *load, HealLoadKind kind,
							HealTime since, HealLoadShare *share);

#endif
