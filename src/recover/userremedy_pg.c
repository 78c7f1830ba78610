/*
 * userremedy_pg.c
 *		Remedies of users in shared memory.
 *
 * Each process has a copy of its own, in which the texts of its catalogue stay where they are; whoever looks at
 * recoveries or gives an order loads it first.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "port/atomics.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "db/crashnote.h"
#include "db/query.h"
#include "db/shmem.h"
#include "recover/userremedy_pg.h"
#include "sample/usermetric.h"
#include "sample/usermetric_pg.h"

#define CRASH_FILE "selfheal.remedy"

typedef struct RemedyShared
{
	pg_atomic_uint64 changes; /* of what the rows are */
	LWLock lock;			  /* protects all below */
	int tranche;
	bool known;
	HealUserRemedy remedy[HEAL_USER_REMEDIES];
	/* ran when the server crashed; set by the postmaster */
	char crashed[HEAL_USER_REMEDIES][HEAL_NAME_SIZE];
} RemedyShared;

static RemedyShared *shared = NULL;
static uint64 loaded = 0; /* changes that this process has seen */
static HealUserRemedy remedies_here[HEAL_USER_REMEDIES];

static Size
remedy_size(void)
{
	return sizeof(RemedyShared);
}

static void
bind_here(void)
{
	for (int row = 0; row < HEAL_USER_REMEDIES; row++)
		heal_user_remedy_bind(row, &remedies_here[row]);
}

static void
remedy_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		pg_atomic_init_u64(&shared->changes, 0);
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->lock, shared->tranche);
		heal_crash_notes_take(CRASH_FILE, HEAL_USER_REMEDIES, shared->crashed);
	}
	loaded = 0;
	memset(remedies_here, 0, sizeof(remedies_here));
	bind_here();
	LWLockRegisterTranche(shared->tranche, "selfheal_user_remedies");
}

const HealSegment heal_remedy_segment = {"selfheal user remedies", remedy_size,
										 remedy_attach};

/* Everybody's */

void
heal_user_remedies_load(void)
{
	uint64 changes;

	if (shared == NULL)
		return;
	changes = pg_atomic_read_u64(&shared->changes);
	if (changes == loaded)
		return;
	LWLockAcquire(&shared->lock, LW_SHARED);
	memcpy(remedies_here, shared->remedy, sizeof(remedies_here));
	LWLockRelease(&shared->lock);
	bind_here();
	loaded = changes;
}

const HealUserRemedy *
heal_user_remedies(void)
{
	return remedies_here;
}

const HealUserRemedy *
heal_user_remedy_of(const HealRecovery *recovery)
{
	const HealUserRemedy *remedy;

	heal_user_remedies_load();
	if (!heal_remedy_is_user(recovery->remedy))
		return NULL;
	remedy = &remedies_here[recovery->remedy - HEAL_FIRST_USER_REMEDY];
	return heal_user_remedy_is_planned(recovery, remedy) ? remedy : NULL;
}

bool
heal_user_remedies_known(void)
{
	bool known;

	LWLockAcquire(&shared->lock, LW_SHARED);
	known = shared->known;
	LWLockRelease(&shared->lock);
	return known;
}

void
heal_user_remedy_store(int row, const HealUserRemedy *remedy)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (remedy != NULL)
		shared->remedy[row] = *remedy;
	else
		memset(&shared->remedy[row], 0, sizeof(shared->remedy[row]));
	pg_atomic_fetch_add_u64(&shared->changes, 1);
	LWLockRelease(&shared->lock);
}

/* The file of what runs */

void
heal_user_remedy_crash_note(int row, const char *name)
{
	heal_crash_note(CRASH_FILE, row, name);
}

bool
heal_user_remedy_crashed(const HealRecovery *recovery)
{
	char name[HEAL_NAME_SIZE];
	const char *crashed;

	if (!heal_remedy_is_user(recovery->remedy))
		return false;
	crashed = shared->crashed[recovery->remedy - HEAL_FIRST_USER_REMEDY];
	return crashed[0] != '\0' &&
		   strcmp(heal_recovery_remedy_name(recovery, name), crashed) == 0;
}

