# SPDX-License-Identifier: BSD-2-Clause
"""An outage is neither spam nor ham: DNS that never answers, that is gone, that says SERVFAIL; mail flows and says so."""
import contextlib
import re
import sys
import time

import parity
from mailworld import ZONE, sign
from site_env import Site, check, message

RULES = '''
dnsbl bl   zone bl.example   lookup client.ip code bad 127.0.0.2
rule LISTED       when dnsbl.bl.bad      score 6
'''
SITE_RULES = RULES + 'change threshold greylist off\n'
GOOD = dict(client='192.0.2.10', name='mx.good.example.com', helo='mx.good.example.com')
ASKED = 'client.ptr', 'helo.resolves', 'mail.resolves', 'spf', 'dkim', 'dmarc', 'dnsbl.bl.bad'
NOT_KNOWN = 'PTR_MISSING', 'SPF_FAIL', 'DMARC_REJECT', 'LISTED'
site = None


def send_clean(sender):
    """Clean, signed mail with all the shipped rules: delivered unmarked, and all that was not known is named."""
    data, mark = message(sender, author='Joe <%s>' % sender)
    out = site.send(sender=sender, rcpt=['kim@rcpt.example'], message=sign(data), **GOOD)
    check(out['last'].startswith('250'), out)
    text = site.delivered(mark)
    check('X-Spam-Flag' not in text and 'spf=temperror' in text and 'dkim=temperror' in text, text[:1500])
    r = site.record(sender)
    check(r['verdict'] == 'accept' and not r['tagged'], r)
    check(all(x['score'] <= 0 for x in r['rules']), 'an outage made a score: %s' % r['rules'])
    log = [line for line in site.read('log/postern').split('\n') if 'id=' + r['id'] in line]
    for name in ASKED + NOT_KNOWN:
        check(name in r['unknown'], '%s is not in %s' % (name, r['unknown']))
    for name in ASKED:
        check(any(re.search(r'\bunknown=(\S+,)?%s(?=[, ]|$)' % re.escape(name), line) for line in log), '%s is not in %s' % (name, log))


def test_1_silence():
    """DNS that never answers: a reply before 30 s, marked unknown, and the mail is delivered"""
    site.freeze_dns()
    try:
        began = time.monotonic()
        send_clean('silence@good.example.com')
        took = time.monotonic() - began
        check(took < 30, 'the answer took %.1f s' % took)
    finally:
        site.freeze_dns(False)


def test_2_dead():
    """a DNS server that is gone: the same"""
    check(site.tool('reload')[0] == 0, 'no reload')  # new workers remember no answers
    site.stop_dns()
    send_clean('gone@good.example.com')
    data, mark = message('dead@bank.example.net')
    out = site.send(client='192.0.2.20', helo='mx.bank.example.net', sender='dead@bank.example.net',
                    rcpt=['kim@rcpt.example'], message=data)
    check(out['last'].startswith('250'), out)
    site.delivered(mark)
    r = site.record('dead@bank.example.net')
    check('dmarc' in r['unknown'] and 'DMARC_REJECT' in r['unknown'], r['unknown'])
    check('dnsbl.bl.bad' in r['unknown'] and 'LISTED' in r['unknown'], r['unknown'])


def test_3_recovery():
    """when DNS is back, mail is judged with it again"""
    site.start_dns()
    data, mark = message('back@good.example.com')
    deadline = time.monotonic() + 30
    while True:
        out = site.send(sender='back@good.example.com', rcpt=['kim@rcpt.example'], message=sign(data), **GOOD)
        check(out['last'].startswith('250'), out)
        r = site.record('back@good.example.com')
        if r['facts'].get('spf') == 'pass':
            return
        check(time.monotonic() < deadline, 'SPF is still %s' % r['facts'].get('spf'))


def test_4_servfail():
    """every answer is SERVFAIL: the same"""
    site.configure(rules=SITE_RULES, shipped=True, settings='dns-zone-files { "%s" }' % site.write('servfail.zone', '$FAIL * servfail\n'))
    status, text = site.tool('reload')
    check(status == 0, text)
    send_clean('servfail@good.example.com')


@contextlib.contextmanager
def world(front):
    global site
    with Site(zone=ZONE, name='outages', front=front) as site:
        site.start(rules=SITE_RULES, shipped=True,
                   settings='dns-timeout 3s\nrcpt-wait 8s\nend-wait 8s')
        yield site


def run():
    return parity.both(world, [test_1_silence], alone=[test_2_dead, test_3_recovery, test_4_servfail])


if __name__ == '__main__':
    sys.exit(run())
