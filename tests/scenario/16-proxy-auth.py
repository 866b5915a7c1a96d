# SPDX-License-Identifier: BSD-2-Clause
"""AUTH through the proxy: to a Postfix that asks Cyrus SASL, and to a backend with bearer tokens.

Goal: what the backend can is offered under TLS only, without what cannot be passed through; who the client is, is
known when the backend has said 235, and not before; failures are counted, told and slowed.
"""
import base64
import hashlib
import hmac
import os
import pwd
import re
import secrets
import signal
import smtplib
import ssl
import subprocess
import sys
import time

from mailworld import ZONE
from site_env import Failure, check, free_port, main, message
from smtp_backend import BackendSite, said

RULES = '''
rule SEES_USER     when auth.user is present scope any
rule SEES_FAILURES when auth.failures is present scope any
rule SEES_TLS      when tls.version is present and tls.cipher is present scope any
rule SEES_WAY      when direction = outbound scope any
rule NO_USER       when mail.local = "nobody" and auth.user = "kim@mx.test" reject 550 5.7.1 "not in this name" scope outbound
'''
USER, SECRET = 'kim@mx.test', 'open sesame'
ABROAD = 'lee@abroad.example'  # no domain of ours
MECHANISMS = ['CRAM-MD5', 'LOGIN', 'PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256']
site = None
port = {'465': free_port(), '587': free_port()}


def settings():
    return '''
own-nets {{ 192.0.2.200 }}
listener main smtp inet:{mx}@127.0.0.1
listener users submission inet:{p587}@127.0.0.1
listener tls submissions inet:{p465}@127.0.0.1
backend postfix inet:{postfix}@127.0.0.1 tls verified identity xclient
tls-chain-files {{ "{b}/chain.pem" }}
tls-ca-file "{b}/chain.crt"
xclient-nets {{ 127.0.0.0/8 }}
spool-dir "{b}/state"
smtp-error-delay 200ms
smtp-client-sessions-max 100
'''.format(b=site.base, mx=site.mx_port, p587=port['587'], p465=port['465'], postfix=site.smtp_port)


# Postfix as a submission server: AUTH within TLS only; strangers reach nobody, who has logged in everybody.
POSTFIX = '''
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {b}/etc/sasl
smtpd_sasl_local_domain = mx.test
smtpd_sasl_security_options = noanonymous
smtpd_error_sleep_time = 0
smtpd_tls_chain_files = {b}/chain.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_recipient_restrictions = permit_sasl_authenticated, reject_unauth_destination
mynetworks = 192.0.2.200/32
'''


def make_certificate():
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=mx.test', '-days', '2',
                    '-addext', 'subjectAltName=DNS:mx.test,IP:127.0.0.1', '-keyout', site.path('chain.key'), '-out', site.path('chain.crt')], check=True,
                   stderr=subprocess.DEVNULL)
    site.write('chain.pem', site.read('chain.key') + site.read('chain.crt'))
    os.chmod(site.path('chain.pem'), 0o600)


def make_users():
    os.mkdir(site.path('etc/sasl'))
    site.write('etc/sasl/smtpd.conf', 'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: %s\nmech_list: %s\n' % (
        site.path('etc/sasl/db'), ' '.join(MECHANISMS + ['DIGEST-MD5'])))
    subprocess.run(['saslpasswd2', '-p', '-c', '-f', site.path('etc/sasl/db'), '-u', 'mx.test', 'kim'], check=True,
                   input=SECRET.encode())
    os.chown(site.path('etc/sasl/db'), pwd.getpwnam('postfix').pw_uid, 0)


def session(where='587', helo='mx.good.example.com'):
    if where == '465':
        s = smtplib.SMTP_SSL('127.0.0.1', port[where], helo, timeout=60, context=context())
    else:
        s = smtplib.SMTP('127.0.0.1', port.get(where, site.mx_port), helo, timeout=60)
        s.ehlo()
        check(not s.has_extn('auth'), 'AUTH in the clear: %s' % s.esmtp_features)
        s.starttls(context=context())
    s.ehlo()
    return s


def context():
    c = ssl.create_default_context(cafile=site.path('chain.crt'))
    c.check_hostname = False
    return c


