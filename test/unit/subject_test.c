/*
 * subject_test.c
 *		What is the same, and what only looks like it.
 */
#include "detect/subject.h"

#include <string.h>

#include "tap.h"

static HealSubject
setting(const char *name, uint32_t database, uint32_t role)
{
	HealSubject subject = {
		.kind = HEAL_SUBJECT_SETTING, .database = database, .role = role};

	snprintf(subject.name, sizeof(subject.name), "%s", name);
	return subject;
}

static void
test_sessions(void)
{
	HealSession session = {
		.id = {10, 500}, .role = 7, .transaction_start = 900};
	HealSubject ann = heal_subject_of_session(&session);
	HealSubject later = ann;
	HealSubject reused = ann;
	HealSubject process = ann;

	later.transaction = 901;
	later.role = 8;
	reused.session.backend_start = 501;
	process.kind = HEAL_SUBJECT_PROCESS;
	is_int(ann.role, 7, "a session's subject knows its role");
	is_int(ann.transaction, 900, "and its transaction");
	ok(heal_subject_same(&ann, &later),
	   "a session is the same whatever it does meanwhile");
	ok(!heal_subject_same(&ann, &reused), "a reused pid is not");
	ok(!heal_subject_same(&ann, &process), "nor is what has another kind");
	ok(heal_subject_is_session(&ann, (HealIdentity){10, 500}),
	   "it is found by its identity");
	ok(!heal_subject_is_session(&process, (HealIdentity){10, 500}),
	   "a process of the server's is no session");
}

static void
test_others(void)
{
	HealSubject here = setting("work_mem", 1, 0);
	HealSubject again = setting("work_mem", 1, 0);
	HealSubject elsewhere = setting("work_mem", 2, 0);
	HealSubject for_role = setting("work_mem", 1, 3);
	HealSubject other = setting("work_me", 1, 0);
	HealSubject server = {.kind = HEAL_SUBJECT_SERVER};
	HealSubject named = {.kind = HEAL_SUBJECT_SERVER, .number = 5};

	ok(heal_subject_same(&here, &again), "the same fields, the same setting");
	ok(!heal_subject_same(&here, &elsewhere), "not in another database");
	ok(!heal_subject_same(&here, &for_role), "not of another role");
	ok(!heal_subject_same(&here, &other), "not with another name");
	ok(heal_subject_same(&server, &named), "there is only one server");
	again.number = 1;
	ok(!heal_subject_same(&here, &again), "numbers count");
}

static void
test_names(void)
{
	for (int kind = 0; kind < HEAL_SUBJECT_KINDS; kind++)
		ok(heal_subject_kind_name(kind) != NULL &&
			   heal_subject_kind_name(kind)[0] != '\0',
		   "every kind has a name");
	is_string(heal_subject_kind_name(HEAL_SUBJECT_KINDS), "",
			  "what is none has none");
	is_string(heal_subject_kind_name(-1), "", "nor has a negative one");
}

int
main(void)
{
	test_sessions();
	test_others();
	test_names();
	return done_testing();
}
