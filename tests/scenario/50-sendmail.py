# SPDX-License-Identifier: BSD-2-Clause
"""A real Sendmail asks, and gets the same verdicts, replies and headers as Postfix.

Goal: the second MTA. Sendmail has no XCLIENT: clients are addresses of 127.0.0.0/8 with records of
their own, and the daemon's own networks are elsewhere. It asks over TCP, Postfix over a unix socket.
"""
import os
import re
import signal
import sys

import dkim

from mailworld import PUBLIC, ZONE, sign, txt
from sendmail_env import Missing, SendmailSite
from site_env import Failure, check, main, message, wait_for

ZONE += '''
sm.example.com. MX 10 mx.sm.example.com.
sm.example.com. TXT "v=spf1 ip4:127.0.1.10 -all"
mx.sm.example.com. A 127.0.1.10
_dmarc.sm.example.com. TXT "v=DMARC1; p=reject"
s1._domainkey.sm.example.com. TXT %s
10.1.0.127.in-addr.arpa. PTR mx.sm.example.com.
sm.example.net. A 127.0.1.30
mx.sm.example.net. A 127.0.1.30
30.1.0.127.in-addr.arpa. PTR mx.sm.example.net.
''' % txt('v=DKIM1; k=rsa; p=' + PUBLIC)

LONG = ' '.join('word%02d' % i for i in range(55))  # 384 bytes: nearly all that a reply may have

RULES = '''
rule AT_RCPT    when rcpt.to = "refused@rcpt.example"            reject 550 5.1.1 "no such user here"
rule AT_END     when from.address = "end@sm.example.com"         reject 554 5.7.7 "100%% refused: %%s %%n"
rule LONG       when mail.local = "long"                         reject 550 5.7.1 "%s"
rule GREY       when mail.local = "grey"                         greylist
rule DROP_ONE   when rcpt.to = "drop@rcpt.example"               discard
rule HOLD       when mail.local = "hold"                         quarantine "held for a look"
change threshold greylist off
''' % LONG
RULES = RULES.replace('%%', '%')
GOOD = dict(client='127.0.1.10', helo='mx.sm.example.com')
PLAIN = dict(client='127.0.1.30', helo='mx.sm.example.net')
site = None
record = None


def accepted(out):
    check(out.get('data', '').startswith('250'), 'not accepted: %s' % out)


def head(text):
    """The header of a message, unfolded."""
    return re.sub(r'\n[ \t]+', ' ', text.split('\n\n')[0])


def authres(text):
    found = re.findall(r'(?m)^Authentication-Results: mx\.test;.*$', head(text))
    check(len(found) == 1, 'not one Authentication-Results of mx.test in:\n' + text[:1500])
    return found[0]


def test_clean():
    """clean signed mail is delivered with the right fields, written as Sendmail writes its own"""
    data, mark = message('joe@sm.example.com')
    accepted(site.send(sender='joe@sm.example.com', rcpt=['kim@rcpt.example'],
                       message=sign(data, domain='sm.example.com'), **GOOD))
    text = site.delivered(mark)
    got = authres(text)
    for want in ('iprev=pass', 'spf=pass', 'smtp.mailfrom=sm.example.com', 'dkim=pass',
                 'header.d=sm.example.com', 'dmarc=pass', 'header.from=sm.example.com'):
        check(want in got, 'no %s in %s' % (want, got))
    check(re.search(r'(?m)^X-Spam-Status: No, score=', text), 'X-Spam-Status: ' + text[:1500])
    check('\n\n' in text and '\r' not in text.split('\n\n')[0].replace('\r\n', '\n'), 'line ends')
    r = site.record('joe@sm.example.com')
    check(r['verdict'] == 'accept' and not r['tagged'] and r['client'] == '127.0.1.10', r)
    check(r['queue'], 'no queue id: %s' % r)


def test_spf_fail():
    """SPF fail scores and is reported"""
    data, mark = message('spf@sm.example.com')
    accepted(site.send(sender='spf@sm.example.com', rcpt=['kim@rcpt.example'],
                       message=sign(data, domain='sm.example.com'), **PLAIN))
    got = authres(site.delivered(mark))
    check('spf=fail' in got and 'dkim=pass' in got and 'dmarc=pass' in got, got)
    check('SPF_FAIL' in [x['name'] for x in site.record('spf@sm.example.com')['rules']], 'SPF_FAIL')


