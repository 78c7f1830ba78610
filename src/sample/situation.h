/*
 * situation.h
 *		Who is connected and who waits for whom, at one moment.
 *
 * The picture every proof in the failure catalogue and every verification is
 * made from: the sampler takes one each heartbeat, and a recoverer takes its
 * own right before it acts and while it verifies.
 */
#ifndef HEAL_SITUATION_H
#define HEAL_SITUATION_H

#include "base/types.h"
#include "sample/spill.h"
#include "scan/ailment.h"

typedef enum HealSessionState
{
	HEAL_SESSION_OTHER, /* starting, fast path call, disabled: says nothing */
	HEAL_SESSION_ACTIVE,
	HEAL_SESSION_IDLE,
	HEAL_SESSION_IDLE_IN_TRANSACTION,
	HEAL_SESSION_IDLE_IN_TRANSACTION_ABORTED
} HealSessionState;

/* Why a session must never be touched; HEAL_PROTECTED_NOT when it may. */
typedef enum HealProtection
{
	HEAL_PROTECTED_NOT,
	HEAL_PROTECTED_NOT_A_CLIENT, /* walsender, vacuum, worker, ourselves */
	HEAL_PROTECTED_SUPERUSER,
	HEAL_PROTECTED_RESERVED_ROLE, /* pg_... roles and our own acting role */
	HEAL_PROTECTED_RESPONDER,	  /* selfheal_admin or selfheal_operator */
	HEAL_PROTECTED_BACKUP,		  /* dump, base backup, by application name */
	HEAL_PROTECTED_SYNC_WAIT,	  /* waits for a synchronous standby */
	HEAL_PROTECTED_BY_SETTING,	  /* matches selfheal.protected_sessions */
	HEAL_PROTECTED_UNKNOWN		  /* its role could not be looked up */
} HealProtection;

/* What a process is, where that matters. */
typedef enum HealProcess
{
	HEAL_PROCESS_OTHER,
	HEAL_PROCESS_AUTOVACUUM, /* a worker of it */
	HEAL_PROCESS_WAL_SENDER,
	HEAL_PROCESS_WAL_RECEIVER
} HealProcess;

/* A pid alone names nobody: it may be reused. Both must match. */
typedef struct HealIdentity
{
	int32_t pid;
	HealTime backend_start;
} HealIdentity;

typedef struct HealSession
{
	HealIdentity id;
	HealSessionState state;
	HealProtection protection;
	bool client; /* a client backend */
	HealProcess process;
	bool wraparound;			/* it keeps transaction ids from running out */
	uint32_t role;				/* OID */
	uint32_t database;			/* OID */
	HealTime transaction_start; /* 0 = no transaction */
	HealTime statement_start;
	HealTime state_change;
	uint64_t query_id; /* 0 = unknown */
	bool waits_for_standby;
	char application[HEAL_NAME_SIZE];

	/*
	 * Set from the lock table; -1 / 0 when it neither waits nor blocks. A
	 * parallel group counts as its leader: what a parallel worker waits for or
	 * blocks is shown there.
	 */
	bool waiting;				/* for a heavyweight lock */
	HealTime wait_start;		/* 0 when not waiting */
	int wait_mode;				/* lock mode it waits for, 0 = none */
	unsigned char wait_tag[16]; /* the server's LOCKTAG of what it waits for */
	int blocker;				/* session it waits for directly, -1 unknown */
	bool behind_prepared; /* it waits for a prepared transaction directly */
	int root;		/* session at the root of what it waits for, -1 unknown */
	int waiters;	/* how many sessions wait, directly or not, for this one */
	bool contested; /* one behind it waits for somebody else at the same time */
	HealTime oldest_wait; /* one of them waits for it since then, 0 = none */
} HealSession;

/* A transaction that was prepared and waits to be committed or rolled back. */
typedef struct HealPrepared
{
	uint64_t transaction; /* its id, of 32 bits */
	uint32_t role;
	uint32_t database;
	int waiters;		  /* sessions that wait behind it, directly or not */
	HealTime oldest_wait; /* one of them waits for it since then, 0 = none */
} HealPrepared;

#define HEAL_SUSPECT_VALUE 200

