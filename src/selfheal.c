/*
 * selfheal.c
 *		Module load: settings, shared memory, hooks, the engine - nothing else.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"

#include "compat.h"
#include "db/shmem.h"
#include "gate/gate_pg.h"
#include "loop/engine.h"
#include "settings.h"

PG_MODULE_MAGIC;

static shmem_request_hook_type next_shmem_request = NULL;
static shmem_startup_hook_type next_shmem_startup = NULL;

static void
shmem_request(void)
{
	if (next_shmem_request)
		next_shmem_request();
	heal_shmem_request();
}

static void
shmem_startup(void)
{
	if (next_shmem_startup)
		next_shmem_startup();
	heal_shmem_startup();
}

/*
 * Loaded any other way than by the postmaster there is nothing to set up: every function then says
 * so. During pg_upgrade and in single-user mode we are as good as not installed.
 */
void
_PG_init(void)
{
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade ||
		!IsPostmasterEnvironment)
		return;
	heal_settings_define();
	next_shmem_request = shmem_request_hook;
	shmem_request_hook = shmem_request;
	next_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = shmem_startup;
	heal_gate_install();
	heal_engine_register();
}
