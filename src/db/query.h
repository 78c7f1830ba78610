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
/* The same with nulls, as SPI has them: count characters, of which 'n' is one. */
extern uint64 heal_query_nulls(const char *sql, int count, const Oid *types,
							   const Datum *values, const char *nulls);
/* First column of the first row as bigint; if_null when there is no row or it is NULL. */
extern int64 heal_query_int8(const char *sql, int count, const Oid *types,
							 const Datum *values, int64 if_null);
/* The same as text, NULL when there is none; in the caller's context of SPI_connect. */
extern char *heal_query_text(const char *sql, int count, const Oid *types,
							 const Datum *values);
/* Of the extension in this database, NULL when it is not here; inside SPI. */
extern char *heal_extension_version(void);
/* Columns of a row that was read, inside SPI. A null is "", false or zero; a text that is too long is cut. */
extern void heal_column_text(char *to, size_t size, HeapTuple row, int column);
extern bool heal_column_bool(HeapTuple row, int column);
extern int64 heal_column_int8(HeapTuple row, int column);
extern double heal_column_float8(HeapTuple row, int column);
/* Insert a tuple of the table's own row type, unless its key is there already. */
extern void
heal_query_insert(const char *table, HeapTuple tuple, TupleDesc descriptor);

#endif