/* A setting that changed lately; statements are of all client sessions. NaN = not known. */
typedef struct HealSuspect
{
	HealTime at;
	uint32_t database; /* both 0: the server's own */
	uint32_t role;
	bool was_default; /* before the change nothing was set at this level */
	bool is_default;  /* nothing is set there now */
	bool
		may_be_put_back; /* its old value is known, and it is on the allow-list */
	char name[HEAL_NAME_SIZE];
	char old_value[HEAL_SUSPECT_VALUE];
	char new_value[HEAL_SUSPECT_VALUE];
	double
		latency_before; /* ms, 95th percentile, in the minutes before the change */
	double latency_now;
	double rate_before; /* statements a second */
	double rate_now;
	double rows_before; /* read a second, by sequential scans and of indexes */
	double rows_now;
	/* writes refused since then as read-only by default, where the setting counts */
	int refused;		 /* of those that are kept */
	HealTime refused_at; /* the newest; 0 = none */
	HealTime
		refused_fresh; /* likewise in a session that began after the change */
} HealSuspect;

#define HEAL_MAX_SUSPECTS 8
/* The process of a standby that receives WAL. */
typedef struct HealReceiver
{
	HealIdentity id;   /* pid 0 = there is none, or it is not streaming */
	HealTime heard_at; /* newest message of its sender */
	HealTime timeout;  /* wal_receiver_timeout; 0 = off */
} HealReceiver;

/* What a source is looked at for. */
typedef enum HealSourceTrouble
{
	HEAL_SOURCE_OF_LOAD,
	HEAL_SOURCE_OF_LOGINS, /* that fail */
	HEAL_SOURCE_OF_DEADLOCKS
} HealSourceTrouble;

#define HEAL_SOURCE_WORDS 160 /* two names and the words between them */
#define HEAL_MAX_SOURCES 24

/*
 * Whom trouble comes from: all of these that are given fit whoever is meant. What is not known is NaN.
 */
typedef struct HealSource
{
	HealSourceTrouble trouble;
	uint32_t role; /* OID; 0 = any */
	uint32_t database;
	uint64_t query;
	char application[HEAL_NAME_SIZE];
	char address[HEAL_NAME_SIZE];
	char words[HEAL_SOURCE_WORDS]; /* "role batch" */
	HealProtection protection;
	double share; /* of all there is of the trouble */
	double rate;  /* load: statements at work at a time; the others: a second */
	double usual_share;	 /* load: before */
	double others_calls; /* load: calls of others that the next two rest on */
	double others_now;	 /* ms that their statements take */
	double others_usual; /* ms that the same usually take */
} HealSource;

#define HEAL_REQUESTED_CHECKPOINTS 3 /* fewer are no row of them */

/* How much is asked of resources that a setting bounds. NaN = not known. */
typedef struct HealPressure
{
	int requests; /* used in requested[], the newest first */
	HealTime requested[HEAL_REQUESTED_CHECKPOINTS]; /* not by the clock */
	double wal_rate;		/* bytes a second since the oldest of them */
	double wal_rate_lately; /* in the last seconds */
	HealTime checkpoint_timeout;
	double max_wal_size; /* MB */
	double wal_share;	 /* of it, written since the last, brings one */
	double wal_free;	 /* MB free on the volume of the WAL */
	double vacuum_busy;	 /* share of autovacuum workers, for a minute */
	double vacuum_busy_lately;
	double vacuum_cost_limit; /* of all autovacuum workers; 0 = none */
} HealPressure;

/* A replication slot that still has its WAL. */
typedef struct HealSlot
{
	char name[HEAL_NAME_SIZE];
	char plugin[HEAL_NAME_SIZE]; /* "" = physical */
	uint32_t database;			 /* 0 = physical */
	uint64_t needed;			 /* position of the oldest WAL it keeps */
	double retained;			 /* bytes from there to here */
	bool active;				 /* somebody reads it */
	bool is_protected;			 /* by selfheal.protected_slots */
	HealTime inactive_since;	 /* 0 = active, or the server does not know */
} HealSlot;

#define HEAL_MAX_SLOTS 32

