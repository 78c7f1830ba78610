/*
 * journal_test.c
 *		The journal as a file in memory: torn, flipped, overwritten, crashed at any point and replayed.
 */
#include "history/journal.h"

#include <stdlib.h>

#include "tap.h"

#define NOW (1000000 * HEAL_SECOND)

static unsigned char *file; /* [heal_journal_size()] */
static bool unreadable;
static HealLedger ledger; /* as it would be in shared memory */
static HealLedger replayed;
static HealSnapshot scratch;
static int next_slot;
static uint64_t saved_at;

/* FNV-1a: any sum that changes with every bit will do. */
static uint32_t
checksum(const void *data, size_t size)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ ((const unsigned char *) data)[i]) * 16777619u;
	return sum;
}

static bool
read_file(void *name, size_t offset, void *buffer, size_t size)
{
	if (unreadable || name != file || offset + size > heal_journal_size())
		return false;
	memcpy(buffer, file + offset, size);
	return true;
}

static void
save(int slot, const HealLedger *saved)
{
	memset(&scratch, 0, sizeof(scratch));
	memcpy(&scratch.ledger, saved, sizeof(*saved));
	heal_snapshot_seal(&scratch, checksum);
	memcpy(file + heal_journal_snapshot_offset(slot), &scratch,
		   sizeof(scratch));
	saved_at = saved->sequence;
	next_slot = !slot;
}

static void
begin(void)
{
	unreadable = false;
	memset(file, 0, heal_journal_size());
	heal_ledger_init(&ledger);
	save(0, &ledger);
}

static int
replay(int *which)
{
	memset(&replayed, 0x55, sizeof(replayed));
	return heal_journal_replay(&replayed, read_file, file, &scratch, checksum,
							   which);
}

static bool
replay_equals(const HealLedger *expected)
{
	int which;

	return replay(&which) >= 0 &&
		   memcmp(&replayed, expected, sizeof(*expected)) == 0;
}

/* Apply and write, as the server does; a record that is not written is lost with the server. */
static void
record(HealRecordType type, const void *payload, bool written)
{
	uint64_t sequence = ledger.sequence + 1;

	heal_ledger_apply(&ledger, sequence, type, payload, heal_record_size(type));
	if (written)
		heal_record_encode(file + heal_journal_record_offset(sequence),
						   sequence, NOW, type, payload, heal_record_size(type),
						   checksum);
	if (ledger.sequence - saved_at >= HEAL_SNAPSHOT_EVERY)
		save(next_slot, &ledger);
}

static uint64_t seed = 4711;

static uint32_t
draw(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) (seed >> 33) % below;
}

