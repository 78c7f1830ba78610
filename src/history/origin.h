/*
 * origin.h
 *		Which data directory a file of ours was written for.
 *
 * A copy of a data directory - a base backup, a clone - brings our files along, but
 * they tell about another server. System identifier and path may be the same there;
 * the file's own inode is not.
 */
#ifndef HEAL_FILE_ORIGIN_H
#define HEAL_FILE_ORIGIN_H

#include "base/types.h"

typedef struct HealFileOrigin
{
	uint64_t system_identifier;
	uint64_t inode; /* of the file that says so */
	char data_directory[1024];
} HealFileOrigin;

#endif
