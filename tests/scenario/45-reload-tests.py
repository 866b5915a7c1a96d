# SPDX-License-Identifier: BSD-2-Clause
"""The tests that stand in the rules: one that fails refuses a reload, and never a start.

Goal: a reload with a failing test changes nothing and says which test, where, and how many; a start
with a failing test serves, and log and status say so.
"""
import json
import os
import re
import signal
import sys

from milter_client import CONTINUE, Milter
from site_env import Site, check, main, wait_for

ZONE = '$ORIGIN .\n$TTL 60\ngood.example.com. A 192.0.2.10\n'
OLD = 'rule JOE when mail.local = "joe" reject 550 5.7.1 "old"\n'
NEW = 'rule JOE when mail.local = "joe" reject 550 5.7.1 "new"\n'
GOOD = 'test "joe is refused" given mail.from joe@a.example\n    expect reject, JOE\n'
BAD = ('test "nobody is refused" given mail.from joe@a.example\n    expect accept\n'
       'test "kim is refused"   given mail.from kim@a.example\n    expect JOE\n')
FAILED = r'site\.rules:6: FAILED "nobody is refused": expected accept'
COUNT = '2 of 3 tests of the rules failed'


class Home(Site):
    """A site that answers DNS from a file, so that a start takes no time."""

    def __init__(self, rules):
        super().__init__(name='tests')
        self.configure(rules, 'dns-zone-files { "%s" }\n' % self.write('zone', ZONE))

    def rules(self, text):
        self.write('rules/site.rules', 'language 1\n' + text)

    def judged(self, sender='joe@good.example.com'):
        with Milter('unix:' + self.socket) as m:
            m.open(client='192.0.2.10', helo='mx.good.example.com')
            answer = m.message(sender, ['kim@rcpt.example'], [('From', ' ' + sender)], b'text\r\n')
            return 'accepted' if answer.kind == CONTINUE else answer.text

    def says(self, text, *patterns):
        for pattern in patterns:
            check(re.search(pattern, text), 'no %r in: %s' % (pattern, text))

    def status(self):
        return json.loads(self.tool('status', '--json')[1])


def test_reload():
    """a reload with a failing test changes nothing, and names the first test, its line, and how many failed"""
    with Home(OLD + GOOD) as h:
        h.start_daemon()
        check(h.judged().startswith('550 5.7.1 old'), h.judged())
        h.rules(NEW + GOOD + BAD)
        status, text = h.tool('reload')
        check(status == 1, 'exit status %d: %s' % (status, text))
        h.says(text, FAILED, 'got reject by JOE at rcpt', COUNT)
        check('kim is refused' not in text, 'more than the first: ' + text)
        h.says(h.read('log/postern'), 'event=reload-refused .*' + FAILED, 'event=reload-refused .*' + COUNT)
        h.says(h.tool('status', '-v')[1], 'last reload: refused', FAILED, COUNT)
        check(h.judged().startswith('550 5.7.1 old'), 'the new rules are in force: ' + h.judged())
        check(h.status()['generation'] == 1 and not h.status()['doubts'], h.status())
        h.rules(NEW + GOOD)
        status, text = h.tool('reload')
        check(status == 0, text)
        check(h.judged().startswith('550 5.7.1 new'), h.judged())


def test_hup():
    """the same after SIGHUP"""
    with Home(OLD + GOOD) as h:
        h.start_daemon()
        h.rules(NEW + GOOD + BAD)
        h.daemon.send_signal(signal.SIGHUP)
        wait_for('the refusal', lambda: re.search('event=reload-refused .*' + COUNT, h.read('log/postern')))
        check(h.judged().startswith('550 5.7.1 old'), h.judged())


def test_start():
    """a start with a failing test serves and says so, until a reload finds all in order"""
    with Home(OLD + GOOD + BAD) as h:
        h.start_daemon()
        check(h.judged().startswith('550 5.7.1 old'), h.judged())
        check(h.judged('kim@good.example.com') == 'accepted', 'kim')
        h.says(h.read('log/postern'), 'error: event=doubt .*' + FAILED, 'error: event=doubt .*' + COUNT)
        h.says(h.tool('status', '-v')[1], 'WARNING', FAILED, COUNT)
        h.says(h.status()['doubts'], FAILED, COUNT)
        check(h.tool('reload')[0] == 1, 'the failing test was accepted by a reload')
        h.says(h.status()['doubts'], COUNT)
        h.rules(NEW + GOOD)
        check(h.tool('reload')[0] == 0, 'reload')
        check(h.status()['doubts'] is None, h.status())


def test_message():
    """the message of a test is read from beside the rules, and kept with them for the last good set"""
    with Home('rule FROM_A when from.domain = a.example reject\n'
              'test "the author" message "a.eml"\n    expect FROM_A\n') as h:
        h.write('rules/a.eml', 'From: joe@a.example\n\ntext\n')
        h.start_daemon()
        check(not h.status()['doubts'], h.status())
        wait_for('the last good set', lambda: os.path.exists(h.path('state/last-good' + h.path('rules/a.eml'))))
        os.remove(h.path('rules/a.eml'))
        status, text = h.tool('reload')
        check(status == 1, text)
        h.says(text, r'site\.rules:3: FAILED "the author": the message .*a\.eml: no such file',
               '1 of 1 tests')
        h.end(h.daemon)
        h.rules('rul\n')
        h.start_daemon()
        check(h.status()['fallback'] and not h.status()['doubts'], h.status())


if __name__ == '__main__':
    sys.exit(main([test_reload, test_hup, test_start, test_message]))
