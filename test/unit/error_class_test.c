/*
 * error_class_test.c
 *		Every SQLSTATE has its row, and only a refusal is a failed login.
 */
#include "gate/error_class.h"

#include "tap.h"

static int
pack(const char *code)
{
	int packed = 0;

	for (int i = 4; i >= 0; i--)
		packed = packed << 6 | ((code[i] - '0') & 0x3F);
	return packed;
}

static const char *
row_of(const char *code)
{
	return heal_error_classes[heal_error_class_of(code)].code;
}

static void
catalogue(void)
{
	int unsorted = 0;
	int classless = 0;
	int misshapen = 0;
	int lost = 0;
	int used[HEAL_ERROR_GROUPS] = {0};
	int unused = 0;

	is_string(heal_error_classes[0].code, "", "the first row is for the rest");
	for (int i = 1; i < HEAL_ERROR_CLASSES; i++)
	{
		const HealErrorClass *row = &heal_error_classes[i];
		char class[3] = {row->code[0], row->code[1], '\0'};

		unsorted += strcmp(heal_error_classes[i - 1].code, row->code) >= 0;
		misshapen += strlen(row->code) != 2 && strlen(row->code) != 5;
		classless += strcmp(row_of(class), class) != 0;
		lost += heal_error_class_of(row->code) != i;
		used[row->group]++;
	}
	for (int i = 0; i < HEAL_ERROR_GROUPS; i++)
		unused += used[i] == 0;
	is_int(unsorted, 0, "rows are sorted and no code is there twice");
	is_int(misshapen, 0, "codes have five characters, classes two");
	is_int(classless, 0, "every code has a class");
	is_int(lost, 0, "every row is found");
	is_int(unused, 0, "every group has a row");
}

static void
lookups(void)
{
	char text[HEAL_SQLSTATE_SIZE];

	is_string(row_of("23505"), "23505", "a code that matters has its own row");
	is_string(row_of("23999"), "23", "another is of its class");
	is_string(row_of("ZZZZZ"), "", "one of no class is of the rest");
	is_string(row_of("99"), "", "even when it is too short");
	is_string(row_of(""), "", "or empty");

	heal_sqlstate_text(pack("40P01"), text);
	is_string(text, "40P01", "the server's packed form is unpacked");
	heal_sqlstate_text(pack("XX000"), text);
	is_string(text, "XX000", "letters, too");
	heal_sqlstate_text(-1, text);
	is_string(row_of(text), "", "and nonsense does no harm");
}

static void
refusals(void)
{
	ok(heal_error_refuses_login("28P01"), "a wrong password is a refusal");
	ok(heal_error_refuses_login("28000"), "so are pg_hba.conf and NOLOGIN");
	ok(heal_error_refuses_login("3D000"), "a database that is not there");
	ok(heal_error_refuses_login("42501"), "and one that may not be entered");
	ok(!heal_error_refuses_login("08006"), "a client that left is none");
	ok(!heal_error_refuses_login("57P03"), "nor a server that is not ready");
	ok(!heal_error_refuses_login("57P01"), "nor one that is shut down");
	ok(!heal_error_refuses_login("53300"), "nor a server that is full");
	ok(!heal_error_refuses_login("0A000"), "nor another protocol");
}

int
main(void)
{
	catalogue();
	lookups();
	refusals();
	return done_testing();
}
