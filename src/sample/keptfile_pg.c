/*
 * keptfile_pg.c
 *		Small files of ours in the data directory that are read and replaced as a whole.
 *
 * Read by the postmaster before there is memory of any process to put them in, hence
 * malloc.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/fd.h"

#include "history/origin_pg.h"
#include "sample/keptfile_pg.h"

#define CHUNK (256 * 1024)
#define MOST_BYTES (64 * 1024 * 1024) /* that any of our files could have */

/* False with errno set. */
static bool
read_all(HealKeptFile *file)
{
	struct stat status;

	if (fstat(file->descriptor, &status) != 0)
		return false;
	file->size = status.st_size;
	if (file->size > MOST_BYTES)
	{
		errno = EFBIG;
		return false;
	}
	file->bytes = malloc(Max(file->size, 1));
	if (file->bytes == NULL)
		return false;
	for (size_t at = 0; at < file->size;)
	{
		ssize_t got =
			pg_pread(file->descriptor, file->bytes + at, file->size - at, at);

		if (got <= 0)
		{
			errno = got == 0 ? EIO : errno;
			return false;
		}
		at += got;
	}
	return true;
}

const char *
heal_keptfile_open(const char *name, HealKeptFile *file)
{
	int error;

	memset(file, 0, sizeof(*file));
	file->descriptor = BasicOpenFile(name, O_RDONLY | PG_BINARY);
	if (file->descriptor >= 0 && read_all(file))
		return NULL;
	error = errno;
	heal_keptfile_close(file);
	return error == ENOENT ? NULL : strerror(error);
}

void
heal_keptfile_close(HealKeptFile *file)
{
	free(file->bytes);
	file->bytes = NULL;
	if (file->descriptor >= 0)
		close(file->descriptor);
	file->descriptor = -1;
}

static bool
write_all(int file, const unsigned char *bytes, size_t size)
{
	for (size_t at = 0; at < size;)
	{
		ssize_t put = pg_pwrite(file, bytes + at, Min(size - at, CHUNK), at);

		if (put <= 0)
		{
			errno = put == 0 ? ENOSPC : errno;
			return false;
		}
		at += put;
	}
	return true;
}

bool
heal_keptfile_replace(const char *name, HealKeptEncode encode, const void *what,
					  unsigned char *bytes, size_t size)
{
	char path[MAXPGPATH];
	HealFileOrigin origin;
	bool written = false;
	int error;
	int file;

	snprintf(path, sizeof(path), "%s.new", name);
	file = BasicOpenFile(path, O_RDWR | O_CREAT | O_TRUNC | PG_BINARY);
	if (file < 0)
		return false;
	if (heal_file_origin_of(file, &origin))
	{
		encode(what, &origin, bytes);
		written = write_all(file, bytes, size);
	}
	error = errno;
	if (close(file) != 0 && written)
	{
		error = errno;
		written = false;
	}
	/* flushes the file before and the directory after */
	if (written && durable_rename(path, name, LOG) != 0)
	{
		error = errno;
		written = false;
	}
	if (!written)
		unlink(path);
	errno = error;
	return written;
}

void
heal_keptfile_note(const char *name, const char *what, bool saved, int error,
				   bool *failing)
{
	if (!saved && !*failing)
		ereport(
			LOG,
			errmsg("selfheal: %s could not be saved: %s", what,
				   strerror(error)),
			errdetail("The file is \"%s\". A restart would lose what "
					  "came since the last time; nothing else is affected.",
					  name),
			errhint(
				"Make room on the volume of the data directory, or let the server write there. It tries again, and tells no more of it until it has worked."));
	*failing = !saved;
}
