# SPDX-License-Identifier: BSD-2-Clause
"""The table FAILURES of postern.conf(5), of resolver and backends: inbound, outbound and trusted mail, each while they
are slow, down, full or corrupt. Lists that fail: 28-lists.

Goal: mail flows as the table says, the record names what is unknown and nothing else, a counter rises, and the log
has one warning and, when it is over, one notice. The store: 33-memory-failures.
"""
import re
import sys
import threading

from failure_site import KINDS, FailureSite
from scripted_backend import Backend
from site_env import check, main, wait_for

RULES = '''
dnsbl bl   zone hosts.example  lookup client.ip  code bad 127.0.0.2
rule LISTED    when dnsbl.bl.bad  reject 554 5.7.1 "listed"
rule SPF_FAILS when spf = fail  score 3
rule NOWHERE   scope any when not mail.resolves  score 1
'''
LISTS = 'slow', 'down', 'full', 'corrupt'  # one for each failure
LIST = '''
dnsbl {0}  zone {0}.example  lookup client.ip  code bad 127.0.0.2
rule IN_{1}   scope inbound   when dnsbl.{0}.bad  reject 554 5.7.1 "listed"
rule OUT_{1}  scope outbound  when dnsbl.{0}.bad  reject 554 5.7.1 "listed"
'''
RULES += ''.join(LIST.format(x, x.upper()) for x in LISTS)
BACKENDS = '''
backend sick inet:{sick}@127.0.0.1 tls none identity xclient for {{ sick.example }}
backend one inet:{one}@127.0.0.1 tls none identity xclient for {{ twin.example }}
backend two inet:{two}@127.0.0.1 tls none identity xclient for {{ twin.example }}
backend-wait 10s
'''
# What is unknown while the resolver fails.
CLIENT = {'client.ptr', 'client.name', 'client.fcrdns', 'client.dynamic', 'mail.resolves', 'NOWHERE'}
STRANGER = CLIENT | {'dnsbl.bl.bad', 'spf', 'spf.mechanism', 'dmarc', 'LISTED', 'SPF_FAILS'}
site = None
backend = {}
well = 0  # notices that the first of two is well, before it is gone


def test_10_well():
    """nothing fails: nothing is unknown; who is listed is refused, or tagged behind a trusted relay; our mail is signed"""
    site.each(site.comes)
    wait_for('a refusal', lambda: site.post('inbound', site.fresh('inbound'), hop='192.0.2.99')[0].startswith('554 5.7.1 listed'))
    site.comes('trusted', tagged=True, hop='192.0.2.99')


def test_12_next_backend():
    """a backend that is gone: the next one gets the mail, which is signed as ever"""
    global well
    well = site.said('backend-well backend=one')
    backend['one'].down()
    for kind in KINDS:
        last, mark = site.post(kind, site.fresh(kind), 'kim@twin.example')
        check(last.startswith('250'), (kind, last))
        check(('DKIM-Signature: ' in backend['two'].stored(mark)[0][2]) == (kind == 'outbound'), (kind, mark))


def test_22_ill_backend():
    """the backend that is gone is found ill, by one warning"""
    wait_for('a warning', lambda: site.warned('backend-ill backend=one'))
    backend['one'].up()


# ---- the resolver ----

def of_lists(kind):
    """What is unknown when the lists fail."""
    scope = 'OUT_' if kind == 'outbound' else 'IN_'
    return {'dnsbl.%s.bad' % x for x in LISTS} | {scope + x.upper() for x in LISTS}


def without_resolver(kind):
    """Mail passes, with exactly these facts and rules unknown."""
    r = site.flows(kind, site.fresh(kind))
    check(site.unknown_of(kind, r) == (CLIENT if kind == 'outbound' else STRANGER) | of_lists(kind), (kind, r))
    check(not r['tagged'], (kind, r))


