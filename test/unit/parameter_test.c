/*
 * parameter_test.c
 *		What may be changed, within which bounds, and what may be a secret.
 */
#include "recover/parameter.h"

#include "tap.h"

static bool
allows_number(const char *name, HealParameterPlace place, double value)
{
	const HealParameter *parameter = heal_parameter_find(name, place);

	return parameter != NULL && heal_parameter_allows_number(parameter, value);
}

static bool
allows_word(const char *name, HealParameterPlace place, const char *word)
{
	const HealParameter *parameter = heal_parameter_find(name, place);

	return parameter != NULL && heal_parameter_allows_word(parameter, word);
}

static void
test_rows(void)
{
	int bad = 0;
	int twice = 0;

	for (int i = 0; i < heal_parameter_count; i++)
	{
		const HealParameter *parameter = &heal_parameters[i];

		if (parameter->places == 0 || parameter->why == NULL ||
			(parameter->choices == NULL &&
			 parameter->minimum >= parameter->maximum) ||
			(parameter->choices != NULL && parameter->maximum != 0))
		{
			diag("%s is not a complete row", parameter->name);
			bad++;
		}
		for (int j = 0; j < i; j++)
			twice += strcmp(heal_parameters[j].name, parameter->name) == 0;
	}
	is_int(bad, 0, "every row says where, within what, and why");
	is_int(twice, 0, "no parameter is there twice");
}

/* RAILS: never touched, one name of each group at least. */
static void
test_never_touched(void)
{
	static const char *const never[] = {
		"fsync",
		"full_page_writes",
		"synchronous_commit",
		"data_sync_retry",
		"wal_log_hints",
		"ignore_checksum_failure",
		"zero_damaged_pages",
		"archive_mode",
		"archive_command",
		"archive_library",
		"restore_command",
		"recovery_target_time",
		"primary_conninfo",
		"primary_slot_name",
		"synchronous_standby_names",
		"wal_level",
		"max_wal_senders",
		"max_replication_slots",
		"hot_standby",
		"max_connections",
		"max_worker_processes",
		"max_prepared_transactions",
		"max_locks_per_transaction",
		"track_commit_timestamp",
		"listen_addresses",
		"port",
		"data_directory",
		"hba_file",
		"ssl",
		"ssl_key_file",
		"password_encryption",
		"unix_socket_directories",
		"log_destination",
		"logging_collector",
		"log_directory",
		"shared_preload_libraries",
		"session_preload_libraries",
		"local_preload_libraries",
		"dynamic_library_path",
		"jit_provider",
		"allow_system_table_mods",
		"allow_alter_system",
		"session_replication_role",
		"row_security",
		"search_path",
		"role",
		"restart_after_crash",
		"exit_on_error",
		"huge_pages",
		"autovacuum_freeze_max_age",
		"autovacuum_multixact_freeze_max_age",
		"vacuum_failsafe_age",
		"vacuum_freeze_min_age",
		"autovacuum_freeze_min_age",
		"selfheal.autonomy",
		"user_catalog_table",
		"security_barrier",
		"",
	};
	int allowed = 0;

	for (size_t i = 0; i < heal_lengthof(never); i++)
		for (int place = HEAL_AT_SERVER; place <= HEAL_AT_TABLE; place *= 2)
			if (heal_parameter_find(never[i], (HealParameterPlace) place))
			{
				diag("%s may be changed", never[i]);
				allowed++;
			}
	is_int(allowed, 0, "what the rails forbid is in no place allowed");
}

static void
test_places(void)
{
	ok(heal_parameter_find("work_mem", HEAL_AT_SERVER), "work_mem: server");
	ok(heal_parameter_find("WORK_MEM", HEAL_AT_SESSION),
	   "a name in capitals is the same name");
	ok(!heal_parameter_find("work_mem", HEAL_AT_TABLE),
	   "work_mem is nothing of a table");
	ok(!heal_parameter_find("max_wal_size", HEAL_AT_SESSION),
	   "max_wal_size is nothing of a role");
	ok(!heal_parameter_find("work_me", HEAL_AT_SERVER) &&
		   !heal_parameter_find("work_mem2", HEAL_AT_SERVER),
	   "a part of a name or more than it is another name");
	ok(heal_parameter_find("toast.autovacuum_vacuum_threshold", HEAL_AT_TABLE),
	   "an option of the TOAST table is one of a table");
	ok(!heal_parameter_find("toast.work_mem", HEAL_AT_TABLE) &&
		   !heal_parameter_find("toast.work_mem", HEAL_AT_SERVER),
	   "but not everything is one that begins so");
}