def test_dmarc():
    """DMARC p=reject is scored and the mail is tagged"""
    data, mark = message('info@bank.example.net')
    accepted(site.send(sender='info@bank.example.net', rcpt=['kim@rcpt.example'], message=data, **PLAIN))
    text = site.delivered(mark)
    check('dmarc=fail' in authres(text) and 'X-Spam-Flag: YES' in text, text[:1500])
    r = site.record('info@bank.example.net')
    check('DMARC_REJECT' in [x['name'] for x in r['rules']] and r['tagged'], r)


def test_reject_rcpt():
    """one recipient is refused at RCPT with code, enhanced code and text; the other gets the mail"""
    data, mark = message('rcpt@sm.example.com')
    out = site.send(sender='rcpt@sm.example.com', rcpt=['refused@rcpt.example', 'kim@rcpt.example'],
                    message=sign(data, domain='sm.example.com'), **GOOD)
    # Sendmail itself puts the recipient before the text.
    check(out['rcpt:refused@rcpt.example'].startswith(
        '550 5.1.1 <refused@rcpt.example>... no such user here ['), out)
    accepted(out)
    text = site.delivered(mark)
    check('X-Rcpt-Args: <kim@rcpt.example>' in text and '<refused@' not in text, text[:800])


def test_reject_end():
    """a message is refused at its end, and percent signs arrive as they were written"""
    data, _ = message('end@sm.example.com')
    out = site.send(sender='end@sm.example.com', rcpt=['kim@rcpt.example'], message=data, **GOOD)
    check(out['data'].startswith('554 5.7.7 100% refused: %s %n ['), out)
    r = site.record('end@sm.example.com')
    check(r['verdict'] == 'reject' and r['cause'] == 'AT_END' and r['stage'] == 'end', r)


def test_reject_long():
    """a text of nearly 400 bytes arrives whole, with the id at its end"""
    out = site.send(sender='long@sm.example.com', rcpt=['kim@rcpt.example'], **GOOD)
    text = re.sub(r'\s+', ' ', out['last'])
    check(text.startswith('550 5.7.1 <kim@rcpt.example>... ' + LONG + ' ['), out)


def test_greylist():
    """the first attempt hears 451 4.7.1 and how long to wait"""
    data, _ = message('grey@sm.example.net')
    out = site.send(sender='grey@sm.example.net', rcpt=['kim@rcpt.example'], message=data, **PLAIN)
    check(out['last'].startswith('451 4.7.1 greylisted, please try again in'), out)


def test_discard_one():
    """one of two recipients is discarded by a rule, the other gets the mail"""
    data, mark = message('two@sm.example.com')
    accepted(site.send(sender='two@sm.example.com', rcpt=['drop@rcpt.example', 'kim@rcpt.example'],
                       message=sign(data, domain='sm.example.com'), **GOOD))
    text = site.delivered(mark)
    check('X-Rcpt-Args: <kim@rcpt.example>' in text and '<drop@rcpt.example>' not in text, text[:800])
    fate = site.record('two@sm.example.com')['recipients']['drop@rcpt.example']
    check(fate['verdict'] == 'discard' and fate['cause'] == 'DROP_ONE', fate)


def test_quarantine():
    """a quarantined message is held in Sendmail's queue with the reason"""
    data, _ = message('hold@sm.example.com')
    accepted(site.send(sender='hold@sm.example.com', rcpt=['kim@rcpt.example'], message=data, **GOOD))

    def held():
        for name in os.listdir(site.path('queue')):
            if name.startswith('hf') and 'held for a look' in site.read('queue/' + name):
                return True
        return False
    wait_for('a held message', held)
    check(site.record('hold@sm.example.com')['verdict'] == 'quarantine', 'verdict')


def test_null_sender():
    """a bounce passes, judged by its HELO"""
    data, mark = message('MAILER-DAEMON@sm.example.com')
    accepted(site.send(sender='', rcpt=['kim@rcpt.example'], message=data, **GOOD))
    check('smtp.helo=mx.sm.example.com' in authres(site.delivered(mark)), 'smtp.helo')


def test_forged_results():
    """a stranger's Authentication-Results with our id and X-Spam fields are removed"""
    forged = ('Authentication-Results: mx.test; spf=pass smtp.mailfrom=forged.example\r\n'
              'X-Spam-Status: No, score=-50 bayes=0\r\n'
              'Authentication-Results: other.example; dkim=pass\r\n'
              'Authentication-Results: mx.test (x); dmarc=pass header.from=forged.example\r\n')
    data, mark = message('forge@sm.example.net', extra=forged)
    accepted(site.send(sender='forge@sm.example.net', rcpt=['kim@rcpt.example'], message=data, **PLAIN))
    text = site.delivered(mark)
    check('forged.example' not in text and 'bayes=0' not in text, text[:2000])
    check('other.example' in text, 'a foreign field was removed too')


