/*
 * sync_rule.h
 *		What synchronous_standby_names says, read and written.
 */
#ifndef HEAL_SYNC_RULE_H
#define HEAL_SYNC_RULE_H

#include "base/types.h"

#define HEAL_MAX_SYNC_NAMES 32

typedef struct HealSyncRule
{
	bool any;	/* whichever answer first; else in the order of the names */
	int wanted; /* standbys a commit waits for; 0 = for none */
	int names;	/* used in name[] */
	char name[HEAL_MAX_SYNC_NAMES][HEAL_NAME_SIZE];
} HealSyncRule;

/* A standby as its walsender sees it. */
typedef struct HealSender
{
	HealTime since; /* when it connected */
	bool streams;	/* it has caught up once and says how far it is */
	bool close;		/* it lacks next to nothing */
	char application[HEAL_NAME_SIZE];
} HealSender;

/* False when it cannot be read: then nothing is known of it. Empty is a rule, too. */
extern bool heal_sync_rule_read(const char *text, HealSyncRule *rule);
/* False when there is no room for it. */
extern bool
heal_sync_rule_write(const HealSyncRule *rule, char *text, size_t size);
extern bool
heal_sync_rule_names(const HealSyncRule *rule, const char *application);
/* How many of the standbys that stream count for it. */
extern int heal_sync_rule_present(const HealSyncRule *rule,
								  const HealSender *senders, int count);
/* The most of the rule that those who stream can keep: the same names, fewer of them at a time. */
extern HealSyncRule heal_sync_rule_reduce(const HealSyncRule *rule,
										  const HealSender *senders, int count);
/*
 * Since when as many as it wants stream and lack next to nothing, as far as their connections tell; 0 = they do not.
 */
extern HealTime heal_sync_rule_kept_since(const HealSyncRule *rule,
										  const HealSender *senders, int count);
/* The names of which no standby streams, with commas; cut to whole names. */
extern void
heal_sync_rule_missing(const HealSyncRule *rule, const HealSender *senders,
					   int count, char *text, size_t size);

#endif