def with_resolver(kind):
    """What it tells is known; a list that was suspended for its silence comes back in its own time."""
    lists = of_lists(kind) | {'dnsbl.bl.bad', 'LISTED'}
    wait_for('the resolver again', lambda: not set(site.flows(kind, site.fresh(kind))['unknown']) - lists)


def resolver_fails():
    """All kinds pass, and it is counted."""
    before = {key: site.status(key) for key in ('with-unknowns', 'dns-failures')}
    site.each(without_resolver)
    check(site.status('with-unknowns') >= before['with-unknowns'] + 3, 'with-unknowns')
    check(site.status('dns-failures') > before['dns-failures'], 'dns-failures')


def test_30_resolver():
    """a resolver that says nothing, then is gone, then fails: inbound, outbound and trusted mail pass"""
    with site.told('dns-outage', 'dns-back'):
        site.server.mode = 'silent'
        resolver_fails()
        wait_for('a warning', lambda: site.each(without_resolver) and site.warned('dns-outage'))
        site.server.stop()
        resolver_fails()
        site.start_dns('servfail')
        resolver_fails()
        site.server.mode = 'answer'
        site.each(with_resolver)


# ---- DNS lists ----

def asked_about(ip):
    name = '%s.hosts.example' % '.'.join(reversed(ip.split('.')))
    return any(n == name for n, _ in site.server.queries)


def test_21_not_asked():
    """lists that only rules for inbound mail read are not asked for mail of our networks"""
    stranger = site.new_host()
    site.flows('outbound', site.fresh('outbound'), hop='192.0.2.40')
    site.flows('inbound', site.fresh('inbound'), hop=stranger)
    check(asked_about(stranger) and not asked_about('192.0.2.40'), 'who was asked about')


# ---- backends ----

class Slow(Backend):
    """One that does not say whether it has the message."""

    def store(self, mail, rcpt, data):
        if self.final == '':
            threading.Event().wait(60)
        super().store(mail, rcpt, data)


def is_well(name):
    return re.search(r'\bbackend-%s state=well ' % name, site.tool('status', '-v')[1])


def answered(final, code, why=None):
    """What the mail of each kind is answered when this backend says so at its end."""
    wait_for('a backend that is well', lambda: is_well('sick'))
    backend['sick'].final = final
    for kind, (last, mark) in site.each(lambda kind: site.post(kind, site.fresh(kind), 'kim@sick.example')).items():
        check(last.startswith(code), (kind, last))
        check(not backend['sick'].stored(mark), 'it was stored')
    backend['sick'].final = '250 2.0.0 stored'
    warnings = site.warned('backend-trouble backend=sick why="%s"' % why)
    check(warnings == (len(KINDS) if why else 0), 'not one warning a message: %d' % warnings)


def test_40_full():
    """a full backend: its answer, for inbound, outbound and trusted mail"""
    answered('452 4.3.1 out of disk', '452 4.3.1 out of disk')


def test_41_corrupt():
    """a backend whose answer is none: 451 4.3.0"""
    answered('what?', '451 4.3.0', 'no sound answer')


def test_42_slow():
    """a backend that does not say whether it has the message: 451 4.4.2"""
    answered('', '451 4.4.2', 'no answer in time')


def test_43_back():
    """the backend that was gone is back: one warning, one notice, and it gets the mail"""
    wait_for('its return', lambda: site.said('backend-well backend=one') > well)
    check(site.said('backend-well backend=one') == well + 1, 'not one notice')
    check(site.warned('backend-ill backend=one') == 1, 'not one warning')
    for kind in KINDS:
        _, mark = site.post(kind, site.fresh(kind), 'kim@twin.example')
        check(len(backend['one'].stored(mark)) == 1, kind)


def run():
    global site
    with FailureSite() as site:
        for name in 'sick', 'one', 'two':
            backend[name] = Slow()
        site.begin(RULES, BACKENDS.format(**{k: b.port for k, b in backend.items()}))
        return main([v for k, v in sorted(globals().items()) if k.startswith('test_')])


if __name__ == '__main__':
    sys.exit(run())
