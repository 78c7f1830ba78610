/*
 * procpid_test.c
 *		What a process has used is read from its files, whatever it calls itself.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sample/procpid.h"
#include "tap.h"

static const char stat_text[] =
	"4711 (postgres) S 4700 4711 4711 0 -1 4194368 1822 0 3 0 250 75 0 0 20 0 "
	"1 0 123456 225280000 3520 18446744073709551615 1 1 0 0 0 0 0 0 0\n";
static const char status_text[] =
	"Name:\tpostgres\nVmPeak:\t  220000 kB\nVmRSS:\t   14080 kB\n"
	"RssAnon:\t    2048 kB\nRssFile:\t    4096 kB\nRssShmem:\t    7936 kB\n"
	"VmSwap:\t       4 kB\n";
static const char io_text[] =
	"rchar: 10\nwchar: 20\nsyscr: 1\nsyscw: 2\nread_bytes: 8192\n"
	"write_bytes: 4096\ncancelled_write_bytes: 0\n";

static void
plain(void)
{
	HealPidStat stat = heal_procpid_stat(stat_text);
	HealPidMemory memory = heal_procpid_status(status_text);
	HealPidIo io = heal_procpid_io(io_text);

	is_int(stat.state, 'S', "state");
	is_double(stat.parent, 4700, 0, "parent");
	is_double(stat.user_ticks, 250, 0, "its own time");
	is_double(stat.system_ticks, 75, 0, "the kernel's");
	is_double(stat.start_ticks, 123456, 0, "start");
	is_double(memory.resident, 14080 * 1024, 0, "resident");
	is_double(memory.private, 2048 * 1024, 0, "private");
	is_double(memory.shared, 7936 * 1024, 0, "shared");
	is_double(memory.swapped, 4096, 0, "swapped");
	is_double(io.read, 8192, 0, "read from disk, not from the cache");
	is_double(io.written, 4096, 0, "written, not what was cancelled");
}

static void
hostile_names(void)
{
	HealPidStat stat = heal_procpid_stat(
		"1 (a) R 99 (b)\n) S 4700 1 1 0 -1 0 0 0 0 0 250 75 0 0 20 0 1 0 9 0\n");

	is_double(stat.parent, 4700, 0, "a name like a line of figures");
	is_double(
		heal_procpid_status("Name:\tVmRSS: 1 kB\nVmRSS:\t 2 kB\n").resident,
		2048, 0, "or like a word of the file");
}

static void
spoilt(void)
{
	char text[sizeof(stat_text)];
	int half = 0;
	int wrong = 0;

	ok(isnan(heal_procpid_stat("").parent) &&
		   isnan(heal_procpid_status("").resident) &&
		   isnan(heal_procpid_io("").read),
	   "no file is missing, not zero");
	ok(isnan(heal_procpid_status("Name:\tkthread\n").resident),
	   "nor is one without memory");
	for (size_t i = 0; i < sizeof(stat_text) - 1; i++)
	{
		HealPidStat stat;

		memcpy(text, stat_text, i);
		text[i] = '\0';
		stat = heal_procpid_stat(text);
		half += !isnan(stat.start_ticks) && stat.start_ticks != 123456;
	}
	for (size_t i = 0; i < sizeof(io_text) - 1; i++)
	{
		HealPidIo io;

		memcpy(text, io_text, i < sizeof(text) ? i : 0);
		text[i < sizeof(text) ? i : 0] = '\0';
		io = heal_procpid_io(text);
		half += !isnan(io.written) && io.written != 4096;
	}
	is_int(half, 0, "a text cut anywhere never gives half a number");
	srand(4711);
	for (int round = 0; round < 1000; round++)
	{
		for (size_t i = 0; i < sizeof(text) - 1; i++)
			text[i] = (char) (1 + rand() % 255);
		text[sizeof(text) - 1] = '\0';
		wrong += !isnan(heal_procpid_stat(text).start_ticks);
		wrong += !isnan(heal_procpid_status(text).resident);
		wrong += !isnan(heal_procpid_io(text).read);
	}
	is_int(wrong, 0, "garbage is missing");
}

int
main(void)
{
	plain();
	hostile_names();
	spoilt();
	return done_testing();
}
