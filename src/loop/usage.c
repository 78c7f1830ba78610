/*
 * usage.c
 *		What this process uses.
 */
#include "postgres.h"

#include <sys/resource.h>
#include <unistd.h>

#include "storage/fd.h"

#include "base/types.h"
#include "db/clock.h"
#include "loop/usage.h"

#define MEMORY_EVERY (10 * HEAL_SECOND)

int64
heal_usage_cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
			   INT64CONST(1000000) +
		   usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static int64
private_bytes(void)
{
	long size;
	long resident = 0;
	long shared_pages = 0;
	FILE *file = AllocateFile("/proc/self/statm", "r");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%ld %ld %ld", &size, &resident, &shared_pages) != 3)
		resident = shared_pages = 0;
	FreeFile(file);
	return (int64) (resident - shared_pages) * sysconf(_SC_PAGESIZE);
}

/* The answer changes slowly, and asking costs more than many a stage. */
int64
heal_usage_memory(void)
{
	static int64 bytes = 0;
	static int64 asked_at = 0;
	int64 now = heal_monotonic_us();

	if (asked_at == 0 || now - asked_at >= MEMORY_EVERY)
	{
		bytes = private_bytes();
		asked_at = now;
	}
	return bytes;
}
