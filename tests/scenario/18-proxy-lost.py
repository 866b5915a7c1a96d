# SPDX-License-Identifier: BSD-2-Clause
"""Nothing is lost: backend and worker fail at each point of a table, and every message is counted.

Goal: what a client heard 250 for, the backend has stored; what it was refused, or what broke off before its end, the
backend has not, or could not say that it has; nothing is stored in part, twice from one attempt, or mixed with another.

    RUNS=1080      so many runs, each row of the table equally often; default: each row once
    SEED=N         the same runs again (the seed is printed when one fails)
    ONLY=N         that run alone
    ROW="dot full"  that row alone
"""
import collections
import glob
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

from careful_client import Ended, Mail, Style, send
from dnsserver import Server
from site_env import Failure, Site, check, free_port, listening, main, open_files, wait_for

ATTEMPTS = 4          # that a client makes
SPOOL_MEMORY = 16384  # beyond, a message is in a file
SPOOL_FOLDER = 6      # MB; what is larger finds the disk full
OLD = 12              # seconds: a worker that lived so long is replaced at once, however often
ONCE, ALWAYS = 1, 99

ZONE = '''
slow.example. A 192.0.2.1
*.slow.example. TXT "v=DMARC1; p=none"
'''
RULES = 'rule ANSWERED when dmarc = fail score 0.1\n'

# What the backends can do: every way to pass a message on.
LANES = [dict(identity=i, tls=t, keywords=k.split()) for i, t, k in (
    ('xclient', 'none', 'PIPELINING CHUNKING'), ('proxy-v1', 'none', 'PIPELINING'), ('proxy-v2', 'required', 'CHUNKING'),
    ('proxy-v1', 'opportunistic', ''), ('xclient', 'opportunistic', 'PIPELINING'),
    ('proxy-v2', 'none', 'PIPELINING CHUNKING'), ('xclient', 'none', ''), ('proxy-v1', 'required', 'PIPELINING CHUNKING'))]
SPARED = (5, 6)  # lanes with a second backend, which is well
ALL = set(range(len(LANES)))
ALONE = ALL - set(SPARED)
PROXY = {i for i in ALL if LANES[i]['identity'] != 'xclient'}
TLS = {i for i in PROXY if LANES[i]['tls'] != 'none'}
CHUNKS = {i for i in ALL if 'CHUNKING' in LANES[i]['keywords']}

# ---- the table ----

# Ways of each fault. Not all are for every place: behind the message an answer that begins with 250 takes it.
HOW = {'killed': ['fin', 'rst', 'half', 'process'], 'stalled': ['silence', 'trickle'], 'full': [None],
       'refuses': [None], 'leaves': [None], 'worker': [None], 'held': ['reload', 'restart'],
       'garbage': ['noise', 'overlong', 'mixed', 'endless', 'number', 'short', 'empty', 'challenge', 'twice']}
UNTRUE = ('overlong', 'endless', 'twice', 'challenge')
SECONDS = {'stalled': 4, 'worker': 2, 'limit': 1}  # that a run takes, about
# Here a connection that is lost is dialled again, and the client hears nothing of it.
SILENT = {'mail', 'rcpt', 'data', 'chunk', 'rset'}

# place; lanes; faults: the backend's, at each place the same but for what can be said there.
BACKEND = [
    ('greeting', PROXY, 'killed stalled full refuses leaves garbage'),
    ('ehlo', PROXY, 'killed stalled full refuses leaves garbage'),
    ('starttls', TLS, 'killed stalled full refuses leaves garbage'),
    ('identity', ALL - PROXY, 'killed stalled full refuses leaves garbage'),
    ('mail', ALL, 'killed stalled full refuses leaves garbage worker'),
    ('rcpt', ALL, 'killed stalled full refuses leaves garbage worker'),
    ('data', ALL - CHUNKS, 'killed stalled full refuses leaves garbage worker'),
    ('chunk', CHUNKS, 'killed stalled full refuses leaves garbage worker'),
    ('body', ALL, 'killed stalled full refuses leaves garbage worker'),
    ('dot', ALL, 'killed stalled full refuses leaves garbage worker'),
    ('stored', ALL, 'killed stalled leaves garbage worker'),
    ('answered', ALONE, 'killed stalled leaves garbage worker'),
    ('rset', ALL, 'killed stalled full leaves garbage'),
    ('quit', ALONE, 'killed stalled garbage'),
]
# place of the client: its worker is killed; the spool cannot grow.
CLIENT = [(p, 'worker') for p in ('connect', 'ehlo', 'mail', 'rcpt', 'data', 'memory', 'file', 'judged')] + \
         [('file', 'limit')]