/* Any record that makes sense. */
static HealRecordType
random_record(void *payload)
{
	HealRecordType type;
	HealTime at = NOW + ledger.sequence * HEAL_SECOND;

	do
		type = 1 + draw(HEAL_RECORD_TYPES - 1);
	while (heal_record_size(type) == 0); /* numbers nobody has */
	memset(payload, 0, HEAL_JOURNAL_PAGE);
	switch (type)
	{
		case HEAL_RECORD_FAILURE:
		{
			HealFailure *failure = payload;

			failure->id = 1 + draw(60);
			failure->kind = draw(HEAL_FAILURE_KINDS);
			failure->status = draw(HEAL_FAILURE_CLOSED + 1);
			failure->subject.session.pid = draw(1000);
			failure->waiters = draw(100);
			break;
		}
		case HEAL_RECORD_RECOVERY:
		{
			HealRecovery *recovery = payload;

			recovery->id = 1 + draw(120);
			recovery->kind = (int) draw(HEAL_FAILURE_KINDS + 1) - 1;
			recovery->remedy = draw(HEAL_REMEDIES);
			recovery->stage = draw(HEAL_STAGES);
			recovery->autonomous = draw(2);
			recovery->acted_at = draw(2) ? at : 0;
			recovery->targets = draw(HEAL_MAX_TARGETS + 1);
			break;
		}
		case HEAL_RECORD_STOP:
		case HEAL_RECORD_PASSIVE:
			((HealOrder *) payload)->at = draw(2) ? at : 0;
			break;
		case HEAL_RECORD_PAUSE:
			((HealPause *) payload)->until = draw(3) ? at + HEAL_MINUTE : 0;
			snprintf(((HealPause *) payload)->scope, HEAL_NAME_SIZE,
					 "component %u", draw(12));
			break;
		case HEAL_RECORD_ENGINE_START:
			((HealEngineStart *) payload)->at = at;
			((HealEngineStart *) payload)->after_clean_shutdown = draw(2);
			break;
		case HEAL_RECORD_BREAKER_RESET:
			*(int32_t *) payload = draw(HEAL_REMEDIES);
			break;
		case HEAL_RECORD_FLOOR:
			((int64_t *) payload)[0] = draw(200);
			((int64_t *) payload)[1] = draw(200);
			((int64_t *) payload)[2] = draw(200);
			((int64_t *) payload)[3] = draw(200);
			break;
		case HEAL_RECORD_FALSE_POSITIVE:
		{
			HealFalsePositive *mark = payload;

			mark->anomaly = 1 + draw(200);
			mark->at = at;
			mark->height = draw(100);
			mark->distance = draw(1000);
			mark->low = draw(2);
			snprintf(mark->metric, HEAL_NAME_SIZE, "metric %u", draw(80));
			break;
		}
		case HEAL_RECORD_SENSITIVITY:
		{
			HealSensitivity *sensitivity = payload;

			sensitivity->in_force = draw(3) != 0;
			sensitivity->level = draw(HEAL_SENSITIVITY_BY_RATE + 1);
			sensitivity->per_day = 1 + draw(20);
			snprintf(sensitivity->scope, HEAL_NAME_SIZE, "metric %u", draw(80));
			break;
		}
		case HEAL_RECORD_BAR_RESET:
			snprintf(((HealBarReset *) payload)->metric, HEAL_NAME_SIZE,
					 "metric %u", draw(80));
			break;
		case HEAL_RECORD_ANOMALY:
		{
			HealAnomaly anomaly = {
				.id = 1 + draw(200),
				.metric = draw(HEAL_BUILT_IN_METRICS),
				.severity = draw(HEAL_CRITICAL + 1),
				.opened_at = at,
			};
			HealAnomalyEnd end = draw(HEAL_ENDS);

			anomaly.closed_at = end == HEAL_END_NONE ? 0 : at;
			*(HealPastAnomaly *) payload = heal_anomaly_record(&anomaly, end);
			break;
		}
		case HEAL_RECORD_ESCALATION:
			((HealEscalation *) payload)->id = 1 + draw(60);
			((HealEscalation *) payload)->kind = draw(HEAL_FAILURE_KINDS);
			((HealEscalation *) payload)->acknowledged_at = draw(2) ? at : 0;
			break;
		case HEAL_RECORD_HEALTH:
		{
			HealHealthChange *change = payload;

			change->at = at;
			change->from = draw(HEAL_HEALTH_STATES);
			change->to = draw(HEAL_HEALTH_STATES);
			change->gone = draw(4) == 0;
			snprintf(change->component, HEAL_NAME_SIZE, "component %u",
					 draw(12));
			break;
		}
		case HEAL_RECORD_DIAGNOSIS:
			((HealDiagnosis *) payload)->id = 1 + draw(60);
			((HealDiagnosis *) payload)->verdict = draw(3);
			((HealDiagnosis *) payload)->confidence = draw(101) / 100.0;
			break;
		case HEAL_RECORD_INCIDENT:
			((HealIncidentNote *) payload)->id = 1 + draw(60);
			break;
		case HEAL_RECORD_POLICY:
		{
			HealComponentPolicy *policy = payload;

			policy->in_force = draw(3) != 0;
			policy->remedy = (int) draw(HEAL_REMEDIES + 1) - 1;
			policy->autonomy = (int) draw(HEAL_FULL + 2) - 1;
			policy->max_retries = (int) draw(5) - 1;
			policy->timeout = HEAL_LEFT_OPEN;
			snprintf(policy->component, HEAL_NAME_SIZE, "component %u",
					 draw(12));
			break;
		}
		default:
			break;
	}
	return type;
}

static void
write_some(int count)
{
	static _Alignas(8) unsigned char payload[HEAL_JOURNAL_PAGE];

	for (int i = 0; i < count; i++)
	{
		HealRecordType type = random_record(payload);

		record(type, payload, true);
	}
}

static void
stop(HealTime at)
{
	HealOrder order = {.at = at, .by = "anna"};

	record(HEAL_RECORD_STOP, &order, true);
}

