/*
 * ringfile.c
 *		The series as one block of bytes, to survive a restart.
 */
#include "sample/ringfile.h"

#include <math.h>
#include <string.h>

#define MAGIC "healring"
#define VERSION 1
#define NAME_SIZE HEAL_NAME_SIZE
#define MOST_METRICS 10000
#define MOST_ROWS 100000
#define MOST_PASSED_OVER 4096

/* Where each part begins. */
typedef struct Layout
{
	size_t names;
	size_t times;
	size_t values;	/* [metric][row] */
	size_t minutes; /* [minute] of minute_size */
	size_t minute_size;
	size_t end;
} Layout;

/* One minute: its start, then sums, least, greatest, samples; each [metric]. */
typedef struct MinuteLayout
{
	size_t sum;
	size_t least;
	size_t greatest;
	size_t samples;
	size_t end;
} MinuteLayout;

static MinuteLayout
minute_layout(size_t metrics)
{
	MinuteLayout layout;

	layout.sum = sizeof(HealTime);
	layout.least = layout.sum + metrics * sizeof(double);
	layout.greatest = layout.least + metrics * sizeof(double);
	layout.samples = layout.greatest + metrics * sizeof(double);
	layout.end = layout.samples + metrics * sizeof(int32_t);
	return layout;
}

static Layout
layout_of(const HealRingHeader *header)
{
	Layout layout;
	size_t metrics = header->metrics;

	layout.names = sizeof(HealRingHeader);
	layout.times =
		layout.names + metrics * (NAME_SIZE + (size_t) header->passed_over);
	layout.values = layout.times + header->rows * sizeof(HealTime);
	layout.minutes = layout.values + metrics * header->rows * sizeof(double);
	layout.minute_size = minute_layout(metrics).end;
	layout.end = layout.minutes + header->minutes * layout.minute_size;
	return layout;
}

static HealRingHeader
header_of(const HealSeries *series)
{
	HealRingHeader header;
	int metric[HEAL_METRICS];

	memset(&header, 0, sizeof(header));
	memcpy(header.magic, MAGIC, sizeof(header.magic));
	header.version = VERSION;
	header.metrics = heal_metric_list(metric);
	for (uint32_t i = 0; i < header.metrics; i++)
		header.user_metrics += metric[i] >= HEAL_BUILT_IN_METRICS;
	header.rows = (uint32_t) (series->pushed - heal_series_first_row(series));
	header.minutes =
		(uint32_t) (series->minutes - heal_series_first_minute(series)) + 1;
	return header;
}

size_t
heal_ringfile_size(const HealSeries *series)
{
	HealRingHeader header = header_of(series);

	return layout_of(&header).end;
}

/* Which metrics are in the file, in their order there. */
typedef struct Metrics
{
	size_t count;
	int metric[HEAL_METRICS];
} Metrics;

static void
put_minute(const HealMinute *minute, const Metrics *metrics, unsigned char *to)
{
	MinuteLayout layout = minute_layout(metrics->count);

	memcpy(to, &minute->at, sizeof(minute->at));
	for (size_t i = 0; i < metrics->count; i++)
	{
		int metric = metrics->metric[i];

		memcpy(to + layout.sum + i * sizeof(double), &minute->sum[metric],
			   sizeof(double));
		memcpy(to + layout.least + i * sizeof(double), &minute->least[metric],
			   sizeof(double));
		memcpy(to + layout.greatest + i * sizeof(double),
			   &minute->greatest[metric], sizeof(double));
		memcpy(to + layout.samples + i * sizeof(int32_t),
			   &minute->samples[metric], sizeof(int32_t));
	}
}

static void
put_rows(const HealSeries *series, const Metrics *metrics, const Layout *layout,
		 unsigned char *bytes)
{
	uint64_t first = heal_series_first_row(series);
	size_t rows = (size_t) (series->pushed - first);

	for (size_t i = 0; i < rows; i++)
	{
		int place = (int) ((first + i) % HEAL_WINDOW);

		memcpy(bytes + layout->times + i * sizeof(HealTime), &series->at[place],
			   sizeof(HealTime));
		for (size_t n = 0; n < metrics->count; n++)
			memcpy(bytes + layout->values + (n * rows + i) * sizeof(double),
				   &series->value[metrics->metric[n]][place], sizeof(double));
	}
}

static void
put_minutes(const HealSeries *series, const Metrics *metrics,
			const Layout *layout, unsigned char *bytes)
{
	unsigned char *to = bytes + layout->minutes;

	for (uint64_t n = heal_series_first_minute(series); n < series->minutes;
		 n++, to += layout->minute_size)
		put_minute(&series->minute[n % HEAL_MINUTES], metrics, to);
	put_minute(&series->current, metrics, to);
}

void
heal_ringfile_encode(const HealSeries *series, const HealFileOrigin *origin,
					 HealTime now, unsigned char *bytes, HealChecksum checksum)
{
	HealRingHeader header = header_of(series);
	Layout layout = layout_of(&header);
	Metrics metrics;

	memset(bytes, 0, layout.end);
	metrics.count = heal_metric_list(metrics.metric);
	for (size_t i = 0; i < metrics.count; i++)
	{
		int metric = metrics.metric[i];

		strncpy((char *) bytes + layout.names + i * NAME_SIZE,
				heal_metrics[metric].name, NAME_SIZE - 1);
	}
	put_rows(series, &metrics, &layout, bytes);
	put_minutes(series, &metrics, &layout, bytes);
	header.origin = *origin;
	header.saved_at = now;
	header.body_checksum =
		checksum(bytes + sizeof(header), layout.end - sizeof(header));
	header.checksum = checksum(&header, offsetof(HealRingHeader, checksum));
	memcpy(bytes, &header, sizeof(header));
}

