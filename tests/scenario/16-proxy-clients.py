# SPDX-License-Identifier: BSD-2-Clause
"""Real clients through the proxy to a real Postfix: smtplib, swaks, smtp-source.

Goal: what they send arrives once and byte for byte, with its parameters; what is out of order hears the code of
RFC 5321, and the record tells of it.
"""
import os
import re
import smtplib
import socket
import subprocess
import sys

from mailworld import ZONE
from site_env import Failure, check, free_port, main, message, wait_for
from smtp_backend import BackendSite, said

RULES = '''
rule SEES_DIALOGUE when smtp.junk is present and smtp.pipelining is present and helo.esmtp is present
rule SEES_SIZE     when mail.size is present
rule SEES_VALID    when rcpt.valid is present
rule SEES_REFUSED  when rcpt.rejected > 0
'''
CLIENT, NAME, SENDER = '192.0.2.10', 'mx.good.example.com', 'joe@good.example.com'
RCPT = 'kim@rcpt.example'
# 8-bit text, dots, blanks at the ends of lines, no text at all, and an end without a last word.
BODY = '.\r\n..\r\n.dot\r\n\r\nGr\u00fc\u00dfe \r\n' + 'x' * 900 + '\r\n\t\r\n.\r\n\r\n\r\n'
site = None
six = free_port()


def settings():
    return '''
own-nets {{ 192.0.2.200 }}
listener main smtp inet:{mx}@127.0.0.1
listener six smtp inet6:{six}@::1
backend postfix inet:{postfix}@127.0.0.1 tls none identity xclient
xclient-nets {{ 127.0.0.0/8 }}
proxy-protocol-nets {{ 127.0.0.9 }}
spool-dir "{state}"
message-size-max 1MB
smtp-recipients-max 100
smtp-messages-max 240
smtp-errors-max 60
'''.format(mx=site.mx_port, six=six, postfix=site.smtp_port, state=site.path('state'))


def connect(client=CLIENT):
    s = site.connect(client, NAME, NAME)
    s.ehlo(NAME)
    return s


def fact(sender, name):
    return site.record(sender)['facts'][name]


def refused(words, times=1):
    """What the proxy refuses by itself is told in the log."""
    lines = [x for x in site.read('log/postern').split('\n')
             if 'event=refused client=%s helo=%s ' % (CLIENT, NAME) in x and words in x]
    check(len(lines) == times, '%s: %s' % (words, lines))


def test_parameters():
    """smtplib: 8BITMIME, SMTPUTF8 and the parameters of DSN come to the last hop; the body is unchanged"""
    sender, rcpt = 'j\u00f6rg@good.example.com', 'k\u00efm@rcpt.example'
    data, mark = message(sender, rcpt, subject='Gr\u00fc\u00dfe', body=BODY)
    s = connect()
    check(not {'8bitmime', 'smtputf8', 'dsn', 'chunking', 'pipelining', 'size', 'enhancedstatuscodes', 'limits',
               'etrn', 'xclient'}.difference(s.esmtp_features), s.esmtp_features)
    check(not {'auth', 'starttls', 'vrfy', 'xforward', 'binarymime'}.intersection(s.esmtp_features), s.esmtp_features)
    check(s.esmtp_features['limits'] == 'MAILMAX=240 RCPTMAX=100', s.esmtp_features['limits'])
    s.command_encoding = 'utf-8'
    said(s.mail(sender, ['SMTPUTF8', 'BODY=8BITMIME', 'SIZE=%d' % len(data), 'RET=HDRS', 'ENVID=QQ+2B1']), 250)
    said(s.rcpt(rcpt, ['NOTIFY=SUCCESS,FAILURE', 'ORCPT=utf-8;k\\x{EF}m@rcpt.example']), 250)
    said(s.data(data), 250)
    s.quit()
    mail = site.unchanged(mark, data)
    check({'SMTPUTF8', 'BODY=8BITMIME', 'RET=HDRS', 'ENVID=QQ+2B1'} <= set(mail.sender_params), mail.sender_params)
    check(mail.sender == sender and mail.recipients[0][0] == rcpt, (mail.sender, mail.recipients))
    check('NOTIFY=SUCCESS,FAILURE' in mail.recipients[0][1] and
          any(x.lower().startswith('orcpt=utf-8;k') for x in mail.recipients[0][1]), mail.recipients)
    check('with UTF8SMTP id' in mail.header(), mail.header())
    r = site.record(sender)
    check(r['client'] == CLIENT and r['to'] == [rcpt] and r['facts']['mail.size'] == len(data) and
          r['facts']['rcpt.valid'] is True, r)


