# SPDX-License-Identifier: BSD-2-Clause
"""postern status: one screen that names what is wrong first, and the same as JSON with the names of its manual page."""
import itertools
import json
import os
import re
import signal
import subprocess
import sys

from list_site import BAD, GOOD, ListSite
from mailworld import ZONE
from site_env import ROOT, check, main, message, wait_for

RULES = '''
dnsbl bl   zone hosts.example  lookup client.ip  code bad 127.0.0.2
dnsbl few  zone few.example    lookup client.ip  limit 1000 per 1d
rule LISTED  when dnsbl.bl.bad  reject 554 5.7.1 "{client.ip} is listed"
rule FEW     when dnsbl.few     score 1
'''
SOMETIMES = {'degraded[].seconds', 'lists[].listed'}  # that no test here brings about, or not always
seen = set()
site = None


def send(sender, client):
    data, mark = message(sender)
    last = site.send(sender=sender, rcpt=['kim@rcpt.example'], message=data, **client)['last']
    if last.startswith('250'):
        site.delivered(mark)
    return last


def names(value, at=''):
    """The names of members as the manual page writes them."""
    if isinstance(value, dict):
        for key, v in value.items():
            name = '*' if at == 'counts.' else key
            if name != '*':
                yield at + name
            if at + name != 'workers[].counters':
                yield from names(v, at + name + '.')
    elif isinstance(value, list):
        for v in value:
            yield from names(v, at[:-1] + '[].')


def as_json():
    code, text = site.tool('status', '--json')
    out = json.loads(text)
    check(code == (2 if out['state'] == 'degraded' else 0), (code, out['state']))
    seen.update(names(out))
    return out


def degraded(what, why):
    """Until status says that this is wrong, as JSON; then the screen does, with the same exit status."""
    wait_for('%s: %s' % (what, why), lambda: any(d['what'] == what and re.search(why, d['why'])
                                                for d in as_json()['degraded']))
    code, text = site.tool('status')
    head = text.split('\n')
    check(code == 2 and head[0].startswith('postern serves, DEGRADED, up '), (code, text))
    check(any(re.match('  ! %s: .*%s' % (what, why), line) for line in head[1:6]), text)


def well():
    wait_for('all well', lambda: as_json()['state'] == 'serving')


def test_1_screen():
    """a healthy site: exit 0, at most 40 lines of 80 columns, with all that matters"""
    check(send('good@good.example.com', GOOD).startswith('250'), 'good mail')
    check(send('bad@plain.example.net', BAD).startswith('554'), 'bad mail')
    well()
    code, text = site.tool('status')
    check(code == 0 and text.startswith('postern is serving, up '), (code, text))
    lines = text.rstrip('\n').split('\n')
    check(len(lines) <= 40 and max(map(len, lines)) <= 80, text)
    for pattern in (r'^supervisor +serving +%d ' % site.daemon.pid, r'^store +serving +\d+ ', r'^smtp-main +serving +\d+ ',
                    r'^minute +2 +1 +0 +0 +0 +1 ', r'^since up +2 +1 +0 +0 +0 +1 ', r'^dns +\d+ +\d+ % +\d+ +\d',
                    r'^store +\d+ +0 +\d', r'^bl +well +- +\d+ ', r'^few +well +- +\d+/1000 ', r'^postfix +well .* yes +no$'):
        check(re.search(pattern, text, re.M), '%s is not in\n%s' % (pattern, text))


def test_2_reload():
    """counts since the start outlive a reload and a worker; times and calls are measured"""
    check(site.tool('reload')[0] == 0, 'reload')
    os.kill(site.worker('smtp'), signal.SIGKILL)
    wait_for('a new worker', lambda: [w['restarts'] for w in as_json()['workers']
                                      if w['name'] == 'smtp-main' and w['state'] == 'serving'] == [1])
    well()
    out = as_json()
    for window in 'minute', 'ten-minutes', 'hour', 'total':
        n = out['counts'][window]
        check(n['transactions'] == 2 and n['accepted'] == 1 and n['rejected'] == 1, n)
        check(n['dns-asked'] > n['dns-cached'] and n['dns-p99-us'] >= n['dns-p95-us'] > 0 and n['dns-mean-us'] > 0, n)
        check(n['store-calls'] > 0 and n['store-p99-us'] > 0, n)
    check(out['reload'] == 'accepted' and out['generation'] == 2, out)
    check(out['memory'] > 10 ** 6 and all(w['memory'] > 10 ** 6 for w in out['workers']), out['workers'])


def test_3_store():
    """a store process that says nothing is named, and forgiven"""
    pid = site.worker('store')
    os.kill(pid, signal.SIGSTOP)
    try:
        degraded('store', r'it does not answer \(pid %d\)' % pid)
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for('its answer', lambda: not any(w['silent'] for w in as_json()['workers']))


def test_4_resolver():
    """a resolver that fails for all is named, and not its lists"""
    site.server.mode = 'servfail'
    for i in range(30):
        send('deaf%d@good.example.com' % i, dict(GOOD, client='192.0.2.%d' % (100 + i)))
        if any(d['what'] == 'dns' for d in as_json()['degraded']):
            break
    degraded('dns', 'the resolver does not answer')
    check(not any(d['what'].startswith('list') for d in as_json()['degraded']), as_json()['degraded'])
    site.server.mode = 'answer'


def test_5_list():
    """a list that lists everybody is named"""
    site.say('$TTL 1\n*.hosts.example. A 127.0.0.2\n')
    clients = itertools.count()

    def suspended():
        i = next(clients)
        send('all%d@good.example.com' % i, dict(GOOD, client='192.0.%d.%d' % (10 + i // 250, 1 + i % 250)))
        return any(x['state'] == 'suspended' for x in as_json()['lists'])
    wait_for('suspension', suspended)
    degraded('list bl', 'suspended: it lists everybody')


def test_6_backend():
    """no backend takes mail: both lines come first"""
    subprocess.run(['postfix', '-c', site.path('etc'), 'stop'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    site.postfix_running = False
    send('stopped@good.example.com', GOOD)
    degraded('all backends', 'none takes mail')
    degraded('backend postfix', 'ill: ')


def test_7_off():
    """off is not well"""
    check(site.tool('off')[0] == 0, 'off')
    degraded('all mail', "passes unjudged, until 'postern on'")
    check(site.tool('on')[0] == 0, 'on')


def test_8_names():
    """the members of --json are those of postern(8)"""
    with open(os.path.join(ROOT, 'filter/man/postern.8')) as f:
        table = f.read().split('.Sh STATUS\n')[1].split('.Bl -column')[1].split('.El')[0]
    documented = set(re.findall(r'^\.It (\S+) Ta (?!Em)', table, re.M))
    check(len(documented) > 50, documented)
    check(not seen - documented, 'not in the page: %s' % sorted(seen - documented))
    check(not documented - seen - SOMETIMES, 'never seen: %s' % sorted(documented - seen - SOMETIMES))


if __name__ == '__main__':
    with ListSite(zone=ZONE, name='status', front='proxy') as site:
        site.start(rules=RULES, settings='backend-wait 2s\n')
        sys.exit(main([v for k, v in sorted(globals().items()) if k.startswith('test_')]))
