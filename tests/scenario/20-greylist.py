# SPDX-License-Identifier: BSD-2-Clause
"""A first-time sender waits once, a known one never; a store that fails stops no mail."""
import contextlib
import os
import signal
import sys

import parity
from mailworld import ZONE
from site_env import Site, check, message, wait_for

RULES = '''
threshold greylist 2, tag 6
rule SUSPECT   when mail.domain = plain.example.net   score 3
'''
FROM = dict(client='192.0.2.30', name='mx.plain.example.net', helo='mx.plain.example.net')
STRANGER = dict(client='192.0.2.33', helo='mx.plain.example.net')  # for whose host nobody answers
site = None


def attempt(sender, client=FROM):
    data, mark = message(sender)
    out = site.send(sender=sender, rcpt=['kim@rcpt.example'], message=data, **client)
    return out['last'], mark


def test_1_first():
    """the first attempt hears 451 4.7.1 with the reason and how long"""
    last, _ = attempt('first@plain.example.net')
    check(last.startswith('451 4.7.1 greylisted, please try again in') and 'is new here' in last, last)
    r = site.record('first@plain.example.net')
    check(r['verdict'] == 'greylist' and r['stage'] == 'rcpt', r)


def test_2_retry():
    """after the wait it passes, and the second message passes at once"""
    attempt('retry@plain.example.net')
    seen = []

    def passed():
        last, mark = attempt('retry@plain.example.net')
        seen.append(last)
        return last.startswith('250') and mark
    mark = wait_for('passing the greylist', passed)
    check(seen[0].startswith('451'), 'no wait at all: %s' % seen)
    site.delivered(mark)
    last, mark = attempt('retry@plain.example.net')
    check(last.startswith('250'), last)
    site.delivered(mark)


def test_3_low_score():
    """below the threshold nobody waits"""
    data, mark = message('joe@good.example.com')
    out = site.send(client='192.0.2.10', helo='mx.good.example.com', sender='joe@good.example.com',
                    rcpt=['kim@rcpt.example'], message=data)
    check(out['last'].startswith('250'), out)


def test_4_store_stopped():
    """with the store stopped mail passes, and the evidence says what was unknown"""
    pid = site.worker('store')
    os.kill(pid, signal.SIGSTOP)
    try:
        last, mark = attempt('stopped@plain.example.net')
        check(last.startswith('250'), last)
        site.delivered(mark)
        r = site.record('stopped@plain.example.net')
        check('grey.state' in r['unknown'], r['unknown'])
    finally:
        os.kill(pid, signal.SIGCONT)


def test_5_store_killed():
    """the store killed with -9 comes back, and greylisting with it"""
    os.kill(site.worker('store'), signal.SIGKILL)
    n = [0]

    def again():
        n[0] += 1
        return attempt('killed%d@plain.example.net' % n[0], STRANGER)[0].startswith('451')
    wait_for('greylisting again', again)


@contextlib.contextmanager
def world(front):
    global site
    with Site(zone=ZONE, name='greylist', front=front) as site:
        site.start(rules=RULES, settings='greylist-wait 2s')
        yield site


def run():
    return parity.both(world, [test_1_first, test_2_retry, test_3_low_score, test_4_store_stopped], [test_5_store_killed],
                       but=('retry@plain.example.net',))


if __name__ == '__main__':
    sys.exit(run())
