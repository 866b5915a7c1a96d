# SPDX-License-Identifier: BSD-2-Clause
"""The proxy between two networks: the backend sees the client's own address as that of the connection.

Goal: 'identity transparent' works with the routes that postern.conf(5) names, over IPv4 and IPv6, with one capability
in the one kind of worker that needs it; and a Postfix that trusts the proxy's address is found.

Three network namespaces: a client's host, the proxy's, where this test lives, and the backend's.
"""
import contextlib
import ctypes
import os
import shutil
import smtplib
import subprocess
import sys

from mailworld import ZONE
from site_env import BINARY, Failure, Site, check, main, message, wait_for

RULES = 'rule NEVER when mail.null and helo.name = "x.invalid" score 1\nchange threshold greylist off\n'
HOSTS = {x: 'postern-%s-%d' % (x, os.getpid()) for x in ('client', 'proxy', 'backend')}
CLIENT, BACKEND = {4: '10.77.1.2', 6: '2001:db8:1::2'}, {4: '10.77.2.2', 6: '2001:db8:2::2'}
FRONT, BACK = {4: '10.77.1.1', 6: '2001:db8:1::1'}, {4: '10.77.2.1', 6: '2001:db8:2::1'}
PORT = 25
CLONE_NEWNET, PR_CAPBSET_DROP, CAP_NET_RAW = 0x40000000, 24, 13
libc = ctypes.CDLL(None, use_errno=True)
site = None


def ip(host, *words):
    subprocess.run(['ip', '-n', HOSTS[host]] + ' '.join(words).split(), check=True)


def enter(host):
    with open('/run/netns/' + HOSTS[host]) as f:
        if libc.setns(f.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), 'setns')


@contextlib.contextmanager
def on(host):
    enter(host)
    try:
        yield
    finally:
        enter('proxy')


def make_hosts():
    for name in HOSTS.values():
        subprocess.run(['ip', 'netns', 'add', name], check=True)
    for host in HOSTS:
        ip(host, 'link set lo up')
    for host, end, near, far in (('client', 'eth0', CLIENT, FRONT), ('backend', 'eth1', BACKEND, BACK)):
        ip('proxy', 'link add', end, 'type veth peer name eth0 netns', HOSTS[host])
        ip(host, 'link set eth0 up')
        ip('proxy', 'link set', end, 'up')
        for family, bits in ((4, 24), (6, 64)):
            nodad = ' nodad' if family == 6 else ''
            ip('proxy', 'addr add %s/%d dev %s%s' % (far[family], bits, end, nodad))
            ip(host, 'addr add %s/%d dev eth0%s' % (near[family], bits, nodad))
            ip(host, '-%d route add default via %s' % (family, far[family]))


def route_answers():
    """As postern.conf(5) says."""
    for family in (4, 6):
        ip('proxy', '-%d rule add iif eth1 from %s ipproto tcp sport %d lookup 100' % (family, BACKEND[family], PORT))
        ip('proxy', '-%d route add local default dev lo table 100' % family)


def start_postfix():
    with on('backend'):
        site.start_sink()
        site.start_postfix(extra='inet_interfaces = all\nsmtpd_relay_restrictions = permit_mynetworks '
                           'reject_unauth_destination\nsmtpd_recipient_restrictions =\n',
                           services='%s:%d inet n - n - 50 smtpd\n[%s]:%d inet n - n - 50 smtpd\n' % (
                               BACKEND[4], PORT, BACKEND[6], PORT))


def settings(identity='transparent', backends=(4, 6)):
    lines = ['listener four smtp inet:%d@%s' % (site.mx_port, FRONT[4]),
             'listener six smtp inet6:%d@%s' % (site.mx_port, FRONT[6]), 'spool-dir "%s"' % site.path('state'),
             'rcpt-wait 1s', 'end-wait 1s', 'backend-wait 5s', 'listener old milter unix:' + site.path('mta/milter.sock')]
    for f in backends:
        lines.append('backend to%d inet%s:%d@%s tls none identity %s' % (
            f, '6' * (f == 6), PORT, BACKEND[f], identity))
    return '\n'.join(lines) + '\n'


def send(family):
    """One message of the client's host; the last answer, and its mark."""
    data, mark = message('joe@good.example.com')
    with on('client'):
        with smtplib.SMTP(FRONT[family], site.mx_port, 'client.example', timeout=60) as s:
            s.ehlo()
            s.mail('joe@good.example.com')
            answer = s.rcpt('kim@rcpt.example')
            if answer[0] == 250:
                answer = s.data(data)
    return answer, mark


def maillog(since, *words):
    def look():
        return [x for x in site.read('log/maillog')[since:].split('\n') if all(w in x for w in words)]
    return wait_for('%s in the log of Postfix' % (words,), look)[-1]


