/*
 * detector_file.c
 *		A detector on its way to a disk and back.
 */
#include "detect/detector.h"

#include <math.h>
#include <string.h>

#include "detect/kept.h"
#include "detect/view.h"

void
heal_detector_seal(HealDetector *detector)
{
	detector->checksum = heal_kept_checksum(detector, sizeof(*detector),
											offsetof(HealDetector, checksum));
}

static bool
is_within(int64_t value, int64_t least, int64_t most)
{
	return value >= least && value <= most;
}

/* A byte that is neither 0 nor 1 is no bool, and to read it as one is undefined. */
static bool
traits_intact(const HealDetectorTraits *traits)
{
	unsigned char has_limit;

	memcpy(&has_limit, &traits->has_limit, sizeof(has_limit));
	return is_within((int64_t) traits->bad, HEAL_NEITHER_IS_BAD,
					 HEAL_LOW_IS_BAD) &&
		   isfinite(traits->floor) && traits->floor >= 0 &&
		   traits->share >= 0 && traits->share <= 1 && has_limit <= 1 &&
		   (!has_limit || isfinite(traits->limit));
}

/* A height may be NaN: nothing is as high as that. */
static bool
history_intact(const HealDetector *detector)
{
	const int32_t views = HEAL_VIEWS - 1;
	int known =
		detector->past < HEAL_PAST_HEIGHTS ? detector->past : HEAL_PAST_HEIGHTS;

	if (!is_within(detector->past, 0, 1 << 30) ||
		!is_within(detector->height.view, 0, views))
		return false;
	for (int i = 0; i < known; i++)
		if (!is_within(detector->past_height[i].view, 0, views))
			return false;
	return true;
}

static bool
season_intact(const HealDetector *detector)
{
	for (int i = 0; i < 2; i++)
		if (!isfinite(detector->visit_sum[i]) ||
			!is_within(detector->visit_rows[i], 0, INT32_MAX / 2) ||
			!is_within(detector->visit_part[i], 0,
					   (i == 0 ? HEAL_DAY_PARTS : HEAL_WEEK_HOURS) - 1))
			return false;
	return heal_kept_finite(detector->day, HEAL_DAY_PARTS) &&
		   heal_kept_finite(detector->week, HEAL_WEEK_HOURS);
}

static bool
numbers_intact(const HealDetector *detector)
{
	for (int i = 0; i < HEAL_PREDICTORS; i++)
		if (!isfinite(detector->error[i]))
			return false;
	return isfinite(detector->origin) && isfinite(detector->last) &&
		   isfinite(detector->slow_level) && isfinite(detector->move) &&
		   detector->move >= 0 && isfinite(detector->cusum[0]) &&
		   isfinite(detector->cusum[1]) &&
		   is_within(detector->rows, 0, INT64_MAX / 2) &&
		   is_within(detector->cadence, 0, 365 * HEAL_DAY) &&
		   is_within(detector->moves, 0, INT32_MAX / 2) &&
		   is_within(detector->strange, 0, INT32_MAX / 2) &&
		   is_within(detector->familiar, 0, INT32_MAX / 2) &&
		   is_within(detector->adopting, 0, INT32_MAX / 2) &&
		   is_within(detector->recent_at, 0, HEAL_RECENT_ROWS - 1) &&
		   is_within(detector->recent_rows, 0, HEAL_RECENT_ROWS) &&
		   heal_kept_finite(detector->residual, HEAL_RECENT_ROWS);
}

static bool
views_intact(const HealDetector *detector)
{
	for (int view = 0; view < HEAL_VIEWS; view++)
		if (!heal_kept_sorted(heal_view_values(detector, view),
							  detector->count[view],
							  heal_view_capacity[view]) ||
			!heal_kept_tail(&detector->tail[view][0]) ||
			!heal_kept_tail(&detector->tail[view][1]))
			return false;
	return true;
}

bool
heal_detector_intact(const HealDetector *detector)
{
	return detector->version == HEAL_DETECTOR_VERSION &&
		   detector->checksum ==
			   heal_kept_checksum(detector, sizeof(*detector),
								  offsetof(HealDetector, checksum)) &&
		   traits_intact(&detector->traits) && numbers_intact(detector) &&
		   history_intact(detector) && season_intact(detector) &&
		   views_intact(detector);
}
