# SPDX-License-Identifier: BSD-2-Clause
"""TLS of the proxy with openssl s_client and swaks, in front of a real Postfix.

Goal: old versions only where the settings want them, the certificate that the client asks for, new certificates
without a lost session, what the engine learns of a session, and no second handshake in one.
"""
import os
import smtplib
import socket
import ssl
import subprocess
import sys

from mailworld import ZONE
from site_env import Failure, check, free_port, main, message, wait_for
from smtp_backend import BackendSite, said

RULES = '''
rule SEES_VERSION when tls.version is present
rule SEES_CIPHER  when tls.cipher is present
rule SEES_CERT    when tls.cert is present
'''
SENDER, RCPT = 'joe@good.example.com', 'kim@rcpt.example'
OLD = ['-cipher', 'DEFAULT@SECLEVEL=0']
site = None
port = {'465': free_port(), '587': free_port()}


def settings(mx_min='TLSv1.0'):
    return '''
own-nets {{ 192.0.2.200 }}
listener main smtp inet:{mx}@127.0.0.1
listener users submission inet:{p587}@127.0.0.1
listener tls submissions inet:{p465}@127.0.0.1
backend postfix inet:{postfix}@127.0.0.1 tls none identity xclient
tls-chain-files {{ "{b}/one.pem" "{b}/two.pem" }}
tls-ca-file "{b}/ca.pem"
tls-mx-min-version {mx_min}
xclient-nets {{ 127.0.0.0/8 }}
spool-dir "{b}/state"
'''.format(b=site.base, mx=site.mx_port, p587=port['587'], p465=port['465'], postfix=site.smtp_port, mx_min=mx_min)


def openssl(*args, **more):
    return subprocess.run(['openssl'] + list(args), capture_output=True, timeout=60, cwd=site.base, **more)


def make_chain(name, host, ca=None, key='rsa:2048'):
    """NAME.pem has the key and the certificate for this host, which CA signs, or itself."""
    openssl('req', '-x509', '-newkey', *key.split(), '-nodes', '-subj', '/CN=' + host, '-days', '2',
            '-keyout', name + '.key', '-out', name + '.crt', '-addext', 'subjectAltName=DNS:' + host,
            *(['-CA', ca + '.crt', '-CAkey', ca + '.key'] if ca else []), check=True)
    site.write(name + '.pem', site.read(name + '.key') + site.read(name + '.crt'))
    os.chmod(site.path(name + '.pem'), 0o600)  # root's


def s_client(where, *options, text=''):
    """What openssl s_client prints of a session with this port, to which it says text."""
    to = ['-connect', '127.0.0.1:%d' % port.get(where, site.mx_port)] + (['-starttls', 'smtp'] if where != '465' else [])
    p = openssl('s_client', *to, *options, input=text.encode())
    return (p.stdout + p.stderr).decode()


def shown(where, *options):
    """Subject and serial number of the certificate that a client gets."""
    return openssl('x509', '-noout', '-serial', '-subject', input=s_client(where, *options).encode()).stdout.decode()


def dialogue(sender, data):
    return 'EHLO a.example\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n%s.\r\nQUIT\r\n' % (sender, RCPT, data.decode())


def facts(sender):
    return {k: v for k, v in site.record(sender)['facts'].items() if k.startswith('tls.')}


def test_versions():
    """TLS 1.2 and 1.3 everywhere, 1.0 and 1.1 on port 25 only; version and cipher are facts and in Received"""
    for where, version, fine in (('25', '1.3', True), ('25', '1.2', True), ('25', '1.1', True), ('25', '1', True),
                                 ('465', '1.3', True), ('465', '1.2', True), ('465', '1.1', False), ('465', '1', False),
                                 ('587', '1.3', True), ('587', '1.2', True), ('587', '1.1', False), ('587', '1', False)):
        sender = 'v%s@good.example.com' % version
        data, mark = message(sender)
        old = OLD if version in ('1', '1.1') else []
        out = s_client(where, '-tls' + version.replace('.', '_'), '-quiet', *old, text=dialogue(sender, data))
        if where == '25':
            mail = site.unchanged(mark, data)
            said_of = facts(sender)
            name = 'TLSv1.0' if version == '1' else 'TLSv' + version
            check(said_of['tls.version'] == name and said_of['tls.cert'] is None, said_of)
            check(said_of['tls.cipher'] and '(using TLSv%s with cipher %s)' % (version, said_of['tls.cipher']) in
                  mail.header().replace('\r\n\t', ' '), '%s\n%s' % (said_of, mail.header()))
            check('with ESMTPS id' in mail.header(), mail.header())
        elif fine:
            check('530 5.7.0 AUTH has to come first' in out, out)
        else:
            check('530' not in out and 'alert protocol version' in out, out)


def test_server_name():
    """SNI chooses between two certificates, of RSA and of an elliptic curve; without, or unknown: the first"""
    for where in '25', '465', '587':
        for name, subject in (('mx.test', 'mx.test'), ('mail.example.test', 'mail.example.test'),
                              ('MAIL.example.TEST', 'mail.example.test'), ('other.test', 'mx.test'), (None, 'mx.test')):
            options = ['-servername', name] if name else ['-noservername']
            for version in '-tls1_2', '-tls1_3':
                got = shown(where, version, *options)
                check('subject=CN = %s\n' % subject in got, '%s %s: %s' % (where, name, got))


