/*
 * foresight.h
 *		What will most probably follow from the cause of a failure, or from a leading indicator: said once, and judged by what
 *		comes.
 *
 * A foresight is a prediction about a node of the causal graph. It stands on a failure - then it is a cascade - or on a
 * leading indicator. It only informs: nothing is done for it, and it is no evidence of anything, as it comes out of the
 * graph itself.
 */
#ifndef HEAL_FORESIGHT_H
#define HEAL_FORESIGHT_H

#include "cause/graph.h"
#include "predict/bounded.h"

#define HEAL_FORESIGHTS 16	   /* that stand at the same time */
#define HEAL_FORESIGHTS_EACH 3 /* of them of one failure or indicator */
#define HEAL_INDICATOR_FORESIGHTS \
	8 /* of them of indicators: the rest is left to failures */
#define HEAL_INDICATOR_LEAD HEAL_MINUTE /* less is no warning */
#define HEAL_INDICATOR_REST \
	HEAL_HOUR /* what comes and goes is said as rarely as that */
#define HEAL_INDICATOR_MISSING \
	0.1 /* of the time from saying it until it comes: so long its ground is missing before it is averted */
#define HEAL_INDICATOR_TEXT 128
/* Of its evidence, of all that is told when it is said, and when it has ended: names and the words between. */
#define HEAL_FORESIGHT_EVIDENCE (HEAL_NODE_NAME + HEAL_INDICATOR_TEXT + 80)
#define HEAL_FORESIGHT_SENTENCE (HEAL_FORESIGHT_EVIDENCE + HEAL_NODE_NAME + 80)
#define HEAL_PAST_FORESIGHTS 64
#define HEAL_PAST_INDICATORS 32
#define HEAL_FORESIGHT_BAR 0.5 /* what is less probable than not is not said */

typedef struct HealForesight
{
	int64_t id; /* of the prediction; 0 = free place */
	int64_t
		failure; /* 0 = it stands on a leading indicator: nothing has failed */
	int32_t state; /* HealPredictionState */
	int32_t spare;
	HealTime opened_at;
	HealTime ended_at; /* 0 = open */
	HealTime expected;
	HealTime expected_first;
	HealTime until;		/* what has not come by then was wrong */
	double probability; /* as it was told last, that it comes */
	double probability_first;
	char effect[HEAL_NODE_ID]; /* the node that will be active */
	char effect_name[HEAL_NODE_NAME];
	char cause[HEAL_NODE_ID]; /* the node it follows from */
	char cause_name[HEAL_NODE_NAME];
	/* Of an indicator; all zero of a failure. */
	char indicator[HEAL_INDICATOR_TEXT]; /* by what it is seen */
	HealTime seen_since;
	char metric[HEAL_NAME_SIZE]; /* that it is seen by */
	double value, usual;		 /* of that, when it was farthest */
	HealTime missing_since;		 /* its ground is; 0 = it is not */
} HealForesight;

/* One plain value; one of all zeros is empty. */
typedef struct HealForesightBook
{
	HealForesight open[HEAL_FORESIGHTS];
	uint64_t ended; /* ever; number n stands at n modulo HEAL_PAST_FORESIGHTS */
	HealForesight past[HEAL_PAST_FORESIGHTS];
	HealPredictionStats stats; /* of those of failures */
	/* Those of indicators come and go, and must not push out the others. */
	uint64_t indicator_ended;
	HealForesight indicator_past[HEAL_PAST_INDICATORS];
	HealPredictionStats indicator_stats;
} HealForesightBook;

/*
 * When it will come, of a cause that began then and takes so many seconds, and until when it may: twice as long again,
 * at least half a minute each time.
 */
extern void heal_foresight_time(HealForesight *foresight, HealTime began,
								double lag, HealTime now);
/* It stands on a leading indicator: nothing had failed. */
extern bool heal_foresight_is_of_indicator(const HealForesight *foresight);
/*
 * Says it, with the next number. NULL when it stands already - then of the same failure or indicator with this probability
 * from now on, and one of an indicator becomes the failure's -, was said of it before, or when so many stand as may; of an
 * indicator also when it was said of that cause within the last hour, or leaves less than a minute.
 */
extern const HealForesight *
heal_foresight_open(HealForesightBook *book, const HealForesight *foresight,
					int64_t *last_id, HealTime now);

/* What is seen of an effect. */
typedef enum HealEffectSeen
{
	HEAL_EFFECT_UNKNOWN, /* no such node, or not yet after a start */
	HEAL_EFFECT_ABSENT,
	HEAL_EFFECT_THERE
} HealEffectSeen;

/*
 * Judges the one at that place; it stands on a failure that is open, or an indicator that is seen. True when it has ended:
 * it came true, was averted (what it stands on was over before; an indicator for a while), passed (it is late), or is gone
 * (late, and out of the graph: that of a user is not known right after a start). Then it is in *ended and among the past
 * ones.
 */
extern bool
heal_foresight_judge(HealForesightBook *book, int place, HealEffectSeen seen,
					 bool ground_stands, HealTime now, HealForesight *ended);
extern bool heal_foresight_book_valid(const HealForesightBook *book);
/*
 * 'failure 7 most probably comes from "Disk slower than usual", which leads to it', or
 * '"WAL archiving fails" leads to it, and is seen: archive_failures is 4, usually 0'
 */
extern void heal_foresight_evidence(const HealForesight *foresight, char *text,
									size_t size);
/* '"Queries slow" in about 10.0 s, 85 % likely: failure 7 ...' */
extern void heal_foresight_describe(const HealForesight *foresight,
									HealTime now, char *text, size_t size);

#endif