static void
test_numbers(void)
{
	ok(allows_number("work_mem", HEAL_AT_SERVER, 64) &&
		   allows_number("work_mem", HEAL_AT_SERVER, 2097152),
	   "both bounds are allowed");
	ok(!allows_number("work_mem", HEAL_AT_SERVER, 63) &&
		   !allows_number("work_mem", HEAL_AT_SERVER, 2097153),
	   "what is beyond them is not");
	ok(!allows_number("work_mem", HEAL_AT_SERVER, NAN) &&
		   !allows_number("work_mem", HEAL_AT_SERVER, INFINITY) &&
		   !allows_number("work_mem", HEAL_AT_SERVER, -INFINITY),
	   "nor what is no number");
	ok(!allows_number("jit", HEAL_AT_SERVER, 1), "a switch is not a number");
}

static void
test_words(void)
{
	ok(allows_word("jit", HEAL_AT_SERVER, "on") &&
		   allows_word("jit", HEAL_AT_SERVER, "FALSE") &&
		   allows_word("jit", HEAL_AT_SERVER, "0"),
	   "a switch is understood however it is written");
	ok(!allows_word("jit", HEAL_AT_SERVER, "maybe") &&
		   !allows_word("jit", HEAL_AT_SERVER, "") &&
		   !allows_word("jit", HEAL_AT_SERVER, "on off"),
	   "what is not a choice is refused");
	ok(allows_word("autovacuum", HEAL_AT_SERVER, "true") &&
		   !allows_word("autovacuum", HEAL_AT_SERVER, "off") &&
		   !allows_word("autovacuum", HEAL_AT_SERVER, "no") &&
		   !allows_word("autovacuum_enabled", HEAL_AT_TABLE, "false"),
	   "autovacuum may be switched on and never off");
	ok(allows_word("plan_cache_mode", HEAL_AT_SESSION, "force_custom_plan") &&
		   !allows_word("plan_cache_mode", HEAL_AT_SESSION, "force"),
	   "a choice is a whole word");
	ok(!allows_word("work_mem", HEAL_AT_SERVER, "64"), "a number is no word");
}

static void
test_secrets(void)
{
	static const char *const secret[] = {
		"primary_conninfo",
		"ssl_passphrase_command",
		"archive_command",
		"app.db_password",
		"myext.API_KEY",
		"my.Secret_thing",
		"x.token",
		"pgx.encryption_key",
		"restore_command",
		"ext.private_thing",
		"app.credentials",
		"jwt.key_id",
		"anon.secretmessage",
		"a.PassWd",
	};
	static const char *const open[] = {
		"work_mem",
		"wal_keep_size",
		"shared_buffers",
		"statement_timeout",
		"",
		"autovacuum",
		"max_slot_wal_keep_size",
		"ke",
	};
	int missed = 0;
	int wrong = 0;

	for (size_t i = 0; i < heal_lengthof(secret); i++)
		if (!heal_parameter_may_be_secret(secret[i]))
		{
			diag("%s is not seen", secret[i]);
			missed++;
		}
	for (size_t i = 0; i < heal_lengthof(open); i++)
		wrong += heal_parameter_may_be_secret(open[i]);
	is_int(missed, 0, "what may be a secret is seen by its name");
	is_int(wrong, 0, "what is none is not");
	for (int i = 0; i < heal_parameter_count; i++)
		wrong += heal_parameter_may_be_secret(heal_parameters[i].name);
	is_int(wrong, 0, "nothing that may be changed counts as a secret");
}

int
main(void)
{
	test_rows();
	test_never_touched();
	test_places();
	test_numbers();
	test_words();
	test_secrets();
	return done_testing();
}
