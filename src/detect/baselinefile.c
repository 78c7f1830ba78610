/*
 * baselinefile.c
 *		All baselines as one block of bytes, to survive a restart.
 */
#include "detect/baselinefile.h"

#include <string.h>

#include "base/text.h"

#define MAGIC "healbase"
#define VERSION 1

size_t
heal_baselinefile_size(int records)
{
	return sizeof(HealBaselineHeader) +
		   (size_t) records * sizeof(HealBaselineRecord);
}

HealBaselineRecord *
heal_baselinefile_record(unsigned char *bytes, int record)
{
	return (HealBaselineRecord *) (bytes + heal_baselinefile_size(record));
}

void
heal_baselinefile_put(HealBaselineRecord *record, HealMetricId metric,
					  const HealBaseline *baseline, HealChecksum checksum)
{
	memset(record, 0, sizeof(*record));
	strncpy(record->name, heal_metrics[metric].name, HEAL_NAME_SIZE - 1);
	record->of_user = metric >= HEAL_BUILT_IN_METRICS;
	record->checksum = checksum(record, offsetof(HealBaselineRecord, checksum));
	record->baseline = *baseline;
	heal_baseline_seal(&record->baseline);
}

void
heal_baselinefile_seal(unsigned char *bytes, int records,
					   const HealFileOrigin *origin, HealTime now,
					   const HealAlarmRecord *alarms, HealChecksum checksum)
{
	HealBaselineHeader header;

	memset(&header, 0, sizeof(header));
	memcpy(header.magic, MAGIC, sizeof(header.magic));
	header.version = VERSION;
	header.record_size = sizeof(HealBaselineRecord);
	header.origin = *origin;
	header.saved_at = now;
	header.alarms = *alarms;
	header.records = (uint32_t) records;
	header.checksum = checksum(&header, offsetof(HealBaselineHeader, checksum));
	memcpy(bytes, &header, sizeof(header));
}

const HealBaselineHeader *
heal_baselinefile_header(const unsigned char *bytes)
{
	return (const HealBaselineHeader *) bytes;
}

bool
heal_baselinefile_outdated(const HealBaselineHeader *header, HealTime now)
{
	return header->saved_at < now - HEAL_BASELINES_DAYS * HEAL_DAY;
}

const char *
heal_baselinefile_problem(const unsigned char *bytes, size_t size,
						  HealChecksum checksum)
{
	const HealBaselineHeader *header = heal_baselinefile_header(bytes);

	if (size < sizeof(*header))
		return "the file is damaged";
	if (memcmp(header->magic, MAGIC, sizeof(header->magic)) != 0 ||
		header->version != VERSION ||
		header->record_size != sizeof(HealBaselineRecord))
		return "the file has another format";
	if (header->checksum !=
			checksum(header, offsetof(HealBaselineHeader, checksum)) ||
		header->records > HEAL_METRICS ||
		heal_baselinefile_size((int) header->records) != size ||
		!heal_spell_intact(&header->alarms))
		return "the file is damaged";
	return NULL;
}

bool
heal_baselinefile_intact(const HealBaselineRecord *record,
						 HealChecksum checksum)
{
	return record->checksum ==
			   checksum(record, offsetof(HealBaselineRecord, checksum)) &&
		   heal_text_terminated(record->name, sizeof(record->name)) &&
		   heal_baseline_intact(&record->baseline);
}
