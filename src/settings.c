/*
 * settings.c
 *		Every setting of selfheal.
 *
 * Most are rows in the tables below: name, variable, bounds, unit and one sentence. The default is
 * what the variable starts with, so the two cannot differ.
 *
 * Seven are filled in by a preset unless somebody chose a value. The server tells a check hook where
 * a value comes from, and only there; the hook notes "chosen" in the value's extra data, which the
 * server carries along through reload and reset to the assign hook. Refused: writing the preset's
 * values into those settings from an assign hook of selfheal.preset, because a reload that
 * removes a line from postgresql.conf then falls back to the built-in default and not to the
 * preset; and a magic value for "not chosen", which SHOW would display instead of what is used.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "compat.h"
#include "decide/protect.h"
#include "detect/patience.h"
#include "recover/remedy.h"
#include "recover/stage.h"
#include "settings.h"

bool heal_enabled = true;
char *heal_database = NULL; /* the server puts the default in */
int heal_autonomy = HEAL_APPROVE;
int heal_preset = HEAL_BALANCED;
int heal_sample_interval = 1000;
int heal_concurrent_recoveries = 2;
double heal_min_confidence = 0.7;
double heal_cpu_budget = 0.01;
int heal_proposal_expiry = 600;
int heal_cooldown = 300;
int heal_max_acts_10min = 6;
int heal_max_acts_hour = 20;
int heal_max_acts_day = 100;
int heal_scale_give_back = 3600;
int heal_breaker_failures = 3;
int heal_idle_blocker_patience = 5000;
int heal_active_blocker_patience = 60000;
int heal_connection_slots_patience = 10000;
double heal_connection_slots_threshold = 0.9;
int heal_idle_session_age = 300;
int heal_runaway_statement_age = 3600;
char *heal_failure_patience_list = NULL; /* likewise */
char *heal_granted_remedies = NULL;
int heal_slot_wal_limit = 0;
char *heal_protected_slots = NULL;	  /* likewise */
char *heal_protected_sessions = NULL; /* the server puts the default in */
bool heal_four_eyes = false;
int heal_history_retention = 604800;
int heal_ring_save_interval = 60;
int heal_minute_retention = 604800;
int heal_hour_retention = 7776000;
int heal_scan_interval = 300;
int heal_scan_budget = 2000;
int heal_log_level = HEAL_LOG_INFO;
bool heal_gate = true;
int heal_throttle_max_wait = 2000;
int heal_hold_stage = HEAL_HOLD_NONE;
bool heal_enable_predictive = true;
int heal_causal_learning_interval = 600;
bool heal_rollback_enabled = true;
bool heal_rollback_verify = true;
int heal_rollback_max_attempts = 3;
int heal_rollback_timeout = 30;
int heal_snapshot_retention = 3600;
int heal_health_check_timeout = 3000;

/* Of the guide, for parts that this version does not have: nothing reads them yet. */
static bool rl_learning_enabled = true;
static double rl_learning_rate = 0.001;
static bool sandbox_enabled = true;
static int max_sandboxes = 5;

/* value is the server's: the default, or what was chosen. filling is [HealPreset]. */
typedef struct FilledInt
{
	int value;
	int filling[HEAL_PRESETS];
	bool chosen;
} FilledInt;

typedef struct FilledReal
{
	double value;
	double filling[HEAL_PRESETS];
	bool chosen;
} FilledReal;

/* by selfheal.preset */
static FilledInt monitoring_interval = {10, {5, 10, 20}};
static FilledReal anomaly_threshold = {3.0, {2.5, 3.0, 3.5}};
static FilledInt health_check_interval = {10000, {5000, 10000, 20000}};
static FilledInt recovery_policy = {
	HEAL_BALANCED, {HEAL_AGGRESSIVE, HEAL_BALANCED, HEAL_CONSERVATIVE}};

