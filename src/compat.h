/*
 * compat.h
 *		Every difference between server versions 15 and 18 that we meet.
 *
 * Each block offers the newest server's name, or one of ours where the newest has
 * none. One block per subject, one line of comment per difference.
 */
#ifndef HEAL_COMPAT_H
#define HEAL_COMPAT_H

#include "postgres.h"

#include <math.h>

#include "pgstat.h"
/* 16 moved the query ids. */
#if PG_VERSION_NUM < 160000
#include "utils/queryjumble.h"
#else
#include "nodes/queryjumble.h"
#endif

/* 16 declares the entry point of a module in fmgr.h. */
#if PG_VERSION_NUM < 160000
extern PGDLLEXPORT void _PG_init(void);
#endif

/* 16 renamed the access to the local copy of all backends' status. */
#if PG_VERSION_NUM < 160000
#define pgstat_get_local_beentry_by_index pgstat_fetch_stat_local_beentry
#endif

/* 16 renamed the slots reserved for superusers, and added those for a role. */
#if PG_VERSION_NUM < 160000
#define SuperuserReservedConnections ReservedBackends
#define ReservedConnections 0
#endif

/* 16 took the prefix off a database's counters, and counts one more conflict. */
#if PG_VERSION_NUM < 160000
#define heal_database_count(entry, name) ((double) (entry)->n_##name)
#define heal_database_read_time(entry) \
	heal_database_count(entry, block_read_time)
#define heal_database_write_time(entry) \
	heal_database_count(entry, block_write_time)
#define heal_database_slot_conflicts(entry) 0.0
#else
#define heal_database_count(entry, name) ((double) (entry)->name)
#define heal_database_read_time(entry) heal_database_count(entry, blk_read_time)
#define heal_database_write_time(entry) \
	heal_database_count(entry, blk_write_time)
#define heal_database_slot_conflicts(entry) \
	heal_database_count(entry, conflict_logicalslot)
#endif

/* 17 put both parts of a virtual transaction id together. */
#if PG_VERSION_NUM < 170000
#define HEAL_PROC_LXID(process) ((process)->lxid)
#define HEAL_PROC_BACKEND(process) ((process)->backendId)
#define HEAL_LOCK_LXID(lock) ((lock)->lxid)
#define HEAL_LOCK_BACKEND(lock) ((lock)->backend)
#else
#define HEAL_PROC_LXID(process) ((process)->vxid.lxid)
#define HEAL_PROC_BACKEND(process) ((process)->vxid.procNumber)
#define HEAL_LOCK_LXID(lock) ((lock)->vxid.localTransactionId)
#define HEAL_LOCK_BACKEND(lock) ((lock)->vxid.procNumber)
#endif

/* 17 renamed the checkpointer's counters. */
#if PG_VERSION_NUM < 170000
#define heal_checkpoints_timed(stats) ((double) (stats)->timed_checkpoints)
#define heal_checkpoints_requested(stats) \
	((double) (stats)->requested_checkpoints)
#define heal_checkpoint_write_time(stats) \
	((double) (stats)->checkpoint_write_time)
#define heal_checkpoint_sync_time(stats) \
	((double) (stats)->checkpoint_sync_time)
#define heal_checkpoint_buffers(stats) \
	((double) (stats)->buf_written_checkpoints)
#else
#define heal_checkpoints_timed(stats) ((double) (stats)->num_timed)
#define heal_checkpoints_requested(stats) ((double) (stats)->num_requested)
#define heal_checkpoint_write_time(stats) ((double) (stats)->write_time)
#define heal_checkpoint_sync_time(stats) ((double) (stats)->sync_time)
#define heal_checkpoint_buffers(stats) ((double) (stats)->buffers_written)
#endif

/* 17 generates the wait classes and spells one differently. */
#if PG_VERSION_NUM < 170000
#define PG_WAIT_BUFFERPIN PG_WAIT_BUFFER_PIN
#endif

