/*
 * sequence_pg.c
 *		How far a sequence has come.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "commands/sequence.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/float.h"
#include "utils/rel.h"

#include "scan/sequence_pg.h"

bool
heal_read_last_value(Oid sequence, double *last)
{
	Relation relation;

	*last = get_float8_nan();
	if (!ConditionalLockRelationOid(sequence, AccessShareLock))
		return false;
	relation = try_relation_open(sequence, NoLock);
	if (relation != NULL && relation->rd_rel->relkind == RELKIND_SEQUENCE &&
		RelationGetNumberOfBlocks(relation) > 0)
	{
		Buffer buffer = ReadBuffer(relation, 0);
		Page page;
		ItemId item;

		LockBuffer(buffer, BUFFER_LOCK_SHARE);
		page = BufferGetPage(buffer);
		item = PageGetItemId(page, FirstOffsetNumber);
		if (ItemIdIsNormal(item))
		{
			HeapTupleHeader tuple = (HeapTupleHeader) PageGetItem(page, item);
			Form_pg_sequence_data data =
				(Form_pg_sequence_data) ((char *) tuple + tuple->t_hoff);

			if (data->is_called)
				*last = (double) data->last_value;
		}
		UnlockReleaseBuffer(buffer);
	}
	if (relation != NULL)
		relation_close(relation, NoLock);
	UnlockRelationOid(sequence, AccessShareLock);
	return true;
}
