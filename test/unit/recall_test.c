/*
 * recall_test.c
 *		An incident is recognised by how the metrics changed; two at once are two; a new one is new.
 */
#include "cause/recall.h"

#include "base/random.h"
#include "sample/metric.h"
#include "tap.h"

#define CAUSES 10
#define METRICS 60
#define EXAMPLES 4
#define ROUNDS 10

_Static_assert((int) HEAL_METRICS <= HEAL_IMPRINT_METRICS,
			   "every metric has a place in an imprint");

static double pattern[CAUSES + 1][METRICS];
static HealImprint known[CAUSES * EXAMPLES];
static HealRecollection recollection;
static uint64_t lot = 3;

static double
draw(void)
{
	return heal_random_uniform(&lot);
}

/* Each cause moves some ten metrics by a factor of up to e^4 either way; the last one is never learned. */
static void
make_patterns(void)
{
	for (int i = 0; i <= CAUSES; i++)
		for (int j = 0; j < METRICS; j++)
			pattern[i][j] = draw() < 0.17 ? (draw() - 0.4) * 6 : 0;
}

/* An incident of up to two causes, as strong as it happens to be, with noise. */
static HealImprint
make(int first, int second)
{
	HealImprint imprint;
	double strong = 0.7 + 0.6 * draw();
	double also = second >= 0 ? 0.7 + 0.6 * draw() : 0;

	heal_imprint_clear(&imprint);
	imprint.cause = first;
	for (int j = 0; j < METRICS; j++)
		imprint.change[j] =
			(float) (strong * pattern[first][j] +
					 (second >= 0 ? also * pattern[second][j] : 0) +
					 (draw() - 0.5) * 0.6);
	return imprint;
}

static void
learn(int examples)
{
	for (int i = 0; i < CAUSES * examples; i++)
		known[i] = make(i % CAUSES, -1);
}

/* Share of incidents of a cause that are recognised when so many metrics are missing. */
static double
recognised(int count, double missing, int *too_far)
{
	double border = heal_recall_border(known, count);
	int right = 0;

	*too_far = 0;
	for (int i = 0; i < CAUSES * ROUNDS; i++)
	{
		HealImprint incident = make(i % CAUSES, -1);

		for (int j = 0; j < METRICS; j++)
			if (draw() < missing)
				incident.change[j] = (float) NAN;
		heal_recall(known, count, &incident, border, &recollection);
		right += recollection.shares > 0 &&
				 recollection.share[0].cause == i % CAUSES;
		*too_far += recollection.too_far;
	}
	return (double) right / (CAUSES * ROUNDS);
}

static void
measures_changes(void)
{
	is_double(heal_imprint_change(200, 100, 0), log(2), 1e-3,
			  "twice as much is the logarithm of two");
	is_double(heal_imprint_change(50, 100, 0), -log(2), 1e-3,
			  "half as much the same the other way");
	is_double(heal_imprint_change(0, 0, 0), 0, 1e-6, "nothing is no change");
	is_double(heal_imprint_change(9, 0, 1), log(10), 1e-6,
			  "what is usually nothing changes by its spread");
	is_double(heal_imprint_change(1e300, 1, 0.1), HEAL_LARGEST_CHANGE, 1e-6,
			  "there is a largest change");
	ok(isnan(heal_imprint_change((double) NAN, 1, 1)) &&
		   isnan(heal_imprint_change(1, (double) NAN, 1)) &&
		   isnan(heal_imprint_change(1, 1, (double) NAN)) &&
		   isnan(heal_imprint_change((double) INFINITY, 1, 1)),
	   "what is missing is missing");
}

static void
measures_distances(void)
{
	HealImprint a, b;

	heal_imprint_clear(&a);
	heal_imprint_clear(&b);
	ok(isnan(heal_imprint_distance(&a, &b)), "nothing cannot be compared");
	a.change[0] = 1;
	a.change[1] = 2;
	b.change[0] = 2;
	b.change[1] = 4;
	is_double(heal_imprint_distance(&a, &b), 0, 1e-12,
			  "the same, twice as strong, is near");
	b.change[0] = -2;
	b.change[1] = 1;
	is_double(heal_imprint_distance(&a, &b), 1, 1e-12,
			  "what has nothing in common is not");
	b.change[0] = (float) NAN;
	is_double(heal_imprint_distance(&a, &b), 1 - 2 / sqrt(5), 1e-6,
			  "what cannot be compared is not near either");
}

