# SPDX-License-Identifier: BSD-2-Clause
"""The daemon's life: kills, reloads under load, bad configurations, off and on."""
import os
import re
import signal
import subprocess
import sys
import threading
import time

from mailworld import ZONE
from site_env import BINARY, Failure, Site, check, main, message, wait_for

RULES = 'rule NEVER  when client.ip = 203.0.113.1  score 1\nthreshold tag 6\n'
site = None


def workers():
    """pid and name of each process below the supervisor."""
    found = {}
    for pid in site.processes()[1:]:
        try:
            with open('/proc/%d/cmdline' % pid, 'rb') as f:
                found[pid] = f.read().replace(b'\0', b' ').decode()
        except FileNotFoundError:
            pass
    return found


def milter_pid():
    hit = [pid for pid, name in workers().items() if 'milter' in name]
    check(hit, 'no milter worker in %s' % workers())
    return hit[0]


def passes(sender='a@good.example.com'):
    data, mark = message(sender)
    out = site.send(client='192.0.2.10', helo='mx.good.example.com', sender=sender,
                    rcpt=['kim@rcpt.example'], message=data)
    return out['last'].startswith('250'), out


def test_1_privileges():
    """workers run unprivileged, with no way back, and the socket has the mode it should"""
    for pid, name in workers().items():
        with open('/proc/%d/status' % pid) as f:
            status = f.read()
        uids = re.search(r'^Uid:\s+(.*)$', status, re.M).group(1).split()
        check('0' not in uids, '%s runs as root: %s' % (name, uids))
        check(re.search(r'^NoNewPrivs:\s+1$', status, re.M), '%s may gain privileges' % name)
        check(re.search(r'^CapEff:\s+0+$', status, re.M), '%s has capabilities' % name)
    mode = os.stat(site.socket).st_mode & 0o777
    check(mode == 0o660, 'socket mode %o' % mode)


def test_2_kill():
    """the worker killed in mid-transaction: Postfix answers by its default, the next transaction works"""
    s = site.connect('192.0.2.10', 'mx.good.example.com', 'mx.good.example.com')
    s.ehlo('mx.good.example.com')
    check(s.mail('kill@good.example.com')[0] == 250, 'MAIL')
    os.kill(milter_pid(), signal.SIGKILL)
    code, text = s.rcpt('kim@rcpt.example')
    check(400 <= code < 500, 'RCPT after the kill: %d %s' % (code, text))
    s.close()
    ok, out = passes()
    check(ok, out)


