/*
 * procfs_test.c
 *		Files saved from real machines, whole, cut and spoilt.
 */
#include "sample/procfs.h"

#include "tap.h"

static const char stat_text[] = "cpu  100 20 30 4000 50 6 7 8 0 0\n"
								"cpu0 50 10 15 2000 25 3 3 4 0 0\n"
								"cpu1 50 10 15 2000 25 3 4 4 0 0\n"
								"intr 12345 0 9 0 0 0 0 0 0 1 0\n"
								"ctxt 987654321\n"
								"btime 1700000000\n"
								"processes 54321\n"
								"procs_running 3\n"
								"procs_blocked 1\n"
								"softirq 1 2 3\n";

static const char meminfo_text[] = "MemTotal:       24689764 kB\n"
								   "MemFree:         1234567 kB\n"
								   "MemAvailable:   20000000 kB\n"
								   "SwapCached:            0 kB\n"
								   "SwapTotal:       1048576 kB\n"
								   "SwapFree:        1000000 kB\n";

static const char pressure_text[] =
	"some avg10=1.53 avg60=0.87 avg300=0.31 total=123456789\n"
	"full avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\n";

static const char diskstats_text[] =
	"   7       0 loop0 1 0 2 0 0 0 0 0 0 0 0\n"
	"   8       0 sda 5000 10 80000 900 7000 20 160000 1800 2 2500 2700\n"
	"   8       1 sda1 400 1 6400 80 600 2 12800 150 0 300 230 0 0 0 0 5 6\n"
	" 259      16 nvme0n1 1 2 3 4 5 6 7 8 9 10 11\n";

/* The same text, cut after so many characters. */
static const char *
cut(const char *text, size_t length)
{
	static char buffer[2048];

	memcpy(buffer, text, length);
	buffer[length] = '\0';
	return buffer;
}

static void
processors(void)
{
	HealProcStat stat = heal_procfs_stat(stat_text);
	HealProcStat short_one = heal_procfs_stat("cpu  100 20 30 4000 50 6 7\n");
	HealProcStat other = heal_procfs_stat("cpu0 1 2 3 4 5 6 7 8\n");

	is_double(stat.user, 120, 0, "user time includes nice");
	is_double(stat.system, 43, 0, "system time includes interrupts");
	is_double(stat.iowait, 50, 0, "time waiting for disks");
	is_double(stat.steal, 8, 0, "time stolen");
	is_double(stat.used, 171, 0, "used is all that is not idle");
	is_double(stat.total, 4221, 0, "total is everything, guests not twice");
	is_double(stat.context_switches, 987654321, 0, "context switches");
	is_double(stat.forks, 54321, 0, "forks");
	is_double(stat.running, 3, 0, "threads running");
	is_double(stat.blocked, 1, 0, "threads blocked");
	is_double(short_one.total, NAN, 0, "too few columns are no reading");
	is_double(other.total, NAN, 0, "one processor is not all of them");
}

static void
memory(void)
{
	HealMemInfo memory = heal_procfs_meminfo(meminfo_text);
	HealSwapping swapping =
		heal_procfs_vmstat("nr_free_pages 1\npswpin 12\npswpout 34\npswp 5\n");

	is_double(memory.total, 24689764.0 * 1024, 0, "memory, in bytes");
	is_double(memory.available, 20000000.0 * 1024, 0, "memory available");
	is_double(memory.swap_total - memory.swap_free, 48576.0 * 1024, 0,
			  "swap in use");
	is_double(heal_procfs_meminfo("MemTotal: kB\n").total, NAN, 0,
			  "a line without its number is missing");
	is_double(heal_procfs_meminfo("MemTotal:\n77 kB\n").total, NAN, 0,
			  "a number is not fetched from the next line");
	is_double(heal_procfs_meminfo("XMemTotal: 5 kB\n").total, NAN, 0,
			  "a name is matched from its beginning");
	is_double(swapping.in, 12, 0, "pages swapped in");
	is_double(swapping.out, 34, 0, "pages swapped out");
}

