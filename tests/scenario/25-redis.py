# SPDX-License-Identifier: BSD-2-Clause
"""Two nodes on one Redis, one of them through stunnel, remember together; a Redis that fails stops no mail,
and is forgiven when it is back."""
import os
import signal
import subprocess
import sys

from mailworld import ZONE
from site_env import Site, check, free_port, listening, main, message, wait_for

RULES = '''
threshold greylist 2, tag 6
rule SUSPECT   when mail.domain = plain.example.net or mail.domain = pen.example   score 3
rate sent messages by mail.from per 1h
rule FLOOD when mail.local = "many" and rate.sent > 2 defer 450 4.7.1 "more than 2 messages"
'''
FROM = dict(client='192.0.2.30', name='mx.plain.example.net', helo='mx.plain.example.net')
REDIS, STUNNEL = '/usr/bin/redis-server', '/usr/bin/stunnel4'
port, tls_port, tunnel_port = free_port(), free_port(), free_port()
OURS = '198.51.101.7'
nodes = []
redis = None


def start_redis(*more):
    global redis
    redis = nodes[0].spawn([REDIS, '--bind', '127.0.0.1', '--port', str(port), '--save', '', '--appendonly', 'no',
                            '--requirepass', 'sesame', '--tls-port', str(tls_port), '--tls-auth-clients', 'no',
                            '--tls-cert-file', 'redis.pem', '--tls-key-file', 'redis.key',
                            '--tls-ca-cert-file', 'redis.pem'] + list(more), 'redis', cwd=nodes[0].base)
    wait_for('Redis', lambda: listening(port))


def start_tunnel(node):
    """The lines of postern.conf(5)."""
    openssl = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
               '-days', '2', '-subj', '/CN=redis.example', '-addext', 'subjectAltName=DNS:redis.example',
               '-keyout', 'redis.key', '-out', 'redis.pem']
    subprocess.run(openssl, cwd=node.base, check=True, capture_output=True, timeout=60)
    conf = node.write('stunnel.conf', 'foreground = yes\npid =\n[redis]\nclient = yes\naccept = 127.0.0.1:%d\n'
                      'connect = 127.0.0.1:%d\nCAfile = %s/redis.pem\nverifyChain = yes\n'
                      'checkHost = redis.example\n' % (tunnel_port, tls_port, node.base))
    node.spawn([STUNNEL, conf], 'stunnel')
    wait_for('stunnel', lambda: listening(tunnel_port))


def ask(*words):
    return subprocess.run(['/usr/bin/redis-cli', '-p', str(port), '-a', 'sesame', '--no-auth-warning'] + list(words),
                          capture_output=True, text=True, timeout=30).stdout.strip()


def attempt(node, sender, client=None):
    """From a host whose organisation may be known already; or from a client that has no name."""
    data, mark = message(sender)
    host = dict(client=client) if client else FROM
    out = node.send(sender=sender, rcpt=['kim@rcpt.example'], message=data, **host)
    return out['last'], mark


def log_of(node, text):
    return node.read('log/postern').count(text)


def both_up(times=1):
    for node in nodes:
        wait_for('a node that speaks with Redis', lambda: log_of(node, 'event=redis-up') >= times)


def passes(node, sender, client=None):
    """Tries until the greylist lets it pass; what the first try heard."""
    heard = []

    def passed():
        last, mark = attempt(node, sender, client)
        heard.append(last)
        return last.startswith('250') and mark
    node.delivered(wait_for('passing the greylist', passed))
    return heard[0]


def test_1_shared():
    """a sender that one node deferred, the other accepts when its time has come, and then both know it"""
    last, _ = attempt(nodes[0], 'shared@plain.example.net')
    check(last.startswith('451 4.7.1 greylisted'), last)
    check(int(ask('DBSIZE')) > 0, 'nothing is in Redis')
    passes(nodes[1], 'shared@plain.example.net')
    check('"passed"' in nodes[1].read('evidence/records'), 'the other node did not know of the first try')
    last, mark = attempt(nodes[0], 'shared@plain.example.net')
    check(last.startswith('250'), last)
    nodes[0].delivered(mark)
    check(nodes[0].record('shared@plain.example.net')['facts'].get('grey.state') == 'known', 'it is not known')


def test_1_shared_rates():
    """what one node accepted counts at the other: of both together two messages pass, and no third"""
    heard = []
    for node in nodes + nodes:
        last, mark = attempt(node, 'many@good.example.com', '192.0.2.10')
        heard.append(last[:3])
        if last.startswith('250'):
            node.delivered(mark)
    check(heard == ['250', '250', '450', '450'], heard)


