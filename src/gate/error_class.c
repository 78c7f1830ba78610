/*
 * error_class.c
 *		The catalogue of errors: what an SQLSTATE is called and belongs to.
 *
 * Every class of the server, and of its codes those that tell an administrator
 * something of their own. Sessions can raise any SQLSTATE, so counters are per row of this
 * table and never per code met: nobody can make us remember more.
 */
#include "gate/error_class.h"

#include <stdlib.h>
#include <string.h>

#define CLASS_LENGTH 2

const HealErrorClass heal_error_classes[HEAL_ERROR_CLASSES] = {
	{"", "unknown class", HEAL_ERRORS_OTHER},
	{"08", "connection exception", HEAL_ERRORS_CONNECTION_LOST},
	{"08006", "connection failure", HEAL_ERRORS_CONNECTION_LOST},
	{"08P01", "protocol violation", HEAL_ERRORS_CONNECTION_LOST},
	{"09", "triggered action exception", HEAL_ERRORS_OTHER},
	{"0A", "feature not supported", HEAL_ERRORS_OTHER},
	{"0B", "invalid transaction initiation", HEAL_ERRORS_OTHER},
	{"0F", "locator exception", HEAL_ERRORS_OTHER},
	{"0L", "invalid grantor", HEAL_ERRORS_OTHER},
	{"0P", "invalid role specification", HEAL_ERRORS_OTHER},
	{"0Z", "diagnostics exception", HEAL_ERRORS_OTHER},
	{"20", "case not found", HEAL_ERRORS_OTHER},
	{"21", "cardinality violation", HEAL_ERRORS_DATA},
	{"22", "data exception", HEAL_ERRORS_DATA},
	{"22001", "string data right truncation", HEAL_ERRORS_DATA},
	{"22003", "numeric value out of range", HEAL_ERRORS_DATA},
	{"22012", "division by zero", HEAL_ERRORS_DATA},
	{"22P02", "invalid text representation", HEAL_ERRORS_DATA},
	{"23", "integrity constraint violation", HEAL_ERRORS_CONSTRAINT},
	{"23001", "restrict violation", HEAL_ERRORS_FOREIGN_KEY},
	{"23502", "not null violation", HEAL_ERRORS_NOT_NULL},
	{"23503", "foreign key violation", HEAL_ERRORS_FOREIGN_KEY},
	{"23505", "unique violation", HEAL_ERRORS_UNIQUE},
	{"23514", "check violation", HEAL_ERRORS_CHECK},
	{"23P01", "exclusion violation", HEAL_ERRORS_CONSTRAINT},
	{"24", "invalid cursor state", HEAL_ERRORS_OTHER},
	{"25", "invalid transaction state", HEAL_ERRORS_OTHER},
	{"25006", "read only transaction", HEAL_ERRORS_OTHER},
	{"25P02", "in failed transaction", HEAL_ERRORS_OTHER},
	{"25P03", "idle in transaction timeout", HEAL_ERRORS_TERMINATED},
	{"25P04", "transaction timeout", HEAL_ERRORS_TERMINATED},
	{"26", "invalid statement name", HEAL_ERRORS_OTHER},
	{"27", "triggered data change violation", HEAL_ERRORS_OTHER},
	{"28", "invalid authorization", HEAL_ERRORS_OTHER},
	{"28000", "invalid authorization specification", HEAL_ERRORS_OTHER},
	{"28P01", "invalid password", HEAL_ERRORS_OTHER},
	{"2B", "dependent privileges exist", HEAL_ERRORS_OTHER},
	{"2D", "invalid transaction termination", HEAL_ERRORS_OTHER},
	{"2F", "routine exception", HEAL_ERRORS_OTHER},
	{"34", "invalid cursor name", HEAL_ERRORS_OTHER},
	{"38", "external routine exception", HEAL_ERRORS_OTHER},
	{"39", "external routine invocation exception", HEAL_ERRORS_OTHER},
	{"3B", "savepoint exception", HEAL_ERRORS_OTHER},
	{"3D", "invalid catalog name", HEAL_ERRORS_OTHER},
	{"3F", "invalid schema name", HEAL_ERRORS_SCHEMA},
	{"40", "transaction rollback", HEAL_ERRORS_OTHER},
	{"40001", "serialization failure", HEAL_ERRORS_SERIALIZATION},
	{"40P01", "deadlock detected", HEAL_ERRORS_OTHER},
	{"42", "syntax error or access rule violation", HEAL_ERRORS_SCHEMA},
	{"42501", "insufficient privilege", HEAL_ERRORS_PERMISSION},
	{"42601", "syntax error", HEAL_ERRORS_SCHEMA},
	{"42703", "undefined column", HEAL_ERRORS_SCHEMA},
	{"42883", "undefined function", HEAL_ERRORS_SCHEMA},
	{"42P01", "undefined table", HEAL_ERRORS_SCHEMA},
	{"44", "check option violation", HEAL_ERRORS_CHECK},
	{"53", "insufficient resources", HEAL_ERRORS_LIMIT},
	{"53100", "disk full", HEAL_ERRORS_DISK_FULL},
	{"53200", "out of memory", HEAL_ERRORS_OUT_OF_MEMORY},
	{"53300", "too many connections", HEAL_ERRORS_CONNECTION_REFUSED},
	{"54", "program limit exceeded", HEAL_ERRORS_LIMIT},
	{"55", "object not in prerequisite state", HEAL_ERRORS_OTHER},
	{"55P03", "lock not available", HEAL_ERRORS_LOCK_TIMEOUT},
	{"57", "operator intervention", HEAL_ERRORS_OTHER},
	{"57014", "query canceled", HEAL_ERRORS_CANCELLED},
	{"57P01", "terminated by an administrator", HEAL_ERRORS_TERMINATED},
	{"57P02", "terminated by a crash", HEAL_ERRORS_TERMINATED},
	{"57P03", "cannot connect now", HEAL_ERRORS_NOT_READY},
	{"57P05", "idle session timeout", HEAL_ERRORS_TERMINATED},
	{"58", "system error", HEAL_ERRORS_SYSTEM},
	{"58030", "input or output error", HEAL_ERRORS_SYSTEM},
	{"72", "snapshot failure", HEAL_ERRORS_OTHER},
	{"F0", "configuration file error", HEAL_ERRORS_SYSTEM},
	{"HV", "foreign data wrapper error", HEAL_ERRORS_OTHER},
	{"P0", "procedural language error", HEAL_ERRORS_OTHER},
	{"P0001", "raised exception", HEAL_ERRORS_OTHER},
	{"XX", "internal error", HEAL_ERRORS_SYSTEM},
	{"XX000", "internal error", HEAL_ERRORS_SYSTEM},
	{"XX001", "data corrupted", HEAL_ERRORS_CORRUPTION},
	{"XX002", "index corrupted", HEAL_ERRORS_CORRUPTION},
};