/* by selfheal.recovery_policy */
static FilledInt max_retries = {3, {5, 3, 2}};
static FilledInt retry_delay = {2, {1, 2, 5}};
static FilledInt recovery_timeout = {60, {30, 60, 120}};

typedef struct BoolSetting
{
	const char *name;
	bool *variable;
	const char *meaning;
} BoolSetting;

typedef struct IntSetting
{
	const char *name;
	int *variable;
	int minimum, maximum;
	int unit;
	const char *meaning;
} IntSetting;

typedef struct RealSetting
{
	const char *name;
	double *variable;
	double minimum, maximum;
	const char *meaning;
} RealSetting;

typedef struct EnumSetting
{
	const char *name;
	int *variable;
	const struct config_enum_entry *choices;
	const char *meaning;
} EnumSetting;

static const BoolSetting bools[] = {
	{"selfheal.enabled", &heal_enabled,
	 "Master switch: when off, the engine neither watches nor acts."},
	{"selfheal.four_eyes", &heal_four_eyes,
	 "A recovery asked for by hand needs the approval of somebody else."},
	{"selfheal.gate", &heal_gate,
	 "Count what passes through the server's hooks: durations of statements, "
	 "errors, logins and schema changes; and apply throttles."},
	{"selfheal.rollback_enabled", &heal_rollback_enabled,
	 "Undo a remedy that did not help, where it can be undone, and allow what "
	 "was changed to be put back as a snapshot has it."},
	{"selfheal.rollback_verify", &heal_rollback_verify,
	 "After a rollback, check that what was put back really is in effect."},
	{"selfheal.rl_learning_enabled", &rl_learning_enabled,
	 "Learn from outcomes which remedy to prefer; takes effect with the "
	 "learner, which this version does not have yet."},
	{"selfheal.sandbox_enabled", &sandbox_enabled,
	 "Rehearse a remedy before it is used; takes effect with the sandbox, "
	 "which this version does not have yet."},
	{"selfheal.enable_predictive", &heal_enable_predictive,
	 "Let a prediction prove a failure before it happens, where a remedy for "
	 "that is harmless; predictions are made and shown in any case."},
};

