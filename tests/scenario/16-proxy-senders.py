# SPDX-License-Identifier: BSD-2-Clause
"""Mail servers that send through the proxy: a Postfix with a queue of its own, and clients behind haproxy.

Goal: what a Postfix is given by sendmail(1) arrives once and byte for byte, as its envelope said; it waits, retries
and bounces as the proxy's codes mean. Behind haproxy each client is known by its own address.
"""
import os
import pwd
import re
import smtplib
import socket
import subprocess
import sys
import threading
import time

import exim_env
from mailworld import PEM, ZONE
from site_env import SERVICES, Failure, check, free_port, listening, main, message, wait_for
from smtp_backend import Backend, BackendSite

RULES = '''
threshold greylist 2
rule SUSPECT      when mail.local = "unknown" and tls score 3
rule REFUSED      when subject = "refuse me" reject 550 5.7.1 "not this" at header
rule SEES_TLS     when tls.version is present and tls.cipher is present and tls.cert is present
rule SEES_WAY     when smtp.pipelining is present and smtp.junk is present and mail.size is present
rule SEES_CLIENTS when client.connections is present
'''
SENDER, RCPT = 'joe@good.example.com', 'kim@rcpt.example'
BODY = '.\n..\n.dot\n\nGr\u00fc\u00dfe \n' + 'x' * 900 + '\n\t\n.\nFrom here\n\n\n'
site = out = balancer = silent = None


def settings():
    return '''
own-nets {{ 192.0.2.200 }}
listener main smtp inet:{mx}@127.0.0.1
backend postfix inet:{postfix}@127.0.0.1 tls none identity xclient
tls-chain-files {{ "{b}/chain.pem" }}
proxy-protocol-nets {{ 127.0.0.9 }}
spool-dir "{b}/state"
greylist-wait 1s
'''.format(b=site.base, mx=site.mx_port, postfix=site.smtp_port)


class Sender:
    """A Postfix that takes mail by sendmail(1) and sends all but bounces to the proxy."""

    def __init__(self):
        self.base = site.path('out')
        self.home = Backend(free_port())  # where its senders have their mailboxes
        for d in ('', '/etc', '/spool', '/data', '/log'):
            os.mkdir(self.base + d)
        os.chown(self.base + '/data', pwd.getpwnam('postfix').pw_uid, -1)
        site.write('out/etc/master.cf', SERVICES)
        site.write('out/etc/main.cf', '''compatibility_level = 3.6
queue_directory = {b}/spool
data_directory = {b}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {b}/log/maillog
maillog_file_prefixes = {b}
myhostname = mx.good.example.com
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_bind_address = 127.0.0.5
relayhost = [127.0.0.1]:{mx}
transport_maps = inline:{{ good.example.com=smtp:[127.0.0.1]:{home} }}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = may
smtp_tls_CAfile = {site}/chain.crt
smtp_tls_loglevel = 1
smtp_tls_policy_maps = inline:{{ {{ [127.0.0.1]:{mx} = secure match=mx.test }} }}
'''.format(b=self.base, mx=site.mx_port, home=self.home.server.server_address[1], site=site.base))
        self.run('postfix', 'start')

    def run(self, command, *args, text=None):
        return subprocess.run([command, '-c' if command != 'sendmail' else '-C', self.base + '/etc'] + list(args), input=text,
                              check=True, capture_output=True).stdout.decode()

    def send(self, sender, data, *options, rcpt=RCPT):
        self.run('sendmail', '-i', '-f', sender, *options, rcpt, text=data.replace(b'\r\n', b'\n'))

    def log(self, *words):
        return wait_for('%s in the sender\'s log' % (words,), lambda: [
            x for x in site.read('out/log/maillog').split('\n') if all(w in x for w in words)])

    def close(self):
        self.run('postfix', 'stop')
        self.home.__exit__()


def make_certificate():
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=mx.test', '-days', '2',
                    '-addext', 'subjectAltName=DNS:mx.test', '-keyout', site.path('chain.key'), '-out',
                    site.path('chain.crt')], check=True, stderr=subprocess.DEVNULL)
    site.write('chain.pem', site.read('chain.key') + site.read('chain.crt'))
    os.chmod(site.path('chain.pem'), 0o600)


