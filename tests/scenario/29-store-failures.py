# SPDX-License-Identifier: BSD-2-Clause
"""What the store's failures cost: mail flows, one warning, a counter; and all is as before when they are over."""
import contextlib
import os
import re
import signal
import subprocess
import sys

import parity
from mailworld import ZONE
from site_env import Site, check, main, message, wait_for

RULES = '''
threshold greylist 2, tag 6
rule SUSPECT   when mail.domain = plain.example.net   score 3
'''
FROM = dict(client='192.0.2.33', helo='mx.plain.example.net')  # whose hosts nobody answers for: senders are known one by one
SETTINGS = 'greylist-wait 1s\nstore-timeout 1s\n'
BROKEN, MEMORY, FILE = 'warning: event=store-broken', 'warning: event=store-in-memory', 'event=store-in-file'
site = None


def attempt(sender):
    data, mark = message(sender)
    out = site.send(sender=sender, rcpt=['kim@rcpt.example'], message=data, **FROM)
    return out['last'], mark


def passes(sender):
    """Tries until the greylist lets it pass; what the first try heard."""
    heard = []

    def passed():
        last, mark = attempt(sender)
        heard.append(last)
        return last.startswith('250') and mark
    site.delivered(wait_for('passing the greylist', passed))
    return heard[0]


def fresh():
    """A sender that nobody knows tries."""
    fresh.n = getattr(fresh, 'n', 0) + 1
    return attempt('fresh%d@plain.example.net' % fresh.n)[0]


def greylists():
    """A worker asks a store that was away again after a while."""
    wait_for('greylisting', lambda: fresh().startswith('451'))


def waits(sender):
    greylists()
    check(passes(sender).startswith('451 4.7.1 greylisted'), 'no wait')


def known(sender):
    last, mark = attempt(sender)
    check(last.startswith('250'), 'who was known waits again: ' + last)
    site.delivered(mark)


def logged(what):
    return site.read('log/postern').count(what)


def warnings():
    """Of its file. Who asks when it is killed finds it away: that is another's warning."""
    return len(re.findall(r'(warning|error): event=store-(?!away)', site.read('log/postern')))


def status(key):
    found = re.findall(r'\b%s (\d+)' % key, site.tool('status', '-v')[1])
    check(found, 'no %s in status' % key)
    return sum(int(n) for n in found)


def aside():
    return [name for name in os.listdir(site.path('state')) if name.startswith('store.db.broken-') and '-wal' not in name]


def written():
    """Until all that was learned is in the file: then it may die."""
    began = os.stat(site.path('state/store.db-wal')).st_mtime_ns

    def touched():
        fresh()
        return os.stat(site.path('state/store.db-wal')).st_mtime_ns > began
    wait_for('a commit', touched)


# ---- a file that cannot be written ----

def test_1_disk_full():
    """a full disk: who is known stays known, who is new waits once, and the file gets it when there is room"""
    waits('before@plain.example.net')
    written()
    with open(site.path('state/ballast'), 'wb', buffering=0) as f, contextlib.suppress(OSError):
        while f.write(b'x' * 4096) == 4096:
            pass
    wait_for('a warning', lambda: fresh() and logged(MEMORY) == 1)
    known('before@plain.example.net')
    waits('meanwhile@plain.example.net')
    wait_for('status', lambda: status('in-memory') == 1)
    check(status('file-failures') == 1, 'the counter')
    check(warnings() == 1, 'more than one warning')
    os.unlink(site.path('state/ballast'))
    wait_for('the file again', lambda: logged(FILE) == 1)
    os.kill(site.worker('store'), signal.SIGKILL)
    greylists()
    known('meanwhile@plain.example.net')
    known('before@plain.example.net')


def test_2_unwritable():
    """a state directory that cannot be entered: memory serves, and the file takes over what it learned"""
    n, times, pid = warnings(), logged(FILE), site.worker('store')
    os.kill(pid, signal.SIGSTOP)  # it must not see the change, and say so, before it dies
    mode = os.stat(site.path('state')).st_mode & 0o7777
    os.chmod(site.path('state'), 0)
    try:
        os.kill(pid, signal.SIGKILL)
        wait_for('a warning', lambda: fresh() and logged('why="Permission denied"') == 1)
        waits('unwritable@plain.example.net')
        known('unwritable@plain.example.net')
        check(warnings() == n + 1, 'more than one warning')
    finally:
        os.chmod(site.path('state'), mode)
    wait_for('the file again', lambda: logged(FILE) == times + 1)
    known('unwritable@plain.example.net')
    known('before@plain.example.net')


