# SPDX-License-Identifier: BSD-2-Clause
"""postern greylist: what it shows of those who wait, lets pass and forgets, and what it takes over from a real postgrey."""
import os
import pwd
import socket
import subprocess
import sys
import time

from mailworld import ZONE
from site_env import Site, check, free_port, listening, main, message, wait_for

RULES = 'rule ALL when client.ip is present greylist\n'
SETTINGS = 'greylist-wait 50m\nstore-timeout 2s\nredis-timeout 1s\n'  # nobody passes unless he is let
PLAIN = dict(client='192.0.2.30', name='mx.plain.example.net', helo='mx.plain.example.net')
NOBODY = dict(client='203.0.113.7', helo='host.invalid')
POSTGREY, REDIS = '/usr/sbin/postgrey', '/usr/bin/redis-server'
HEAD = 'VERSION=3\nformat=print\ntype=btree\nHEADER=END\n'
site = None


def send(sender, rcpt='kim@rcpt.example', **host):
    data, mark = message(sender or 'bounce@x.invalid')
    last = site.send(sender=sender, rcpt=[rcpt], message=data, **(host or PLAIN))['last']
    if last.startswith('250'):
        site.delivered(mark)
    return last[:3]


def greylist(*words):
    return site.tool('greylist', *words)


def counts(out):
    """The figures of an import: read, passed, waiting, networks, there before."""
    return [int(line.split()[0]) for line in out.splitlines()[:5]]


def test_1_list():
    """who waits is listed with age, remaining wait, organisation, sender and recipient"""
    check(greylist('list') == (1, 'postern greylist: no sender waits or has passed\n'), 'a greylist that nobody has met')
    check([send(x) for x in ('joe@plain.example.net', 'ann@plain.example.net', '')] == ['451'] * 3, 'not greylisted')
    status, out = greylist('list')
    check(status == 0 and len(out.splitlines()) == 3, out)
    status, out = greylist('list', '--sender', 'joe@plain.example.net')
    words = out.split()
    check(words[0] == 'waits' and words[2] in ('49m', '50m'), out)
    check(words[-3:] == ['example.net', 'joe@plain.example.net', 'kim@rcpt.example'], out)
    check(len(greylist('list', '--sender', 'example.net')[1].splitlines()) == 2, 'a domain has its subdomains')
    check(len(greylist('list', '--sender', '<>')[1].splitlines()) == 1, 'a bounce')
    check(len(greylist('list', '-n', '2')[1].splitlines()) == 2, 'two lines')
    check(len(greylist('list', '--organisation', 'EXAMPLE.net', '--pending')[1].splitlines()) == 3, 'organisation')
    check(greylist('list', '--recipient', 'tom@rcpt.example')[0] == 1, 'whom nobody wrote to')
    check(greylist('list', '--known') == (1, 'postern greylist: no organisation is known\n'), 'nobody is known yet')
    status, out = greylist('show', '--sender', 'joe@plain.example.net')
    check(status == 0 and 'waits, an attempt passes in ' in out and 'forgotten     in ' in out, out)


def test_2_release():
    """who is released passes at the next attempt, and the others still wait"""
    status, out = greylist('release', '--sender', 'joe@plain.example.net')
    check((status, out) == (0, 'passes at the next attempt: example.net  joe@plain.example.net  kim@rcpt.example\n'), out)
    check(send('ann@plain.example.net') == '451', 'another passes too')
    check(send('joe@plain.example.net') == '250', 'it does not pass')
    check(greylist('list', '--sender', 'joe@plain.example.net')[1].startswith('passed'), 'it is not listed so')
    check(' example.net ' in greylist('list', '--known')[1], greylist('list', '--known')[1])
    check('joe@' not in greylist('list', '--pending')[1], 'it waits no more')
    check(greylist('release', '--sender', 'joe@plain.example.net') == (1, 'postern greylist: no such sender waits\n'),
          'there is nobody to let pass')


def test_3_forget():
    """who is forgotten is a stranger again"""
    check(send('joe@plain.example.net') == '250', 'it is known')
    status, out = greylist('forget', '--sender', 'joe@plain.example.net', '--recipient', 'rcpt.example')
    check(status == 0 and out.startswith('forgotten: example.net  joe@plain'), out)
    check(greylist('list', '--sender', 'joe@plain.example.net')[0] == 1, 'it is still there')
    check(send('joe@plain.example.net') == '451', 'it passes all the same')
    check(greylist('list', '--sender', 'joe@plain.example.net')[1].startswith('waits    '), 'it is not new')


