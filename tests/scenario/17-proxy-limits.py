# SPDX-License-Identifier: BSD-2-Clause
"""Too much of anything through the proxy: time, errors, sessions, descriptors, work.

Goal: each limit ends what is over it with its reply, and who keeps within is served meanwhile.
"""
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys

from mailworld import ZONE
from site_env import BINARY, Failure, Site, check, free_port, main, message, wait_for

RULES = '''
rule EARLY  scope any when client.early-talk and client.ip = 127.0.0.66  reject 554 5.7.1 "you spoke out of turn" at connect
rule TALKED when client.early-talk            score 0.1
rule PIPE   when smtp.pipelining              score 0.1
rule MANY   when client.connections > 2       score 0.1
rule SLOW   when mail.domain = slow.example   reject 550 5.7.1 "at last" tarpit 1h
change threshold greylist off
'''
GOOD = ('192.0.2.10', 'mx.good.example.com', 'mx.good.example.com')
SENDER = 'joe@good.example.com'
SESSIONS = 200  # in the tarpit
ROOM = 20       # sessions that the descriptors of a small worker are enough for
site = None
secure = free_port()


def settings(more=''):
    return '''
listener main smtp inet:{mx}@127.0.0.1
listener tls submissions inet:{tls}@127.0.0.1
backend postfix inet:{postfix}@127.0.0.1 tls none identity xclient
own-nets {{ 127.0.0.99 }}
xclient-nets {{ 127.0.0.1 }}
proxy-protocol-nets {{ 127.0.0.8 }}
tls-chain-files {{ "{key}" "{cert}" }}
smtp-idle-time 10s
smtp-data-idle-time 10s
smtp-errors-max 5
smtp-line-max 600
smtp-error-delay 0s
smtp-messages-max 2
smtp-recipients-max 100
smtp-network-sessions-max 250
smtp-client-sessions-max 30
spool-dir "{state}"
{more}'''.format(mx=site.mx_port, tls=secure, postfix=site.smtp_port, key=site.path('key.pem'), cert=site.path('cert.pem'),
                 state=site.path('state'), more=more)


def dial(source='127.0.0.1', port=None):
    return socket.create_connection(('127.0.0.1', port or site.mx_port), 60, source_address=(source, 0))


def deliver():
    """A message of a client that keeps within all limits."""
    data, mark = message(SENDER)
    out = site.send(*GOOD[:1], helo=GOOD[2], name=GOOD[1], sender=SENDER, rcpt=['kim@rcpt.example'], message=data)
    check(out['data'].startswith('250'), out)
    return mark


def has_ended(s):
    s.setblocking(False)
    try:
        return s.recv(1, socket.MSG_PEEK) == b''
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def rest(s):
    """All that still comes."""
    out = b''
    try:
        while True:
            more = s.recv(65536)
            if not more:
                return out.decode()
            out += more
    except ConnectionResetError:
        return out.decode()


# ---- time ----

def begin_idle():
    """Sessions that stop at every state, and some that go on by a byte now and then; what ends each."""
    def after(text, port=None, source='127.0.0.1', replies=0):
        s = dial(source, port)
        f = s.makefile('rb')
        if port is None and source == '127.0.0.1':
            f.readline()
        for line in text:
            s.sendall(line)
            answer = f.readline()
            while answer[3:4] == b'-':
                answer = f.readline()
        return s
    hello, sender, rcpt = b'EHLO a.example\r\n', b'MAIL FROM:<a@b.example>\r\n', b'RCPT TO:<kim@rcpt.example>\r\n'
    said = '421 4.4.2 nothing has come for too long\r\n'
    return [
        ('greeted', after([]), said), ('EHLO', after([hello]), said), ('MAIL', after([hello, sender]), said),
        ('RCPT', after([hello, sender, rcpt]), said), ('DATA', after([hello, sender, rcpt, b'DATA\r\n']), said),
        ('STARTTLS', after([hello, b'STARTTLS\r\n']), ''), ('TLS at once', after([], secure), ''),
        ('a PROXY header', after([], None, '127.0.0.8'), ''), ('a command', after([hello]), said),
        ('a chunk', after([hello, sender, rcpt]), said)]


def test_slow(idle):
    """a client that says nothing more, or a byte now and then, is left in every state when its time is over"""
    for name, s, want in idle:
        if name == 'a command':  # bytes that make no line prolong nothing
            drip = s
        s.settimeout(30)
    ended = []
    while len(ended) < len(idle):
        for name, s, want in idle:
            if name in ended:
                continue
            s.settimeout(0.05)
            try:
                got = rest(s)
            except TimeoutError:
                continue
            check(got == want, '%s: %r' % (name, got))
            ended.append(name)
            s.close()
        if 'a command' not in ended:
            try:
                drip.sendall(b'x')
            except OSError:
                pass


