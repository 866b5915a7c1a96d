# SPDX-License-Identifier: BSD-2-Clause
"""sendmail_env -- a site whose MTA is a private Sendmail, which leaves an installed Postfix alone.

The packages are unpacked once into build/sendmail; later runs need no network. Sendmail has no
XCLIENT: a test is another client by calling from another address of 127.0.0.0/8, so the daemon's
own-nets are to lie elsewhere.

    with SendmailSite(zone=ZONE) as site:
        site.start(rules=RULES)
        reply = site.send(client='127.0.1.10', helo='mx.a.example', sender='joe@a.example', ...)
"""
import fcntl
import glob
import os
import shutil
import smtplib
import subprocess
import tempfile

from site_env import ROOT, Site, listening, wait_for

CACHE = os.path.join(ROOT, 'build/sendmail')
PACKAGES = ['sendmail-bin', 'sendmail-base', 'sendmail-cf', 'libwrap0']
# Before it reads its settings Sendmail wants a host name with a dot in it, or waits a minute for one.
NAMED = ['unshare', '--uts', 'sh', '-c', 'hostname sm.test && exec "$0" "$@"']

MC = '''divert(-1)
define(`_CF_DIR_', `{cf}/')
include(`{cf}/m4/cf.m4')
divert(0)
OSTYPE(`linux')
DOMAIN(`generic')
define(`QUEUE_DIR', `{b}/queue')
define(`STATUS_FILE', `{b}/etc/statistics')
define(`HELP_FILE', `{b}/etc/helpfile')
define(`ALIAS_FILE', `{b}/etc/aliases')
define(`confPID_FILE', `{b}/sendmail.pid')
define(`confCW_FILE', `{b}/etc/local-host-names')
define(`confCT_FILE', `{b}/etc/trusted-users')
define(`confSERVICE_SWITCH_FILE', `{b}/etc/service.switch')
define(`confDOMAIN_NAME', `sm.test')
define(`confTO_IDENT', `0')
define(`confTO_DATABLOCK', `60s')
define(`confDONT_PROBE_INTERFACES', `true')
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')
define(`confLOG_LEVEL', `12')
define(`confQUEUE_LA', `1000')
define(`confREFUSE_LA', `1000')
define(`confEIGHT_BIT_HANDLING', `pass8')
define(`SMART_HOST', `relay:[127.0.0.1]')
define(`RELAY_MAILER_ARGS', `TCP $h {sink}')
define(`ESMTP_MAILER_ARGS', `TCP $h {sink}')
FEATURE(`no_default_msa')
FEATURE(`nocanonify')
FEATURE(`accept_unresolvable_domains')
FEATURE(`accept_unqualified_senders')
FEATURE(`promiscuous_relay')
DAEMON_OPTIONS(`Name=MTA, Port={port}, Addr=127.0.0.1, Family=inet')
INPUT_MAIL_FILTER(`postern', `S={milter}, F=T, T=C:30s;S:30s;R:60s;E:2m')
MAILER(`local')
MAILER(`smtp')
'''


class Missing(Exception):
    """Sendmail cannot be had here; the text says why."""


def unpack(cache, packages):
    """The packages' programs and configuration, from Debian, once."""
    os.makedirs(os.path.dirname(cache), exist_ok=True)
    with open(cache + '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(cache + '/usr'):
            unpack_now(cache, packages)


def unpack_now(cache, packages):
    with tempfile.TemporaryDirectory(dir=os.path.dirname(cache)) as tmp:
        try:
            p = subprocess.run(['apt-get', 'download', '-q'] + packages, cwd=tmp, capture_output=True,
                               text=True)
        except FileNotFoundError as e:
            raise Missing('no packages: %s' % e) from e
        if p.returncode != 0:
            raise Missing('no packages: ' + p.stderr.strip().split('\n')[-1])
        for deb in glob.glob(tmp + '/*.deb'):
            subprocess.run(['dpkg', '-x', deb, tmp + '/root'], check=True)
        shutil.rmtree(cache, ignore_errors=True)
        os.rename(tmp + '/root', cache)


def program():
    """The packed program is setgid and would not look at LD_LIBRARY_PATH: a copy is not."""
    if not os.path.exists(CACHE + '/usr'):
        unpack(CACHE, PACKAGES)
    os.makedirs(CACHE + '/bin', exist_ok=True)
    copy = '%s/bin/sendmail.%d' % (CACHE, os.getpid())
    shutil.copyfile(CACHE + '/usr/libexec/sendmail/sendmail', copy)
    os.chmod(copy, 0o755)
    os.rename(copy, CACHE + '/bin/sendmail')


class SendmailSite(Site):
    def __init__(self, zone='', name='sendmail'):
        if not os.path.exists(CACHE + '/bin/sendmail'):
            program()
        self.env = dict(os.environ, LD_LIBRARY_PATH=':'.join(glob.glob(CACHE + '/usr/lib/*-linux-gnu*')))
        p = subprocess.run(NAMED + [CACHE + '/bin/sendmail', '-d0.1', '-C', '/dev/null', '-bt'],
                           env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if 'MILTER' not in p.stdout:
            raise Missing('Sendmail does not run: ' + (p.stderr.strip() or p.stdout.strip())[:200])
        super().__init__(zone, name)
        # in a folder of run-dir that the daemon makes, as postern.conf(5) advises
        self.socket = self.path('run/mta/milter.sock')

    def start(self, rules='', settings='', shipped=False):
        super().start(rules, settings, shipped, postfix=False)
        self.start_sendmail()

    def argv(self, *args):
        return NAMED + [CACHE + '/bin/sendmail', '-C', self.path('etc/test.cf')] + list(args)

    def start_sendmail(self, mc=MC):
        os.mkdir(self.path('queue'), 0o700)
        self.write('etc/test.mc', mc.format(
            cf=CACHE + '/usr/share/sendmail/cf', b=self.base, sink=self.sink_port, port=self.smtp_port,
            milter='unix:' + self.socket))
        for name, text in (('service.switch', 'hosts files\naliases files\n'), ('aliases', ''),
                           ('local-host-names', ''), ('trusted-users', 'root\n'), ('helpfile', '')):
            self.write('etc/' + name, text)
        m4 = subprocess.run(['m4', self.path('etc/test.mc')], capture_output=True, text=True, check=True)
        self.write('etc/test.cf', m4.stdout)
        subprocess.run(self.argv('-bi'), env=self.env, check=True, stdout=subprocess.DEVNULL)
        # In the foreground it is a child to be ended like the others.
        self.spawn(self.argv('-bD', '-q1s', '-X', self.path('log/dialogue')), 'sendmail', env=self.env)
        wait_for('Sendmail', self.reachable)

    def reachable(self):
        return listening(self.smtp_port)

    def submit(self, *steps):
        """Speaks SMTP to `sendmail -bs`, as programs of this host do; the last line of each answer."""
        p = subprocess.Popen(self.argv('-bs'), env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.children.append(p)
        answers = []
        for step in (b'',) + steps:
            if step:
                p.stdin.write(step + b'\r\n')
                p.stdin.flush()
            line = p.stdout.readline()
            while line[3:4] == b'-':
                line = p.stdout.readline()
            answers.append(line.decode('utf-8', 'replace').strip())
        p.communicate(b'QUIT\r\n', timeout=60)
        return answers

    def connect(self, client='127.0.0.1', name=None, helo='client.example', port=None, ehlo=None):
        """A session from this address of 127.0.0.0/8; its name is what DNS says."""
        return smtplib.SMTP('127.0.0.1', port or self.smtp_port, local_hostname=helo, timeout=90,
                            source_address=(client, 0))
