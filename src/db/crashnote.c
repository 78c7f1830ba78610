/*
 * crashnote.c
 *		A note of what runs, so that a crash of the server is known to be its work.
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "storage/fd.h"

#include "db/crashnote.h"

void
heal_crash_note(const char *file, int place, const char *name)
{
	char note[HEAL_NAME_SIZE] = {0};
	int descriptor = BasicOpenFile(file, O_RDWR | O_CREAT | PG_BINARY);

	if (descriptor < 0)
		return;
	strlcpy(note, name, sizeof(note));
	if (pg_pwrite(descriptor, note, sizeof(note),
				  (off_t) place * sizeof(note)) != sizeof(note))
		ereport(DEBUG1, errmsg("could not write file \"%s\": %m", file));
	close(descriptor);
}

void
heal_crash_notes_take(const char *file, int places,
					  char (*names)[HEAL_NAME_SIZE])
{
	int descriptor = BasicOpenFile(file, O_RDONLY | PG_BINARY);

	memset(names, 0, (size_t) places * HEAL_NAME_SIZE);
	if (descriptor < 0)
		return;
	/* a place that was never written is as one where nothing ran */
	if (pg_pread(descriptor, names, (size_t) places * HEAL_NAME_SIZE, 0) < 0)
		ereport(DEBUG1, errmsg("could not read file \"%s\": %m", file));
	for (int place = 0; place < places; place++)
		names[place][HEAL_NAME_SIZE - 1] = '\0';
	close(descriptor);
	unlink(file);
}
