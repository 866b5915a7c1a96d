# SPDX-License-Identifier: BSD-2-Clause
"""Any host of an organisation may try again, a bot network's may not, and whom our users wrote to never waits."""
import contextlib
import os
import signal
import sys

import parity
from mailworld import ZONE
from site_env import Site, check, message, wait_for

RULES = '''
threshold greylist 2, tag 6
rule SUSPECT   when mail.domain in { big.example shop.example other.example bot.example mix.example }   score 3
rule CONTENT   when header("X-Content") = "bad"   reject 550 5.7.1 "not this"
rule PARTNER   when mail.known    score -0.5
rule AUTHOR    when from.known    score -0.25
'''
MORE = '''
; a large provider: eight hosts in as many networks
big.example. A 198.18.1.1
big.example. TXT "v=spf1 ip4:198.18.0.0/20 -all"
; a shop, and one that nobody wrote to
shop.example. A 198.18.32.1
mail.shop.example. A 198.18.32.1
shop.example. TXT "v=spf1 ip4:198.18.32.1 ~all"
other.example. A 198.18.33.1
other.example. TXT "v=spf1 ip4:198.18.33.1 -all"
bot.example. A 198.18.34.1
; whose users send what is wanted, and what is not
mix.example. A 198.18.35.1
mix.example. TXT "v=spf1 ip4:198.18.35.0/24 -all"
'''
BIG = ['198.18.%d.1' % i for i in range(1, 9)]
BOTS = ['203.0.113.1', '198.19.1.1', '198.19.2.1', '198.19.3.1', '198.19.4.1', '198.19.5.1', '198.19.6.1', '198.19.7.1']
SHOP, OTHER, MIX, OURS = '198.18.32.1', '198.18.33.1', '198.18.35.1', '198.51.100.7'
site = None


def attempt(client, sender, rcpt='kim@rcpt.example', extra=''):
    data, mark = message(sender or 'postmaster@shop.example', extra=extra)
    last = site.send(client=client, helo='mail.shop.example' if client == SHOP else 'host.example', sender=sender, rcpt=[rcpt],
                     message=data)['last']
    if last.startswith('250'):
        site.delivered(mark)
    return last


def test_1_eight_hosts():
    """of eight hosts of one organisation the first to try again after the wait gets through"""
    hosts = iter(BIG * 1000)
    heard = [attempt(next(hosts), 'm-1@big.example')]
    check(heard[0].startswith('451 4.7.1 greylisted, please try again in') and 'mail of big.example is new here' in heard[0],
          heard)
    wait_for('passing', lambda: heard.append(attempt(next(hosts), 'm-1@big.example')) or heard[-1].startswith('250'))
    seen = [r['facts'] for r in site.records() if r['from'] == 'm-1@big.example']
    states = [f['grey.state'] for f in seen if 'grey.state' in f]
    check(states[0] == 'new' and set(states[1:-1]) <= {'early'} and states[-1] == 'passed', states)
    check(all(f['client.organisation'] == 'big.example' for f in seen), seen)


def test_2_then_known():
    """after that none of its mail waits: another host, sender and recipient"""
    last = attempt(BIG[5], 'other@big.example', 'ann@rcpt.example')
    check(last.startswith('250'), last)
    check(site.record('other@big.example')['facts']['grey.state'] == 'known', 'grey.state')


def test_3_bots():
    """of eight unrelated hosts each is new, also when the wait of the first is over"""
    heard = [attempt(host, 'x@bot.example') for host in BOTS[:4]]
    wait_for('the wait', lambda: attempt(OTHER, 'clock@other.example').startswith('250'))
    heard += [attempt(host, 'x@bot.example') for host in BOTS[4:]]
    check(all(x.startswith('451 4.7.1 greylisted') for x in heard), heard)
    states = [r['facts']['grey.state'] for r in site.records() if r['from'] == 'x@bot.example']
    check(states == ['new'] * len(BOTS), states)


