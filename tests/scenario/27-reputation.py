# SPDX-License-Identifier: BSD-2-Clause
"""Reputation through milter and proxy: verdicts teach, rules read, a person tells, and a name is forgotten."""
import pwd
import re
import shutil
import subprocess
import sys

from mailworld import ZONE, sign
from site_env import BINARY, Site, check, main, message

RULES = '''
threshold tag 6, reject 15
rule SPAM when subject ~ /cheap/ score 15
rule BAD_NETWORK when reputation.address is unknown and reputation.network >= 90 score 6
rule BAD_SIGNER  when reputation.dkim >= 75 or reputation.organisation >= 75 score 6
'''
GOOD = dict(client='192.0.2.10', name='mx.good.example.com', helo='mx.good.example.com')
FEW = {'unknown': 'few observations'}
# Midnight may pass meanwhile: what was counted before it then weighs 2.3 % less, which rounding hides.
SETTINGS = 'reputation-half-life 30d\nreputation-minimum 9\nstore-timeout 2s'
site = None
n = 0


def send(sender, host, subject='hello', signed=False):
    """A new message; its answer and its mark."""
    global n
    n += 1
    data, mark = message(sender, subject=subject, body='Text %d.\r\n' % n)
    return site.send(sender=sender, rcpt=['kim@rcpt.example'], message=sign(data) if signed else data,
                     **host)['last'], mark


def host(last):
    return dict(client='198.51.100.%d' % last, helo='host%d.example' % last)


def tool(*words):
    return site.tool('reputation', *words)


def counts(out):
    """Ham and spam on each line that `reputation show` printed."""
    return [tuple(round(float(n)) for n in pair)
            for pair in re.findall(r' ([0-9.]+) ham and ([0-9.]+) spam ', out)]


def stored(mark):
    """The delivered message, as a file of a mailbox."""
    return site.write('message', site.delivered(mark))


def test_1_network():
    """ten spams of ten hosts of a network make it known; an eleventh host is marked, a stranger is not"""
    for i in range(10):
        got, _ = send('s%d@s.example' % i, host(i + 1), 'cheap pills')
        check(got.startswith('554'), got)
    got, _ = send('new@s.example', host(77))
    r = site.record('new@s.example')
    check(got.startswith('250') and r['tagged'] and r['facts']['reputation.network'] == 92, r)
    check(r['facts']['reputation.address'] == FEW and not r['unknown'], 'too little is no trouble: %s' % r)
    send('far@f.example', dict(client='203.0.113.9', helo='far.example'))
    r = site.record('far@f.example')
    check(not r['tagged'] and r['facts']['reputation.network'] == FEW and not r['unknown'], r)


def test_2_no_echo():
    """what its own reputation marked taught nothing: the network has ten spams, and the eleventh's ham"""
    got, out = tool('show', '198.51.100.0/24')
    check(got == 0 and counts(out) == [(1, 10)] and re.search('reputation.network is 8[45]', out), out)


def test_3_forget():
    """who is forgotten is a stranger again"""
    check(tool('forget', '198.51.100.0/24') == (0, 'forgotten\n'), 'forget')
    check(tool('show', '198.51.100.0/24')[0] == 1 and tool('forget', '198.51.100.0/24')[0] == 1, 'still there')
    send('again@s.example', host(78))
    check(not site.record('again@s.example')['tagged'], 'still marked')


def test_4_told():
    """what a person says counts as five, for all names that the message proves; told again, it counts no more"""
    for i in range(2):
        got, mark = send('joe@good.example.com', GOOD, signed=True)
        check(got.startswith('250'), got)
        path = stored(mark)
        status, out = site.tool('learn', 'spam', path)
        check(status == 0 and out.startswith('1 learned as spam'), out)
    status, out = site.tool('learn', 'spam', path)
    check(status == 0 and out.startswith('0 learned') and '1 known before' in out, out)
    for name, kinds in ('good.example.com', ['dkim']), ('example.com', ['organisation']), \
            ('192.0.2.10', ['address', 'network']):
        status, out = tool('show', name)
        check([line.split()[0] for line in out.splitlines()] == kinds, out)
        check(counts(out) == [(2, 10)] * len(kinds), out)
    status, out = tool('-n', '4', 'top')
    check(status == 0 and len(out.splitlines()) == 4 and '192.0.2.0/24' in out, out)


def test_5_marked():
    """then mail of that signer is marked, from a strange host too, and still teaches what it is without that"""
    for _ in range(2):
        _, mark = send('joe@good.example.com', GOOD, signed=True)
        check(site.tool('learn', 'spam', stored(mark))[0] == 0, 'learn')
    send('kim@elsewhere.example', dict(client='203.0.113.77', helo='x.example'), signed=True)
    r = site.record('kim@elsewhere.example')
    check(r['tagged'] and r['facts']['reputation.dkim'] == 81 and r['facts']['reputation.address'] == FEW, r)
    status, out = tool('show', 'good.example.com')
    check(status == 0 and counts(out) == [(5, 20)], out)


def test_6_moved():
    """told as ham, a message counts as that, and its spam is taken back; a folder is read"""
    path = site.path('message')
    status, out = site.tool('learn', 'ham', path)
    check(status == 0 and out.startswith('0 learned as ham, 1 taken back from spam'), out)
    out = tool('show', 'good.example.com')[1]
    check(counts(out)[0][1] == 15, out)
    site.write('rules/.hidden', 'no message')
    status, out = site.tool('learn', 'spam', site.path('rules'), '/nonexistent\x1b[2J')
    check('.hidden' not in out, out)
    check(status == 66 and 'site.rules: tells of nobody' in out and '/nonexistent\\x1b[2J: No such file' in out, out)
    with open(path) as f:
        one = 'From joe@good.example.com Sun Nov 22 10:00:00 2026\n' + f.read().replace('\r', '') + '\n'
    status, out = site.tool('learn', 'ham', site.write('mbox', one + one))
    check(status == 66 and 'many messages in one file' in out and out.startswith('0 learned'), out)
    status, out = site.tool('learn', 'ham', site.write('mbox', one))
    check(status == 0 and '1 known before' in out, out)
    check(site.tool('learn', 'eggs', path)[0] == 64 and site.tool('learn', '--help')[0] == 0, 'usage')
    check(tool('show', 'no name')[0] == 64 and tool('top', 'x')[0] == 64, 'usage')


def tell_as(user, kind):
    """What a mailbox's user may do by sudo: a message on standard input, told by that user."""
    who = pwd.getpwnam(user)
    binary = shutil.copy(BINARY, site.path('postern'))  # this tree may be closed to others
    with open(site.path('message'), 'rb') as f:
        p = subprocess.run([binary, 'learn', '-c', site.path('postern.conf'), kind, '-'], stdin=f,
                           capture_output=True, text=True, timeout=60, user=who.pw_uid, group=who.pw_gid,
                           extra_groups=[])
    return p.returncode, p.stdout + p.stderr


def test_7_not_root():
    """the user of the settings may tell, without being root; nobody else may"""
    status, out = tell_as('nobody', 'spam')
    check(status == 0 and out.startswith('0 learned as spam, 1 taken back from ham'), out)
    status, out = tell_as('postfix', 'ham')
    check(status == 69 and 'are you root, or the user of its settings?' in out, out)


def run():
    global site
    failed = 0
    for front in 'milter', 'proxy':
        with Site(zone=ZONE, name='reputation', front=front) as site:
            site.start(rules=RULES, settings=SETTINGS)
            failed |= main([v for k, v in sorted(globals().items()) if k.startswith('test_')], front)
    return failed


if __name__ == '__main__':
    sys.exit(run())