def test_client_certificate():
    """a client's certificate is a fact when our authority signed it, in a resumed session too; another is no hindrance"""
    for name, authority, fact in (('friend', 'ca', 'friend.test'), ('stranger', None, None)):
        make_chain(name, name + '.test', authority)
        sender = name + '@good.example.com'
        cert = [site.path(name + '.crt'), site.path(name + '.key')]
        for version in '-tls1_2', '-tls1_3':
            data, mark = message(sender)
            s_client('25', version, '-quiet', '-cert', cert[0], '-key', cert[1], text=dialogue(sender, data))
            site.unchanged(mark, data)
            check(facts(sender)['tls.cert'] == fact, facts(sender))
            known = facts(sender)
            for again in 'sess_out', 'sess_in':
                data, mark = message(sender)
                out = s_client('25', version, '-ign_eof', '-cert', cert[0], '-key', cert[1], '-' + again, 'session' + version,
                               text=dialogue(sender, data))
                site.unchanged(mark, data)
            check('Reused, TLS' in out and facts(sender) == known, '%s: %s' % (facts(sender), out))
        data, mark = message('swaks-' + sender)
        site.swaks('--tls', '--tls-cert', cert[0], '--tls-key', cert[1], '--tls-ca-path', site.path('one.crt'),
                   '--tls-verify', '--from', 'swaks-' + sender, '--to', RCPT,
                   '--data', data.decode().replace('\r\n', '\n')[:-1])
        check('with ESMTPS id' in site.unchanged(mark, data).header(), 'Received')
        check(facts('swaks-' + sender)['tls.cert'] == fact, facts('swaks-' + sender))


def test_swaks_implicit():
    """swaks on port 465: TLS from the first byte, and no word to who speaks in the clear"""
    out = site.swaks('--tls-on-connect', '--from', SENDER, '--to', RCPT, port=port['465'], status=23)
    check('=== TLS started' in out and '530 5.7.0' in out and 'AUTH' not in out.split('MAIL FROM')[0].split('EHLO')[0] and
          'STARTTLS' not in out, out)
    with socket.create_connection(('127.0.0.1', port['465']), 30) as c:
        c.sendall(b'EHLO a.example\r\n')
        try:
            got = c.recv(100)
        except ConnectionResetError:
            got = b''
    check(got[:1] in (b'', b'\x15'), got)  # nothing, or an alert
    wait_for('its line in the log', lambda: 'event=client-lost client=127.0.0.1 helo="" why="tls: wrong version number"' in
             site.read('log/postern'))


def test_renegotiation():
    """a second handshake in a session of TLS 1.2 is refused, and the session is not judged by it"""
    for where in '25', '465':
        p = subprocess.Popen(['openssl', 's_client', '-tls1_2', '-connect', '127.0.0.1:%d' % port.get(where, site.mx_port)] +
                             (['-starttls', 'smtp'] if where == '25' else []), stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out = ''
        with p:
            while where == '465' and not out.startswith('220 '):  # if it came within the handshake: another error
                out = p.stdout.readline().decode()
                check(out, 'it ended')
            p.stdin.write(b'R\n')
            p.stdin.flush()
            out += p.stdout.read().decode()
        check('RENEGOTIATING' in out and 'no renegotiation' in out, out)


def test_reload():
    """new certificates are shown after a reload, and a session under the old one goes on to its end"""
    before = shown('25')
    context = ssl.create_default_context(cafile=site.path('one.crt'))
    s = smtplib.SMTP('127.0.0.1', site.mx_port, 'mx.good.example.com', timeout=60)
    s._host = 'mx.test'  # the name to verify
    s.starttls(context=context)
    s.ehlo()
    for answer in s.mail(SENDER), s.rcpt(RCPT), s.docmd('DATA'):
        check(answer[0] < 400, answer)
    make_chain('one', 'mx.test')
    check(shown('25') == before, 'the new one without a reload')
    status, text = site.tool('reload')
    check(status == 0, text)
    for where in '25', '465', '587':
        check(shown(where) != before and 'CN = mx.test' in shown(where), 'after the reload: ' + shown(where))
    data, mark = message(SENDER)
    s.send(data + b'.\r\n')
    said(s.getreply(), 250)
    s.close()
    site.unchanged(mark, data)


def test_minimum():
    """tls-mx-min-version keeps old versions from port 25 too, tls-min-version those that are newer from the others"""
    site.write('postern.conf', 'tls-min-version TLSv1.3\n' +
               site.read('postern.conf').replace('tls-mx-min-version TLSv1.0', 'tls-mx-min-version TLSv1.2'))
    status, text = site.tool('reload')
    check(status == 0, text)
    out = s_client('25', '-tls1_1', *OLD)
    check('alert protocol version' in out, out)
    sender = 'new@good.example.com'
    data, mark = message(sender)
    s_client('25', '-tls1_2', '-quiet', text=dialogue(sender, data))
    site.unchanged(mark, data)
    check(facts(sender)['tls.version'] == 'TLSv1.2', facts(sender))
    for where in '587', '465':
        out = s_client(where, '-tls1_2')
        check('alert protocol version' in out, '%s: %s' % (where, out))
        check('Cipher is TLS_' in s_client(where, '-tls1_3'), 'TLS 1.3 at ' + where)


def run():
    global site
    with BackendSite(zone=ZONE, name='tls') as site:
        make_chain('one', 'mx.test')
        make_chain('two', 'mail.example.test', key='ec -pkeyopt ec_paramgen_curve:P-256')
        make_chain('ca', 'ca.test')
        site.start(rules=RULES, settings=settings())
        return main([v for k, v in globals().items() if k.startswith('test_')])


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/16-proxy-tls: the site does not start')
        sys.exit(1)
