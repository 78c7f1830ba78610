/*
 * parameter.c
 *		The settings that selfheal may change, and within which bounds.
 *
 * A list of what is allowed, as a list of what is forbidden would miss what the next server version or
 * the next extension brings. Everything here takes effect by a reload or in new sessions, and none of it
 * touches durability, archiving, recovery, replication, access or code loading. What could switch a
 * protection off may only be switched on. The bounds are wide: they are not advice, but what no healthy
 * server needs to leave.
 *
 * The acting role is granted ALTER SYSTEM on exactly those that have HEAL_AT_SERVER, so that the server
 * itself refuses the others.
 */
#include <string.h>

#include "recover/parameter.h"

#define BOTH (HEAL_AT_SERVER | HEAL_AT_SESSION)
#define SERVER HEAL_AT_SERVER
#define SERVER_AND_TABLE (HEAL_AT_SERVER | HEAL_AT_TABLE)
#define TABLE HEAL_AT_TABLE

#define SWITCH "on off"
#define HOUR_MS 3600000
#define DAY_MS (24.0 * HOUR_MS)

const HealParameter heal_parameters[] = {
	/* memory, in kB */
	{"work_mem", BOTH, 64, 2097152, NULL, "sorts and hashes that spill"},
	{"hash_mem_multiplier", BOTH, 1, 16, NULL, "hashes that spill"},
	{"maintenance_work_mem", BOTH, 1024, 8388608, NULL,
	 "slow vacuum and index builds"},
	{"autovacuum_work_mem", SERVER, -1, 8388608, NULL, "slow autovacuum"},
	{"temp_file_limit", BOTH, -1, 1073741824, NULL,
	 "temporary files that fill a disk"},

	/* how the planner chooses; effective_cache_size in 8 kB */
	{"effective_cache_size", BOTH, 1024, 1073741824, NULL, "bad plans"},
	{"random_page_cost", BOTH, 0.1, 100, NULL, "bad plans"},
	{"seq_page_cost", BOTH, 0.1, 100, NULL, "bad plans"},
	{"cpu_tuple_cost", BOTH, 0.0001, 10, NULL, "bad plans"},
	{"cpu_index_tuple_cost", BOTH, 0.0001, 10, NULL, "bad plans"},
	{"cpu_operator_cost", BOTH, 0.0001, 10, NULL, "bad plans"},
	{"parallel_setup_cost", BOTH, 0, 1000000, NULL, "bad plans"},
	{"parallel_tuple_cost", BOTH, 0, 1000, NULL, "bad plans"},
	{"default_statistics_target", BOTH, 1, 10000, NULL, "bad estimates"},
	{"from_collapse_limit", BOTH, 1, 20, NULL, "long planning"},
	{"join_collapse_limit", BOTH, 1, 20, NULL, "long planning"},
	{"plan_cache_mode", BOTH, 0, 0, "auto force_generic_plan force_custom_plan",
	 "a bad generic plan"},
	{"jit", BOTH, 0, 0, SWITCH, "compiling that costs more than it saves"},
	{"jit_above_cost", BOTH, -1, 1e12, NULL,
	 "compiling that costs more than it saves"},
	{"enable_bitmapscan", BOTH, 0, 0, SWITCH, "a planner switch left off"},
	{"enable_hashagg", BOTH, 0, 0, SWITCH, "a planner switch left off"},
	{"enable_hashjoin", BOTH, 0, 0, SWITCH, "a planner switch left off"},
	{"enable_incremental_sort", BOTH, 0, 0, SWITCH,
	 "a planner switch left off"},
	{"enable_indexonlyscan", BOTH, 0, 0, SWITCH, "a planner switch left off"},
	{"enable_indexscan", BOTH, 0, 0, SWITCH, "a planner switch left off"},
	{"enable_material", BOTH, 0, 0, SWITCH, "a planner switch left off"},
	{"enable_memoize", BOTH, 0, 0, SWITCH, "a planner switch left off"},
	{"enable_mergejoin", BOTH, 0, 0, SWITCH, "a planner switch left off"},
	{"enable_nestloop", BOTH, 0, 0, SWITCH, "a planner switch left off"},
	{"enable_partition_pruning", BOTH, 0, 0, SWITCH,
	 "a planner switch left off"},
	{"enable_seqscan", BOTH, 0, 0, SWITCH, "a planner switch left off"},
	{"enable_sort", BOTH, 0, 0, SWITCH, "a planner switch left off"},

	/* workers and reading ahead */
	{"max_parallel_workers", BOTH, 0, 1024, NULL, "too many or few workers"},
	{"max_parallel_workers_per_gather", BOTH, 0, 64, NULL,
	 "too many or few workers"},
	{"max_parallel_maintenance_workers", BOTH, 0, 64, NULL,
	 "too many or few workers"},
	{"effective_io_concurrency", BOTH, 0, 1000, NULL, "slow reading"},
	{"maintenance_io_concurrency", BOTH, 0, 1000, NULL, "slow reading"},

	/* time limits, in ms; 0 = none */
	{"statement_timeout", BOTH, 0, DAY_MS, NULL, "statements that never end"},
	{"lock_timeout", BOTH, 0, DAY_MS, NULL, "queues behind locks"},
	{"idle_in_transaction_session_timeout", BOTH, 0, DAY_MS, NULL,
	 "sessions that hold locks and do nothing"},
	{"idle_session_timeout", BOTH, 0, DAY_MS, NULL,
	 "connections that nobody uses"},
	{"transaction_timeout", BOTH, 0, DAY_MS, NULL,
	 "transactions that never end"},
	{"deadlock_timeout", BOTH, 10, 60000, NULL, "deadlocks found late"},
	{"default_transaction_read_only", BOTH, 0, 0, SWITCH,
	 "a database that accepts no writes"},

	/* checkpoints and WAL; sizes in MB */
	{"max_wal_size", SERVER, 32, 1048576, NULL, "checkpoints too often"},
	{"min_wal_size", SERVER, 32, 1048576, NULL, "WAL files made anew"},
	{"checkpoint_timeout", SERVER, 30, 3600, NULL, "checkpoints too often"},
	{"checkpoint_completion_target", SERVER, 0.1, 1, NULL, "bursts of writing"},
	{"wal_compression", BOTH, 0, 0, "on off pglz lz4 zstd", "too much WAL"},
	{"max_slot_wal_keep_size", SERVER, -1, 16777216, NULL,
	 "WAL kept for a slot that nobody reads"},
	{"bgwriter_delay", SERVER, 10, 10000, NULL, "sessions that write pages"},
	{"bgwriter_lru_maxpages", SERVER, 0, 10000, NULL,
	 "sessions that write pages"},
	{"bgwriter_lru_multiplier", SERVER, 0, 10, NULL,
	 "sessions that write pages"},

	/* autovacuum; never off, and nothing about freezing */
	{"autovacuum", SERVER, 0, 0, "on", "autovacuum left off"},
	{"autovacuum_enabled", TABLE, 0, 0, "on", "autovacuum left off"},
	{"autovacuum_naptime", SERVER, 1, 3600, NULL, "vacuum too seldom"},
	{"autovacuum_vacuum_threshold", SERVER_AND_TABLE, 0, 10000000, NULL,
	 "vacuum too seldom"},
	{"autovacuum_vacuum_scale_factor", SERVER_AND_TABLE, 0, 1, NULL,
	 "vacuum too seldom"},
	{"autovacuum_vacuum_insert_threshold", SERVER_AND_TABLE, -1, 100000000,
	 NULL, "vacuum too seldom"},
	{"autovacuum_vacuum_insert_scale_factor", SERVER_AND_TABLE, 0, 1, NULL,
	 "vacuum too seldom"},
	{"autovacuum_analyze_threshold", SERVER_AND_TABLE, 0, 10000000, NULL,
	 "stale statistics"},
	{"autovacuum_analyze_scale_factor", SERVER_AND_TABLE, 0, 1, NULL,
	 "stale statistics"},
	{"autovacuum_vacuum_cost_delay", SERVER_AND_TABLE, -1, 100, NULL,
	 "slow autovacuum"},
	{"autovacuum_vacuum_cost_limit", SERVER_AND_TABLE, -1, 10000, NULL,
	 "slow autovacuum"},
	{"vacuum_cost_delay", BOTH, 0, 100, NULL, "slow vacuum"},
	{"vacuum_cost_limit", BOTH, 1, 10000, NULL, "slow vacuum"},

	/* what is counted and logged */
	{"track_counts", SERVER, 0, 0, "on", "autovacuum that sees nothing"},
	{"track_activities", SERVER, 0, 0, "on", "sessions that cannot be seen"},
	{"track_io_timing", BOTH, 0, 0, SWITCH, "what is measured of reading"},
	{"log_lock_waits", BOTH, 0, 0, SWITCH, "a log too full or too empty"},
	{"log_temp_files", BOTH, -1, 2147483647, NULL,
	 "a log too full or too empty"},
	{"log_autovacuum_min_duration", SERVER_AND_TABLE, -1, 2147483647, NULL,
	 "a log too full or too empty"},

	/* of tables only */
	{"fillfactor", TABLE, 10, 100, NULL, "updates that touch every index"},
	{"parallel_workers", TABLE, 0, 64, NULL, "too many or few workers"},
	{"toast_tuple_target", TABLE, 128, 32768, NULL, "rows stored badly"},
};

