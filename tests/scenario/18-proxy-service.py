# SPDX-License-Identifier: BSD-2-Clause
"""What the daemon opens, reads and hands to the workers of smtp listeners: sockets of both families and of systemd,
private keys.

Goal: a client finds the same service by whatever way the socket came to be; a key is where it is needed, and nowhere
else.
"""
import fcntl
import os
import re
import smtplib
import socket
import subprocess
import sys

from mailworld import ZONE
from site_env import BINARY, Failure, Site, check, free_port, listening, main, message, wait_for

SENDER = 'joe@good.example.com'
site = None
given_port = free_port()


def settings():
    return '''
listener mx smtp inet:{mx}@0.0.0.0
listener mx6 smtp inet6:{mx}@::
listener mta milter unix:{socket} socket-group postfix
backend postfix inet:{postfix}@127.0.0.1 tls none identity xclient
tls-chain-files {{ "{pem}" }}
xclient-nets {{ 127.0.0.0/8 }}
spool-dir "{state}"
'''.format(mx=site.mx_port, socket=site.socket, postfix=site.smtp_port, pem=site.path('chain.pem'),
           state=site.path('state'))


def make_key():
    """A new key and certificate; a line of the key."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=mx.test', '-days', '2',
                    '-keyout', site.path('key.pem'), '-out', site.path('cert.pem')], check=True,
                   stderr=subprocess.DEVNULL)
    key = site.read('key.pem')
    with open(site.path('chain.pem'), 'w') as f:
        f.write(key + site.read('cert.pem'))
    os.chmod(site.path('chain.pem'), 0o600)
    return key.split('\n')[5].encode()


def title(pid):
    with open('/proc/%d/cmdline' % pid, 'rb') as f:
        return f.read().replace(b'\0', b' ').decode().strip()


def holds(pid, text):
    """The process has the text somewhere in its memory."""
    with open('/proc/%d/maps' % pid) as maps, open('/proc/%d/mem' % pid, 'rb', 0) as mem:
        for line in maps:
            low, high = (int(x, 16) for x in line.split()[0].split('-'))
            if 'rw' not in line.split()[1] or 'stack' in line:
                continue
            try:
                mem.seek(low)
                if text in mem.read(high - low):
                    return True
            except OSError:  # a guard page
                pass
    return False


def greeting(address, port=None):
    with socket.create_connection((address, port or site.mx_port), 30) as s:
        return s.makefile('rb').readline()


def test_families():
    """IPv4 and IPv6 have a listener each on one port; the counters of each are its own"""
    for address in '127.0.0.1', '::1', '::1':
        check(greeting(address).startswith(b'220 mx.test'), address)
    status, text = site.tool('status', '-v')
    check(status == 0, text)
    counts = {name: text.split('smtp-%s ' % name)[1] for name in ('mx', 'mx6')}
    check(re.search(r'connections 2\n', counts['mx6']), text)
    for word in ('refused 0', 'messages-taken 0', 'messages-put-off 0', 'messages-refused 0', 'backend-postfix state=well'):
        check(word in counts['mx'], '%s: %s' % (word, text))


def test_counts():
    """what clients heard of their messages is counted"""
    with site.connect('192.0.2.10', 'mx.good.example.com', 'mx.good.example.com') as s:
        s.ehlo()
        for word, code in (('fine', 250), ('refused', 550)):
            s.mail(SENDER)
            s.rcpt('kim@rcpt.example')
            got = s.data(message(SENDER, subject=word)[0])
            check(got[0] == code, got)
    text = site.tool('status', '-v')[1].split('smtp-mx ')[1]
    check('messages-taken 1\n' in text and 'messages-refused 1\n' in text and 'relayed 1\n' in text, text)
    check('certificate-days 1\n' in text, text)


def test_keys():
    """private keys are in the memory of the first process, and of no worker: not even an old one's after a reload"""
    old = site.key
    check(holds(site.daemon.pid, old), 'the key is not found where it must be')
    new = make_key()
    status, text = site.tool('reload')
    check(status == 0, text)
    check(holds(site.daemon.pid, new) and not holds(site.daemon.pid, old), 'the first process has the wrong key')
    wait_for('end of the old workers', lambda: 'generation 1,' not in site.tool('status', '-v')[1])
    wait_for('end of the keeper', lambda: len(site.processes()) == 5)
    workers = site.processes()[1:]
    names = ' '.join(title(pid) for pid in workers)
    for name in ('smtp-mx', 'smtp-mx6', 'milter-mta', 'store'):
        check(name in names, '%s is not among: %s' % (name, names))
    for pid in workers:
        for which, key in (('old', old), ('new', new)):
            check(not holds(pid, key), 'the %s key is in the memory of %s' % (which, title(pid)))