static void
recognises(void)
{
	int far;

	learn(1);
	ok(recognised(CAUSES, 0, &far) >= 0.99, "one example of each is enough");
	learn(EXAMPLES);
	ok(recognised(CAUSES * EXAMPLES, 0, &far) >= 0.995, "four are better");
	ok(far <= CAUSES * ROUNDS / 10, "hardly any is held to be unknown");
	ok(recognised(CAUSES * EXAMPLES, 0.8, &far) >= 0.6,
	   "most are, with four metrics of five missing");
}

static void
tells_mixtures_apart(void)
{
	double border = heal_recall_border(known, CAUSES * EXAMPLES);
	int right = 0, tried = 0;

	for (int i = 0; i < CAUSES; i++)
		for (int j = 0; j < i; j++)
		{
			HealImprint incident = make(i, j);

			heal_recall(known, CAUSES * EXAMPLES, &incident, border,
						&recollection);
			tried++;
			right += recollection.shares >= 2 &&
					 (recollection.share[0].cause == i ||
					  recollection.share[1].cause == i) &&
					 (recollection.share[0].cause == j ||
					  recollection.share[1].cause == j);
		}
	ok(right >= 0.9 * tried, "two causes at once are the two largest shares");
}

/*
 * Twelve causes at once, each in metrics of its own. Those with the smallest parts have come in with what else was
 * the matter then, so that they are nearer than those with the largest.
 */
static void
keeps_the_largest(void)
{
	HealImprint incident, parts[12];
	int ascending = 0, largest = 0;

	heal_imprint_clear(&incident);
	for (int i = 0; i < 12; i++)
	{
		heal_imprint_clear(&parts[i]);
		parts[i].cause = 100 + i;
		for (int j = 0; j < 24; j++)
			parts[i].change[j] = j / 2 == i ? 2 : 0;
		incident.change[2 * i] = incident.change[2 * i + 1] =
			(float) (i < 4 ? 1 : 2);
	}
	/* four of little weight, but nearer: half of each is like all the others */
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 24; j++)
			parts[i].change[j] += incident.change[j] / 4;
	heal_recall(parts, 12, &incident, 0.5, &recollection);
	is_int(recollection.shares, HEAL_SHARES, "there is room for eight causes");
	for (int i = 0; i < recollection.shares; i++)
	{
		ascending += i > 0 && recollection.share[i - 1].share <
								  recollection.share[i].share;
		largest += recollection.share[i].cause >= 104;
	}
	is_int(ascending, 0, "the largest share comes first");
	is_int(largest, 8, "and none of the eight largest is left out");
}

static void
knows_what_is_new(void)
{
	double border = heal_recall_border(known, CAUSES * EXAMPLES);
	int far = 0;

	for (int i = 0; i < ROUNDS; i++)
	{
		HealImprint incident = make(CAUSES, -1);

		heal_recall(known, CAUSES * EXAMPLES, &incident, border, &recollection);
		far += recollection.too_far;
	}
	ok(far >= 0.9 * ROUNDS, "what has never been is too far from all");
	heal_recall(known, 0, &known[0], 0.5, &recollection);
	ok(recollection.too_far && recollection.nearest == -1 &&
		   recollection.rest == 1,
	   "without any memory everything is");
	is_double(heal_recall_border(known, 3), 0.5, 0,
			  "with few examples the border is a default");
}

static void
is_heard(void)
{
	HealRecollection said = {
		.shares = 1, .share = {{.cause = 2, .share = 0.9}}, .rest = 0.05};

	ok(heal_recall_weigh(&said, known, CAUSES, 2, 0.6) > 0.85,
	   "agreement raises confidence");
	ok(heal_recall_weigh(&said, known, CAUSES, 3, 0.6) < 0.2,
	   "disagreement lowers it");
	ok(heal_recall_weigh(&said, known, CAUSES, CAUSES + 1, 0.6) < 0.2,
	   "a cause never seen cannot be what is accounted for");
	said.rest = 0.9;
	said.shares = 0;
	ok(heal_recall_weigh(&said, known, CAUSES, CAUSES + 1, 0.6) > 0.85,
	   "but may be what is not");
	said.too_far = true;
	is_double(heal_recall_weigh(&said, known, CAUSES, 2, 0.6), 0.6, 0,
			  "who knows nothing changes nothing");
	said.too_far = false;
	is_double(heal_recall_weigh(&said, known, CAUSES, 2, 1), 1, 1e-12,
			  "what is certain stays so");
	is_double(heal_recall_weigh(&said, known, CAUSES, 2, 0), 0, 1e-12,
			  "also that it is not");
}

int
main(void)
{
	measures_changes();
	measures_distances();
	make_patterns();
	recognises();
	tells_mixtures_apart();
	keeps_the_largest();
	knows_what_is_new();
	is_heard();
	return done_testing();
}