# ---- numbers ----

def test_errors():
    """errors-max, messages-max, recipients-max: the last reply says which, and the log why a session ended"""
    s = site.connect(*GOOD)
    codes = [s.docmd('XYZZY') for _ in range(5)]
    check([c[0] for c in codes] == [500] * 4 + [421] and codes[4][1] == b'4.7.0 too many errors', codes)
    s = site.connect(*GOOD)
    s.ehlo()
    for _ in range(2):
        check(s.mail(SENDER)[0] == 250, 'MAIL')
        s.rset()
    check(s.mail(SENDER) == (421, b'4.7.0 too many messages in one session, go on in another'), 'a third message')
    s = site.connect(*GOOD)
    s.ehlo()
    s.mail(SENDER)
    s.send(b''.join(b'RCPT TO:<kim%d@rcpt.example>\r\n' % i for i in range(101)))
    codes = [s.getreply() for _ in range(101)]
    check([c[0] for c in codes] == [250] * 100 + [452] and codes[100][1].startswith(b'4.5.3'), codes[-2:])
    s.close()
    for text in 'too many errors', 'too many messages in one session, go on in another':
        check('text="%s"' % text in site.read('log/postern'), text)


def test_line():
    """smtp-line-max: a longer command is 500, and the next one is heard"""
    s = site.connect(*GOOD)
    check(s.docmd('NOOP ' + 'x' * 595)[0] == 250, '600 bytes')
    check(s.docmd('NOOP ' + 'x' * 596) == (500, b'5.5.6 the line is too long'), '601 bytes')
    check(s.docmd('NOOP')[0] == 250, 'the next one')
    s.close()


def test_network():
    """sessions of one address, and of one network: 421, and others are served"""
    sessions = []
    for i in range(250):  # ten addresses of one network, 25 each
        sessions.append(site.connect('203.0.113.%d' % (i % 10)))
    for client, text in (('203.0.113.77', b'network'), ('203.0.113.1', b'network')):
        s = site.connect()
        s.ehlo()
        answer = s.docmd('XCLIENT', 'NAME=[UNAVAILABLE] ADDR=' + client)
        check(answer == (421, b'4.7.0 too many connections from your ' + text), answer)
    check(site.connect('203.0.114.1').ehlo('a.example')[0] == 250, 'another network')
    six = [site.connect('2001:db8:7::%x' % (i + 1)) for i in range(30)]
    check(len(six) == 30, 'addresses of a /64')
    held = [dial('127.0.0.5', secure) for _ in range(35)]
    wait_for('handshakes over the limit to be ended', lambda: sum(has_ended(s) for s in held) == 5)
    for s in sessions + six + held:
        s.close()
    wait_for('free places', lambda: 'open 0' in site.tool('status', '-v')[1])