def test_offer():
    """offered on 587 and 465 within TLS is what Cyrus has and can be passed through; on port 25 nothing"""
    for where in '587', '465':
        with session(where) as s:
            check(sorted(s.esmtp_features['auth'].split()) == MECHANISMS, s.esmtp_features)
            for mechanism in 'DIGEST-MD5', 'SCRAM-SHA-256-PLUS', 'EXTERNAL', 'GSSAPI', 'ANONYMOUS':
                said(s.docmd('AUTH', mechanism), 504, '5.5.4')
            said(s.mail('joe@good.example.com'), 530, '5.7.0')
    with session('25') as s:
        check(not s.has_extn('auth'), s.esmtp_features)
        said(s.docmd('AUTH', 'PLAIN AGEAYg=='), 502)


def scram(name, user=USER, secret=SECRET):
    """The client's side of SCRAM (RFC 5802), for smtplib's auth()."""
    nonce, said_of = secrets.token_hex(12), []

    def answer(challenge=None):
        if challenge is None:
            said_of.append('n=%s,r=%s' % (user.replace('=', '=3D').replace(',', '=2C'), nonce))
            return 'n,,' + said_of[0]
        part = dict(x.split('=', 1) for x in challenge.decode().split(','))
        if 'v' in part:
            check(base64.b64decode(part['v']) == said_of[1], 'the server did not prove that it knows the secret')
            return ''
        check(part['r'].startswith(nonce), 'nonce')
        without = 'c=biws,r=' + part['r']
        signed = ','.join((said_of[0], challenge.decode(), without)).encode()
        salted = hashlib.pbkdf2_hmac(name, secret.encode(), base64.b64decode(part['s']), int(part['i']))
        key = hmac.digest(salted, b'Client Key', name)
        sign = hmac.digest(hashlib.new(name, key).digest(), signed, name)
        said_of.append(hmac.digest(hmac.digest(salted, b'Server Key', name), signed, name))
        return without + ',p=' + base64.b64encode(bytes(x ^ y for x, y in zip(key, sign))).decode()
    return answer


def log_in(s, mechanism, secret=SECRET, at_once=True):
    s.user, s.password = USER, secret
    how = {'PLAIN': s.auth_plain, 'LOGIN': s.auth_login, 'CRAM-MD5': s.auth_cram_md5,
           'SCRAM-SHA-1': scram('sha1', secret=secret), 'SCRAM-SHA-256': scram('sha256', secret=secret)}
    s.auth(mechanism, how[mechanism], initial_response_ok=at_once and mechanism != 'CRAM-MD5')


def logged_in(sender, mechanism, mark, data):
    """The message came as this user's: in the record, in the trace field and in Postfix's log."""
    mail = site.unchanged(mark, data)
    check('with ESMTPSA id' in mail.header(), mail.header())
    check([r[0] for r in mail.recipients] == [ABROAD], mail.recipients)
    r = site.record(sender)
    check(r['facts']['auth.user'] == USER and r['facts']['direction'] == 'outbound' and
          r['facts']['tls.version'] == 'TLSv1.3' and r['facts']['tls.cipher'] and r['stage'] == 'end', r)
    site.postfix_log('sasl_method=' + mechanism, 'sasl_username=' + USER, 'client=')
    check(SECRET not in site.read('log/postern') and USER in site.read('log/postern'), 'log')


def test_mechanisms():
    """each mechanism on both ports, the first response at once or asked for: Cyrus lets the client in"""
    for where in '587', '465':
        for mechanism in MECHANISMS:
            for at_once in (True, False) if mechanism in ('PLAIN', 'LOGIN') else (True,):
                sender = '%s-%s-%s@mx.test' % (mechanism.lower(), where, at_once)
                data, mark = message(sender)
                with session(where) as s:
                    log_in(s, mechanism, at_once=at_once)
                    said(s.docmd('AUTH', 'PLAIN'), 503, '5.5.1')
                    s.ehlo()
                    check(not s.has_extn('auth'), s.esmtp_features)
                    s.sendmail(sender, [ABROAD], data)
                logged_in(sender, mechanism, mark, data)


