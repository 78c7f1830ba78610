/*
 * journal.c
 *		Encoding, checking and replaying the journal.
 */
#include "history/journal.h"

#include <string.h>

#define RECORD_MAGIC 0x68656131u
#define SNAPSHOT_MAGIC 0x68656132u
#define STOP_MAGIC 0x68656133u
#define HEADER_MAGIC "selfheal"

_Static_assert(sizeof(HealJournalHeader) <= HEAL_JOURNAL_PAGE,
			   "the header fits one page");
_Static_assert(offsetof(HealStopPage, passive) ==
				   offsetof(HealStopPage, order) + sizeof(HealOrder),
			   "both orders are checksummed as one");
_Static_assert(sizeof(HealStopPage) <= HEAL_JOURNAL_PAGE,
			   "the stop order fits one page");
_Static_assert(sizeof(HealRecordHeader) + sizeof(HealRecovery) <=
				   HEAL_JOURNAL_PAGE,
			   "a record fits one page");
_Static_assert(sizeof(HealRecordHeader) + sizeof(HealFailure) <=
				   HEAL_JOURNAL_PAGE,
			   "a record fits one page");

static size_t
pages(size_t size)
{
	return (size + HEAL_JOURNAL_PAGE - 1) / HEAL_JOURNAL_PAGE *
		   HEAL_JOURNAL_PAGE;
}

size_t
heal_journal_stop_offset(void)
{
	return HEAL_JOURNAL_PAGE;
}

size_t
heal_journal_snapshot_offset(int which)
{
	return 2 * HEAL_JOURNAL_PAGE +
		   (size_t) (which & 1) * pages(sizeof(HealSnapshot));
}

size_t
heal_journal_record_offset(uint64_t sequence)
{
	return 2 * HEAL_JOURNAL_PAGE + 2 * pages(sizeof(HealSnapshot)) +
		   (size_t) (sequence % HEAL_JOURNAL_RECORDS) * HEAL_JOURNAL_PAGE;
}

size_t
heal_journal_size(void)
{
	return heal_journal_record_offset(HEAL_JOURNAL_RECORDS - 1) +
		   HEAL_JOURNAL_PAGE;
}

void
heal_journal_header_seal(HealJournalHeader *header, HealChecksum checksum)
{
	memcpy(header->magic, HEADER_MAGIC, sizeof(header->magic));
	header->version = HEAL_JOURNAL_VERSION;
	header->ledger_size = sizeof(HealLedger);
	header->checksum = checksum(header, offsetof(HealJournalHeader, checksum));
}

bool
heal_journal_header_valid(const HealJournalHeader *header,
						  HealChecksum checksum)
{
	return memcmp(header->magic, HEADER_MAGIC, sizeof(header->magic)) == 0 &&
		   header->version == HEAL_JOURNAL_VERSION &&
		   header->ledger_size == sizeof(HealLedger) &&
		   header->checksum ==
			   checksum(header, offsetof(HealJournalHeader, checksum));
}

void
heal_stop_page_seal(HealStopPage *page, HealChecksum checksum)
{
	page->magic = STOP_MAGIC;
	page->checksum = checksum(&page->order, 2 * sizeof(page->order));
}

bool
heal_stop_page_valid(const HealStopPage *page, HealChecksum checksum)
{
	return page->magic == STOP_MAGIC &&
		   page->checksum == checksum(&page->order, 2 * sizeof(page->order));
}

static uint32_t
record_checksum(const unsigned char *page, size_t payload_size,
				HealChecksum checksum)
{
	return checksum(page + offsetof(HealRecordHeader, sequence),
					sizeof(HealRecordHeader) -
						offsetof(HealRecordHeader, sequence) + payload_size);
}

bool
heal_record_encode(unsigned char *page, uint64_t sequence, HealTime at,
				   HealRecordType type, const void *payload, size_t size,
				   HealChecksum checksum)
{
	HealRecordHeader header = {RECORD_MAGIC,   0, sequence, at, (int32_t) type,
							   (uint32_t) size};

	if (heal_record_size(type) == 0 || heal_record_size(type) != size)
		return false;
	memset(page, 0, HEAL_JOURNAL_PAGE);
	memcpy(page, &header, sizeof(header));
	memcpy(page + sizeof(header), payload, size);
	header.checksum = record_checksum(page, size, checksum);
	memcpy(page, &header, sizeof(header));
	return true;
}

bool
heal_record_decode(const unsigned char *page, HealRecordHeader *header,
				   const void **payload, HealChecksum checksum)
{
	memcpy(header, page, sizeof(*header));
	if (header->magic != RECORD_MAGIC ||
		heal_record_size((HealRecordType) header->type) == 0 ||
		heal_record_size((HealRecordType) header->type) != header->size ||
		header->checksum != record_checksum(page, header->size, checksum))
		return false;
	*payload = page + sizeof(*header);
	return true;
}

void
heal_snapshot_seal(HealSnapshot *snapshot, HealChecksum checksum)
{
	snapshot->magic = SNAPSHOT_MAGIC;
	snapshot->checksum = checksum(&snapshot->ledger, sizeof(snapshot->ledger));
}

bool
heal_snapshot_valid(const HealSnapshot *snapshot, HealChecksum checksum)
{
	return snapshot->magic == SNAPSHOT_MAGIC &&
		   snapshot->checksum ==
			   checksum(&snapshot->ledger, sizeof(snapshot->ledger));
}

/* Leaves the newest intact snapshot in ledger and says which it is; an empty ledger and -1 when there is none. */
static int
load_snapshot(HealLedger *ledger, HealJournalRead read, void *file,
			  HealSnapshot *scratch, HealChecksum checksum)
{
	int newest = -1;

	heal_ledger_init(ledger);
	for (int which = 0; which < 2; which++)
	{
		if (!read(file, heal_journal_snapshot_offset(which), scratch,
				  sizeof(*scratch)) ||
			!heal_snapshot_valid(scratch, checksum) ||
			(newest >= 0 && scratch->ledger.sequence < ledger->sequence))
			continue;
		memcpy(ledger, &scratch->ledger, sizeof(*ledger));
		newest = which;
	}
	return newest;
}

int
heal_journal_replay(HealLedger *ledger, HealJournalRead read, void *file,
					HealSnapshot *scratch, HealChecksum checksum, int *which)
{
	uint64_t base;
	int replayed = 0;

	*which = load_snapshot(ledger, read, file, scratch, checksum);
	if (*which < 0)
		return -1;
	base = ledger->sequence;
	/* a record lost with the server leaves a gap: look past it, through one whole round */
	for (uint64_t sequence = base + 1; sequence <= base + HEAL_JOURNAL_RECORDS;
		 sequence++)
	{
		_Alignas(8) unsigned char page[HEAL_JOURNAL_PAGE];
		HealRecordHeader header;
		const void *payload;

		if (read(file, heal_journal_record_offset(sequence), page,
				 sizeof(page)) &&
			heal_record_decode(page, &header, &payload, checksum) &&
			header.sequence == sequence &&
			heal_ledger_apply(ledger, sequence, (HealRecordType) header.type,
							  payload, header.size))
			replayed++;
	}
	return replayed;
}
