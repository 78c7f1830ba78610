/*
 * cgroup.h
 *		Text of the files of a control group, of both versions, -> numbers and places.
 *
 * Every number that the text does not hold, and every limit that is none, is NaN.
 */
#ifndef HEAL_CGROUP_H
#define HEAL_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Out of /proc/self/cgroup, the path of the group that has this controller; NULL = the
 * one of version 2. False when there is none, or it does not fit.
 */
extern bool heal_cgroup_path(const char *text, const char *controller,
							 char *path, size_t size);
/* A file that holds one number: memory.max, memory.current, memory.limit_in_bytes, ... */
extern double heal_cgroup_number(const char *text);
/* cpu.max, "quota period": processors. */
extern double heal_cgroup_cpu_max(const char *text);
/* The number behind a word: cpu.stat, memory.events, memory.oom_control. */
extern double heal_cgroup_value(const char *text, const char *word);
/* Cuts the last part off the path; false when none is left. */
extern bool heal_cgroup_parent(char *path);

#endif