static int find(const char *code);
static int compare(const void *code, const void *row);

void
heal_sqlstate_text(int packed, char text[HEAL_SQLSTATE_SIZE])
{
	for (int i = 0; i < HEAL_SQLSTATE_SIZE - 1; i++)
		text[i] = (char) ('0' + ((packed >> (6 * i)) & 0x3F));
	text[HEAL_SQLSTATE_SIZE - 1] = '\0';
}

int
heal_error_class_of(const char *sqlstate)
{
	char class[CLASS_LENGTH + 1] = "";
	int row = find(sqlstate);

	if (row > 0)
		return row;
	strncpy(class, sqlstate, CLASS_LENGTH);
	row = find(class);
	return row > 0 ? row : 0;
}

/*
 * Not those whose client went away (08), who came while the server starts or stops or
 * were ended from outside (57), who found no slot (53) or did not speak our protocol
 * (0A): they say nothing about who may come in.
 */
bool
heal_error_refuses_login(const char *sqlstate)
{
	static const char *const innocent[] = {"08", "57", "53", "0A"};

	for (size_t i = 0; i < heal_lengthof(innocent); i++)
		if (strncmp(sqlstate, innocent[i], CLASS_LENGTH) == 0)
			return false;
	return true;
}

static int
find(const char *code)
{
	const HealErrorClass *row =
		bsearch(code, heal_error_classes, HEAL_ERROR_CLASSES,
				sizeof(HealErrorClass), compare);

	return row != NULL ? (int) (row - heal_error_classes) : -1;
}

static int
compare(const void *code, const void *row)
{
	return strcmp(code, ((const HealErrorClass *) row)->code);
}
