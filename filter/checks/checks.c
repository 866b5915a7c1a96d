/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/checks.h"

#include "checks/account.h"
#include "checks/addressees.h"
#include "checks/arc.h"
#include "checks/attachments.h"
#include "checks/author.h"
#include "checks/connection.h"
#include "checks/correspondent.h"
#include "checks/dialogue.h"
#include "checks/dkim.h"
#include "checks/dmarc.h"
#include "checks/dnsbl.h"
#include "checks/fields.h"
#include "checks/geo_client.h"
#include "checks/greylist.h"
#include "checks/helo.h"
#include "checks/hold.h"
#include "checks/mailing_list.h"
#include "checks/organisation.h"
#include "checks/rates.h"
#include "checks/rdns.h"
#include "checks/recipient.h"
#include "checks/recipients.h"
#include "checks/reputation.h"
#include "checks/sender.h"
#include "checks/size.h"
#include "checks/spf.h"
#include "checks/upstream.h"

const struct check *const checks_all[] = {
	&connection_check,
	&dialogue_check,
	&geo_client_check,
	&rdns_check,
	&helo_check,
	&sender_check,
	&recipient_check,
	&recipients_check,
	&spf_check,
	&organisation_check,
	&author_check,
	&addressees_check,
	&fields_check,
	&mailing_list_check,
	&upstream_check,
	&attachments_check,
	&dkim_check,
	&arc_check,
	&dmarc_check,
	&size_check,
	&dnsbl_check,
	&correspondent_check,
	&greylist_check,
	&hold_check,
	&rates_check,
	&account_check,
	&reputation_check,
	NULL,
};
