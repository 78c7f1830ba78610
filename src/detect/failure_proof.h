/*
 * failure_proof.h
 *		What the proofs share: one file per failure beside the catalogue.
 */
#ifndef HEAL_FAILURE_PROOF_H
#define HEAL_FAILURE_PROOF_H

#include "detect/failure.h"

#define HEAL_DURATION_SIZE 32

extern int heal_idle_blocker_find(const HealSituation *situation,
								  const HealFailureLimits *limits,
								  HealFinding *findings, int max);
extern int heal_active_blocker_find(const HealSituation *situation,
									const HealFailureLimits *limits,
									HealFinding *findings, int max);
extern int heal_connection_slots_find(const HealSituation *situation,
									  const HealFailureLimits *limits,
									  HealFinding *findings, int max);
extern int heal_advisory_blocker_find(const HealSituation *situation,
									  const HealFailureLimits *limits,
									  HealFinding *findings, int max);
extern int heal_prepared_blocker_find(const HealSituation *situation,
									  const HealFailureLimits *limits,
									  HealFinding *findings, int max);
extern bool heal_prepared_blocker_gone(const HealSituation *situation,
									   const HealFailureLimits *limits,
									   const HealSubject *subject);
extern int heal_orphaned_prepared_find(const HealSituation *situation,
									   const HealFailureLimits *limits,
									   HealFinding *findings, int max);
extern bool
heal_prepared_gone(const HealSituation *situation,
				   const HealFailureLimits *limits, const HealSubject *subject);
extern int heal_ddl_queue_find(const HealSituation *situation,
							   const HealFailureLimits *limits,
							   HealFinding *findings, int max);
/* It waits for an exclusive lock, and others wait because it does. */
extern bool heal_leads_a_queue(const HealSession *session);
extern int heal_runaway_find(const HealSituation *situation,
							 const HealFailureLimits *limits,
							 HealFinding *findings, int max);
extern bool
heal_runaway_gone(const HealSituation *situation,
				  const HealFailureLimits *limits, const HealSubject *subject);
extern int heal_setting_find(const HealSituation *situation,
							 const HealFailureLimits *limits,
							 HealFinding *findings, int max);
extern bool
heal_setting_gone(const HealSituation *situation,
				  const HealFailureLimits *limits, const HealSubject *subject);
/* What a failure about this change is about. */
extern HealSubject heal_suspect_subject(const HealSuspect *suspect);
/* The newest change of the setting that the subject names; NULL = none lately. */
extern const HealSuspect *
heal_suspect_lookup(const HealSituation *situation, const HealSubject *subject);
/* A switch of the planner that was turned off. */
extern bool heal_suspect_is_planner_switch(const HealSuspect *suspect);
extern int heal_planner_switch_find(const HealSituation *situation,
									const HealFailureLimits *limits,
									HealFinding *findings, int max);
extern bool heal_planner_switch_gone(const HealSituation *situation,
									 const HealFailureLimits *limits,
									 const HealSubject *subject);
extern int heal_autovacuum_off_find(const HealSituation *situation,
									const HealFailureLimits *limits,
									HealFinding *findings, int max);
extern bool heal_autovacuum_off_gone(const HealSituation *situation,
									 const HealFailureLimits *limits,
									 const HealSubject *subject);
extern int heal_read_only_find(const HealSituation *situation,
							   const HealFailureLimits *limits,
							   HealFinding *findings, int max);
extern bool heal_read_only_gone(const HealSituation *situation,
								const HealFailureLimits *limits,
								const HealSubject *subject);
/* Whether a setting of this value would be too small for what is asked lately; also when that is not known. */
extern bool heal_pressure_needs_more(const HealPressure *pressure,
									 const char *parameter, double value);
/* What max_wal_size has to be, in MB, for what is written; NaN when that is not known. */
extern double heal_pressure_wal_needed(const HealPressure *pressure);
extern int heal_checkpoint_storm_find(const HealSituation *situation,
									  const HealFailureLimits *limits,
									  HealFinding *findings, int max);
extern bool heal_checkpoint_storm_gone(const HealSituation *situation,
									   const HealFailureLimits *limits,
									   const HealSubject *subject);
extern int heal_autovacuum_starved_find(const HealSituation *situation,
										const HealFailureLimits *limits,
										HealFinding *findings, int max);
extern bool heal_autovacuum_starved_gone(const HealSituation *situation,
										 const HealFailureLimits *limits,
										 const HealSubject *subject);
extern int heal_invalid_index_find(const HealSituation *situation,
								   const HealFailureLimits *limits,
								   HealFinding *findings, int max);
extern bool heal_invalid_index_gone(const HealSituation *situation,
									const HealFailureLimits *limits,
									const HealSubject *subject);
extern int heal_stale_statistics_find(const HealSituation *situation,
									  const HealFailureLimits *limits,
									  HealFinding *findings, int max);
extern bool heal_stale_statistics_gone(const HealSituation *situation,
									   const HealFailureLimits *limits,
									   const HealSubject *subject);
extern int heal_overdue_vacuum_find(const HealSituation *situation,
									const HealFailureLimits *limits,
									HealFinding *findings, int max);
extern bool heal_overdue_vacuum_gone(const HealSituation *situation,
									 const HealFailureLimits *limits,
									 const HealSubject *subject);
