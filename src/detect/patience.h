/*
 * patience.h
 *		How long each failure must hold before anything is done, where somebody chose another time.
 *
 * selfheal.failure_patience is a comma separated list of NAME=TIME: the name of a failure type and a number
 * with the unit ms, s, min, h or d ("ddl_queue=10s, orphaned_prepared=2h"). What is not named keeps the
 * time of its row in the catalogue.
 */
#ifndef HEAL_PATIENCE_H
#define HEAL_PATIENCE_H

#include "detect/failure.h"

#define HEAL_LONGEST_PATIENCE (7 * HEAL_DAY)

/*
 * Puts the times of the list into patience[]. False when it is not such a list; then error says why, as a
 * sentence (256 bytes are enough), and patience[] holds what was read so far. text may be NULL.
 */
extern bool
heal_patience_read(const char *text, HealTime patience[HEAL_FAILURE_KINDS],
				   char *error, size_t size);

#endif
