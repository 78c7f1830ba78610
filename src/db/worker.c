/*
 * worker.c
 *		Processes that the engine starts, whether they are still there, and how they enter the home database.
 */
#include "postgres.h"

#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "compat.h"
#include "db/worker.h"
#include "settings.h"

bool
heal_worker_launch(const HealWorker *what, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker = {
		.bgw_flags =
			BGWORKER_SHMEM_ACCESS |
			(what->connects ? BGWORKER_BACKEND_DATABASE_CONNECTION : 0),
		.bgw_start_time = what->start,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_notify_pid = what->wakes ? MyProcPid : 0,
		.bgw_main_arg = what->argument,
	};
	MemoryContext context;
	bool started;

	strlcpy(worker.bgw_library_name, "selfheal",
			sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, what->function,
			sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_name, what->name != NULL ? what->name : what->type,
			BGW_MAXLEN);
	strlcpy(worker.bgw_type, what->type, BGW_MAXLEN);
	if (what->extra != NULL)
		strlcpy(worker.bgw_extra, what->extra, BGW_EXTRALEN);
	heal_worker_let_go(handle);
	context = MemoryContextSwitchTo(TopMemoryContext); /* the handle's */
	started = RegisterDynamicBackgroundWorker(&worker, handle);
	MemoryContextSwitchTo(context);
	return started;
}

bool
heal_worker_runs(BackgroundWorkerHandle *handle)
{
	pid_t pid;

	return handle != NULL &&
		   GetBackgroundWorkerPid(handle, &pid) != BGWH_STOPPED;
}

void
heal_worker_let_go(BackgroundWorkerHandle **handle)
{
	if (*handle != NULL)
		pfree(*handle);
	*handle = NULL;
}

void
heal_worker_enter_home(void (*look)(void))
{
	static const struct
	{
		const char *name;
		const char *value;
	} settings[] = {
		{"search_path", "pg_catalog, pg_temp"},
		{"synchronous_commit", "local"},
		{"default_transaction_read_only", "off"},
		{"default_transaction_isolation", "read committed"},
		{"lock_timeout", "1s"},
	};

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(heal_database, NULL, 0);
	if (look != NULL)
		look();
	for (int i = 0; i < lengthof(settings); i++)
		SetConfigOption(settings[i].name, settings[i].value, PGC_SUSET,
						PGC_S_OVERRIDE);
	heal_no_transaction_timeout();
}
