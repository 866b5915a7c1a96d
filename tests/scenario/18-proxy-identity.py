# SPDX-License-Identifier: BSD-2-Clause
"""Who the client is, told to a real Postfix: XCLIENT, XFORWARD, PROXY v1 and v2; and a Postfix that trusts too much.

Goal: Postfix logs, judges and notes in Received the client and not the proxy; strangers never become the proxy's
friends; a backend that would relay for them is found before mail is.
"""
import os
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import threading

from mailworld import ZONE, reverse4
from site_env import Failure, Site, check, free_port, main, message, wait_for

DOMAINS = ('xclient.example', 'strict.example', 'v1.example', 'v2.example', 'forward.example', 'hasty.example',
           'full.example')
IDENTITIES = ('xclient', 'xclient', 'proxy-v1', 'proxy-v2', 'xforward relaying allowed', 'xclient', 'xclient')
FOUR, SIX = '192.0.2.10', '2001:db8::10'
MORE = ''.join('%s.in-addr.arpa. PTR %s\n' % (reverse4(ip), name) for ip, name in (
    ('192.0.2.50', 'liar.example.net.'), ('192.0.2.51', 'a\\047b.example.net.'), ('192.0.2.52', '192.0.2.52.')))
RULES = 'rule NEVER when mail.null and helo.name = "x.invalid" score 1\nchange threshold greylist off\n'
port = {d: free_port() for d in DOMAINS[1:]}
submission, auth_port = free_port(), free_port()
site = None


