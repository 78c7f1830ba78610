/*
 * journal_pg.h
 *		The journal's file, read and written.
 */
#ifndef HEAL_JOURNAL_PG_H
#define HEAL_JOURNAL_PG_H

#include "postgres.h"

#include "history/journal.h"

/*
 * In the postmaster: open the journal of this data directory, or make one, and read the ledger back.
 * False, with errno set, when neither is possible. Leaves no descriptor open. In *slot where the
 * ledger is to be saved next.
 */
extern bool
heal_journal_load(HealLedger *ledger, uint64 *journal_id, uint32 *slot);
/* In any process. None raises an error; false = it could not be done. */
extern bool heal_journal_write_record(uint64 sequence, HealRecordType type,
									  const void *payload, bool durable);
/* Beside the record about it; durable. */
extern bool
heal_journal_write_orders(const HealOrder *stop, const HealOrder *passive);
/* Everything this or another process has written so far. */
extern bool heal_journal_sync(void);
extern bool heal_journal_save_ledger(int slot, const HealLedger *ledger);
/* False when the record is not there, or not any more. page: HEAL_JOURNAL_PAGE bytes. */
extern bool
heal_journal_read_record(uint64 sequence, unsigned char *page,
						 HealRecordHeader *header, const void **payload);

#endif
