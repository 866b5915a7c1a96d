# SPDX-License-Identifier: BSD-2-Clause
"""failure_site -- a site with mail of each kind in the table FAILURES of postern.conf(5): inbound, outbound (of a user who
has logged in) and behind a trusted relay; and what status and log tell of failures.

    with FailureSite() as site:
        site.begin(RULES, SETTINGS)
        r = site.flows('trusted', site.fresh('trusted'))
"""
import concurrent.futures
import contextlib
import itertools
import json
import os
import pwd
import re
import subprocess

from list_site import ListSite
from mailworld import ZONE
from site_env import BINARY, Failure, check, message, wait_for

SENDERS = '''
*.many.example. A 192.0.2.10
*.many.example. TXT "v=spf1 ip4:192.0.0.0/16 -all"
*.ours.example.org. A 192.0.2.40
'''
SETTINGS = '''
own-nets {{ 127.0.0.0/8 192.0.2.40 192.0.2.41 }}
trusted-relays {{ 192.0.2.41 }}
own-domains {{ rcpt.example sick.example twin.example }}
dkim-keys "keys.table"
dns-timeout 2s
rcpt-wait 2s
end-wait 2s
store-timeout 2s
greylist-wait 1s
listener main smtp inet:{mx}@127.0.0.1
xclient-nets {{ 127.0.0.0/8 }}
spool-dir "{base}/spooled"
backend postfix inet:{postfix}@127.0.0.1 tls none identity xclient
'''
KINDS = 'inbound', 'outbound', 'trusted'


class FailureSite(ListSite):
    def __init__(self, name='failures'):
        super().__init__(zone=ZONE + SENDERS, name=name, front='proxy')
        self.numbers = itertools.count(1)
        self.env = None  # of the daemon
        nobody = pwd.getpwnam('nobody')
        os.mkdir(self.path('spooled'))
        os.chown(self.path('spooled'), nobody.pw_uid, nobody.pw_gid)

    def begin(self, rules, settings=''):
        self.settings = SETTINGS.format(mx=self.mx_port, base=self.base, postfix=self.smtp_port) + settings
        self.configure(rules=rules)
        self.make_key()
        self.start(rules=rules, settings=self.settings, extra='smtpd_sasl_auth_enable = yes\n')

    def start_daemon(self, wait=True, **more):
        super().start_daemon(wait, env=self.env, **more)

    def make_key(self):
        run = subprocess.run([BINARY, 'dkim-key', '-c', self.path('postern.conf'), '--type', 'ed25519', '--selector', 'e1',
                              '--dir', self.path('keys'), 'ours.example.org'], capture_output=True, text=True, timeout=60)
        check(run.returncode == 0, run.stderr)
        self.write('keys.table', run.stdout.splitlines()[-1] + '\n')

    # ---- mail of each kind ----

    def fresh(self, kind):
        """A sender whose domain nobody has asked for."""
        return 'joe@s%d.%s' % (next(self.numbers), 'ours.example.org' if kind == 'outbound' else 'many.example')

    def new_host(self):
        n = next(self.numbers)
        return '192.0.%d.%d' % (4 + n // 250, n % 250)

    def each(self, work):
        """What work gives for each kind, all at once."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            return dict(zip(KINDS, pool.map(work, KINDS)))

    def greeted(self, client, login=''):
        s = self.connect()
        s.ehlo('x')
        check(s.docmd('XCLIENT', 'ADDR=%s NAME=[UNAVAILABLE]%s' % (client, login))[0] == 220, 'XCLIENT')
        s.ehlo('mx.many.example')
        return s

    def post(self, kind, sender, rcpt='kim@rcpt.example', hop=None):
        """What the last step was answered, and the mark of the message. It comes from a host that nobody has asked for."""
        hop = hop or self.new_host()
        client = '192.0.2.41' if kind == 'trusted' else hop
        login = ' LOGIN=kim' if kind == 'outbound' else ''
        trace = 'Received: from mx.many.example (mx.many.example [%s]) by relay.ours.example.org; %s\r\n' % (
            hop, 'Mon, 6 Jan 2025 10:00:00 +0000') if kind == 'trusted' else ''
        data, mark = message(sender)
        s = self.greeted(client, login)
        for step in (lambda: s.mail(sender)), (lambda: s.rcpt(rcpt)), (lambda: s.data(trace.encode() + data)):
            code, text = step()
            if code >= 400:
                break
        s.close()
        return '%d %s' % (code, text.decode()), mark

    def records_of(self, sender):
        lines = self.read('evidence/records').rpartition('\n')[0].split('\n')
        return [r for r in (json.loads(line) for line in lines if sender in line) if r['from'] == sender]

    def flows(self, kind, sender, **more):
        """The mail is delivered, and signed if it is our own; its record."""
        n = len(self.records_of(sender))
        last, mark = self.post(kind, sender, **more)
        check(last.startswith('250'), (kind, last))
        text = self.delivered(mark)
        r = wait_for('a record', lambda: self.records_of(sender)[n:])[0]
        check(('\nDKIM-Signature: ' in '\n' + text) == ('signed' in r) == (kind == 'outbound'), (kind, text, r))
        check(r['verdict'] == 'accept', r)
        return r

    def said(self, event):
        return self.read('log/postern').count('event=' + event)

    def warned(self, event):
        return len(re.findall('(?:warning|error): event=' + event, self.read('log/postern')))

    def status(self, key):
        return sum(int(n) for n in re.findall(r'\b%s (\d+)' % key, self.tool('status', '-v')[1]))

    @contextlib.contextmanager
    def told(self, away, back):
        """One warning inside, and one notice when it is over."""
        before = self.warned(away), self.said(back)
        yield
        check(self.warned(away) == before[0] + 1, '%s: not one warning: %d' % (away, self.warned(away) - before[0]))
        wait_for('a notice ' + back, lambda: self.said(back) > before[1])
        check(self.said(back) == before[1] + 1, '%s: not one notice: %d' % (back, self.said(back) - before[1]))

    def unknown_of(self, kind, r):
        """Whether a list that only rules for inbound mail read was asked before the client logged in, is chance."""
        return set(r['unknown']) - ({'dnsbl.bl.bad'} if kind == 'outbound' else set())

    def comes(self, kind, unknown=(), tagged=False, **more):
        """Mail passes, with exactly this unknown: at once, but an answer may be late on a busy machine."""
        seen = []

        def look():
            r = self.flows(kind, self.fresh(kind), **more)
            seen.append((sorted(r['unknown']), r['tagged']))
            return self.unknown_of(kind, r) == set(unknown) and r['tagged'] == tagged
        try:
            wait_for('', look)
        except Failure:
            raise Failure('%s mail with %s unknown: %s' % (kind, sorted(unknown), seen[-1:])) from None