def test_postfix():
    """Postfix sends: verified TLS, pipelined, SIZE, 8BITMIME; the message is unchanged"""
    data, mark = message(SENDER, body=BODY.replace('\n', '\r\n'))
    out.send(SENDER, data)
    mail = site.unchanged(mark, data)
    check(mail.header().count('Received: ') == 3, mail.header())
    out.log('Verified TLS connection established to 127.0.0.1')
    out.log('to=<%s>' % RCPT, 'status=sent (250 2.0.0')
    r = site.record(SENDER)
    facts = r['facts']
    check(r['client'] == '127.0.0.5' and r['helo'] == 'mx.good.example.com', r)
    check(facts['tls.version'] == 'TLSv1.3' and facts['tls.cipher'] and facts['smtp.pipelining'] is False and
          facts['smtp.junk'] == 0 and facts['mail.size'] > len(data), facts)


def test_utf8():
    """Postfix sends mail of and to addresses in UTF-8"""
    sender, rcpt = 'j\u00f6rg@good.example.com', 'k\u00efm@rcpt.example'
    data, mark = message(sender, rcpt, subject='Gr\u00fc\u00dfe')
    out.send(sender, data, rcpt=rcpt)
    mail = site.unchanged(mark, data)
    check(mail.sender == sender and mail.recipients[0][0] == rcpt and 'SMTPUTF8' in mail.sender_params, mail.sender_params)
    check('with UTF8SMTPS id' in mail.header(), mail.header())
    check(site.record(sender)['to'] == [rcpt], site.record(sender))


def test_dsn():
    """NOTIFY, ENVID, RET and ORCPT of sendmail(1) come through two Postfixes and the proxy; no relay reports instead"""
    data, mark = message(SENDER)
    out.send(SENDER, data, '-N', 'success,delay', '-V', 'envelope 1', '-R', 'hdrs')
    mail = site.unchanged(mark, data)
    check({'ENVID=envelope+201', 'RET=HDRS'} <= set(mail.sender_params), mail.sender_params)
    check({'NOTIFY=SUCCESS,DELAY', 'ORCPT=rfc822;' + RCPT} <= set(mail.recipients[0][1]), mail.recipients)
    data, mark = message('', author='postmaster@good.example.com')
    out.send('', data)
    check(site.unchanged(mark, data).sender == '' and site.record('')['client'] == '127.0.0.5', 'the null sender')
    check(not out.home.mails, 'a report: %s' % [m.data for m in out.home.mails])


def test_deferred():
    """greylisted: Postfix keeps it, and the retry is delivered once"""
    sender = 'unknown@good.example.com'
    data, mark = message(sender)
    out.send(sender, data)
    out.log('from=<%s>' % sender)
    out.log('status=deferred', '451 4.7.1 greylisted')
    check(site.record(sender)['verdict'] == 'greylist' and not site.sink.with_mark(mark), site.record(sender))

    def retried():
        out.run('postqueue', '-f')
        return site.sink.with_mark(mark)
    wait_for('the retry', retried)
    site.unchanged(mark, data)
    wait_for('an empty queue', lambda: 'empty' in out.run('postqueue', '-p'))
    check(site.record(sender)['verdict'] == 'accept' and not out.home.mails, 'no bounce')


def test_bounced():
    """a refusal bounces once, with the rule's words and the id of the record"""
    data, mark = message(SENDER, subject='refuse me')
    out.send(SENDER, data)
    bounce = out.home.wait_for_mail(mark)
    wait_for('an empty queue', lambda: 'empty' in out.run('postqueue', '-p'))
    r = site.record(SENDER)
    check(r['cause'] == 'REFUSED', r)
    check(bounce.sender == '' and b'550 5.7.1 not this' in re.sub(rb'\r\n +', b' ', bounce.data) and
          r['id'].encode() in bounce.data, bounce.data)
    check(len(out.home.with_mark(mark)) == 1 and not site.sink.with_mark(mark), 'more than a bounce')
    data, mark = message(SENDER)
    out.send(SENDER, data, rcpt='kim@other.example')
    check(b'554 5.7.1 we do not relay' in re.sub(rb'\r\n +', b' ', out.home.wait_for_mail(mark).data), 'the relay guard')


