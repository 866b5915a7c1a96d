# SPDX-License-Identifier: BSD-2-Clause
"""mailset -- the mail that benchmarks send: many clients and domains, and the DNS zone they live in.

    zone, counts = build(folder)     writes N.eml (CRLF) and N.env ("CLIENT HELO FROM TO") for bench/mta,
                                     and near.eml, signed, from user1@near.example at 127.0.0.1

The same seed gives the same set, the keys aside. What a message is like depends on its number: every
second one is signed, one in twelve comes from a listed client, one in twenty from where no such mail
should come (and is greylisted at first).
"""
import os
import random

from mailworld import key, reverse4, sign, txt

MESSAGES, DOMAINS, CLIENTS, KEYS = 250, 60, 4, 6  # CLIENTS of each domain
SIZES, NEAR_SIZE = (2 * 1024, 50 * 1024), 10 * 1024
TTL = 86400
WORDS = ('the of and to in is that for it as was with be by on not he his but at are this have from or had an '
         'they which one you were all her she there would their we him been has when who will no more if out so '
         'up said what its about than into them can only other time new some could these two may first then do '
         'invoice meeting tomorrow regards attached please account delivery question number week order').split()


def domain(d):
    return 'd%02d.example' % d


def client(d, k):
    return '198.18.%d.%d' % (d, 10 + k)


def spf(d):
    """Every domain has another way to say who may send for it; a third includes its provider's."""
    if d % 3 == 0:
        return 'v=spf1 include:_spf.p%d.example ~all' % (d % 4)
    if d % 3 == 1:
        return 'v=spf1 mx ip4:198.18.%d.0/26 -all' % d
    return 'v=spf1 a:mail.%s ip4:198.18.%d.0/24 ?all' % (domain(d), d)


def has_policy(d):
    return d % 4 > 0


def domain_records(d, public):
    name = domain(d)
    yield '%s. MX 10 mail.%s.' % (name, name)
    yield '%s. A %s' % (name, client(d, 0))
    yield 'mail.%s. A %s' % (name, client(d, 0))
    yield '%s. TXT "%s"' % (name, spf(d))
    yield 's1._domainkey.%s. TXT %s' % (name, txt('v=DKIM1; k=rsa; p=' + public))
    if has_policy(d):
        yield '_dmarc.%s. TXT "v=DMARC1; p=%s"' % (name, ('none', 'quarantine', 'reject')[d % 3])
    for k in range(CLIENTS):
        ip = client(d, k)
        yield 'out%d.%s. A %s' % (k, name, ip)
        yield '%s.in-addr.arpa. PTR out%d.%s.' % (reverse4(ip), k, name)


def provider_records():
    """What the SPF records of every third domain include."""
    for p in range(4):
        yield '_spf.p%d.example. TXT "v=spf1 include:_net.p%d.example -all"' % (p, p)
        nets = ' '.join('ip4:198.18.%d.0/24' % d for d in range(DOMAINS) if d % 3 == 0 and d % 4 == p)
        yield '_net.p%d.example. TXT "v=spf1 %s -all"' % (p, nets)


NEAR = '''near.example. MX 10 near.example.
near.example. A 127.0.0.1
near.example. TXT "v=spf1 ip4:127.0.0.1 -all"
1.0.0.127.in-addr.arpa. PTR near.example.
_dmarc.near.example. TXT "v=DMARC1; p=reject"
s1._domainkey.near.example. TXT %s
'''


def zone(publics):
    lines = ['$TTL %d' % TTL, 'rcpt.example. A 127.0.0.1', NEAR % txt('v=DKIM1; k=rsa; p=' + publics[0])]
    for d in range(DOMAINS):
        lines += domain_records(d, publics[d % KEYS])
    lines += provider_records()
    for name in ('zen', 'spamcop', 'dnswl'):
        lines.append('2.0.0.127.%s.example. A 127.0.0.2' % name)
    for d in range(0, DOMAINS, 12):
        lines.append('%s.zen.example. A 127.0.0.10' % reverse4(client(d, 1)))
        lines.append('%s.spamcop.example. A 127.0.0.2' % reverse4(client(d, 1)))
    for d in range(5, DOMAINS, 8):
        lines.append('%s.dnswl.example. A 127.0.9.2' % reverse4(client(d, 0)))
    return '\n'.join(lines) + '\n'


def body(rng, size):
    """Text lines; a third of the messages have an attachment's base64 behind them."""
    out, n, text = [], 0, size if rng.random() < 0.67 else size // 4
    while n < size:
        if n < text:
            line = ' '.join(rng.choice(WORDS) for _ in range(rng.randint(6, 14)))
        else:
            line = ''.join(rng.choices('ABCDEFGHIJKLMNOPabcdefghijklmnop0123456789+/', k=72))
        out.append(line)
        n += len(line) + 2
    return '\r\n'.join(out) + '\r\n'


def message(rng, i, sender, host, size):
    head = ('Received: from inside.%s (inside.%s [10.0.0.%d])\r\n\tby %s with ESMTPS id %010d\r\n'
            '\tfor <user%d@rcpt.example>; Sat, 21 Nov 2026 12:00:00 +0000\r\n'
            'From: "Person %d" <%s>\r\nTo: <user%d@rcpt.example>\r\nSubject: %s\r\n'
            'Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: <%d.%d@%s>\r\nMIME-Version: 1.0\r\n'
            'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n'
            'X-Mailer: mail %d\r\nList-Unsubscribe: <https://%s/unsubscribe/%d>\r\n'
            % (host, host, i % 250, host, i, i % 50, i, sender, i % 50,
               ' '.join(rng.choice(WORDS) for _ in range(6)), i, rng.getrandbits(60), host, i, host, i))
    return (head + '\r\n' + body(rng, max(size - len(head) - 400, 500))).encode()


def near(rng, pem):
    """A signed message of 127.0.0.1, for programs that cannot pretend to be another client."""
    head = ('From: user1@near.example\r\nTo: user1@rcpt.example\r\nSubject: near\r\n'
            'Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@near.example>\r\n\r\n')
    return sign((head + body(rng, NEAR_SIZE)).encode(), 'near.example', pem=pem)


def build(folder, seed=7):
    rng = random.Random(seed)
    keys = [key() for _ in range(KEYS)]
    signed, clients = 0, set()
    for i in range(MESSAGES):
        d, k = i * 7 % DOMAINS, i // DOMAINS % CLIENTS
        sender, ip = 'user%d@%s' % (rng.randint(1, 30), domain(d)), client(d, k)
        host = 'out%d.%s' % (k, domain(d))
        if i % 20 == 19:  # a host without a name that forges the domain
            ip, host = '198.19.0.%d' % (i // 20), 'localhost'
        size = int(SIZES[0] * (SIZES[1] / SIZES[0]) ** rng.random())
        data = message(rng, i, sender, 'out%d.%s' % (k, domain(d)), size)
        if i % 2 == 0:
            data = sign(data, domain(d), pem=keys[d % KEYS][0])
            signed += 1
        clients.add(ip)
        with open(os.path.join(folder, '%d.eml' % i), 'wb') as f:
            f.write(data)
        with open(os.path.join(folder, '%d.env' % i), 'w') as f:
            f.write('%s %s %s user%d@rcpt.example\n' % (ip, host, sender, i % 50))
    with open(os.path.join(folder, 'near.eml'), 'wb') as f:
        f.write(near(rng, keys[0][0]))
    return zone([public for _, public in keys]), {'messages': MESSAGES, 'signed': signed,
                                                  'domains': DOMAINS, 'clients': len(clients)}
