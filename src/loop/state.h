/*
 * state.h
 *		On or off, and why: one answer for status, diagnose and the error messages.
 */
#ifndef HEAL_STATE_H
#define HEAL_STATE_H

#include "postgres.h"

/* One word; *why is a sentence, *hint what to do about it ("" = nothing). Needs shared memory. */
extern const char *heal_state(const char **why, const char **hint);

#endif
