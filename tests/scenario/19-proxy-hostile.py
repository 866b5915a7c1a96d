# SPDX-License-Identifier: BSD-2-Clause
"""What hostile clients send through the proxy: messages hidden in messages, commands hidden in arguments, bytes that are
no SMTP.

Goal: one DATA makes one message or none, nothing of a client becomes a command, a reply or a log line of its own, and
the same mail is judged the same by all that read it.
"""
import base64
import json
import os
import re
import smtplib
import socket
import ssl
import subprocess
import sys
import threading

from mailworld import ZONE
from site_env import ROOT, Failure, Site, check, free_port, main, message, wait_for

SUITES = os.environ.get('SUITES', os.path.join(ROOT, '../shared/suites'))
VECTORS = os.path.join(SUITES, 'smtp-proxy-smuggling/smuggling-sequences.json')
# What is known without the suite: a line end that is none on either side of the dot, and a dot that is none.
KNOWN = [b'\n.\n', b'\n.\r', b'\r.\n', b'\r.\r', b'\n.\r\n', b'\r.\r\n', b'\r\n.\n', b'\r\n.\r', b'\r\n.\r\r\n',
         b'\r\n\0.\r\n', b'\r\n\x0b.\r\n', b'\r\n. \r\n']
RULES = '''
rule BARE  when smtp.bare-newline     score 0.1
rule JUNK  when smtp.junk >= 3        score 0.2
rule ECHO  when subject contains "echo"  reject 550 5.7.1 "you wrote {subject} as {helo.name}" at header
change threshold greylist off
'''
SENDER = 'joe@good.example.com'
GOOD, EXEMPT = '192.0.2.10', '198.51.100.7'  # the second may send bare newlines
site = None


def settings(backend):
    return '''
listener main smtp inet:{mx}@127.0.0.1
backend main inet:{backend}@127.0.0.1 tls none identity xclient
own-nets {{ 127.0.0.99 }}
xclient-nets {{ 127.0.0.0/8 }}
bare-newline refuse
bare-newline-nets {{ 198.51.100.0/24 }}
spool-dir "{state}"
'''.format(mx=site.mx_port, backend=backend, state=site.path('state'))


def replies(s):
    """Codes of all replies until the end."""
    codes = []
    while True:
        try:
            codes.append(s.getreply()[0])
        except smtplib.SMTPServerDisconnected:
            return codes


def begun(client=GOOD):
    s = site.connect(client, None, 'mx.good.example.com')
    s.ehlo()
    for answer in s.mail(SENDER), s.rcpt('kim@rcpt.example'):
        check(answer[0] == 250, answer)
    return s


# ---- a message in a message ----

def sequences():
    if not os.path.exists(VECTORS):
        print('skip scenario/19-proxy-hostile: no %s: the known sequences only' % VECTORS)
        return KNOWN
    with open(VECTORS) as f:
        rows = json.load(f)
    suite = {bytes.fromhex(x['hex']) for way in ('inbound', 'outbound') for x in rows[way]}
    check(len(suite) >= 9, 'the suite has %d sequences' % len(suite))
    return sorted(suite | set(KNOWN))


def smuggle(sequence, client, chunks):
    """Sends it; the mark of the message and whether it was taken."""
    data, mark = message(SENDER, body='the first text')
    data += sequence + b'MAIL FROM:<smuggled@evil.example>\r\nRCPT TO:<victim@rcpt.example>\r\nDATA\r\n' \
        b'From: smuggled@evil.example\r\nSubject: smuggled\r\n\r\nthe second text\r\n'
    s = begun(client)
    if chunks:
        s.send(b'BDAT %d LAST\r\n' % len(data) + data + b'QUIT\r\n')
    else:
        check(s.docmd('DATA')[0] == 354, 'DATA')
        s.send(data + b'.\r\nQUIT\r\n')
    codes = replies(s)
    check(len(codes) == 2 and codes[0] in (250, 550) and codes[1] == 221, '%s: %s' % (sequence, codes))
    return mark, codes[0] == 250


def test_smuggling():
    """each sequence, by DATA and BDAT, from clients whose bare newlines are refused and from others: one message or none"""
    taken, refused = [], []
    for sequence in sequences():
        for client in GOOD, EXEMPT:
            for chunks in False, True:
                mark, ok = smuggle(sequence, client, chunks)
                (taken if ok else refused).append(mark)
                bare = re.search(rb'\r(?!\n)|(?<!\r)\n', sequence)
                check(ok == (client == EXEMPT or not bare), '%s from %s: %s' % (sequence, client, ok))
    check(taken and refused, '%d %d' % (len(taken), len(refused)))
    for mark in taken:
        site.delivered(mark)
    sunk = []
    for path in site.sunk():
        with open(path, 'rb') as f:
            sunk.append(f.read().decode('latin-1'))
    for mark in taken + refused:
        n = sum('Message-ID: <%s>' % mark in text for text in sunk)
        check(n == (mark in taken), '%d messages for one' % n)
    check(len(sunk) == len(taken), '%d messages of %d' % (len(sunk), len(taken)))
    for text in sunk:
        check('X-Mail-Args: <%s>' % SENDER in text and 'X-Rcpt-Args: <kim@' in text, text[:500])
    check('from=<smuggled' not in site.read('log/maillog'), 'the backend saw a second sender')


