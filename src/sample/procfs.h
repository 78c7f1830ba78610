/*
 * procfs.h
 *		Text of files under /proc -> numbers.
 *
 * Every number that the text does not hold is NaN. Units are bytes and seconds.
 */
#ifndef HEAL_PROCFS_H
#define HEAL_PROCFS_H

#include <stdbool.h>

/* /proc/stat; times are in clock ticks, which is enough for shares */
typedef struct HealProcStat
{
	double user; /* nice time included */
	double system;
	double iowait;
	double steal;
	double used;  /* neither idle nor waiting for a disk */
	double total; /* of all processors together */
	double context_switches;
	double forks;
	double running;
	double blocked;
} HealProcStat;

/* /proc/meminfo */
typedef struct HealMemInfo
{
	double total;
	double available;
	double swap_total;
	double swap_free;
} HealMemInfo;

/* /proc/loadavg */
typedef struct HealLoadAverage
{
	double one;
	double five;
} HealLoadAverage;

/* /proc/vmstat; in pages */
typedef struct HealSwapping
{
	double in;
	double out;
} HealSwapping;

/* /proc/pressure/cpu, memory or io; running totals */
typedef struct HealPressure
{
	double some;
	double full;
} HealPressure;

/* One line of /proc/diskstats; running totals but the last */
typedef struct HealDisk
{
	double read;
	double written;
	double busy;
	double reads; /* requests */
	double writes;
	double read_time;
	double write_time;
	double in_flight; /* now */
} HealDisk;

/* /proc/net/dev, all interfaces but the loopback; running totals */
typedef struct HealNetwork
{
	double received;
	double sent;
	double errors;
	double drops;
} HealNetwork;

extern HealProcStat heal_procfs_stat(const char *text);
extern HealMemInfo heal_procfs_meminfo(const char *text);
extern HealLoadAverage heal_procfs_loadavg(const char *text);
extern HealSwapping heal_procfs_vmstat(const char *text);
extern HealPressure heal_procfs_pressure(const char *text);
extern HealDisk
heal_procfs_diskstats(const char *text, unsigned major, unsigned minor);
extern HealNetwork heal_procfs_network(const char *text);

#endif
