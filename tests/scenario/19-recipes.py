# SPDX-License-Identifier: BSD-2-Clause
"""The recipes of postern(8), THE PROXY, with the lines that stand there.

Goal: what the page tells an administrator to write works with a real Postfix, Exim and Sendmail: the MTA knows the
real client, unknown recipients are refused to the client, and nobody relays. Only addresses and ports are changed.
"""
import base64
import glob
import os
import re
import smtplib
import socket
import ssl
import subprocess
import sys
import threading

from exim_env import EximSite
from mailworld import ZONE, sign
from sendmail_env import CACHE, MC, Missing, SendmailSite
from site_env import ROOT, WAIT, Failure, Site, check, free_port, main, message, wait_for

SENDER = 'joe@good.example.com'
CLIENT = dict(client='192.0.2.10', name='mx.good.example.com', helo='mx.good.example.com')
RULES = 'change threshold greylist off\nrule ODD when mail.local = odd score 1\n'


def recipes(title):
    """A subsection of the page: file name -> its literal blocks, without the line that names the file."""
    with open(os.path.join(ROOT, 'filter/man/postern.8')) as f:
        page = f.read()
    part = re.search(r'(?ms)^\.Ss %s\n(.*?)^\.S[sh] ' % re.escape(title), page).group(1)
    found = {None: part}
    for block in re.findall(r'(?ms)^\.Bd -literal[^\n]*\n(.*?)^\.Ed$', part):
        found.setdefault(block.split()[1].rstrip(',:'), []).append(block.split('\n', 1)[1])
    return found


def settings(site, text, **ports):
    """A recipe's postern.conf for this site."""
    for old, new in {'25@0.0.0.0': '%d@127.0.0.1' % site.mx_port, '25@::': '%d@::1' % site.mx_port,
                     '"/etc/letsencrypt/live/mx.example.org/privkey.pem"': '"%s"' % site.path('key.pem'),
                     '"/etc/letsencrypt/live/mx.example.org/fullchain.pem"': '"%s"' % site.path('cert.pem'),
                     **ports}.items():
        text = text.replace(old, new)
    check('@0.0.0.0' not in text and '/etc/' not in text, text)
    return text + 'xclient-nets { 127.0.0.0/8 }\nrcpt-wait 2s\nspool-dir "%s"\n' % site.path('state')


def make_certificate(site):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=mx.example.org', '-days', '2',
                    '-keyout', site.path('key.pem'), '-out', site.path('cert.pem')], check=True, stderr=subprocess.DEVNULL)


def session(site, tls=True):
    """A session of the good client, encrypted."""
    s = site.connect(CLIENT['client'], CLIENT['name'], CLIENT['helo'])
    if tls:
        s.starttls(context=ssl._create_unverified_context())
    s.ehlo(CLIENT['helo'])
    return s


def serves(site, tls=True):
    """A message to kim passes, one to nobody is refused by the MTA, one to elsewhere by the guard."""
    data, mark = message(SENDER, to='kim@example.org')
    with session(site, tls) as s:
        s.sendmail(SENDER, ['kim@example.org'], sign(data))
        s.mail(SENDER)
        answer = s.rcpt('nobody@example.org')
        check(answer[0] == 550, answer)
        answer = s.rcpt('kim@elsewhere.example')
        check(answer[0] == 554 and b'we do not relay' in answer[1], answer)
    return mark


# ---- Postfix ----

