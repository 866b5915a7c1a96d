# SPDX-License-Identifier: BSD-2-Clause
"""An MTA hands over what a hostile client sent, or is hostile itself: the daemon judges and lives on.

Goal: nothing that comes over the milter socket ends a worker, holds its memory or descriptors, or
leaves raw bytes in log, evidence or header fields. The MTA here is tests/lib/milter_client.py.

Faults that other filters had and that are tested here: a From of two authors, forged results, MTAs
that break off, slow DNS, a big message, verdicts without a cause, time-outs that nobody hears of.
Tested elsewhere: keys and signatures of all kinds in tests/unit/checks/test_dkim_verify.c and
tests/conformance/dkim_corpus.c, "unknown host name" without reverse DNS in 10-verdicts.py.
"""
import contextlib
import email.utils
import json
import os
import re
import resource
import socket
import struct
import sys
import threading
import time

import dkim
import parity
from dnsserver import Server
from mailworld import PEM, ZONE, sign
from milter_client import (ACCEPT, CONTINUE, DISCARD, HEADER_LEADSPC, RCPT_REJ, REPLY, Closed, Milter,
                           fields_of)
from site_env import BINARY, Failure, Site, check, free_port, main, message, wait_for

LONG = ' '.join('word%02d' % i for i in range(55))  # 384 bytes: nearly all that a reply may have
RULES = '''
rule AT_CONNECT  scope any  when client.ip = 192.0.2.66          reject 554 5.7.25 "connect" at connect
rule AT_HELO     scope any  when helo.name = bad.example         reject 550 5.5.2 "helo" at helo
rule AT_MAIL     when mail.local = "mail"                        defer 450 4.1.8 "mail" at mail
rule AT_RCPT     when mail.local = "rcpt"                        reject 550 5.1.1 "rcpt"
rule AT_DATA     when mail.local = "data"                        reject 554 5.5.3 "data" at data
rule AT_HEADER   when from.address = "header@good.example.com"   reject 550 5.6.0 "header" at header
rule AT_END      when from.address = "end@good.example.com"      reject 550 5.7.1 "100% {from.name}"
rule LONG_TEXT   when mail.local = "long"                        reject 550 5.7.1 "''' + LONG + '''"
rule REFUSED     when rcpt.rejected >= 2                         reject 550 5.5.3 "too many refused"
rule DROP        when rcpt.to = "drop@rcpt.example"              discard
rule HOLD        when mail.local = "hold"                        quarantine "held: {mail.from}"
rule SECOND      when listener = second                          score 1
rule AUTHOR      when from.address is present     add header "X-Author" "{from.address} {from.name}"
change threshold greylist off
'''
GOOD = dict(client='192.0.2.10', helo='mx.good.example.com')
PLAIN = dict(client='192.0.2.30', helo='mx.plain.example.net')
KIM = ['kim@rcpt.example']
# Sanitizers keep freed memory for a while.
SLACK = 16 if '/san-' in BINARY else 1
BIG_KB = 32 * 1024 * SLACK  # of a worker that judged a message of 40 MB
GROWTH_KB = 8 * 1024 * SLACK
site = None


def milter(**options):
    m = Milter('unix:' + site.socket)
    m.open(**(options or GOOD))
    return m


def judges():
    data, _ = message('joe@good.example.com')
    with milter() as m:
        answer = m.message('joe@good.example.com', KIM, *fields_of(sign(data)))
        check(answer.kind == CONTINUE and b'dkim=pass' in answer.added('Authentication-Results')[0], answer)
        m.quit()


def serves():
    """The daemon still judges mail, with the worker it had."""
    judges()
    check(site.worker('milter-main') == site.first_worker,
          'the worker was started anew:\n' + site.read('log/postern')[-1500:])


def send_all(m, *packets):
    """Sends these and reads whatever is answered, until the filter hangs up."""
    try:
        for command, data in packets:
            m.send(command, data)
        while m.packet():
            pass
    except Closed:
        pass


def status_of(what, pid=None):
    with open('/proc/%d/status' % (pid or site.first_worker)) as f:
        return int(re.search(r'^%s:\s+(\d+)' % what, f.read(), re.M).group(1))


