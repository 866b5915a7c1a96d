# SPDX-License-Identifier: BSD-2-Clause
"""`if unknown defer`: a mail whose facts stay unknown is held, but not when the resolver itself fails.

Goal: what an administrator asked to be held is held, and an outage of the resolver stops no mail for it.
"""
import contextlib
import sys

import parity
from mailworld import ZONE
from milter_client import Milter
from site_env import Site, check, message, wait_for

RULES = '''
dnsbl bl   zone bl.example   lookup client.ip code bad 127.0.0.2
rule UNSURE       when dnsbl.bl.bad      reject   if unknown defer 451 4.7.1 "held"
'''
SETTINGS = 'dns-timeout 1s\nrcpt-wait 2s\nend-wait 2s\n'
site = None


def judged(n):
    """The refusal, or '', that a client hears who was never asked about before."""
    who = dict(client='198.51.%d.1' % n, helo='mx.example')
    sender = 'joe%d@plain.example.net' % n
    if site.front == 'proxy':
        last = site.send(sender=sender, rcpt=['kim@rcpt.example'], message=message(sender)[0], **who)['last']
        return '' if last.startswith('250') else last
    with Milter('unix:' + site.socket) as m:
        m.open(**who)
        return m.message(sender, ['kim@rcpt.example'], [('From', ' ' + sender)], b'text\r\n').text


def test_1_answers():
    """a resolver that answers: nothing is unknown, and the mail passes"""
    # the first questions may take longer than is waited for
    wait_for('an answer', lambda: any(not judged(n) for n in range(100, 110)))


def test_2_silence():
    """a silent resolver: the first mails are held, then it counts as an outage, and mail flows"""
    site.freeze_dns()
    answers = []
    while len(answers) < 30 and (not answers or answers[-1]):
        answers.append(judged(len(answers) + 2))
    check(answers[0].startswith('451 4.7.1 held'), answers[0])
    check(not answers[-1], answers[-1])
    check(len(answers) > 2, 'an outage after %d mails' % len(answers))
    check('event=dns-outage' in site.read('log/postern'), 'the outage is not logged')
    check('dns-outage 1' in site.tool('status', '-v')[1], site.tool('status', '-v')[1])
    r = site.record('joe%d@plain.example.net' % (len(answers) + 1))
    check('UNSURE' in r['unknown'], r)


def test_3_recovery():
    """when it answers again the outage is over"""
    site.freeze_dns(False)
    clients = iter(range(120, 250))
    wait_for('the end of the outage', lambda: not judged(next(clients)) and
             'dns-outage 0' in site.tool('status', '-v')[1])


@contextlib.contextmanager
def world(front):
    global site
    with Site(zone=ZONE, name='hold', front=front) as site:
        site.start(RULES, SETTINGS, postfix=front == 'proxy')
        yield site


if __name__ == '__main__':
    # How many are held before it counts as an outage depends on the clock: the first one is compared.
    sys.exit(parity.both(world, [test_1_answers, test_2_silence, test_3_recovery],
                         but=['joe%d@plain.example.net' % n for n in range(3, 250)]))
