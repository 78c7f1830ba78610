/*
 * journal.h
 *		The journal's format: one small preallocated file that survives crashes and needs no table.
 *
 *		+--------+------+------------+------------+----------+----------+-- --+
 *		| header | stop | snapshot 0 | snapshot 1 | record 0 | record 1 | ... |
 *		+--------+------+------------+------------+----------+----------+-- --+
 *
 * Record n sits in slot n modulo HEAL_JOURNAL_RECORDS, so writers need no common file position: each
 * takes a number and writes its own slot. Every piece carries its number and a checksum; a torn one
 * is simply not there. The whole ledger is saved to one of the two snapshots in turn, long before
 * the ring comes round to records younger than the older of them.
 *
 * The orders to stop and to be passive stand in a page of their own as well, whose place and layout never change: another
 * version of the library, or a copy of the data directory, must find them without knowing the rest.
 */
#ifndef HEAL_JOURNAL_H
#define HEAL_JOURNAL_H

#include "history/ledger.h"
#include "history/origin.h"

#define HEAL_JOURNAL_VERSION 1
#define HEAL_JOURNAL_RECORDS 2048
#define HEAL_JOURNAL_PAGE 4096
#define HEAL_SNAPSHOT_EVERY 256 /* records */

typedef struct HealJournalHeader
{
	char magic[8];
	uint32_t version;
	uint32_t ledger_size; /* another layout is another journal */
	uint64_t
		journal_id; /* random; keeps numbers of different journals apart in the tables */
	HealFileOrigin origin;
	uint32_t checksum; /* of all before */
	uint32_t spare;
} HealJournalHeader;

typedef struct HealRecordHeader
{
	uint32_t magic;
	uint32_t checksum; /* of all after it and the payload */
	uint64_t sequence;
	HealTime at;
	int32_t type;
	uint32_t size; /* of the payload */
} HealRecordHeader;

typedef struct HealSnapshot
{
	uint32_t magic;
	uint32_t checksum; /* of the ledger */
	HealLedger ledger;
} HealSnapshot;

/* Never changes; see above. */
typedef struct HealStopPage
{
	uint32_t magic;
	uint32_t checksum; /* of both orders */
	HealOrder order;   /* at = 0: not stopped */
	HealOrder passive; /* at = 0: not passive */
} HealStopPage;

extern size_t heal_journal_stop_offset(void);
extern void heal_stop_page_seal(HealStopPage *page, HealChecksum checksum);
extern bool
heal_stop_page_valid(const HealStopPage *page, HealChecksum checksum);

extern size_t heal_journal_size(void);
extern size_t heal_journal_record_offset(uint64_t sequence);
extern size_t heal_journal_snapshot_offset(int which);

extern void
heal_journal_header_seal(HealJournalHeader *header, HealChecksum checksum);
extern bool heal_journal_header_valid(const HealJournalHeader *header,
									  HealChecksum checksum);

/* page: HEAL_JOURNAL_PAGE bytes. False when the type or size is impossible. */
extern bool
heal_record_encode(unsigned char *page, uint64_t sequence, HealTime at,
				   HealRecordType type, const void *payload, size_t size,
				   HealChecksum checksum);
/* False when the page holds no intact record; on success *payload points into the page. */
extern bool
heal_record_decode(const unsigned char *page, HealRecordHeader *header,
				   const void **payload, HealChecksum checksum);

extern void heal_snapshot_seal(HealSnapshot *snapshot, HealChecksum checksum);
extern bool
heal_snapshot_valid(const HealSnapshot *snapshot, HealChecksum checksum);

/* Reads size bytes at offset; false when that is not possible. */
typedef bool (*HealJournalRead)(void *file, size_t offset, void *buffer,
								size_t size);

/*
 * Newest snapshot plus every later intact record. Returns the number of records replayed, and in
 * *which the snapshot it began with; -1 when there is no intact snapshot to begin with, as whoever
 * makes a journal puts one in. scratch holds one snapshot.
 *
 * Who goes on writing after a replay must first save the ledger to the other snapshot: the records
 * replayed are the only ones that are in no snapshot, and the ring comes round to them.
 */
extern int
heal_journal_replay(HealLedger *ledger, HealJournalRead read, void *file,
					HealSnapshot *scratch, HealChecksum checksum, int *which);

#endif