def descriptors():
    return len(os.listdir('/proc/%d/fd' % site.first_worker))


def facts(sender):
    return site.record(sender)['facts']


def no_raw_bytes():
    """Log and evidence are printable lines of what they claim to be."""
    for name, line_ok in (('log/postern', lambda x: True), ('evidence/records', json.loads)):
        with open(site.path(name), 'rb') as f:
            data = f.read()
        bad = re.search(rb'[\x00-\x09\x0b-\x1f\x7f]', data)
        check(not bad, 'a control character in %s: %r' % (name, bad and data[:bad.end()][-80:]))
        for line in data.decode('utf-8').split('\n'):
            check(not line or line_ok(line), '%s: %s' % (name, line))


def clean_edits(answer):
    """What the filter adds has no control character but the folds of LF and tab."""
    for kind, data in answer.edits:
        if kind not in 'hi':
            continue
        name, value = data[4 if kind == 'i' else 0:].rstrip(b'\0').split(b'\0')
        folded = value.replace(b'\n\t', b'')
        check(not re.search(rb'[\x00-\x1f\x7f]', name + folded), 'a control character in %r' % data)


# ---- the protocol ----

def test_versions():
    """protocols 2 to 6 are negotiated, and a signed message passes in each"""
    for version in range(2, 7):
        data, _ = message('v%d@good.example.com' % version)
        with Milter('unix:' + site.socket) as m:
            m.open(version=version, **GOOD)
            check(m.version == version, m.version)
            spaced = bool(m.steps & HEADER_LEADSPC)
            check(spaced == (version == 6), 'steps %x in version %d' % (m.steps, version))
            answer = m.message('v%d@good.example.com' % version, KIM, *fields_of(sign(data), spaced))
            got = answer.added('Authentication-Results')[0]
            check(b'dkim=pass' in got and got.startswith(b' ') == spaced, answer)
            clean_edits(answer)
            m.quit()


def test_simple_header():
    """DKIM's simple header canonicalization holds, whatever blanks stand behind the colon"""
    for version, ok in ((6, b'dkim=pass'), (2, b'dkim=fail')):
        data, _ = message('simple@good.example.com')
        data = data.replace(b'Subject: hello', b'Subject:hello \t there')
        signed = dkim.sign(data, b's1', b'good.example.com', PEM, canonicalize=(b'simple', b'simple'),
                           include_headers=[b'From', b'Subject']) + data
        with Milter('unix:' + site.socket) as m:
            m.open(version=version, **GOOD)
            answer = m.message('simple@good.example.com', KIM, *fields_of(signed, version == 6))
            # Before version 6 the MTA does not tell that there was no blank.
            check(ok in answer.added('Authentication-Results')[0], '%d: %s' % (version, answer))


def test_stages():
    """each stage answers with code, enhanced code and text; edits come at the end only"""
    def at(sender='a@good.example.com', author=None, **client):
        with Milter('unix:' + site.socket) as m:
            answer = m.open(**(client or GOOD))
            if answer.kind == CONTINUE:
                fields = [('From', ' ' + (author or sender))]
                answer = m.message(sender, KIM, fields)
            check(not answer.edits or answer.kind in (CONTINUE, ACCEPT), answer)
            return re.sub(r' \[[a-z0-9]{10}\]$', '', answer.text)
    for got, want in ((at(client='192.0.2.66', helo='x.example'), '554 5.7.25 connect'),
                      (at(client='192.0.2.30', helo='bad.example'), '550 5.5.2 helo'),
                      (at('mail@good.example.com'), '450 4.1.8 mail'),
                      (at('rcpt@good.example.com'), '550 5.1.1 rcpt'),
                      (at('data@good.example.com'), '554 5.5.3 data'),
                      (at(author='header@good.example.com'), '550 5.6.0 header'),
                      (at(author='"%s %d" <end@good.example.com>'), '550 5.7.1 100% %s %d'),
                      (at('long@good.example.com'), '550 5.7.1 ' + LONG)):
        # libmilter hands percent signs to the MTA doubled, which the MTA undoes.
        check(got.replace('%%', '%') == want, '%r is not %r' % (got, want))


