# SPDX-License-Identifier: BSD-2-Clause
"""How the daemon starts, refuses to start, reloads and logs, with files and folders as they should not be.

Goal: a bad start ends at once with exit status 78, every mistake in words and no process left; what
goes wrong with files while it runs stops no mail.
"""
import glob
import os
import pwd
import re
import signal
import socket
import stat
import subprocess
import sys
import time

from milter_client import CONTINUE, Milter
from site_env import BINARY, Failure, Site, check, free_port, main, wait_for

ZONE = '$ORIGIN .\n$TTL 60\ngood.example.com. A 192.0.2.10\n'
RULES = 'rule NEVER  when client.ip = 203.0.113.1  score 1\n'
NOBODY = pwd.getpwnam('nobody')


class Home(Site):
    """A site that answers DNS from a file, so that a start takes no time."""

    def __init__(self, rules=RULES, settings=''):
        super().__init__(name='start')
        self.settings = 'dns-zone-files { "%s" }\n' % self.write('zone', ZONE) + settings
        self.configure(rules, self.settings)

    def again(self, rules=RULES, settings=''):
        self.configure(rules, self.settings + settings)
        return self

    def run(self, *more, limit=20):
        """Runs the daemon to its end, which must come by itself; exit status and what it said."""
        try:
            p = subprocess.run([BINARY, 'daemon', '-c', self.path('postern.conf')] + list(more),
                               capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired as e:
            raise Failure('it did not end: %s' % e.stderr) from e
        return p.returncode, p.stdout + p.stderr

    def refused(self, *patterns, status=78):
        """The daemon does not start: its exit status, all these words, nothing left behind."""
        got, text = self.run()
        check(got == status, 'exit status %d: %s' % (got, text))
        for pattern in patterns:
            check(re.search(pattern, text), 'no %r in: %s' % (pattern, text))
        left = [x for x in glob.glob(self.path('run/*')) if os.path.basename(x) != 'work']
        check(not left, 'left behind: %s' % left)
        return text

    def judge(self, sender='joe@good.example.com'):
        with Milter('unix:' + self.socket) as m:
            m.open(client='192.0.2.10', helo='mx.good.example.com')
            return m.message(sender, ['kim@rcpt.example'], [('From', ' ' + sender)], b'text\r\n')

    def serves(self):
        answer = self.judge()
        check(answer.kind == CONTINUE and answer.added('X-Spam-Status'), answer)

    def logged(self, pattern):
        wait_for('%r in the log' % pattern, lambda: re.search(pattern, self.read('log/postern')), 10)


# ---- refused starts ----

def test_broken_settings():
    """a settings file full of mistakes: all are shown with line, column and remedy"""
    with Home() as h:
        h.write('postern.conf', 'hostnam mx\nrcpt-wait 90s\nlistener x milter unix:rel.sock\n'
                'log-level loud\nuser nobody\nuser nobody\n\x00\n"')
        text = h.refused(r'postern\.conf:1:1: error: .*hostnam', r"did you mean 'hostname'\?",
                         *[r'postern\.conf:%d:\d+: error' % line for line in (2, 3, 4, 6)])
        check('\x00' not in text, 'a raw byte')
        for content in (b'', b'\xff\xfe\x00', b'\x1b[2J', b'#' * 2000000, b'user "' + b'x' * 5000):
            with open(h.path('postern.conf'), 'wb') as f:
                f.write(content + b'\nrun-dir "%s"\nstate-dir "%s"\nrules "nothing"\n' % (
                    h.path('run').encode(), h.path('state').encode()))
            text = h.refused()
            check(not re.search(r'[\x00-\x08\x0b-\x1f]', text), 'a raw byte: %r' % text)


def test_no_settings():
    """no settings file, a folder, a world-writable one, a link to nothing"""
    with Home() as h:
        conf = h.path('postern.conf')
        os.chmod(conf, 0o666)
        h.refused(r'postern\.conf: .*world-writable')
        os.remove(conf)
        h.refused(r'postern\.conf: .*no such file')
        os.symlink('nothing', conf)
        h.refused(r'postern\.conf: .*no such file')
        os.remove(conf)
        os.mkdir(conf)
        h.refused(r'postern\.conf: .*folder')
        os.rmdir(conf)
        os.mkfifo(conf)
        h.refused(r'postern\.conf: .*not a regular file')


def test_broken_rules():
    """broken rules at the first start: every mistake is shown, exit status 78"""
    with Home('rule AA when helo.nam = x score 1\nrul B\nrule CC when spf = maybe score x\n') as h:
        h.refused(r'site\.rules:2:\d+: error: .*helo\.nam', r'site\.rules:3:1: error',
                  r'site\.rules:4:\d+: error', 'no last good configuration')


def test_rule_files():
    """rule and list files that are unreadable, world-writable, folders or missing"""
    for spoil, words in ((lambda p: os.chmod(p, 0o666), 'world-writable'),
                         (lambda p: os.chmod(p, 0o600), r'Permission denied'),
                         (os.remove, 'no such file'),
                         (lambda p: (os.remove(p), os.mkdir(p)), 'folder')):
        for name in ('rules/site.rules', 'rules/bad-hosts'):
            with Home('list bad domains file "bad-hosts"\nrule BAD when helo.name in bad score 1\n') as h:
                h.write('rules/bad-hosts', 'x.example\n')
                spoil(h.path(name))
                h.refused('%s.*%s|there is no rule file .*%s' % (
                    re.escape(os.path.basename(name)), words, re.escape(name)))


def test_unreadable():
    """check says what the service user could not read, though root can, and the start is refused for it"""
    for name in ('rules/site.rules', 'rules/bad-hosts', 'rules', 'postern.conf'):
        with Home('list bad domains file "bad-hosts"\nrule BAD when helo.name in bad score 1\n') as h:
            h.write('rules/bad-hosts', 'x.example\n')
            status, text = h.tool('check')
            check(status == 0 and 'could not read' not in text, text)
            os.chmod(h.path(name), 0o700)
            status, text = h.tool('check')
            check(status == 77 and re.search("user 'nobody' could not read .*%s.*Permission denied" % name, text),
                  '%d %s' % (status, text))
            h.refused('%s.*Permission denied' % name)


def test_users():
    """a service user that does not exist or is root, a socket group that does not exist"""
    with Home() as h:
        h.again(settings='user no-such-user\n').refused("no user 'no-such-user'", 'adduser')
        h.again(settings='user root\n').refused("user 'root' is root")
        for what in ('socket-owner no-such', 'socket-group no-such'):
            h.again(settings='listener main milter unix:%s\n    %s\n' % (h.socket, what)).refused(
                r"postern\.conf:\d+: error: listener main: .*'no-such'")


def test_socket_taken():
    """the socket's path or port in use by another program, or by something that is no socket"""
    with Home() as h, socket.socket(socket.AF_UNIX) as other, socket.socket() as tcp:
        other.bind(h.socket)
        other.listen(1)
        tcp.bind(('127.0.0.1', 0))
        tcp.listen(1)
        h.refused('another program is listening on ' + re.escape(h.socket))
        check(stat.S_ISSOCK(os.stat(h.socket).st_mode), "the other program's socket is gone")
        port = tcp.getsockname()[1]
        h.again(settings='listener main milter inet:%d@127.0.0.1\n' % port).refused(
            r'another program is listening on inet:%d@127\.0\.0\.1' % port)
        h.again(settings='listener main milter inet:%d@192.0.2.1\n' % port).refused(
            'does not have that address')
        other.close()
        os.remove(h.socket)
        h.write('mta/postern.sock', 'precious')
        h.again().refused('exists and is not a socket')
        check(h.read('mta/postern.sock') == 'precious', 'the file was touched')


def test_socket_folder():
    """the socket's folder is made, the one above is not; a folder that is open to all is refused"""
    with Home() as h:
        sock = h.path('deep/er/x.sock')
        h.again(settings='listener main milter unix:%s\n' % sock).refused('folder above .*does not exist')
        os.mkdir(h.path('open'))
        os.chmod(h.path('open'), 0o777)
        h.again(settings='listener main milter unix:%s\n' % h.path('open/x.sock')).refused(
            'must belong to root and not be writable for all')
        os.mkdir(h.path('deep'))
        h.again(settings='listener main milter unix:%s\n    socket-group postfix\n' % sock)
        h.start_daemon()
        mode = os.stat(h.path('deep/er')).st_mode & 0o777
        check(mode == 0o750, 'the folder has mode %o' % mode)
        h.socket = sock
        h.serves()


def test_dead_socket():
    """a dead socket in the way, of a daemon that was killed, is replaced"""
    with Home() as h:
        dead = socket.socket(socket.AF_UNIX)
        dead.bind(h.socket)
        dead.close()
        h.start_daemon()
        h.serves()


def test_folders():
    """run-dir and state-dir that cannot be made: said with the path"""
    with Home() as h:
        for name in ('run-dir', 'state-dir'):
            h.write('file', '')
            h.again(settings='%s "%s"\n' % (name, h.path('file'))).refused(re.escape(h.path('file')))
            h.again(settings='%s "%s"\n' % (name, h.path('a/b/c'))).refused(re.escape(h.path('a/b/c')))


def test_long_path():
    """a path that is too long for a socket: said, and no socket is made under another name"""
    with Home() as h:
        long = h.path('x' * 100)
        h.again(settings='run-dir "%s"\n' % long).refused('too long.*' + long, status=71)
        h.again(settings='listener main milter unix:%s/x.sock\n' % long).refused(
            r'postern\.conf:\d+:\d+: error: .*at most 107 bytes')


def test_second():
    """a second daemon on the same run-dir ends and leaves the first alone"""
    with Home() as h:
        h.start_daemon()
        for settings in ('', 'listener main milter unix:%s\n' % h.path('mta/other.sock')):
            status, text = h.again(settings=settings).run()
            check(status == 71, 'status %d' % status)
            check('another program is listening on ' + h.path('run/control.sock') in text, text)
            h.again().serves()
        check('serving' in h.tool('status', '-v')[1], h.tool('status', '-v'))
        check(h.tool('reload')[0] == 0, 'reload')


def test_usage():
    """wrong options end with 64 and the usage"""
    for argv in (['daemon', '-x'], ['daemon', 'x'], ['status', '-x'], ['check', '-x'], ['nonsense'], []):
        p = subprocess.run([BINARY] + argv, capture_output=True, text=True, timeout=20)
        check(p.returncode == 64 and 'usage' in p.stderr, '%s: %d %s' % (argv, p.returncode, p.stderr))
    p = subprocess.run([BINARY, 'daemon', '--help'], capture_output=True, text=True, timeout=20)
    check(p.returncode == 0 and '-c FILE' in p.stdout, p.stdout)


def test_away():
    """status, reload, off and on without a daemon: 69, and what to do"""
    with Home() as h:
        for tool in ('status', 'reload', 'off', 'on'):
            status, text = h.tool(tool)
            check(status == 69, 'status %d' % status)
            check('no daemon at ' + h.path('run/control.sock') in text, text)
        h.start_daemon()
        p = subprocess.run([BINARY, 'off', '-c', h.path('postern.conf')], capture_output=True, text=True,
                           timeout=20, user='postfix', group='postfix', extra_groups=[])
        check(p.returncode == 77 and 'only root' in p.stderr, '%d %s' % (p.returncode, p.stderr))
        check('off' not in h.tool('status', '-v')[1].split('\n')[0], 'it was switched off')


def test_mta_access():
    """check tells whether the MTA's user can reach the socket, as it really is"""
    with Home() as h:
        h.start_daemon()
        check(h.tool('check')[0] == 0, h.tool('check'))
        h.serves()
        os.chmod(h.path('mta'), 0o700)
        status, text = h.tool('check')
        check(status == 77 and 'can NOT connect' in text and 'folder' in text, '%d %s' % (status, text))
        os.chmod(h.path('mta'), 0o755)
        os.chown(h.socket, 0, 0)
        status, text = h.tool('check')
        check(status == 77 and 'can NOT connect' in text and 'socket-group' in text, '%d %s' % (status, text))
        check(h.tool('reload')[0] == 0 and h.tool('check')[0] == 0, 'a reload does not mend the owner')


# ---- while it runs ----

def test_hup():
    """SIGHUP reloads; a broken file is refused, logged and shown by status, and the old rules serve on"""
    with Home() as h:
        h.start_daemon()
        h.write('rules/site.rules', 'language 1\nrule NEW when mail.local = "joe" reject 550 5.7.1 "new"\n')
        h.daemon.send_signal(signal.SIGHUP)
        wait_for('the new rules', lambda: h.judge().text.startswith('550 5.7.1 new'))
        h.write('rules/site.rules', 'language 1\nrul\n')
        h.daemon.send_signal(signal.SIGHUP)
        h.logged(r'event=reload-refused .*site\.rules:2')
        check(h.judge().text.startswith('550 5.7.1 new'), 'the old rules are gone')
        text = h.tool('status', '-v')[1]
        check('refused' in text and 'site.rules:2' in text, text)


def test_hup_storm():
    """fifty SIGHUPs at once end with one daemon that serves"""
    with Home() as h:
        h.start_daemon()
        for n in range(50):
            h.daemon.send_signal(signal.SIGHUP)
            time.sleep(0.01)
        h.serves()
        wait_for('rest', lambda: h.tool('status', '-v')[1].count('milter-main') == 1)
        check(h.daemon.poll() is None, 'it ended')
        h.serves()


def test_stop_early():
    """SIGTERM at any moment of the start ends it in order"""
    with Home() as h:
        for ms in (0, 5, 20, 50, 100, 200):
            h.start_daemon(wait=False)
            time.sleep(ms / 1000)
            h.daemon.send_signal(signal.SIGTERM)
            status = h.daemon.wait(15)
            # Before it takes signals, SIGTERM ends it as any process.
            check(status in (0, -signal.SIGTERM), 'after %d ms: status %s' % (ms, status))
        h.start_daemon()
        h.serves()


def test_log_targets():
    """log: stderr, the journal's priorities, syslog; -f is always stderr"""
    with Home() as h:
        h.start_daemon()
        h.judge()
        h.logged(r'(?m)^milter-main\[\d+\]: info: event=transaction ')
        h.end(h.daemon)
        os.remove(h.path('log/postern'))
        h.again(settings='log journal\n').start_daemon()
        h.judge()
        h.logged(r'(?m)^<6>milter-main\[\d+\]: info: event=transaction ')
        plain = re.search(r'(?m)^[^<].*', h.read('log/postern'))
        check(not plain, 'a line without priority: %s' % plain)
        h.end(h.daemon)
        os.remove(h.path('log/postern'))
        h.again(settings='log syslog\n').start_daemon()
        h.judge()
        h.end(h.daemon)
        check('event=' not in h.read('log/postern'), h.read('log/postern'))
        h.again(settings='log syslog\nlog-level error\n')
        h.daemon = h.spawn([BINARY, 'daemon', '-f', '-c', h.path('postern.conf')], 'postern')
        wait_for('daemon', lambda: 'up' in h.tool('status', '-v')[1])
        h.judge()
        os.kill(h.worker(), signal.SIGKILL)
        h.logged(r'(?m)^postern\[\d+\]: error: event=ended .*signal 9')
        check('info:' not in h.read('log/postern'), 'log-level error: ' + h.read('log/postern'))


def test_evidence_moved():
    """an evidence file that was moved away: the next record begins a new one, 0640"""
    with Home() as h:
        h.start_daemon()
        h.judge('one@good.example.com')
        wait_for('a record', lambda: 'one@good.example.com' in h.read('evidence/records'))
        os.rename(h.path('evidence/records'), h.path('evidence/records.1'))

        def moved():
            h.judge('two@good.example.com')
            return os.path.exists(h.path('evidence/records'))
        wait_for('a new file', moved)
        check(os.stat(h.path('evidence/records')).st_mode & 0o777 == 0o640, 'mode')
        check([r['from'] for r in h.records()][-1] == 'two@good.example.com', h.records())


def test_evidence_unwritable():
    """evidence that cannot be written, whatever is in its way: mail flows, one warning"""
    for spoil in (lambda p: os.chown(p, 0, 0), os.rmdir, lambda p: os.mkdir(p + '/records'),
                  lambda p: os.symlink('/etc/passwd', p + '/records'), lambda p: os.mkfifo(p + '/records')):
        with Home() as h:
            spoil(h.path('evidence'))
            before = os.stat('/etc/passwd').st_size
            h.start_daemon()
            for _ in range(5):
                h.serves()
            h.logged('event=evidence-lost')
            check(h.read('log/postern').count('event=evidence-lost') == 1, h.read('log/postern')[-1500:])
            check(re.search(r'evidence-lost 5\b', h.tool('status', '-v')[1]), h.tool('status', '-v')[1])
            check(os.stat('/etc/passwd').st_size == before, 'it followed a link')


def test_state_unwritable():
    """a state-dir that cannot be written any more: mail flows, memory carries on for the file, and it is said"""
    with Home('rule GREY  when mail.local = "joe"  greylist\nthreshold tag 6\n', 'greylist-wait 1s\n') as h:
        h.start_daemon()
        check(h.judge().text.startswith('451 4.7.1 greylisted'), 'no greylist')
        os.chown(h.path('state'), 0, 0)
        os.chmod(h.path('state'), 0o700)
        os.kill(h.worker('store'), signal.SIGKILL)
        for _ in range(3):
            wait_for('mail to pass', lambda: h.judge().kind == CONTINUE)  # its wait is over
        h.logged('store.*' + re.escape(h.path('state')))
        check(h.read('log/postern').count('event=store-') < 20, h.read('log/postern')[-3000:])
        r = h.record('joe@good.example.com')
        check('grey.state' in r['unknown'] or 'GREY' in r['unknown'] or r['facts'].get('grey.state'), r)


def test_run_dir_gone():
    """the run-dir emptied while it runs: sessions go on, a reload is refused or works, nothing crashes"""
    with Home() as h:
        h.start_daemon()
        subprocess.run(['rm', '-rf', h.path('run/gen-1'), h.path('run/work')], check=True)
        h.serves()
        status, text = h.tool('reload')
        check(status in (0, 1), '%d %s' % (status, text))
        h.serves()
        check(h.daemon.poll() is None, 'it ended')


def test_relative():
    """-c with a relative path, and paths in it that are relative to the file"""
    with Home() as h:
        text = h.read('postern.conf').replace(h.path('rules/site.rules'), 'rules/site.rules')
        h.write('postern.conf', text)
        h.daemon = h.spawn([BINARY, 'daemon', '-c', 'postern.conf'], 'postern', cwd=h.base)
        wait_for('daemon', lambda: 'up' in h.tool('status', '-v')[1])
        h.serves()
        check(h.tool('reload')[0] == 0, 'reload')


def test_many_listeners():
    """sixteen listeners serve, seventeen are refused"""
    with Home() as h:
        lines = ['listener l%d milter inet:%d@127.0.0.1\n' % (n, free_port()) for n in range(17)]
        h.again(settings=''.join(lines)).refused('at most 16 listeners')
        h.again(settings=''.join(lines[:15])).start_daemon()
        port = re.search(r'inet:(\d+)', lines[14]).group(1)
        with Milter('inet:%s@127.0.0.1' % port) as m:
            m.open(client='192.0.2.10', helo='x.example')
            answer = m.message('a@good.example.com', ['kim@rcpt.example'], [('From', ' a@x.y')])
            check(answer.kind == CONTINUE, answer)


def run():
    return main([v for k, v in sorted(globals().items()) if k.startswith('test_')])


if __name__ == '__main__':
    sys.exit(run())