static const IntSetting integers[] = {
	{"selfheal.sample_interval", &heal_sample_interval, 10, 60000, GUC_UNIT_MS,
	 "Time between two samples of the server."},
	{"selfheal.concurrent_recoveries", &heal_concurrent_recoveries, 1, 8, 0,
	 "Recoveries that may run at the same time."},
	{"selfheal.proposal_expiry", &heal_proposal_expiry, 1, 86400, GUC_UNIT_S,
	 "Time after which a proposal nobody answered expires."},
	{"selfheal.cooldown", &heal_cooldown, 0, 86400, GUC_UNIT_S,
	 "Time after an act done unasked during which the same remedy for the "
	 "same failure needs a human."},
	{"selfheal.scale_give_back", &heal_scale_give_back, 0, 604800, GUC_UNIT_S,
	 "Time without need after which a setting that was raised is given back; "
	 "0 leaves that to a human."},
	{"selfheal.max_acts_10min", &heal_max_acts_10min, 0, 255, 0,
	 "Acts in any 10 minutes after which every further one needs a human."},
	{"selfheal.max_acts_hour", &heal_max_acts_hour, 0, 255, 0,
	 "Acts in any hour after which every further one needs a human."},
	{"selfheal.max_acts_day", &heal_max_acts_day, 0, 255, 0,
	 "Acts in any 24 hours after which every further one needs a human."},
	{"selfheal.breaker_failures", &heal_breaker_failures, 1, 100, 0,
	 "Failures of a remedy in a row after which it needs a human."},
	{"selfheal.idle_blocker_patience", &heal_idle_blocker_patience, 0, 3600000,
	 GUC_UNIT_MS,
	 "Time sessions must have waited behind an idle transaction before "
	 "anything is done; shorter when many wait."},
	{"selfheal.active_blocker_patience", &heal_active_blocker_patience, 0,
	 3600000, GUC_UNIT_MS,
	 "Time sessions must have waited behind a running statement before "
	 "anything is done."},
	{"selfheal.connection_slots_patience", &heal_connection_slots_patience, 0,
	 3600000, GUC_UNIT_MS,
	 "Time connection slots must have been nearly exhausted before anything "
	 "is done."},
	{"selfheal.idle_session_age", &heal_idle_session_age, 0, 86400, GUC_UNIT_S,
	 "Time a session must have been idle before it may be ended to free its "
	 "connection slot."},
	{"selfheal.runaway_statement_age", &heal_runaway_statement_age, 0, 604800,
	 GUC_UNIT_S,
	 "Time a statement must have run before it may be held responsible for a "
	 "CPU that is used up; 0 = none ever is."},
	{"selfheal.slot_wal_limit", &heal_slot_wal_limit, 0, INT_MAX, GUC_UNIT_MB,
	 "WAL that an inactive replication slot may keep however much room there "
	 "is; 0 = what its volume bears."},
	{"selfheal.history_retention", &heal_history_retention, 1, INT_MAX,
	 GUC_UNIT_S, "Time that history is kept."},
	{"selfheal.minute_retention", &heal_minute_retention, 7200, INT_MAX,
	 GUC_UNIT_S, "Time that metrics are kept minute by minute."},
	{"selfheal.hour_retention", &heal_hour_retention, 86400, INT_MAX,
	 GUC_UNIT_S, "Time that metrics are kept hour by hour."},
	{"selfheal.ring_save_interval", &heal_ring_save_interval, 0, 3600,
	 GUC_UNIT_S,
	 "Time between two saves of the samples in memory, which a crash goes back "
	 "to; 0 keeps nothing over a restart."},
	{"selfheal.scan_interval", &heal_scan_interval, 0, 86400, GUC_UNIT_S,
	 "Time between two scans of the catalogs of a database; 0 = none."},
	/* with the last batch still below the 5 s that DROP DATABASE waits */
	{"selfheal.scan_budget", &heal_scan_budget, 10, 3000, GUC_UNIT_MS,
	 "Longest time that the scanner stays in a database; then it goes on "
	 "where it stopped when it comes back."},
	/* a waiting statement keeps a snapshot and its tables from being changed */
	{"selfheal.causal_learning_interval", &heal_causal_learning_interval, 0,
	 86400, GUC_UNIT_S,
	 "Time between two lessons about causes, when there are new incidents; 0 "
	 "leaves it to selfheal.learn_causes()."},
	{"selfheal.throttle_max_wait", &heal_throttle_max_wait, 0, 5000,
	 GUC_UNIT_MS,
	 "Longest time that a throttle holds up a statement; then it goes on, or is "
	 "refused if the throttle says so."},
	{"selfheal.rollback_max_attempts", &heal_rollback_max_attempts, 1, 100, 0,
	 "Times that a rollback tries what fails, such as a table that is locked."},
	{"selfheal.rollback_timeout", &heal_rollback_timeout, 1, 3600, GUC_UNIT_S,
	 "Time limit of one rollback, all its attempts together."},
	{"selfheal.snapshot_retention", &heal_snapshot_retention, 1, INT_MAX,
	 GUC_UNIT_S, "Time that a snapshot is kept to roll back to."},
	/* with its default below the 5 s that DROP DATABASE waits for those who are in the database */
	{"selfheal.health_check_timeout", &heal_health_check_timeout, 100, 60000,
	 GUC_UNIT_MS,
	 "Time within which the probe's write must be flushed and read back; "
	 "otherwise it has failed."},
	{"selfheal.max_sandboxes", &max_sandboxes, 1, 64, 0,
	 "Sandboxes that may exist at the same time; takes effect with the "
	 "sandbox, which this version does not have yet."},
};

