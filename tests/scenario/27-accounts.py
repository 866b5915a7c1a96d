# SPDX-License-Identifier: BSD-2-Clause
"""What is counted of an account is exact over two workers, milter and proxy, and 64 connections at once; a stolen
account rings an alarm and waits; and a clock that is put back holds nobody up.

Goal: one daemon with both listeners in front of one Postfix; users are told by XCLIENT.
"""
import json
import os
import subprocess
import sys
import threading

from mailworld import ZONE
from site_env import BINARY, Failure, Site, check, free_port, main, message, wait_for

RULES = '''
threshold greylist 2, tag 6
rate sent messages by auth.user per 1h
rate to recipients by auth.user per 1d
rule CROWD   scope outbound when auth.user = "lee" and rate.sent > 100 defer 450 4.7.1 "more than 100"
rule FEW     scope outbound when auth.user = "mia" and rate.sent > 3 defer 450 4.7.1 "more than 3"
rule MANY    scope outbound when rate.to > 100000 score 1
rule NOBODY  scope any when rcpt.local = "nobody" reject 550 5.1.1 "no such user"
rule STOLEN  scope outbound when count(auth.alarm) > 1 defer 450 4.7.1 "stolen"
rule SUSPECT when mail.domain = plain.example.net score 3
'''
SETTINGS = '''
store-timeout 2s
alarm-recipients 8
alarm-networks 2
alarm-rejects 3
greylist-wait 1m
smtp-client-sessions-max 100
smtp-messages-max 1000
listener main smtp inet:{mx}@127.0.0.1
listener local milter unix:{socket}
    socket-group postfix
    socket-mode 0660
'''
CONNECTIONS, MESSAGES = 64, 4
FAKETIME = '/usr/lib/%s-linux-gnu/faketime/libfaketimeMT.so.1' % os.uname().machine
site = None
milter_port = free_port()


def connect(front, user=None, client='192.0.2.10'):
    s = site.connect(port=site.mx_port if front == 'proxy' else milter_port)
    s.ehlo('x')
    login = ' LOGIN=%s' % user if user else ''
    check(s.docmd('XCLIENT', 'ADDR=%s NAME=[UNAVAILABLE]%s' % (client, login))[0] == 220, 'XCLIENT')
    s.ehlo('laptop')
    return s


def say(s, sender, rcpts):
    """One message; the first refusal, or the last answer."""
    for answer in [s.mail(sender)] + [s.rcpt(r) for r in rcpts]:
        if answer[0] >= 400:
            s.rset()
            return answer
    return s.data(message(sender)[0])


def send(front, user=None, n=1, client='192.0.2.10', sender='joe@good.example.com', rcpt='kim'):
    s = connect(front, user, client)
    code, text = say(s, sender, ['%s@rcpt.example' % rcpt] + ['kim%d@rcpt.example' % i for i in range(1, n)])
    s.quit()
    return '%d %s' % (code, text.decode())


def both(*args, **more):
    return [send(front, *args, **more)[:3] for front in ('milter', 'proxy')]


def counted(rate, user):
    out = site.tool('rates', 'show', rate, user)[1].split()
    return int(out[0]) if out else 0


# ---- 64 at once ----

def work(front, barrier, heard):
    s = connect(front, 'lee')
    barrier.wait()
    for i in range(MESSAGES):
        n = 1 + i % 3
        code, _ = say(s, 'lee@good.example.com', ['kim%d@rcpt.example' % k for k in range(n)])
        heard.append((code, n))
    s.quit()


