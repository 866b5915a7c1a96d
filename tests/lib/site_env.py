# SPDX-License-Identifier: BSD-2-Clause
"""site_env -- a private mail site for scenario tests: DNS server, Postfix, sink and the real daemon.

Everything lives in one temporary folder and on loopback ports that were free; close() ends only the
processes that this object started. A test file reads:

    with Site(zone=ZONE) as site:
        site.start(rules=RULES)
        reply = site.send(client='192.0.2.1', helo='mx.a.example', sender='joe@a.example',
                          rcpt=['kim@rcpt.example'], message=MESSAGE)
"""
import email.utils
import glob
import json
import os
import pwd
import random
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get('POSTERN', os.path.join(ROOT, 'build/postern'))
WAIT = 30  # seconds: the longest any step may take before the test fails

# What every Postfix needs in master.cf.
SERVICES = '''pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
'''


class Failure(Exception):
    pass


def wait_for(what, test, seconds=WAIT):
    """Calls test until it gives something true. The deadline only ends a broken run."""
    end = time.monotonic() + seconds
    while True:
        got = test()
        if got:
            return got
        if time.monotonic() > end:
            raise Failure('no %s within %d s' % (what, seconds))
        time.sleep(0.02)


def open_files(pid):
    """Where the descriptors of a process lead."""
    folder = '/proc/%d/fd' % pid
    for fd in os.listdir(folder):
        try:
            yield os.readlink(os.path.join(folder, fd))
        except FileNotFoundError:  # closed meanwhile
            pass


given_ports = set()


def free_port():
    """A new one, that no connection going out may take before its server does: below ip_local_port_range.

    Files that run side by side have a SLOT each, of 0 to 3: tests/scenario/run.
    """
    low = 10000 + int(os.environ.get('SLOT', '0')) % 4 * 5000
    while True:
        port = random.SystemRandom().randrange(low, low + 5000)
        with socket.socket() as s, socket.socket(type=socket.SOCK_DGRAM) as d:
            try:
                s.bind(('127.0.0.1', port))
                d.bind(('127.0.0.1', port))
            except OSError:
                continue
        if port not in given_ports:
            given_ports.add(port)
            return port


def listening(port):
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
        return True
    except OSError:
        return False


def started(pid):
    """When a process began, in clock ticks; of one that is gone, 0."""
    try:
        with open('/proc/%d/stat' % pid) as f:
            return int(f.read().rsplit(')', 1)[1].split()[19])
    except FileNotFoundError:
        return 0


def title(pid):
    """What a process of ours calls itself; one that was just forked has no name of its own yet."""
    try:
        with open('/proc/%d/cmdline' % pid, 'rb') as f:
            words = f.read().decode().split('\0')
    except FileNotFoundError:
        return ''
    return words[1] if len(words) > 1 else ''


def tree(pid):
    """A process and all below it."""
    pids, more = [], [pid]
    while more:
        pid = more.pop()
        pids.append(pid)
        try:
            with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
                more += [int(x) for x in f.read().split()]
        except FileNotFoundError:
            pass
    return pids