static const RealSetting reals[] = {
	{"selfheal.cpu_budget", &heal_cpu_budget, 0.00001, 1.0,
	 "Share of one processor core the engine may use over a minute; beyond it "
	 "samples are taken less often, up to 16 times."},
	{"selfheal.min_confidence", &heal_min_confidence, 0.0, 1.0,
	 "Confidence below which an anomaly is not reported."},
	{"selfheal.connection_slots_threshold", &heal_connection_slots_threshold,
	 0.5, 1.0,
	 "Share of the connection slots in use that counts as nearly exhausted."},
	{"selfheal.rl_learning_rate", &rl_learning_rate, 0.0, 1.0,
	 "Step size of the learner; takes effect with the learner, which this "
	 "version does not have yet."},
};

static const struct config_enum_entry autonomy_choices[] = {
	{"observe", HEAL_OBSERVE, false},
	{"approve", HEAL_APPROVE, false},
	{"limited", HEAL_LIMITED, false},
	{"full", HEAL_FULL, false},
	{NULL, 0, false},
};

static const struct config_enum_entry preset_choices[] = {
	{"aggressive", HEAL_AGGRESSIVE, false},
	{"balanced", HEAL_BALANCED, false},
	{"conservative", HEAL_CONSERVATIVE, false},
	{NULL, 0, false},
};

static const struct config_enum_entry log_level_choices[] = {
	{"debug", HEAL_LOG_DEBUG, false},
	{"info", HEAL_LOG_INFO, false},
	{"warn", HEAL_LOG_WARN, false},
	{"error", HEAL_LOG_ERROR, false},
	{NULL, 0, false},
};

/* The stages something is begun in, and one moment between two. */
static const struct config_enum_entry hold_stage_choices[] = {
	{"none", HEAL_HOLD_NONE, false},
	{"approved", HEAL_APPROVED, false},
	{"claimed", HEAL_CLAIMED, false},
	{"snapshot", HEAL_SNAPSHOT, false},
	{"executing", HEAL_EXECUTING, false},
	{"acted", HEAL_HOLD_ACTED, false},
	{"executed", HEAL_EXECUTED, false},
	{"verifying", HEAL_VERIFYING, false},
	{"rolling back", HEAL_ROLLING_BACK, false},
	{NULL, 0, false},
};

static const EnumSetting enums[] = {
	{"selfheal.autonomy", &heal_autonomy, autonomy_choices,
	 "What may be done without asking a human."},
	{"selfheal.preset", &heal_preset, preset_choices,
	 "How eager selfheal is; fills in the monitoring interval, the anomaly "
	 "threshold and the recovery policy unless they are set."},
	{"selfheal.log_level", &heal_log_level, log_level_choices,
	 "Least important messages of selfheal that go to the server's log."},
	{"selfheal.hold_stage", &heal_hold_stage, hold_stage_choices,
	 "Stage in which recoveries are held until this is changed; for tests, and "
	 "for operators who want to look before the next step."},
};

static void define_plain(void);
static void define_texts(void);
static void define_filled(void);
static int by_policy(const FilledInt *setting);

void
heal_settings_define(void)
{
	define_plain();
	define_texts();
	define_filled();
	MarkGUCPrefixReserved("selfheal");
}

int
heal_monitoring_interval(void)
{
	return monitoring_interval.chosen
			   ? monitoring_interval.value
			   : monitoring_interval.filling[heal_preset];
}

int
heal_health_check_interval(void)
{
	return health_check_interval.chosen
			   ? health_check_interval.value
			   : health_check_interval.filling[heal_preset];
}

double
heal_anomaly_threshold(void)
{
	return anomaly_threshold.chosen ? anomaly_threshold.value
									: anomaly_threshold.filling[heal_preset];
}

int
heal_recovery_policy(void)
{
	return recovery_policy.chosen ? recovery_policy.value
								  : recovery_policy.filling[heal_preset];
}

int
heal_max_retries(void)
{
	return by_policy(&max_retries);
}

int
heal_retry_delay(void)
{
	return by_policy(&retry_delay);
}

int
heal_recovery_timeout(void)
{
	return by_policy(&recovery_timeout);
}