def test_tarpit():
    """sessions in the tarpit hold no thread: two are enough for those and a normal client"""
    sessions = []
    for i in range(SESSIONS):
        s = site.connect('198.51.%d.%d' % (i % 100, i // 100 + 1))
        s.ehlo()
        check(s.mail('spam@slow.example')[0] == 250, 'MAIL')
        s.putcmd('RCPT', 'TO:<kim@rcpt.example>')
        sessions.append(s)
    site.delivered(deliver())
    for s in sessions:
        s.sock.settimeout(0)
        try:
            raise Failure('out of the tarpit: %s' % s.sock.recv(100))
        except BlockingIOError:
            pass
        s.sock.close()
    wait_for('their end', lambda: 'open 0' in site.tool('status', '-v')[1])


# ---- before the greeting ----

def early(source, text):
    with dial(source) as s:
        f = s.makefile('rb')
        first = f.readline()
        s.sendall(text)
        return first, f.read().decode() if b'QUIT' in text else f.readline().decode()


def test_early():
    """who speaks between the lines of the greeting talks early: a fact, a refusal by rule, and nothing of it is used"""
    first, text = early('127.0.0.66', b'EHLO a.example\r\n')
    check(first == b'220-mx.test ESMTP Postern\r\n' and text.startswith('554 5.7.1 you spoke out of turn ['), (first, text))
    with dial() as s:
        f = s.makefile('rb')
        check(f.readline().startswith(b'220-'), 'no teaser')
        s.sendall(b'EHLO a.example\r\nMAIL FROM:<nobody@b.example>\r\n')
        check(f.readline().startswith(b'220 mx.test'), 'the greeting')
        check(f.readline() == b'503 5.5.1 what was sent before the greeting is not used\r\n', '503')
        s.sendall(b'MAIL FROM:<early@good.example.com>\r\n')
        check(f.readline().startswith(b'503 5.5.1 send EHLO or HELO first'), 'the EHLO before the greeting counted')
        s.sendall(b'HELO a.example\r\n')
        check(f.readline().startswith(b'250'), 'HELO')
        s.sendall(b'MAIL FROM:<early@good.example.com>\r\nRCPT TO:<kim@rcpt.example>\r\n')  # HELO offers no PIPELINING
        check((f.readline()[:3], f.readline()[:3]) == (b'250', b'250'), 'MAIL and RCPT')
        s.sendall(b'DATA\r\n')
        check(f.readline().startswith(b'354'), 'DATA')
        s.sendall(b'From: early@good.example.com\r\n\r\ntext\r\n.\r\n')
        check(f.readline().startswith(b'250'), 'the message')
    context = ssl._create_unverified_context()
    with dial(port=secure) as plain, context.wrap_socket(plain) as s:  # our own users are not kept waiting
        check(s.makefile('rb').readline().startswith(b'220 mx.test'), 'a teaser for our users')
    r = site.record('early@good.example.com')
    check({'TALKED', 'PIPE'} <= {x['name'] for x in r['rules']}, r)
    check(r['facts']['client.early-talk'] is True and r['facts']['smtp.pipelining'] is True, r['facts'])
    deliver()  # does neither, and is not taken for one that does
    facts = site.record(SENDER)['facts']
    check(facts['client.early-talk'] is False and facts['smtp.pipelining'] is False, facts)


# ---- no more work, no more descriptors ----

def store():
    return site.worker('store')


def test_sessions():
    """smtp-sessions-max: one more hears 421, and gets in when another one has gone"""
    sessions = [dial() for _ in range(10)]
    check(all(s.recv(100).startswith(b'220') for s in sessions), 'the first ones')
    with dial() as s:
        check(rest(s) == '421 4.3.2 too many connections, please try again later\r\n', 'one too many')
    wait_for('its line in the log', lambda: 'event=connections-refused listener=main too many of all\n' in
             site.read('log/postern'))
    for s in sessions:
        s.close()
    wait_for('free places', lambda: 'open 0' in site.tool('status', '-v')[1])
    deliver()


def test_full_queue():
    """when no thread is free: 451 and 421 at once, 454 to STARTTLS; then all goes on"""
    sessions = []
    for i in range(20):
        s = site.connect(*GOOD)
        s.ehlo()
        s.mail('grey@good.example.com')
        sessions.append(s)
    check(sessions.pop().rcpt('kim@rcpt.example')[0] == 451, 'not greylisted')  # and what DNS says is known now
    other = site.connect('192.0.2.11')
    other.ehlo()
    os.kill(store(), signal.SIGSTOP)  # the greylist asks it, and a thread waits
    try:
        # One waits for the store, ten for the thread, the next for nothing: long before store-timeout.
        for s in sessions:
            s.putcmd('RCPT', 'TO:<kim@rcpt.example>')
            if select.select([s.sock], [], [], 0.2)[0]:
                break
        busy = sessions.index(s)
        check(busy >= 10 and s.getreply() == (451, b'4.3.2 too much mail at once, please try again later'), busy)
        check(other.docmd('STARTTLS') == (454, b'4.7.0 TLS is not available at the moment'), 'STARTTLS')
        with dial('127.0.0.44') as s:
            check(s.recv(100).startswith(b'421 4.3.2 too much mail'), 'connect')
    finally:
        os.kill(store(), signal.SIGCONT)
    for s in sessions[:busy]:
        check(s.getreply()[1] != b'4.3.2 too much mail at once, please try again later', 'put off later')
    answer = other.docmd('STARTTLS')
    check(answer[0] == 220, answer)
    for s in sessions:
        s.close()
    check('overloaded' in site.tool('status', '-v')[1] and 'event=smtp-queue' in site.read('log/postern'), 'not on record')
    deliver()


def upload(source, n):
    """A session that has sent n bytes of its message, and goes on."""
    s = dial(source)
    until(s, b'220 ')
    s.sendall(b'EHLO a.example\r\nMAIL FROM:<%s>\r\nRCPT TO:<kim@rcpt.example>\r\nDATA\r\n' % SENDER.encode())
    until(s, b'\r\n354 ')
    s.sendall(b'Subject: x\r\n\r\n' + b'x' * 98 + b'\r\n' + (b'y' * 98 + b'\r\n') * (n // 100))
    return s


def spooled():
    return max(int(n) for n in re.findall(r'spool-bytes (\d+)', site.tool('status', '-v')[1]))


def test_spool():
    """a client that fills the spool slowly gets a quarter of it: then its mail is put off, not that of others"""
    first = upload('127.0.0.60', 700000)
    wait_for('the upload', lambda: spooled() > 700000)
    with upload('127.0.0.60', 700000) as second:
        second.sendall(b'.\r\n')
        check('452 4.3.1' in until(second, b'452 '), 'it takes more than its share')
    with upload('127.0.0.61', 700000) as other:
        other.sendall(b'.\r\n')
        check('250 ' in until(other, b'250 '), 'another client is put off')
    first.sendall(b'.\r\n')
    check('250 ' in until(first, b'250 '), 'what it had begun')
    first.close()
    wait_for('an empty spool', lambda: spooled() == 0)


def test_descriptors():
    """few descriptors: as many sessions as they are enough for, 421 for more; who is in is served to the end"""
    site.end(site.daemon)
    site.daemon = site.spawn(['/bin/bash', '-c', 'ulimit -n %d; exec "$0" daemon -c "$1"' % (300 + 3 * ROOM), BINARY,
                              site.path('postern.conf')], 'postern')
    wait_for('daemon', lambda: ', up ' in site.tool('status', '-v')[1])
    check('room for %d sessions, not 10000: raise LimitNOFILE' % ROOM in site.read('log/postern'), re.findall('room for.*', site.read('log/postern')))
    sessions = [dial() for _ in range(ROOM)]
    check(all(s.recv(100).startswith(b'220') for s in sessions), 'the first ones')
    for _ in range(30):
        with dial() as s:
            check(rest(s) == '421 4.3.2 too many connections, please try again later\r\n', 'one too many')
    for s in sessions:
        s.sendall(b'EHLO a.example\r\nMAIL FROM:<%s>\r\nRCPT TO:<kim@rcpt.example>\r\nDATA\r\n' % SENDER.encode())
    for s in sessions:
        check(re.search(r'\r\n354 ', until(s, b'354 ')), 'DATA')
    for s in sessions:
        s.sendall(message(SENDER)[0] + b'\r\n.\r\nQUIT\r\n')
    for s in sessions:
        text = rest(s)
        check(text.startswith('250 ') and '\r\n221 ' in text, text)
    wait_for('free places', lambda: 'open 0' in site.tool('status', '-v')[1])
    deliver()


def until(s, what):
    out = b''
    while what not in out:
        more = s.recv(4096)
        check(more, 'closed: %s' % out)
        out += more
    return out.decode()


def reconfigure(more):
    text = site.read('postern.conf')
    keys = {line.split()[0] for line in more.split('\n') if line}
    text = '\n'.join(line for line in text.split('\n') if line.split(' ')[0] not in keys)
    site.write('postern.conf', text + '\n' + more)
    status, said = site.tool('reload')
    check(status == 0, said)


def run():
    global site
    with Site(zone=ZONE, name='limits', front='proxy') as site:
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=mx.test', '-keyout',
                        site.path('key.pem'), '-out', site.path('cert.pem')], check=True, stderr=subprocess.DEVNULL)
        site.start(rules=RULES, settings=settings('smtp-threads 2\n'))
        idle = begin_idle()
        slow = lambda: test_slow(idle)
        slow.__doc__ = test_slow.__doc__
        bad = main([test_errors, test_line, slow, test_network, test_tarpit])
        reconfigure('smtp-greet-wait 1s\n')
        bad |= main([test_early])
        reconfigure('smtp-greet-wait 0s\nsmtp-sessions-max 10\n')
        bad |= main([test_sessions])
        site.write('rules/site.rules', 'language 1\n' + RULES + 'rule GREY when mail.local = "grey" greylist\n')
        reconfigure('smtp-sessions-max 10000\nsmtp-threads 1\nsmtp-queue 10\nstore-timeout 5s\n')
        bad |= main([test_full_queue])
        site.write('rules/site.rules', 'language 1\n' + RULES)
        reconfigure('smtp-threads 2\nsmtp-queue 1000\nstore-timeout 50ms\nsmtp-client-sessions-max 100\nsmtp-idle-time 5m\n'
                    'spool-max 4MB\nmessage-size-max 1MB\n')
        return bad | main([test_spool, test_descriptors])


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/17-proxy-limits: the site does not start')
        sys.exit(1)
