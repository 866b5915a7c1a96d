# SPDX-License-Identifier: BSD-2-Clause
"""The table FAILURES of postern.conf(5), of store and Redis: greylist and limits of inbound, outbound and trusted mail,
each while they are slow, down, full, read-only or corrupt.

Goal: mail flows as the table says; a counter rises; the log has one warning and, when it is over, one notice.
Resolver, DNS lists and backends: 32-failures.
"""
import contextlib
import os
import re
import signal
import subprocess
import sys

from failure_site import KINDS, FailureSite
from site_env import BINARY, ROOT, check, free_port, listening, main, wait_for

RULES = '''
threshold greylist 2, tag 6
rule SUSPECT   when mail.domain = plain.example.net  score 3
rate sent messages by mail.from per 1h
rule MANY      scope any when rate.sent > 2 and mail.domain != plain.example.net defer 450 4.7.1 "more than 2"
'''
REDIS = '''
store-timeout 5s
redis-servers {{ 127.0.0.1@{0} }}
redis-timeout 1s
'''
KNOWN = 'known@plain.example.net'  # to the greylist
site = None
full = {}  # by kind: a sender who has sent all that he may


# ---- the store ----

def counted(sender):
    out = site.tool('rates', 'show', 'sent', sender)[1].split()
    return int(out[0]) if out and out[0].isdigit() else 0


def limited(kind, sender):
    """He has sent all that he may; a trusted relay is not refused."""
    if kind == 'trusted':
        r = site.flows(kind, sender)
        check(r['tagged'], (kind, r))
    else:
        last, _ = site.post(kind, sender)
        check(last.startswith('450 4.7.1 more than 2'), (kind, last))


def reach_limit(kind):
    """Two messages pass, and no third."""
    sender = site.fresh(kind)
    for i in 1, 2:
        r = site.flows(kind, sender)
        check(not r['tagged'] and 'rate.sent' not in r['unknown'], (kind, r))
        wait_for('the count', lambda: counted(sender) == i)
    limited(kind, sender)
    return sender


def stranger(sender=None):
    """Mail from a network that nobody answers for: its senders are known one by one. This one is new."""
    return site.post('inbound', sender or 'new%d@plain.example.net' % next(site.numbers), hop='192.0.2.33')[0]


def greylists():
    """Somebody new waits, as soon as the store is asked again."""
    wait_for('greylisting', lambda: stranger().startswith('451'))


def remembers(senders):
    """What was learned before holds."""
    check(stranger(KNOWN).startswith('250'), 'who was known waits again')
    site.each(lambda kind: limited(kind, senders[kind]))


def written():
    """Until all that was learned is in the file: then it may die."""
    began = os.stat(site.path('state/store.db-wal')).st_mtime_ns
    wait_for('a commit', lambda: stranger() and os.stat(
        site.path('state/store.db-wal')).st_mtime_ns > began)


def unlimited():
    """Nothing is remembered, and that is what is unknown: nobody waits, no limit holds."""
    warnings = site.warned('store-away')
    for r in site.each(lambda kind: site.flows(kind, full[kind])).values():
        check({'rate.sent', 'MANY'} <= set(r['unknown']) and not r['tagged'], r)
    check(stranger().startswith('250'), 'somebody new waits')
    wait_for('a warning', lambda: stranger() and site.warned('store-away') > warnings)


def test_40_store():
    """limits and greylist: two messages and no third"""
    wait_for('passing the greylist', lambda: stranger(KNOWN).startswith('250'))
    full.update(site.each(reach_limit))
    greylists()
    remembers(full)


@contextlib.contextmanager
def store_fails():
    """Counters rise; what was learned holds when the store is asked again."""
    before = {key: site.status(key) for key in ('store-failures', 'passed-without-store')}
    with site.told('store-away', 'store-back'):
        yield
        greylists()
        remembers(full)
    for key, value in before.items():
        check(site.status(key) > value, key)


def test_41_slow():
    """a store process that does not answer: mail passes without greylist and limits, which hold again after it"""
    with store_fails():
        pid = site.worker('store')
        os.kill(pid, signal.SIGSTOP)
        try:
            unlimited()
        finally:
            os.kill(pid, signal.SIGCONT)


def test_42_down():
    """a store process that cannot be reached: the same"""
    site.end(site.daemon)
    site.start_daemon()  # it warns anew
    with store_fails():
        os.rename(site.path('run/store.sock'), site.path('run/away.sock'))
        os.kill(site.worker('store'), signal.SIGKILL)
        try:
            unlimited()
        finally:
            os.rename(site.path('run/away.sock'), site.path('run/store.sock'))


def memory_serves(spoil, mend):
    """What was learned before holds, and what is learned meanwhile, too."""
    warnings = site.warned('store-in-memory')
    with site.told('store-in-memory', 'store-in-file'):
        spoil()
        wait_for('a warning', lambda: stranger() and site.warned('store-in-memory') > warnings)
        wait_for('status', lambda: site.status('in-memory') == 1)
        greylists()
        remembers(full)
        senders = site.each(reach_limit)
        check(site.status('file-failures') > 0, 'file-failures')
        mend()
    site.each(lambda kind: limited(kind, senders[kind]))


def fill():
    with open(site.path('state/ballast'), 'wb', buffering=0) as f, contextlib.suppress(OSError):
        while f.write(b'x' * 4096) == 4096:
            pass


