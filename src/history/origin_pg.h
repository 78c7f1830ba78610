/*
 * origin_pg.h
 *		Whether a file of ours was written for this data directory.
 */
#ifndef HEAL_FILE_ORIGIN_PG_H
#define HEAL_FILE_ORIGIN_PG_H

#include "postgres.h"

#include "history/origin.h"

/* For this data directory and this open file. False, with errno set, when the file cannot be asked. */
extern bool heal_file_origin_of(int file, HealFileOrigin *origin);
extern bool heal_file_origin_is_ours(int file, const HealFileOrigin *origin);
/* The checksum of everything we write into the data directory. */
extern uint32_t heal_crc32c(const void *data, size_t size);

#endif
