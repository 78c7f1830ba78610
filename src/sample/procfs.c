/*
 * procfs.c
 *		Text of files under /proc -> numbers.
 *
 * The text may come from a buffer that was too small, so a line counts only when
 * its line feed is there: half a number is worse than none. Numbers are read by
 * hand because strtod() obeys the locale and walks over line ends.
 */
#include "sample/procfs.h"

#include <math.h>
#include <string.h>

#define SECTOR 512.0 /* of diskstats, whatever the device's own is */

static bool next_line(const char **text, const char **line, const char **end);
static const char *
after_word(const char *line, const char *end, const char *word);
static double number(const char **at, const char *end);
static int numbers(const char *at, const char *end, double *values, int max);
static double value_of(const char *text, const char *word);

HealProcStat
heal_procfs_stat(const char *text)
{
	enum
	{
		USER,
		NICE,
		SYSTEM,
		IDLE,
		IOWAIT,
		IRQ,
		SOFTIRQ,
		STEAL,
		TIMES
	};
	HealProcStat stat = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	const char *rest = text;
	const char *line;
	const char *end;
	const char *at;
	double time[TIMES];

	if (next_line(&rest, &line, &end) &&
		(at = after_word(line, end, "cpu")) != NULL &&
		numbers(at, end, time, TIMES) == TIMES)
	{
		stat.user = time[USER] + time[NICE];
		stat.system = time[SYSTEM] + time[IRQ] + time[SOFTIRQ];
		stat.iowait = time[IOWAIT];
		stat.steal = time[STEAL];
		stat.used = stat.user + stat.system + stat.steal;
		stat.total = stat.used + time[IDLE] + time[IOWAIT];
	}
	stat.context_switches = value_of(text, "ctxt");
	stat.forks = value_of(text, "processes");
	stat.running = value_of(text, "procs_running");
	stat.blocked = value_of(text, "procs_blocked");
	return stat;
}

HealMemInfo
heal_procfs_meminfo(const char *text)
{
	return (HealMemInfo){
		.total = 1024 * value_of(text, "MemTotal:"),
		.available = 1024 * value_of(text, "MemAvailable:"),
		.swap_total = 1024 * value_of(text, "SwapTotal:"),
		.swap_free = 1024 * value_of(text, "SwapFree:"),
	};
}

HealLoadAverage
heal_procfs_loadavg(const char *text)
{
	HealLoadAverage load = {NAN, NAN};
	const char *line;
	const char *end;
	double average[3];

	if (next_line(&text, &line, &end) && numbers(line, end, average, 3) == 3)
		load = (HealLoadAverage){average[0], average[1]};
	return load;
}

HealSwapping
heal_procfs_vmstat(const char *text)
{
	return (HealSwapping){
		.in = value_of(text, "pswpin"),
		.out = value_of(text, "pswpout"),
	};
}

/* "some avg10=0.12 avg60=0.01 avg300=0.00 total=123456", total in microseconds */
HealPressure
heal_procfs_pressure(const char *text)
{
	HealPressure pressure = {NAN, NAN};
	const char *line;
	const char *end;

	while (next_line(&text, &line, &end))
	{
		double *kind = after_word(line, end, "some")   ? &pressure.some
					   : after_word(line, end, "full") ? &pressure.full
													   : NULL;

		for (const char *at = line; kind != NULL && at < end; at++)
			if (end - at > 6 && memcmp(at, "total=", 6) == 0)
			{
				at += 6;
				*kind = number(&at, end) / 1e6;
				break;
			}
	}
	return pressure;
}

/*
 * "8 0 sda reads merged sectors ms writes merged sectors ms in_flight busy_ms ..."
 */
