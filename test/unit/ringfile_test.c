/*
 * ringfile_test.c
 *		What was kept comes back; what is damaged or foreign does not, and harms nobody.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "sample/ringfile.h"
#include "tap.h"

#define START (INT64_C(800000000) * HEAL_SECOND / HEAL_HOUR * HEAL_HOUR)
#define FAR INT64_MAX

static HealSeries *series;
static HealSeries *back;
static HealUserNames user_names;
static unsigned char *bytes;
static size_t size;

static void
fill(int rows)
{
	double row[HEAL_METRICS];

	heal_series_clear(series);
	for (int i = 0; i < rows; i++)
	{
		for (int metric = 0; metric < HEAL_METRICS; metric++)
			row[metric] = !heal_metric_exists(metric) || (i + metric) % 7 == 0
							  ? NAN
							  : i * 1000.0 + metric;
		heal_series_push(series, START + i * HEAL_SECOND, row);
	}
}

/* So many metrics of users, in the rows from this one on. */
static void
bind_users(int from, int count)
{
	char name[HEAL_NAME_SIZE];

	for (int slot = 0; slot < HEAL_USER_METRICS; slot++)
	{
		HealMetric metric = {
			name,	HEAL_COUNT,	   HEAL_GAUGE, HEAL_HIGH_IS_BAD,
			"shop", "performance", "a test"};

		snprintf(name, sizeof(name), "user_%d", slot);
		heal_metric_bind(slot,
						 slot >= from && slot < from + count ? &metric : NULL);
	}
}

static void
encode(void)
{
	HealFileOrigin origin = {7, 8, "/data"};

	free(bytes);
	size = heal_ringfile_size(series);
	bytes = malloc(size);
	heal_ringfile_encode(series, &origin, START, bytes, checksum);
}

static HealRingVerdict
decode(HealTime now)
{
	memset(back, 0xEE, sizeof(*back));
	return heal_ringfile_decode(bytes, size, now, back, user_names, checksum);
}

/* Seals the header again after a test has changed it. */
static void
reseal(HealRingHeader *header)
{
	header->checksum = checksum(header, offsetof(HealRingHeader, checksum));
	memcpy(bytes, header, sizeof(*header));
}

static int
differences(void)
{
	static HealPoint before[HEAL_POINTS];
	static HealPoint after[HEAL_POINTS];
	int different = 0;

	for (int metric = 0; metric < HEAL_METRICS; metric++)
	{
		int count = heal_series_points(series, metric, 0, before);
		int count_back = heal_series_points(back, metric, 0, after);

		different += count != count_back;
		for (int i = 0; i < count && i < count_back; i++)
			different += memcmp(&before[i], &after[i], sizeof(before[i])) != 0;
	}
	return different;
}

/* "case: promise" */
static const char *
of(const char *what, const char *promise)
{
	static char name[200];

	snprintf(name, sizeof(name), "%s: %s", what, promise);
	return name;
}

static void
test_round_trip(int rows, const char *what)
{
	HealRingHeader header;

	fill(rows);
	encode();
	is_int(decode(FAR), HEAL_RING_INTACT, of(what, "it is intact"));
	is_int(differences(), 0, of(what, "every point comes back"));
	ok(memcmp(&series->current, &back->current, sizeof(series->current)) == 0,
	   of(what, "the unfinished minute goes on"));
	ok(back->restored == back->pushed, of(what, "all of it is from before"));
	is_int(heal_ringfile_header(bytes, size, &header, checksum),
		   HEAL_RING_INTACT, of(what, "the header alone is readable"));
	ok(header.origin.inode == 8 && header.saved_at == START,
	   of(what, "and says of what and when it is"));
}

static void
test_damage(void)
{
	int missed = 0;
	size_t whole;

	fill(50);
	encode();
	whole = size;
	for (size_t at = 0; at < whole; at += at < 2000 ? 1 : 997)
	{
		bytes[at] ^= 0x10;
		missed += decode(FAR) == HEAL_RING_INTACT;
		bytes[at] ^= 0x10;
	}
	is_int(missed, 0, "a flipped bit anywhere is noticed");
	missed = 0;
	for (size = 0; size < whole; size += 1 + size / 3)
		missed += decode(FAR) == HEAL_RING_INTACT;
	size = whole - 1;
	missed += decode(FAR) == HEAL_RING_INTACT;
	is_int(missed, 0, "so is a file that is too short");
	size = whole;
	memset(bytes, 0, size);
	is_int(decode(FAR), HEAL_RING_OTHER_FORMAT, "an empty file is no file");
}

