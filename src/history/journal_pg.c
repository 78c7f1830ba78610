/*
 * journal_pg.c
 *		The journal's file, read and written.
 *
 * It belongs to one data directory: one that came with a base backup is put aside, but a stop order
 * in it is honoured, because a human gave it and copying files does not take it back.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/fd.h"
#include "utils/timestamp.h"

#include "history/journal_pg.h"
#include "history/origin_pg.h"

#define JOURNAL_FILE "selfheal.journal"
#define JOURNAL_NEW "selfheal.journal.new"
#define JOURNAL_FOREIGN "selfheal.journal.foreign"

static int journal = -1; /* this process's descriptor */
static uint64 journal_id;

static bool
read_at(void *file, size_t offset, void *buffer, size_t size)
{
	return pg_pread(*(int *) file, buffer, size, offset) == (ssize_t) size;
}

static bool
write_at(int file, size_t offset, const void *buffer, size_t size)
{
	return pg_pwrite(file, buffer, size, offset) == (ssize_t) size;
}

static bool
write_orders(int file, const HealOrder *stop, const HealOrder *passive)
{
	HealStopPage page;

	memset(&page, 0, sizeof(page));
	page.order = *stop;
	page.passive = *passive;
	heal_stop_page_seal(&page, heal_crc32c);
	return write_at(file, heal_journal_stop_offset(), &page, sizeof(page)) &&
		   pg_fsync(file) == 0;
}

static bool
save_snapshot(int file, int slot, const HealLedger *ledger)
{
	HealSnapshot *snapshot = malloc(sizeof(HealSnapshot));
	bool saved = false;

	if (snapshot == NULL)
		return false;
	memset(snapshot, 0, sizeof(*snapshot));
	memcpy(&snapshot->ledger, ledger, sizeof(*ledger));
	heal_snapshot_seal(snapshot, heal_crc32c);
	saved = write_at(file, heal_journal_snapshot_offset(slot), snapshot,
					 sizeof(*snapshot)) &&
			pg_fsync(file) == 0;
	free(snapshot);
	return saved;
}

static bool
fill_new_file(int file, const HealLedger *ledger)
{
	static const char zeros[HEAL_JOURNAL_PAGE];
	PGAlignedBlock first = {{0}};
	HealJournalHeader *header = (HealJournalHeader *) first.data;

	for (size_t at = 0; at < heal_journal_size(); at += sizeof(zeros))
		if (!write_at(file, at, zeros, sizeof(zeros)))
			return false;
	if (!heal_file_origin_of(file, &header->origin) ||
		!pg_strong_random(&header->journal_id, sizeof(header->journal_id)))
		return false;
	header->journal_id >>= 1; /* bigint in the tables */
	heal_journal_header_seal(header, heal_crc32c);
	journal_id = header->journal_id;
	return write_at(file, 0, header, sizeof(*header)) &&
		   write_orders(file, &ledger->stop, &ledger->passive) &&
		   save_snapshot(file, 0, ledger);
}

/* Complete before it gets its name: a crash on the way leaves no half journal behind. */
static int
create_journal(const HealLedger *ledger)
{
	int file =
		BasicOpenFile(JOURNAL_NEW, O_RDWR | O_CREAT | O_TRUNC | PG_BINARY);

	if (file < 0)
		return -1;
	if (!fill_new_file(file, ledger) ||
		durable_rename(JOURNAL_NEW, JOURNAL_FILE, LOG) != 0)
	{
		int error = errno;

		close(file);
		unlink(JOURNAL_NEW);
		errno = error;
		return -1;
	}
	return file;
}

/*
 * What the page of orders says; at = 0 when it says nothing. One that cannot be read may have said
 * something, and only a human knows.
 */
static HealStopPage
read_orders(int file)
{
	HealStopPage page;
	HealStopPage lost = {.order.at = GetCurrentTimestamp()};

	if (read_at(&file, heal_journal_stop_offset(), &page, sizeof(page)) &&
		heal_stop_page_valid(&page, heal_crc32c))
		return page;
	strlcpy(lost.order.by, "selfheal", sizeof(lost.order.by));
	strlcpy(lost.order.reason,
			"the journal is damaged, and a stop order in it may have been lost",
			sizeof(lost.order.reason));
	ereport(
		LOG, errmsg("selfheal: %s", lost.order.reason),
		errhint("Nothing is done until somebody calls selfheal.start('why')."));
	return lost;
}

