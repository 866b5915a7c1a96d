/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_ledger.h"

bool
dns_ledger_takes(struct dns_ledger *l)
{
	if (!l)
		return true;
	if (atomic_load(&l->sent) >= atomic_load(&l->ceiling))
		return false;
	atomic_fetch_add(&l->sent, 1);
	return true;
}

void
dns_ledger_note(struct dns_ledger *l, bool failed)
{
	if (l && failed)
		atomic_fetch_add(&l->silent, 1);
	else if (l)
		atomic_store(&l->silent, 0);
}

void
dns_ledger_time(struct dns_ledger *l, uint64_t us)
{
	if (l)
		histogram_add(&l->took, us);
}