/* With checksums that are right, too. */
static void
test_impossible_counts(void)
{
	static const uint32_t counts[] = {0xFFFFFFFF, 100001, 99999, 0};
	HealRingHeader header;
	int missed = 0;

	for (size_t i = 0; i < heal_lengthof(counts); i++)
		for (int field = 0; field < 3; field++)
		{
			fill(50);
			encode();
			memcpy(&header, bytes, sizeof(header));
			*(field == 0   ? &header.metrics
			  : field == 1 ? &header.rows
						   : &header.minutes) = counts[i];
			reseal(&header);
			missed += decode(FAR) == HEAL_RING_INTACT;
		}
	is_int(missed, 0, "counts that do not fit the size are refused");
	encode();
	memcpy(&header, bytes, sizeof(header));
	header.version++;
	reseal(&header);
	is_int(decode(FAR), HEAL_RING_OTHER_FORMAT, "so is another version");
}

/* As another version of the library would have written it. */
static void
test_other_catalogue(void)
{
	HealRingHeader header;
	char *names;

	fill(50);
	encode();
	memcpy(&header, bytes, sizeof(header));
	names = (char *) bytes + sizeof(header);
	strcpy(names, heal_metrics[1].name);
	strcpy(names + HEAL_NAME_SIZE, "a_metric_of_another_version");
	header.body_checksum =
		checksum(bytes + sizeof(header), size - sizeof(header));
	reseal(&header);
	is_int(decode(FAR), HEAL_RING_INTACT, "other metrics are no damage");
	ok(isnan(back->value[0][3]), "one that is not in the file is missing");
	is_double(back->value[1][3], series->value[0][3], 0,
			  "one that stands elsewhere is found by its name");
	is_int(back->current.samples[0], 0, "in minutes, too");
	is_double(back->value[2][3], series->value[2][3], 0,
			  "the others are as they were");
}

static void
test_future(void)
{
	fill(200);
	encode();
	is_int(decode(START + 90 * HEAL_SECOND), HEAL_RING_INTACT,
		   "a file partly of the future is intact");
	is_int(back->pushed, 91, "but what is later than now is left out");
	is_int(back->minutes, 2, "minutes that have begun are kept");
	ok(back->current.at == 0, "the others not");
}

/* Those of users come back under their names, and nothing of the rows that are free. */
static void
test_users(void)
{
	int user = HEAL_BUILT_IN_METRICS;
	size_t without;

	fill(50);
	encode();
	without = size;
	is_int(decode(FAR), HEAL_RING_INTACT, "without metrics of users");
	is_string(user_names[0], "", "there are none in the file");
	bind_users(5, 2);
	fill(50);
	encode();
	ok(size > without && size - without < 2 * 50 * 3 * sizeof(double),
	   "a free row takes no place in the file");
	bind_users(0, 0);
	is_int(decode(FAR), HEAL_RING_INTACT, "two of users are no damage");
	is_string(user_names[0], "user_5", "their names come back");
	is_string(user_names[1], "user_6", "in order");
	is_string(user_names[2], "", "and no others");
	is_double(back->value[user + 1][3], series->value[user + 6][3], 0,
			  "with their values");
	is_int(back->current.samples[user], series->current.samples[user + 5],
		   "and minutes");
	ok(isnan(back->value[user + 2][3]), "a row that was free has no value");
	is_double(back->value[0][3], series->value[0][3], 0,
			  "the server's own stand where they did");
}

int
main(void)
{
	series = malloc(sizeof(HealSeries));
	back = malloc(sizeof(HealSeries));
	test_round_trip(0, "nothing sampled yet");
	test_round_trip(1, "one row");
	test_round_trip(200, "some rows");
	test_round_trip(3 * HEAL_WINDOW + 17, "more than the rings hold");
	test_round_trip(HEAL_MINUTES * 60 + 3000, "more minutes than are kept");
	bind_users(0, HEAL_USER_METRICS);
	test_round_trip(200, "with as many metrics of users as there may be");
	bind_users(0, 0);
	test_damage();
	test_impossible_counts();
	test_other_catalogue();
	test_future();
	test_users();
	free(series);
	free(back);
	free(bytes);
	return done_testing();
}
