/*
 * component.c
 *		The components of the server and the machine.
 */
#include "detect/component.h"

#include <string.h>

#define SAMPLES HEAL_SENSOR_SAMPLES
#define LOOK HEAL_SENSOR_LOOK
#define GATE HEAL_SENSOR_GATE

const HealComponent heal_components[HEAL_COMPONENTS] = {
	{"sessions", SAMPLES | LOOK, "client sessions and connection slots"},
	{"transactions", SAMPLES | LOOK,
	 "open and prepared transactions, their ids"},
	{"locks", SAMPLES | LOOK, "who waits for whom"},
	{"statements", SAMPLES | LOOK | GATE, "what client sessions run"},
	{"databases", SAMPLES | HEAL_SENSOR_PROBE,
	 "whether data can be written and read, and how that goes"},
	{"wal", SAMPLES, "the write-ahead log"},
	{"checkpoints", SAMPLES, "checkpoints and what writes buffers"},
	{"archiver", SAMPLES, "archiving of WAL"},
	{"replication", SAMPLES, "standbys, slots and subscriptions"},
	{"configuration", LOOK, "settings"},
	{"maintenance", HEAL_SENSOR_SCAN, "vacuum, statistics and indexes"},
	{"errors", SAMPLES | GATE | HEAL_SENSOR_FEED, "errors of statements"},
	{"logins", SAMPLES | GATE, "who logs in, and who fails to"},
	{"schema", SAMPLES | GATE, "changes of the schema"},
	{"cpu", SAMPLES, "processors of the machine"},
	{"memory", SAMPLES, "memory of the machine"},
	{"storage", SAMPLES, "disks"},
	{"network", SAMPLES, "network of the machine"},
};

int
heal_component_lookup(const char *name)
{
	for (int i = 0; i < HEAL_COMPONENTS; i++)
		if (strcmp(heal_components[i].name, name) == 0)
			return i;
	return -1;
}

bool
heal_component_exists(const char *name)
{
	return heal_component_lookup(name) >= 0;
}