extern int heal_autovacuum_off_table_find(const HealSituation *situation,
										  const HealFailureLimits *limits,
										  HealFinding *findings, int max);
extern bool heal_autovacuum_off_table_gone(const HealSituation *situation,
										   const HealFailureLimits *limits,
										   const HealSubject *subject);
extern int heal_vacuum_blocks_find(const HealSituation *situation,
								   const HealFailureLimits *limits,
								   HealFinding *findings, int max);
extern int heal_receiver_silent_find(const HealSituation *situation,
									 const HealFailureLimits *limits,
									 HealFinding *findings, int max);
extern bool heal_receiver_silent_gone(const HealSituation *situation,
									  const HealFailureLimits *limits,
									  const HealSubject *subject);
extern int heal_load_hog_find(const HealSituation *situation,
							  const HealFailureLimits *limits,
							  HealFinding *findings, int max);
extern bool
heal_load_hog_gone(const HealSituation *situation,
				   const HealFailureLimits *limits, const HealSubject *subject);
extern int heal_login_storm_find(const HealSituation *situation,
								 const HealFailureLimits *limits,
								 HealFinding *findings, int max);
extern bool heal_login_storm_gone(const HealSituation *situation,
								  const HealFailureLimits *limits,
								  const HealSubject *subject);
extern int heal_deadlock_storm_find(const HealSituation *situation,
									const HealFailureLimits *limits,
									HealFinding *findings, int max);
extern bool heal_deadlock_storm_gone(const HealSituation *situation,
									 const HealFailureLimits *limits,
									 const HealSubject *subject);
/* The source that a subject names, with this trouble; NULL when it makes none. */
extern const HealSource *
heal_source_lookup(const HealSituation *situation, HealSourceTrouble trouble,
				   const HealSubject *subject);
extern int
heal_slot_find(const HealSituation *situation, const HealFailureLimits *limits,
			   HealFinding *findings, int max);
extern bool
heal_slot_gone(const HealSituation *situation, const HealFailureLimits *limits,
			   const HealSubject *subject);
extern int heal_sync_lost_find(const HealSituation *situation,
							   const HealFailureLimits *limits,
							   HealFinding *findings, int max);
extern bool heal_sync_lost_gone(const HealSituation *situation,
								const HealFailureLimits *limits,
								const HealSubject *subject);
extern int heal_sync_degraded_find(const HealSituation *situation,
								   const HealFailureLimits *limits,
								   HealFinding *findings, int max);
extern bool heal_sync_degraded_gone(const HealSituation *situation,
									const HealFailureLimits *limits,
									const HealSubject *subject);
extern bool heal_connection_slots_gone(const HealSituation *situation,
									   const HealFailureLimits *limits,
									   const HealSubject *subject);
/*
 * Both pile-ups end for the user when nobody waits behind the culprit any more.
 */
extern bool
heal_pileup_gone(const HealSituation *situation,
				 const HealFailureLimits *limits, const HealSubject *subject);

/*
 * A finding about the session at the root of a lock queue, but for since and
 * due.
 */
extern HealFinding
heal_pileup_finding(const HealSituation *situation, HealFailureKind kind,
					int root, HealTime state_since);
/*
 * Puts it in its place, the worst first; the least bad falls off. Returns the
 * new count.
 */
extern int heal_finding_insert(HealFinding *findings, int count, int max,
							   const HealFinding *finding);
/*
 * "6.2 s", "14 min", "3.5 h", into text[HEAL_DURATION_SIZE], which it returns.
 */
extern const char *heal_duration_format(HealTime duration, char *text);
extern HealTime heal_later(HealTime a, HealTime b);

/* A role that spills to temporary files */
#define HEAL_SPILL_WHY 128
extern int heal_temp_spills_find(const HealSituation *situation,
								 const HealFailureLimits *limits,
								 HealFinding *findings, int max);
/* Also false while no session that has the work_mem in force has run anything: that proves nothing. */
extern bool heal_temp_spills_gone(const HealSituation *situation,
								  const HealFailureLimits *limits,
								  const HealSubject *subject);
extern HealSubject heal_spiller_subject(const HealSpiller *spiller);
/* The role that a subject names; NULL when it has not spilled for long. */
extern const HealSpiller *
heal_spiller_lookup(const HealSituation *situation, const HealSubject *subject);
/* Whether twice its work_mem would hold what it spills, and there is the memory for it. */
extern bool heal_spiller_may_be_raised(const HealSituation *situation,
									   const HealSpiller *spiller);
/* Whether there are signs of it, swapping or waiting; not that little is free. False where they are not known. */
extern bool heal_memory_is_short(const HealMemory *memory);
/* Bytes that so many sessions take at most, each with one sort or hash of that many kB in the leader and in every parallel worker. */
extern double
heal_work_mem_needs(const HealMemory *memory, double kb, int sessions);
/* kB that work_mem of so many sessions may be, when so many bytes are promised to others already; 0 = none, or it is not known. */
extern double
heal_work_mem_room(const HealMemory *memory, int sessions, double promised);
/* Whether a session of the role that the subject names has run something in the last seconds. */
extern bool heal_spill_role_at_work(const HealSituation *situation,
									const HealSubject *subject);

#endif