/* The reader's */

/* Names of failures, with commas. One of another version's is none here. */
static uint64
read_treats(HeapTuple tuple, int column)
{
	char *text = SPI_getvalue(tuple, SPI_tuptable->tupdesc, column);
	uint64 treats = 0;
	char *rest = NULL;

	for (char *name = strtok_r(text, ",", &rest); name != NULL;
		 name = strtok_r(NULL, ",", &rest))
		for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
			if (strcmp(heal_failures[kind].name, name) == 0 &&
				heal_user_may_treat(kind))
				treats |= UINT64CONST(1) << kind;
	return treats;
}

/* Who may write the table may write anything: what makes no sense is left out. */
static void
take_row(HeapTuple tuple, HealUserRemedy remedies[HEAL_USER_REMEDIES])
{
	HealUserRemedy remedy = {0};
	bool null;
	int row =
		DatumGetInt32(SPI_getbinval(tuple, SPI_tuptable->tupdesc, 1, &null));

	heal_column_text(remedy.name, sizeof(remedy.name), tuple, 2);
	for (int use = 0; use < HEAL_USER_USES; use++)
	{
		heal_column_text(remedy.function[use].schema, HEAL_NAME_SIZE, tuple,
						 3 + 2 * use);
		heal_column_text(remedy.function[use].name, HEAL_NAME_SIZE, tuple,
						 4 + 2 * use);
	}
	heal_column_text(remedy.strategy, sizeof(remedy.strategy), tuple, 9);
	heal_column_text(remedy.owner, sizeof(remedy.owner), tuple, 10);
	heal_column_text(remedy.added_by, sizeof(remedy.added_by), tuple, 11);
	heal_column_text(remedy.fingerprint, sizeof(remedy.fingerprint), tuple, 12);
	heal_column_text(remedy.description, sizeof(remedy.description), tuple, 13);
	remedy.risk =
		heal_user_risk_lookup(SPI_getvalue(tuple, SPI_tuptable->tupdesc, 14));
	remedy.treats = read_treats(tuple, 15);
	remedy.time_limit = heal_column_int8(tuple, 16);
	remedy.verify_within = heal_column_int8(tuple, 17);
	remedy.added_at = heal_column_int8(tuple, 18);
	if (row >= 0 && row < HEAL_USER_REMEDIES && remedy.risk >= 0 &&
		heal_user_name_problem(remedy.name) == NULL &&
		heal_strategy_exists(remedy.strategy) &&
		heal_user_time_is_valid(remedy.time_limit) &&
		heal_user_time_is_valid(remedy.verify_within))
		remedies[row] = remedy;
}

void
heal_user_remedies_read(HealUserRemedy remedies[HEAL_USER_REMEDIES])
{
	memset(remedies, 0, sizeof(*remedies) * HEAL_USER_REMEDIES);
	heal_query(
		"SELECT r.place, r.name, r.schema_name, r.function_name, r.undo_schema_name, r.undo_function_name, "
		"r.verify_schema_name, r.verify_function_name, r.strategy, r.owner_name, r.added_by, r.fingerprint, "
		"r.description, r.risk, array_to_string(r.treats, ','), "
		"(extract(epoch FROM r.time_limit) * 1000000)::bigint, "
		"(extract(epoch FROM r.verify_within) * 1000000)::bigint, r.added_at "
		"FROM selfheal.user_remedy r",
		0, NULL, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
		take_row(SPI_tuptable->vals[i], remedies);
}

void
heal_user_remedies_publish(const HealUserRemedy remedies[HEAL_USER_REMEDIES],
						   uint64 changes)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (heal_user_changes() == changes)
	{
		memcpy(shared->remedy, remedies, sizeof(shared->remedy));
		shared->known = true;
		pg_atomic_fetch_add_u64(&shared->changes, 1);
	}
	LWLockRelease(&shared->lock);
}
