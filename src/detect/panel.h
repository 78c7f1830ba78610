/*
 * panel.h
 *		The joint view: all metrics of a component at once.
 *
 * Finds what no single metric shows (two that no longer move together) and says with how
 * many metrics it agrees. Memory is the caller's: heal_panel_size() bytes, no pointers
 * in it. heal_panel_feed() is for the heartbeat; heal_panel_work() does the expensive
 * part in slices and may be called in a quiet moment, or after every row.
 */
#ifndef HEAL_PANEL_H
#define HEAL_PANEL_H

#include "base/types.h"

#define HEAL_PANEL_METRICS 256 /* at most */

typedef struct HealPanel HealPanel;

typedef struct HealJointSurprise
{
	double score;	 /* of all together; NaN = missing or still learning */
	double distance; /* -log10 p of the Mahalanobis distance alone */
	double top; /* -log10 p that the largest surprise of a metric is as large */
	double forest; /* score of the isolation forest, 0..1; NaN = not grown */
	int breadth;   /* metrics that are surprised at once */
	int loudest;   /* the one with the largest surprise, -1 = none */
	bool sensor;   /* nearly all moved at once: doubt what measures */
} HealJointSurprise;

/* 0 when there are fewer than 2 or more than HEAL_PANEL_METRICS metrics. */
extern size_t heal_panel_size(int metrics);
/* NULL when the size is 0. The memory must be aligned as for a double. */
extern HealPanel *heal_panel_init(void *memory, int metrics, uint64_t seed);
/*
 * The next row: the values, NaN = missing, and the surprise of each metric's detector,
 * NaN = none. A row in which all is missing changes nothing.
 */
extern HealJointSurprise
heal_panel_feed(HealPanel *panel, const double *value, const double *score);
/* One slice, some 100 us at most; true while there is more to do. */
extern bool heal_panel_work(HealPanel *panel);
extern int64_t heal_panel_rows(const HealPanel *panel);

#endif