def test_quarantine():
    """a quarantined message is held by the MTA, with the reason, and its fields are added"""
    with milter() as m:
        answer = m.message('hold@good.example.com', KIM, [('From', ' hold@good.example.com')])
        held = [data for kind, data in answer.edits if kind == 'q']
        check(len(held) == 1 and held[0].startswith(b'held: hold@good.example.com'), answer)
        check(answer.added('Authentication-Results'), answer)


def test_discard():
    """of two recipients one is dropped at the end; of one, the message"""
    with milter() as m:
        author = [('From', ' a@good.example.com')]
        answer = m.message('a@good.example.com', ['drop@rcpt.example'] + KIM, author)
        check([d for k, d in answer.edits if k == '-'] == [b'<drop@rcpt.example>\0'], answer)
        answer = m.message('a@good.example.com', ['drop@rcpt.example'], author)
        check(answer.kind == DISCARD, answer)


def test_refused_recipients():
    """recipients that the MTA itself refused are counted, not judged"""
    with milter() as m:
        check(m.steps & RCPT_REJ, 'not asked for')
        for n in range(2):
            check(m.envelope('ref@good.example.com', ['drop@rcpt.example'], 'error').kind == CONTINUE, n)
            m.abort()
        m.macros('M', '{mail_addr}', 'ref@good.example.com')
        m.mail('<ref@good.example.com>')
        for n in range(2):
            m.macros('R', '{rcpt_mailer}', 'error', '{rcpt_host}', '5.1.1', '{rcpt_addr}', 'no such one')
            check(m.rcpt('<nobody%d@rcpt.example>' % n).kind == CONTINUE, n)
        m.macros('R', '{rcpt_mailer}', 'relay')
        answer = m.rcpt('<kim@rcpt.example>')
        check(answer.text.startswith('550 5.5.3 too many refused'), answer)


def test_reuse():
    """one connection for many messages: abort at every point leaves nothing to the next"""
    with milter() as m:
        for n in range(20):
            sender = 'abort%d@plain.example.net' % n
            m.envelope(sender, KIM if n % 4 else [])
            if n % 4 > 1:
                m.data()
                m.header('From', ' forged@bank.example.net')
            if n % 4 > 2:
                m.eoh()
                m.body(b'x' * 100000)
            m.abort()
            data, _ = message('reuse%d@good.example.com' % n)
            answer = m.message('reuse%d@good.example.com' % n, KIM, *fields_of(sign(data)))
            got = answer.added('Authentication-Results')
            check(len(got) == 1 and b'dkim=pass' in got[0] and b'dmarc=pass' in got[0], answer)
            check(b'bank' not in got[0] and b'plain' not in got[0], got)
        m.quit()
    # A transaction that was never decided is not on record.
    check('abort' not in ' '.join(str(r['from']) for r in site.records()), 'an aborted one is on record')


def test_new_connection():
    """QUIT_NC: the MTA uses the socket for its next client, who inherits nothing"""
    with milter(client='192.0.2.10', helo='mx.good.example.com') as m:
        m.message('first@good.example.com', KIM, [('From', ' first@good.example.com')])
        m.send('K')
        m.macros('C', 'j', 'mx.test')
        m.connect('[192.0.2.30]', '192.0.2.30')
        m.helo('mx.plain.example.net')
        m.message('next@plain.example.net', KIM, [('From', ' next@plain.example.net')])
        r = site.record('next@plain.example.net')
        check(r['client'] == '192.0.2.30' and r['helo'] == 'mx.plain.example.net', r)


