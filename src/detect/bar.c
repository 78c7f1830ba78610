/*
 * bar.c
 *		How high a metric must be for an alarm, where somebody has called one false.
 */
#include "detect/bar.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

/* Share of it that is left. A clock set back does not raise it. */
static double
rest_at(const HealBar *bar, HealTime now)
{
	double marks =
		bar->marks < HEAL_BAR_MOST_MARKS ? bar->marks : HEAL_BAR_MOST_MARKS;
	double age = now > bar->raised_at ? (double) (now - bar->raised_at) : 0;

	return exp2(-age / ((double) HEAL_BAR_HALF_LIFE * marks));
}

static double
height_at(const HealBar *bar, HealTime now)
{
	return bar->height * rest_at(bar, now);
}

static bool
is_about(const HealBar *bar, const char *metric, bool low)
{
	return bar->raised_at != 0 && (bar->low != 0) == low &&
		   strcmp(bar->metric, metric) == 0;
}

static const HealBar *
bar_about(const HealBar *bars, const char *metric, bool low)
{
	for (int i = 0; i < HEAL_MAX_BARS; i++)
		if (is_about(&bars[i], metric, low))
			return &bars[i];
	return NULL;
}

double
heal_bar_height(const HealBar bars[HEAL_MAX_BARS], const char *metric, bool low,
				HealTime now)
{
	const HealBar *bar = bar_about(bars, metric, low);

	return bar != NULL ? height_at(bar, now) : 0;
}

double
heal_bar_distance(const HealBar bars[HEAL_MAX_BARS], const char *metric,
				  bool low, HealTime now)
{
	const HealBar *bar = bar_about(bars, metric, low);

	return bar != NULL ? bar->distance * rest_at(bar, now) : 0;
}

/* The bar there is, else a free slot, else the lowest. */
static HealBar *
slot_for(HealBar *bars, const HealFalsePositive *mark)
{
	HealBar *slot = &bars[0];

	for (int i = 0; i < HEAL_MAX_BARS; i++)
		if (is_about(&bars[i], mark->metric, mark->low != 0))
			return &bars[i];
	for (int i = 0; i < HEAL_MAX_BARS; i++)
	{
		if (bars[i].raised_at == 0)
			return &bars[i];
		if (height_at(&bars[i], mark->at) < height_at(slot, mark->at))
			slot = &bars[i];
	}
	memset(slot, 0, sizeof(*slot));
	return slot;
}

void
heal_bar_raise(HealBar bars[HEAL_MAX_BARS], const HealFalsePositive *mark)
{
	HealBar *bar = slot_for(bars, mark);
	bool is_new = bar->raised_at == 0;
	double rest = is_new ? 0 : rest_at(bar, mark->at);

	bar->height = fmax(bar->height * rest, mark->height * HEAL_BAR_MARGIN);
	/* not known of one of them, no distance says that it is above both */
	if (is_new || bar->distance > 0)
		bar->distance =
			mark->distance > 0
				? fmax(bar->distance * rest, mark->distance * HEAL_BAR_MARGIN)
				: 0;
	bar->raised_at = mark->at;
	bar->low = mark->low != 0;
	bar->marks++;
	memcpy(bar->metric, mark->metric, sizeof(bar->metric));
}

void
heal_bar_clear(HealBar bars[HEAL_MAX_BARS], const char *metric)
{
	for (int i = 0; i < HEAL_MAX_BARS; i++)
		if (metric == NULL || strcmp(bars[i].metric, metric) == 0)
			memset(&bars[i], 0, sizeof(bars[i]));
}

bool
heal_false_positive_valid(const HealFalsePositive *mark)
{
	return mark->anomaly > 0 && mark->at > 0 && isfinite(mark->height) &&
		   mark->height >= 0 && isfinite(mark->distance) &&
		   mark->distance >= 0 && mark->metric[0] != '\0' &&
		   heal_text_terminated(mark->metric, sizeof(mark->metric)) &&
		   heal_text_terminated(mark->by, sizeof(mark->by)) &&
		   heal_text_terminated(mark->reason, sizeof(mark->reason));
}