/* 16 counts input and output by what kind of process does it. */
#if PG_VERSION_NUM < 160000
#define heal_session_reads() ((double) NAN)
#define heal_session_writes() ((double) NAN)
#define heal_session_extends() ((double) NAN)
#define heal_session_evictions() ((double) NAN)
#else
static inline double
heal_backend_io(IOOp operation)
{
	PgStat_BktypeIO *io = &pgstat_fetch_stat_io()->stats[B_BACKEND];
	double sum = 0;

	for (int context = 0; context < IOCONTEXT_NUM_TYPES; context++)
		sum += io->counts[IOOBJECT_RELATION][context][operation];
	return sum;
}
#define heal_session_reads() heal_backend_io(IOOP_READ)
#define heal_session_writes() heal_backend_io(IOOP_WRITE)
#define heal_session_extends() heal_backend_io(IOOP_EXTEND)
#define heal_session_evictions() heal_backend_io(IOOP_EVICT)
#endif

/* 17 moved what sessions write by themselves to the I/O statistics. */
#if PG_VERSION_NUM < 170000
#define heal_backend_writes() \
	((double) pgstat_fetch_stat_checkpointer()->buf_written_backend)
#define heal_backend_fsyncs() \
	((double) pgstat_fetch_stat_checkpointer()->buf_fsync_backend)
#else
#define heal_backend_writes() heal_backend_io(IOOP_WRITE)
#define heal_backend_fsyncs() heal_backend_io(IOOP_FSYNC)
#endif

/* 18 reserves slots for autovacuum workers beyond those that may run at once. */
#if PG_VERSION_NUM < 180000
#define heal_autovacuum_slots() autovacuum_max_workers
#else
#define heal_autovacuum_slots() autovacuum_worker_slots
#endif

/* 18 put the WAL counters into a struct of their own. */
#if PG_VERSION_NUM < 180000
#define heal_wal_count(stats, name) ((double) (stats)->name)
#else
#define heal_wal_count(stats, name) ((double) (stats)->wal_counters.name)
#endif

/* 16 says why a replication slot was invalidated, 15 only that and where. */
#if PG_VERSION_NUM < 160000
#define heal_slot_is_valid(slot) \
	((slot)->data.invalidated_at == InvalidXLogRecPtr)
#else
#define heal_slot_is_valid(slot) ((slot)->data.invalidated == RS_INVAL_NONE)
#endif

/* 17 knows since when a replication slot is inactive. */
#if PG_VERSION_NUM < 170000
#define heal_slot_inactive_since(slot) ((TimestampTz) 0)
#else
#define heal_slot_inactive_since(slot) ((slot)->inactive_since)
#endif

/* 18 can cap autovacuum's threshold for dead rows. */
#if PG_VERSION_NUM < 180000
#define autovacuum_vac_max_thresh (-1)
#endif

/* 16 has the allocator for extra data of settings, which the server frees. */
#if PG_VERSION_NUM < 160000
static inline void *
guc_malloc(int elevel, size_t size)
{
	void *data = malloc(size);

	if (data == NULL)
		ereport(elevel, errcode(ERRCODE_OUT_OF_MEMORY),
				errmsg("out of memory"));
	return data;
}
#endif

/* 16 asks for rights on every kind of object by one function. */
#if PG_VERSION_NUM < 160000
#define heal_function_right(function, role) \
	pg_proc_aclcheck(function, role, ACL_EXECUTE)
#define heal_schema_right(schema, role) \
	pg_namespace_aclcheck(schema, role, ACL_USAGE)
#define heal_database_right(database, role) \
	pg_database_aclcheck(database, role, ACL_CONNECT)
#else
#define heal_function_right(function, role) \
	object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE)
#define heal_schema_right(schema, role) \
	object_aclcheck(NamespaceRelationId, schema, role, ACL_USAGE)
#define heal_database_right(database, role) \
	object_aclcheck(DatabaseRelationId, database, role, ACL_CONNECT)
#endif

/*
 * 17 can end any process whose transaction lasts too long; ours look after themselves. As a
 * session's own value, which leaves what the server is set to to be seen beneath.
 */
#if PG_VERSION_NUM < 170000
#define heal_no_transaction_timeout() ((void) 0)
#else
#define heal_no_transaction_timeout() \
	SetConfigOption("transaction_timeout", "0", PGC_SUSET, PGC_S_SESSION)
#endif

/* 16 calls what names a file of a relation a locator; 17 has another word for nobody's file. */
#if PG_VERSION_NUM < 160000
#define HealFileLocator RelFileNode
#define heal_shared_file(relation)                  \
	((RelFileNode){.spcNode = GLOBALTABLESPACE_OID, \
				   .dbNode = InvalidOid,            \
				   .relNode = RelationMapOidToFilenode(relation, true)})