EXIM = '''
primary_hostname = mx.good.example.com
spool_directory = {b}/exim
log_file_path = {b}/exim/%slog
keep_environment =
host_lookup =
begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = proxy
begin transports
proxy:
  driver = smtp
  port = {mx}
  interface = 127.0.0.6
  hosts_require_tls = *
  tls_verify_certificates = {b}/chain.crt
  tls_verify_cert_hostnames =
  dkim_domain = good.example.com
  dkim_selector = s1
  dkim_private_key = {b}/exim/key.pem
'''


def test_exim():
    """Exim sends by BDAT, within TLS of GnuTLS, signed: the signature holds, and the text is unchanged"""
    try:
        exim_env.prepare(site)
    except exim_env.Missing as e:
        print('skip: Exim: %s' % e)
        return
    site.write('etc/exim.conf', EXIM.format(b=site.base, mx=site.mx_port))
    site.write('exim/key.pem', PEM.decode())
    for n, lines in enumerate((1, 60000)):
        sender = 'exim%d@good.example.com' % n
        data, mark = message(sender, body=BODY.replace('\n', '\r\n') * min(lines, 20) + '.line\r\n' * lines)
        for args in (['-odq', '-i', '-f', sender, RCPT], ['-qff']):
            argv, env = exim_env.command(site, *args)
            subprocess.run(argv, env=env, input=data.replace(b'\r\n', b'\n'), check=True)
        log = site.read('exim/mainlog')
        check(re.search(r'=> %s .* X=TLS1\.3:\S+ CV=yes .*K .*C="250 ' % RCPT, log), log)
        mail = site.unchanged(mark, data)
        check('with ESMTPS id' in mail.header() and 'DKIM-Signature: ' in mail.header(), mail.header())
        r = site.record(sender)
        check(r['client'] == '127.0.0.6' and {'method': 'dkim', 'result': 'pass'}.items() <=
              [x for x in r['authentication'] if x['method'] == 'dkim'][0].items(), r)


class Silent(threading.Thread):
    """A peer from whom a PROXY header is expected, and that sends nothing."""

    def run(self):
        with socket.create_connection(('127.0.0.1', site.mx_port), 30, source_address=('127.0.0.9', 0)) as s:
            self.began = time.monotonic()
            self.heard = s.recv(100)
            self.lasted = time.monotonic() - self.began


class Balancer:
    """haproxy in front: plain, behind another one, and with the TLS of its own."""

    def __init__(self):
        self.plain, self.behind, self.stray, self.tls = (free_port() for _ in range(4))
        server = 'server postern 127.0.0.1:%d source 127.0.0.9' % site.mx_port
        site.write('haproxy.cfg', '''
global
    log stdout format raw local0
defaults
    mode tcp
    timeout connect 10s
    timeout client 60s
    timeout server 60s
listen plain
    bind 127.0.0.1:{plain}
    log global
    option log-health-checks
    option smtpchk EHLO balancer.test
    {server} send-proxy-v2 check check-send-proxy inter 200ms
listen behind
    bind 127.0.0.1:{behind} accept-proxy
    {server} send-proxy-v2
listen stray
    bind 127.0.0.1:{stray}
    server postern 127.0.0.1:{mx} source 127.0.0.10 send-proxy-v2
listen tls
    bind 127.0.0.1:{tls} ssl crt {b}/haproxy.pem ca-file {b}/chain.crt verify optional
    {server} send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher
'''.format(server=server, b=site.base, plain=self.plain, behind=self.behind, tls=self.tls,
           stray=self.stray, mx=site.mx_port))
        site.write('haproxy.pem', site.read('chain.crt') + site.read('chain.key'))
        self.process = site.spawn(['haproxy', '-db', '-f', site.path('haproxy.cfg')], 'haproxy')
        wait_for('haproxy', lambda: listening(self.tls))


def test_balancer():
    """behind haproxy (PROXY v2) each client has its own address: in the record, for Postfix, and in the counts"""
    with smtplib.SMTP('127.0.0.1', balancer.plain, 'a.example', source_address=('127.0.0.77', 0)) as idle:
        idle.ehlo()
        for n, address in enumerate(('127.0.0.77', '127.0.0.78')):
            sender = 'balanced%d@good.example.com' % n
            data, mark = message(sender)
            with smtplib.SMTP('127.0.0.1', balancer.plain, 'a.example', source_address=(address, 0)) as s:
                s.sendmail(sender, [RCPT], data)
            check('[%s])' % address in site.unchanged(mark, data).header().split('(Postern)')[0].split('\r\nReceived: ')[1],
                  'the trace field')
            r = site.record(sender)
            check(r['client'] == address and r['facts']['client.connections'] == (1 if n else 2), r)
            site.postfix_log('client=unknown[%s]' % address)
    wait_for('a check of haproxy (PROXY LOCAL)', lambda: 'Layer7 check passed' in site.read('log/haproxy'))


