/*
 * query.h
 *		Parameterised SQL from a worker.
 */
#ifndef HEAL_QUERY_H
#define HEAL_QUERY_H

#include "postgres.h"

#include "access/htup.h"
#include "access/tupdesc.h"

/* Run one statement inside SPI; every value is a parameter. Returns rows processed; ERROR otherwise. */
extern uint64
heal_query(const char *sql, int count, const Oid *types, const Datum *values);
/* First column of the first row as bigint; if_null when there is no row or it is NULL. */
extern int64 heal_query_int8(const char *sql, int count, const Oid *types,
							 const Datum *values, int64 if_null);
/* The same as text, NULL when there is none; in the caller's context of SPI_connect. */
extern char *heal_query_text(const char *sql, int count, const Oid *types,
							 const Datum *values);
/* Insert a tuple of the table's own row type, unless its key is there already. */
extern void
heal_query_insert(const char *table, HeapTuple tuple, TupleDesc descriptor);

#endif