static void
test_layout(void)
{
	size_t snapshot =
		heal_journal_snapshot_offset(1) - heal_journal_snapshot_offset(0);
	bool apart = true;

	ok(sizeof(HealJournalHeader) <= heal_journal_stop_offset(),
	   "the header ends before the stop order");
	ok(heal_journal_stop_offset() + sizeof(HealStopPage) <=
		   heal_journal_snapshot_offset(0),
	   "the stop order ends before the first snapshot");
	ok(snapshot >= sizeof(HealSnapshot), "the snapshots do not overlap");
	ok(heal_journal_snapshot_offset(1) + sizeof(HealSnapshot) <=
		   heal_journal_record_offset(0),
	   "the second ends before the records");
	for (uint64_t sequence = 0; sequence + 1 < HEAL_JOURNAL_RECORDS; sequence++)
		apart &= heal_journal_record_offset(sequence + 1) -
					 heal_journal_record_offset(sequence) ==
				 HEAL_JOURNAL_PAGE;
	ok(apart, "each record has a page of its own");
	is_int(heal_journal_record_offset(5 + HEAL_JOURNAL_RECORDS),
		   heal_journal_record_offset(5),
		   "after a whole round the same page comes again");
	is_int(heal_journal_record_offset(UINT64_MAX),
		   heal_journal_record_offset(HEAL_JOURNAL_RECORDS - 1),
		   "the highest number has a page too");
	is_int(heal_journal_record_offset(HEAL_JOURNAL_RECORDS - 1) +
			   HEAL_JOURNAL_PAGE,
		   heal_journal_size(), "the file ends with the last record");
	ok(HEAL_SNAPSHOT_EVERY * 4 <= HEAL_JOURNAL_RECORDS,
	   "the ledger is saved several times in one round");
}

static void
test_header(void)
{
	HealJournalHeader header = {.journal_id = 9, .origin = {7, 8, "/data"}};
	int missed = 0;

	heal_journal_header_seal(&header, checksum);
	ok(heal_journal_header_valid(&header, checksum),
	   "a sealed header is valid");
	for (size_t i = 0; i < offsetof(HealJournalHeader, spare); i++)
	{
		((unsigned char *) &header)[i] ^= 0x10;
		missed += heal_journal_header_valid(&header, checksum);
		((unsigned char *) &header)[i] ^= 0x10;
	}
	is_int(missed, 0, "whichever byte of it is flipped, it is not");
	header.ledger_size++;
	header.checksum = checksum(&header, offsetof(HealJournalHeader, checksum));
	ok(!heal_journal_header_valid(&header, checksum),
	   "nor when it is about another layout");
	memset(&header, 0, sizeof(header));
	ok(!heal_journal_header_valid(&header, checksum), "nor when it is empty");
}

static void
test_stop_page(void)
{
	HealStopPage page;
	int missed = 0;

	memset(&page, 0, sizeof(page));
	ok(!heal_stop_page_valid(&page, checksum),
	   "an empty stop page says nothing");
	page.order.at = NOW;
	heal_stop_page_seal(&page, checksum);
	ok(heal_stop_page_valid(&page, checksum), "a sealed one is valid");
	for (size_t i = 0; i < sizeof(page); i++)
	{
		((unsigned char *) &page)[i] ^= 1;
		missed += heal_stop_page_valid(&page, checksum);
		((unsigned char *) &page)[i] ^= 1;
	}
	is_int(missed, 0, "whichever byte of it is flipped, it is not");
}

static void
test_record_round_trip(void)
{
	static _Alignas(8) unsigned char payload[HEAL_JOURNAL_PAGE];
	static _Alignas(8) unsigned char page[HEAL_JOURNAL_PAGE];
	int wrong = 0;

	begin();
	for (int i = 0; i < 500; i++)
	{
		HealRecordType type = random_record(payload);
		HealRecordHeader header;
		const void *read = NULL;

		wrong += !heal_record_encode(page, i, NOW + i, type, payload,
									 heal_record_size(type), checksum) ||
				 !heal_record_decode(page, &header, &read, checksum) ||
				 header.sequence != (uint64_t) i || header.at != NOW + i ||
				 header.type != (int) type ||
				 header.size != heal_record_size(type) ||
				 memcmp(read, payload, header.size) != 0;
	}
	is_int(wrong, 0, "500 random records come back as they went in");
	ok(!heal_record_encode(page, 1, NOW, HEAL_RECORD_STOP, payload,
						   heal_record_size(HEAL_RECORD_STOP) - 1, checksum),
	   "one of the wrong size is not written");
	ok(!heal_record_encode(page, 1, NOW, HEAL_RECORD_NONE, payload, 0,
						   checksum),
	   "nor one of no type");
	ok(!heal_record_encode(page, 1, NOW, (HealRecordType) 4711, payload, 8,
						   checksum),
	   "nor one of an unknown type");
}