def test_8bit():
    """8-bit mail arrives unchanged and verified"""
    data, mark = message('eight@sm.example.com', body='\u00e4\u00f6\u00fc\r\n')
    accepted(site.send(sender='eight@sm.example.com', rcpt=['kim@rcpt.example'],
                       message=sign(data, domain='sm.example.com'), mail_options=['BODY=8BITMIME'], **GOOD))
    text = site.delivered(mark)
    check('\u00e4\u00f6\u00fc' in text and 'dkim=pass' in authres(text), text[:1500])


def test_local_submission():
    """mail submitted on the host itself has no client address, is outbound and skips the inbound rules"""
    data, mark = message('grey@rcpt.example')
    out = site.submit(b'EHLO localhost', b'MAIL FROM:<grey@rcpt.example>', b'RCPT TO:<kim@rcpt.example>',
                      b'DATA', data + b'\r\n.')
    check(out[-1].startswith('250 2.0.0'), out)
    text = site.delivered(mark)
    check('X-Spam' not in text and 'Authentication-Results' not in text, text[:1500])
    r = site.record('grey@rcpt.example')
    check(r['client'] is None and r['facts'].get('direction') == 'outbound' and r['rules'] == [], r)


def test_signed():
    """mail of this host is signed, and the Date that Sendmail adds leaves the signature good"""
    for date in ('', 'Date: Sun, 22 Nov 2026 05:41:20 +0000\r\n'):
        data = 'From: Joe <joe@own.example.org>\r\nTo: a@rcpt.example, b@rcpt.example\r\n%sSubject: %s\r\n\r\nx\r\n' % (
            date, 'mark-%d' % len(date))
        out = site.submit(b'EHLO localhost', b'MAIL FROM:<joe@own.example.org>', b'RCPT TO:<kim@rcpt.example>',
                          b'DATA', data.encode() + b'.')
        check(out[-1].startswith('250 2.0.0'), out)
        text = site.delivered('mark-%d' % len(date))
        check('\nDate: ' in text and 's=r1' in text, text)
        check(dkim.verify(re.sub(r'\r?\n', '\r\n', text).encode(), dnsfunc=lambda name, timeout=5: record), text)


def test_several():
    """several messages of one session, with RSET between, are each judged by themselves"""
    s = site.connect('127.0.1.10', helo='mx.sm.example.com')
    s.ehlo('mx.sm.example.com')
    for n in range(3):
        sender = 'session%d@sm.example.com' % n
        check(s.mail('never@sm.example.com')[0] == 250 and s.rset()[0] == 250, 'RSET')
        data, mark = message(sender)
        check(s.mail(sender)[0] == 250 and s.rcpt('kim@rcpt.example')[0] == 250, sender)
        code, text = s.data(sign(data, domain='sm.example.com'))
        check(code == 250, text)
        check(authres(site.delivered(mark)).count('dkim=') == 1, sender)
    s.quit()
    check('never@sm.example.com' not in [r['from'] for r in site.records()], 'an aborted one is on record')


def test_kill():
    """the worker killed in mid-transaction: Sendmail defers (F=T), the next transaction works"""
    s = site.connect('127.0.1.10', helo='mx.sm.example.com')
    s.ehlo('mx.sm.example.com')
    check(s.mail('kill@sm.example.com')[0] == 250, 'MAIL')
    os.kill(site.worker(), signal.SIGKILL)
    code, text = s.rcpt('kim@rcpt.example')
    check(400 <= code < 500, 'RCPT after the kill: %d %s' % (code, text))
    s.close()
    data, mark = message('after@sm.example.com')
    accepted(site.send(sender='after@sm.example.com', rcpt=['kim@rcpt.example'],
                       message=sign(data, domain='sm.example.com'), **GOOD))
    check('dkim=pass' in authres(site.delivered(mark)), 'dkim')


def run():
    global site, record
    with SendmailSite(zone=ZONE) as site:
        site.configure()
        made = site.tool('dkim-key', '--selector', 'r1', '--dir', site.path('keys'), 'own.example.org')[1]
        record = ''.join(re.findall(r'^\t"(.*)"', made, re.M)).encode()
        site.write('keys.table', made.splitlines()[-1] + '\n')
        site.start(rules=RULES, shipped=True, settings='own-nets { 192.0.2.200 }\ndkim-keys "keys.table"')
        return main([v for k, v in sorted(globals().items()) if k.startswith('test_')])


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Missing as e:
        print('skip: scenario/50-sendmail: %s' % e)
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/50-sendmail: the site does not start')
        sys.exit(1)