def test_chained():
    """what another load balancer says of the client goes through haproxy: addresses of both families"""
    for n, (family, client, name) in enumerate((('TCP4', '192.0.2.10', 'mx.good.example.com'),
                                                ('TCP6', '2001:db8::10', 'mx.good.example.com'))):
        sender = 'chained%d@good.example.com' % n
        data, mark = message(sender)
        site.swaks('--proxy-version', '1', '--proxy-family', family, '--proxy-source', client, '--proxy-source-port', '4000',
                   '--proxy-dest', '192.0.2.1' if n == 0 else '2001:db8::1', '--proxy-dest-port', '25', '--from', sender, '--to',
                   RCPT, '--data', data.decode().replace('\r\n', '\n')[:-1], port=balancer.behind)
        site.unchanged(mark, data)
        r = site.record(sender)
        check(r['client'] == client and r['facts']['client.name'] == name and r['facts']['spf'] == 'pass', r)
        site.postfix_log('client=%s[%s]' % (name, client))


def test_stray_balancer():
    """behind a haproxy that is not listed everybody hears 421, and the log says why"""
    try:  # the header may come before the greeting, and behind it
        code = smtplib.SMTP('127.0.0.1', balancer.stray, 'a.example', timeout=60).ehlo()[0]
    except smtplib.SMTPConnectError as e:
        code = e.smtp_code
    check(code == 421, code)
    check('event=proxy-header peer=127.0.0.10 sends a PROXY header' in site.read('log/postern'), 'the log')


def test_balancer_tls():
    """TLS that ends at haproxy is the client's: version, cipher and certificate in the record, and no STARTTLS"""
    certificate = ['--tls-cert', site.path('chain.crt'), '--tls-key', site.path('chain.key')]
    for sender, options, name in (('tls@good.example.com', [], None), ('cert@good.example.com', certificate, 'mx.test')):
        data, mark = message(sender)
        said = site.swaks('--tls-on-connect', '--from', sender, '--to', RCPT, '--data',
                          data.decode().replace('\r\n', '\n')[:-1], *options, port=balancer.tls)
        check('STARTTLS' not in said, said)
        check('with ESMTPS id' in site.unchanged(mark, data).header(), 'ESMTPS')
        facts = site.record(sender)['facts']
        check(facts['tls.version'] == 'TLSv1.3' and facts['tls.cipher'] == 'TLS_AES_256_GCM_SHA384' and
              facts['tls.cert'] == name, facts)


def test_silent_peer():
    """a PROXY header that does not come is waited for 10 s, in which others are served"""
    silent.join()
    check(silent.heard == b'' and 9.9 < silent.lasted < 20, '%s after %s s' % (silent.heard, silent.lasted))


def test_queue():
    """forty messages at once, some too large for memory, while the proxy is reloaded: each is delivered once"""
    marks = []
    for i in range(40):
        data, mark = message(SENDER, body='.line %d\r\n' % i * (1 if i % 10 else 60000))
        out.send(SENDER, data)
        marks.append((mark, data))
        if i % 15 == 14:
            status, text = site.tool('reload')
            check(status == 0, text)

    def empty():
        out.run('postqueue', '-f')
        return 'empty' in out.run('postqueue', '-p')
    wait_for('an empty queue', empty)
    for mark, data in marks:
        site.unchanged(mark, data)
    check('generation 3' in site.tool('status', '-v')[1], site.tool('status', '-v')[1])


def run():
    global site, out, balancer, silent
    with BackendSite(zone=ZONE, name='senders') as site:
        make_certificate()
        site.start(rules=RULES, settings=settings())
        silent = Silent(daemon=True)
        silent.start()
        balancer = Balancer()
        out = Sender()
        try:
            return main([v for k, v in globals().items() if k.startswith('test_')])
        finally:
            out.close()


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/16-proxy-senders: the site does not start')
        sys.exit(1)
