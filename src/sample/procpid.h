/*
 * procpid.h
 *		Text of files under /proc/PID -> what one process has used.
 *
 * Every number that the text does not hold is NaN. Units are bytes, and clock ticks where
 * it says so.
 */
#ifndef HEAL_PROCPID_H
#define HEAL_PROCPID_H

/* stat */
typedef struct HealPidStat
{
	char state;	   /* R, S, D, ...; 0 = unknown */
	double parent; /* pid */
	double user_ticks;
	double system_ticks;
	double start_ticks; /* since the machine started */
} HealPidStat;

/* status */
typedef struct HealPidMemory
{
	double resident;
	double private; /* of that, what no other process has */
	double shared;	/* and what lies in shared memory */
	double swapped;
} HealPidMemory;

/* io; of the disk, not of the cache */
typedef struct HealPidIo
{
	double read;
	double written;
} HealPidIo;

extern HealPidStat heal_procpid_stat(const char *text);
extern HealPidMemory heal_procpid_status(const char *text);
extern HealPidIo heal_procpid_io(const char *text);

#endif
