/*
 * sharedscan.c
 *		Rows of a shared catalog, in processes without a database too.
 *
 * Nothing tells such a process that a catalog has changed, unless a cache of the server
 * is built on it. But every change raises the position in the WAL that stands on its
 * page, so a look at the pages is enough. The change counts when its transaction
 * commits, which leaves no trace there: as long as a row is in the middle of one, the
 * catalog is read again.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "catalog/pg_tablespace_d.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/smgr.h"
#include "utils/relmapper.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "db/sharedscan.h"

static Buffer
page_of(HealFileLocator file, BlockNumber block)
{
	return ReadBufferWithoutRelcache(file, MAIN_FORKNUM, block, RBM_NORMAL,
									 NULL, true);
}

static HealSharedMark
look(HealFileLocator file)
{
	HealSharedMark mark = {
		.file = heal_locator_number(file),
		.blocks = smgrnblocks(smgropen(file, HEAL_NO_OWNER), MAIN_FORKNUM),
	};

	for (BlockNumber block = 0; block < mark.blocks; block++)
	{
		Buffer buffer = page_of(file, block);

		mark.changed = Max(mark.changed, BufferGetLSNAtomic(buffer));
		ReleaseBuffer(buffer);
		CHECK_FOR_INTERRUPTS();
	}
	return mark;
}

/* After the row's visibility was asked, which notes whatever is certain. */
static bool
is_settled(HeapTupleHeader row)
{
	if ((row->t_infomask & (HEAP_XMIN_COMMITTED | HEAP_XMIN_INVALID)) == 0)
		return false;
	return HeapTupleHeaderXminInvalid(row) ||
		   (row->t_infomask & (HEAP_XMAX_INVALID | HEAP_XMAX_COMMITTED)) != 0 ||
		   HEAP_XMAX_IS_LOCKED_ONLY(row->t_infomask);
}

/* Copies of the rows on the page that can be seen. */
static List *
rows_of(Oid catalog, Buffer buffer, bool *settled)
{
	Page page = BufferGetPage(buffer);
	Snapshot snapshot = GetActiveSnapshot();
	List *rows = NIL;

	if (PageIsNew(page))
		return NIL;
	for (OffsetNumber offset = FirstOffsetNumber;
		 offset <= PageGetMaxOffsetNumber(page); offset++)
	{
		ItemId item = PageGetItemId(page, offset);
		HeapTupleData row;

		if (!ItemIdIsNormal(item))
			continue;
		row.t_data = (HeapTupleHeader) PageGetItem(page, item);
		row.t_len = ItemIdGetLength(item);
		row.t_tableOid = catalog;
		ItemPointerSet(&row.t_self, BufferGetBlockNumber(buffer), offset);
		if (HeapTupleSatisfiesVisibility(&row, snapshot, buffer))
			rows = lappend(rows, heap_copytuple(&row));
		*settled = *settled && is_settled(row.t_data);
	}
	return rows;
}

static void
read_all(Oid catalog, HealFileLocator file, HealSharedMark *mark,
		 HealSharedRow collect, void *state)
{
	mark->settled = true;
	for (BlockNumber block = 0; block < mark->blocks; block++)
	{
		Buffer buffer = page_of(file, block);
		List *rows;
		ListCell *cell;

		LockBuffer(buffer, BUFFER_LOCK_SHARE);
		rows = rows_of(catalog, buffer, &mark->settled);
		UnlockReleaseBuffer(buffer);
		foreach(cell, rows)
			collect(lfirst(cell), state);
		CHECK_FOR_INTERRUPTS();
	}
}

HealSharedScan
heal_shared_scan(Oid catalog, HealSharedMark *mark, HealSharedRow collect,
				 void *state)
{
	HealFileLocator file;
	HealSharedMark now;

	/* also brings the map of files up to date; VACUUM FULL must not make us wait */
	if (!ConditionalLockRelationOid(catalog, AccessShareLock))
		return HEAL_SHARED_BUSY;
	file = heal_shared_file(catalog);
	now = look(file);
	if (mark->settled && mark->file == now.file && mark->blocks == now.blocks &&
		mark->changed == now.changed)
	{
		UnlockRelationOid(catalog, AccessShareLock);
		return HEAL_SHARED_SAME;
	}
	read_all(catalog, file, &now, collect, state);
	UnlockRelationOid(catalog, AccessShareLock);
	*mark = now;
	return HEAL_SHARED_READ;
}