def test_families():
    """a client without an IP address is local; addresses that are none end no worker"""
    for n, (client, family, want) in enumerate((
            ('', 'U', None), ('/run/x.sock', 'L', None), ('2001:db8::10', '6', '2001:db8::10'),
            ('::ffff:192.0.2.10', '6', '192.0.2.10'), ('0.0.0.0', '4', '0.0.0.0'))):
        sender = 'family%d@good.example.com' % n
        with milter(client=client, family=family, helo='mx.good.example.com') as m:
            answer = m.message(sender, KIM, [('From', ' ' + sender)])
            check(answer.kind == CONTINUE, answer)
        r = site.record(sender)
        check(r['client'] == want, r)
        check((r['facts']['direction'] == 'outbound') == (want is None), r)
    for client, family in (('not an address', '4'), ('999.999.999.999', '4'), (':::::', '6'),
                           ('x' * 5000, 'L'), ('192.0.2.1\n', '4'), ('', '4'), ('192.0.2.1', 'X'),
                           ('192.0.2.1', '\0')):
        try:
            with milter(client=client, family=family, helo='x.example') as m:
                m.message('bad@good.example.com', KIM, [('From', ' bad@good.example.com')])
        except Closed:
            pass  # libmilter hangs up on what it cannot read
    serves()


def test_garbage():
    """packets that are none: the connection ends, the worker does not"""
    for data in (b'', b'\0', b'\0\0\0\0', b'\xff\xff\xff\xff', b'\x7f\xff\xff\xffO', b'\0\0\0\1Z',
                 b'\0\0\0\1O', b'\0\0\0\5O\0\0\0\6', b'\0\0\0\1E', b'\0\0\0\2DM', b'\0\0\0\1D',
                 b'GET / HTTP/1.0\r\n\r\n', b'\0\0\0\x0dO' + b'\xff' * 12, b'\0\0\0\1A' * 100,
                 b'\0\0\0\1Q', b'\0\0\0\1B', b'\0\0\0\4L\0\0\0', b'\0\0\0\2C\0'):
        with Milter('unix:' + site.socket) as m:
            m.sock.sendall(data)
            m.sock.shutdown(socket.SHUT_WR)
            send_all(m)
    for command, data in (('Z', b''), ('U', b'XYZZY\0'), ('C', b'\0'), ('M', b''), ('M', b'\0'),
                          ('R', b'\0'), ('L', b'x'), ('L', b'\0\0'), ('H', b''), ('T', b'x'),
                          ('O', b'short')):
        with milter() as m:
            send_all(m, (command, data), ('Q', b''))
    serves()


def test_disorder():
    """steps out of order, left out or repeated end no worker"""
    data = {'M': b'<a@good.example.com>\0', 'R': b'<kim@rcpt.example>\0', 'B': b'x\r\n',
            'L': b'From\0 a@good.example.com\0', 'H': b'again.example\0'}
    # What comes out of order is not answered: all is sent, then all is read.
    for order in ('E', 'B', 'L', 'N', 'R', 'T', 'ME', 'MLNBE', 'MRE', 'MRTE', 'MRTNE', 'MRTBE', 'MRTLNE',
                  'MRMRTNE', 'MHRTE', 'MRTLHNE', 'MRTLNBBBMRE', 'AAMRTNEA', 'MRTNEE', 'MRTNEMRTNE', 'RMTE'):
        with milter() as m:
            send_all(m, *[(step, data.get(step, b'')) for step in order + 'Q'])
    serves()


def test_macros():
    """macro packets with odd strings are data like any other"""
    odd = ['', '{', '}', '{}', '{rcpt_mailer', 'i' * 300, '%n%n%s', '\x01\x1b[2J', '\xff\xfe', '{i}']
    for name in odd:
        with milter() as m:
            m.macros('M', name, 'x', 'i', '\x1b[31m"\\%s', '{auth_authen}', '',
                     '{tls_version}', 'x' * 9000)
            answer = m.message('macro@good.example.com', KIM, [('From', ' macro@good.example.com')],
                               queue='\x01\r%n\x1b')
            check(answer.kind == CONTINUE, answer)
            clean_edits(answer)
    with milter() as m:
        m.send('D', b'M')
        m.send('D', b'M' + b'\0' * 2000)
        m.send('D', b'\xff' + b'i\0x\0')
        answer = m.message('odd@good.example.com', KIM, [('From', ' odd@good.example.com')])
        check(answer.kind == CONTINUE, answer)
    check(facts('macro@good.example.com')['direction'] == 'inbound', 'an empty user name is none')
    no_raw_bytes()
    serves()


