# SPDX-License-Identifier: BSD-2-Clause
"""signedset -- signed mail, for benchmarks of verification, and the DNS zone of those who signed it.

    zone, passes = build(folder)     writes N.eml (CRLF) and N.env ("CLIENT HELO FROM TO KIND") for bench/mta,
                                     and says how many results of each method are "pass"

All of it passes SPF, DKIM and iprev, DMARC where there is a policy, and ARC where it is sealed. Half is about 4 KB long and half
about 40, in ten steps: five with an RSA signature, two with a second one of the domain's provider, one
with an Ed25519 signature, one sealed once and one sealed twice. RSA keys have 2048 bits; all is relaxed.
"""
import base64
import collections
import os
import random

import authres  # noqa: F401: without it dkim seals nothing
import dkim
import nacl.signing

import mailset
from mailworld import key, txt

STEPS = ('rsa',) * 5 + ('rsa twice',) * 2 + ('ed25519', 'rsa, 1 ARC set', 'rsa, 2 ARC sets')
SIZES = 4 * 1024, 40 * 1024
MESSAGES, PROVIDERS, SEALERS = 120, 4, 3
RELAXED, SIGNED = (b'relaxed', b'relaxed'), [b'From', b'To', b'Subject', b'Date', b'Message-ID', b'MIME-Version']


def provider(d):
    return 'p%d.example' % (d % PROVIDERS)


def sealer(i):
    return 'list%d.example' % (i % SEALERS)


def sign(data, domain, selector, pem, algorithm=b'rsa-sha256'):
    return dkim.sign(data, selector, domain.encode(), pem, canonicalize=RELAXED, include_headers=SIGNED,
                     signature_algorithm=algorithm) + data


def seal(data, domain, pem, author):
    """One more set, by a host that found all well."""
    found = ('Authentication-Results: %s; spf=pass smtp.mailfrom=%s; dkim=pass header.d=%s; dmarc=pass%s\r\n'
             % (domain, author, author, '; arc=pass' if b'ARC-Seal' in data else '')).encode()
    fields = dkim.arc_sign(found + data, b's1', domain.encode(), pem, domain.encode(), include_headers=SIGNED)
    return b''.join(fields) + data


class Keys:
    def __init__(self):
        self.rsa = [key() for _ in range(mailset.KEYS)]
        ed = nacl.signing.SigningKey.generate()
        self.ed_seed = base64.b64encode(ed.encode())
        self.ed_public = base64.b64encode(ed.verify_key.encode()).decode()

    def pem(self, i):
        return self.rsa[i % len(self.rsa)][0]

    def zone(self):
        yield '$TTL %d' % mailset.TTL
        yield 'rcpt.example. A 127.0.0.1'
        for d in range(mailset.DOMAINS):
            yield from mailset.domain_records(d, self.rsa[d % len(self.rsa)][1])
            yield 'e1._domainkey.%s. TXT "v=DKIM1; k=ed25519; p=%s"' % (mailset.domain(d), self.ed_public)
        for i, name in [(i, provider(i)) for i in range(PROVIDERS)] + [(i, sealer(i)) for i in range(SEALERS)]:
            yield 's1._domainkey.%s. TXT %s' % (name, txt('v=DKIM1; k=rsa; p=' + self.rsa[i % len(self.rsa)][1]))
        yield from mailset.provider_records()


def message(rng, keys, i):
    """Text, envelope and results of one."""
    step, d, k = STEPS[i % len(STEPS)], i * 7 % mailset.DOMAINS, i // mailset.DOMAINS % mailset.CLIENTS
    domain, size, sets = mailset.domain(d), SIZES[i // len(STEPS) % 2], int(step[5]) if 'ARC' in step else 0
    host, sender = 'out%d.%s' % (k, domain), 'user%d@%s' % (rng.randint(1, 30), domain)
    data = mailset.message(rng, i, sender, host, size)
    if step == 'ed25519':
        data = sign(data, domain, b'e1', keys.ed_seed, b'ed25519-sha256')
    else:
        data = sign(data, domain, b's1', keys.pem(d))
    if step == 'rsa twice':
        data = sign(data, provider(d), b's1', keys.pem(d % PROVIDERS))
    for n in range(i, i + sets):
        data = seal(data, sealer(n), keys.pem(n % SEALERS), domain)
    envelope = '%s %s %s user%d@rcpt.example %d KB, %s' % (mailset.client(d, k), host, sender, i % 50,
                                                           size // 1024, step)
    return data, envelope, {'spf': 1, 'iprev': 1, 'dkim': 2 if step == 'rsa twice' else 1, 'arc': int(sets > 0),
                            'dmarc': int(mailset.has_policy(d))}


def build(folder, seed=7):
    rng, keys, passes = random.Random(seed), Keys(), collections.Counter()
    for i in range(MESSAGES):
        data, envelope, results = message(rng, keys, i)
        passes.update(results)
        with open(os.path.join(folder, '%d.eml' % i), 'wb') as f:
            f.write(data)
        with open(os.path.join(folder, '%d.env' % i), 'w') as f:
            f.write(envelope + '\n')
    return '\n'.join(keys.zone()) + '\n', passes
