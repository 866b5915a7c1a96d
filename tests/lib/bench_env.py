# SPDX-License-Identifier: BSD-2-Clause
"""bench_env -- a private site (site_env) whose filters bench/mta sends mail to, and what that costs them.

The first argument of the program is the folder with postern and bench/; default build.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, 'build'))
os.environ['POSTERN'] = BUILD + '/postern'
tempfile.tempdir = '/dev/shm' if os.path.isdir('/dev/shm') else None  # not to measure the disk

import mailset                                      # noqa: E402
from site_env import Failure, Site, wait_for        # noqa: E402

PATIENCE = 120  # seconds that no step may last longer
TICK = os.sysconf('SC_CLK_TCK')


def cpu_seconds(pids):
    """user + sys of these processes so far."""
    ticks = 0
    for pid in pids:
        with open('/proc/%d/stat' % pid) as f:
            fields = f.read().rsplit(')', 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def private_mb(pids):
    kb = 0
    for pid in pids:
        with open('/proc/%d/smaps_rollup' % pid) as f:
            kb += sum(int(n) for n in re.findall(r'^Private_(?:Clean|Dirty): +(\d+)', f.read(), re.M))
    return kb / 1024


class Run:
    """What one run of bench/mta said, and the CPU of the filter in milliseconds a message."""

    def __init__(self, text, cpu):
        figures, results = text.splitlines()
        n, self.rate, self.p50, self.p99, self.worst, self.refused = map(float, figures.split())
        self.cpu = cpu * 1000 / n
        self.passed = {k: int(v) for k, v in re.findall(r'(\w+)=pass (\d+)', results)}


class Bench(Site):
    NEGATIVE_TTL = mailset.TTL

    def mta(self, socket, connections, messages):
        return subprocess.Popen([BUILD + '/bench/mta', socket, str(connections), str(messages), self.mails],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def load(self, socket, pids, connections, messages, while_it_runs=lambda: None, seconds=0):
        before = cpu_seconds(pids())
        p = self.mta(socket, connections, messages)
        while_it_runs()
        text = p.communicate(timeout=seconds + PATIENCE)[0]
        if p.returncode:
            raise Failure('bench/mta ended with %d' % p.returncode)
        return Run(text, cpu_seconds(pids()) - before)

    def make_mails(self, build):
        """Fills a folder for bench/mta with this function; its first result is the zone."""
        self.mails = self.path('mails')
        os.mkdir(self.mails)
        return build(self.mails)

    # ---- the filters ----

    def start_null(self):
        self.null_socket = self.path('mta/null.sock')
        self.null = self.spawn([BUILD + '/bench/null_milter', 'unix:' + self.null_socket], 'null')
        wait_for('null milter', lambda: os.path.exists(self.null_socket))
        os.chmod(self.null_socket, 0o666)

    def null_run(self, connections, messages):
        return self.load(self.null_socket, lambda: [self.null.pid], connections, messages)

    def postern_run(self, connections, messages, while_it_runs=lambda: None, seconds=0):
        return self.load(self.socket, self.processes, connections, messages, while_it_runs, seconds)

    def fresh(self):
        """A new worker whose caches are empty; the old one has gone."""
        old = set(self.processes())
        self.reload()
        wait_for('end of the old worker', lambda: len(self.processes()) == len(old))

    def reload(self):
        status, text = self.tool('reload')
        if status:
            raise Failure('reload: ' + text)


def say(*columns):
    print('%-34s' % columns[0] + ' '.join('%9s' % c for c in columns[1:]), flush=True)


def run(main):
    """Runs a program, and ends what it started also when it is ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('ended'))
    try:
        main()
    except (Failure, subprocess.SubprocessError) as e:
        sys.exit('%s: %s' % (sys.argv[0], e))