def test_odd_macros():
    """a macro name without a value, which libmilter reads past, costs at most one worker"""
    with milter() as m:
        send_all(m, ('D', b'Mi\0x\0{auth_type}\0'), ('M', b'<odd@good.example.com>\0'), ('Q', b''))
    judges()
    site.first_worker = site.worker('milter-main')


# ---- messages ----

def test_many_fields():
    """5,000 header fields: too many to be judged, so they are refused at once, and it is said"""
    with milter() as m:
        fields = [('From', ' many@good.example.com')] + [('X-Field-%d' % n, ' x' * 20) for n in range(5000)]
        began = time.monotonic()
        answer = m.message('many@good.example.com', KIM, fields)
        took = time.monotonic() - began
    check(answer.text.startswith('554 5.6.0 '), answer)
    check(took < 10, 'it took %.1f s' % took)
    r = site.record('many@good.example.com')
    check(r['verdict'] == 'reject' and r['cause'] == 'header-limit', r)
    check('event=header-limit' in site.read('log/postern'), 'nothing is said')


def test_forged_fields():
    """of forged fields of ours each is removed, or the message is refused: none stays"""
    for n in (1, 500, 3000):
        with milter() as m:
            forged = [('From', ' a@good.example.com')] + [('X-Spam-Status', ' No')] * n
            answer = m.message('forged@good.example.com', KIM, forged)
        kept = set(range(1, n + 1)) - {nth for name, nth in answer.deleted() if name == 'X-Spam-Status'}
        check(not kept or answer.text.startswith('554 5.6.0 '),
              '%d of %d forged fields stay' % (len(kept), n))


def test_long_field():
    """a field of 2 MB is refused, by the library or as over the limit, and costs little memory"""
    before = status_of('VmRSS')
    for size in (60000, 2 << 20):
        with milter() as m:
            try:
                answer = m.message('field@good.example.com', KIM,
                                   [('From', ' a@good.example.com'), ('Subject', ' ' + 'x' * size)])
                check(answer.kind == CONTINUE if size < 65535 else answer.text[:10] == '554 5.6.0 ', answer)
            except Closed:
                check(size > 65535, 'closed at %d bytes' % size)
    check(status_of('VmRSS') < before + GROWTH_KB, 'it kept the memory')
    serves()


def test_raw_bytes():
    """NUL, bare CR and LF, escapes and 8-bit in names, values and the envelope"""
    evil = ['a\rb', 'a\nX-Evil: 1', 'a\r\nX-Evil: 1', 'a\r\n\r\nbody', '\x1b]0;x\x07', '\x7f', '\xff\xfe',
            '\u202e', 'a\0b', '%s%n', '', ' ', '"', '\\', '\t', 'a' * 3000]
    for n, text in enumerate(evil):
        try:
            with milter(client='192.0.2.30', helo=text) as m:
                answer = m.message('raw%s@good.example.com' % text, ['kim%s@rcpt.example' % text],
                                   [('From', ' "%s" <raw@good.example.com>' % text), ('X-%s' % text, text),
                                    (text, ' ' + text) if text else ('Subject', ''),
                                    ('Authentication-Results', ' %s' % text)])
                clean_edits(answer)
                names = [d[4:].split(b'\0')[0] for k, d in answer.edits if k == 'i']
                check(b'X-Evil' not in names, answer)
        except Closed:
            check('\0' in text, 'closed by %r' % text)
    with milter() as m:
        answer = m.message('end@good.example.com', KIM,
                           [('From', ' "\x1b[2J\rx\x01\xe4" <end@good.example.com>')])
        check(answer.kind == REPLY and re.fullmatch(r'550 5\.7\.1 [ -~]+', answer.text), answer)
    no_raw_bytes()
    serves()


