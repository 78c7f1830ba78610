/*
 * panel.c
 *		The joint view: all metrics of a component at once.
 *
 * The score is a mean of evidence: the three largest surprises, the largest of them twice,
 * and how strange the Mahalanobis distance of the row is. Three, because one metric of
 * forty is always surprised and an incident shows in several; the largest twice, because a
 * leak shows in one; no sum over all of them, because that finds workloads.
 *
 * A workload that rises and falls moves many metrics in proportion. That is the first
 * direction of the covariance, in which far is not strange: the distance counts always, so
 * a small one speaks against the surprises.
 *
 * The scale of distances is what sampled rows have, each as if it had been left out of
 * the covariance, and from then on the distances of new rows.
 */
#include "detect/panel.h"

#include <math.h>
#include <string.h>

#include "detect/covariance.h"
#include "detect/forest.h"
#include "detect/reservoir.h"
#include "detect/tail.h"

#define ROWS 600   /* sampled */
#define SAMPLE 500 /* of each stream of evidence */
#define MINIMUM 30 /* rows before the first rebuild */
#define REBUILD_EVERY 250
#define RIDGE 0.05
#define MOST_RIDGE 0.9
#define MOST_LEVERAGE 0.9
#define SLICE_WORK 60000 /* multiplications */
#define TREES 50
#define TREE_SAMPLE 128
#define STRANGE 4.5
#define FAMILIAR 3.0
#define FAMILIAR_ROWS 5
#define PATIENCE 100
#define LARGEST 3	  /* surprises that count */
#define EVIDENCE 1.25 /* of the mean: rates as those of one metric's score */
#define CROWD 30.0	  /* metrics; of more, some are always this much louder */
#define SURPRISED 3.0 /* a metric with this surprise counts as one */
#define SENSOR_SHARE 0.8 /* of the metrics surprised at once */
#define SENSOR_METRICS 6 /* fewer may well move together */
#define LEAST_WIDTH 0.05

/* What happens in slices, one after the other. */
typedef enum Phase
{
	IDLE,
	SCALING,
	CORRELATING,
	FACTORING,
	MEASURING,
	GROWING
} Phase;

/* Evidence with its own past. */
typedef struct Stream
{
	HealTail tail;
	int32_t count;
	float sample[SAMPLE]; /* sorted */
} Stream;

struct HealPanel
{
	int32_t metrics;
	int32_t sampled; /* rows in the sample */
	int64_t rows;	 /* ever */
	int64_t rebuilt_at;
	uint64_t random;
	int32_t
		usable; /* half whose covariance is used, the other is made; -1 = none */
	int32_t strange; /* rows of the strange state, 0 = it is not */
	int32_t familiar;
	int32_t adopting;
	int32_t phase;
	int32_t step;		/* within the phase */
	int32_t rebuilding; /* rows that the rebuild under way is made from */
	int32_t measured_count;
	float measured[SAMPLE]; /* distances, until they become the sample */
	Stream distance;
	Stream top;
	double
		origin[]; /* [metrics]; after it floats: rows, two halves, the forest */
};

/* A row as the panel sees it. */
typedef struct Row
{
	int present;
	double
		distance; /* half the logarithm of its square per metric; NaN = none */
	double largest[LARGEST];
	float value[HEAL_PANEL_METRICS];
} Row;

static void read_values(HealPanel *panel, const double *value, Row *row);
static void read_scores(const HealPanel *panel, const double *score, Row *row,
						HealJointSurprise *joint);
static double evidence_of(const Row *row, const HealJointSurprise *joint);
static double log_distance(HealPanel *panel, int half, const float *row);
static void discipline(HealPanel *panel, const Row *row, double score);
static void learn(HealPanel *panel, const Row *row, bool whole);
static double stream_score(const Stream *stream, double value, int64_t rows);
static void
stream_learn(Stream *stream, double value, int64_t rows, uint64_t *random);
static void work_scaling(HealPanel *panel);
static void work_correlating(HealPanel *panel);
static void work_factoring(HealPanel *panel);
static void work_measuring(HealPanel *panel);
static double ridge_of(const HealPanel *panel);
static float *rows_of(HealPanel *panel);
static HealCovariance half_of(HealPanel *panel, int half);
static HealForest *forest_of(HealPanel *panel);