int
heal_log_at(HealLogLevel importance)
{
	if ((int) importance < heal_log_level)
		return DEBUG1;
	return importance >= HEAL_LOG_WARN ? WARNING : LOG;
}

static int
by_policy(const FilledInt *setting)
{
	return setting->chosen ? setting->value
						   : setting->filling[heal_recovery_policy()];
}

static void
define_plain(void)
{
	for (size_t i = 0; i < lengthof(bools); i++)
		DefineCustomBoolVariable(bools[i].name, bools[i].meaning, NULL,
								 bools[i].variable, *bools[i].variable,
								 PGC_SIGHUP, 0, NULL, NULL, NULL);
	for (size_t i = 0; i < lengthof(integers); i++)
		DefineCustomIntVariable(integers[i].name, integers[i].meaning, NULL,
								integers[i].variable, *integers[i].variable,
								integers[i].minimum, integers[i].maximum,
								PGC_SIGHUP, integers[i].unit, NULL, NULL, NULL);
	for (size_t i = 0; i < lengthof(reals); i++)
		DefineCustomRealVariable(reals[i].name, reals[i].meaning, NULL,
								 reals[i].variable, *reals[i].variable,
								 reals[i].minimum, reals[i].maximum, PGC_SIGHUP,
								 0, NULL, NULL, NULL);
	for (size_t i = 0; i < lengthof(enums); i++)
		DefineCustomEnumVariable(enums[i].name, enums[i].meaning, NULL,
								 enums[i].variable, *enums[i].variable,
								 enums[i].choices, PGC_SIGHUP, 0, NULL, NULL,
								 NULL);
}

static bool
check_protected_sessions(char **value, void **extra, GucSource source)
{
	char error[256];

	if (heal_protect_list_valid(*value, error, sizeof(error)))
		return true;
	GUC_check_errdetail("%s", error);
	return false;
}

static bool
check_failure_patience(char **value, void **extra, GucSource source)
{
	HealTime patience[HEAL_FAILURE_KINDS];
	char error[256];

	if (heal_patience_read(*value, patience, error, sizeof(error)))
		return true;
	GUC_check_errdetail("%s", error);
	return false;
}

static bool
check_granted_remedies(char **value, void **extra, GucSource source)
{
	char unknown[HEAL_NAME_SIZE];

	if (!heal_remedy_list_unknown(*value, unknown, sizeof(unknown)))
		return true;
	GUC_check_errdetail("There is no remedy \"%s\".", unknown);
	GUC_check_errhint("selfheal.remedies lists them.");
	return false;
}