AUTHORS = (
    ([' info@bank.example.net, joe@good.example.com'], 'permerror'),
    ([' joe@good.example.com, info@bank.example.net'], 'permerror'),
    ([' Bank: info@bank.example.net, joe@good.example.com;'], 'permerror'),
    ([' undisclosed:;'], 'permerror'), ([' =?utf-8?q?info=40bank.example.net?='], 'permerror'),
    ([' info'], 'permerror'), ([' info@'], 'permerror'), ([' info@[192.0.2.10]'], 'permerror'),
    ([''], 'permerror'), ([], 'permerror'), ([' <'], 'permerror'), ([' (((((((((('], 'permerror'),
    ([' joe@good.example.com', ' info@bank.example.net'], 'permerror'),
    ([' ' + ','.join('a%d@good.example.com' % i for i in range(500))], 'permerror'),
    ([' "joe@good.example.com" <info@bank.example.net>'], 'fail'),
    ([' <info@bank.example.net> (joe@good.example.com)'], 'fail'),
    ([' joe@good.example.com'], 'pass'))


def test_from():
    """a From that is no single address is never a DMARC pass, whoever stands in it"""
    for n, (fields, want) in enumerate(AUTHORS):
        sender = 'from%d@good.example.com' % n
        with milter() as m:
            answer = m.message(sender, KIM, [('From', f) for f in fields])
            check(answer.kind == CONTINUE, answer)
        check(facts(sender)['dmarc'] == want, '%s: dmarc %s' % (fields, facts(sender)['dmarc']))
        if want == 'permerror':
            check('FROM_BROKEN' in [r['name'] for r in site.record(sender)['rules']], fields)


def test_forged_results():
    """fields that claim to be ours are removed and count for nothing"""
    forged = [('Authentication-Results', ' mx.test; dmarc=pass'),
              ('authentication-results', '\n\t(c) "mx.test" ; x=y'),
              ('Authentication-Results', ' other.example; dkim=pass'),
              ('X-SPAM-STATUS', ' No, score=-99 bayes=0'),
              ('Authentication-Results', ' MX.TEST 1; spf=pass'), ('X-Spam-Flag', ' NO')]
    with milter(**PLAIN) as m:
        answer = m.message('info@bank.example.net', KIM, [('From', ' info@bank.example.net')] + forged)
    got = sorted(answer.deleted())
    check(got == [('Authentication-Results', n) for n in (1, 2, 4)] +
          [('X-Spam-Flag', 1), ('X-Spam-Status', 1)], got)
    check([n for a, n in answer.deleted() if a[0] == 'A'] == [4, 2, 1], 'not from the last to the first')
    names = [r['name'] for r in site.record('info@bank.example.net')['rules']]
    check('DMARC_REJECT' in names, names)