def test_3_reloads():
    """ten reloads during 2,000 messages over 20 sessions: all delivered, no 4xx, nothing leaks"""
    before_fds = len(os.listdir('/proc/%d/fd' % site.daemon.pid))
    before = len(workers())
    sunk = len(site.sunk())
    log_before = len(site.read('log/maillog'))
    load = subprocess.Popen(['/usr/sbin/smtp-source', '-s', '20', '-m', '2000', '-l', '2000', '-f',
                             'load@good.example.com', '-t', 'kim@rcpt.example',
                             '127.0.0.1:%d' % site.smtp_port], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    reloads = []

    def reload_all():
        for i in range(10): # one every 190 messages, so that all happen under load
            wait_for('message %d' % (i * 190), lambda n=i: len(site.sunk()) >= sunk + n * 190, 120)
            reloads.append(site.tool('reload'))
    t = threading.Thread(target=reload_all)
    t.start()
    out, _ = load.communicate(timeout=300)
    t.join()
    check(load.returncode == 0, 'smtp-source: ' + out[-500:])
    check(all(r[0] == 0 for r in reloads), 'a reload failed: %s' % reloads)
    wait_for('2,000 messages in the sink', lambda: len(site.sunk()) >= sunk + 2000, 120)
    log = site.read('log/maillog')[log_before:]
    bad = re.findall(r'.*(?:milter-reject|warning: milter| 4[0-9][0-9] 4\.).*', log)
    check(not bad, 'in the mail log: %s' % bad[:3])
    wait_for('old workers to go', lambda: len(workers()) <= before, 90)
    after_fds = len(os.listdir('/proc/%d/fd' % site.daemon.pid))
    check(after_fds <= before_fds + 2, 'descriptors: %d, then %d' % (before_fds, after_fds))


def test_4_bad_reload():
    """a bad configuration is refused with its errors, and the old one still serves"""
    good = site.read('rules/site.rules')
    site.write('rules/site.rules', good + 'rule BROKEN when helo.nam = x score 1\n')
    status, text = site.tool('reload')
    check(status != 0 and "did you mean 'helo.name'?" in text, text)
    ok, out = passes()
    check(ok, out)
    status, text = site.tool('status', '-v')
    check('refused' in text or 'failed' in text, 'status does not tell of the refused reload: ' + text)
    site.write('rules/site.rules', good)
    check(site.tool('reload')[0] == 0, 'the good file is refused')


def test_4_needs_a_restart():
    """a reload tells on the terminal which settings wait for a restart"""
    good = site.read('postern.conf')
    site.write('postern.conf', good + 'redis-servers { 127.0.0.1@1 }\n')
    status, text = site.tool('reload')
    check(status == 0 and text.endswith(' serves\nthe redis settings stay as they are until the daemon is restarted\n'), text)
    site.write('postern.conf', good)
    status, text = site.tool('reload')
    check(status == 0 and text.endswith(' serves\n'), text)


def test_4_reload_is_over():
    """reload answers when the workers have heard of it: not while one of them hears nothing"""
    old = milter_pid()
    os.kill(old, signal.SIGSTOP)
    try:
        began = time.monotonic()
        status, text = site.tool('reload')
        took = time.monotonic() - began
    finally:
        os.kill(old, signal.SIGCONT)
    check(status == 0 and took > 1, 'it took %.1f s: %s' % (took, text))


def test_5_check():
    """postern check names all errors, with exit code, and whether the MTA could connect"""
    status, text = site.tool('check')
    check(status == 0, text)
    check('postfix' in text, 'nothing about the MTA user: ' + text)
    bad = site.write('bad.conf', 'hostnam x\nrcpt-wait 90s\n')
    p = subprocess.run([BINARY, 'check', '-c', bad], capture_output=True, text=True)
    text = p.stdout + p.stderr
    check(p.returncode != 0 and "did you mean 'hostname'?" in text and ':2:' in text, text)


def test_6_off_on():
    """off lets everything pass untouched within a second, on judges again"""
    check(site.tool('off')[0] == 0, 'off')
    before = len(site.records())
    data, mark = message('off@good.example.com')
    began = time.monotonic()
    while True:
        out = site.send(client='192.0.2.10', helo='mx.good.example.com', sender='off@good.example.com',
                        rcpt=['kim@rcpt.example'], message=data)
        check(out['last'].startswith('250'), out)
        if len(site.records()) == before or time.monotonic() - began > 1:
            break
    check('X-Spam' not in site.delivered(mark), 'a field was added while off')
    check('off' in site.tool('status', '-v')[1], 'status does not say off')
    check(site.tool('reload')[0] == 0 and 'off' in site.tool('status', '-v')[1], 'a reload switched it on')
    check(site.tool('on')[0] == 0, 'on')
    wait_for('judging again', lambda: passes('on@good.example.com')[0] and
             any(r['from'] == 'on@good.example.com' for r in site.records()))


def test_7_broken_start():
    """a start with a broken file falls back to the last good set, loudly"""
    good = site.read('rules/site.rules')
    site.write('rules/site.rules', good + 'rul BROKEN\n')
    site.end(site.daemon)
    site.start_daemon()
    ok, out = passes('lastgood@good.example.com')
    check(ok, out)
    check('last good' in site.tool('status', '-v')[1].lower().replace('-', ' '), site.tool('status', '-v')[1])
    site.write('rules/site.rules', good)
    check(site.tool('reload')[0] == 0, 'reload after repair')


def test_8_world_writable():
    """a rule file that anybody may write is refused"""
    path = site.path('rules/site.rules')
    os.chmod(path, 0o666)
    try:
        status, text = site.tool('check')
        check(status != 0 and 'world-writable' in text, text)
    finally:
        os.chmod(path, 0o644)


def test_9_stop():
    """an orderly stop leaves no process and no socket in use"""
    pids = site.processes()
    site.end(site.daemon)
    check(site.daemon.returncode == 0, 'status %s' % site.daemon.returncode)
    for pid in pids:
        wait_for('end of %d' % pid, lambda p=pid: not os.path.exists('/proc/%d' % p))


def run():
    global site
    with Site(zone=ZONE, name='lifecycle') as site:
        site.start(rules=RULES, settings='drain-timeout 30s')
        return main([v for k, v in sorted(globals().items()) if k.startswith('test_')])


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/40-lifecycle: the site does not start')
        sys.exit(1)