def test_50_full():
    """a full disk: all is as ever, for inbound, outbound and trusted mail"""
    written()
    memory_serves(fill, lambda: os.unlink(site.path('state/ballast')))


def test_51_ill_disk():
    """a disk that takes no more writes from the open file: the same"""
    written()
    memory_serves(lambda: site.write('ill', ''), lambda: os.unlink(site.path('ill')))


def remount(how):
    wait_for('a remount ' + how, lambda: subprocess.run(
        ['mount', '-o', 'remount,' + how, site.path('state')], stderr=subprocess.DEVNULL).returncode == 0)


def test_52_read_only():
    """a file system that is read-only when the daemon starts: the same"""
    written()

    def spoil():
        site.end(site.daemon)
        remount('ro')
        site.start_daemon()
    memory_serves(spoil, lambda: remount('rw'))


def test_53_read_only():
    """a file system that is read-only when a store process that died is started again: the same"""
    written()

    def spoil():
        pid = site.worker('store')
        os.kill(site.daemon.pid, signal.SIGSTOP)  # it does not see it yet
        os.kill(pid, signal.SIGKILL)
        try:
            remount('ro')
        finally:
            os.kill(site.daemon.pid, signal.SIGCONT)
    memory_serves(spoil, lambda: remount('rw'))


def test_54_corrupt():
    """a database overwritten with garbage: set aside, one warning, greylist and limits begin anew"""
    warnings = site.warned('store-')
    with open(site.path('state/store.db'), 'r+b') as f:
        f.write(b'this is no database ' * 500)
    wait_for('a warning', lambda: stranger() and site.warned('store-broken'))
    wait_for('the empty file', lambda: stranger(KNOWN).startswith('451'))
    for kind in KINDS:
        r = site.flows(kind, full[kind])
        check(not r['tagged'] and 'rate.sent' not in r['unknown'], (kind, r))
    site.each(reach_limit)
    check(site.warned('store-') == warnings + 1, 'not one warning')


# ---- Redis ----

def start_redis(port):
    redis = site.spawn(['/usr/bin/redis-server', '--bind', '127.0.0.1', '--port', str(port), '--save', '', '--appendonly',
                        'no'], 'redis', cwd=site.base)
    wait_for('Redis', lambda: listening(port))
    return redis


def test_60_redis():
    """a Redis that is slow, full, read-only or down: all is as ever"""
    port = free_port()
    redis = start_redis(port)

    def ask(*words):
        subprocess.run(['/usr/bin/redis-cli', '-p', str(port)] + list(words), check=True, capture_output=True, timeout=30)
    faults = (
        (lambda: os.kill(redis.pid, signal.SIGSTOP), lambda: os.kill(redis.pid, signal.SIGCONT)),
        (lambda: ask('CONFIG', 'SET', 'maxmemory', '1'), lambda: ask('CONFIG', 'SET', 'maxmemory', '0')),
        (lambda: ask('REPLICAOF', '127.0.0.1', '1'), lambda: ask('REPLICAOF', 'NO', 'ONE')),
        (lambda: site.end(redis, signal.SIGKILL), lambda: start_redis(port)))
    site.end(site.daemon)
    site.configure(rules=RULES, settings=site.settings.replace('store-timeout 2s\n', '') + REDIS.format(port))
    site.start_daemon()
    wait_for('Redis', lambda: site.said('redis-up'))
    wait_for('passing the greylist', lambda: stranger(KNOWN).startswith('250'))
    learned = site.each(reach_limit)
    for spoil, mend in faults:
        warnings = site.warned('redis-away')
        with site.told('redis-away', 'redis-up'):
            spoil()
            remembers(learned)
            site.each(reach_limit)
            wait_for('a warning', lambda: stranger() and site.warned('redis-away') > warnings)
            wait_for('status', lambda: site.status('redis-up') == 0)
            mend()
            wait_for('Redis again', lambda: site.status('redis-up') == 1)
    check(site.warned('redis-') == len(faults), 'other warnings')


# ---- the site ----

def has_small_disk(path):
    return not subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path], stderr=subprocess.DEVNULL).returncode


def load_ill_disk():
    """A disk that a file named `ill` makes ill."""
    shim = site.path('ill_disk.so')
    subprocess.run(['cc', '-shared', '-fPIC', '-o', shim, ROOT + '/tests/lib/preload/ill_disk.c'], check=True, timeout=60)
    site.env = dict(os.environ, LD_PRELOAD=shim, ILL_DISK=site.path('ill'))


def run():
    global site
    tests = [v for k, v in sorted(globals().items()) if k.startswith('test_')]

    def leave_out(names, why):
        print('skip: scenario/33-memory-failures: %s: %s' % (', '.join(x.__name__ for x in names), why))
        tests[:] = [t for t in tests if t not in names]
    with FailureSite('memory') as site:
        if '/san-' in BINARY:
            leave_out([test_51_ill_disk], 'a sanitizer wants to be loaded first')
        else:
            load_ill_disk()
        small = has_small_disk(site.path('state'))
        if not small:
            leave_out([test_50_full, test_52_read_only, test_53_read_only], 'no file system can be mounted')
        try:
            site.begin(RULES)
            return main(tests)
        finally:
            site.close(keep=True)
            if small:
                subprocess.run(['umount', '-l', site.path('state')], stderr=subprocess.DEVNULL)


if __name__ == '__main__':
    sys.exit(run())