def test_pipelining():
    """pipelined groups in any segments, one byte each too: every message once; only what was not offered is told"""
    sender = 'piped@good.example.com'
    first, mark = message(sender, body=BODY)
    second, mark2 = message(sender, body='..\r\n')
    who = b'XCLIENT ADDR=%s NAME=%s\r\n' % (CLIENT.encode(), NAME.encode())
    ehlo = b'EHLO %s\r\n' % NAME.encode()
    group = b'MAIL FROM:<%s> BODY=8BITMIME\r\nRCPT TO:<%s>\r\nRCPT TO:<lee@rcpt.example>\r\nDATA\r\n' % (
        sender.encode(), RCPT.encode())
    stuffed = [re.sub(rb'(?m)^\.', b'..', x) + b'.\r\n' for x in (first, second)]
    with socket.create_connection(('127.0.0.1', site.mx_port), 30) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        f = s.makefile('rb')

        def answers(n):
            got = []
            while len(got) < n:
                line = f.readline()
                check(line, 'cut behind %s' % got)
                got += [line[:3]] if line[3:4] == b' ' else []
            return got
        answers(1)
        for line in who, ehlo:
            s.sendall(line)
            answers(1)
        s.sendall(group)
        check(answers(4) == [b'250', b'250', b'250', b'354'], 'an envelope at once')
        for byte in stuffed[0] + group:
            s.sendall(bytes([byte]))
        check(answers(5) == [b'250', b'250', b'250', b'250', b'354'], 'byte by byte')
        s.sendall(stuffed[1] + b'QUIT\r\n')
        check(answers(2) == [b'250', b'221'], 'the end')
    for m, data in (mark, first), (mark2, second):
        check([r[0] for r in site.unchanged(m, data).recipients] == [RCPT, 'lee@rcpt.example'], 'recipients')
    check(fact(sender, 'smtp.pipelining') is False, site.record(sender))
    sender = 'early@good.example.com'
    data, mark = message(sender)
    with socket.create_connection(('127.0.0.1', site.mx_port), 30) as s:
        f = s.makefile('rb')
        f.readline()
        s.sendall(b'HELO a.example\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\n' % (sender.encode(), RCPT.encode()))
        check([f.readline()[:3] for _ in range(3)] == [b'250'] * 3, 'HELO, MAIL, RCPT')
        s.sendall(b'DATA\r\n')
        f.readline()
        s.sendall(data + b'.\r\n')
        check(f.readline()[:3] == b'250', 'the message')
    site.unchanged(mark, data)
    check(fact(sender, 'smtp.pipelining') is True and fact(sender, 'helo.esmtp') is False, site.record(sender))


def test_chunks():
    """BDAT in several chunks, empty ones too, is one message; Postfix is told by BDAT what came by DATA"""
    sender = 'chunks@good.example.com'
    data, mark = message(sender, body=BODY)
    s = connect()
    said(s.mail(sender, ['BODY=8BITMIME']), 250)
    said(s.rcpt(RCPT), 250)
    cuts = [0, 1, 40, 41, len(data) - 3, len(data)]
    for a, b in zip(cuts, cuts[1:]):
        s.send(b'BDAT %d\r\n' % (b - a) + data[a:b])
        said(s.getreply(), 250)
    said(s.docmd('DATA'), 503)
    said(s.docmd('MAIL', 'FROM:<x@good.example.com>'), 503)
    said(s.docmd('BDAT', '0 LAST'), 250, '2.0.0')
    site.unchanged(mark, data)
    data, mark = message(sender, body=BODY)
    s.send(b'MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nBDAT 10\r\n%sBDAT %d LAST\r\n%sNOOP\r\n' % (
        sender.encode(), RCPT.encode(), data[:10], len(data) - 10, data[10:]))
    check([s.getreply()[0] for _ in range(5)] == [250] * 5, 'pipelined chunks')
    site.unchanged(mark, data)
    site.postfix_log('disconnect', 'bdat=', 'mail=1')
    check('data=' not in site.read('log/maillog'), 'Postfix was sent DATA')
    said(s.mail(sender), 250)
    s.send(b'BDAT 5 LAST\r\nabcde')
    said(s.getreply(), 503)  # no recipient; what it brings is no command
    said(s.docmd('NOOP'), 250)
    s.quit()
    check(site.record(sender)['stage'] == 'end', site.record(sender))