def test_1_crowd():
    """64 connections through milter and proxy at once: every accepted message is counted once, and no other"""
    check(site.tool('alarms') == (1, 'postern alarms: no account looks stolen\n'), 'nobody sent anything yet')
    heard, barrier = [], threading.Barrier(CONNECTIONS, timeout=120)
    threads = [threading.Thread(target=work, args=(('milter', 'proxy')[i % 2], barrier, heard))
               for i in range(CONNECTIONS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    taken = [n for code, n in heard if code == 250]
    check(len(heard) == CONNECTIONS * MESSAGES and {code for code, _ in heard} == {250, 450}, heard)
    check(100 <= len(taken) < 100 + CONNECTIONS, len(taken))  # those under way when the limit was reached
    # a client of the proxy hears 250 before it is counted
    wait_for('the counts', lambda: counted('sent', 'lee') >= len(taken) and counted('to', 'lee') >= sum(taken))
    check((counted('sent', 'lee'), counted('to', 'lee')) == (len(taken), sum(taken)),
          (counted('sent', 'lee'), counted('to', 'lee'), len(taken), sum(taken), site.tool('status')[1]))


def test_2_retries():
    """who only tries again, through either listener, feeds nothing"""
    before = counted('sent', 'lee')
    for _ in range(3):
        check(both('lee') == ['450', '450'], 'the limit is gone')
    check(counted('sent', 'lee') == before, counted('sent', 'lee'))


# ---- a stolen account ----

def test_3_stolen():
    """volume and networks of one account ring; a subscriber hears it, and the account waits until it is reset"""
    watch = subprocess.Popen([BINARY, 'watch', '-c', site.path('postern.conf')], stdout=subprocess.PIPE, text=True)
    try:
        wait_for('a subscriber', lambda: site.tool('reload')[0] == 0)
        event = json.loads(watch.stdout.readline())
        while event['event'] != 'generation':
            event = json.loads(watch.stdout.readline())
        for i, front in enumerate(('milter', 'proxy', 'milter')):
            check(send(front, 'kim', 3, '198.51.%d.7' % i).startswith('250'), 'refused too early')
        heard = {}
        while len(heard) < 2:
            event = json.loads(watch.stdout.readline())
            if event['event'] == 'alarm':
                heard[event['values']['reason']] = event
    finally:
        watch.terminate()
        watch.wait()
    check({e['values']['user'] for e in heard.values()} == {'kim'}, heard)
    check(heard['volume']['values']['recipients'] == '9' and heard['networks']['values']['networks'] == '3', heard)
    check({e['process'] for e in heard.values()} <= {'milter-local', 'smtp-main'}, heard)
    status, out = site.tool('alarms')
    check(status == 0 and out.count(' kim\n') == 2 and out.count(' UTC  ') == out.count('\n') and 'volume' in out, out)
    check(both('kim') == ['450', '450'] and both('joe') == ['250', '250'], 'who waits')
    check(site.read('log/postern').count('event=alarm user=kim') == 2, 'once an hour each')
    status, out = site.tool('alarms', 'reset', 'kim')
    check(status == 0 and 'kim begins anew' in out, out)
    check(both('kim') == ['250', '250'], 'still waits')
    status, out = site.tool('alarms', 'reset', 'nobody')
    check((status, out) == (1, 'postern alarms: no alarm is on for nobody\n'), out)
    check(site.tool('alarms', 'shake')[0] == 64, 'usage')


def test_4_rejects():
    """refusals of one account ring, whichever listener they came through"""
    for _ in range(2):
        check(both('pat', rcpt='nobody') == ['550', '550'], 'not refused')
    wait_for('the alarm', lambda: 'event=alarm user=pat reason=rejects rejects=4 limit=3' in site.read('log/postern'))


# ---- the clock ----

def set_clock(offset):
    """That of daemon and workers; replaced in one step, as it is read at any time."""
    os.replace(site.write('clock.new', offset), site.path('clock'))


def test_5_clock():
    """the clock is put back by an hour: limits hold and end, who waited passes, an alarm rings again"""
    if not os.path.exists(FAKETIME):
        raise Failure('the package faketime is missing: run tests/deps')
    site.end(site.daemon)
    set_clock('+0')
    env = dict(os.environ, LD_PRELOAD=FAKETIME, FAKETIME_TIMESTAMP_FILE=site.path('clock'), FAKETIME_NO_CACHE='1',
               FAKETIME_DONT_FAKE_MONOTONIC='1', FAKETIME_DONT_RESET='1')
    site.start_daemon(env=env)
    for front in 'milter', 'proxy', 'proxy':
        check(send(front, 'mia').startswith('250'), 'too early')
    check(both('mia') == ['450', '450'], 'the limit')
    strangers = dict(client='192.0.2.30', sender='grey@plain.example.net')
    check(both(**strangers) == ['451', '451'], 'the greylist')
    for i in range(3):
        check(send('proxy', 'max', 3, '198.51.%d.7' % i).startswith('250'), 'refused too early')
    check(both('max') == ['450', '450'], 'no alarm')
    set_clock('-1h')
    check(both('mia') == ['450', '450'], 'the limit after the clock went back')
    check(both(**strangers) == ['250', '250'], 'a first try of the future')
    check(send('milter', 'max').startswith('250'), 'an alarm of the future')
    check(both('max') == ['450', '450'], 'it rings again')
    set_clock('+2m')
    check(both('max') == ['250', '250'], 'the hour of the alarm')
    set_clock('+62m')
    check(both('mia') == ['250', '250'], 'the hour of the limit')
    check(site.daemon.poll() is None and 'error: event=ended' not in site.read('log/postern'), 'a process died')


def run():
    global site
    with Site(zone=ZONE, name='accounts', front='proxy') as site:
        site.start(rules=RULES, settings=SETTINGS.format(mx=site.mx_port, socket=site.socket) + proxy_settings(),
                   extra='smtpd_sasl_auth_enable = yes\nsmtpd_error_sleep_time = 0\n',
                   services='127.0.0.1:%d inet n - n - 100 smtpd -o smtpd_milters=unix:%s\n' % (
                       milter_port, site.socket))
        tests = [v for k, v in sorted(globals().items()) if k.startswith('test_')]
        if '/san-' in BINARY:
            print('skip: scenario/27-accounts: test_5_clock: a sanitizer and libfaketime both want to be loaded first')
            tests.remove(test_5_clock)
        return main(tests)


def proxy_settings():
    return ('xclient-nets { 127.0.0.0/8 }\nspool-dir "%s"\nbackend postfix inet:%d@127.0.0.1 tls none identity xclient\n'
            % (site.path('state'), site.smtp_port))


if __name__ == '__main__':
    sys.exit(run())
