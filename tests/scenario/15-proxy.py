# SPDX-License-Identifier: BSD-2-Clause
"""The proxy in front of a real Postfix: TLS, limits, faults, changes while mail is under way.

Goal: a client hears 250 only for what the backend has; every fault is a 4xx with its reason, and none ends a worker.
"""
import os
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import sys

from mailworld import ZONE, sign
from site_env import Failure, Site, check, free_port, listening, main, message, wait_for

RULES = '''
rule NO_SUBJECT when subject = "refuse me"  reject 550 5.7.1 "not this" at header
rule NO_SENDER  when mail.local = "refused" reject 550 5.7.1 "not you"
change threshold greylist off
'''
GOOD = dict(client='192.0.2.10', name='mx.good.example.com', helo='mx.good.example.com')
SENDER = 'joe@good.example.com'
site = None
implicit = free_port()


def settings():
    return '''
listener main smtp inet:{mx}@127.0.0.1
listener tls submissions inet:{tls}@127.0.0.1
backend postfix inet:{postfix}@127.0.0.1 tls none identity xclient
tls-chain-files {{ "{pem}" }}
xclient-nets {{ 127.0.0.0/8 }}
proxy-protocol-nets {{ 127.0.0.9 }}
smtp-client-sessions-max 3
smtp-loops 4
rcpt-wait 1s
end-wait 2s
spool-dir "{state}"
message-size-max 1MB
spool-max 1MB
'''.format(mx=site.mx_port, tls=implicit, postfix=site.smtp_port, pem=site.path('chain.pem'), state=site.path('state'))


def make_certificate():
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=mx.test', '-days', '2',
                    '-keyout', site.path('key.pem'), '-out', site.path('cert.pem')], check=True,
                   stderr=subprocess.DEVNULL)
    with open(site.path('chain.pem'), 'w') as f:
        f.write(site.read('key.pem') + site.read('cert.pem'))
    os.chmod(site.path('chain.pem'), 0o600)  # root's: a worker could not read it


def context():
    c = ssl.create_default_context(cafile=site.path('cert.pem'))
    c.check_hostname = False
    return c


def raw(*lines, source=None):
    """Lines to a new connection, after its greeting; all that is answered."""
    with socket.create_connection(('127.0.0.1', site.mx_port), 30, source_address=source) as s:
        f = s.makefile('rb')
        if not lines[0].startswith(b'PROXY'):
            f.readline()
        s.sendall(b''.join(lines))
        s.shutdown(socket.SHUT_WR)
        return f.read().decode()