# ---- a file that others spoil ----

def scribble(path):
    with open(path, 'r+b') as f:
        f.write(b'this is no database ' * 500)


def cut(path):
    os.truncate(path, 100)


def spoilt_while_it_runs(spoil):
    n, broken = warnings(), logged(BROKEN)
    sender = 'running-%s@plain.example.net' % spoil.__name__
    waits(sender)
    spoil(site.path('state/store.db'))
    wait_for('a warning', lambda: fresh() and logged(BROKEN) == broken + 1)
    waits(sender)
    known(sender)
    check(warnings() == n + 1, 'more than one warning')
    check(len(aside()) == 1, 'not set aside: %s' % aside())
    os.unlink(site.path('state', aside()[0]))


def spoilt_while_it_stands(spoil):
    sender = 'standing-%s@plain.example.net' % spoil.__name__
    waits(sender)
    site.end(site.daemon)
    broken = logged(BROKEN)
    spoil(site.path('state/store.db'))
    site.start_daemon()
    waits(sender)
    known(sender)
    check(logged(BROKEN) == broken + 1 and len(aside()) == 1, 'not set aside, or not once: %s' % aside())
    os.unlink(site.path('state', aside()[0]))


def restart():
    """A bad disk must not fill with what is set aside: within a minute only a new process does it again."""
    old = site.worker('store')
    os.kill(old, signal.SIGKILL)
    site.other_worker('store', old)
    greylists()


def test_3_garbage():
    """a database overwritten with garbage while it runs: set aside, one warning, greylisting begins anew"""
    spoilt_while_it_runs(scribble)


def test_4_cut():
    """a database cut short while it runs: the same"""
    restart()
    written()
    spoilt_while_it_runs(cut)


def test_5_cut_before():
    """a database cut short before the start: the same"""
    spoilt_while_it_stands(cut)


def test_6_garbage_before():
    """garbage in place of the database at the start: the same"""
    spoilt_while_it_stands(scribble)


# ---- a process that does not answer: behind both front-ends ----

def unknown(sender):
    """Mail passes, and the evidence names what is not known."""
    last, mark = attempt(sender)
    check(last.startswith('250'), last)
    site.delivered(mark)
    r = site.record(sender)
    check('grey.state' in r['unknown'] and r['verdict'] == 'accept', r)


def test_stopped():
    """with the store process stopped mail passes, named as unknown; a counter rises; one warning, one line after"""
    before = status('passed-without-store'), status('store-failures')
    pid = site.worker('store')
    os.kill(pid, signal.SIGSTOP)
    try:
        for i in range(5):
            unknown('stopped%d@plain.example.net' % i)
        check(warnings() == 0 and logged('warning: event=store-away') == 1, 'not one warning')
        check(status('passed-without-store') == before[0] + 5, 'passed-without-store')
        check(status('store-failures') > before[1], 'store-failures')
    finally:
        os.kill(pid, signal.SIGCONT)
    greylists()
    check(logged('event=store-back') == 1, 'no store-back')


def test_killed():
    """the store process killed: started again at once, and greylisting with it"""
    old = site.worker('store')
    os.kill(old, signal.SIGKILL)
    site.other_worker('store', old)

    def again():
        last = fresh()
        check(last[:3] in ('250', '451'), last)
        return last.startswith('451')
    wait_for('greylisting again', again)


# ---- the sites ----

@contextlib.contextmanager
def world(front):
    global site
    with Site(zone=ZONE, name='store', front=front) as site:
        site.start(rules=RULES, settings=SETTINGS.replace('store-timeout 1s', 'store-timeout 200ms'))
        yield site


class Fresh:
    """Senders whose number depends on the clock."""

    def __contains__(self, sender):
        return sender.startswith('fresh')


def on_small_disk():
    global site
    with Site(zone=ZONE, name='store') as site:
        path = site.path('state')
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], stderr=subprocess.DEVNULL).returncode:
            print('skip: scenario/29-store-failures: no file system can be mounted: the disk is never full')
            return 0
        try:
            site.start(rules=RULES, settings=SETTINGS)
            return main([v for k, v in sorted(globals().items()) if re.match(r'test_\d', k)])
        finally:
            site.close(keep=True)
            subprocess.run(['umount', '-l', path], stderr=subprocess.DEVNULL)


def run():
    return on_small_disk() | parity.both(world, [test_stopped], alone=[test_killed], but=Fresh())


if __name__ == '__main__':
    sys.exit(run())
