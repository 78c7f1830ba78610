/*
 * crashnote.h
 *		A note of what runs, so that a crash of the server is known to be its work.
 *
 * Not flushed, as a crash of the server does not take what was written; one of the machine is nobody's work.
 */
#ifndef HEAL_CRASHNOTE_H
#define HEAL_CRASHNOTE_H

#include "postgres.h"

#include "base/types.h"

/*
 * At a place of the file for each that may run at the same time; "" = nothing does. Without a file a crash is not put
 * down to anybody, and that is all.
 */
extern void heal_crash_note(const char *file, int place, const char *name);
/* Of the server run before, and forget them. "" = nothing ran. */
extern void heal_crash_notes_take(const char *file, int places,
								  char (*names)[HEAL_NAME_SIZE]);

#endif