size_t
heal_panel_size(int metrics)
{
	if (metrics < 2 || metrics > HEAL_PANEL_METRICS)
		return 0;
	return sizeof(HealPanel) + (size_t) metrics * sizeof(double) +
		   (ROWS * (size_t) metrics + 2 * heal_covariance_floats(metrics) + 1) *
			   sizeof(float) +
		   heal_forest_size(TREES, TREE_SAMPLE);
}

HealPanel *
heal_panel_init(void *memory, int metrics, uint64_t seed)
{
	HealPanel *panel = memory;

	if (heal_panel_size(metrics) == 0)
		return NULL;
	memset(panel, 0, heal_panel_size(metrics));
	panel->metrics = metrics;
	panel->random = seed;
	panel->usable = -1;
	heal_forest_init(forest_of(panel), TREES, TREE_SAMPLE, metrics, seed + 1);
	return panel;
}

HealJointSurprise
heal_panel_feed(HealPanel *panel, const double *value, const double *score)
{
	HealJointSurprise joint = {.score = NAN,
							   .distance = NAN,
							   .top = NAN,
							   .forest = NAN,
							   .loudest = -1};
	Row row;

	read_values(panel, value, &row);
	if (row.present == 0)
		return joint;
	read_scores(panel, score, &row, &joint);
	joint.distance = stream_score(&panel->distance, row.distance, panel->rows);
	if (joint.loudest >= 0)
		joint.top = stream_score(&panel->top, row.largest[0], panel->rows);
	joint.forest = heal_forest_score(forest_of(panel), row.value);
	joint.score = evidence_of(&row, &joint);
	discipline(panel, &row, joint.score);
	return joint;
}

int64_t
heal_panel_rows(const HealPanel *panel)
{
	return panel->rows;
}

/* What is missing is taken as usual. */
static void
read_values(HealPanel *panel, const double *value, Row *row)
{
	float *read = row->value;

	row->present = 0;
	row->distance = NAN;
	for (int i = 0; i < panel->metrics; i++)
	{
		if (panel->rows == 0 && isfinite(value[i]))
			panel->origin[i] = value[i];
		read[i] = (float) (value[i] - panel->origin[i]);
		if (isfinite(read[i]))
			row->present++;
		else
			read[i] = NAN;
	}
	if (row->present > 0 && panel->usable >= 0)
		row->distance = log_distance(panel, panel->usable, read);
	for (int i = 0; i < panel->metrics; i++)
		if (isnan(read[i]))
			read[i] = panel->usable >= 0
						  ? half_of(panel, panel->usable).center[i]
						  : 0;
}

static void
read_scores(const HealPanel *panel, const double *score, Row *row,
			HealJointSurprise *joint)
{
	for (int k = 0; k < LARGEST; k++)
		row->largest[k] = 0;
	for (int i = 0; i < panel->metrics; i++)
	{
		double moved = score[i];

		if (isnan(moved))
			continue;
		joint->breadth += moved >= SURPRISED;
		if (joint->loudest < 0 || moved > row->largest[0])
			joint->loudest = i;
		for (int k = 0; k < LARGEST; k++)
			if (moved > row->largest[k])
			{
				double lower = row->largest[k];

				row->largest[k] = moved;
				moved = lower;
			}
	}
	joint->sensor = row->present >= SENSOR_METRICS &&
					joint->breadth >= SENSOR_SHARE * row->present;
}

