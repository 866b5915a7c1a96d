# SPDX-License-Identifier: BSD-2-Clause
"""Rates through milter and proxy: a user's limit holds, other users' mail flows, and the tool shows and forgets."""
import socket
import struct
import sys

from mailworld import ZONE
from site_env import Site, check, main, message, wait_for

RULES = '''
rate sent messages by client.ip, mail.from per 1h
rule FLOOD when rate.sent > 2 defer 450 4.7.1 "more than 2 messages"
rate guesses rejects by client.ip per 10m
rule NOBODY  when rcpt.local = "nobody" reject 550 5.1.1 "no such user"
rule HARVEST when rate.guesses > 2 reject 554 5.7.1 "you guess"
'''
JOE, KIM = 'joe@good.example.com', 'kim@good.example.com'
HOST = dict(client='192.0.2.10', name='mx.good.example.com', helo='mx.good.example.com')
site = None


def send(sender, rcpt='kim@rcpt.example', **host):
    data, mark = message(sender)
    last = site.send(sender=sender, rcpt=[rcpt], message=data, **(host or HOST))['last']
    if last.startswith('250'):
        site.delivered(mark)
    return last


def rates(*words):
    return site.tool('rates', *words)


def test_1_limit():
    """the third message is put off, and again, and feeds nothing; another sender is served"""
    heard = [send(JOE)[:3] for _ in range(5)]
    check(heard == ['250', '250', '450', '450', '450'], heard)
    check(send(KIM).startswith('250'), 'another sender')
    r = site.record(JOE)
    check(r['facts']['rate.sent'] == 3 and r['cause'] == 'FLOOD', r)


def test_2_reload():
    """a reload forgets no count"""
    check(site.tool('reload')[0] == 0, 'reload')
    check(send(JOE).startswith('450'), 'the count is gone')


def test_3_tool():
    """top, show and reset see what was counted; a rate that is not there is named with those that are"""
    status, out = rates('top')
    check(status == 0 and out.splitlines()[0].split() == ['2', 'sent', '192.0.2.10', JOE], out)
    status, out = rates('show', 'sent', '192.0.2.10', KIM)
    check(status == 0 and out.split() == ['1', 'sent', '192.0.2.10', KIM], out)
    check(rates('show', 'sent', '192.0.2') == (1, 'postern rates: there is no such count\n'), 'half a value is none')
    status, out = rates('show', 'snet')
    check(status == 64 and 'sent' in out, out)
    status, out = rates('reset', 'sent', '192.0.2.10', JOE)
    check(status == 0 and out.startswith('1 count'), out)
    check(send(JOE).startswith('250'), 'it was not forgotten')
    check(rates()[0] == 64 and rates('reset')[0] == 64 and rates('--help')[0] == 0, 'usage')


def test_4_rejects():
    """who guesses recipients is refused after the third, whatever he wants then"""
    host = dict(client='192.0.2.30', name='mx.plain.example.net', helo='mx.plain.example.net')
    heard = [send('a@plain.example.net', 'nobody@rcpt.example', **host)[:3] for _ in range(3)]
    check(heard == ['550'] * 3, heard)
    check(send('a@plain.example.net', **host).startswith('554 5.7.1 you guess'), 'he is still welcome')


def hang_up():
    """who hangs up while the mail server still thinks is counted all the same"""
    rude = 'rude@good.example.com'
    data, mark = message(rude)
    s = site.connect(HOST['client'], HOST['name'], HOST['helo'])
    s.ehlo(HOST['helo'])
    for answer in s.mail(rude), s.rcpt('kim@rcpt.example'), s.docmd('DATA'):
        check(answer[0] < 400, answer)
    s.send(data + b'\r\n.\r\n')
    wait_for('Postfix to think', lambda: 'it thinks' in site.read('log/maillog'))  # it has the whole message
    s.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.close()
    site.delivered(mark)
    wait_for('the count', lambda: rates('show', 'sent', HOST['client'], rude)[0] == 0)


def run():
    global site
    failed = 0
    for front in 'milter', 'proxy':
        with Site(zone=ZONE, name='rates', front=front) as site:
            site.start(rules=RULES, extra='smtpd_end_of_data_restrictions ='
                       ' check_sender_access inline:{{rude@good.example.com = warn it thinks}}'
                       ' check_sender_access inline:{{rude@good.example.com = sleep 3}}\n')
            tests = [v for k, v in sorted(globals().items()) if k.startswith('test_')]
            failed |= main(tests + ([hang_up] if front == 'proxy' else []), front)
    return failed


if __name__ == '__main__':
    sys.exit(run())
