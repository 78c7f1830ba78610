/*
 * osfile_pg.c
 *		Reads what the operating system says about the machine.
 *
 * Plain system calls and one static buffer: no memory to lose, and no error to raise,
 * because every file here may be absent (containers, old kernels, pressure switched off).
 * Files of /proc stay open from one heartbeat to the next, which halves what reading them
 * costs: reading from the start makes their text anew. The working directory of a server
 * process is the data directory.
 */
#include "postgres.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "access/xlog_internal.h"

#include "sample/cgroup_pg.h"
#include "sample/osfile_pg.h"
#include "sample/procfs.h"

/* /proc/stat names every interrupt before the lines we want. */
#define TEXT_SIZE (128 * 1024)

typedef enum OsFile
{
	CPU,
	LOAD,
	MEMORY,
	SWAPPING,
	PRESSURE_CPU,
	PRESSURE_MEMORY,
	PRESSURE_IO,
	DISKS,
	NETWORK,
	OS_FILES
} OsFile;

static struct
{
	const char *path;
	bool long_text; /* comes in pieces; the others come in one */
	bool is_open;
	int descriptor;
} files[OS_FILES] = {
	[CPU] = {"/proc/stat"},
	[LOAD] = {"/proc/loadavg"},
	[MEMORY] = {"/proc/meminfo"},
	[SWAPPING] = {"/proc/vmstat", true},
	[PRESSURE_CPU] = {"/proc/pressure/cpu"},
	[PRESSURE_MEMORY] = {"/proc/pressure/memory"},
	[PRESSURE_IO] = {"/proc/pressure/io"},
	[DISKS] = {"/proc/diskstats", true},
	[NETWORK] = {"/proc/net/dev", true},
};

static char text_buffer[TEXT_SIZE];

static const char *text_of(OsFile file);
static bool open_file(OsFile file);
static void close_file(OsFile file);
static void read_cpu(HealReading *reading);
static void read_load(HealReading *reading);
static void read_memory(HealReading *reading);
static void read_pressure(HealReading *reading);
static void read_device(HealReading *reading);
static void read_network(HealReading *reading);
static void
read_space(HealReading *reading, const char *path, HealMetricId free,
		   HealMetricId used, HealMetricId inodes);

void
heal_osfile_read(HealReading *reading)
{
	read_cpu(reading);
	read_space(reading, ".", HEAL_METRIC_DATA_FREE, HEAL_METRIC_DATA_USED_SHARE,
			   HEAL_METRIC_DATA_INODES_USED_SHARE);
	read_space(reading, XLOGDIR, HEAL_METRIC_WAL_DISK_FREE,
			   HEAL_METRIC_WAL_DISK_USED_SHARE,
			   HEAL_METRIC_WAL_DISK_INODES_USED_SHARE);
}

void
heal_osfile_read_more(HealReading *reading)
{
	read_load(reading);
	read_pressure(reading);
	read_memory(reading);
	read_device(reading);
	read_network(reading);
	heal_cgroup_read(reading);
}

static void
read_cpu(HealReading *reading)
{
	static const HealMetricId shares[] = {
		HEAL_METRIC_CPU_USED,	HEAL_METRIC_CPU_USER,  HEAL_METRIC_CPU_SYSTEM,
		HEAL_METRIC_CPU_IOWAIT, HEAL_METRIC_CPU_STEAL,
	};
	HealProcStat stat = heal_procfs_stat(text_of(CPU));
	double *value = reading->value;

	value[HEAL_METRIC_CPU_USED] = stat.used;
	value[HEAL_METRIC_CPU_USER] = stat.user;
	value[HEAL_METRIC_CPU_SYSTEM] = stat.system;
	value[HEAL_METRIC_CPU_IOWAIT] = stat.iowait;
	value[HEAL_METRIC_CPU_STEAL] = stat.steal;
	for (int i = 0; i < lengthof(shares); i++)
		reading->whole[shares[i]] = stat.total;
	value[HEAL_METRIC_CONTEXT_SWITCHES] = stat.context_switches;
	value[HEAL_METRIC_FORKS] = stat.forks;
	value[HEAL_METRIC_RUN_QUEUE] = stat.running;
	value[HEAL_METRIC_PROCESSES_BLOCKED] = stat.blocked;
}

static void
read_load(HealReading *reading)
{
	HealLoadAverage load = heal_procfs_loadavg(text_of(LOAD));

	reading->value[HEAL_METRIC_LOAD] = load.one;
	reading->value[HEAL_METRIC_LOAD_5] = load.five;
}

static void
read_memory(HealReading *reading)
{
	HealMemInfo memory = heal_procfs_meminfo(text_of(MEMORY));
	double *value = reading->value;

	value[HEAL_METRIC_MEMORY_AVAILABLE] = memory.available;
	if (memory.total > 0)
		value[HEAL_METRIC_MEMORY_USED_SHARE] =
			1.0 - memory.available / memory.total;
	value[HEAL_METRIC_SWAP_USED] = memory.swap_total - memory.swap_free;
	/* a long file, and nothing in it for us on a machine without swap space */
	if (memory.swap_total > 0)
	{
		HealSwapping swapping = heal_procfs_vmstat(text_of(SWAPPING));
		double page = (double) sysconf(_SC_PAGESIZE);

		value[HEAL_METRIC_SWAP_IN] = swapping.in * page;
		value[HEAL_METRIC_SWAP_OUT] = swapping.out * page;
	}
}