# Settings are read again, and the old worker drains; the daemon ends and starts. That and a full disk concern all
# lanes: in the second half. Here a client or a backend is held until it has been ordered.
SECOND = [(p, 'reload') for p in ('connect', 'mail', 'rcpt', 'data', 'memory', 'file', 'judged')] + \
         [(p, 'restart') for p in ('connect', 'memory', 'judged')] + \
         [(p, 'held') for p in ('mail', 'body', 'dot', 'stored')] + [('file', 'disk')]


def outcomes(where, place, fault, how, times):
    """What attempts of such a run may come to, beside `ok`."""
    if fault in ('reload', 'restart', 'held', 'limit', 'disk'):
        return {'later'}
    if fault == 'worker':
        if place == 'answered':
            return {'cut', 'unsure'}  # the next one, or perhaps this one
        return {'unsure'} if place == 'judged' or (where == 'backend' and place not in ('mail', 'rcpt')) else {'cut'}
    if place in ('quit', 'rset'):
        return set()
    if fault == 'refuses':
        return {'never'} if place in ('mail', 'rcpt', 'data', 'chunk', 'body', 'dot') else {'later'}
    if place == 'answered':
        return {'later'}
    if fault in ('killed', 'leaves') and place in SILENT and times == ONCE and how not in ('process', 'half'):
        return set()
    return {'later'}


class Row:
    def __init__(self, place, fault, lanes, where):
        self.place, self.fault, self.lanes, self.where = place, fault, lanes, where
        self.runs = 0

    def __str__(self):
        return '%s %s' % (self.place, self.fault)


ROWS = [Row(p, f, lanes, 'backend') for p, lanes, faults in BACKEND for f in faults.split()] + \
       [Row(p, f, ALL, 'client') for p, f in CLIENT]
ROWS2 = [Row(p, f, ALL - CHUNKS if p == 'body' else ALL, 'backend' if f == 'held' else 'client') for p, f in SECOND]


# ---- the site ----

class SlowServer(Server):
    """Takes its time for names that say so: their messages are judged for as long."""

    def answer(self, query, limit):
        if b'_dmarc' in query and b'slow' in query:
            time.sleep(0.4)
        return super().answer(query, limit)


class LostSite(Site):
    def start_dns(self):
        self.dns = SlowServer([self.zone], port=self.dns_port).start()

    def start_lanes(self):
        self.lanes = []
        for i, lane in enumerate(LANES):
            ports = [free_port() for _ in range(2 if i in SPARED else 1)]
            self.lanes.append(dict(lane, name='lane%d' % i, ports=ports, tls=lane['tls'] != 'none', listen=free_port()))
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-subj', '/CN=mx.test', '-days', '2', '-keyout', self.path('key.pem'), '-out',
                        self.path('cert.pem')], check=True, stderr=subprocess.DEVNULL)
        self.write('chain.pem', self.read('key.pem') + self.read('cert.pem'))
        self.write('lanes.json', json.dumps(self.lanes))
        self.spawn([sys.executable, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                                 'lib/faulty_backend.py'), self.base], 'backends')
        for lane in self.lanes:
            for port in lane['ports']:
                wait_for('backend', lambda: listening(port))

    def settings(self):
        lines = ['tls-chain-files { "%s" }' % self.path('chain.pem'), 'own-nets { 192.0.2.250 }',
                 'spool-dir "%s"' % self.path('spool'), 'spool-memory %dB' % SPOOL_MEMORY, 'backend-wait 4s',
                 'end-wait 2s', 'rcpt-wait 1s', 'smtp-loops 2', 'smtp-threads 4', 'drain-timeout 1m',
                 'own-domains { %s }' % ' '.join(x['name'] + '.example' for x in self.lanes)]
        for lane, config in zip(self.lanes, LANES):
            lines.append('listener %s smtp inet:%d@127.0.0.1' % (lane['name'], lane['listen']))
            for k, port in enumerate(lane['ports']):
                lines.append('backend %s%s inet:%d@127.0.0.1 tls %s identity %s for { %s.example }'
                             % (lane['name'], '-spare' if k else '', port, config['tls'], config['identity'], lane['name']))
        return '\n'.join(lines)

    def begin(self):
        self.start_dns()
        self.start_lanes()
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=%dm,mode=1777' % SPOOL_FOLDER, 'tmpfs',
                           self.path('spool')], stderr=subprocess.DEVNULL).returncode:
            ROWS2.pop()
            print('skip: scenario/18-proxy-lost: no file system can be mounted: the disk is never full')
        self.configure(RULES, self.settings())
        self.start_daemon()

    def close(self, keep=False):
        subprocess.run(['umount', '-l', self.path('spool')], stderr=subprocess.DEVNULL)
        super().close(keep)

    def lines(self, what, lane):
        text = self.read('%s.%s' % (what, lane))
        return [json.loads(x) for x in text.split('\n') if x]