/* A second name for it: the first goes to the new journal, and until then a crash forgets no stop order. */
static void
put_aside(int file)
{
	close(file);
	unlink(JOURNAL_FOREIGN);
	if (link(JOURNAL_FILE, JOURNAL_FOREIGN) != 0)
		ereport(
			LOG,
			errmsg(
				"selfheal: could not keep the journal of another data directory or version as \"%s\": %m",
				JOURNAL_FOREIGN));
	else
		ereport(
			LOG,
			errmsg(
				"selfheal: the journal found is of another data directory or another version, and was put aside"),
			errdetail(
				"It is kept as \"%s\"; an order to stop in it stays in force, and nothing else of it is read.",
				JOURNAL_FOREIGN));
}

static bool
is_ours(int file)
{
	HealJournalHeader header;
	struct stat status;

	if (!read_at(&file, 0, &header, sizeof(header)) ||
		fstat(file, &status) != 0 ||
		(size_t) status.st_size < heal_journal_size() ||
		!heal_journal_header_valid(&header, heal_crc32c) ||
		!heal_file_origin_is_ours(file, &header.origin))
		return false;
	journal_id = header.journal_id;
	return true;
}

static int
begin_new(HealLedger *ledger, const HealStopPage *orders, uint32 *slot)
{
	heal_ledger_init(ledger);
	ledger->stop = orders->order;
	ledger->passive = orders->passive;
	*slot = 1;
	return create_journal(ledger);
}

/*
 * What was replayed is saved before anything is added, or a server that is restarted again and again
 * would never save and the ring would overwrite what is nowhere else.
 */
static bool
go_on(int file, HealLedger *ledger, uint32 *slot)
{
	HealSnapshot *scratch = malloc(sizeof(HealSnapshot));
	int replayed = -1;
	int newest = -1;

	if (scratch != NULL)
		replayed = heal_journal_replay(ledger, read_at, &file, scratch,
									   heal_crc32c, &newest);
	free(scratch);
	if (replayed < 0)
	{
		errno = scratch == NULL ? ENOMEM : EIO;
		return false;
	}
	*slot = newest == 0 ? 1 : 0;
	if (replayed == 0)
		return true;
	return save_snapshot(file, (*slot)++, ledger);
}

static int
open_or_create(HealLedger *ledger, uint32 *slot)
{
	HealStopPage orders = {0};
	int file = BasicOpenFile(JOURNAL_FILE, O_RDWR | PG_BINARY);

	if (file < 0 && errno != ENOENT)
		return -1;
	if (file >= 0)
		orders = read_orders(file);
	if (file >= 0 && is_ours(file))
	{
		if (!go_on(file, ledger, slot))
		{
			int error = errno;

			close(file);
			errno = error;
			return -1;
		}
		/* a crash between the two writes: when either says stopped, it is */
		if (ledger->stop.at == 0)
			ledger->stop = orders.order;
		if (ledger->passive.at == 0)
			ledger->passive = orders.passive;
		return file;
	}
	if (file >= 0)
		put_aside(file);
	return begin_new(ledger, &orders, slot);
}

static bool
open_journal(void)
{
	if (journal < 0)
		journal = BasicOpenFile(JOURNAL_FILE, O_RDWR | PG_BINARY);
	return journal >= 0;
}

bool
heal_journal_load(HealLedger *ledger, uint64 *id, uint32 *slot)
{
	int file = open_or_create(ledger, slot);

	if (file < 0)
		return false;
	close(file); /* children must not share a descriptor of the postmaster */
	*id = journal_id;
	return true;
}

bool
heal_journal_write_orders(const HealOrder *stop, const HealOrder *passive)
{
	return open_journal() && write_orders(journal, stop, passive);
}

bool
heal_journal_sync(void)
{
	return open_journal() && pg_fdatasync(journal) == 0;
}

bool
heal_journal_save_ledger(int slot, const HealLedger *ledger)
{
	return open_journal() && save_snapshot(journal, slot, ledger);
}

bool
heal_journal_write_record(uint64 sequence, HealRecordType type,
						  const void *payload, bool durable)
{
	unsigned char page[HEAL_JOURNAL_PAGE];

	return heal_record_encode(page, sequence, GetCurrentTimestamp(), type,
							  payload, heal_record_size(type), heal_crc32c) &&
		   open_journal() &&
		   write_at(journal, heal_journal_record_offset(sequence), page,
					sizeof(page)) &&
		   (!durable || pg_fdatasync(journal) == 0);
}

bool
heal_journal_read_record(uint64 sequence, unsigned char *page,
						 HealRecordHeader *header, const void **payload)
{
	return open_journal() &&
		   read_at(&journal, heal_journal_record_offset(sequence), page,
				   HEAL_JOURNAL_PAGE) &&
		   heal_record_decode(page, header, payload, heal_crc32c) &&
		   header->sequence == sequence;
}
