/*
 * cgroup_test.c
 *		Where a control group is and what it limits, in both versions and in damaged files.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sample/cgroup.h"
#include "tap.h"

static const char first[] =
	"12:cpuset:/\n4:memory:/pods/a\n3:cpu,cpuacct:/pods/b\n1:name=systemd:/\n";
static const char second[] = "0::/system.slice/postgresql.service\n";

static const char *
path_of(const char *text, const char *controller)
{
	static char path[64];

	return heal_cgroup_path(text, controller, path, sizeof(path)) ? path
																  : "none";
}

static void
places(void)
{
	char path[64] = "/a/b";

	is_string(path_of(first, "memory"), "/pods/a", "by its controller");
	is_string(path_of(first, "cpu"), "/pods/b", "one of two");
	is_string(path_of(first, "cpuacct"), "/pods/b", "the other");
	is_string(path_of(first, "mem"), "none", "not by half of its name");
	is_string(path_of(first, NULL), "none", "the first version is no second");
	is_string(path_of(second, NULL), "/system.slice/postgresql.service",
			  "the second");
	is_string(path_of(second, "memory"), "none", "has no controllers here");
	is_string(path_of("0::/\n", NULL), "/", "the root");
	is_string(path_of("0::/../../x\n", NULL), "none", "out of sight");
	is_string(path_of("0::/0123456789012345678901234567890123456789012345678901"
					  "2345678901234567890\n",
					  NULL),
			  "none", "too long for its place");
	is_string(path_of("0::/a:b\n", NULL), "/a:b", "with a colon in it");
	is_string(path_of("0::/unfinished", NULL), "none", "half a line");
	is_string(path_of("\n:\n::\nx\n0::\n", NULL), "none", "odd lines");
	ok(heal_cgroup_parent(path) && strcmp(path, "/a") == 0, "its parent");
	ok(heal_cgroup_parent(path) && strcmp(path, "/") == 0, "the root above");
	ok(!heal_cgroup_parent(path), "and nothing above that");
	path[0] = '\0';
	ok(!heal_cgroup_parent(path), "nor above nothing");
}

static void
limits(void)
{
	is_double(heal_cgroup_number("1073741824\n"), 1073741824, 0, "a limit");
	is_double(heal_cgroup_number("max\n"), NAN, 0, "no limit is missing");
	is_double(heal_cgroup_number("9223372036854771712\n"), NAN, 0,
			  "nor what the first version writes for none");
	is_double(heal_cgroup_number("-1\n"), NAN, 0, "nor minus one");
	is_double(heal_cgroup_number(""), NAN, 0, "nor no file");
	is_double(heal_cgroup_cpu_max("150000 100000\n"), 1.5, 1e-12,
			  "processors and a half");
	is_double(heal_cgroup_cpu_max("max 100000\n"), NAN, 0, "no limit");
	is_double(heal_cgroup_cpu_max("100000 0\n"), NAN, 0, "no period");
	is_double(heal_cgroup_cpu_max("100000"), NAN, 0, "half of it");
	is_double(heal_cgroup_value("usage_usec 1\nthrottled_usec 250\n",
								"throttled_usec"),
			  250, 0, "a counter by its name");
	is_double(heal_cgroup_value("oom 1\noom_kill 3\n", "oom_kill"), 3, 0,
			  "not one that begins like it");
	is_double(heal_cgroup_value("oom_kill_x 3\n", "oom_kill"), NAN, 0,
			  "nor goes on");
	is_double(heal_cgroup_value("oom_kill 3", "oom_kill"), NAN, 0,
			  "half a line is missing");
}

static void
garbage(void)
{
	char text[200];
	char path[16];
	int endless = 0;

	srand(4711);
	for (int round = 0; round < 2000; round++)
	{
		int steps = 0;

		for (size_t i = 0; i < sizeof(text) - 1; i++)
			text[i] = ":\n/0,max 9\x80"[rand() % 11];
		text[sizeof(text) - 1] = '\0';
		heal_cgroup_number(text);
		heal_cgroup_cpu_max(text);
		heal_cgroup_value(text, "max");
		if (!heal_cgroup_path(text, NULL, path, sizeof(path)))
			continue;
		while (heal_cgroup_parent(path) && steps < 100)
			steps++;
		endless += steps >= 100;
	}
	is_int(endless, 0, "garbage has an end");
}

int
main(void)
{
	places();
	limits();
	garbage();
	return done_testing();
}
