/*
 * network_test.c
 *		Addresses and ranges are read as people write them, and contain what they should.
 */
#include "gate/network.h"

#include "tap.h"

static HealNetwork
network(const char *text)
{
	HealNetwork parsed;

	if (!heal_network_parse(text, &parsed))
		diag("cannot be read: %s", text);
	return parsed;
}

static bool
contains(const char *range, const char *address)
{
	HealNetwork left = network(range);
	HealNetwork right = network(address);

	return heal_network_contains(&left, &right);
}

static void
reads(void)
{
	static const char *const bad[] = {
		"",
		"10.0.0",
		"10.0.0.256",
		"10.0.0.1/",
		"10.0.0.1/33",
		"10.0.0.1/0",
		"10.0.0.1/-1",
		"10.0.0.1/8x",
		"::1/129",
		"::/0",
		"host",
		"local",
		"10.0.0.1 ",
		"10.0.0.1/008/8",
		"10.0.0.1/99999999999999999999",
		"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1",
	};
	HealNetwork parsed;

	for (size_t i = 0; i < heal_lengthof(bad); i++)
		ok(!heal_network_parse(bad[i], &parsed), bad[i]);
	is_int(network("10.0.0.7").bits, 32, "one address is all of its bits");
	is_int(network("::1").bits, 128, "of the newer kind, too");
	is_int(network("[local]").family, HEAL_NETWORK_LOCAL, "a socket");
}

static void
ranges(void)
{
	HealNetwork anywhere = {0};
	HealNetwork address = network("192.0.2.1");

	ok(contains("10.0.0.0/8", "10.1.2.3"), "within");
	ok(!contains("10.0.0.0/8", "11.1.2.3"), "without");
	ok(contains("10.0.0.7/8", "10.1.2.3"), "the rest of the bits is not read");
	ok(contains("10.0.0.128/25", "10.0.0.200"), "half a byte, within");
	ok(!contains("10.0.0.128/25", "10.0.0.100"), "half a byte, without");
	ok(contains("10.0.0.7", "10.0.0.7"), "itself");
	ok(!contains("10.0.0.7", "10.0.0.6"), "not its neighbour");
	ok(!contains("10.0.0.7", "10.0.0.7/31"), "nor a wider range");
	ok(contains("2001:db8::/32", "2001:db8:1::5"), "the newer kind");
	ok(!contains("2001:db8::/32", "2001:db9::5"), "the newer kind, without");
	ok(!contains("::/1", "0.0.0.1"), "kinds are not mixed");
	ok(contains("10.0.0.0/8", "::ffff:10.0.0.7"),
	   "but where they are the same");
	ok(contains("::ffff:10.0.0.0/104", "10.0.0.7"), "both ways");
	ok(contains("[local]", "[local]"), "a socket is a socket");
	ok(!contains("[local]", "127.0.0.1"), "and no address");
	ok(!contains("127.0.0.1", "[local]"), "nor the other way round");
	ok(heal_network_contains(&anywhere, &address), "anywhere is anywhere");
}

int
main(void)
{
	reads();
	ranges();
	return done_testing();
}