def test_2_stopped():
    """a Redis that says nothing costs nobody his mail: the file carries on, and one warning says so"""
    os.kill(redis.pid, signal.SIGSTOP)
    try:
        last, _ = attempt(nodes[0], 'stopped@plain.example.net')
        check(last.startswith('451 4.7.1 greylisted'), last)
        passes(nodes[0], 'stopped@plain.example.net')
        last, mark = attempt(nodes[0], 'shared@plain.example.net')
        check(last.startswith('250'), 'who was known before waits again: ' + last)
        nodes[0].delivered(mark)
        wait_for('a warning', lambda: log_of(nodes[0], 'warning: event=redis-away') == 1)
    finally:
        os.kill(redis.pid, signal.SIGCONT)
    wait_for('Redis again', lambda: log_of(nodes[0], 'event=redis-up') == 2)


def test_3_killed():
    """a Redis that dies and comes back empty: mail flows, and what it learns from then on is shared again"""
    redis.kill()
    redis.wait()
    passes(nodes[1], 'killed@plain.example.net')
    up = [log_of(node, 'event=redis-up') for node in nodes]
    start_redis()
    for node, n in zip(nodes, up):
        wait_for('Redis again', lambda: log_of(node, 'event=redis-up') > n)
    last, _ = attempt(nodes[0], 'after@plain.example.net')
    check(last.startswith('451'), last)
    passes(nodes[1], 'after@plain.example.net')


def test_4_full_and_read_only():
    """a Redis without memory, or one that became a replica, takes no writes: the file carries on"""
    ask('CONFIG', 'SET', 'maxmemory', '1')
    check(passes(nodes[0], 'full@plain.example.net', '198.51.100.30').startswith('451'), 'no wait')
    ask('CONFIG', 'SET', 'maxmemory', '0')
    ask('REPLICAOF', '127.0.0.1', '1')
    check(passes(nodes[0], 'replica@plain.example.net', '203.0.113.30').startswith('451'), 'no wait')
    ask('REPLICAOF', 'NO', 'ONE')
    wait_for('records in Redis again',
             lambda: attempt(nodes[0], 'again@plain.example.net', '192.0.3.30') and ask('DBSIZE') != '0')


def test_1_correspondents():
    """whom a user of one node wrote to the other one knows: his mail does not wait, that of others does"""
    data, mark = message('kim@rcpt.example')
    out = nodes[0].send(client=OURS, helo='pc.rcpt.example', sender='kim@rcpt.example', rcpt=['joe@pen.example'],
                        message=data)
    check(out['last'].startswith('250'), out)
    nodes[0].delivered(mark)
    last, mark = attempt(nodes[1], 'joe@pen.example', '192.0.4.30')
    check(last.startswith('250'), last)
    nodes[1].delivered(mark)
    last, _ = attempt(nodes[1], 'ann@pen.example', '192.0.4.30')
    check(last.startswith('451 4.7.1 greylisted'), last)


def test_5_password():
    """the password stands in no log and no title"""
    for node in nodes:
        check('sesame' not in node.read('log/postern'), 'it is in the log')
        for pid in node.processes():
            with open('/proc/%d/cmdline' % pid, 'rb') as f:
                check(b'sesame' not in f.read(), 'it is in the title of a process')


def settings(node, server):
    secrets = node.write('secrets', 'redis sesame\ncorrespondents open-sesame-open-sesame\n')
    os.chmod(secrets, 0o600)
    os.chown(secrets, 65534, 65534)
    return ('greylist-wait 1s\nstore-timeout 2s\nredis-timeout 1s\nredis-servers { 127.0.0.1@%d }\nsecrets-file "%s"\n'
            'own-nets { 127.0.0.0/8 %s }\n' % (server, secrets, OURS))


def run():
    for program in REDIS, STUNNEL:
        if not os.path.exists(program):
            print('skip: scenario/25-redis: no %s' % program)
            return 0
    with Site(zone=ZONE, name='node1') as one, Site(zone=ZONE, name='node2') as two:
        nodes[:] = [one, two]
        start_tunnel(one)
        start_redis()
        one.start(rules=RULES, settings=settings(one, port), extra='mynetworks = 127.0.0.0/8, %s\n'
                  'smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n' % OURS)
        two.start(rules=RULES, settings=settings(two, tunnel_port))
        both_up()
        return main([v for k, v in sorted(globals().items()) if k.startswith('test_')])


if __name__ == '__main__':
    sys.exit(run())
