# SPDX-License-Identifier: BSD-2-Clause
"""A dry run judges, logs and says in a header what it would have done, and does nothing."""
import contextlib
import sys

import parity
from mailworld import ZONE
from site_env import Site, check, message

RULES = '''
rule NOT_YOU     when mail.local = "reject"   reject 554 5.7.1 "not you"
rule NOT_NOW     when mail.local = "grey"     greylist
rule DROPPED     when mail.local = "drop"     discard
'''
site = None


def dry(sender):
    data, mark = message(sender, extra='X-Spam-Status: No, forged\r\n')
    out = site.send(client='192.0.2.30', helo='mx.plain.example.net', sender=sender,
                    rcpt=['kim@rcpt.example'], message=data)
    check(out['last'].startswith('250'), out)
    text = site.delivered(mark).split('\n\n')[0]
    check('Authentication-Results: mx.test' not in text, 'a field was added: ' + text)
    check('X-Spam-Status: No, forged' in text, 'a field was removed: ' + text)
    return text.replace('\n\t', ' ').replace('\n ', ' ')


def test_reject():
    """would reject 554 ..."""
    check('X-Postern-Dry-Run: would reject 554 5.7.1 not you' in dry('reject@plain.example.net'), 'header')
    r = site.record('reject@plain.example.net')
    check(r['verdict'] == 'reject' and r['dry-run'] and r['stage'] == 'rcpt', r)


def test_greylist():
    """would greylist 451 ..."""
    check('X-Postern-Dry-Run: would greylist 451 4.7.1' in dry('grey@plain.example.net'), 'header')


def test_discard():
    """would discard"""
    check('X-Postern-Dry-Run: would discard' in dry('drop@plain.example.net'), 'header')


def test_accept():
    """would accept"""
    check('X-Postern-Dry-Run: would accept' in dry('fine@plain.example.net'), 'header')


@contextlib.contextmanager
def world(front):
    global site
    with Site(zone=ZONE, name='dryrun', front=front) as site:
        site.start(rules=RULES, settings='dry-run yes')
        yield site


def run():
    return parity.both(world, [v for k, v in sorted(globals().items()) if k.startswith('test_')])


if __name__ == '__main__':
    sys.exit(run())