def limit_files(pid, size):
    """How large the files of a process may become; as its own user, since root may not everywhere."""
    with open('/proc/%d/status' % pid) as f:
        ids = dict(line.split(':', 1) for line in f)
    subprocess.run(['prlimit', '--pid', str(pid), '--fsize=%s:' % size], check=True, extra_groups=[],
                   user=int(ids['Uid'].split()[0]), group=int(ids['Gid'].split()[0]))


# ---- a run ----

class Run:
    """One row, once: its messages, and what became of them."""

    def __init__(self, number, seed, row, load):
        """load: of each lane, in seconds; it goes where there is least."""
        self.number, self.row = number, row
        self.rng = random.Random('%d/%d' % (seed, number))
        self.lane_number = min(row.lanes, key=lambda i: (load[i], self.rng.random()))
        load[self.lane_number] += SECONDS.get(row.fault, 0.3)
        self.mails, self.sent = [], []  # those of this try, and of all before
        self.met = False  # the fault
        self.crossed = False  # by another run's fault
        self.how, self.times = None, ONCE

    def __str__(self):
        return 'run %d (%s %s, lane %d, %s)' % (self.number, self.row, self.how, self.lane_number,
                                                'always' if self.times > 1 else 'once')

    def body(self, size):
        words = [b'', b'.', b'..', b'.x', b'From here on', b'x' * 900, b'MAIL FROM:<a@b.example>', b'. ', b'.\x0b']
        block = b'\r\n'.join(self.rng.choice(words) for _ in range(20)) + b'\r\n'
        mark = b'%d.%d\r\n' % (self.number, self.rng.getrandbits(60))
        return mark + block * (1 + size // len(block))

    def draw(self):
        """What it is like: its faults, messages and way of speaking."""
        place, fault, rng = self.row.place, self.row.fault, self.rng
        self.how = rng.choice([h for h in HOW.get(fault, [None])
                               if not (fault == 'garbage' and place in ('dot', 'body') and h in UNTRUE)])
        if place == 'starttls' and fault in ('killed', 'stalled', 'garbage') and rng.random() < 0.5:
            self.how = 'handshake'
        if fault not in ('worker', 'held') and self.row.where == 'backend':
            self.times = rng.choice([ONCE, ONCE, ONCE, 2, 2 if fault == 'stalled' else ALWAYS])
        small = place == 'memory' or (place not in ('file', 'chunk') and rng.random() < 0.6)
        self.big = fault == 'disk'
        size = SPOOL_FOLDER * 1100000 if self.big else rng.randint(1500, 9000) if small else rng.randint(150000, 400000)
        fixed = {'quits': True} if place == 'quit' else {'reset': True} if place == 'rset' else {}
        if self.row.where == 'client' or fault == 'worker':
            fixed.update(pipelined=False, reset=False, chunks=rng.randint(2, 4))
        if self.row.where == 'client' and place == 'data':
            fixed['bdat'] = False
        self.style = Style(rng, **fixed)
        self.nth = rng.randint(1, 2) if place == 'rcpt' else 1
        count = 1 if self.big or fault == 'stalled' else rng.choice([1, 1, 2, 3])
        domain = 'lane%d.example' % self.lane_number
        for i in range(count):
            name = 'r%d.m%d' % (self.number, len(self.sent) + i)
            author = 'x@%s.slow.example' % name if place == 'judged' else 'x@sender.example'
            self.mails.append(Mail(name, domain, rng.randint(self.nth, 3), self.body(size), author))

    def plan(self, pid):
        return {'id': str(self.number), 'place': self.row.place, 'nth': self.nth, 'fault': self.row.fault,
                'how': self.how, 'times': self.times, 'pid': pid}

    def judge(self):
        """Failure: attempts came to what such a fault must not cause."""
        may = outcomes(self.row.where, self.row.place, self.row.fault, self.how, self.times) | {'ok'}
        if self.lane_number in SPARED or self.how in ('process', 'half'):
            may |= {'later'}
        for m in self.mails:
            for a in m.attempts:
                check(self.crossed or a.outcome in may, '%s: attempt %s came to %s %s, not %s; %s; %s'
                      % (self, a.name, a.outcome, a.codes, ' or '.join(sorted(may)), a.end, self.style))
            if self.times == ONCE and self.row.fault not in ('refuses', 'disk'):
                check(not m.left or self.crossed, '%s: %s was given up: %s'
                      % (self, m.name, [(a.outcome, a.codes) for a in m.attempts]))


class Lane(threading.Thread):
    """Makes its runs, one after the other."""

    def __init__(self, site, all_runs, number):
        super().__init__(daemon=True, name='lane%d' % number)
        self.site, self.all, self.number = site, all_runs, number
        self.port = site.lanes[number]['listen']
        self.kills, self.killed_pid = 0, -1  # of its worker
        self.born, self.quick = time.monotonic(), 0
        self.runs = []
        self.failure = None
        self.limited = None  # the worker whose files are

    # ---- its worker ----

    def worker(self):
        """The pid of the one that serves now."""
        def look():
            try:
                pid = self.site.worker('smtp-' + self.name)
            except Failure:
                return None
            return pid if pid != self.killed_pid else None
        return wait_for('worker of ' + self.name, look, 90)

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)
        self.count_kill(pid)

    def count_kill(self, pid):
        self.killed_pid = pid
        self.kills += 1
        self.quick = 0 if time.monotonic() - self.born > OLD else self.quick + 1
        self.born = time.monotonic()

    def may_kill(self):
        return self.quick < 2 or time.monotonic() - self.born > OLD

    # ---- what a run does at places of the client ----

    def at(self, run):
        row = run.row

        def hook(place):
            if row.where != 'client' or row.fault == 'disk' or place != row.place or run.met:
                return
            pid = self.worker() if row.fault in ('worker', 'limit') else 0
            if pid and place == 'file':
                wait_for('spool file', lambda: any('spool-' in f for f in open_files(pid)))
            run.met = True
            if row.fault == 'worker':
                self.kill(pid)
                raise Ended()  # what was not sent yet never is
            elif row.fault == 'limit':
                limit_files(pid, '4096')
                self.limited = pid
            else:
                self.all.want(row.fault, self)
        return hook

    def next_run(self):
        """One that kills waits until its worker is old enough, if others can be made meanwhile."""
        for r in self.runs:
            if r.row.fault != 'worker' or self.may_kill():
                self.runs.remove(r)
                return r
        time.sleep(0.2)
        return None

    def wait(self):
        """For a backend that was killed; and what was full is not any more."""
        if self.limited:
            limit_files(self.limited, 'unlimited')
            self.limited = None
        for port in self.site.lanes[self.number]['ports']:
            wait_for('backend of ' + self.name, lambda: listening(port))

    def make(self, run):
        run.draw()
        self.wait()
        pid = self.worker() if run.row.fault == 'worker' and run.row.where == 'backend' else 0
        before, begun = self.all.disturbances, self.count('begun')
        if run.row.where == 'backend':
            self.site.write('new.' + self.name, json.dumps(run.plan(pid)))
            os.rename(self.site.path('new.' + self.name), self.site.path('plan.' + self.name))
        source = '127.%d.%d.%d' % (10 + self.number, run.number // 200 % 250 + 1, run.number % 200 + 1)
        send(self.port, run.style, run.mails, self.at(run), source, 2 if run.big else ATTEMPTS, self.wait)
        if run.row.where == 'backend':
            if run.row.place in ('quit', 'answered'):  # the client hears nothing of it
                wait_for('end of the session of %s' % run, lambda: self.hits(run))
            run.met = bool(self.hits(run))
            if run.how == 'process':  # it says so before it dies
                wait_for('backend after %s' % run, lambda: self.count('begun') - begun >= len(self.hits(run)))
            os.unlink(self.site.path('plan.' + self.name))
        if run.met and pid:
            self.count_kill(pid)
        if run.row.fault == 'disk':
            run.met = any(452 in a.codes for m in run.mails for a in m.attempts)
        run.crossed = self.all.disturbances != before
        run.judge()
        run.mails, run.sent = [], run.sent + run.mails
        check(run.met or run.crossed or self.number in SPARED, '%s never met its fault; %s' % (run, run.style))

    def count(self, what):
        return len(self.site.lines(what, self.name))

    def hits(self, run):
        return [h for h in self.site.lines('hits', self.name) if h['plan'] == str(run.number)]

    def run(self):
        try:
            while self.runs and not self.all.failed.is_set():
                run = self.next_run()
                while run and not run.met and not self.all.failed.is_set():
                    self.make(run)  # again, where another's fault or the spare backend came before
                if run:
                    run.row.runs += 1
                    self.all.done.append(run)
        except Exception as e:  # told by the main thread
            self.failure = e
            self.all.failed.set()


class Runs:
    def __init__(self, site, seed, total):
        self.site, self.seed = site, seed
        self.done, self.failed = [], threading.Event()
        self.disturbances = 0  # that concern all lanes
        self.reloads = self.restarts = 0
        self.wanting, self.released = [], threading.Condition()
        rows = [r for r in ROWS + ROWS2 if str(r) == os.environ.get('ROW', str(r))]
        order = [rows[i % len(rows)] for i in range(max(total, len(rows)))]
        load = [0] * len(LANES)
        self.runs = [Run(i, seed, row, load) for i, row in enumerate(order)]
        if os.environ.get('ONLY'):
            self.runs = [r for r in self.runs if r.number == int(os.environ['ONLY'])]

    # ---- reloads and restarts: of all that wait for one, one ----

    def want(self, what, lane):
        with self.released:
            self.wanting.append((what, lane))
            self.released.wait_for(lambda: (what, lane) not in self.wanting, 60)

    def release(self, held):
        with self.released:
            self.wanting.clear()
            self.released.notify_all()
        for path in held:
            os.unlink(path)

    def reload(self, held):
        status, text = self.site.tool('reload')
        self.reloads += status == 0
        self.release(held)
        check(status == 0 or 'try again later' in text, 'reload: ' + text)

    def restart(self, held):
        """What is under way may finish."""
        self.site.daemon.terminate()
        self.release(held)
        self.site.daemon.wait(30)
        self.site.start_daemon()
        self.restarts += 1

    def coordinate(self, lanes):
        while any(x.is_alive() for x in lanes):
            held = {p: os.readlink(p) for p in glob.glob(self.site.path('held.*'))}
            wants = {what for what, _ in self.wanting} | set(held.values())
            if wants:
                self.disturbances += 1
                (self.restart if 'restart' in wants else self.reload)(held)
            time.sleep(0.05)

    def half(self, rows):
        lanes = [Lane(self.site, self, i) for i in range(len(LANES))]
        for r in self.runs:
            if r.row in rows:
                lanes[r.lane_number].runs.append(r)
        for x in lanes:
            x.kills, x.killed_pid = getattr(self, 'kills_of', {}).get(x.number, (0, -1))
            random.Random('%d' % self.seed).shuffle(x.runs)
            x.start()
        self.coordinate(lanes)
        for x in lanes:
            x.join()
        self.kills_of = {x.number: (x.kills, x.killed_pid) for x in lanes}
        for x in lanes:
            if x.failure:
                raise Failure('%s (SEED=%d)' % (x.failure, self.seed)) from x.failure

    # ---- the count ----

    def stored(self):
        """attempt -> its records"""
        found = collections.defaultdict(list)
        for lane in self.site.lanes:
            for record in self.site.lines('stored', lane['name']):
                check(len(record['attempt']) == 1 and len(record['id']) == 1, 'messages were merged: %s' % record)
                found[record['attempt'][0]].append(record)
        return found

    def answers_lost(self):
        """Attempts that were stored, or may have been, while something happened to the answer."""
        return {h['attempt'] for lane in self.site.lanes for h in self.site.lines('hits', lane['name'])
                if h['place'] in ('stored', 'answered') or h['fault'] == 'held'}

    def count(self):
        stored, unanswered, tally = self.stored(), self.answers_lost(), collections.Counter()
        known = set()
        for run in self.done:
            for m in run.sent:
                tally['messages'] += 1
                copies = 0
                for a in m.attempts:
                    known.add(a.name)
                    copies += self.count_attempt(run, a, stored.get(a.name, []), unanswered)
                    tally['attempts'] += 1
                    tally[a.outcome] += 1
                tally['acknowledged'] += not m.left
                tally['duplicates'] += max(copies - 1, 0)
        strange = set(stored) - known
        check(not strange, 'stored, and never sent: %s' % sorted(strange)[:5])
        return tally

    def count_attempt(self, run, a, records, unanswered):
        what = '%s: attempt %s, %s %s' % (run, a.name, a.outcome, a.codes)
        check(len(records) < 2, '%s: it was stored %d times' % (what, len(records)))
        check(records or a.outcome != 'ok', '%s: LOST' % what)
        for r in records:
            check(r['whole'], '%s: stored in part, or altered: %s' % (what, r))
            check(r['id'] == [a.mail.name] and r['sender'] == a.name + '@sender.example', '%s: mixed: %s' % (what, r))
            check(set(r['rcpts']) == set(a.taken), '%s: recipients %s, not %s' % (what, r['rcpts'], a.taken))
            check(a.outcome in ('ok', 'unsure') or (a.outcome == 'later' and a.name in unanswered),
                  '%s: refused, and stored' % what)
        return len(records)


SEED = int(os.environ.get('SEED') or random.SystemRandom().randrange(10 ** 9))
site = runs = None


def told(what):
    print('  seed %d: %s' % (SEED, what))


def half(rows, what):
    since = time.monotonic()
    runs.half(rows)
    if not (os.environ.get('ONLY') or os.environ.get('ROW')):
        least = min(r.runs for r in rows)
        check(least > 0, 'a row had no run')
        told('%d runs of %d rows, each at least %d times, %d s; %s'
             % (sum(r.runs for r in rows), len(rows), least, time.monotonic() - since, what()))


def test_failures():
    """the backend killed, stalled, full, refusing, leaving or babbling, the worker killed, at each point of the table"""
    half(ROWS, lambda: '%d workers killed' % sum(k for k, _ in runs.kills_of.values()))


def test_changes():
    """settings are read again and the daemon is restarted while mail is under way, the disk is full"""
    half(ROWS2, lambda: '%d reloads, %d restarts' % (runs.reloads, runs.restarts))


def test_count():
    """every message counted: what was acknowledged is stored, whole and once; what was refused is not"""
    t = runs.count()
    check(t['ok'] > 0 and t['acknowledged'] > 0, t)
    told(' '.join('%s=%d' % kv for kv in sorted(t.items())))


def test_processes():
    """no process ended by itself"""
    log = site.read('log/postern')
    killed = sum(k for k, _ in runs.kills_of.values())
    ends = [x for x in log.split('\n') if ': error: event=ended' in x]
    others = [x for x in ends if 'smtp-' not in x or 'signal 9' not in x]
    check(not others and len(ends) == killed, '%d ends, %d kills: %s' % (len(ends), killed, others[:5]))
    check('serving' in site.tool('status', '-v')[1], site.tool('status', '-v')[1])


def run():
    global site, runs
    with LostSite(zone=ZONE, name='lost', front='proxy') as site:
        site.begin()
        runs = Runs(site, SEED, int(os.environ.get('RUNS') or 0))
        status = main([v for k, v in globals().items() if k.startswith('test_')])
        if status and os.environ.get('KEEP'):
            print('# %s' % site.base)
            raise Failure('kept')
        return status


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/18-proxy-lost: the site does not start')
        sys.exit(1)