static void
test_every_flipped_byte_is_noticed(void)
{
	static _Alignas(8) unsigned char page[HEAL_JOURNAL_PAGE];
	HealRecovery recovery = {.id = 77, .message = "healed"};
	HealRecordHeader header;
	const void *payload;
	int missed = 0;
	size_t used = sizeof(header) + sizeof(recovery);

	heal_record_encode(page, 123, NOW, HEAL_RECORD_RECOVERY, &recovery,
					   sizeof(recovery), checksum);
	for (size_t i = 0; i < used; i++)
	{
		page[i] ^= 0x40;
		missed += heal_record_decode(page, &header, &payload, checksum);
		page[i] ^= 0x40;
	}
	is_int(missed, 0, "whichever byte of a record is flipped, it is not read");
	ok(heal_record_decode(page, &header, &payload, checksum),
	   "with none flipped it is");
	missed = 0;
	for (size_t written = 0; written < used; written += 512)
	{
		static _Alignas(8) unsigned char torn[HEAL_JOURNAL_PAGE];

		memset(torn, 0xff, sizeof(torn));
		memcpy(torn, page, written);
		missed += heal_record_decode(torn, &header, &payload, checksum);
	}
	is_int(missed, 0, "nor one of which only some sectors were written");
	memset(page, 0, sizeof(page));
	ok(!heal_record_decode(page, &header, &payload, checksum),
	   "nor an empty page");
}

static void
test_every_flipped_byte_of_a_snapshot(void)
{
	int missed = 0;

	begin();
	write_some(10);
	save(1, &ledger);
	memcpy(&scratch, file + heal_journal_snapshot_offset(1), sizeof(scratch));
	ok(heal_snapshot_valid(&scratch, checksum), "a saved ledger is valid");
	/* each byte would take minutes: the sum runs over all of it each time */
	for (size_t i = 0; i < sizeof(scratch); i += i < 64 ? 1 : 997)
	{
		((unsigned char *) &scratch)[i] ^= 2;
		missed += heal_snapshot_valid(&scratch, checksum);
		((unsigned char *) &scratch)[i] ^= 2;
	}
	is_int(missed, 0, "with a byte flipped it is not");
}

static void
test_a_new_journal(void)
{
	int which;

	begin();
	is_int(replay(&which), 0, "a new journal replays nothing");
	is_int(which, 0, "on top of the snapshot it was made with");
	ok(memcmp(&replayed, &ledger, sizeof(ledger)) == 0,
	   "and the ledger is an empty one");
	memset(file, 0, heal_journal_size());
	is_int(replay(&which), -1, "without any snapshot it cannot be trusted");
	is_int(which, -1, "and says that it began with none");
	begin();
	unreadable = true;
	is_int(replay(&which), -1, "nor when it cannot be read");
}

static void
test_which_snapshot(void)
{
	HealLedger live;
	int which;

	begin();
	write_some(HEAL_SNAPSHOT_EVERY);
	is_int(replay(&which), 0,
		   "right after a snapshot nothing is left to replay");
	is_int(which, 1, "the second snapshot is the newer one");
	write_some(HEAL_SNAPSHOT_EVERY + 10);
	is_int(replay(&which), 10, "ten records after the third");
	is_int(which, 0, "which took the first one's place");
	live = ledger;
	file[heal_journal_snapshot_offset(0) + sizeof(HealSnapshot) / 2] ^= 1;
	is_int(replay(&which), HEAL_SNAPSHOT_EVERY + 10,
		   "with the newest damaged the one before is used, and more records");
	is_int(which, 1, "it says so");
	ok(memcmp(&replayed, &live, sizeof(live)) == 0,
	   "and the ledger is the same");
	file[heal_journal_snapshot_offset(1) + sizeof(HealSnapshot) / 2] ^= 1;
	is_int(replay(&which), -1, "with both damaged it cannot be trusted");
}