def test_verbs():
    """each verb in order, out of order, misspelt, and those that nobody has"""
    sender = 'verbs@good.example.com'
    s = site.connect(CLIENT, NAME, NAME)
    for line, code in (('MAIL FROM:<%s>' % sender, 503), ('RCPT TO:<%s>' % RCPT, 503), ('DATA', 503),
                       ('EHLO', 501), ('STARTTLS', 503), ('HELP', 214), ('NOOP on', 250)):
        said(s.docmd(line), code)
    s.ehlo(NAME)
    for line, code, words in (
            ('VRFY kim', 252, '2.0.0'), ('VRFY', 501, 'VRFY address'), ('EXPN staff', 502, '5.5.1'),
            ('HELP MAIL', 214, '2.0.0'), ('NOOP', 250, '2.0.0'), ('SEND FROM:<%s>' % sender, 502, '5.5.1'),
            ('SOML FROM:<%s>' % sender, 502, '5.5.1'), ('SAML FROM:<%s>' % sender, 502, '5.5.1'), ('TURN', 502, '5.5.1'),
            ('FOO', 500, '5.5.1'), ('DATA', 503, 'MAIL first'), ('MAIL %s' % sender, 501, 'MAIL FROM:'),
            ('MAIL FROM:<joe@>', 501, '5.1.7'), ('MAIL FROM:<%s> FUN=1' % sender, 555, '5.5.4'),
            ('MAIL FROM:<%s> BODY=BINARYMIME' % sender, 555, '5.5.4'), ('AUTH PLAIN AGEAYg==', 502, '5.5.1'),
            ('STARTTLS', 502, '5.5.1')):
        said(s.docmd(line), code, words)
    data, mark = message(sender)
    said(s.mail(sender), 250)
    for line, code, words in (
            ('MAIL FROM:<%s>' % sender, 503, 'RSET'), ('RCPT %s' % RCPT, 501, 'RCPT TO:'), ('RCPT TO:<>', 501, '5.1.3'),
            ('RCPT TO:<%s> NOTIFY=NEVER,DELAY' % RCPT, 501, '5.5.4'), ('RCPT TO:<kim@other.example>', 554, '5.7.1'),
            ('DATA', 554, 'no valid'), ('VRFY kim', 252, '2.0.0'), ('RSET now', 501, 'RSET'), ('RSET', 250, '2.0.0')):
        said(s.docmd(line), code, words)
    refused('from=%s to=kim@other.example code=554 enhanced=5.7.1' % sender)
    s = connect()
    for line in 'FOO', 'RCPT TO:<%s>' % RCPT, 'DATA':
        check(s.docmd(line)[0] >= 500, line)
    s.sendmail(sender, [RCPT], data)
    s.quit()
    site.unchanged(mark, data)
    check(fact(sender, 'smtp.junk') == 3, 'one that is none, two out of order: %s' % site.record(sender))


def test_etrn():
    """ETRN goes to Postfix, which then delivers what it had put off"""
    site.sink.refusals['late@rcpt.example'] = '450 4.2.0 later'
    sender = 'etrn@good.example.com'
    data, mark = message(sender, to='late@rcpt.example')
    s = connect()
    s.sendmail(sender, ['late@rcpt.example'], data)
    site.postfix_log('to=<late@rcpt.example>', 'status=deferred')
    del site.sink.refusals['late@rcpt.example']

    wait_for('the deferred queue', lambda: any(files for _, _, files in os.walk(site.path('spool/deferred'))))
    said(s.docmd('ETRN', 'other.example'), 459)
    said(s.docmd('ETRN'), 501)
    said(s.docmd('ETRN', 'rcpt.example'), 250, 'Queuing started')
    site.unchanged(mark, data)
    s.quit()


def test_size():
    """too large by its own word at MAIL, or by what comes: 552, nothing is passed on, and the session lives"""
    sender = 'large@good.example.com'
    s = connect()
    said(s.mail(sender, ['SIZE=%d' % (1024 * 1024 + 1)]), 552, '5.3.4')
    said(s.mail(sender, ['SIZE=%d' % 10 ** 20]), 501)
    data, mark = message(sender, body=('y' * 70 + '\r\n') * 16000)
    said(s.mail(sender), 250)
    said(s.rcpt(RCPT), 250)
    said(s.data(data), 552, '5.3.4')
    said(s.mail(sender), 250)
    said(s.rcpt(RCPT), 250)
    s.send(b'BDAT %d LAST\r\n' % len(data) + data)
    said(s.getreply(), 552, '5.3.4')
    after, late = message(sender)
    s.sendmail(sender, [RCPT], after)
    s.quit()
    site.unchanged(late, after)
    check(not site.sink.with_mark(mark), 'the large one was passed on')
    refused('code=552 enhanced=5.3.4', times=3)