def test_check():
    """`postern check` finds what would refuse a reload: a key that is not the certificate's, and nobody's mail"""
    conf = site.read('postern.conf')
    chain = site.read('chain.pem')
    site.write('chain.pem', site.read('cert.pem'))
    status, text = site.tool('check')
    check(status == 77 and re.search(r'postern.conf:\d+:1: error: listener mx: .*key', text), text)
    check(site.tool('reload')[0] != 0, 'taken')
    site.write('chain.pem', chain)
    status, text = site.tool('check')
    check(status == 0, text)
    site.write('postern.conf', conf.replace('own-domains { rcpt.example }', ''))
    status, text = site.tool('check')
    check(status == 78 and "error: own-domains is empty: listener 'mx' would refuse" in text, text)
    check('own-domains is empty' in site.tool('reload')[1], 'taken')
    site.write('postern.conf', conf)


def start_with(*sockets, pid='$$'):
    """The daemon as systemd starts it: sockets, (name, descriptor from 20 on), are its descriptors from 3 on."""
    lines = ['exec %d<&%d' % (i + 3, fd) for i, (_, fd) in enumerate(sockets)]
    lines.append('LISTEN_FDS=%d LISTEN_FDNAMES=%s LISTEN_PID=%s exec "$0" daemon -c "$1"' % (
        len(sockets), ':'.join(name for name, _ in sockets), pid))
    site.daemon = site.spawn(['/bin/bash', '-c', '\n'.join(lines), BINARY, site.path('postern.conf')], 'postern',
                             pass_fds=[fd for _, fd in sockets])


def serving():
    return site.daemon.poll() is None and 'generation' in site.tool('status', '-v')[1]


def test_systemd():
    """sockets of systemd: taken by name, open over a restart, whose clients are served by the next daemon"""
    site.end(site.daemon)
    check(not listening(site.mx_port), 'the daemon left its socket open')
    with socket.create_server(('::', given_port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=100) as mx, \
            socket.create_server(('127.0.0.1', 0)) as other:
        high = [(name, fcntl.fcntl(s.fileno(), fcntl.F_DUPFD_CLOEXEC, 20)) for name, s in (('mx', mx), ('nobody', other))]
        start_with(*high)
        wait_for('daemon', serving)
        check(greeting('127.0.0.1', given_port).startswith(b'220 mx.test'), 'IPv4')
        check(greeting('::1', given_port).startswith(b'220 mx.test'), 'IPv6')
        try:
            check(greeting('127.0.0.1').startswith(b'refused'), 'the address of the settings is open too')
        except ConnectionRefusedError:
            pass
        check(greeting('::1').startswith(b'220 mx.test'), 'a listener that systemd does not know')
        with smtplib.SMTP('127.0.0.1', given_port, timeout=60) as s:  # IPv4 in an IPv6 socket
            s.ehlo('mx.good.example.com')
            check('xclient' in s.esmtp_features, 'not taken for 127.0.0.1: %s' % s.esmtp_features)
        check(site.tool('reload')[0] == 0 and greeting('::1', given_port)[:3] == b'220', 'after a reload')
        site.end(site.daemon)
        with socket.create_connection(('127.0.0.1', given_port), 30) as waiting:
            start_with(*high)
            check(waiting.makefile('rb').readline().startswith(b'220 mx.test'), 'who came meanwhile')
        wait_for('daemon', serving)
        site.end(site.daemon)
        start_with(*high, pid='1')  # for somebody else
        wait_for('daemon', serving)
        check(greeting('127.0.0.1').startswith(b'220 mx.test'), 'sockets of another process are taken')
        for _, fd in high:
            os.close(fd)
    check("no listener is named 'nobody', as a socket of systemd is" in site.read('log/postern'), 'no warning')


def run():
    global site
    with Site(zone=ZONE, name='service', front='proxy') as site:
        site.key = make_key()
        site.start(rules='rule NOT when subject = "refused" reject 550 5.7.1 "no" at header\n', settings=settings())
        tests = [test_families, test_counts, test_keys, test_check, test_systemd]
        if '/san-' in BINARY:
            print('skip: scenario/18-proxy-service: test_keys: a sanitizer reserves more memory than can be looked through')
            tests.remove(test_keys)
        return main(tests)


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/18-proxy-service: the site does not start')
        sys.exit(1)