def test_3_content():
    """a retry that passes and is refused for its content makes nobody known; one that is accepted does"""
    bad = 'X-Content: bad\r\n'
    heard = [attempt(MIX, 'a@mix.example', extra=bad)]
    wait_for('passing', lambda: heard.append(attempt(MIX, 'a@mix.example', extra=bad)) or heard[-1].startswith('550'))
    check(all(x.startswith('451 4.7.1 greylisted') for x in heard[:-1]) and heard[-1].startswith('550 5.7.1 not this'), heard)
    last = attempt(MIX, 'b@mix.example')
    check(last.startswith('451 4.7.1 greylisted'), last)
    check('mix.example' not in site.tool('greylist', 'list', '--known')[1], 'it is known')
    last = attempt(MIX, 'a@mix.example')
    check(last.startswith('250'), last)
    last = attempt('198.18.35.9', 'c@mix.example', 'ann@rcpt.example')
    check(last.startswith('250'), last)
    check('mix.example' in site.tool('greylist', 'list', '--known')[1], 'it is not known')


def test_4_login_code():
    """mail of the organisation to which a user wrote does not wait"""
    last = attempt(OURS, 'kim@rcpt.example', 'service@shop.example')
    check(last.startswith('250'), last)
    last = attempt(SHOP, 'noreply@shop.example')
    check(last.startswith('250'), last)
    facts = site.record('noreply@shop.example')['facts']
    check(facts['grey.state'] == 'known' and facts['mail.known'] is False, facts)


def test_5_correspondent():
    """the address to which a user wrote does not wait either, from wherever SPF does not fail"""
    last = attempt(BOTS[0], 'service@shop.example')
    check(last.startswith('250'), last)
    r = site.record('service@shop.example')
    check(r['facts']['grey.state'] == 'known' and r['facts']['mail.known'] is True and r['score'] == 2.25, r)
    last = attempt(OURS, 'kim@rcpt.example', 'sales@big.example')
    check(last.startswith('250'), last)
    last = attempt(BOTS[0], 'sales@big.example')
    check(last.startswith('451'), last)
    last = attempt(BOTS[0], 'else@shop.example')
    check(last.startswith('451'), last)


def test_6_restart():
    """a restart forgets neither, and the secret is readable by its owner alone"""
    before = site.read('state/correspondents.key')
    check(len(before) > 32 and os.stat(site.path('state/correspondents.key')).st_mode & 0o7777 == 0o600, before)
    site.end(site.daemon)
    site.start_daemon()
    check(site.read('state/correspondents.key') == before, 'another secret')
    check(wait_for('an answer', lambda: attempt(BIG[2], 'third@big.example')).startswith('250'), 'the organisation')
    check(attempt(BOTS[1], 'service@shop.example').startswith('250'), 'the correspondent')


def test_7_store_away():
    """while the store does not answer what it knows is unknown, and mail flows"""
    pid = site.worker('store')
    os.kill(pid, signal.SIGSTOP)
    try:
        check(attempt(OTHER, 'away@other.example').startswith('250'), 'mail waits for the store')
        check(attempt(OURS, 'ann@rcpt.example', 'away@other.example').startswith('250'), 'outbound mail waits')
        unknown = site.record('away@other.example')['unknown']
        check({'grey.state', 'mail.known', 'from.known'} <= set(unknown), unknown)
    finally:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def world(front):
    global site
    with Site(zone=ZONE + MORE, name='organisations', front=front) as site:
        site.start(rules=RULES, settings='greylist-wait 2s\nstore-timeout 1s\nown-nets { 127.0.0.0/8 198.51.100.0/24 }',
                   extra='mynetworks = 127.0.0.0/8, 198.51.100.0/24\n'
                         'smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n')
        yield site


def run():
    return parity.both(world, [v for k, v in sorted(globals().items()) if k.startswith('test_')],
                       but=('m-1@big.example', 'clock@other.example', 'a@mix.example'))


if __name__ == '__main__':
    sys.exit(run())