static void
read_pressure(HealReading *reading)
{
	static const struct
	{
		OsFile file;
		int some;
		int full; /* -1: the kernel knows none worth showing */
	} causes[] = {
		{PRESSURE_CPU, HEAL_METRIC_PRESSURE_CPU, -1},
		{PRESSURE_MEMORY, HEAL_METRIC_PRESSURE_MEMORY,
		 HEAL_METRIC_PRESSURE_MEMORY_FULL},
		{PRESSURE_IO, HEAL_METRIC_PRESSURE_IO, HEAL_METRIC_PRESSURE_IO_FULL},
	};
	double now = (double) reading->taken_at / HEAL_SECOND;

	for (int i = 0; i < lengthof(causes); i++)
	{
		HealPressure pressure = heal_procfs_pressure(text_of(causes[i].file));

		reading->value[causes[i].some] = pressure.some;
		reading->whole[causes[i].some] = now;
		if (causes[i].full < 0)
			continue;
		reading->value[causes[i].full] = pressure.full;
		reading->whole[causes[i].full] = now;
	}
}

/* File systems without a device of their own (overlay, network) stay missing. */
static void
read_device(HealReading *reading)
{
	struct stat data;
	HealDisk disk;

	if (stat(".", &data) != 0 || major(data.st_dev) == 0)
		return;
	disk = heal_procfs_diskstats(text_of(DISKS), major(data.st_dev),
								 minor(data.st_dev));
	reading->value[HEAL_METRIC_DISK_READ] = disk.read;
	reading->value[HEAL_METRIC_DISK_WRITTEN] = disk.written;
	reading->value[HEAL_METRIC_DISK_BUSY] = disk.busy;
	reading->whole[HEAL_METRIC_DISK_BUSY] =
		(double) reading->taken_at / HEAL_SECOND;
	reading->value[HEAL_METRIC_DISK_READS] = disk.reads;
	reading->value[HEAL_METRIC_DISK_WRITES] = disk.writes;
	reading->value[HEAL_METRIC_DISK_READ_LATENCY] = disk.read_time * 1e3;
	reading->whole[HEAL_METRIC_DISK_READ_LATENCY] = disk.reads;
	reading->value[HEAL_METRIC_DISK_WRITE_LATENCY] = disk.write_time * 1e3;
	reading->whole[HEAL_METRIC_DISK_WRITE_LATENCY] = disk.writes;
	reading->value[HEAL_METRIC_DISK_IN_FLIGHT] = disk.in_flight;
}

static void
read_network(HealReading *reading)
{
	HealNetwork network = heal_procfs_network(text_of(NETWORK));

	reading->value[HEAL_METRIC_NETWORK_RECEIVED] = network.received;
	reading->value[HEAL_METRIC_NETWORK_SENT] = network.sent;
	reading->value[HEAL_METRIC_NETWORK_ERRORS] = network.errors;
	reading->value[HEAL_METRIC_NETWORK_DROPS] = network.drops;
}

/* As df counts: what only root may use is neither free nor used. */
static void
read_space(HealReading *reading, const char *path, HealMetricId free,
		   HealMetricId used, HealMetricId inodes)
{
	struct statvfs fs;
	double taken;
	double available;

	if (statvfs(path, &fs) != 0)
		return;
	taken = (double) (fs.f_blocks - fs.f_bfree);
	available = (double) fs.f_bavail;
	reading->value[free] = available * fs.f_frsize;
	if (taken + available > 0)
		reading->value[used] = taken / (taken + available);
	/* Some file systems make inodes as they need them and report none. */
	if (fs.f_files > 0)
		reading->value[inodes] =
			(double) (fs.f_files - fs.f_ffree) / (double) fs.f_files;
}

/* The file's text, cut at the size of the buffer; empty when it cannot be read. */
static const char *
text_of(OsFile file)
{
	size_t length = 0;
	ssize_t got = open_file(file) ? 0 : -1;

	while (got >= 0 && length < TEXT_SIZE - 1)
	{
		got = pread(files[file].descriptor, text_buffer + length,
					TEXT_SIZE - 1 - length, length);
		length += Max(got, 0);
		if (got == 0 || !files[file].long_text)
			break;
	}
	if (got < 0)
		close_file(file); /* the next heartbeat tries again */
	text_buffer[got < 0 ? 0 : length] = '\0';
	return text_buffer;
}

static bool
open_file(OsFile file)
{
	if (!files[file].is_open)
		files[file].descriptor = open(files[file].path, O_RDONLY | O_CLOEXEC);
	files[file].is_open = files[file].descriptor >= 0;
	return files[file].is_open;
}

static void
close_file(OsFile file)
{
	if (files[file].is_open)
		close(files[file].descriptor);
	files[file].is_open = false;
}

const char *
heal_osfile_text(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got = 0;

	if (file >= 0)
	{
		while (length < TEXT_SIZE - 1 &&
			   (got = read(file, text_buffer + length,
						   TEXT_SIZE - 1 - length)) > 0)
			length += got;
		close(file);
	}
	text_buffer[got < 0 ? 0 : length] = '\0';
	return text_buffer;
}