typedef struct HealSlots
{
	int count; /* used in slot[]; more than fit are counted in left_out */
	int left_out;
	HealSlot slot[HEAL_MAX_SLOTS];
	double bound;	/* bytes that slots may keep; < 0 = any */
	double segment; /* bytes of a WAL file: the server bounds in whole ones */
	double volume_size;	  /* of the WAL's file system, bytes; NaN = not known */
	double volume_free;	  /* likewise */
	HealTime volume_full; /* time until it is full; 0 = not foreseeable */
	bool volume_predicted; /* a prediction stands that it will be, and counts */
} HealSlots;

#define HEAL_SYNC_TEXT 200

/* The standbys that commits wait for. */
typedef struct HealSync
{
	bool known;	   /* what synchronous_standby_names says could be read */
	bool keepable; /* and is short and plain enough to be kept and put back */
	int wanted;	   /* standbys a commit waits for; 0 = for none */
	int present;   /* standbys that stream and are named */
	int waiters;   /* sessions whose commit waits */
	int hung;	   /* those of them whose statement did not begin just now */
	char names[HEAL_SYNC_TEXT];	  /* synchronous_standby_names in force */
	char instead[HEAL_SYNC_TEXT]; /* the most of it that can be kept now */
	char missing[100];			  /* names of which no standby streams */

	/* what selfheal has put out of force, and has not given back */
	int64_t given_up_by; /* the recovery; 0 = nothing */
	HealTime given_up_at;
	int given_up_wanted;
	int given_up_present;
	HealTime
		back_since; /* enough stream and lack next to nothing; 0 = they do not */
	char given_up[HEAL_SYNC_TEXT];
} HealSync;

#define HEAL_MAX_SPILLERS 16

/* Whether there is memory for more. NaN = not known. */
typedef struct HealMemory
{
	double
		available; /* bytes, to the machine and within the control group's limit */
	double swapped_out; /* bytes a second, for some minutes */
	double
		pressure; /* share of time some thread waited for memory, for a minute */
	double
		copies; /* times work_mem that one statement may take: a hash, and parallel workers */
} HealMemory;

#define HEAL_MAX_PREPARED 64
#define HEAL_ACCESS_EXCLUSIVE 8 /* the server's strongest lock mode */

typedef struct HealSituation
{
	HealTime taken_at;
	int sessions;		   /* used in session[] */
	int capacity;		   /* allocated in session[] */
	HealSession *session;  /* [sessions], ordered by nothing */
	int waiters;		   /* sessions waiting for a heavyweight lock */
	int prepared_blockers; /* waiters whose root is a prepared transaction */
	int slots_used;		   /* client connection slots in use */
	int slots_total;	   /* max_connections less those reserved */
	bool in_recovery;	   /* this server is a standby */
	double cpu_used;	   /* share of the last half minute; NaN = not known */
	int suspects;		   /* used in suspect[], newest first */
	HealSuspect suspect[HEAL_MAX_SUSPECTS];
	int prepared_count; /* used in prepared[]; more than fit are not seen */
	HealPrepared prepared[HEAL_MAX_PREPARED];
	HealReceiver receiver;
	int sources; /* used in source[] */
	HealSource source[HEAL_MAX_SOURCES];
	HealPressure pressure;
	HealSync sync;
	HealSlots slots;
	int ailments; /* used in ailment[] */
	HealAilment ailment[HEAL_MAX_AILMENTS];
	HealMemory memory;
	int spillers; /* used in spiller[], those that spill most */
	HealSpiller spiller[HEAL_MAX_SPILLERS];
} HealSituation;

#define HEAL_CPU_SATURATED 0.95 /* share of CPU time used: others starve */

/* Whether the processors or the connection slots (the threshold is a share of them) leave nothing for others; false for NaN. */
extern bool
heal_is_used_up(const HealSituation *situation, double slots_threshold);
/* "autovacuum worker"; "" for others than those named above. */
extern const char *heal_process_name(HealProcess process);
extern const char *heal_session_state_name(HealSessionState state);
/* A clause that completes "session 4711 ...": "belongs to a superuser". */
extern const char *heal_protection_reason(HealProtection protection);
extern bool heal_same_identity(HealIdentity a, HealIdentity b);
/* Client sessions of the role in the database; 0 = in any. */
extern int heal_situation_sessions_of(const HealSituation *situation,
									  uint32_t role, uint32_t database);
/* Index of the session with this identity, -1 when it is gone. */
extern int
heal_situation_lookup(const HealSituation *situation, HealIdentity id);

#endif
