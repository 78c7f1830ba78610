/*
 * ringfile.h
 *		The series as one block of bytes, to survive a restart.
 *
 *		+--------+-------+-------+--------+---------+
 *		| header | names | times | values | minutes |
 *		+--------+-------+-------+--------+---------+
 *
 * Metrics go by their names, so a library with other metrics reads what it knows and
 * misses the rest. Those of users come last; what they are is not known before their
 * definitions have been read, so the reader gets their names and finds them in the user
 * rows in that order. Between names and times there may be something of each metric that
 * older libraries put there; it is passed over. Two checksums, as the header says how long everything after it is.
 */
#ifndef HEAL_RINGFILE_H
#define HEAL_RINGFILE_H

#include "history/origin.h"
#include "sample/series.h"

/* By user row; "" = none. */
typedef char HealUserNames[HEAL_USER_METRICS][HEAL_NAME_SIZE];

typedef struct HealRingHeader
{
	char magic[8];
	uint32_t version;
	uint32_t passed_over; /* bytes a metric, after the names */
	HealFileOrigin origin;
	HealTime saved_at;
	uint32_t metrics;
	uint32_t rows;
	uint32_t minutes; /* the unfinished one is the last of them */
	uint32_t body_checksum;
	uint32_t user_metrics; /* how many of the metrics, from the end */
	uint32_t checksum;	   /* of all before */
} HealRingHeader;

typedef enum HealRingVerdict
{
	HEAL_RING_INTACT,
	HEAL_RING_OTHER_FORMAT,
	HEAL_RING_TORN
} HealRingVerdict;

/* Bytes that encoding this series takes. */
extern size_t heal_ringfile_size(const HealSeries *series);
/* Fills size bytes; the header's origin and time are the caller's. */
extern void
heal_ringfile_encode(const HealSeries *series, const HealFileOrigin *origin,
					 HealTime now, unsigned char *bytes, HealChecksum checksum);
/* Looks at the header only, which the first bytes of the file are. */
extern HealRingVerdict
heal_ringfile_header(const unsigned char *bytes, size_t size,
					 HealRingHeader *header, HealChecksum checksum);
/*
 * Reads everything back; rows and minutes later than now are left out, as a clock set
 * back would make them last for ever. Unless intact nothing is changed.
 */
extern HealRingVerdict
heal_ringfile_decode(const unsigned char *bytes, size_t size, HealTime now,
					 HealSeries *series, HealUserNames user_names,
					 HealChecksum checksum);

#endif