static void
test_gaps(void)
{
	HealOrder order = {.at = NOW, .by = "anna"};
	HealEngineStart start = {.at = NOW};
	int which;

	begin();
	record(HEAL_RECORD_ENGINE_START, &start, false);
	record(HEAL_RECORD_STOP, &order, true);
	is_int(replay(&which), 1, "a record that was lost is looked past");
	is_int(replayed.stop.at, NOW, "so that the stop order after it holds");
	is_int(replayed.sequence, 2, "and its number is not given again");
	begin();
	for (int i = 0; i < HEAL_SNAPSHOT_EVERY - 2; i++)
		record(HEAL_RECORD_ENGINE_START, &start, false);
	record(HEAL_RECORD_STOP, &order, true);
	replay(&which);
	is_int(replayed.stop.at, NOW, "however many were lost");
}

static void
test_older_laps(void)
{
	HealOrder old = {.at = NOW};
	uint64_t next;
	int which;

	begin();
	ledger.sequence = 3 * HEAL_JOURNAL_RECORDS;
	save(0, &ledger);
	next = ledger.sequence + 1;
	heal_record_encode(file + heal_journal_record_offset(next),
					   next - HEAL_JOURNAL_RECORDS, NOW, HEAL_RECORD_STOP, &old,
					   sizeof(old), checksum);
	is_int(replay(&which), 0, "a record of an older round is not replayed");
	is_int(replayed.stop.at, 0, "so that an old order does not come back");
	heal_record_encode(file + heal_journal_record_offset(next), next, NOW,
					   HEAL_RECORD_STOP, &old, sizeof(old), checksum);
	is_int(replay(&which), 1, "the one of this round, on the same page, is");
}

/* The server stops at any moment, having written all it wrote; what is read back is what it had. */
static void
test_crashes(void)
{
	int wrong = 0;

	begin();
	for (int i = 0; i < 10000; i++)
	{
		write_some(1);
		if (draw(97) == 0)
			wrong += !replay_equals(&ledger);
	}
	is_int(
		wrong, 0,
		"10000 random records: at each of a hundred crashes the replay equals the live ledger");
	ok(replay_equals(&ledger), "and at the end");
	ok(ledger.sequence > 4 * HEAL_JOURNAL_RECORDS,
	   "the ring came round several times");
}

/* A snapshot that was being written when the server stopped is torn: the other one must do. */
static void
test_crashes_while_saving(void)
{
	int wrong = 0;

	begin();
	for (int i = 0; i < 60; i++)
	{
		write_some(draw(2 * HEAL_SNAPSHOT_EVERY));
		memset(file + heal_journal_snapshot_offset(next_slot) +
				   draw(sizeof(HealSnapshot) - 8),
			   0xa5, 8);
		wrong += !replay_equals(&ledger);
	}
	is_int(wrong, 0,
		   "60 crashes while the ledger was being saved lose nothing");
}

/* No run lasts long enough to save the ledger by itself. */
static void
test_many_short_runs(void)
{
	HealLedger live;
	int lost = 0;
	int which = 0;

	begin();
	stop(NOW);
	for (int run = 0; run < 40; run++)
	{
		live = ledger;
		if (replay(&which) > 0)
			save(!which, &replayed);
		lost += memcmp(&replayed, &live, sizeof(live)) != 0;
		ledger = replayed;
		saved_at = ledger.sequence; /* a new run counts anew */
		for (int i = 0; i < HEAL_SNAPSHOT_EVERY - 5; i++)
		{
			HealEvent event = {.at = NOW, .kind = "decision"};

			record(HEAL_RECORD_EVENT, &event, true);
		}
	}
	is_int(
		lost, 0,
		"40 short runs, each fewer records than make a snapshot, lose nothing");
	is_int(ledger.stop.at, NOW,
		   "and a stop order of the first run is in force in the last");
}

int
main(void)
{
	file = malloc(heal_journal_size());
	if (file == NULL)
		return 1;
	test_layout();
	test_header();
	test_stop_page();
	test_record_round_trip();
	test_every_flipped_byte_is_noticed();
	test_every_flipped_byte_of_a_snapshot();
	test_a_new_journal();
	test_which_snapshot();
	test_gaps();
	test_older_laps();
	test_crashes();
	test_crashes_while_saving();
	test_many_short_runs();
	free(file);
	return done_testing();
}
