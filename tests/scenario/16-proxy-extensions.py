# SPDX-License-Identifier: BSD-2-Clause
"""A backend whose abilities change, and one with bearer tokens and what cannot be passed through.

Goal: only what the backend can is offered; what it has lost since then is made up for, or put off; the user of a
token is known after 235 only.
"""
import base64
import os
import smtplib
import ssl
import subprocess
import sys

from mailworld import ZONE
from site_env import Failure, check, free_port, main, message
from smtp_backend import OFFERED, XCLIENT, BackendSite, said

RULES = '''
rule SEES_USER     when auth.user is present scope any
rule SEES_FAILURES when auth.failures is present scope any
rule SEES_VALID    when rcpt.valid is present scope any
'''
CLIENT, SENDER, RCPT, ABROAD = '192.0.2.10', 'joe@good.example.com', 'kim@rcpt.example', 'lee@abroad.example'
BODY = '.\r\n..\r\n.dot\r\n\r\nGr\u00fc\u00dfe \r\n' + 'x' * 900 + '\r\n.\r\n\r\n'
USER, TOKEN = 'kim@mx.test', 'ya29.' + 8000 * 'k'  # real ones have some thousand bytes
AUTH = 'AUTH PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS EXTERNAL GSSAPI GS2-KRB5 DIGEST-MD5 NTLM XOAUTH2 OAUTHBEARER'
site = None
port = {'465': free_port(), '587': free_port()}


def settings():
    return '''
own-nets {{ 192.0.2.200 }}
listener main smtp inet:{mx}@127.0.0.1
listener users submission inet:{p587}@127.0.0.1
listener tls submissions inet:{p465}@127.0.0.1
backend other inet:{sink}@127.0.0.1 tls none identity xclient
tls-chain-files {{ "{b}/chain.pem" }}
xclient-nets {{ 127.0.0.0/8 }}
spool-dir "{b}/state"
smtp-error-delay 50ms
smtp-messages-max 9
'''.format(b=site.base, mx=site.mx_port, p587=port['587'], p465=port['465'], sink=site.sink_port)


def make_certificate():
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=mx.test', '-days', '2',
                    '-keyout', site.path('chain.key'), '-out', site.path('chain.crt')], check=True,
                   stderr=subprocess.DEVNULL)
    site.write('chain.pem', site.read('chain.key') + site.read('chain.crt'))
    os.chmod(site.path('chain.pem'), 0o600)


def session(where):
    context = ssl.create_default_context(cafile=site.path('chain.crt'))
    context.check_hostname = False
    if where == '465':
        s = smtplib.SMTP_SSL('127.0.0.1', port[where], 'a.example', timeout=60, context=context)
    else:
        s = smtplib.SMTP('127.0.0.1', port[where], 'a.example', timeout=60)
        s.starttls(context=context)
    s.ehlo()
    return s


def connect():
    s = site.connect(CLIENT, 'mx.good.example.com', 'mx.good.example.com')
    s.ehlo()
    return s


def offer(keywords):
    """The backend offers these from now on, and the proxy does not know it yet."""
    site.sink.offered = list(keywords)


def without(*keywords):
    return [x for x in OFFERED + (XCLIENT, AUTH, 'LIMITS RCPTMAX=3') if x.split()[0] not in keywords]


def commands(mail):
    """The verbs that the backend heard in this session."""
    return [x.split()[0] for x in mail.session.lines]


def bearer(mechanism, token=TOKEN):
    if mechanism == 'XOAUTH2':
        return 'user=%s\1auth=Bearer %s\1\1' % (USER, token)
    return 'n,a=%s,\1host=mx.test\1auth=Bearer %s\1\1' % (USER, token)


def test_bearer():
    """XOAUTH2 and OAUTHBEARER: the user of a good token is in the record, a bad one is told in a challenge, then 535"""
    for where in '587', '465':
        for mechanism in 'XOAUTH2', 'OAUTHBEARER':
            sender = '%s-%s@mx.test' % (mechanism.lower(), where)
            data, mark = message(sender, body=BODY)
            with session(where) as s:
                check(sorted(s.esmtp_features['auth'].split()) == ['OAUTHBEARER', 'PLAIN', 'SCRAM-SHA-256', 'XOAUTH2'],
                      s.esmtp_features)
                for refused in AUTH.split()[3:8]:
                    said(s.docmd('AUTH', refused), 504, '5.5.4')
                first = base64.b64encode(bearer(mechanism, 'stolen').encode()).decode()
                said(s.docmd('AUTH', mechanism + ' ' + first), 334)
                said(s.docmd('AQ=='), 535, '5.7.8')
                said(s.mail(sender), 530)
                if where == '587':
                    s.auth(mechanism, lambda challenge=None: bearer(mechanism))
                else:
                    said(s.docmd('AUTH', mechanism), 334)
                    said(s.docmd(base64.b64encode(bearer(mechanism).encode()).decode()), 235)
                s.sendmail(sender, [ABROAD], data)
            mail = site.unchanged(mark, data)
            check(mail.session.user == USER and mail.session.told['ADDR'] == '127.0.0.1', mail.session.lines)
            facts = site.record(sender)['facts']
            check(facts['auth.user'] == USER and facts['auth.failures'] == 1, facts)
            check(TOKEN not in site.read('log/postern') + site.read('evidence/records'), 'the token was written down')
    check(not any(x.split()[1] in AUTH.split()[3:8] for s in site.sink.sessions for x in s.lines if x[:5] == 'AUTH '),
          'the backend was asked for what was not offered')