def test_4_usage():
    """wrong usage is 64, and changes nothing"""
    for words in ([], ['list', 'joe'], ['release'], ['forget'], ['show'], ['list', '-n', '0'], ['import', 'x', 'y'],
                  ['list', '--pending', '--known'], ['forget', '--known', '--sender', 'x'], ['list', '--dry-run']):
        check(greylist(*words)[0] == 64, words)
    check(greylist('--help')[0] == 0, 'help')


# ---- postgrey ----

def ask_postgrey(path, ip, sender, when, name='unknown'):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        wait_for('postgrey', lambda: s.connect_ex(path) == 0)
        s.sendall(('request=smtpd_access_policy\nclient_address=%s\nclient_name=%s\nsender=%s\n'
                   'recipient=kim@rcpt.example\npolicy_test_time=%d\n\n' % (ip, name, sender, when)).encode())
        return s.recv(1000).decode()


def real_postgrey(folder):
    """Its databases: joe passed from 203.0.113.0/24, ann waits there, and 198.51.100.9 passed with five senders."""
    user = pwd.getpwnam('postgrey')
    os.mkdir(folder)
    os.chown(folder, user.pw_uid, user.pw_gid)
    p = site.spawn([POSTGREY, '--unix=%s/socket' % folder, '--dbdir=' + folder, '--whitelist-clients=/dev/null',
                    '--whitelist-recipients=/dev/null'], 'postgrey')
    path, now = folder + '/socket', int(time.time())
    wait_for('postgrey', lambda: os.path.exists(path))
    check('Greylisted' in ask_postgrey(path, '203.0.113.7', 'joe@a.example', now - 9000), 'postgrey lets pass')
    check('PREPEND' in ask_postgrey(path, '203.0.113.8', 'joe@a.example', now - 8000), 'postgrey lets not pass')
    ask_postgrey(path, '203.0.113.7', 'ann@a.example', now - 1200)
    ask_postgrey(path, '203.0.113.7', 'j-4711-2@a.example', now - 9000)
    ask_postgrey(path, '203.0.113.7', 'j-4712-2@a.example', now - 8000)
    for i in range(6):
        ask_postgrey(path, '198.51.100.9', 'u%d@b.example' % i, now - 90000 + 4000 * i)
        ask_postgrey(path, '198.51.100.9', 'u%d@b.example' % i, now - 89000 + 4000 * i)
    p.kill()
    p.wait()
    subprocess.run(['db5.3_recover', '-h', folder], check=True, timeout=60)  # as the manual says
    return [folder + '/postgrey.db', folder + '/postgrey_clients.db']


def test_5_postgrey():
    """nobody whom postgrey let pass waits; who waited there has his time; strangers wait"""
    files = real_postgrey(site.path('state') + '-postgrey')
    status, out = greylist('import', '--dry-run', 'postgrey', *files)
    check(status == 0 and counts(out)[1:] == [7, 1, 1, 0] and 'nothing written' in out, out)
    check(send('joe@a.example', **NOBODY) == '451', 'a dry run wrote something')
    check(greylist('forget', '--sender', 'a.example')[0] == 0, 'forget')
    status, out = greylist('import', 'postgrey', *files)
    check(status == 0 and counts(out)[1:] == [7, 1, 1, 0], out)
    check(send('joe@a.example', **dict(NOBODY, client='203.0.113.99')) == '250', 'joe waits')
    check(send('j-4799-3@a.example', **NOBODY) == '250', 'numbers that change')
    check(send('other@a.example', **NOBODY) == '451', 'a stranger passes')
    check(send('joe@a.example', 'tom@rcpt.example', **NOBODY) == '451', 'another recipient')
    check(send('any@c.example', client='198.51.100.77', helo='x.invalid') == '250', 'a network that postgrey knew')
    words = greylist('list', '--sender', 'ann@a.example')[1].split()
    check(words[:2] == ['waits', '20m'] and words[-3] == '203.0.113.0/24', words)
    check('198.51.100.0/24' in greylist('list', '--known')[1], 'the network')
    status, out = greylist('import', 'postgrey', *files)
    check(status == 0 and counts(out)[1:] == [0, 0, 0, 9], 'a second time: ' + out)
    check(greylist('forget', '--organisation', '198.51.100.0/24')[0] == 0, 'forget a network')
    check(send('any@c.example', client='198.51.100.77', helo='x.invalid') == '451', 'it is still known')


