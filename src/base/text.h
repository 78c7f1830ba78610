/*
 * text.h
 *		Texts in arrays of a fixed size.
 */
#ifndef HEAL_TEXT_H
#define HEAL_TEXT_H

#include "base/types.h"

/* Whether what came from a file or another process ends within its array. */
extern bool heal_text_terminated(const char *text, size_t size);
/* Adds what fits, with "between" where there is something already; of what does not fit nothing. */
extern void
heal_text_add(char *text, size_t size, const char *between, const char *more);

#endif