const int heal_parameter_count = heal_lengthof(heal_parameters);

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* length characters of a against the whole of b, whatever their case. */
static bool
same_word(const char *a, size_t length, const char *b)
{
	if (strlen(b) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

const HealParameter *
heal_parameter_find(const char *name, HealParameterPlace place)
{
	if (place == HEAL_AT_TABLE && strncmp(name, "toast.", 6) == 0)
		name += 6;
	for (int i = 0; i < heal_parameter_count; i++)
		if ((heal_parameters[i].places & place) != 0 &&
			same_word(name, strlen(name), heal_parameters[i].name))
			return &heal_parameters[i];
	return NULL;
}

bool
heal_parameter_allows_number(const HealParameter *parameter, double value)
{
	/* written so that what is not a number is refused */
	return parameter->choices == NULL && value >= parameter->minimum &&
		   value <= parameter->maximum;
}

const char *
heal_parameter_switch(const char *word)
{
	static const char *const on[] = {"on", "true", "yes", "1"};
	static const char *const off[] = {"off", "false", "no", "0"};

	for (size_t i = 0; i < heal_lengthof(on); i++)
	{
		if (same_word(word, strlen(word), on[i]))
			return "on";
		if (same_word(word, strlen(word), off[i]))
			return "off";
	}
	return word;
}

bool
heal_parameter_allows_word(const HealParameter *parameter, const char *word)
{
	const char *choice = parameter->choices;

	if (choice == NULL || word[0] == '\0')
		return false;
	word = heal_parameter_switch(word);
	while (*choice != '\0')
	{
		size_t length = strcspn(choice, " ");

		if (same_word(choice, length, word))
			return true;
		choice += length;
		choice += strspn(choice, " ");
	}
	return false;
}

static bool
contains(const char *name, const char *part)
{
	size_t length = strlen(part);

	for (; strlen(name) >= length; name++)
		if (same_word(name, length, part))
			return true;
	return false;
}

bool
heal_parameter_may_be_secret(const char *name)
{
	static const char *const parts[] = {
		"passw",	"passphrase", "secret",	  "token",	 "credential",
		"conninfo", "private",	  "_command", "api_key", "apikey",
	};
	size_t length = strlen(name);

	for (size_t i = 0; i < heal_lengthof(parts); i++)
		if (contains(name, parts[i]))
			return true;
	/* "key" as a word: not every name with those letters, as wal_keep_size */
	return (length >= 3 && same_word(name + length - 3, 3, "key")) ||
		   contains(name, "key_") || contains(name, ".key");
}