def test_swaks():
    """swaks logs in by STARTTLS and on port 465; in the clear it is offered nothing, and refused what it tries"""
    for options, where in (['--tls'], '587'), (['--tls-on-connect'], '465'):
        for mechanism in 'PLAIN', 'LOGIN', 'CRAM-MD5':
            sender = 'swaks-%s-%s@mx.test' % (mechanism.lower(), where)
            data, mark = message(sender)
            auth = ['--auth', mechanism, '--auth-user', USER, '--auth-password', SECRET]
            mail = ['--from', sender, '--to', ABROAD, '--data', data.decode().replace('\r\n', '\n')[:-1]]
            site.swaks(*options, *auth, *mail, port=port[where])
            logged_in(sender, mechanism, mark, data)
            if where == '587':
                out = site.swaks(*auth, *mail, port=port[where], status=28)
                check('AUTH' not in out.split('EHLO')[1].split('***')[0], out)
    with smtplib.SMTP('127.0.0.1', port['587'], 'a.example', timeout=60) as s:
        s.ehlo()
        said(s.docmd('AUTH', 'PLAIN ' + base64.b64encode(b'\0%s\0%s' % (USER.encode(), SECRET.encode())).decode()),
             538, '5.7.11')
        said(s.mail('joe@mx.test'), 530, '5.7.0')


def test_wrong_password():
    """a wrong password is 535 in each mechanism, counted, told in the log, slower each time; the fifth ends the session"""
    s = session()
    took = []
    for n, mechanism in enumerate(MECHANISMS):
        began = time.monotonic()
        try:
            log_in(s, mechanism, secret='wrong')
            raise Failure('%s with a wrong password' % mechanism)
        except smtplib.SMTPAuthenticationError as e:
            check(e.smtp_code == 535, '%s: %s' % (mechanism, e))
        took.append(time.monotonic() - began)
        if n < 4:
            said(s.mail('joe@mx.test'), 530, '5.7.0')  # nobody yet
    check(all(t >= 0.2 * (n + 1) for n, t in enumerate(took)), took)
    said(s.getreply(), 421, '4.7.0')
    lines = [x for x in site.read('log/postern').split('\n') if 'event=login-failed' in x]
    check(len(lines) == 5 and all('client=127.0.0.1' in x and 'code=535' in x for x in lines), lines)
    check([x.split('mechanism=')[1].split()[0] for x in lines] == MECHANISMS, lines)
    check(not any(r['from'] == 'joe@mx.test' for r in site.records()), 'a record')


def test_failures_then_success():
    """auth.failures says how often it went wrong before; a cancelled exchange leaves nobody logged in"""
    sender = 'late@mx.test'
    data, mark = message(sender)
    with session() as s:
        said(s.docmd('AUTH', 'LOGIN'), 334)
        said(s.docmd(base64.b64encode(USER.encode()).decode()), 334)
        said(s.docmd('*'), 501)
        said(s.mail(sender), 530)
        said(s.docmd('AUTH', 'PLAIN ' + base64.b64encode(b'\0ann@mx.test\0x').decode()), 535)
        log_in(s, 'PLAIN')
        said(s.mail('nobody@mx.test'), 250)
        said(s.rcpt(ABROAD), 550, 'not in this name')  # a rule on the user
        s.rset()
        s.sendmail(sender, [ABROAD], data)
    logged_in(sender, 'PLAIN', mark, data)
    check(site.record(sender)['facts']['auth.failures'] == 2, site.record(sender))


def test_connection_lost():
    """Postfix may drop its connection after the login: the next one is told of it by XCLIENT, and the mail goes"""
    sender = 'again@mx.test'
    data, mark = message(sender)
    with session() as s:
        log_in(s, 'PLAIN')
        smtpd = int(re.search(r'smtpd\[(\d+)\]', [x for x in site.read('log/maillog').split('\n') if ': connect' in x][-1])[1])
        os.kill(smtpd, signal.SIGKILL)
        site.postfix_log('pid %d killed by signal 9' % smtpd)
        s.sendmail(sender, [ABROAD], data)
    logged_in(sender, 'XCLIENT', mark, data)


def run():
    global site
    with BackendSite(zone=ZONE, name='auth') as site:
        make_certificate()
        make_users()
        site.start(rules=RULES, settings=settings(), extra=POSTFIX.format(b=site.base))
        return main([v for k, v in globals().items() if k.startswith('test_')])


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/16-proxy-auth: the site does not start')
        sys.exit(1)