def secured(s, begin=b''):
    """The first words within TLS on a connection whose first bytes are `begin` and the handshake's, in one segment."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context().wrap_bio(incoming, outgoing)
    while True:
        try:
            return tls.read(500)
        except ssl.SSLWantReadError:
            s.sendall(begin + outgoing.read())
            begin = b''
            more = s.recv(16384)
            check(more, 'closed in the handshake')
            incoming.write(more)


def worker():
    return site.worker('smtp-main')


def begun(sender=SENDER):
    """A session that has begun its message."""
    s = site.connect(GOOD['client'], GOOD['name'], GOOD['helo'])
    s.ehlo(GOOD['helo'])
    for answer in s.mail(sender), s.rcpt('kim@rcpt.example'), s.docmd('DATA'):
        check(answer[0] < 400, answer)
    return s


def finish(s, data):
    s.send(data + b'\r\n.\r\n')
    return s.getreply()


def test_starttls():
    """STARTTLS and implicit TLS: encrypted, said in Received, no byte in front of the handshake counts"""
    data, mark = message(SENDER)
    with smtplib.SMTP('127.0.0.1', site.mx_port, 'mx.good.example.com', timeout=60) as s:
        s.ehlo()
        check(s.has_extn('starttls'), s.esmtp_features)
        s.starttls(context=context())
        s.ehlo()
        check(not s.has_extn('starttls') and not s.has_extn('auth'), s.esmtp_features)
        s.sendmail(SENDER, ['kim@rcpt.example'], data)
    check('with ESMTPS id' in site.delivered(mark), 'Received does not say ESMTPS')
    got = raw(b'EHLO a.example\r\nSTARTTLS\r\nMAIL FROM:<joe@good.example.com>\r\n')
    check('554 5.5.1' in got and '250 2.1.0' not in got, got)
    out = subprocess.run(['openssl', 's_client', '-quiet', '-connect', '127.0.0.1:%d' % implicit, '-CAfile',
                          site.path('cert.pem')], input=b'EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n',
                         capture_output=True, timeout=30).stdout.decode()
    check(out.startswith('220 mx.test') and '530 5.7.0' in out, out)


def test_relay_guard():
    """strangers reach own domains only, however the address is written"""
    s = site.connect(GOOD['client'], GOOD['name'], GOOD['helo'])
    s.ehlo(GOOD['helo'])
    s.mail(SENDER)
    for rcpt in ('kim@other.example', 'kim%other.example@rcpt.example', '"kim@other.example"@rcpt.example',
                 'other.example!kim@rcpt.example', '@rcpt.example:kim@other.example', 'kim@[127.0.0.1]'):
        answer = s.docmd('RCPT', 'TO:<%s>' % rcpt)
        check(answer[0] == 554, '%s: %s' % (rcpt, answer))
    check(s.docmd('RCPT', 'TO:<@rcpt.example:kim@rcpt.example>')[0] == 250, 'a route to an own domain')
    s.quit()


def test_header_rule():
    """a refusal at the header is said at the end, and nothing is passed on"""
    before = len(site.sunk())
    data, _ = message(SENDER, subject='refuse me')
    out = site.send(sender=SENDER, rcpt=['kim@rcpt.example'], message=sign(data), **GOOD)
    check(out['data'].startswith('550 5.7.1 not this ['), out)
    r = site.record(SENDER)
    check(r['cause'] == 'NO_SUBJECT' and r['stage'] == 'header' and len(site.sunk()) == before, r)


def test_off():
    """off passes all, also in the middle of a transaction, and on judges again; no worker ends"""
    pid = worker()
    s = begun()
    check(site.tool('off')[0] == 0, 'off')
    data, mark = message(SENDER, subject='refuse me')
    check(finish(s, data)[0] == 250, 'a message under way')
    site.delivered(mark)
    data, mark = message('refused@good.example.com')
    out = site.send(sender='refused@good.example.com', rcpt=['kim@rcpt.example'], message=data, **GOOD)
    check(out['data'].startswith('250'), out)
    site.delivered(mark)
    wait_for('who it was from, and what Postfix said', lambda: re.search(
        'event=relayed id="" client=192.0.2.10 backend=postfix code=250 enhanced=2.0.0 '
        r'text="Ok: \d+ bytes queued as \w+" by=backend\n', site.read('log/postern')))
    check(site.tool('on')[0] == 0, 'on')
    s.mail('refused@good.example.com')
    answer = s.rcpt('kim@rcpt.example')
    check(answer[0] == 550, answer)
    s.quit()
    check(worker() == pid, 'the worker ended')


def test_client_limit():
    """too many sessions of one client: 421, and others are served"""
    sessions = []
    for i in range(3):
        sessions.append(site.connect('192.0.2.40'))
    try:
        site.connect('192.0.2.40')
        raise Failure('a fourth session')
    except Failure as e:
        check('XCLIENT: 421 4.7.0 too many connections from your address' in str(e).replace("b'", ''), str(e))
    wait_for('its line in the log', lambda: 'event=connections-refused client=192.0.2.40 too many from its address\n' in
             site.read('log/postern'))
    check(site.connect('192.0.2.41').ehlo('a.example')[0] == 250, 'another client')
    for s in sessions:
        s.close()
    wait_for('a free place', lambda: 'open 0' in site.tool('status', '-v')[1])
    check(site.connect('192.0.2.40').ehlo('a.example')[0] == 250, 'after they have gone')


def test_loops():
    """the loops hand each other the turn to accept: a crowd is greeted, and the next one too"""
    for _ in range(3):
        crowd = [socket.create_connection(('127.0.0.1', site.mx_port), 30) for _ in range(60)]
        for c in crowd:
            got = c.recv(500)
            check(got.startswith(b'220 mx.test'), got)
            c.close()


def test_proxy_header():
    """a PROXY header says who the client is, from listed peers only"""
    lines = [b'PROXY TCP4 192.0.2.10 127.0.0.1 4000 25\r\n', b'EHLO mx.good.example.com\r\n',
             b'MAIL FROM:<proxied@good.example.com>\r\n', b'RCPT TO:<kim@rcpt.example>\r\n', b'DATA\r\n',
             b'From: proxied@good.example.com\r\n\r\ntext\r\n.\r\nQUIT\r\n']
    with socket.create_connection(('127.0.0.1', site.mx_port), 30, source_address=('127.0.0.9', 0)) as s:
        f = s.makefile('rb')
        for line in lines:
            s.sendall(line)
            answer = f.readline()
            while answer[3:4] == b'-':
                answer = f.readline()
            check(answer[:1] in b'23' if answer else False, '%s: %s' % (line, answer))
    check(site.record('proxied@good.example.com')['client'] == '192.0.2.10', 'the client')
    for apart in True, False:  # TLS at once behind it, in one segment or mostly not
        with socket.create_connection(('127.0.0.1', implicit), 30, source_address=('127.0.0.9', 0)) as s:
            if apart:
                s.sendall(lines[0])
            got = secured(s, b'' if apart else lines[0])
            check(got.startswith(b'220 mx.test'), got)
    got = raw(b'EHLO a.example\r\n', lines[0])
    check('500 5.5.1' in got, got)
    got = raw(b'', lines[0] + lines[1])
    check('421 4.7.0' in got and '250' not in got, got)


def test_spool_full():
    """mail over the ceiling of the spool is put off, and the session lives on"""
    data, _ = message(SENDER, body=('y' * 76 + '\r\n') * 9000)
    first, second = begun(), begun()
    first.send(data)
    wait_for('the first in the spool', lambda: re.search(r'spool-bytes [67]\d{5}\n', site.tool('status', '-v')[1]))
    answer = finish(second, data)
    check(answer[0] == 452 and answer[1].startswith(b'4.3.1'), answer)
    check(second.mail(SENDER)[0] == 250, 'the next message')
    second.quit()
    first.send(b'.\r\n')
    check(first.getreply()[0] == 250, 'the first')
    first.quit()


def test_slow_dns():
    """a silent DNS makes facts unknown, not mail late for ever: it passes, and the record says so"""
    site.freeze_dns()
    try:
        data, mark = message('late@bank.example.net')
        out = site.send(client='192.0.2.123', helo='mx.bank.example.net', sender='late@bank.example.net',
                        rcpt=['kim@rcpt.example'], message=data)
    finally:
        site.freeze_dns(False)
    check(out['data'].startswith('250'), out)
    site.delivered(mark)
    check('spf' in site.record('late@bank.example.net')['unknown'], site.record('late@bank.example.net'))


def test_reload():
    """a message under way during a reload is delivered by the old worker; the next one finds the new"""
    old = worker()
    s = begun()
    status, text = site.tool('reload')
    check(status == 0, text)
    data, mark = message(SENDER)
    check(finish(s, data)[0] == 250, 'the message')
    site.delivered(mark)
    check(s.docmd('NOOP')[0] == 421, 'the old worker waits for its last client')
    wait_for('end of the old worker', lambda: old not in site.processes())
    data, mark = message(SENDER)
    out = site.send(sender=SENDER, rcpt=['kim@rcpt.example'], message=data, **GOOD)
    check(out['data'].startswith('250'), out)


def test_bad_reload():
    """an unreadable key refuses a reload, by file and line; what served serves on"""
    os.rename(site.path('chain.pem'), site.path('away.pem'))
    status, text = site.tool('reload')
    check(status != 0 and 'chain.pem' in text and 'postern.conf:' in text and 'No such file' in text, text)
    with open(site.path('chain.pem'), 'w') as f:
        f.write(site.read('cert.pem'))  # without its key
    status, text = site.tool('reload')
    check(status != 0 and 'key' in text, text)
    os.rename(site.path('away.pem'), site.path('chain.pem'))
    data, mark = message(SENDER)
    check(site.send(sender=SENDER, rcpt=['kim@rcpt.example'], message=data, **GOOD)['data'].startswith('250'), 'mail')


def test_kill():
    """a worker that dies in the middle of a message has not taken it, and is replaced"""
    s = begun()
    data, mark = message(SENDER)
    s.send(data)
    os.kill(worker(), signal.SIGKILL)
    try:
        raise Failure('answered: %s' % (finish(s, b''),))
    except (smtplib.SMTPServerDisconnected, OSError):
        pass
    wait_for('new worker', lambda: 'serving' in site.tool('status', '-v')[1] and listening(site.mx_port))
    other, sent = message(SENDER)
    check(site.send(sender=SENDER, rcpt=['kim@rcpt.example'], message=other, **GOOD)['data'].startswith('250'), 'mail')
    site.delivered(sent)
    for path in site.sunk():
        with open(path, 'rb') as f:
            check(mark.encode() not in f.read(), 'the broken message was delivered')


def test_backend_gone():
    """without backend: 4xx with the reason, then 421 at connect; its return is noticed"""
    s = begun()
    postfix = ['postfix', '-c', site.path('etc')]
    subprocess.run(postfix + ['stop'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    data, mark = message(SENDER)
    answer = finish(s, data)
    check(answer[0] == 451, answer)
    s.close()

    def greeting():
        with socket.create_connection(('127.0.0.1', site.mx_port), 30) as c:
            return c.recv(500)
    wait_for('421 at connect', lambda: greeting().startswith(b'421 4.3.2 no mail server'))
    check('state=ill' in site.tool('status', '-v')[1], site.tool('status', '-v')[1])
    subprocess.run(postfix + ['start'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for('the backend to be found well', lambda: greeting().startswith(b'220'), 60)
    out = site.send(sender=SENDER, rcpt=['kim@rcpt.example'], message=data, **GOOD)
    check(out['data'].startswith('250'), out)
    site.delivered(mark)


def test_start_refused():
    """settings with which all mail would be refused, or strangers be trusted, do not start"""
    conf = site.read('postern.conf')

    def refused(text, *said):
        site.write('postern.conf', text)
        status, got = site.tool('reload')
        site.write('postern.conf', conf)
        check(status != 0 and all(x in got for x in said), got)
    refused(conf.replace('own-domains { rcpt.example }', ''), "own-domains is empty: listener 'main' would refuse")
    refused(conf.replace('identity xclient', 'identity none'), 'would take strangers for its own host')


def run():
    global site
    with Site(zone=ZONE, name='proxy', front='proxy') as site:
        make_certificate()
        site.start(rules=RULES, settings=settings())
        return main([v for k, v in globals().items() if k.startswith('test_')])


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/15-proxy: the site does not start')
        sys.exit(1)