def import_text(text):
    p = subprocess.run([os.environ['POSTERN'], 'greylist', '-c', site.path('postern.conf'), 'import', 'postgrey', '-'],
                       input=text, capture_output=True, text=True, timeout=60)
    return p.returncode, p.stdout + p.stderr


def test_6_text():
    """text of db_dump by a pipe; what is cut short or is none is refused; what is shown does nothing to a terminal"""
    now = int(time.time())
    status, out = import_text(HEAD + ' 203.0.113.0/e@a.example/\\1b[2Jkim@rcpt.example\n %d,%d\nDATA=END\n' % (now, now))
    check(status == 0 and counts(out)[:3] == [1, 0, 1], out)
    status, out = greylist('list', '--sender', 'e@a.example')
    check(out.split()[-1] == '\\x1b[2Jkim@rcpt.example', repr(out))
    old = HEAD + ' 203.0.113.0/g@a.example/kim@rcpt.example\n 1000,2000\n ' + 40 * 'a' + '\n 1,2\nDATA=END\n'
    status, out = import_text(old)
    check(status == 0 and counts(out)[:3] == [2, 0, 0], 'what is over is taken over: ' + out)
    check('1 too old' in out and '1 hashed' in out and '0 not as postgrey' in out, out)
    check(import_text(HEAD + ' 203.0.113.0/f@a.example/kim@rcpt.example\n')[0] == 65, 'cut short')
    check(import_text('no dump\n')[0] == 65, 'no dump')
    check(greylist('import', 'postgrey', site.write('nothing', ''))[0] == 65, 'an empty file')
    status, out = greylist('import', 'postgrey', site.path('absent'))
    check(status == 66 and 'records read' not in out, out)


def test_7_forget_all():
    """what passed as a network's and made its organisation known is forgotten with all that stands beside it"""
    first = int(time.time()) - 3600
    check(import_text(HEAD + ' 192.0.2.0/kim@plain.example.net/kim@rcpt.example\n %d,%d\nDATA=END\n' % (first, first))[0] == 0,
          'import')
    check(greylist('list', '--sender', 'kim@plain.example.net')[1].startswith('ready'), 'its time has not come')
    check(send('kim@plain.example.net') == '250', 'it waits')
    check(greylist('list', '--known', '--organisation', 'example.net')[0] == 0, 'its organisation is not known')
    check(send('any@plain.example.net') == '250', 'its organisation waits')
    check(greylist('forget', '--sender', 'kim@plain.example.net')[0] == 0, 'forget')
    check(send('kim@plain.example.net') == '451', 'the network is still there')
    check(send('any@plain.example.net') == '451', 'the organisation is still known')


def test_8_no_daemon():
    """without the daemon it says so"""
    site.end(site.daemon)
    status, out = greylist('list')
    check(status == 69 and out.count('\n') == 1 and 'does not answer' in out, out)  # and no line of a log
    text = HEAD + ' 203.0.113.0/e@a.example/kim@rcpt.example\n 4000000000,4000000000\nDATA=END\n'
    check(greylist('import', 'postgrey', site.write('text', text))[0] == 69, 'it was imported nowhere')
    check(greylist('import', '--dry-run', 'postgrey', site.path('text'))[0] == 0, 'a dry run')


def world(what, settings, tests):
    global site
    with Site(zone=ZONE, name='greylist-tool', front='proxy') as site:
        if settings:
            port = free_port()
            site.spawn([REDIS, '--bind', '127.0.0.1', '--port', str(port), '--save', '', '--appendonly', 'no'], 'redis')
            wait_for('Redis', lambda: listening(port))
            settings = settings % port
        site.start(rules=RULES, settings=SETTINGS + settings)
        if settings:
            wait_for('Redis in use', lambda: 'event=redis-up' in site.read('log/postern'))
        return main(tests, what)


def run():
    tests = [v for k, v in sorted(globals().items()) if k.startswith('test_')]
    return world('file', '', tests) | world('Redis', 'redis-servers { 127.0.0.1@%d }\n', tests[:3])


if __name__ == '__main__':
    sys.exit(run())