def test_limits():
    """LIMITS holds: the recipient behind RCPTMAX is put off, the others get the message"""
    sender = 'limits@good.example.com'
    s = connect()
    many = ['r%d@rcpt.example' % i for i in range(101)]
    data, mark = message(sender)
    check(s.sendmail(sender, many, data) == {many[100]: (452, b'4.5.3 too many recipients')}, 'the last one')

    def arrived():
        got = [r[0] for m in site.sink.with_mark(mark) for r in m.recipients]
        return len(got) >= 100 and sorted(got)
    check(wait_for('100 recipients', arrived) == sorted(many[:100]), 'recipients')
    check(len(site.record(sender)['to']) == 100, site.record(sender)['to'])
    s.quit()


def test_swaks():
    """swaks: plain, XCLIENT, PROXY of both versions; who is not listed hears 421, who sends no header not a word"""
    for n, (client, more) in enumerate((
            ('127.0.0.1', ['--pipeline']),
            ('192.0.2.10', ['--xclient-addr', '192.0.2.10', '--xclient-name', NAME]),
            ('192.0.2.11', ['--local-interface', '127.0.0.9', '--proxy-version', '1', '--proxy-family', 'TCP4',
                            '--proxy-source', '192.0.2.11', '--proxy-source-port', '4000', '--proxy-dest', '127.0.0.1',
                            '--proxy-dest-port', '25']),
            ('2001:db8::12', ['--local-interface', '127.0.0.9', '--proxy-version', '2', '--proxy-family', 'AF_INET6',
                              '--proxy-source', '2001:db8::12', '--proxy-source-port', '4000', '--proxy-dest',
                              '2001:db8::1', '--proxy-dest-port', '25']))):
        sender = 'swaks%d@good.example.com' % n
        data, mark = message(sender, body='.dot\r\n')
        site.swaks('--from', sender, '--to', RCPT, '--data', data.decode().replace('\r\n', '\n')[:-1], *more)
        site.unchanged(mark, data)
        check(site.record(sender)['client'] == client, '%s: %s' % (client, site.record(sender)))
        site.postfix_log('client=', '[%s]' % client)
    mail = ['--from', 'unlisted@good.example.com', '--to', RCPT]
    header = ['--proxy', 'TCP4 192.0.2.11 127.0.0.1 4000 25']
    out = site.swaks(*mail, *header, status=6)
    check('421 4.7.0' in out, out)
    listed = mail + ['--local-interface', '127.0.0.9']
    for broken in ['--proxy', 'TCP4 192.0.2.11'], header + ['--proxy-version', '2']:
        out = site.swaks(*listed, *broken, status=6)
        check('220' not in out, out)
    wait_for('what is told of them', lambda: 'event=proxy-header peer=127.0.0.1 sends a PROXY header, and is not in' in
             site.read('log/postern'))  # others within the minute are not told
    check(not any(r['from'] == mail[1] for r in site.records()), 'a record')


def test_ipv6():
    """a client over IPv6, by its address in the record, in the trace field and at Postfix"""
    sender = 'six@good.example.com'
    data, mark = message(sender)
    with smtplib.SMTP('::1', six, 'a.example', timeout=60) as s:
        s.sendmail(sender, [RCPT], data)
    check('(unknown [IPv6:::1])' in site.unchanged(mark, data).header().split('(Postern)')[0], 'the trace field')
    check(site.record(sender)['client'] == '::1' and fact(sender, 'smtp.pipelining') is False, site.record(sender))
    site.postfix_log('client=unknown[::1]')


def test_smtp_source():
    """smtp-source: 240 messages of 20 sessions arrive, each once"""
    before = len(site.sink.mails)
    p = subprocess.run(['smtp-source', '-d', '-s', '20', '-m', '240', '-l', '4000', '-N', '-f', 'source@good.example.com',
                        '-t', RCPT, '127.0.0.1:%d' % site.mx_port], capture_output=True, text=True, timeout=120)
    check(p.returncode == 0, p.stderr)
    wait_for('240 messages', lambda: len(site.sink.mails) - before >= 240)
    got = [re.search(r'(?mi)^Message-Id: (.*)$', m.header()).group(1) for m in site.sink.mails[before:]]
    check(len(got) == len(set(got)) == 240, '%d messages, %d of them different' % (len(got), len(set(got))))
    check(len([r for r in site.records() if r['from'].startswith('source')]) == 240, 'records')


def run():
    global site
    with BackendSite(zone=ZONE, name='clients') as site:
        site.start(rules=RULES, settings=settings(), extra='fast_flush_domains = rcpt.example')
        return main([v for k, v in globals().items() if k.startswith('test_')])


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/16-proxy-clients: the site does not start')
        sys.exit(1)
