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

#endif