static void
define_texts(void)
{
	DefineCustomStringVariable(
		"selfheal.granted_remedies",
		"Remedies whose acts cannot be taken back and that may be used without "
		"asking all the same, separated by commas.",
		NULL, &heal_granted_remedies, "", PGC_SIGHUP, GUC_LIST_INPUT,
		check_granted_remedies, NULL, NULL);
	DefineCustomStringVariable(
		"selfheal.failure_patience",
		"How long failures must hold before anything is done, where it is not "
		"the time of selfheal.failure_types: NAME=TIME, separated by commas.",
		NULL, &heal_failure_patience_list, "", PGC_SIGHUP, 0,
		check_failure_patience, NULL, NULL);
	DefineCustomStringVariable(
		"selfheal.database",
		"Database that holds the extension and its history.", NULL,
		&heal_database, "postgres", PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomStringVariable(
		"selfheal.protected_slots",
		"Replication slots that must never be bounded or dropped, by name, * "
		"for any ending, separated by commas.",
		NULL, &heal_protected_slots, "", PGC_SIGHUP, GUC_LIST_INPUT,
		check_protected_sessions, NULL, NULL);
	DefineCustomStringVariable(
		"selfheal.protected_sessions",
		"Sessions that must never be touched besides those that never are: "
		"role:NAME, application:NAME or database:NAME, * for any ending.",
		NULL, &heal_protected_sessions, "", PGC_SIGHUP, GUC_LIST_INPUT,
		check_protected_sessions, NULL, NULL);
}

/* Extra data of a filled setting's value: did somebody choose it? */
static bool
note_chosen(void **extra, GucSource source)
{
	bool *chosen = guc_malloc(LOG, sizeof(bool));

	if (chosen == NULL)
		return false;
	*chosen = source > PGC_S_DYNAMIC_DEFAULT;
	*extra = chosen;
	return true;
}

static bool
check_filled_int(int *value, void **extra, GucSource source)
{
	return note_chosen(extra, source);
}

static bool
check_filled_real(double *value, void **extra, GucSource source)
{
	return note_chosen(extra, source);
}

/*
 * Hooks know neither the setting they are called for nor whether units are
 * wanted: so one pair for each, and no unit in SHOW.
 */
#define FILLED_HOOKS(setting, type, format, value_in_use)   \
	static void assign_##setting(type value, void *extra)   \
	{                                                       \
		setting.chosen = *(bool *) extra;                   \
	}                                                       \
	static const char *show_##setting(void)                 \
	{                                                       \
		static char text[32];                               \
		snprintf(text, sizeof(text), format, value_in_use); \
		return text;                                        \
	}

FILLED_HOOKS(monitoring_interval, int, "%d", heal_monitoring_interval())
FILLED_HOOKS(health_check_interval, int, "%d", heal_health_check_interval())
FILLED_HOOKS(anomaly_threshold, double, "%g", heal_anomaly_threshold())
FILLED_HOOKS(recovery_policy, int, "%s",
			 preset_choices[heal_recovery_policy()].name)
FILLED_HOOKS(max_retries, int, "%d", heal_max_retries())
FILLED_HOOKS(retry_delay, int, "%d", heal_retry_delay())
FILLED_HOOKS(recovery_timeout, int, "%d", heal_recovery_timeout())

#define DEFINE_FILLED_INT(setting, minimum, maximum, unit, meaning)          \
	DefineCustomIntVariable("selfheal." #setting, meaning, NULL,             \
							&setting.value, setting.value, minimum, maximum, \
							PGC_SIGHUP, unit, check_filled_int,              \
							assign_##setting, show_##setting)

static void
define_filled(void)
{
	DEFINE_FILLED_INT(
		monitoring_interval, 1, 3600, GUC_UNIT_S,
		"Time between two judgements of what is not urgent; urgent failures "
		"are judged at every sample.");
	DEFINE_FILLED_INT(
		health_check_interval, 500, 3600000, GUC_UNIT_MS,
		"Time between two probes that prove that the home database can be "
		"written and read.");
	DefineCustomRealVariable(
		"selfheal.anomaly_threshold",
		"Standard deviations from normal that count as abnormal; for the "
		"server's own metrics, a scale of how rare false alarms are.",
		NULL, &anomaly_threshold.value, anomaly_threshold.value, 1.0, 100.0,
		PGC_SIGHUP, 0, check_filled_real, assign_anomaly_threshold,
		show_anomaly_threshold);
	DefineCustomEnumVariable(
		"selfheal.recovery_policy",
		"How persistent a recovery is; fills in retries, their delay and the "
		"time limit unless they are set.",
		NULL, &recovery_policy.value, recovery_policy.value, preset_choices,
		PGC_SIGHUP, 0, check_filled_int, assign_recovery_policy,
		show_recovery_policy);
	DEFINE_FILLED_INT(max_retries, 0, HEAL_MOST_RETRIES, 0,
					  "Attempts of a recovery after the first.");
	DEFINE_FILLED_INT(
		retry_delay, 0, 3600, GUC_UNIT_S,
		"Time before the second attempt of a recovery; doubled for "
		"each further one, and a little more or less by lot.");
	DEFINE_FILLED_INT(recovery_timeout, 1, HEAL_MOST_TIMEOUT, GUC_UNIT_S,
					  "Time limit of one recovery, all its attempts together.");
}