static double
evidence_of(const Row *row, const HealJointSurprise *joint)
{
	int largest = row->present < LARGEST ? row->present : LARGEST;
	double sum = row->largest[0];
	int parts = largest + 1;

	for (int k = 0; k < largest; k++)
		sum += row->largest[k];
	if (!isnan(joint->distance))
	{
		sum += joint->distance;
		parts++;
	}
	else if (isnan(joint->top))
		return NAN;
	return fmax(EVIDENCE * sum / parts - log10(fmax(row->present / CROWD, 1)),
				0);
}

static double
log_distance(HealPanel *panel, int half, const float *row)
{
	HealCovariance covariance = half_of(panel, half);

	return 0.5 *
		   log(heal_covariance_distance(&covariance, row) / panel->metrics +
			   1e-6);
}

/* What to learn from this row; the same rules as in detector.c. */
static void
discipline(HealPanel *panel, const Row *row, double score)
{
	panel->rows++;
	if (panel->adopting > 0)
	{
		panel->adopting--;
		learn(panel, row, true);
		return;
	}
	if (panel->strange == 0)
	{
		panel->strange = score >= STRANGE;
		panel->familiar = 0;
		learn(panel, row, false);
		return;
	}
	panel->strange++;
	panel->familiar = score < FAMILIAR ? panel->familiar + 1 : 0;
	if (panel->familiar >= FAMILIAR_ROWS)
		panel->strange = 0;
	else if (panel->strange >= PATIENCE)
	{
		panel->strange = 0;
		panel->adopting = PATIENCE;
	}
	if (panel->familiar > 0)
		learn(panel, row, false);
}

static void
learn(HealPanel *panel, const Row *row, bool whole)
{
	size_t m = (size_t) panel->metrics;
	int64_t reach =
		panel->rows < HEAL_RESERVOIR_REACH ? panel->rows : HEAL_RESERVOIR_REACH;
	int place = -1;

	stream_learn(&panel->distance, row->distance, panel->rows, &panel->random);
	stream_learn(&panel->top, row->largest[0], panel->rows, &panel->random);
	if (panel->strange > 0 && !whole)
		return; /* the row itself would bend the covariance */
	if (panel->sampled < ROWS)
		place = panel->sampled++;
	else if (whole ||
			 heal_random_uniform(&panel->random) * (double) reach < ROWS)
		place = (int) (heal_random_uniform(&panel->random) * ROWS);
	if (place >= 0)
		memcpy(rows_of(panel) + (size_t) place * m, row->value,
			   m * sizeof(float));
}

static double
stream_width(const Stream *stream)
{
	double low = heal_reservoir_quantile(stream->sample, stream->count, 0.25);
	double high = heal_reservoir_quantile(stream->sample, stream->count, 0.75);

	return fmax((high - low) / 1.349, LEAST_WIDTH);
}

static double
stream_score(const Stream *stream, double value, int64_t rows)
{
	if (isnan(value) || stream->count < MINIMUM)
		return NAN;
	return heal_tail_score(&stream->tail, stream->sample, stream->count,
						   stream_width(stream), rows, value, true);
}

static void
stream_learn(Stream *stream, double value, int64_t rows, uint64_t *random)
{
	if (isnan(value))
		return;
	if (stream->count >= MINIMUM)
		value =
			fmin(value,
				 heal_tail_border(&stream->tail, stream->sample, stream->count,
								  stream_width(stream), STRANGE, true));
	heal_tail_learn(&stream->tail, stream->sample, stream->count, value, true);
	heal_reservoir_learn(stream->sample, &stream->count, SAMPLE, (float) value,
						 rows, random);
}

