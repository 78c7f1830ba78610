/*
 * subject.h
 *		What a failure is about and a recovery acts on, named so that it cannot be mistaken for another.
 *
 * A pid, an OID or a name alone names nobody: pids and OIDs are reused, and names are given again. A
 * subject holds what is needed to tell. It is a plain value that goes into the journal; fields a kind
 * does not use are zero, so that two subjects are the same when their fields are.
 */
#ifndef HEAL_SUBJECT_H
#define HEAL_SUBJECT_H

#include "sample/situation.h"

typedef enum HealSubjectKind
{
	HEAL_SUBJECT_SERVER,   /* the server as a whole; nothing else is set */
	HEAL_SUBJECT_SESSION,  /* session, transaction, role, database */
	HEAL_SUBJECT_PREPARED, /* number = its transaction id, role, database */
	/* name; database and role say at which level it is set, 0 for both: the server's own */
	HEAL_SUBJECT_SETTING,
	HEAL_SUBJECT_RELATION, /* database, relation, schema, name; number = the act's own */
	HEAL_SUBJECT_PROCESS, /* session = a process of the server's own */
	/* role, database, number = query id, name = application, schema = address; what is not set is any */
	HEAL_SUBJECT_SOURCE,
	HEAL_SUBJECT_SLOT, /* name, database; number = the position it stands at */
	HEAL_SUBJECT_KINDS
} HealSubjectKind;

typedef struct HealSubject
{
	int32_t kind; /* HealSubjectKind */
	uint32_t database;
	uint32_t role;
	uint32_t relation;
	uint64_t number;
	HealIdentity session;
	HealTime transaction; /* start of the session's transaction, 0 = in none */
	char schema[HEAL_NAME_SIZE];
	char name[HEAL_NAME_SIZE];
} HealSubject;

/* One word; "" for what is no kind. */
extern const char *heal_subject_kind_name(int kind);
extern HealSubject heal_subject_of_session(const HealSession *session);
extern HealSubject heal_subject_of_source(const HealSource *source);
/* Back again: whom it names, and nothing of how he does. */
extern HealSource heal_subject_source(const HealSubject *subject);
/*
 * Of a session only who it is counts: what it does may be another thing by now, and a role or a
 * database cannot be.
 */
extern bool heal_subject_same(const HealSubject *a, const HealSubject *b);
extern bool
heal_subject_is_session(const HealSubject *subject, HealIdentity session);

#endif
