/*
 * worker.c
 *		Processes that the engine starts, and whether they are still there.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "db/worker.h"

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