class Site:
    NEGATIVE_TTL = 5  # seconds that "no such name" may be remembered
    dns_address = '127.0.0.1'  # where the daemon asks; the server listens here too

    def __init__(self, zone='', name='site', sendmail=False, front='milter'):
        """front: clients speak with Postfix, which asks the milter; or with the proxy, in front of Postfix."""
        self.front = front
        self.base = tempfile.mkdtemp(prefix='postern-%s.' % name)
        os.chmod(self.base, 0o755)
        self.children = []
        self.daemon = None
        self.postfix_running = False
        self.dns_port = free_port()
        self.smtp_port = free_port()
        self.mx_port = free_port() if front == 'proxy' else self.smtp_port  # that clients connect to
        self.sink_port = free_port()
        self.zone = zone
        self.socket = self.base + '/mta/postern.sock'
        self.nsd = None
        self.closed = {}  # small files of the sink, which stay as they are once it has closed them
        for d in ('etc', 'spool', 'data', 'log', 'sink', 'run', 'state', 'mta', 'rules', 'nsd'):
            os.mkdir(os.path.join(self.base, d))
        postfix, nobody = pwd.getpwnam('postfix'), pwd.getpwnam('nobody')
        os.mkdir(self.path('evidence'))
        os.chown(self.path('evidence'), nobody.pw_uid, nobody.pw_gid)
        for d in ('data', 'sink'):
            os.chown(os.path.join(self.base, d), postfix.pw_uid, postfix.pw_gid)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and os.environ.get('KEEP'):
            print('# kept: %s' % self.base)
            self.close(keep=True)
        else:
            if kind is not None:
                self.show_logs()
            self.close()

    def path(self, *parts):
        return os.path.join(self.base, *parts)

    def write(self, name, text):
        path = self.path(name)
        with open(path, 'w') as f:
            f.write(text)
        return path

    def read(self, name):
        try:
            with open(self.path(name), errors='replace') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def spawn(self, argv, log, **more):
        with open(self.path('log', log), 'ab') as out:
            p = subprocess.Popen(argv, stdout=out, stderr=out, stdin=subprocess.DEVNULL, **more)
        self.children.append(p)
        return p

    # ---- DNS ----

    def start_dns(self):
        """nsd as the root of a small world: what is not in the zone does not exist."""
        zone = '$ORIGIN .\n$TTL 60\n@ SOA ns.test. root.test. 1 3600 600 86400 %d\n@ NS ns.test.\n' \
               'ns.test. A 127.0.0.1\n' % self.NEGATIVE_TTL + self.zone
        self.write('nsd/root.zone', zone)
        self.write('nsd/nsd.conf', '''server:
%s
    database: ""
    zonesdir: "%s"
    pidfile: "%s/nsd.pid"
    xfrdfile: "%s/xfrd.state"
    zonelistfile: "%s/zone.list"
    username: ""
    hide-version: yes
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: "."
    zonefile: "root.zone"
''' % (('\n'.join('    ip-address: %s@%d' % (ip, self.dns_port) for ip in {'127.0.0.1', self.dns_address}),) +
       (self.path('nsd'),) * 4))
        self.nsd = self.spawn(['/usr/sbin/nsd', '-d', '-c', self.path('nsd/nsd.conf')], 'nsd')
        wait_for('DNS server', lambda: listening(self.dns_port))

    def freeze_dns(self, frozen=True):
        """The DNS server and its children say nothing more, or go on."""
        for pid in tree(self.nsd.pid):
            os.kill(pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def stop_dns(self):
        self.end(self.nsd)

    # ---- mail servers ----

    def start_sink(self):
        self.sink = self.spawn(['/usr/sbin/smtp-sink', '-u', 'postfix', '-d', '%Y%m%d%H%M%S.',
                                '127.0.0.1:%d' % self.sink_port, '1000'], 'sink', cwd=self.path('sink'))
        wait_for('sink', lambda: listening(self.sink_port))

    def start_postfix(self, milter=None, extra='', services=''):
        """extra is for main.cf, services for master.cf."""
        milter = milter or ('' if self.front == 'proxy' else 'unix:' + self.socket)
        text = '''compatibility_level = 3.6
queue_directory = {b}/spool
data_directory = {b}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {b}/log/maillog
maillog_file_prefixes = {b}
myhostname = mx.test
mydestination =
local_recipient_maps =
alias_maps =
local_transport = error:none
inet_interfaces = 127.0.0.1
inet_protocols = all
mynetworks = 127.0.0.0/8
relay_domains = rcpt.example
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
relayhost = [127.0.0.1]:{sink}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_milters = {milter}
non_smtpd_milters = {milter}
milter_protocol = 6
milter_default_action = tempfail
smtputf8_enable = yes
message_size_limit = 50000000
{extra}
'''.format(b=self.base, sink=self.sink_port, milter=milter, extra=extra)
        # The last word on each parameter: Postfix warns of two, and its log daemon can hang on its own warning.
        last = {line.split('=')[0].strip(): line for line in text.split('\n') if '=' in line}
        self.write('etc/main.cf', '\n'.join(last.values()) + '\n')
        self.write('etc/master.cf', '127.0.0.1:%d inet n - n - 150 smtpd\n%s%s' % (self.smtp_port, services,
                                                                                   SERVICES))
        subprocess.run(['postfix', '-c', self.path('etc'), 'start'], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.postfix_running = True
        wait_for('Postfix', lambda: listening(self.smtp_port))

    # ---- the daemon ----

    def configure(self, rules='', settings='', shipped=False):
        lines = ['user nobody', 'run-dir "%s"' % self.path('run'), 'state-dir "%s"' % self.path('state'),
                 'hostname mx.test', 'log stderr', 'evidence-file "%s"' % self.path('evidence/records'),
                 'dns-servers { %s@%d }' % (self.dns_address, self.dns_port), 'dns-transparent-zones { all }',
                 'own-nets { 127.0.0.0/8 }', 'own-domains { rcpt.example }', 'mta-user postfix',
                 'store-timeout 1s']  # on a busy machine, the disk of which may take that long
        given = {line.split()[0] for line in settings.split('\n') if line[:1].strip()}
        lines = [line for line in lines if line.split()[0] not in given]
        lines.append('rules "%s"' % self.write('rules/site.rules', 'language 1\n' + rules))
        if 'listener' not in given and self.front == 'proxy':
            lines += ['listener main smtp inet:%d@127.0.0.1' % self.mx_port, 'xclient-nets { 127.0.0.0/8 }',
                      'spool-dir "%s"' % self.path('state'),
                      'backend postfix inet:%d@127.0.0.1 tls none identity xclient' % self.smtp_port]
        elif 'listener' not in given:
            lines += ['listener main milter unix:%s' % self.socket, '    socket-group postfix',
                      '    socket-mode 0660']
        if shipped:
            lines.append('rules "%s/rules/*.rules"' % ROOT)
        return self.write('postern.conf', '\n'.join(lines) + '\n' + settings + '\n')

    def start_daemon(self, wait=True, **more):
        self.daemon = self.spawn([BINARY, 'daemon', '-c', self.path('postern.conf')], 'postern', **more)
        if wait:
            wait_for('daemon', lambda: self.daemon.poll() is not None or ', up ' in self.tool('status', '-v')[1])
            if self.daemon.poll() is not None:
                raise Failure('the daemon ended: ' + self.read('log/postern')[-2000:])

    def start(self, rules='', settings='', shipped=False, postfix=True, extra='', services=''):
        self.configure(rules, settings, shipped)
        self.start_dns()
        self.start_sink()
        if postfix and self.front == 'proxy':  # the proxy asks it how it is
            self.start_postfix(extra=extra, services=services)
        self.start_daemon()
        if postfix and self.front != 'proxy':
            self.start_postfix(extra=extra, services=services)

    def tool(self, *args, conf=True):
        argv = [BINARY, args[0]] + (['-c', self.path('postern.conf')] if conf else []) + list(args[1:])
        p = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        return p.returncode, p.stdout + p.stderr

    def processes(self):
        """pids of the daemon and all below it."""
        return tree(self.daemon.pid)

    def worker(self, name='milter'):
        """pid of the newest worker whose title begins so."""
        pids = [pid for pid in self.processes()[1:] if title(pid).startswith(name)]
        if not pids:
            raise Failure('no %s worker' % name)
        return max(pids, key=lambda pid: (started(pid), pid))  # pids begin anew at some number

    def other_worker(self, name, old):
        """pid of the one that came after the process `old`."""
        def look():
            found = [pid for pid in self.processes()[1:] if title(pid).startswith(name) and pid != old]
            return found and found[0]
        return wait_for('another ' + name, look)

    # ---- SMTP ----

    def connect(self, client=None, name=None, helo='client.example', port=None, ehlo='test.invalid'):
        """A session with Postfix, or the proxy, that it takes for one from `client` (XCLIENT)."""
        s = smtplib.SMTP('127.0.0.1', port or self.mx_port, local_hostname=ehlo, timeout=90)
        if client:
            s.ehlo()
            addr = 'IPV6:' + client if ':' in client else client
            code, text = s.docmd('XCLIENT', 'NAME=%s ADDR=%s' % (name or '[UNAVAILABLE]', addr))
            if code != 220:
                raise Failure('XCLIENT: %d %s' % (code, text))
            s.helo_resp = s.ehlo_resp = None
        s.local_hostname = helo
        return s

    def send(self, client=None, helo='client.example', sender='', rcpt=(), message=b'', name=None,
             mail_options=()):
        """One message; a dict of what each step was answered. Text replies are 'CODE text'."""
        s = self.connect(client, name, helo)
        out = {}

        def step(key, answer):
            out[key] = '%d %s' % (answer[0], answer[1].decode('utf-8', 'replace'))
            out['last'] = out[key]
            return answer[0] < 400
        try:
            ok = step('helo', s.ehlo(helo)) and step('mail', s.mail(sender, list(mail_options)))
            accepted = 0
            for r in rcpt if ok else ():
                if step('rcpt:' + r, s.rcpt(r)):
                    accepted += 1
            if accepted:
                step('data', s.data(message))
            s.quit()
        except smtplib.SMTPServerDisconnected as e:
            out['last'] = out.get('last', '') + ' (disconnected: %s)' % e
        finally:
            s.close()
        return out

    # ---- what came of it ----

    def sunk(self):
        return sorted(glob.glob(self.path('sink', '*.*')))

    def delivered(self, mark, seconds=WAIT):
        """The message in the sink that has this text in it, when the sink has closed it."""
        def look():
            for path in set(self.sunk()).difference(open_files(self.sink.pid)):
                data = self.closed.get(path)
                if data is None:
                    with open(path, 'rb') as f:
                        data = f.read()
                    if len(data) < 100000:
                        self.closed[path] = data
                if mark.encode() in data and data.count(b'\n') > 3:
                    return data.decode('utf-8', 'surrogateescape')
            return None
        return wait_for('delivery of ' + mark, look, seconds)

    def records(self):
        """A long record is seen in pieces while it is written: what has no line end yet is none."""
        whole = self.read('evidence/records').rpartition('\n')[0]
        return [json.loads(line) for line in whole.split('\n') if line]

    def record(self, sender):
        """The newest evidence of a transaction from this sender."""
        def look():
            hit = [r for r in self.records() if r['from'] == sender]
            return hit[-1] if hit else None
        return wait_for('evidence of ' + sender, look)

    def show_logs(self):
        for name in ('postern', 'maillog', 'sendmail', 'nsd', 'sink'):
            text = self.read('log/' + name)
            if text:
                print('# ---- %s ----\n%s' % (name, '\n'.join('# ' + x for x in text.split('\n')[-40:])))

    # ---- the end ----

    def end(self, p, sig=signal.SIGTERM):
        if p and p.poll() is None:
            p.send_signal(sig)
            try:
                p.wait(15)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()

    def close(self, keep=False):
        if self.postfix_running:
            subprocess.run(['postfix', '-c', self.path('etc'), 'stop'], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        for p in reversed(self.children):
            self.end(p)
        if not keep:
            shutil.rmtree(self.base, ignore_errors=True)


def message(sender, to='kim@rcpt.example', subject='hello', body='A short text.\r\n', extra='', mark=None, author=None):
    mark = mark or 'm%d@%s' % (time.monotonic_ns(), sender.split('@')[-1] or 'bounce.invalid')
    text = ('From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\n'
            'Message-ID: <%s>\r\n%s\r\n%s' % (author or sender, to, subject, email.utils.formatdate(), mark, extra, body))
    return text.encode('utf-8', 'surrogateescape'), mark


def check(ok, what):
    if not ok:
        raise Failure(what)


def main(tests, what=''):
    """Runs functions named test_*; each prints one line, which says what was tested in what way."""
    failed = 0
    base = os.path.basename(sys.argv[0]).replace('.py', '') + (what and ' ' + what)
    for t in tests:
        name = 'scenario/%s: %s' % (base, (t.__doc__ or t.__name__).split('\n')[0].rstrip('.'))
        try:
            t()
            print('ok ' + name)
        except (Failure, AssertionError, OSError, smtplib.SMTPException, subprocess.SubprocessError,
                KeyError, IndexError, ValueError) as e:
            failed += 1
            print('  %s: %s' % (type(e).__name__, re.sub(r'\s+', ' ', str(e))[:1500]))
            print('FAILED ' + name)
        sys.stdout.flush()
    return 1 if failed else 0
