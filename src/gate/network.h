/*
 * network.h
 *		An address a client may come from, or a range of them.
 */
#ifndef HEAL_NETWORK_H
#define HEAL_NETWORK_H

#include "base/types.h"

typedef enum HealNetworkFamily
{
	HEAL_NETWORK_ANY,
	HEAL_NETWORK_LOCAL, /* a socket of this machine */
	HEAL_NETWORK_IP4,
	HEAL_NETWORK_IP6
} HealNetworkFamily;

typedef struct HealNetwork
{
	int32_t family;
	int32_t bits; /* of the address that count */
	uint8_t address[16];
} HealNetwork;

/* "10.0.0.7", "10.0.0.0/8", "fe80::/10" or "[local]"; false = none of these. */
extern bool heal_network_parse(const char *text, HealNetwork *network);
extern bool
heal_network_contains(const HealNetwork *network, const HealNetwork *address);

#endif
