# SPDX-License-Identifier: BSD-2-Clause
"""A DNS list that lists everybody, refuses us or may be asked no more: mail flows, log and status say so, it comes back.

What is usual of a list outlives a restart."""
import itertools
import json
import sys

from list_site import BAD, GOOD, SANE, ListSite
from mailworld import ZONE
from site_env import check, main, message, wait_for

EVERYBODY = '$TTL 1\n*.hosts.example. A 127.0.0.2\n'
REFUSED = '$TTL 1\n*.hosts.example. A 127.255.255.254\n'
HALF = '*.listed.example.half.example. A 127.0.0.2\n'
RULES = '''
dnsbl bl   zone hosts.example  lookup client.ip  code bad 127.0.0.2
dnsbl half zone half.example  lookup mail.domain  test-entry none
dnsbl few  zone few.example  lookup client.ip  test-entry none  limit 8 per 1d
rule LISTED  when dnsbl.bl.bad  reject 554 5.7.1 "{client.ip} is listed"
rule HALF    when dnsbl.half    score 1
rule FEW     when dnsbl.few     score 1
'''
site = None


def send(sender, client):
    data, mark = message(sender)
    last = site.send(sender=sender, rcpt=['kim@rcpt.example'], message=data, **client)['last']
    if last.startswith('250'):
        site.delivered(mark)
    return last, site.record(sender)


def said(text):
    return site.read('log/postern').count(text)


def passes_unknown(sender, why):
    """Good mail passes once the list is suspended; it is named as unknown, with the reason.

    Until then the answers about the test entries may be those of a second ago.
    """
    for i in itertools.count(1):
        send('%d%s' % (i, sender), dict(GOOD, client='192.0.%d.%d' % (10 + i // 250, i % 250)))
        if said('why="%s"' % why):
            break
        check(i < 500, 'it is not suspended')
    last, r = send(sender, GOOD)
    check(last.startswith('250'), last)
    check(r['facts']['dnsbl.bl.bad'] == {'unknown': 'suspended: ' + why}, r['facts'])
    check('dnsbl.bl.bad' in r['unknown'] and 'LISTED' in r['unknown'], r['unknown'])


def is_back(sender):
    site.say(SANE)
    times = said('event=dnsbl-back list=bl')
    wait_for('its return', lambda: said('event=dnsbl-back list=bl') > times)
    last, _ = send(sender, BAD)
    check(last.startswith('554 5.7.1 192.0.2.99 is listed'), last)


def test_1_sane():
    """a sane list: who is listed is refused, others pass"""
    last, _ = send('bad@plain.example.net', BAD)
    check(last.startswith('554 5.7.1 192.0.2.99 is listed'), last)
    last, r = send('good@good.example.com', GOOD)
    check(last.startswith('250') and r['facts']['dnsbl.bl.bad'] is False, r)
    check(said('event=dnsbl-suspended') == 0, site.read('log/postern'))


def test_2_everybody():
    """it lists everybody: good mail passes, the first after it too; one line, and one when it is back"""
    site.say(EVERYBODY)
    passes_unknown('everybody@good.example.com', 'it lists everybody')
    before = site.asked('hosts.example')
    for i in range(5):
        send('more%d@good.example.com' % i, dict(GOOD, client='192.0.2.%d' % (200 + i)))
    check(not any(name.startswith('20%d.2.0.192.hosts' % i) for i in range(5) for name, _ in site.server.queries[before:]),
          'it was asked for mail')
    check(said('event=dnsbl-suspended list=bl') == 1, site.read('log/postern'))
    is_back('back@plain.example.net')
    check(said('event=dnsbl-back list=bl') == 1, site.read('log/postern'))


def test_3_refused():
    """it refuses our resolver: the same"""
    site.say(REFUSED)
    passes_unknown('refused@good.example.com', 'error code 127.255.255.254')
    check(said('event=dnsbl-suspended list=bl') == 2, site.read('log/postern'))
    is_back('again@plain.example.net')


def test_4_limit():
    """at its limit a list is not asked any more, which one line says, and a reload forgets no query"""
    for i in range(10):
        last, r = send('few%d@good.example.com' % i, dict(GOOD, client='192.0.2.%d' % (100 + i)))
        check(last.startswith('250'), last)
    check(r['facts']['dnsbl.few'] == {'unknown': 'daily limit'}, r['facts'])
    check(site.asked('few.example') == 8, site.asked('few.example'))
    wait_for('a warning', lambda: said('event=dnsbl-limit list=few zone=few.example limit=8'))
    check(site.tool('reload')[0] == 0, 'reload')
    wait_for('what was counted', lambda: said('event=dnsbl-limit') == 2)
    _, r = send('reloaded@good.example.com', dict(GOOD, client='192.0.2.120'))
    check(r['facts']['dnsbl.few'] == {'unknown': 'daily limit'}, r['facts'])
    check(site.asked('few.example') <= 9, site.asked('few.example'))


def half():
    """What status says of the list of half of all senders."""
    for l in json.loads(site.tool('status', '--json')[1]).get('lists', []):
        if l['name'] == 'half':
            return l
    return {}


def test_5_past():
    """a list that lists everybody from a restart on is suspended by what was usual before; and stays so over the next"""
    site.say(SANE + HALF)
    for i in range(70):
        send('kim@n%d.%s.example' % (i, 'listed' if i % 2 else 'absent'), GOOD)
    wait_for('what was learned', lambda: half().get('remembered', 0) >= 60)
    site.end(site.daemon)
    site.say(SANE + '*.half.example. A 127.0.0.2\n')
    site.start_daemon()
    wait_for('the past', lambda: half().get('remembered', 0) >= 60)
    check(half()['state'] == 'well' and 40 <= half()['listed'] <= 55, half())
    for i in range(40):  # fewer than a list needs that has no past
        send('kim@m%d.example' % i, GOOD)
        if said('event=dnsbl-suspended list=half zone=half.example why="it lists everybody"'):
            break
    wait_for('its suspension', lambda: half().get('state') == 'suspended')
    wait_for('its record', lambda: 'untested suspended' in site.read('state/store.db-wal') + site.read('state/store.db'))
    site.end(site.daemon)
    site.start_daemon()
    wait_for('its suspension, without mail', lambda: half().get('state') == 'suspended')
    _, r = send('kim@next.example', GOOD)
    check(r['facts']['dnsbl.half']['unknown'].startswith('suspended: '), r['facts'])
    site.say(SANE + HALF)
    wait_for('its return', lambda: said('event=dnsbl-back list=half'), 200)


def run():
    global site
    failed = 0
    for front in 'milter', 'proxy':
        with ListSite(zone=ZONE, name='lists', front=front) as site:
            site.start(rules=RULES)
            tests = [v for k, v in sorted(globals().items()) if k.startswith('test_')]
            failed |= main(tests if front == 'proxy' else tests[:1], front)
    return failed


if __name__ == '__main__':
    sys.exit(run())