#define heal_locator_number(file) ((file).relNode)
#else
#define HealFileLocator RelFileLocator
#define heal_shared_file(relation)                    \
	((RelFileLocator){.spcOid = GLOBALTABLESPACE_OID, \
					  .dbOid = InvalidOid,            \
					  .relNumber =                    \
						  RelationMapOidToFilenumber(relation, true)})
#define heal_locator_number(file) ((file).relNumber)
#endif
#if PG_VERSION_NUM < 170000
#define HEAL_NO_OWNER InvalidBackendId
#else
#define HEAL_NO_OWNER INVALID_PROC_NUMBER
#endif

/* 16 sorts the table of settings when asked for it. */
#if PG_VERSION_NUM < 160000
#define heal_guc_variables(count) \
	(*(count) = GetNumConfigOptions(), get_guc_variables())
#else
#define heal_guc_variables(count) get_guc_variables(count)
#endif

/* 17 numbers processes by a variable of their own. */
#if PG_VERSION_NUM < 170000
#define heal_process_number() (MyProc->pgprocno)
#else
#define heal_process_number() MyProcNumber
#endif

/* 17 numbers status entries as it numbers processes; before, auxiliary processes have other numbers. */
#if PG_VERSION_NUM < 170000
#define heal_status_array() (MyBEEntry - (MyBackendId - 1))
#define heal_status_places() (MaxBackends + NUM_AUXPROCTYPES)
#define heal_status_numbered() MaxBackends
#define heal_status_place(process, number) ((process)->backendId - 1)
#else
#define heal_status_array() (MyBEEntry - MyProcNumber)
#define heal_status_places() (MaxBackends + NUM_AUXILIARY_PROCS)
#define heal_status_numbered() heal_status_places()
#define heal_status_place(process, number) ((int) (number))
#endif

/* 17 put the local id of the transaction into a struct. */
#if PG_VERSION_NUM < 170000
#define heal_local_transaction() (MyProc->lxid)
#else
#define heal_local_transaction() (MyProc->vxid.lxid)
#endif

/* 17 lets extensions name what they wait for; to be asked once per process. */
#if PG_VERSION_NUM < 170000
#define heal_wait_event(name) PG_WAIT_EXTENSION
#else
#define heal_wait_event(name) WaitEventExtensionNew(name)
#endif

/* 16 has lists with types: a process's locks, one by one, and who waits for one. */
#if PG_VERSION_NUM < 160000
#define heal_next_own_lock(list, before)                                      \
	((PROCLOCK *) SHMQueueNext(list, (before) ? &(before)->procLink : (list), \
							   offsetof(PROCLOCK, procLink)))
#define heal_has_own_lock(list) (!SHMQueueEmpty(list))
#else
#define heal_next_own_lock(list, before)                                      \
	((before) == NULL                                                         \
		 ? (dlist_is_empty(list)                                              \
				? NULL                                                        \
				: dlist_head_element(PROCLOCK, procLink, list))               \
		 : (dlist_has_next(list, &(before)->procLink)                         \
				? dlist_container(PROCLOCK, procLink,                         \
								  dlist_next_node(list, &(before)->procLink)) \
				: NULL))
#define heal_has_own_lock(list) (!dlist_is_empty(list))
#endif

/* 18 does not say any more whether an executor is run once only. */
#if PG_VERSION_NUM < 180000
#define HEAL_RUN_PARAMETERS                                      \
	QueryDesc *query, ScanDirection direction, uint64 row_limit, \
		bool execute_once
#define HEAL_RUN_ARGUMENTS query, direction, row_limit, execute_once
#else
#define HEAL_RUN_PARAMETERS \
	QueryDesc *query, ScanDirection direction, uint64 row_limit
#define HEAL_RUN_ARGUMENTS query, direction, row_limit
#endif

/* 18 lost the parameter that says whether a portal is run once only. */
#if PG_VERSION_NUM < 180000
#define heal_portal_run(portal) \
	PortalRun(portal, FETCH_ALL, true, true, None_Receiver, None_Receiver, NULL)
#else
#define heal_portal_run(portal) \
	PortalRun(portal, FETCH_ALL, true, None_Receiver, None_Receiver, NULL)
#endif

#endif
