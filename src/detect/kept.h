/*
 * kept.h
 *		What baselines read from a disk must be like before they are believed.
 *
 * A file may be of another version, cut short, or written over. The checksum says that
 * nothing changed since it was written; the bounds say that nothing in it can lead out of
 * an array or never end, whoever wrote it.
 */
#ifndef HEAL_KEPT_H
#define HEAL_KEPT_H

#include "detect/tail.h"

/* Over all 32-bit words of it but the one at `except`. */
extern uint32_t
heal_kept_checksum(const void *memory, size_t size, size_t except);
/* 0 <= count <= capacity, and so many finite values in ascending order. */
extern bool heal_kept_sorted(const float *values, int count, int capacity);
extern bool heal_kept_finite(const float *values, int count);
extern bool heal_kept_tail(const HealTail *tail);

#endif