def test_bare_newline():
    """a bare newline is a fact where it is let pass, and a line of the log where it is refused"""
    mark, ok = smuggle(b'\n', EXEMPT, False)
    check(ok, 'refused')
    check(site.record(SENDER)['facts']['smtp.bare-newline'] is True, site.record(SENDER))
    mark, ok = smuggle(b'\r\n', EXEMPT, False)
    check(site.record(SENDER)['facts']['smtp.bare-newline'] is False, site.record(SENDER))
    check(not smuggle(b'\n', GOOD, False)[1], 'taken')
    check(re.search(r'event=refused client=192.0.2.10 helo=mx.good.example.com from=joe@good.example.com code=550 enhanced=5.5.2 '
                    r'text="a line of the message ends in a bare CR or LF"', site.read('log/postern')), 'not logged')


# ---- what is no SMTP ----

def test_lines():
    """line ends that are none, NUL, 8 bits, long lines: an error, or the end; never a command"""
    for line, codes in (
            (b'EHLO a.example\nMAIL FROM:<a@b.example>\r\n', [521]), (b'EHLO a.example\rNOOP\r\n', [521]),
            (b'EHLO a.example\r\r\n', [521]), (b'NO\0OP\r\nQUIT\r\n', [500, 221]),
            (b'HELO \xff\xfe\r\nNOOP \xe4\r\nQUIT\r\n', None), (b'NOOP ' + b'x' * 5000 + b'\r\nQUIT\r\n', [500, 221]),
            (b'x' * 70000 + b'\r\nQUIT\r\n', [500, 221]), (b'\r\n\r\nQUIT\r\n', [500, 500, 221])):
        s = site.connect(GOOD)
        s.send(line)
        got = replies(s)
        check(got == codes if codes else got[-1] == 221 and len(got) == 3, '%s: %s' % (line[:60], got))


def test_http():
    """HTTP verbs end the session at once, and the log says so; junk before mail is a fact"""
    for verb in b'GET / HTTP/1.1', b'POST /x HTTP/1.0', b'CONNECT mx.test:25 HTTP/1.1', b'get /':
        s = site.connect(GOOD)
        s.send(verb + b'\r\nHost: mx.test\r\n\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n')
        check(replies(s) == [421], verb)
    check('code=421 enhanced=4.7.0 text="this is a mail server, and that is not SMTP"' in site.read('log/postern'), 'log')
    s = site.connect(GOOD, None, 'mx.good.example.com')
    s.ehlo()
    codes = [s.docmd(x)[0] for x in ('XYZZY', 'FOO BAR', 'HELOO x', 'DATA')]
    check(codes == [500, 500, 500, 503], codes)
    data, mark = message('junk@good.example.com')
    s.sendmail('junk@good.example.com', ['kim@rcpt.example'], data)
    s.quit()
    r = site.record('junk@good.example.com')
    check(r['facts']['smtp.junk'] == 4 and 'JUNK' in [x['name'] for x in r['rules']], r)
    site.delivered(mark)


# ---- what a client says of itself, in what we write ----

def without_comments(text):
    """A structured field without its comments (RFC 5322 3.2.2)."""
    text = re.sub(r'\\.', '', text)
    while '(' in text and re.search(r'\([^()]*\)', text):
        text = re.sub(r'\([^()]*\)', '', text)
    return text


def test_received():
    """no HELO name gets out of its place in Received, nor a recipient out of its angle brackets"""
    for helo in ('a) by forged.example (b', 'x;y', '[192.0.2.1', 'a\\', '"a" by b', 'by', '(((', 'a\tid\tb', '[x]) id 1 (',
                 'x' * 255, '=?utf-8?q?=0D=0AX:_y?='):
        s = site.connect(GOOD)
        if s.docmd('EHLO ' + helo)[0] != 250:
            s.close()
            continue
        data, mark = message(SENDER)
        s.mail(SENDER)
        s.rcpt('kim@rcpt.example')
        check(s.data(data)[0] == 250, helo)
        s.quit()
        text = site.delivered(mark)
        fields = re.findall(r'(?m)^Received: (.*(?:\n[ \t].*)*)', text.split('\n\n')[0])
        ours = [x for x in fields if '(Postern)' in x]
        check(len(fields) == 3 and ours, '%s: %s' % (helo, fields))  # the sink's, the backend's, ours
        for x in ours:
            plain = re.sub(r'^from \S+', '', without_comments(x))
            check(len(re.findall(r'(?<!\S)by(?!\S)', plain)) == 1 and '(' not in plain and ')' not in plain, '%s: %s' % (helo, x))
        check(all(re.match(r'[A-Za-z0-9-]+:|[ \t]', x) for x in text.split('\n\n')[0].split('\n')), text[:2000])


