/*
 * panel_test.c
 *		What all metrics of a component say together.
 */
#include "detect/panel.h"

#include <stdlib.h>

#include "detect/reservoir.h"
#include "tap.h"

#define PI 3.14159265358979323846
#define METRICS 8

static HealPanel *panel;
static uint64_t randomness = 99;
static double value[METRICS];
static double calm[METRICS];

static double
gaussian(void)
{
	double radius = sqrt(-2 * log(heal_random_uniform(&randomness)));

	return radius * cos(2 * PI * heal_random_uniform(&randomness));
}

/* A workload that all metrics follow, each with a little noise. */
static void
make_row(double load)
{
	for (int i = 0; i < METRICS; i++)
		value[i] = (i + 1) * (10 * load + 0.3 * gaussian());
}

static HealJointSurprise
feed(const double *score)
{
	HealJointSurprise joint = heal_panel_feed(panel, value, score);

	while (heal_panel_work(panel))
		;
	return joint;
}

static void
learn(int rows)
{
	for (int i = 0; i < rows; i++)
	{
		make_row(5 + gaussian());
		for (int k = 0; k < METRICS; k++)
			calm[k] = -log10(heal_random_uniform(&randomness));
		feed(calm);
	}
	for (int k = 0; k < METRICS; k++)
		calm[k] = 0.3;
}

int
main(void)
{
	double loud[METRICS];
	HealJointSurprise joint;
	double burst;
	int slices = 0;

	is_int(heal_panel_size(1), 0, "one metric is no panel");
	is_int(heal_panel_size(HEAL_PANEL_METRICS + 1), 0, "nor are too many");
	panel = heal_panel_init(malloc(heal_panel_size(METRICS)), METRICS, 1);
	make_row(5);
	joint = feed(calm);
	ok(isnan(joint.score) && isnan(joint.forest), "at first it learns");
	learn(1500);

	make_row(7.5);
	ok(feed(calm).distance < 3, "a burst of the workload is not far");
	make_row(5);
	value[3] = 4 * 10 * 8;
	joint = feed(calm);
	ok(joint.distance > 3, "one metric that parts from the others is");
	for (int i = 0; i < METRICS; i++)
		loud[i] = i == 2 ? 8 : i == 5 ? 6 : i == 6 ? 5 : 0.3;
	make_row(5);
	joint = feed(loud);
	ok(joint.score > 4.3, "three metrics that agree are enough");
	is_int(joint.loudest, 2, "the loudest is named");
	is_int(joint.breadth, 3, "and how many there are");
	ok(!joint.sensor, "three of eight are no broken sensor");
	loud[2] = loud[5] = loud[6] = 4.2;
	make_row(7.5);
	burst = feed(loud).score;
	make_row(5);
	value[2] *= 1.5;
	value[5] *= 1.5;
	value[6] *= 1.5;
	ok(feed(loud).score > burst + 0.3,
	   "what parts from the others weighs more than a burst of the workload");
	for (int i = 0; i < METRICS; i++)
		loud[i] = i == 4 ? 6 : 0.5;
	make_row(5);
	value[4] *= 1.5;
	ok(feed(loud).score > 3.6, "a leak of one is enough");
	for (int i = 0; i < METRICS; i++)
		loud[i] = 6;
	ok(feed(loud).sensor, "all at once may be one");

	learn(300);
	for (int i = 0; i < METRICS; i++)
		value[i] = NAN;
	is_int(heal_panel_rows(panel), 1808, "rows are counted");
	ok(isnan(feed(calm).score), "nothing is nothing");
	is_int(heal_panel_rows(panel), 1808, "and is not counted");
	make_row(5);
	value[1] = NAN;
	value[2] = INFINITY;
	joint = feed(calm);
	ok(isfinite(joint.score) && joint.distance < 3, "missing is usual");

	for (int i = 0; i < 300; i++)
	{
		make_row(5 + gaussian());
		heal_panel_feed(panel, value, calm);
	}
	while (heal_panel_work(panel))
	{
		make_row(5);
		ok(slices > 0 || isfinite(heal_panel_feed(panel, value, calm).score),
		   "it judges while it is rebuilt");
		slices++;
		if (slices == 1)
			continue;
		if (!isfinite(heal_panel_feed(panel, value, calm).score))
			break;
	}
	ok(slices > 10, "a rebuild comes in slices");
	free(panel);
	return done_testing();
}
