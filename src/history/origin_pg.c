/*
 * origin_pg.c
 *		Whether a file of ours was written for this data directory.
 */
#include "postgres.h"

#include <sys/stat.h>

#include "access/xlog.h"
#include "miscadmin.h"
#include "port/pg_crc32c.h"

#include "history/origin_pg.h"

bool
heal_file_origin_of(int file, HealFileOrigin *origin)
{
	struct stat status;

	if (fstat(file, &status) != 0)
		return false;
	memset(origin, 0, sizeof(*origin));
	origin->system_identifier = GetSystemIdentifier();
	origin->inode = status.st_ino;
	strlcpy(origin->data_directory, DataDir, sizeof(origin->data_directory));
	return true;
}

bool
heal_file_origin_is_ours(int file, const HealFileOrigin *origin)
{
	HealFileOrigin ours;

	return heal_file_origin_of(file, &ours) &&
		   origin->system_identifier == ours.system_identifier &&
		   origin->inode == ours.inode &&
		   strncmp(origin->data_directory, ours.data_directory,
				   sizeof(ours.data_directory)) == 0;
}

uint32_t
heal_crc32c(const void *data, size_t size)
{
	pg_crc32c crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, data, size);
	FIN_CRC32C(crc);
	return crc;
}