HealDisk
heal_procfs_diskstats(const char *text, unsigned major, unsigned minor)
{
	enum
	{
		READS = 0,
		SECTORS_READ = 2,
		READ_MS = 3,
		WRITES = 4,
		SECTORS_WRITTEN = 6,
		WRITE_MS = 7,
		IN_FLIGHT = 8,
		BUSY_MS = 9,
		COLUMNS
	};
	HealDisk disk = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	const char *line;
	const char *end;

	while (next_line(&text, &line, &end))
	{
		const char *at = line;
		double column[COLUMNS];

		if (number(&at, end) != major || number(&at, end) != minor)
			continue;
		while (at < end && *at == ' ')
			at++;
		while (at < end && *at != ' ')
			at++;
		if (numbers(at, end, column, COLUMNS) == COLUMNS)
			disk = (HealDisk){
				.read = column[SECTORS_READ] * SECTOR,
				.written = column[SECTORS_WRITTEN] * SECTOR,
				.busy = column[BUSY_MS] / 1e3,
				.reads = column[READS],
				.writes = column[WRITES],
				.read_time = column[READ_MS] / 1e3,
				.write_time = column[WRITE_MS] / 1e3,
				.in_flight = column[IN_FLIGHT],
			};
		break;
	}
	return disk;
}

/*
 * "  eth0: bytes packets errors drops fifo frame compressed multicast bytes packets ..."
 * and two lines of headings, which have no colon. The number may follow it at once.
 */
HealNetwork
heal_procfs_network(const char *text)
{
	enum
	{
		RECEIVED = 0,
		RECEIVE_ERRORS = 2,
		RECEIVE_DROPS = 3,
		SENT = 8,
		SEND_ERRORS = 10,
		SEND_DROPS = 11,
		COLUMNS
	};
	HealNetwork network = {NAN, NAN, NAN, NAN};
	HealNetwork sum = {0, 0, 0, 0};
	const char *line;
	const char *end;

	while (next_line(&text, &line, &end))
	{
		const char *colon = memchr(line, ':', (size_t) (end - line));
		double column[COLUMNS];

		while (line < end && *line == ' ')
			line++;
		if (colon == NULL || (colon - line == 2 && memcmp(line, "lo", 2) == 0))
			continue;
		if (numbers(colon + 1, end, column, COLUMNS) < COLUMNS)
			return network;
		sum.received += column[RECEIVED];
		sum.sent += column[SENT];
		sum.errors += column[RECEIVE_ERRORS] + column[SEND_ERRORS];
		sum.drops += column[RECEIVE_DROPS] + column[SEND_DROPS];
		network = sum;
	}
	return network;
}

/* The next whole line, without its line feed; false at the end. */
static bool
next_line(const char **text, const char **line, const char **end)
{
	const char *feed = strchr(*text, '\n');

	if (feed == NULL)
		return false;
	*line = *text;
	*end = feed;
	*text = feed + 1;
	return true;
}

/* What follows the word that begins the line; NULL when another one does. */
static const char *
after_word(const char *line, const char *end, const char *word)
{
	size_t length = strlen(word);

	if ((size_t) (end - line) <= length || memcmp(line, word, length) != 0)
		return NULL;
	return line[length] == ' ' || line[length] == '\t' ? line + length : NULL;
}

/* One unsigned decimal number, and moves behind it; NaN when there is none. */
static double
number(const char **at, const char *end)
{
	const char *c = *at;
	double value = 0;
	double digit = 1;

	while (c < end && (*c == ' ' || *c == '\t'))
		c++;
	if (c >= end || *c < '0' || *c > '9')
		return NAN;
	for (; c < end && *c >= '0' && *c <= '9'; c++)
		value = value * 10 + (*c - '0');
	if (c < end && *c == '.')
		for (c++; c < end && *c >= '0' && *c <= '9'; c++)
			value += (*c - '0') * (digit /= 10);
	*at = c;
	return value;
}

/* How many numbers stand there in a row, at most max. */
static int
numbers(const char *at, const char *end, double *values, int max)
{
	int found = 0;

	while (found < max && !isnan(values[found] = number(&at, end)))
		found++;
	return found;
}

/* The number behind the word on the line that begins with it. */
static double
value_of(const char *text, const char *word)
{
	const char *line;
	const char *end;

	while (next_line(&text, &line, &end))
	{
		const char *at = after_word(line, end, word);

		if (at != NULL)
			return number(&at, end);
	}
	return NAN;
}