def test_big():
    """40 MB with 100,000 URLs pass, DKIM verified, and the worker stays small"""
    line = b'http://host.example/' + b'x' * 375 + b'\r\n'
    body = line * 100000
    data, _ = message('big@good.example.com')
    signed = sign(data.split(b'\r\n\r\n')[0] + b'\r\n\r\n' + body)
    with milter() as m:
        answer = m.message('big@good.example.com', KIM, *fields_of(signed))
    check(b'dkim=pass' in answer.added('Authentication-Results')[0], answer)
    peak = status_of('VmHWM')
    check(peak < BIG_KB, 'the worker took %d MB' % (peak // 1024))


# ---- connections ----

def test_no_end():
    """200 MTAs disconnect in the middle of a body; descriptors and memory stay"""
    def broken(n):
        with milter() as m:
            m.envelope('broken%d@good.example.com' % n, KIM)
            m.data()
            m.header('From', ' broken@good.example.com')
            m.eoh()
            m.send('B', b'x' * 65535)
            if n % 2:
                m.sock.sendall(struct.pack('>I', 60000) + b'Bxxx')  # a packet that is cut short
    for n in range(50):
        broken(n)
    quiet()
    fds, kb = descriptors(), status_of('VmRSS')
    for n in range(200):
        broken(n)
    quiet()
    check(descriptors() <= fds, 'descriptors: %d, then %d' % (fds, descriptors()))
    check(status_of('VmRSS') < kb + GROWTH_KB, 'memory: %d KB, then %d KB' % (kb, status_of('VmRSS')))
    check('broken' not in ' '.join(str(r['from']) for r in site.records()), 'one is on record')
    serves()


def quiet():
    """No connection is open at any listener."""
    def look():
        found = re.findall(r'\bopen (\d+)', site.tool('status', '-v')[1])
        check(found, 'no "open" in status')
        return set(found) == {'0'}
    wait_for('quiet', look)


def test_idle():
    """1,000 idle connections: others are served meanwhile, and their descriptors go with them"""
    quiet()
    before = descriptors()
    idle = [Milter('unix:' + site.socket) for _ in range(1000)]
    for m in idle[::2]:
        m.open(**GOOD)
    serves()
    wait_for('all accepted', lambda: descriptors() >= 1000)
    threads = status_of('Threads')
    for m in idle:
        m.sock.close()
    wait_for('descriptors to go', lambda: descriptors() <= before)
    check(threads < 100, '%d threads for idle connections' % threads)
    serves()


def test_inet():
    """a listener on a TCP port serves beside the unix socket, and rules see which it is"""
    with Milter('inet:%d@127.0.0.1' % site.port) as m:
        m.negotiate()
        m.connect('[192.0.2.30]', '192.0.2.30')
        m.helo('mx.plain.example.net')
        answer = m.message('tcp@plain.example.net', KIM, [('From', ' tcp@plain.example.net')])
        check(answer.kind == CONTINUE, answer)
    r = site.record('tcp@plain.example.net')
    check('SECOND' in [x['name'] for x in r['rules']], r)


def test_cause():
    """each verdict in log and evidence names its cause, stage and score"""
    for r in site.records():
        check(r['stage'] and isinstance(r['score'], (int, float)), r)
        check(r['cause'] or r['verdict'] == 'accept', r)
        check(abs(sum(x['score'] for x in r['rules']) - r['score']) < 0.001, r)
    for line in site.read('log/postern').split('\n'):
        if 'event=transaction' in line and not re.search(r'\bverdict=accept\b', line):
            check(' cause=' in line and ' score=' in line and ' stage=' in line, line)


# ---- sites of their own ----

DATE = b'Date: %s\r\n' % email.utils.formatdate().encode()  # else Postfix adds it before it asks a milter


def postfix_hands_over():
    """what Postfix lets through: raw bytes, thousands of fields, a From of many"""
    for n, fields in enumerate((
            b'From: a@good.example.com\r\nX-Raw: \0\x01\x1b[2J\xff\rx',
            b'From: a@good.example.com\r\n' + b'X: y\r\n' * 900,
            b'From: a@good.example.com, b@bank.example.net\r\nSubject: ' + b'x' * 90000,
            b'From : a@good.example.com\r\nX-Spam-Flag : YES\r\n: x\r\nno colon')):
        mark = b'mark-%d@good.example.com' % n
        out = mta.send(sender='p%d@good.example.com' % n, rcpt=KIM, **GOOD,
                       message=DATE + b'Message-ID: <%s>\r\n%s\r\n\r\nA text.\r\n' % (mark, fields))
        check(out['last'].startswith('250'), out)
        text = mta.delivered(mark.decode())
        check('Authentication-Results: mx.test;' in text, text[:800])
        check(mta.record('p%d@good.example.com' % n)['verdict'] == 'accept', 'verdict')
    out = mta.send(sender='many@good.example.com', rcpt=KIM, **GOOD,
                   message=DATE + b'From: a@good.example.com\r\n' + b'X: y\r\n' * 5000 + b'\r\nA text.\r\n')
    check(out['data'].startswith('554 5.6.0 '), out)


def postfix_authors():
    """a From that is no single address, over SMTP: the same results"""
    # Postfix completes addresses without a domain before it asks a milter.
    whole = [x for x in AUTHORS if x[0] and all(re.search('@(good|bank)', f) for f in x[0])]
    check(len(whole) >= 8, whole)
    for n, (fields, want) in enumerate(whole):
        sender = 'author%d@good.example.com' % n
        data = DATE + b''.join(b'From:%s\r\n' % f.encode() for f in fields) + b'Message-ID: <x@good.example.com>\r\nSubject: x\r\n\r\nA text.\r\n'
        out = mta.send(sender=sender, rcpt=KIM, message=data, **GOOD)
        check(out['last'].startswith('250'), '%s: %s' % (fields, out))
        check(mta.record(sender)['facts']['dmarc'] == want, '%s: %s' % (fields, mta.record(sender)['facts']['dmarc']))


@contextlib.contextmanager
def world(front):
    global mta
    with Site(zone=ZONE, name='hostile-mta', front=front) as mta:
        mta.start(rules=RULES, shipped=True)
        yield mta


def test_memory_ceiling():
    """message-memory: over it new mail hears 452 4.3.1, and is taken again when there is room"""
    with Site(zone=ZONE, name='ceiling') as small:
        small.start(rules=RULES, settings='message-memory 8MB', postfix=False)
        held = []
        for n in range(100):
            held.append(Milter('unix:' + small.socket))
            held[-1].open(**GOOD)
            if refused(held[-1]):
                break
            held[-1].envelope('a@good.example.com', KIM)
            held[-1].data()
            for field in range(12):
                held[-1].header('X-%d' % field, ' ' + 'x' * 60000)
            held[-1].eoh()
        check(3 < len(held) < 20, 'refused at message %d' % len(held))
        for m in held[:-1]:
            m.sock.close()
        wait_for('room', lambda: not refused(held[-1]))
        held[-1].sock.close()
        check('event=memory-ceiling' in small.read('log/postern'), 'nothing is said')


def refused(m):
    answer = m.envelope('b@good.example.com', [])
    m.abort()
    check(answer.kind == CONTINUE or answer.text.startswith('452 4.3.1 '), answer)
    return answer.kind != CONTINUE


def test_slow_dns():
    """DNS answers take 9 s: a reply in time, marked unknown; too many hear 451 4.3.2"""
    dns = Server([ZONE]).start()
    try:
        with Site(zone=ZONE, name='slow') as slow:
            slow.dns_port, slow.start_dns = dns.port, lambda: None
            slow.start(rules='change threshold greylist off\n', shipped=True, postfix=False,
                       settings='milter-sessions 2\ndns-timeout 2s\nrcpt-wait 4s\nend-wait 5s')
            dns.delay = 9
            slow_dns(slow)
    finally:
        dns.delay = 0
        dns.stop()


def slow_dns(slow):
    results = []

    def one(n):
        sender = 'slow%d@good.example.com' % n
        data, _ = message(sender)
        with Milter('unix:' + slow.socket) as m:
            m.open(**GOOD)
            began = time.monotonic()
            answer = m.message(sender, KIM, *fields_of(sign(data)))
            results.append((time.monotonic() - began, answer, sender))
    threads = [threading.Thread(target=one, args=(n,)) for n in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    check(len(results) == 6, 'a session broke')
    check(max(took for took, _, _ in results) < 30, results)
    judged = [(answer, sender) for _, answer, sender in results if answer.kind == CONTINUE]
    late = [answer.text for _, answer, _ in results if answer.kind == REPLY]
    check(1 <= len(judged) <= 2 and len(judged) + len(late) == 6, results)
    check(all(t.startswith('451 4.3.2 too many messages at once') for t in late), late)
    for answer, sender in judged:
        check(answer.progress > 0, 'the MTA was not told that the end takes long')
        got = answer.added('Authentication-Results')[0]
        check(b'spf=temperror' in got and b'spf=fail' not in got, got)
        r = slow.record(sender)
        check('spf' in r['unknown'] and 'client.ptr' in r['unknown'], r['unknown'])
        # the author of these messages has no display name, whatever the DNS does
        check(all(x['score'] <= 0 or x['name'] == 'FROM_NO_NAME' for x in r['rules']),
              'an outage made a score: %s' % r['rules'])
    check(re.search(r'event=transaction .* unknown=[a-z]', slow.read('log/postern')), 'the log is silent')


def run():
    global site
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with Site(zone=ZONE, name='hostile') as site:
        site.port = free_port()
        site.start(rules=RULES, shipped=True, postfix=False, settings='''
listener main milter unix:%s
    socket-group postfix
listener second milter inet:%d@127.0.0.1
''' % (site.socket, site.port))
        site.first_worker = site.worker('milter-main')
        failed = main([v for k, v in sorted(globals().items()) if k.startswith('test_')])
    return failed | parity.both(world, [postfix_hands_over, postfix_authors])


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/70-hostile-input: the site does not start')
        sys.exit(1)