class Passwords:
    """Dovecot's authentication protocol, as far as Postfix speaks it: every password of every user is right."""
    HELLO = b'VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t' + b'0' * 32 + b'\nDONE\n'

    def __init__(self):
        self.s = socket.create_server(('127.0.0.1', auth_port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            c, _ = self.s.accept()
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        c.sendall(self.HELLO)
        for line in c.makefile('rb'):
            if line.startswith(b'AUTH\t'):
                c.sendall(b'OK\t%s\tuser=joe\n' % line.split(b'\t')[1])


def smtpd(where, **options):
    return '127.0.0.1:%d inet n - n - 150 smtpd%s\n' % (
        where, ''.join(' -o %s=%s' % (k, str(v).replace(' ', ',')) for k, v in options.items()))


def start_postfix():
    services = smtpd(port['strict.example'], smtpd_client_restrictions='reject_unknown_client_hostname',
                     unknown_client_reject_code=550)
    services += smtpd(port['v1.example'], smtpd_upstream_proxy_protocol='haproxy')
    services += smtpd(port['v2.example'], smtpd_upstream_proxy_protocol='haproxy')
    services += smtpd(port['forward.example'], smtpd_authorized_xforward_hosts='127.0.0.0/8')
    services += smtpd(port['hasty.example'], smtpd_timeout='1s')
    services += smtpd(port['full.example'], queue_minfree=10 ** 15)
    site.start_postfix(services=services, extra='''relay_domains = %s
smtpd_relay_restrictions = permit_mynetworks defer_unauth_destination
smtpd_recipient_restrictions =
smtpd_client_port_logging = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:%d
''' % (' '.join(DOMAINS), auth_port))


def postfix(verb):
    subprocess.run(['postfix', '-c', site.path('etc'), verb], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def settings():
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=mx.test', '-days', '2',
                    '-keyout', site.path('key.pem'), '-out', site.path('cert.pem')], check=True,
                   stderr=subprocess.DEVNULL)
    with open(site.path('chain.pem'), 'w') as f:
        f.write(site.read('key.pem') + site.read('cert.pem'))
    lines = ['listener main smtp inet:%d@127.0.0.1' % site.mx_port,
             'listener users submission inet:%d@127.0.0.1' % submission,
             'xclient-nets { 127.0.0.0/8 }', 'tls-chain-files { "%s" }' % site.path('chain.pem'),
             'spool-dir "%s"' % site.path('state'), 'own-domains { %s }' % ' '.join(DOMAINS), 'rcpt-wait 1s',
             'end-wait 1s']
    for domain, identity in zip(DOMAINS, IDENTITIES):
        lines.append('backend %s inet:%d@127.0.0.1 tls none identity %s for { %s }' % (
            domain.split('.')[0], port.get(domain, site.smtp_port), identity, domain))
    return '\n'.join(lines) + '\n'


def send(domain, client=FOUR, helo='mx.good.example.com', **more):
    sender = 'joe@good.example.com'
    data, mark = message(sender)
    out = site.send(client=client, helo=helo, sender=sender, rcpt=['kim@' + domain], message=data, **more)
    return out['last'] if 'data' not in out else out['data'], mark


def received(domain, **more):
    """The Received field that Postfix wrote: below that of the sink, above the proxy's."""
    answer, mark = send(domain, **more)
    check(answer.startswith('250'), answer)
    return site.delivered(mark).split('Received: ')[2].replace('\n\t', ' ')


def maillog(since, *words):
    """A line of Postfix's log after that length, with all these words."""
    def look():
        return [x for x in site.read('log/maillog')[since:].split('\n') if all(w in x for w in words)]
    return wait_for('%s in the log of Postfix' % (words,), look)[-1]


def mark_log():
    return len(site.read('log/maillog'))


def test_xclient():
    """XCLIENT: address, name, HELO and port of IPv4 and IPv6 clients"""
    for client, said in ((FOUR, '[192.0.2.10]'), (SIX, '[IPv6:2001:db8::10]')):
        since = mark_log()
        got = received('xclient.example', client=client)
        check(got.startswith('from mx.good.example.com (mx.good.example.com %s)' % said), got)
        line = maillog(since, 'client=mx.good.example.com[%s]:' % client)
        check('127.0.0.1' not in line.split('client=')[1], line)


def test_names():
    """names by XCLIENT: one that does not resolve back, none, one that no host has, and a look-up that fails"""
    for client, code, said in ((FOUR, '250', None), ('192.0.2.50', '550', 'cannot find your hostname'),
                               ('192.0.2.77', '550', 'cannot find your hostname'),
                               ('192.0.2.51', '550', ''), ('192.0.2.52', '550', '')):
        answer, _ = send('strict.example', client=client)
        check(answer.startswith(code) and (said or '') in answer, '%s: %s' % (client, answer))
    since = mark_log()
    check(send('xclient.example', client='192.0.2.50')[0].startswith('250'), 'with a false name')
    maillog(since, 'client=unknown[192.0.2.50]')
    site.freeze_dns()
    try:
        answer, _ = send('strict.example', client='192.0.2.88')
    finally:
        site.freeze_dns(False)
    check(answer.startswith('450'), 'not known is not none: ' + answer)


def test_told_names():
    """what a neighbour tells of a client goes on to the backend"""
    since = mark_log()
    check(received('xclient.example', client='192.0.2.60', name='told.example.net').startswith(
        'from mx.good.example.com (told.example.net [192.0.2.60])'), 'the name')
    s = site.connect('192.0.2.60', 'told.example.net', 'me.example')
    check(s.docmd('XCLIENT', 'LOGIN=ann')[0] == 220, 'XCLIENT')
    s.ehlo('me.example')
    s.mail('joe@good.example.com')
    check(s.rcpt('kim@xclient.example')[0] == 250, 'RCPT')
    check(s.data(message('joe@good.example.com')[0])[0] == 250, 'the message')
    s.quit()
    maillog(since, 'client=told.example.net[192.0.2.60]', 'sasl_username=ann')


def test_next_client():
    """one client after another over a neighbour's connection: the backend takes none for the one before"""
    s = site.connect(FOUR, 'mx.good.example.com', 'me.example')
    for client, name in ((FOUR, 'mx.good.example.com'), ('192.0.2.60', 'told.example.net')):
        check(s.docmd('XCLIENT', 'NAME=%s ADDR=%s' % (name, client))[0] == 220, 'XCLIENT')
        s.ehlo('me.example')
        data, mark = message('joe@good.example.com')
        check(s.mail('joe@good.example.com')[0] == 250 and s.rcpt('kim@xclient.example')[0] == 250, client)
        check(s.data(data)[0] == 250, client)
        got = site.delivered(mark).split('Received: ')[2]
        check(got.startswith('from me.example (%s [%s])' % (name, client)), got)
    s.quit()


def test_login():
    """AUTH passes through; when its connection is lost, the next one hears by XCLIENT who logged in"""
    context = ssl.create_default_context(cafile=site.path('cert.pem'))
    context.check_hostname = False
    since = mark_log()
    with smtplib.SMTP('127.0.0.1', submission, 'joes-pc', timeout=60) as s:
        s.starttls(context=context)
        s.login('joe', 'secret')
        for method in ('PLAIN', 'XCLIENT'):
            s.mail('joe@xclient.example')
            check(s.rcpt('somebody@far.example')[0] == 250, 'RCPT')
            check(s.data(message('joe@xclient.example')[0])[0] == 250, 'the message')
            line = maillog(since, 'sasl_method=' + method, 'sasl_username=joe')
            os.kill(int(re.search(r'smtpd\[(\d+)\]', line).group(1)), signal.SIGKILL)
    check('secret' not in site.read('log/postern') + site.read('log/maillog'), 'a password in the log')


def test_proxy():
    """PROXY v1 and v2: IPv4 and IPv6 clients, though they came to the proxy's IPv4 address"""
    for domain in ('v1.example', 'v2.example'):
        for client, said in ((FOUR, '[192.0.2.10]'), (SIX, '[IPv6:2001:db8::10]')):
            since = mark_log()
            got = received(domain, client=client)
            check(got.startswith('from mx.good.example.com (unknown %s)' % said), got)
            maillog(since, 'client=unknown[%s]' % client)


def test_hasty():
    """Postfix's own time-out, over before a slow upload: told 421, dialled again, and the message stored once"""
    since, before = mark_log(), len(site.sunk())
    data, mark = message('joe@good.example.com')
    s = site.connect(FOUR, helo='mx.good.example.com')
    s.ehlo('mx.good.example.com')
    s.mail('joe@good.example.com')
    check(s.rcpt('kim@hasty.example')[0] == 250 and s.docmd('DATA')[0] == 354, 'the envelope')
    s.send(data)
    maillog(since, 'timeout after RCPT from mx.good.example.com[192.0.2.10]')
    s.send(b'\r\n.\r\n')
    answer = s.getreply()
    check(answer[0] == 250 and b'queued as' in answer[1], answer)
    s.quit()
    site.delivered(mark)
    check(len(site.sunk()) == before + 1, 'stored more than once')


def test_full():
    """Postfix without room on its disk: its 452 is the client's, and the recipient is not said to be bad"""
    answer, _ = send('full.example')
    check(answer == '452 4.3.1 Insufficient system storage', answer)


def test_xforward():
    """XFORWARD: Postfix logs the client beside the proxy, and trusts neither"""
    since = mark_log()
    received('forward.example')
    maillog(since, 'client=unknown[127.0.0.1]', 'orig_client=mx.good.example.com[192.0.2.10]')
    since = mark_log()
    received('forward.example', client=SIX)
    maillog(since, 'orig_client=mx.good.example.com[2001:db8::10]')


def test_probe():
    """what the probe leaves in Postfix's log: a stranger of no network, one refused recipient, an orderly end"""
    text = site.read('log/maillog')
    lines = [x for x in text.split('\n') if 'relay-test.invalid' in x]
    check(lines and all(' reject: ' in x and '[192.0.2.1]' in x for x in lines), lines[:3])
    check(sum('Relay access denied' in x for x in lines) >= 3, lines)
    check('lost connection after' not in ''.join(x for x in text.split('\n') if '[192.0.2.1]' in x), 'not orderly')
    status = site.tool('status', '-v')[1]
    check(status.count('open-relay=no') == 5 and 'used=yes open-relay=unclear' in status and 'used=yes open-relay=allowed' in status, status)


def trust(nets):
    """Trusted networks for Postfix's next reload or start."""
    text = site.read('etc/main.cf').split('\n')
    lines = [x for x in text if x and not x.startswith('mynetworks')]
    site.write('etc/main.cf', '\n'.join(lines + ['mynetworks = ' + nets, '']))


def greeting():
    with socket.create_connection(('127.0.0.1', site.mx_port), 30) as c:
        return c.recv(500)


def test_opens():
    """a backend that begins to relay for strangers is not used any more, and used again when it stops"""
    old = site.worker('smtp-main')
    trust('0.0.0.0/0 [::]/0')
    postfix('stop')
    check(send('xclient.example')[0].startswith('451'), 'without a backend')
    wait_for('the backend to be missed', lambda: 'backend-xclient state=ill' in site.tool('status', '-v')[1])
    postfix('start')
    wait_for('its discovery', lambda: 'backend-xclient state=well' in site.tool('status', '-v')[1] and
             'used=no open-relay=yes' in site.tool('status', '-v')[1])
    check("event=backend-open backend=xclient why=\"backend 'xclient' takes strangers' mail" in site.read('log/postern'),
          'not in the log')
    status, text = site.tool('reload')
    check(status != 0 and "backend 'xclient'" in text and 'mynetworks' in text and "'relaying allowed'" in text, text)
    wait_for('421', lambda: send_to_open() == '421')
    os.kill(old, signal.SIGKILL)
    wait_for('a new worker', lambda: old not in site.processes() and 'serving' in site.tool('status', '-v')[1])
    wait_for('421 again', lambda: send_to_open() == '421')
    trust('127.0.0.0/8')
    postfix('reload')
    wait_for('its return', lambda: send('xclient.example')[0].startswith('250'))


def send_to_open():
    """The code of the greeting, or 'none': the forward backend alone may be used, and takes all."""
    try:
        answer = greeting()[:3].decode()
    except OSError:
        return 'none'
    if answer == '220':
        answer = send('xclient.example')[0][:3]
        answer = '421' if answer == '451' else answer
    return answer


def test_start():
    """with such a backend the daemon does not start: exit 78, and the message names backend, setting and remedy"""
    site.end(site.daemon)
    trust('0.0.0.0/0')
    postfix('reload')
    since = len(site.read('log/postern'))
    site.start_daemon(wait=False)
    check(site.daemon.wait(60) == 78, site.daemon.returncode)
    said = site.read('log/postern')[since:]
    check("backend 'xclient'" in said and "'identity'" in said and 'mynetworks' in said, said[-1500:])


def run():
    global site
    Passwords()
    with Site(zone=ZONE + MORE, name='identity', front='proxy') as site:
        start_postfix()
        site.start(rules=RULES, settings=settings(), postfix=False)
        return main([v for k, v in globals().items() if k.startswith('test_')])


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/18-proxy-identity: the site does not start')
        sys.exit(1)
