# SPDX-License-Identifier: BSD-2-Clause
"""`postern demo`, as `make demo` runs it.

Goal: it needs nothing but the checkout; it ends by itself, or on a terminal with Ctrl-C, and leaves nothing behind.
"""
import os
import pty
import pwd
import re
import select
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time

from site_env import BINARY, ROOT, WAIT, Failure, check, free_port, listening, main, message, wait_for

work = tempfile.mkdtemp(prefix='postern-demo.')


def settings():
    """A copy of the checkout's demo and rules that others may read, with a folder for spools."""
    os.chmod(work, 0o755)
    for name in 'rules', 'examples/demo':
        shutil.copytree(os.path.join(ROOT, name), os.path.join(work, name))
    nobody = pwd.getpwnam('nobody')
    os.mkdir(work + '/spool')
    os.chown(work + '/spool', nobody.pw_uid, nobody.pw_gid)
    path = work + '/examples/demo/postern.conf'
    with open(path) as f:
        text = f.read()
    check('spool-dir       "/tmp"' in text, 'the settings of the demo have changed')
    with open(path, 'w') as f:
        f.write(text.replace('"/tmp"', '"%s/spool"' % work))
    return path


def files():
    return sorted(os.path.join(folder, f) for folder, _, names in os.walk(work) for f in names)


def demo(*args, **more):
    before = files()
    p = subprocess.run([BINARY, 'demo', '-c', CONF] + list(args), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                       timeout=60, **more)
    check(files() == before, 'files are left')
    return p


class Terminal:
    """The demo on a terminal of its own."""

    def __init__(self):
        self.port = free_port()
        self.pid, self.tty = pty.fork()
        if self.pid == 0:
            os.execv(BINARY, [BINARY, 'demo', '-c', CONF, '--port', str(self.port)])
        self.text = ''

    def expect(self, pattern):
        """Reads until this is there; the text up to its end."""
        end = time.monotonic() + WAIT
        while True:
            m = re.search(pattern, self.text)
            if m:
                seen, self.text = self.text[:m.end()], self.text[m.end():]
                return seen
            if time.monotonic() > end or not select.select([self.tty], [], [], WAIT)[0]:
                raise Failure('no %s in: %s' % (pattern, self.text[-500:]))
            try:
                self.text += os.read(self.tty, 65536).decode().replace('\r\n', '\n')
            except OSError:  # the other end is closed
                raise Failure('ended without %s: %s' % (pattern, self.text[-500:]))

    def ends(self):
        """Its exit status; then nothing of it is left."""
        done = []
        wait_for('its end', lambda: done or done.extend(x for x in [os.waitpid(self.pid, os.WNOHANG)] if x[0]) or done)
        os.close(self.tty)
        check(not listening(self.port), 'somebody still listens')
        return os.waitstatus_to_exitcode(done[0][1])


def test_alone():
    """without a terminal it shows six transactions and ends"""
    p = demo('--port', '0')
    check(p.returncode == 0 and p.stderr == '', (p.returncode, p.stderr))
    check(len(re.findall(r'(?m)^== ', p.stdout)) == 6 and 'until Ctrl-C' not in p.stdout, p.stdout)
    check(p.stdout.endswith('5 transactions were judged; the backend has 2 messages.\n'), p.stdout[-300:])
    check('greylisted, please try again in 2 minutes' in p.stdout, 'no greylist')


def test_plain_user():
    """any user may run it"""
    p = demo('--port', '0', user='nobody')
    check(p.returncode == 0 and 'the backend has 2 messages' in p.stdout, (p.returncode, p.stderr, p.stdout[-300:]))


def test_port_taken():
    """a port that is taken is said, and another one is used"""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        port = s.getsockname()[1]
        p = demo('--port', str(port))
    check(p.returncode == 0, (p.returncode, p.stderr))
    check('Port %d is taken by another program: another one will do.\n' % port in p.stdout, p.stdout[:300])
    check('listens on 127.0.0.1:%d;' % port not in p.stdout and 'listens on 127.0.0.1:' in p.stdout, p.stdout[:300])


def test_wrong():
    """wrong options, settings without a backend and a missing message are named"""
    check(demo('--port', 'x').returncode == 64 and demo('more').returncode == 64, 'options')
    other = work + '/other.conf'
    with open(other, 'w') as f:
        f.write('rules "%s/rules/*.rules"\n' % work)
    p = demo('-c', other)
    check(p.returncode == 78 and 'a demo needs an smtp listener' in p.stderr, p.stderr)
    os.rename(work + '/examples/demo/first.eml', work + '/first.eml')
    p = demo()
    os.rename(work + '/first.eml', work + '/examples/demo/first.eml')
    check(p.returncode == 66 and 'first.eml: No such file' in p.stderr, p.stderr)


def test_terminal():
    """on a terminal it stays, shows what becomes of mail, and Ctrl-C ends it in order"""
    before = files()
    t = Terminal()
    seen = t.expect(r'--xclient-addr 203\.0\.113\.5\n')
    check('swaks --server 127.0.0.1:%d --from joe@good.example.com --to kim@example.org' % t.port in seen, seen[-800:])
    with open('/proc/%d/status' % t.pid) as f:
        check(re.search(r'(?m)^Uid:\t%d\t' % pwd.getpwnam('nobody').pw_uid, f.read()), 'it is root')
    with smtplib.SMTP('127.0.0.1', t.port, 'mx.good.example.com', timeout=WAIT) as s:
        s.ehlo()
        check(s.docmd('XCLIENT', 'ADDR=192.0.2.10')[0] == 220, 'XCLIENT')
        s.ehlo_resp = None
        data, _ = message('joe@good.example.com', to='kim@example.org')
        s.sendmail('joe@good.example.com', ['kim@example.org'], data)
    seen = t.expect(r'backend: took \d+ bytes from <joe@good\.example\.com>, client 192\.0\.2\.10, for 1 recipient\n')
    check(' spf     pass ' in seen and ' accept at end\n' in seen, seen)
    with smtplib.SMTP('127.0.0.1', t.port, 'localhost', timeout=WAIT) as s:
        data, _ = message('joe@lame.example.com', to='kim@example.org')
        s.sendmail('joe@lame.example.com', ['kim@example.org'], data)
        s.mail('joe@lame.example.com')
        answer = s.rcpt('kim@elsewhere.example')
        check(answer[0] == 554, 'loopback is no stranger: %s' % (answer,))
    seen = t.expect(r'backend: took \d+ bytes from <joe@lame\.example\.com>[^\n]*\n')
    check('client  127.0.0.1 ' in seen and 'HELO_NOT_FQDN' in seen, seen)
    os.write(t.tty, b'\x03')
    t.expect(r'7 transactions were judged; the backend has 4 messages\.\n')
    check(t.ends() == 0, 'its status')
    check(files() == before, 'files are left')


def test_signal():
    """SIGTERM ends it as well"""
    t = Terminal()
    t.expect('until Ctrl-C')
    os.kill(t.pid, signal.SIGTERM)
    t.expect('transactions were judged')
    check(t.ends() == 0, 'its status')


try:
    CONF = settings()
    status = main([test_alone, test_plain_user, test_port_taken, test_wrong, test_terminal, test_signal])
finally:
    shutil.rmtree(work)
sys.exit(status)
