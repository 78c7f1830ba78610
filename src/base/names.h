/*
 * names.h
 *		Looking up one of a few names.
 */
#ifndef HEAL_NAMES_H
#define HEAL_NAMES_H

/* Where it stands among names[count]; -1 = nowhere. */
extern int
heal_name_lookup(const char *const *names, int count, const char *name);

#endif