def test_reply():
    """a header that reaches a reply, or the log, stays in its line"""
    s = begun()
    data, _ = message(SENDER, subject='=?utf-8?q?echo=0D=0A250_2=2E0=2E0_ok=0D=0Aevent=3Dforged?=')
    check(s.docmd('DATA')[0] == 354, 'DATA')
    s.send(data + b'\r\n.\r\nNOOP\r\nQUIT\r\n')
    text = s.file.read().decode()
    check(re.match(r'(550[ -]5\.7\.1 [ -~]*\r\n)+250 2\.0\.0 ok\r\n221 [ -~]*\r\n$', text), repr(text))
    site.connect(GOOD).docmd('EHLO', 'x\x1b[2Jevent=forged')
    log = site.read('log/postern')
    for line in log.split('\n'):
        check(line.isprintable(), 'the log: %r' % line)
    check(not re.search(r'(?m)^(event=forged|250)', log), 'a forged line')


# ---- commands in arguments: a backend that takes any line end for one ----

class Backend(threading.Thread):
    """Takes CR and LF alone for line ends and writes down each line."""
    CAPABILITIES = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN', 'ENHANCEDSTATUSCODES', 'ETRN', 'SIZE 0', 'AUTH PLAIN LOGIN',
                    'XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT']

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.lines, self.wild = [], 0
        self.start()

    def run(self):
        while True:
            threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, c):
        have, data, login, trusted = b'', False, 0, False
        c.sendall(b'220 careless.test ESMTP\r\n')
        with c:
            while True:
                more = c.recv(65536)
                if not more:
                    return
                have += more
                *lines, have = re.split(rb'\r\n|\r(?!\n|$)|\n', have)
                for line in lines:
                    verb = line.upper()
                    if data:
                        data = line != b'.'
                        answer = b'' if data else b'250 2.0.0 stored\r\n'
                        c.sendall(answer)
                        continue
                    self.lines.append(line)
                    if login:
                        login -= 1
                        answer = b'334 UGFzc3dvcmQ6' if login else b'235 2.7.0 welcome'
                        trusted = True
                    elif verb.startswith(b'EHLO'):
                        answer = b'\r\n'.join(b'250%c%s' % (45 if i else 45, x.encode()) for i, x in
                                              enumerate(['careless.test'] + self.CAPABILITIES[:-1]))
                        answer += b'\r\n250 ' + self.CAPABILITIES[-1].encode()
                    elif verb.startswith(b'XCLIENT'):
                        answer = b'220 careless.test ESMTP'
                    elif verb in (b'AUTH LOGIN', b'AUTH PLAIN'):
                        login, answer = (2, b'334 VXNlcm5hbWU6') if verb == b'AUTH LOGIN' else (1, b'334 ')
                    elif verb.startswith(b'AUTH'):
                        trusted, answer = True, b'235 2.7.0 welcome'
                    elif verb.startswith(b'RCPT') and b'rcpt.example' not in line and not trusted:
                        answer = b'554 5.7.1 no relaying'
                    elif verb.startswith(b'DATA'):
                        data, answer = True, b'354 go on'
                    else:
                        answer = b'221 2.0.0 bye' if verb.startswith(b'QUIT') else b'250 2.0.0 ok'
                    c.sendall(answer + b'\r\n')


PLACES = ['EHLO %', 'MAIL FROM:<%@b.example>', 'MAIL FROM:<"%"@b.example>', 'MAIL FROM:<a@b.example> ENVID=%',
          'MAIL FROM:<a@b.example> AUTH=%', 'MAIL FROM:<a@b.example> AUTH=<%>', 'MAIL FROM:<a@b.example> RET=%',
          'MAIL FROM:<a@b.example> SIZE=1%', 'MAIL FROM:<a@b.example> BODY=%', 'RCPT TO:<%@rcpt.example>',
          'RCPT TO:<"%"@rcpt.example>', 'RCPT TO:<kim@rcpt.example> ORCPT=rfc822;%', 'RCPT TO:<kim@rcpt.example> NOTIFY=%',
          'VRFY %', 'EXPN %', 'ETRN %', 'ETRN @%', 'HELP %', 'NOOP %', 'XCLIENT HELO=%', 'XCLIENT NAME=%', 'XCLIENT LOGIN=%',
          'XCLIENT ADDR=%', 'XCLIENT PROTO=%']
