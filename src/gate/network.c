/*
 * network.c
 *		An address a client may come from, or a range of them.
 *
 * An IPv4 address within IPv6 (::ffff:10.0.0.7), as a server that listens on both sees it,
 * is the IPv4 address.
 */
#include "gate/network.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool parse_address(const char *text, HealNetwork *network);
static bool parse_bits(const char *text, HealNetwork *network);
static void unmap(HealNetwork *network);
static int64_t number(const char *text);

bool
heal_network_parse(const char *text, HealNetwork *network)
{
	char address[64];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t) (slash - text) : strlen(text);

	memset(network, 0, sizeof(*network));
	if (strcmp(text, "[local]") == 0)
	{
		network->family = HEAL_NETWORK_LOCAL;
		return true;
	}
	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!parse_address(address, network) ||
		(slash != NULL && !parse_bits(slash + 1, network)))
		return false;
	unmap(network);
	return true;
}

bool
heal_network_contains(const HealNetwork *network, const HealNetwork *address)
{
	int bytes = network->bits / 8;
	int rest = network->bits % 8;

	if (network->family == HEAL_NETWORK_ANY)
		return true;
	if (network->family != address->family || network->bits > address->bits ||
		memcmp(network->address, address->address, bytes) != 0)
		return false;
	return rest == 0 ||
		   (network->address[bytes] ^ address->address[bytes]) >> (8 - rest) ==
			   0;
}

static bool
parse_address(const char *text, HealNetwork *network)
{
	if (inet_pton(AF_INET, text, network->address) == 1)
	{
		network->family = HEAL_NETWORK_IP4;
		network->bits = 32;
		return true;
	}
	if (inet_pton(AF_INET6, text, network->address) == 1)
	{
		network->family = HEAL_NETWORK_IP6;
		network->bits = 128;
		return true;
	}
	return false;
}

/* No range of everything: that would be no scope at all. */
static bool
parse_bits(const char *text, HealNetwork *network)
{
	int64_t bits = number(text);

	if (bits < 1 || bits > network->bits)
		return false;
	network->bits = (int32_t) bits;
	return true;
}

static void
unmap(HealNetwork *network)
{
	if (network->family != HEAL_NETWORK_IP6 || network->bits < 97 ||
		memcmp(network->address, mapped, sizeof(mapped)) != 0)
		return;
	memmove(network->address, network->address + sizeof(mapped), 4);
	memset(network->address + 4, 0, 12);
	network->family = HEAL_NETWORK_IP4;
	network->bits -= 96;
}

/* Up to three digits; -1 for anything else. */
static int64_t
number(const char *text)
{
	int64_t value = 0;
	size_t length = strlen(text);

	if (length == 0 || length > 3)
		return -1;
	for (size_t i = 0; i < length; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}
