/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/rand.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

#include "util/log.h"

void
rand_bytes(void *out, size_t n)
{
	char *p = out;

	while (n) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			log_die("the kernel gives no random bytes");
		p += got;
		n -= (size_t)got;
	}
}

void
rand_id(char *out, size_t n)
{
	static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

	if (n == 0)
		return;
	rand_bytes(out, n - 1);
	for (size_t i = 0; i + 1 < n; i++)
		out[i] = alphabet[(uint8_t)out[i] & 31];
	out[n - 1] = 0;
}