EVIL = [b'x\rRCPT TO:<evil@rcpt.example>', b'x\nRCPT TO:<evil@rcpt.example>', b'x\r\n\0RCPT TO:<evil@rcpt.example>',
        b'x+0D+0ARCPT TO:<evil@rcpt.example>', b'x+0D+0ARCPT+20TO:<evil@rcpt.example>', b'x=0D=0ARCPT', b'x%0D%0ARCPT',
        b'x\x0bRCPT', b'x\x85RCPT TO:<evil@rcpt.example>', b'x\xe2\x80\xa8RCPT TO:<evil@rcpt.example>', b'x>\tRCPT<']
OURS = re.compile(rb'(EHLO [!-~]+|XCLIENT( [A-Z]+=[!-~]+)+|MAIL FROM:<.*>( [!-~]+)*|RCPT TO:<.*>( [!-~]+)*|DATA|RSET|NOOP|QUIT|'
                  rb'ETRN [!-~]+|AUTH (PLAIN|LOGIN)( [A-Za-z0-9+/=]+)?|[A-Za-z0-9+/]+=*)$')


def only_ours(what):
    for line in backend.lines:
        check(OURS.match(line), '%s: the backend got %s' % (what, line))
        check(not re.match(rb'RCPT TO:<"?evil', line), '%s: injected: %s' % (what, line))


def test_arguments():
    """line ends, encoded and bare, in every argument: the backend gets our commands only"""
    for place in PLACES:
        for evil in EVIL:
            backend.lines.clear()
            line = place.encode().replace(b'%', evil) + b'\r\n'
            with socket.create_connection(('127.0.0.1', site.mx_port), 60) as s:
                s.sendall(b'EHLO c.example\r\n' + line + b'MAIL FROM:<a@b.example>\r\n' + line +
                          b'RCPT TO:<kim@rcpt.example>\r\n' + line + b'DATA\r\n')
                s.shutdown(socket.SHUT_WR)
                got = s.makefile('rb').read()
            check(all(re.match(rb'[2-5]\d\d[ -][ -~]*$', x) for x in got.split(b'\r\n')[:-1]), '%s: %s' % (line, got))
            only_ours(line)


def secured():
    context = ssl.create_default_context(cafile=site.path('cert.pem'))
    context.check_hostname = False
    s = smtplib.SMTP_SSL('127.0.0.1', users, context=context, timeout=60)
    s.ehlo('laptop.example')
    return s


def b64(data):
    return base64.b64encode(data).decode()


def test_users():
    """user names of AUTH: whatever stands in one, the backend gets our commands, and the record is one line"""
    taken = 0
    for evil in EVIL + [b'joe']:
        for lines in (['AUTH PLAIN ' + b64(b'\0' + evil + b'\0secret')], ['AUTH LOGIN', b64(evil), b64(b'secret')],
                      ['AUTH PLAIN', b64(evil + b'\0' + evil + b'\0' + evil)]):
            backend.lines.clear()
            s = secured()
            code = [s.docmd(x)[0] for x in lines][-1]
            check(code in (235, 501, 535), '%s: %s' % (lines, code))
            if code == 235:
                taken += 1
                s.mail('joe@rcpt.example')
                s.rcpt('any@elsewhere.example')
                check(s.data(message('joe@rcpt.example')[0])[0] == 250, lines)
            s.close()
            only_ours(lines)
    check(taken >= 3, 'no login')
    check(len([r for r in site.records() if r['from'] == 'joe@rcpt.example']) == taken, 'records')
    for text in site.read('log/postern'), site.read('evidence/records'):
        check(all(x.isprintable() for x in text.split('\n')), 'a control character on record')


def with_postfix():
    global site
    with Site(zone=ZONE, name='hostile', front='proxy') as site:
        site.start(rules=RULES, settings=settings(site.smtp_port))
        return main([test_smuggling, test_bare_newline, test_lines, test_http, test_received, test_reply])


def with_careless():
    global site, backend, users
    users = free_port()
    backend = Backend()
    with Site(zone=ZONE, name='careless', front='proxy') as site:
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=mx.test', '-keyout',
                        site.path('key.pem'), '-out', site.path('cert.pem')], check=True, stderr=subprocess.DEVNULL)
        more = 'listener users submissions inet:%d@127.0.0.1\ntls-chain-files { "%s" "%s" }\nsmtp-error-delay 0s\n' % (
            users, site.path('key.pem'), site.path('cert.pem'))
        site.start(rules='change threshold greylist off\n', settings=settings(backend.port) + more, postfix=False)
        return main([test_arguments, test_users])


def run():
    return with_postfix() | with_careless()


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/19-proxy-hostile: the site does not start')
        sys.exit(1)