class Logins(threading.Thread):
    """What Postfix asks about a password, as Dovecot would answer: kim's is right."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            s, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        s.sendall(b'VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n')
        for line in s.makefile('rb'):
            words = line.decode().rstrip('\n').split('\t')
            if words[0] == 'AUTH':
                given = base64.b64decode(dict(w.partition('=')[::2] for w in words)['resp'] + '==')
                ok = given == b'\0kim\0secret'
                s.sendall(('%s\t%s\tuser=kim\n' % ('OK' if ok else 'FAIL', words[1])).encode())


class PostfixSite(Site):
    """The recipe's service beside the site's own, which is Postfix before the move."""

    def __init__(self):
        super().__init__(zone=ZONE, name='recipes', front='proxy')
        self.backend_port = free_port()

    def begin(self, conf, service, extra=''):
        make_certificate(self)
        self.configure(RULES, settings(self, conf, **{'10025@': '%d@' % self.backend_port}))
        self.start_dns()
        self.start_sink()
        self.start_postfix(services=service.replace('127.0.0.1:10025', '127.0.0.1:%d' % self.backend_port), extra='''
relay_domains = example.org
relay_recipient_maps = inline:{ {kim@example.org = ok} }
smtpd_authorized_xclient_hosts =
smtpd_milters = inet:127.0.0.1:1
smtpd_recipient_restrictions =
milter_default_action = tempfail
''' + extra)
        self.start_daemon()


def test_postfix():
    """Postfix by XCLIENT: it logs and trusts the real client, and no milter sees the mail again"""
    page = recipes('Postfix behind the proxy')
    conf, service = page['postern.conf'], page['master.cf']
    with PostfixSite() as site:
        site.begin(conf[0], service[0])
        status, text = site.tool('check')
        check(status == 0 and '0 warnings' in text, text)
        mark = serves(site)
        head = re.sub(r'\n[ \t]+', ' ', site.delivered(mark).split('\n\n')[0])
        received = re.findall(r'(?m)^Received: (.*)$', head)
        check(len(received) == 3, received)  # the first is the sink's
        check('by mx.test (Postfix)' in received[1] and '(mx.good.example.com [192.0.2.10])' in received[1], received)
        check('by mx.example.org (Postern) with ESMTPS' in received[2] and '[192.0.2.10]' in received[2], received)
        check(re.search(r'postfix/postern/smtpd\[\d+\]: \w+: client=mx\.good\.example\.com\[192\.0\.2\.10\]',
                        site.read('log/maillog')), 'the client in the log of Postfix')


def test_readme():
    """README.md shows the same lines"""
    page = recipes('Postfix behind the proxy')
    with open(os.path.join(ROOT, 'README.md')) as f:
        part = re.search(r'(?ms)^### The proxy: .*?\n\n(.*?)^[^ \n]', f.read()).group(1)
    lines = [line.strip() for line in part.split('\n') if line.strip() and '#' not in line]
    missing = [line for line in lines if line not in page[None]]
    check(len(lines) == 9 and not missing, 'not in postern(8): %s of %s' % (missing, lines))


def test_postfix_proxy_protocol():
    """Postfix by the PROXY protocol, as the page says to change the lines"""
    page = recipes('Postfix behind the proxy')
    conf, service, part = page['postern.conf'], page['master.cf'], page[None]
    option = re.search(r'-o smtpd_upstream_proxy_protocol=haproxy', part).group(0)
    identity = re.search(r'(?m)^\.Ql (identity proxy-v2) ,$', part).group(1)
    conf = conf[0].replace('identity xclient', identity)
    lines = service[0].replace('-o smtpd_authorized_xclient_hosts=127.0.0.1', option)
    check(identity in conf and option in lines, 'the lines of the page')
    with PostfixSite() as site:
        site.begin(conf, lines)
        site.delivered(serves(site))
        check(re.search(r'postfix/postern/smtpd\[\d+\]: \w+: client=\S*\[192\.0\.2\.10\]', site.read('log/maillog')),
              'the client in the log of Postfix')


def test_postfix_submission():
    """users of Postfix log in through the proxy, and reach everybody; others do not"""
    page = recipes('Postfix behind the proxy')
    conf, service = page['postern.conf'], page['master.cf']
    logins = Logins()
    ports = {'587@0.0.0.0': '%d@127.0.0.1' % free_port(), '465@0.0.0.0': '%d@127.0.0.1' % free_port()}
    plain, implicit = (int(p.split('@')[0]) for p in ports.values())
    for old, new in ports.items():
        check(old in conf[1], conf[1])
        conf[1] = conf[1].replace(old, new)
    with PostfixSite() as site:
        # another backend, which knows no logins, changes nothing
        site.begin(conf[0] + conf[1] + 'backend other inet:%d@127.0.0.1 tls none identity none relaying allowed '
                   'for { elsewhere.example }\n' % site.sink_port, service[0] + service[1],
                   'smtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:127.0.0.1:%d\n' % logins.port)
        context = ssl._create_unverified_context()
        for s in smtplib.SMTP('127.0.0.1', plain, timeout=WAIT), smtplib.SMTP_SSL('127.0.0.1', implicit, timeout=WAIT,
                                                                                 context=context):
            with s:
                if not isinstance(s, smtplib.SMTP_SSL):
                    s.starttls(context=context)
                s.ehlo()
                check(s.mail('kim@example.org')[0] == 530, 'mail without login')
                try:
                    s.login('kim', 'wrong')
                    raise Failure('a wrong password')
                except smtplib.SMTPAuthenticationError as e:
                    check(e.smtp_code == 535, e)
                s.login('kim', 'secret')
                data, mark = message('kim@example.org', to='joe@elsewhere.example')
                s.sendmail('kim@example.org', ['joe@elsewhere.example'], data)
            site.delivered(mark)
        check('sasl_username=kim' in site.read('log/maillog'), 'the login in the log of Postfix')
        ban = re.search(r'failregex = (.*)', recipes('The log of the proxy')[None]).group(1)
        with session(site) as s:
            check(not s.has_extn('auth'), 'AUTH on port 25')
            s.mail('"event=login-failed client=192.0.2.99 helo=x"@good.example.com')
            check(s.rcpt('joe@elsewhere.test')[0] == 554, 'a recipient of nobody')
        log = wait_for('the forged line', lambda: 'client=192.0.2.99 helo=x' in site.read('log/postern') and
                       site.read('log/postern'))
        hits = [re.search(ban.replace('<HOST>', r'(\S+)'), x) for x in log.split('\n')]
        found = [x.group(1) for x in hits if x]
        check(found == ['127.0.0.1'] * 2, 'who failed to log in: %s' % found)


def test_move():
    """from milter to proxy and back, with one daemon: the greylist knows who has waited"""
    page = recipes('Postfix behind the proxy')
    conf, service = page['postern.conf'], page['master.cf']
    with PostfixSite() as site:
        make_certificate(site)
        milter = 'listener main milter unix:%s socket-group postfix\n' % site.socket
        general = 'greylist-wait 1s\nown-domains { example.org }\nhostname mx.example.org\nspool-dir "%s"\n' % site.path('state')
        rules = 'rule GREY when mail.local = ann greylist\nchange threshold greylist off\n'
        site.configure(rules, milter + general)
        site.start_dns()
        site.start_sink()
        site.start_daemon()
        site.smtp_port = site.mx_port  # Postfix has port 25
        added = service[0].replace('127.0.0.1:10025', '127.0.0.1:%d' % site.backend_port)
        site.start_postfix(milter='unix:' + site.socket, services=added, extra='relay_domains = example.org\n')

        def send(sender):
            data, mark = message(sender, to='kim@example.org')
            return site.send(sender=sender, rcpt=['kim@example.org'], message=data, **CLIENT)['last'], mark

        check(send('ann@good.example.com')[0].startswith('451 4.7.1 greylisted'), 'the first try')
        # the new port, on trial
        trial = free_port()
        proxied = settings(site, conf[0], **{'10025@': '%d@' % site.backend_port})
        on_trial = re.sub(r'(?m)^listener mx .*', 'listener mx smtp inet:%d@127.0.0.1' % trial,
                          re.sub(r'(?m)^listener mx6 .*\n', '', proxied))
        site.configure(rules, milter + 'greylist-wait 1s\n' + on_trial)
        status, text = site.tool('reload')
        check(status == 0, text)
        with site.connect('192.0.2.10', 'mx.good.example.com', 'mx.good.example.com', port=trial) as s:
            s.ehlo()
            s.mail('new@good.example.com')
            check(s.rcpt('kim@example.org')[0] == 250, 'the trial')
        # the swap
        old = site.read('etc/master.cf')
        site.write('etc/master.cf', old.split('\n', 1)[1])
        subprocess.run(['postfix', '-c', site.path('etc'), 'reload'], check=True, capture_output=True)
        wait_for('the port', lambda: not busy(site.mx_port))
        site.configure(rules, milter + 'greylist-wait 1s\n' + proxied)
        status, text = site.tool('reload')
        check(status == 0, text)
        answer, mark = wait_for('the second try', lambda: (lambda r: r if r[0].startswith('250') else None)(
            send('ann@good.example.com')))
        site.delivered(mark)
        check('rcpt.valid' not in site.record('ann@good.example.com')['unknown'], 'a fact of the proxy')
        # and back
        site.configure(rules, milter + general)
        status, text = site.tool('reload')
        check(status == 0, text)
        wait_for('the port', lambda: not busy(site.mx_port))
        site.write('etc/master.cf', old)
        subprocess.run(['postfix', '-c', site.path('etc'), 'reload'], check=True, capture_output=True)
        answer, mark = wait_for('Postfix', lambda: busy(site.mx_port) and send('ann@good.example.com'))
        check(answer.startswith('250'), answer)
        site.delivered(mark)


def busy(port):
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
        return True
    except OSError:
        return False


# ---- Exim ----

def test_exim():
    """Exim by the PROXY protocol: it logs and judges the real client"""
    page = recipes('Exim behind the proxy')
    with EximSite(zone=ZONE) as site:
        site.start_exim(page['exim.conf'][0].replace('10025', str(site.smtp_port)))
        site.configure(RULES, settings(site, page['postern.conf'][0], **{'10025@': '%d@' % site.smtp_port}))
        site.start_dns()
        site.start_daemon()
        mark = serves(site, tls=False)
        log = site.read('exim/mainlog')
        check(re.search(r' <= joe@good\.example\.com H=\S* \S*\[192\.0\.2\.10\] P=esmtp ', log), log)
        check(mark in log, 'the message in the log of Exim: ' + log)


def test_exim_debian():
    """Exim as Debian configures it takes the lines where the page says"""
    page = recipes('Exim behind the proxy')
    place = re.search(r"^\.Ql (dc_local_interfaces='[^']*')$", page[None], re.M).group(1)
    port, address, *others = page['exim.conf'][0].split('\n')
    check(port == 'daemon_smtp_ports = 10025' and address == 'local_interfaces = 127.0.0.1', page['exim.conf'])
    with EximSite() as site:
        conf = site.split_configuration(place, '\n'.join(others))
        check(site.option(conf, 'local_interfaces') == 'local_interfaces = 127.0.0.1.10025', conf)
        for line in others[:-1]:
            check(site.option(conf, line.split()[0]) == line, line)


def test_users():
    """the rule for a backend that takes every name"""
    page = recipes('Exchange behind the proxy')
    with Site(zone=ZONE, name='users') as site:
        site.write('valid-users.txt', 'kim@example.org\n')
        text = page['/etc/postern/rules.d/users.rules'][0].replace('valid-users.txt', site.path('valid-users.txt'))
        site.configure(RULES + text, 'own-domains { example.org }\n')
        for user, verdict in ('kim', 'accept at rcpt'), ('joe', 'reject at rcpt by UNKNOWN_USER'):
            status, out = site.tool('eval', '--client', '192.0.2.10', '--from', SENDER, '--to', user + '@example.org',
                                    '--zone', site.write('z.zone', ''))
            check(status == 0 and verdict in out, out)


# ---- Sendmail, on another host ----

class FarSendmail(SendmailSite):
    """This process has a network of its own, 10.0.0.1, and Sendmail another one beside it, 10.0.0.2."""

    def start_far(self, mc, access):
        other = self.spawn(['unshare', '--net', 'sleep', '1000'], 'other')
        self.near = ['nsenter', '--net', '-t', str(other.pid)]
        wait_for('the other network', lambda: os.readlink('/proc/%d/ns/net' % other.pid) != os.readlink('/proc/self/ns/net'))
        for argv in (['link', 'set', 'lo', 'up'], ['link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far'],
                     ['addr', 'add', '10.0.0.1/24', 'dev', 'near'], ['link', 'set', 'near', 'up'],
                     ['link', 'set', 'far', 'netns', str(other.pid)]):
            subprocess.run(['ip'] + argv, check=True)
        for argv in (['link', 'set', 'lo', 'up'], ['addr', 'add', '10.0.0.2/24', 'dev', 'far'], ['link', 'set', 'far', 'up']):
            subprocess.run(self.near + ['ip'] + argv, check=True)
        self.smtp_port, self.mx_port = 25, 25
        self.write('etc/access', access + 'To:nobody@example.org\tERROR:5.1.1:550 no such user\n')
        subprocess.run([CACHE + '/usr/sbin/makemap', '-C', '/dev/null', 'hash', self.path('etc/access')], stdin=open(self.path('etc/access')),
                       env=self.env, check=True, stderr=subprocess.DEVNULL)
        features = "define(`MAIL_SETTINGS_DIR', `%s/')\nRELAY_DOMAIN(`example.org')\nFEATURE(`delay_checks')\n" % (
            self.path('etc')) + mc + "FEATURE(`blocklist_recipients')\ndefine(`confDELIVERY_MODE', `q')\n"
        self.start_sendmail(MC.replace("FEATURE(`promiscuous_relay')\n", features).replace('Addr=127.0.0.1', 'Addr=10.0.0.2')
                            .replace("INPUT_MAIL_FILTER(`postern', `S={milter}, F=T, T=C:30s;S:30s;R:60s;E:2m')\n", ''))

    def argv(self, *args):
        return self.near + super().argv(*args)

    def reachable(self):
        try:
            socket.create_connection(('10.0.0.2', 25), 1).close()
            return True
        except OSError:
            return False

    def connect(self, *args, **more):
        return Site.connect(self, *args, **more)


def test_sendmail():
    """Sendmail on another host, which sees the proxy: no limit of its own strikes it, and it does not relay"""
    page = recipes('Sendmail behind the proxy')
    with FarSendmail(zone=ZONE, name='far') as site:
        site.start_far(page['sendmail.mc'][0], page['access'][0])
        Site.configure(site, RULES, settings(site, page['postern.conf'][0]))
        site.start_dns()
        site.start_daemon()
        check('used=yes' in site.tool('status', '-v')[1], site.tool('status', '-v')[1])
        for _ in range(3):
            mark = serves(site, tls=False)

        def queued():
            return [text for text in (site.read(q) for q in glob.glob(site.path('queue/qf*'))) if mark in text]
        text = wait_for('the message in the queue', queued)[0]
        check('by mx.example.org (Postern)' in text and '[192.0.2.10]' in text and '[10.0.0.1]' in text, text)


def alone():
    """Sendmail's test, in a network of its own."""
    p = subprocess.run(['unshare', '--net', sys.executable, __file__, 'sendmail'], check=False)
    return p.returncode


def is_there(site):
    """Whether this MTA can be had."""
    try:
        site(ZONE).close()
        return True
    except Missing as e:
        print('skip: %s' % e)
        return False


if sys.argv[1:] == ['sendmail']:
    sys.exit(main([test_sendmail]))
failed = main([test_readme, test_postfix, test_postfix_proxy_protocol, test_postfix_submission, test_move, test_users] +
              [test_exim, test_exim_debian] * is_there(EximSite))
sys.exit(failed or (alone() if is_there(SendmailSite) else 0))
