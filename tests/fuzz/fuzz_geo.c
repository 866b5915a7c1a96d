/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_geo -- a file of countries and autonomous systems, and addresses that are looked up in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svc/geo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
look_up(const struct geo *g)
{
	static const char *const addresses[] = {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::1",
		"2001:db8:77::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		struct view code;
		uint32_t number;
		struct ip ip;

		ip_parse(view_str(addresses[i]), &ip);
		if (geo_country(g, &ip, &code) == GEO_FOUND &&
			(code.n != 2 || code.p[0] < 'A' || code.p[1] > 'Z'))
			abort();
		geo_asn(g, &ip, &number);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int fd = memfd_create("geo", MFD_CLOEXEC);
	char path[40], why[200] = "";

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (int kind = GEO_COUNTRY; kind <= GEO_ASN; kind++) {
		struct geo *g = geo_open(path, (enum geo_kind)kind, why, sizeof(why));

		if (g)
			look_up(g);
		else if (!why[0])
			abort();
		geo_close(g);
	}
	close(fd);
	return 0;
}
