/*
 * keptfile_pg.h
 *		Small files of ours in the data directory that are read and replaced as a whole.
 */
#ifndef HEAL_KEPTFILE_PG_H
#define HEAL_KEPTFILE_PG_H

#include "postgres.h"

#include "history/origin.h"

typedef struct HealKeptFile
{
	int descriptor;		  /* -1 = not open */
	unsigned char *bytes; /* of malloc; NULL = there is no file */
	size_t size;
} HealKeptFile;

/* NULL = read, or there is none; otherwise what is wrong. Close it in any case. */
extern const char *heal_keptfile_open(const char *name, HealKeptFile *file);
extern void heal_keptfile_close(HealKeptFile *file);

/* Fills all the bytes; the origin is the new file's. */
typedef void (*HealKeptEncode)(const void *what, const HealFileOrigin *origin,
							   unsigned char *bytes);

/*
 * The file is afterwards the old one or, flushed to disk, the new one. Raises no error;
 * false with errno set.
 */
extern bool
heal_keptfile_replace(const char *name, HealKeptEncode encode, const void *what,
					  unsigned char *bytes, size_t size);
/*
 * How that went. The log tells of a failure when the try before did not fail: *failing, which is brought up to date, and which
 * the caller keeps where the next try finds it. what = "samples", and so on; error = errno.
 */
extern void heal_keptfile_note(const char *name, const char *what, bool saved,
							   int error, bool *failing);

#endif