def test_limits():
    """LIMITS: the smaller number is offered, and kept at the backend; a message behind MAILMAX ends the session"""
    s = connect()
    check(s.esmtp_features['limits'] == 'MAILMAX=9 RCPTMAX=3', s.esmtp_features)
    many = ['r%d@rcpt.example' % i for i in range(5)]
    data, mark = message(SENDER)
    refused = s.sendmail(SENDER, many, data)
    check(sorted(refused) == many[3:] and all(x[0] == 452 for x in refused.values()), refused)
    check([r[0] for r in site.unchanged(mark, data).recipients] == many[:3], 'recipients')
    check(site.record(SENDER)['to'] == many[:3], site.record(SENDER))
    for _ in range(8):
        said(s.mail(SENDER), 250)
        s.rset()
    said(s.mail(SENDER), 421, '4.7.0')


def test_chunking():
    """BDAT and DATA each to a backend with CHUNKING, and to one that has lost it: the same message"""
    for able in True, False:
        for chunks in True, False:
            offer(without() if able else without('CHUNKING'))
            sender = 'chunks-%s-%s@good.example.com' % (able, chunks)
            data, mark = message(sender, body=BODY)
            s = connect()
            check('chunking' in s.esmtp_features, s.esmtp_features)
            said(s.mail(sender, ['BODY=8BITMIME']), 250)
            said(s.rcpt(RCPT), 250)
            if chunks:
                s.send(b'BDAT 7\r\n' + data[:7] + b'BDAT %d LAST\r\n' % (len(data) - 7) + data[7:])
                said(s.getreply(), 250)
                said(s.getreply(), 250)
            else:
                said(s.data(data), 250)
            s.quit()
            mail = site.unchanged(mark, data)
            check(('BDAT' in commands(mail)) == able and ('DATA' in commands(mail)) != able, commands(mail))
            check(site.record(sender)['verdict'] == 'accept', site.record(sender))
    offer(without())


def test_lost_abilities():
    """what the backend has lost since it was asked: 451 4.3.0, for SMTPUTF8 550 5.6.7; what it can do without goes"""
    s = connect()
    for keyword, mail, rcpt, code, words in (
            ('8BITMIME', ['BODY=8BITMIME'], [], 451, '4.3.0'), ('DSN', [], ['NOTIFY=NEVER'], 451, '4.3.0'),
            ('DSN', ['RET=HDRS'], [], 451, '4.3.0'), ('SMTPUTF8', ['SMTPUTF8'], [], 550, '5.6.7'),
            ('SIZE', ['SIZE=1000'], [], 250, ''), ('PIPELINING', [], [], 250, '')):
        offer(without(keyword))
        before = len(site.sink.mails)
        with connect() as s:
            said(s.mail('lost@good.example.com', mail), 250)
            said(s.rcpt(RCPT, rcpt), code, words)
            if code == 250:
                data, mark = message('lost@good.example.com')
                said(s.data(data), 250)
                sent = site.unchanged(mark, data).session.lines
                check(not any('SIZE=' in x for x in sent) or keyword != 'SIZE', sent)
        check(len(site.sink.mails) == before + (code == 250), 'mails')
    offer(without())


def test_offer():
    """what the backend has lost is offered no more once it was asked again; BDAT and ETRN hear 502 then"""
    offer(without('CHUNKING', 'DSN', 'LIMITS'))
    status, text = site.tool('reload')
    check(status == 0, text)
    with connect() as s:
        check(not {'chunking', 'dsn', 'etrn'}.intersection(s.esmtp_features), s.esmtp_features)
        check(s.esmtp_features['limits'] == 'MAILMAX=9 RCPTMAX=1000', s.esmtp_features)
        said(s.docmd('ETRN', 'rcpt.example'), 502)
        said(s.mail(SENDER, ['RET=FULL']), 555)
        said(s.mail(SENDER), 250)
        said(s.rcpt(RCPT), 250)
        s.send(b'BDAT 6 LAST\r\nNOOP\r\n')
        said(s.getreply(), 502)
        said(s.docmd('NOOP'), 250)
        data, mark = message(SENDER)
        said(s.data(data), 250)
    site.unchanged(mark, data)


def run():
    global site
    with BackendSite(zone=ZONE, name='extensions') as site:
        make_certificate()
        site.start_sink()
        offer(without())
        site.sink.users[USER], site.sink.tokens[USER] = 'secret', TOKEN
        site.start_sink = lambda: None
        site.start(rules=RULES, settings=settings(), postfix=False)
        return main([v for k, v in globals().items() if k.startswith('test_')])


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/16-proxy-extensions: the site does not start')
        sys.exit(1)