bool
heal_panel_work(HealPanel *panel)
{
	switch ((Phase) panel->phase)
	{
		case IDLE:
			if (panel->sampled < MINIMUM ||
				(panel->usable >= 0 &&
				 panel->rows < panel->rebuilt_at + REBUILD_EVERY &&
				 panel->rows < 2 * panel->rebuilt_at))
				return false;
			panel->rebuilt_at = panel->rows;
			panel->rebuilding = panel->sampled;
			panel->phase = SCALING;
			panel->step = 0;
			return true;
		case SCALING:
			work_scaling(panel);
			return true;
		case CORRELATING:
			work_correlating(panel);
			return true;
		case FACTORING:
			work_factoring(panel);
			return true;
		case MEASURING:
			work_measuring(panel);
			return true;
		case GROWING:
			heal_forest_grow(forest_of(panel), panel->step++, rows_of(panel),
							 panel->rebuilding);
			if (panel->step == TREES)
				panel->phase = IDLE;
			return panel->phase != IDLE;
	}
	return false;
}

static void
next_phase(HealPanel *panel)
{
	panel->phase++;
	panel->step = 0;
}

static void
work_scaling(HealPanel *panel)
{
	HealCovariance made = half_of(panel, panel->usable == 0);

	for (int work = 0; panel->step < panel->metrics && work < SLICE_WORK;
		 work += 4 * panel->rebuilding)
		heal_covariance_scale(&made, panel->step++, rows_of(panel),
							  panel->rebuilding);
	if (panel->step == panel->metrics)
		next_phase(panel);
}

static void
work_correlating(HealPanel *panel)
{
	HealCovariance made = half_of(panel, panel->usable == 0);
	int m = panel->metrics;

	for (int work = 0; panel->step < panel->rebuilding && work < SLICE_WORK;
		 work += m * m / 2)
		heal_covariance_add(&made, rows_of(panel) +
									   (size_t) panel->step++ * (size_t) m);
	if (panel->step == panel->rebuilding)
		next_phase(panel);
}

static void
work_factoring(HealPanel *panel)
{
	HealCovariance made = half_of(panel, panel->usable == 0);

	for (int work = 0; panel->step < panel->metrics && work < SLICE_WORK;
		 work += panel->step * panel->step / 2)
		heal_covariance_factor(&made, panel->step++, panel->rebuilding,
							   ridge_of(panel));
	if (panel->step == panel->metrics)
		next_phase(panel);
}

/*
 * A row is a part of the covariance it is measured by; taking it out divides its square
 * by 1 - leverage (the formula of Sherman and Morrison).
 */
static void
work_measuring(HealPanel *panel)
{
	int m = panel->metrics;
	int made = panel->usable == 0;
	double share = (1 - ridge_of(panel)) * m / panel->rebuilding;

	if (panel->step == 0)
		panel->measured_count = 0;
	for (int work = 0; panel->step < panel->rebuilding && work < SLICE_WORK;
		 work += m * m / 2)
	{
		double distance = log_distance(
			panel, made, rows_of(panel) + (size_t) panel->step * (size_t) m);
		double leverage = fmin(share * exp(2 * distance), MOST_LEVERAGE);

		heal_reservoir_learn(panel->measured, &panel->measured_count, SAMPLE,
							 (float) (distance - 0.5 * log(1 - leverage)),
							 panel->step++, &panel->random);
	}
	if (panel->step < panel->rebuilding)
		return;
	memcpy(panel->distance.sample, panel->measured, sizeof(panel->measured));
	panel->distance.count = panel->measured_count;
	panel->usable = made;
	next_phase(panel);
}

static double
ridge_of(const HealPanel *panel)
{
	return fmin(RIDGE + (double) panel->metrics / panel->rebuilding,
				MOST_RIDGE);
}

static float *
rows_of(HealPanel *panel)
{
	return (float *) (panel->origin + panel->metrics);
}

static HealCovariance
half_of(HealPanel *panel, int half)
{
	int m = panel->metrics;
	float *memory = rows_of(panel) + (size_t) ROWS * (size_t) m;

	return heal_covariance_at(
		memory + (size_t) half * heal_covariance_floats(m), m);
}

static HealForest *
forest_of(HealPanel *panel)
{
	size_t floats = (size_t) (half_of(panel, 2).center - rows_of(panel));

	return (HealForest *) (rows_of(panel) + (floats + 1) / 2 * 2);
}
