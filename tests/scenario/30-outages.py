# SPDX-License-Identifier: BSD-2-Clause
"""An outage is neither spam nor ham: DNS that never answers, a dead list; mail flows and says so."""
import sys
import time

from mailworld import ZONE, sign
from site_env import Site, check, main, message

RULES = '''
dnsbl bl   zone bl.example   lookup client.ip code bad 127.0.0.2
rule LISTED       when dnsbl.bl.bad      score 6
'''
GOOD = dict(client='192.0.2.10', name='mx.good.example.com', helo='mx.good.example.com')
site = None


def test_1_silence():
    """DNS that never answers: a reply before 30 s, marked unknown, and the mail is delivered"""
    site.freeze_dns()
    try:
        data, mark = message('silence@good.example.com')
        began = time.monotonic()
        out = site.send(sender='silence@good.example.com', rcpt=['kim@rcpt.example'], message=sign(data), **GOOD)
        took = time.monotonic() - began
        check(out['last'].startswith('250'), out)
        check(took < 30, 'the answer took %.1f s' % took)
        text = site.delivered(mark)
        check('spf=temperror' in text and 'spf=fail' not in text, text[:1500])
        r = site.record('silence@good.example.com')
        check('spf' in r['unknown'] and 'client.ptr' in r['unknown'], r['unknown'])
        check(all(x['score'] <= 0 for x in r['rules']), 'an outage made a score: %s' % r['rules'])
    finally:
        site.freeze_dns(False)


def test_2_dead():
    """a DNS server that is gone: the same"""
    site.stop_dns()
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


def run():
    global site
    with Site(zone=ZONE, name='outages') as site:
        site.start(rules=RULES + 'change threshold greylist off\n', shipped=True,
                   settings='dns-timeout 3s\nrcpt-wait 8s\nend-wait 8s')
        return main([v for k, v in sorted(globals().items()) if k.startswith('test_')])


if __name__ == '__main__':
    sys.exit(run())
