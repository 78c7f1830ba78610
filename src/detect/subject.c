/*
 * subject.c
 *		Telling what a failure is about from anything else.
 */
#include "detect/subject.h"

#include <string.h>

const char *
heal_subject_kind_name(int kind)
{
	static const char *const names[HEAL_SUBJECT_KINDS] = {
		[HEAL_SUBJECT_SERVER] = "server",
		[HEAL_SUBJECT_SESSION] = "session",
		[HEAL_SUBJECT_PREPARED] = "prepared",
		[HEAL_SUBJECT_SETTING] = "setting",
		[HEAL_SUBJECT_RELATION] = "relation",
		[HEAL_SUBJECT_PROCESS] = "process",
		[HEAL_SUBJECT_SOURCE] = "source",
		[HEAL_SUBJECT_SLOT] = "slot",
	};

	return kind >= 0 && kind < HEAL_SUBJECT_KINDS ? names[kind] : "";
}

HealSubject
heal_subject_of_session(const HealSession *session)
{
	HealSubject subject = {
		.kind = HEAL_SUBJECT_SESSION,
		.database = session->database,
		.role = session->role,
		.session = session->id,
		.transaction = session->transaction_start,
	};

	return subject;
}

HealSubject
heal_subject_of_source(const HealSource *source)
{
	HealSubject subject = {
		.kind = HEAL_SUBJECT_SOURCE,
		.database = source->database,
		.role = source->role,
		.number = source->query,
	};

	memcpy(subject.name, source->application, sizeof(subject.name));
	memcpy(subject.schema, source->address, sizeof(subject.schema));
	return subject;
}

HealSource
heal_subject_source(const HealSubject *subject)
{
	HealSource source = {
		.role = subject->role,
		.database = subject->database,
		.query = subject->number,
	};

	memcpy(source.application, subject->name, sizeof(source.application));
	memcpy(source.address, subject->schema, sizeof(source.address));
	return source;
}

bool
heal_subject_same(const HealSubject *a, const HealSubject *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == HEAL_SUBJECT_SERVER)
		return true;
	if (a->kind == HEAL_SUBJECT_SESSION || a->kind == HEAL_SUBJECT_PROCESS)
		return heal_same_identity(a->session, b->session);
	return a->database == b->database && a->role == b->role &&
		   a->relation == b->relation && a->number == b->number &&
		   strcmp(a->schema, b->schema) == 0 && strcmp(a->name, b->name) == 0;
}

bool
heal_subject_is_session(const HealSubject *subject, HealIdentity session)
{
	return subject->kind == HEAL_SUBJECT_SESSION &&
		   heal_same_identity(subject->session, session);
}
