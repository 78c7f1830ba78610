/*
 * pgstat_prepared_pg.c
 *		Prepared transactions: how many, how old.
 */
#include "postgres.h"

#include "access/twophase.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/memutils.h"

#include "sample/pgstat_part.h"

/* Since when this engine knows each prepared transaction; 0 in unused places. */
typedef struct Prepared
{
	TransactionId xid;
	HealTime seen_at;
} Prepared;

static Prepared *
prepared_places(void)
{
	static Prepared *places;

	if (places == NULL)
		places = MemoryContextAllocZero(
			TopMemoryContext, mul_size(max_prepared_xacts, sizeof(Prepared)));
	return places;
}

/*
 * The list of prepared transactions is private to the server, and its SQL function
 * needs a database. What can be seen are the process entries that stand in for them,
 * without the time of PREPARE; an entry no longer used keeps its old id, hence the
 * question whether that is still running. A standby fills them at promotion.
 */
void
heal_pgstat_read_prepared(HealReading *reading)
{
	TransactionId next = ReadNextTransactionId();
	double *value = reading->value;

	if (RecoveryInProgress())
		return;
	value[HEAL_METRIC_PREPARED_TRANSACTIONS] = 0;
	value[HEAL_METRIC_OLDEST_PREPARED] = 0;
	value[HEAL_METRIC_XMIN_AGE_PREPARED] = 0;
	for (int i = 0; i < max_prepared_xacts; i++)
	{
		TransactionId xid = PreparedXactProcs[i].xid;
		Prepared *place = &prepared_places()[i];

		if (!TransactionIdIsNormal(xid) || !TransactionIdIsInProgress(xid))
			continue;
		if (place->xid != xid)
			*place = (Prepared){xid, reading->taken_at};
		value[HEAL_METRIC_PREPARED_TRANSACTIONS]++;
		keep_older(&value[HEAL_METRIC_XMIN_AGE_PREPARED], xid, next);
		keep_larger(&value[HEAL_METRIC_OLDEST_PREPARED],
					seconds_since(reading, place->seen_at));
	}
}