def capabilities(pid):
    with open('/proc/%d/status' % pid) as f:
        return {x.split(':')[0]: int(x.split(':')[1], 16) for x in f if x.startswith('Cap')}


def test_transparent():
    """Postfix sees the client's address as that of the connection: IPv4 and IPv6"""
    for family, said in ((4, '[10.77.1.2]'), (6, '[IPv6:2001:db8:1::2]')):
        since = len(site.read('log/maillog'))
        answer, mark = send(family)
        check(answer[0] == 250, answer)
        maillog(since, ' connect from unknown[%s]' % CLIENT[family])
        maillog(since, 'client=unknown[%s]' % CLIENT[family])
        got = site.delivered(mark).split('Received: ')[2]
        check(got.startswith('from client.example (unknown %s)' % said), got)
        check(site.record('joe@good.example.com')['client'] == CLIENT[family], 'the record')


def test_probe():
    """the test for relaying, too, comes from a stranger's address, and IPv6's from one of its kind"""
    text = site.read('log/maillog')
    for stranger in ('192.0.2.1', '2001:db8::1'):
        check('reject: RCPT from unknown[%s]: 554 5.7.1 <postern@relay-test.invalid>' % stranger in text, stranger)
    check(site.tool('status', '-v')[1].count('used=yes open-relay=no') == 4, site.tool('status', '-v')[1])


def test_capability():
    """workers of the proxy keep CAP_NET_RAW, as all they have; other workers keep nothing"""
    titles = {}
    for pid in site.processes()[1:]:
        with open('/proc/%d/cmdline' % pid, 'rb') as f:
            titles[pid] = f.read().decode()
    check(sum('smtp-' in t for t in titles.values()) == 2 and len(titles) >= 4, titles)
    for pid, title in titles.items():
        c, want = capabilities(pid), 1 << CAP_NET_RAW if 'smtp-' in title else 0
        check(c['CapEff'] == want and c['CapPrm'] == want and not c['CapInh'] and not c['CapAmb'], (title, c))


def reload(**more):
    site.configure(RULES, settings(**more))
    return site.tool('reload')


def test_one_family():
    """a client whose kind of address the backend has not is put off; others are served, nobody is suspected"""
    check(reload(backends=(4,))[0] == 0, 'reload')
    check(send(6)[0][0] == 451 and send(4)[0][0] == 250, 'IPv6 to an IPv4 backend')
    check('state=suspect' not in site.tool('status', '-v')[1], 'suspected')


def test_none():
    """identity none: a Postfix that trusts the proxy's address refuses the reload; one that does not gets the mail"""
    check(reload(identity='none')[0] == 0, 'reload')
    since = len(site.read('log/maillog'))
    check(send(4)[0][0] == 250, 'the message')
    maillog(since, 'client=unknown[%s]' % BACK[4])
    check(capabilities(site.worker('smtp-four'))['CapPrm'] == 0, 'a capability that is not needed')
    text = site.read('etc/main.cf').replace('mynetworks = 127.0.0.0/8', 'mynetworks = 127.0.0.0/8 10.77.2.0/24')
    site.write('etc/main.cf', text)
    with on('backend'):
        subprocess.run(['postfix', '-c', site.path('etc'), 'reload'], check=True, stderr=subprocess.DEVNULL)
    status, said = reload(identity='none')
    check(status != 0 and "backend 'to4' takes mail from the proxy's address" in said and 'mynetworks' in said, said)
    check(reload()[0] == 0, 'transparent again')
    check(send(4)[0][0] == 250, 'a message after it')


def test_without_capability():
    """a daemon that may not use any source address says so, and does not start"""
    site.end(site.daemon)
    since = len(site.read('log/postern'))
    p = site.spawn([BINARY, 'daemon', '-c', site.path('postern.conf')], 'postern',
                   preexec_fn=lambda: libc.prctl(PR_CAPBSET_DROP, CAP_NET_RAW, 0, 0, 0))
    check(p.wait(60) == 78, p.returncode)
    check("'identity transparent' needs the capability CAP_NET_RAW" in site.read('log/postern')[since:], 'not said')


def run():
    global site
    if not shutil.which('ip') or subprocess.run(['ip', 'netns', 'add', HOSTS['proxy']]).returncode != 0:
        print('skip scenario/19-proxy-transparent: no network namespaces here')
        return 0
    try:
        subprocess.run(['ip', 'netns', 'del', HOSTS['proxy']], check=True)
        make_hosts()
        route_answers()
        enter('proxy')
        with Site(zone=ZONE, name='transparent', front='proxy') as site:
            start_postfix()
            site.start_dns()
            site.configure(RULES, settings())
            site.start_daemon()
            return main([v for k, v in globals().items() if k.startswith('test_')])
    finally:
        for name in HOSTS.values():
            subprocess.run(['ip', 'netns', 'del', name], stderr=subprocess.DEVNULL)


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/19-proxy-transparent: the site does not start')
        sys.exit(1)
