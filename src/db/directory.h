/*
 * directory.h
 *		Who is who: roles and databases by OID, in processes without a database too.
 *
 * The server's own look-ups go through indexes of the shared catalogs, and a process that is attached
 * to no database can open those only if somebody else's cache file happened to be there when it
 * started; otherwise it is ended. So the catalogs are read whole, and kept until they change.
 */
#ifndef HEAL_DIRECTORY_H
#define HEAL_DIRECTORY_H

#include "postgres.h"

typedef struct HealRole
{
	Oid oid;
	NameData name;
	bool superuser;
	bool
		responder; /* member, directly or not, of selfheal_admin or selfheal_operator */
} HealRole;

/*
 * Read what has changed; needs a transaction. False when a catalog cannot be read now, because
 * somebody holds it exclusively: then nobody is known, and nobody unknown is ever touched. What the
 * look-ups return is good until the next call.
 */
extern bool heal_directory_refresh(void);
/* NULL or InvalidOid = there is none, or nobody is known. */
extern const HealRole *heal_directory_role(Oid role);
extern const HealRole *heal_directory_role_named(const char *name);
extern const char *heal_directory_database(Oid database);
extern Oid heal_directory_database_oid(const char *name);
/* Databases that may be connected to and are nobody's template, ascending; palloc'd. */
extern Oid *heal_directory_scannable(int *count);

#endif