HealRingVerdict
heal_ringfile_header(const unsigned char *bytes, size_t size,
					 HealRingHeader *header, HealChecksum checksum)
{
	if (size < sizeof(*header))
		return HEAL_RING_TORN;
	memcpy(header, bytes, sizeof(*header));
	if (memcmp(header->magic, MAGIC, sizeof(header->magic)) != 0 ||
		header->version != VERSION)
		return HEAL_RING_OTHER_FORMAT;
	if (header->checksum !=
			checksum(header, offsetof(HealRingHeader, checksum)) ||
		header->metrics > MOST_METRICS || header->rows > MOST_ROWS ||
		header->minutes > MOST_ROWS || header->passed_over > MOST_PASSED_OVER ||
		header->user_metrics > header->metrics)
		return HEAL_RING_TORN;
	return HEAL_RING_INTACT;
}

/* Which of our metrics each of the file's is, -1 = none; those of users in their order. */
static void
map_names(const unsigned char *names, const HealRingHeader *header,
		  HealUserNames user_names, int *metric)
{
	size_t first_user = header->metrics - header->user_metrics;

	memset(user_names, 0, sizeof(HealUserNames));
	for (size_t i = 0; i < header->metrics; i++)
	{
		char name[NAME_SIZE];

		memcpy(name, names + i * NAME_SIZE, NAME_SIZE);
		name[NAME_SIZE - 1] = '\0';
		metric[i] = heal_metric_lookup(name);
		if (i < first_user)
			continue;
		metric[i] = -1;
		if (i - first_user < HEAL_USER_METRICS)
		{
			metric[i] = (int) (HEAL_BUILT_IN_METRICS + i - first_user);
			memcpy(user_names[i - first_user], name, NAME_SIZE);
		}
	}
}

static void
get_minute(const unsigned char *from, const HealRingHeader *header,
		   const int *metric, HealMinute *minute)
{
	MinuteLayout layout = minute_layout(header->metrics);

	memset(minute, 0, sizeof(*minute));
	memcpy(&minute->at, from, sizeof(minute->at));
	for (size_t i = 0; i < header->metrics; i++)
	{
		if (metric[i] < 0)
			continue;
		memcpy(&minute->sum[metric[i]], from + layout.sum + i * sizeof(double),
			   sizeof(double));
		memcpy(&minute->least[metric[i]],
			   from + layout.least + i * sizeof(double), sizeof(double));
		memcpy(&minute->greatest[metric[i]],
			   from + layout.greatest + i * sizeof(double), sizeof(double));
		memcpy(&minute->samples[metric[i]],
			   from + layout.samples + i * sizeof(int32_t), sizeof(int32_t));
	}
}

static void
get_rows(const unsigned char *bytes, const HealRingHeader *header,
		 const Layout *layout, const int *metric, HealTime now,
		 HealSeries *series)
{
	for (size_t row = 0; row < header->rows; row++)
	{
		int place = (int) (series->pushed % HEAL_WINDOW);
		HealTime at;

		memcpy(&at, bytes + layout->times + row * sizeof(at), sizeof(at));
		if (at > now)
			continue;
		series->at[place] = at;
		for (int i = 0; i < HEAL_METRICS; i++)
			series->value[i][place] = NAN;
		for (size_t i = 0; i < header->metrics; i++)
			if (metric[i] >= 0)
				memcpy(&series->value[metric[i]][place],
					   bytes + layout->values +
						   (i * header->rows + row) * sizeof(double),
					   sizeof(double));
		series->pushed++;
	}
	series->restored = series->pushed;
}

/* The last one goes on where it was left, should that minute not be over yet. */
static void
get_minutes(const unsigned char *bytes, const HealRingHeader *header,
			const Layout *layout, const int *metric, HealTime now,
			HealSeries *series)
{
	for (size_t n = 0; n < header->minutes; n++)
	{
		HealMinute *minute =
			n + 1 < header->minutes
				? &series->minute[series->minutes % HEAL_MINUTES]
				: &series->current;

		get_minute(bytes + layout->minutes + n * layout->minute_size, header,
				   metric, minute);
		if (minute->at > now)
			memset(minute, 0, sizeof(*minute));
		else if (minute != &series->current)
			series->minutes++;
	}
}

HealRingVerdict
heal_ringfile_decode(const unsigned char *bytes, size_t size, HealTime now,
					 HealSeries *series, HealUserNames user_names,
					 HealChecksum checksum)
{
	HealRingHeader header;
	HealRingVerdict verdict =
		heal_ringfile_header(bytes, size, &header, checksum);
	int metric[MOST_METRICS];
	Layout layout;

	if (verdict != HEAL_RING_INTACT)
		return verdict;
	layout = layout_of(&header);
	if (layout.end != size ||
		header.body_checksum !=
			checksum(bytes + sizeof(header), size - sizeof(header)))
		return HEAL_RING_TORN;
	map_names(bytes + layout.names, &header, user_names, metric);
	heal_series_clear(series);
	get_rows(bytes, &header, &layout, metric, now, series);
	get_minutes(bytes, &header, &layout, metric, now, series);
	return HEAL_RING_INTACT;
}