static void
load_and_pressure(void)
{
	HealLoadAverage load = heal_procfs_loadavg("0.52 12.07 1.00 3/456 7890\n");
	HealPressure pressure = heal_procfs_pressure(pressure_text);
	HealPressure old_kernel = heal_procfs_pressure(
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=9\n");

	is_double(load.one, .52, 1e-12, "load of one minute");
	is_double(load.five, 12.07, 1e-12, "load of five minutes");
	is_double(heal_procfs_loadavg("0.52\n").one, NAN, 0,
			  "half a load average is none");
	is_double(pressure.some, 123.456789, 1e-9, "pressure on some, in seconds");
	is_double(pressure.full, 2.5, 1e-12, "pressure on all");
	is_double(old_kernel.some, 9e-6, 1e-12, "one line is enough for some");
	is_double(old_kernel.full, NAN, 0, "and leaves full missing");
	is_double(heal_procfs_pressure("some avg10=0 total=\n").some, NAN, 0,
			  "a total without a number is missing");
}

static void
disks(void)
{
	HealDisk disk = heal_procfs_diskstats(diskstats_text, 8, 0);
	HealDisk partition = heal_procfs_diskstats(diskstats_text, 8, 1);
	HealDisk short_line = heal_procfs_diskstats("8 0 sda 1 2 3\n", 8, 0);

	is_double(disk.read, 80000 * 512.0, 0, "bytes read");
	is_double(disk.written, 160000 * 512.0, 0, "bytes written");
	is_double(disk.busy, 2.5, 1e-12, "seconds busy");
	ok(disk.reads == 5000 && disk.writes == 7000 && disk.in_flight == 2,
	   "requests, done and not");
	is_double(disk.read_time, .9, 1e-12, "seconds that reads took");
	is_double(disk.write_time, 1.8, 1e-12, "seconds that writes took");
	is_double(partition.read, 6400 * 512.0, 0, "newer kernels add columns");
	is_double(heal_procfs_diskstats(diskstats_text, 259, 16).busy, .01, 1e-12,
			  "both numbers of the device are compared");
	is_double(heal_procfs_diskstats(diskstats_text, 16, 259).busy, NAN, 0,
			  "an unknown device is missing");
	is_double(short_line.read, NAN, 0, "a short line is missing");
}

static const char network_text[] =
	"Inter-|   Receive                |  Transmit\n"
	" face |bytes    packets errs drop|bytes    packets errs drop\n"
	"    lo: 999 9 9 9 0 0 0 0 999 9 9 9 0 0 0 0\n"
	"  eth0:1000 10 1 2 0 0 0 0 500 5 3 4 0 0 0 0\n"
	"   lo2: 7 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0\n";

static void
network(void)
{
	HealNetwork all = heal_procfs_network(network_text);
	HealNetwork lonely =
		heal_procfs_network("  lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\n");

	is_double(all.received, 1007, 0, "bytes received, but for the loopback");
	is_double(all.sent, 508, 0, "bytes sent");
	is_double(all.errors, 4, 0, "errors both ways");
	is_double(all.drops, 6, 0, "drops both ways");
	is_double(lonely.sent, NAN, 0, "the loopback alone is no network");
	is_double(heal_procfs_network("eth0: 1 2 3\n").received, NAN, 0,
			  "a short line is missing");
}

static void
spoilt(void)
{
	static const char *const garbage[] = {
		"",
		"\n",
		"\n\n\n",
		"cpu",
		"cpu \n",
		"cpu  a b c d e f g h\n",
		"cpu  -1 -1 -1 -1 -1 -1 -1 -1\n",
		"some total=x\nfull total=-5\n",
		"MemTotal: many kB\n",
		"8 0\n8 0 sda\n8 0 sda x\n",
		"\xff\xfe\x80garbage\x01\n",
	};
	int wrong = 0;
	int half_numbers = 0;

	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
	{
		const char *text = garbage[i];

		wrong += !isnan(heal_procfs_stat(text).total) ||
				 !isnan(heal_procfs_meminfo(text).total) ||
				 !isnan(heal_procfs_loadavg(text).one) ||
				 !isnan(heal_procfs_vmstat(text).in) ||
				 !isnan(heal_procfs_pressure(text).some) ||
				 !isnan(heal_procfs_diskstats(text, 8, 0).read) ||
				 !isnan(heal_procfs_network(text).received);
	}
	is_int(wrong, 0, "garbage is missing everywhere");

	for (size_t i = 0; i < sizeof(stat_text) - 1; i++)
	{
		HealProcStat stat = heal_procfs_stat(cut(stat_text, i));

		half_numbers += !isnan(stat.total) && stat.total != 4221;
		half_numbers +=
			!isnan(stat.context_switches) && stat.context_switches != 987654321;
		half_numbers += !isnan(stat.blocked) && stat.blocked != 1;
	}
	for (size_t i = 0; i < sizeof(diskstats_text) - 1; i++)
	{
		HealDisk disk = heal_procfs_diskstats(cut(diskstats_text, i), 8, 1);

		half_numbers += !isnan(disk.read) && disk.read != 6400 * 512.0;
	}
	for (size_t i = 0; i < sizeof(pressure_text) - 1; i++)
	{
		HealPressure pressure = heal_procfs_pressure(cut(pressure_text, i));

		half_numbers += !isnan(pressure.full) && pressure.full != 2.5;
	}
	is_int(half_numbers, 0, "a text cut anywhere never gives half a number");
}

int
main(void)
{
	processors();
	memory();
	load_and_pressure();
	disks();
	network();
	spoilt();
	return done_testing();
}
