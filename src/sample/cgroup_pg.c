/*
 * cgroup_pg.c
 *		Limits of the control group this server runs in, and how far they are used.
 *
 * Version 2, version 1, or both at once, as some systems have it: then a controller is
 * where version 1 says. The limit may be set further up; the nearest one counts. Which
 * one that is, and how high, is looked up once a minute: it seldom changes, and each
 * heartbeat has to read one or two small files only. Inside a container the path may be
 * the host's and lead nowhere; its root is then the container's own group.
 */
#include "postgres.h"

#include <math.h>

#include "sample/cgroup.h"
#include "sample/cgroup_pg.h"
#include "sample/osfile_pg.h"

#define LOOK_EVERY HEAL_MINUTE
#define ROOT "/sys/fs/cgroup"

typedef struct Group
{
	bool there;
	bool second; /* version */
	char base[64];
	char
		path[MAXPGPATH]; /* beneath the base; of the group that has the limit */
	double limit;
} Group;

/* Of the engine */
static HealTime looked_at = 0;
static Group memory;
static Group cpu;

static const char *
text_in(const Group *group, const char *file)
{
	char path[MAXPGPATH + 128];

	snprintf(path, sizeof(path), "%s%s/%s", group->base,
			 strcmp(group->path, "/") == 0 ? "" : group->path, file);
	return heal_osfile_text(path);
}

static void
find(Group *group, const char *controller)
{
	memset(group, 0, sizeof(*group));
	group->limit = NAN;
	if (heal_cgroup_path(heal_osfile_text("/proc/self/cgroup"), controller,
						 group->path, sizeof(group->path)))
		snprintf(group->base, sizeof(group->base), ROOT "/%s", controller);
	else if (heal_cgroup_path(heal_osfile_text("/proc/self/cgroup"), NULL,
							  group->path, sizeof(group->path)))
	{
		strlcpy(group->base, ROOT, sizeof(group->base));
		group->second = true;
	}
	else
		return;
	group->there = true;
}

static double
memory_limit(const Group *group)
{
	return heal_cgroup_number(
		text_in(group, group->second ? "memory.max" : "memory.limit_in_bytes"));
}

static double
cpu_limit(const Group *group)
{
	double quota;

	if (group->second)
		return heal_cgroup_cpu_max(text_in(group, "cpu.max"));
	quota = heal_cgroup_number(text_in(group, "cpu.cfs_quota_us"));
	return quota / heal_cgroup_number(text_in(group, "cpu.cfs_period_us"));
}

static void
find_limit(Group *group, const char *controller,
		   double (*limit_of)(const Group *))
{
	find(group, controller);
	if (!group->there)
		return;
	do
		group->limit = limit_of(group);
	while (isnan(group->limit) && heal_cgroup_parent(group->path));
}

static void
read_memory(HealReading *reading)
{
	double *value = reading->value;
	double used;

	if (isnan(memory.limit))
		return;
	used = heal_cgroup_number(text_in(
		&memory, memory.second ? "memory.current" : "memory.usage_in_bytes"));
	value[HEAL_METRIC_CGROUP_MEMORY_USED] = used;
	value[HEAL_METRIC_CGROUP_MEMORY_LIMIT] = memory.limit;
	if (memory.limit > 0)
		value[HEAL_METRIC_CGROUP_MEMORY_USED_SHARE] = used / memory.limit;
	value[HEAL_METRIC_CGROUP_OOM_KILLS] = heal_cgroup_value(
		text_in(&memory,
				memory.second ? "memory.events" : "memory.oom_control"),
		"oom_kill");
}

static void
read_cpu(HealReading *reading)
{
	const char *text;

	if (isnan(cpu.limit))
		return;
	reading->value[HEAL_METRIC_CGROUP_CPU_LIMIT] = cpu.limit;
	text = text_in(&cpu, "cpu.stat");
	reading->value[HEAL_METRIC_CGROUP_CPU_THROTTLED] =
		cpu.second ? heal_cgroup_value(text, "throttled_usec") / 1e3
				   : heal_cgroup_value(text, "throttled_time") / 1e6;
}

void
heal_cgroup_read(HealReading *reading)
{
	HealTime now = reading->taken_at;

	if (looked_at == 0 || now >= looked_at + LOOK_EVERY || now < looked_at)
	{
		find_limit(&memory, "memory", memory_limit);
		find_limit(&cpu, "cpu", cpu_limit);
		looked_at = now;
	}
	read_memory(reading);
	read_cpu(reading);
}
