/*
 * anomaly_test.c
 *		What is said of an anomaly.
 */
#include "detect/anomaly.h"

#include "tap.h"

static void
heights(void)
{
	HealAnomaly anomaly = {.metric = HEAL_METRIC_LOAD,
						   .peak_value = 70,
						   .peak_z = -3,
						   .location = 100,
						   .spread = 10,
						   .expected = 20};

	is_double(heal_anomaly_height(&anomaly), 5, 1e-12,
			  "what only its context gives away is as high as above that");
	anomaly.peak_z = 6;
	is_double(heal_anomaly_height(&anomaly), 6, 1e-12,
			  "unless it is higher above the middle");
	anomaly = (HealAnomaly){.metric = HEAL_METRIC_CACHE_HIT_RATIO,
							.peak_value = 0.9,
							.peak_z = -1,
							.location = 0.8,
							.spread = 0.02,
							.expected = 0.99};
	is_double(heal_anomaly_height(&anomaly), 4.5, 1e-12,
			  "where low is bad, below what was expected");
	anomaly = (HealAnomaly){.metric = HEAL_METRIC_LOAD,
							.peak_value = 102,
							.peak_z = 0.2,
							.location = 100,
							.spread = 10,
							.expected = 100};
	is_double(heal_anomaly_height(&anomaly), HEAL_LEAST_HEIGHT, 0,
			  "a drift that is not far out has some height as well");
}

int
main(void)
{
	HealAnomaly small = {.metric = HEAL_METRIC_CPU_USED,
						 .peak_value = 0.9712,
						 .peak_z = 8.12,
						 .location = 0.3141,
						 .spread = 0.0809};
	HealAnomaly large = {.metric = HEAL_METRIC_DATA_FREE,
						 .peak_value = 5e11,
						 .peak_z = 10,
						 .location = 1e12,
						 .spread = 5e10};
	char text[256];

	heal_anomaly_describe(&small, text, sizeof(text));
	is_string(text, "cpu_used = 0.971 (z-score 8.1, baseline 0.314 +- 0.0809)",
			  "small numbers have three digits");
	heal_anomaly_describe(&large, text, sizeof(text));
	is_string(text,
			  "data_disk_free = 500000000000 (z-score 10.0, baseline "
			  "1000000000000 +- 50000000000)",
			  "large ones are written out");
	heal_anomaly_describe(&large, text, 10);
	is_int(strlen(text), 9, "what does not fit is cut");
	is_string(heal_severity_name(HEAL_CRITICAL), "critical",
			  "severities have names");
	is_string(heal_anomaly_method_name(HEAL_BY_STACK), "stack",
			  "and so have the ways they were found");
	is_string(heal_anomaly_method_name(HEAL_BY_PEAK), "peak", "both of them");
	heights();
	return done_testing();
}
