# SPDX-License-Identifier: BSD-2-Clause
"""Our own mail is signed with DKIM, as python3-dkim verifies it, and nobody else's is."""
import contextlib
import os
import re
import subprocess
import sys

import dkim
import parity
from mailworld import PUBLIC, ZONE, txt
from site_env import BINARY, Site, check, message

RULES = '''
rule OUT_BAD  scope any  when mail.local = "bad"  reject 554 5.7.1 "not this"
'''
SETTINGS = '''
own-nets { 127.0.0.0/8 ::1 192.0.2.40 192.0.2.41 }
trusted-relays { 192.0.2.41 }
dkim-keys "keys.table"
'''
REWRITING = '''smtpd_sasl_auth_enable = yes
smtpd_relay_restrictions = permit_sasl_authenticated, permit_mynetworks, reject_unauth_destination
local_header_rewrite_clients = permit_sasl_authenticated
myorigin = ours.example.org
canonical_maps = inline:{{old@ours.example.org=joseph@ours.example.org}}
canonical_classes = header_sender
'''
site = None
records = {}


def make(kind, domain, selector):
    """A key by the tool itself; its record and its line of the table."""
    run = subprocess.run([BINARY, 'dkim-key', '-c', site.path('postern.conf'), '--type', kind, '--selector', selector,
                          '--dir', site.path('keys'), domain], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out = run.stdout.decode()
    check(run.returncode == 0, run.stderr.decode())
    name = re.search(r'^(\S+)\. IN TXT \(', out, re.M).group(1)
    records[name.encode() + b'.'] = ''.join(re.findall(r'^\t"(.*)"', out, re.M)).encode()
    return out.splitlines()[-1]


def look_up(name, timeout=5):
    return records.get(name)


def sent(client, sender, author=None, body='A short text.\r\n', extra=''):
    data, mark = message(author or sender, body=body, extra=extra)
    out = site.send(client=client, helo='mx.ours.example.org', sender=sender, rcpt=['kim@rcpt.example'], message=data)
    check(out['last'].startswith('250'), out)
    return site.delivered(mark)


def signatures(text):
    """Verdicts of python3-dkim over each signature, by selector."""
    crlf = re.sub(r'\r?\n', '\r\n', text).encode()
    d = dkim.DKIM(crlf)
    found = re.findall(r'^DKIM-Signature: (.*?)(?=^\S)', text, re.M | re.S)
    return {re.search(r's=([^;]+);', f).group(1): d.verify(idx=i, dnsfunc=look_up) for i, f in enumerate(found)}


def test_signed():
    """mail from our networks bears two signatures, RSA and Ed25519, and python3-dkim verifies both"""
    text = sent('192.0.2.40', 'joe@ours.example.org')
    check(signatures(text) == {'r1': True, 'e1': True}, (signatures(text), text))


def test_long():
    """a long message with odd blanks and empty lines at its end"""
    text = sent('192.0.2.40', 'joe@ours.example.org', body=' a \t b  \r\n' * 3000 + '\r\n\r\n')
    check(signatures(text) == {'r1': True, 'e1': True}, signatures(text))


def test_parent():
    """a domain below one in the table is signed with its key"""
    check(signatures(sent('192.0.2.40', 'joe@sub.ours.example.org')) == {'r1': True, 'e1': True}, 'no signature')


def test_other_author():
    """our network, but an author of another domain"""
    check('DKIM-Signature' not in sent('192.0.2.40', 'joe@ours.example.org', 'joe@plain.example.net'), 'signed')


def test_user():
    """a user who has logged in from anywhere is signed, as Postfix rewrote the header"""
    data, mark = message('joe@ours.example.org', author='Joe <old>')
    s = site.connect()
    s.ehlo('x')
    check(s.docmd('XCLIENT', 'ADDR=203.0.113.7 NAME=[UNAVAILABLE] LOGIN=joe')[0] == 220, 'XCLIENT')
    s.ehlo('laptop')
    check((s.mail('joe@ours.example.org')[0], s.rcpt('kim@rcpt.example')[0], s.data(data)[0]) == (250, 250, 250), 'refused')
    s.quit()
    text = site.delivered(mark)
    check('From: Joe <joseph@ours.example.org>' in text, text)
    check(signatures(text) == {'r1': True, 'e1': True}, text)
    check(site.record('joe@ours.example.org')['signed'] ==
          'e1._domainkey.ours.example.org,r1._domainkey.ours.example.org', site.records()[-1])


def test_returned():
    """what strangers forged is not signed when it comes back to us; postern why says so"""
    text = sent('127.0.0.1', 'back@list.example', 'boss@ours.example.org',
                extra='Authentication-Results: mx.test; dmarc=fail header.from=ours.example.org\r\n')
    check('DKIM-Signature' not in text, text)
    said = site.tool('why', site.record('back@list.example')['id'])[1]
    check('not signed: it came from outside' in said, said)
    check('unsigned="it came from outside' in site.read('log/postern'), 'log')


def test_stranger():
    """a stranger who claims our domain"""
    check('DKIM-Signature' not in sent('192.0.2.30', 'joe@ours.example.org'), 'signed')
    check('auth=iprev:pass,spf:none,' in site.read('log/postern'), 'results in the log')


def test_relay():
    """what a trusted relay hands on merely passes through"""
    check('DKIM-Signature' not in sent('192.0.2.41', 'joe@ours.example.org'), 'signed')


def test_refused():
    """a refused message costs no signature"""
    data, _ = message('bad@ours.example.org')
    out = site.send(client='192.0.2.40', helo='mx.ours.example.org', sender='bad@ours.example.org',
                    rcpt=['kim@rcpt.example'], message=data)
    check(out['last'].startswith('554'), out)


def test_tool():
    """postern dkim-key overwrites nothing and shows what is there"""
    argv = [BINARY, 'dkim-key', '-c', site.path('postern.conf'), '--selector', 'r1', '--dir', site.path('keys'),
            'ours.example.org']
    again = subprocess.run(argv, stderr=subprocess.PIPE, text=True)
    check(again.returncode == 73 and 'take another --selector' in again.stderr, again)
    key = site.path('keys', 'ours.example.org.r1.pem')
    check(os.stat(key).st_mode & 0o777 == 0o600, 'mode of the key')
    shown = subprocess.run([BINARY, 'dkim-key', '--selector', 'r1', '--show', key, 'ours.example.org'],
                           stdout=subprocess.PIPE).stdout.decode()
    check(''.join(re.findall(r'^\t"(.*)"', shown, re.M)).encode() == records[b'r1._domainkey.ours.example.org.'], shown)


def test_check():
    """postern dkim-key --check compares the table with the DNS"""
    status, text = site.tool('dkim-key', '--check')
    check(status == 1 and sorted(text.splitlines()) == [
        'e1._domainkey.ours.example.org: fits', 'g1._domainkey.gone.example.org: WRONG: there is no such record',
        'r1._domainkey.ours.example.org: WRONG: the record has another key'], (status, text))
    check(site.tool('dkim-key', '--check', 'x.gone.example.org') ==
          (1, 'g1._domainkey.gone.example.org: WRONG: there is no such record\n'), 'one domain')
    status, text = site.tool('dkim-key', '--check', 'other.example')
    check(status == 78 and 'keys.table has no key for other.example' in text, (status, text))
    site.freeze_dns()
    try:
        status, text = site.tool('dkim-key', '--check', 'gone.example.org')
    finally:
        site.freeze_dns(False)
    check(status == 75 and 'g1._domainkey.gone.example.org: not known: the DNS did not answer' in text, (status, text))


def test_bad_key():
    """a key that others can read is refused at a reload, with its place, and the old ones sign on"""
    key = site.path('keys', 'ours.example.org.r1.pem')
    os.chmod(key, 0o644)
    status, text = site.tool('reload')
    os.chmod(key, 0o600)
    check(status != 0, text)
    check('keys.table:1' in text and 'mode 0644' in text, text)
    check(signatures(sent('192.0.2.40', 'joe@ours.example.org')) == {'r1': True, 'e1': True}, 'not signed')


@contextlib.contextmanager
def world(front):
    global site
    with Site(zone=ZONE, name='signing', front=front) as site:
        site.configure(rules=RULES, settings='')
        mask = os.umask(0o077)  # workers must be able to pass through the folder all the same
        lines = [make('rsa', 'ours.example.org', 'r1'), make('ed25519', 'ours.example.org', 'e1'),
                 make('ed25519', 'gone.example.org', 'g1')]
        os.umask(mask)
        site.write('keys.table', '\n'.join(lines) + '\n')
        site.zone += 'e1._domainkey.ours.example.org. TXT "%s"\nr1._domainkey.ours.example.org. TXT %s\n' % (
            records[b'e1._domainkey.ours.example.org.'].decode(), txt('v=DKIM1; k=rsa; p=' + PUBLIC))
        site.start(rules=RULES, settings=SETTINGS, postfix=front == 'proxy')
        if front == 'milter':
            site.start_postfix(extra=REWRITING)
        yield site


def run():
    # What Postfix rewrites behind a proxy is not what was signed ; tools have no front-end.
    alone = [test_user, test_tool, test_check, test_bad_key]
    return parity.both(world, [v for k, v in sorted(globals().items()) if k.startswith('test_') and v not in alone], alone)


if __name__ == '__main__':
    sys.exit(run())
