# SPDX-License-Identifier: BSD-2-Clause
"""What DMARC found is kept, and becomes aggregate reports (RFC 9990) to those who ask and may."""
import datetime
import email
import glob
import gzip
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

from mailworld import PUBLIC, ZONE, sign, txt
from site_env import Site, check, main, message, wait_for

SCHEMA = os.path.join(os.environ.get('SUITES', '../shared/suites'), 'dmarc-reports/schema/dmarc-xml-0.2.xsd')
NS = '{urn:ietf:params:xml:ns:dmarc-2.0}'
RULES = '''
rule FORGED  when dmarc = fail and dmarc.policy = reject and from.domain = shop.example.com
    reject 550 5.7.1 "forged"
rule LATER   when mail.local = "later"  defer 451 4.7.1 "later"
'''
SETTINGS = '''
dmarc-history "evidence/dmarc"
dmarc-report-org "Receiver & Co"
dmarc-report-from dmarc@mx.test.example
dns-timeout 500ms
'''
WORLD = ZONE + '''
shop.example.com. TXT "v=spf1 ip4:192.0.2.10 -all"
s1._domainkey.shop.example.com. TXT %s
_dmarc.shop.example.com. TXT "v=DMARC1; p=reject; sp=none; adkim=s; fo=1:d; rua=mailto:agg@shop.example.com,mailto:rua@collect.example!1m,mailto:rua@closed.example,mailto:rua@tiny.shop.example.com!100,https://x.example/"
news.shop.example.com. TXT "v=spf1 ip4:192.0.2.10 -all"
shop.example.com._report._dmarc.collect.example. TXT "v=DMARC1; rua=mailto:other@collect.example"
_dmarc.lax.example.com. TXT "v=DMARC1; p=reject; rua=mailto:lax@lax.example.com"
_dmarc.try.example.com. TXT "v=DMARC1; p=quarantine; t=y; rua=mailto:x@away.example"
try.example.com._report._dmarc.away.example. TXT "v=DMARC1; rua=mailto:victim@elsewhere.example"
_dmarc.quiet.example.com. TXT "v=DMARC1; p=reject"
''' % txt('v=DKIM1; k=rsa; p=' + PUBLIC)
STUB = '''#!/bin/sh
[ ! -e "$0.fails" ] || exit 75
n=$(ls "$(dirname "$0")" | wc -l)
echo "$*" >"$(dirname "$0")/$n.args"
cat >"$(dirname "$0")/$n.mail"
'''
site = None
day = None


def rows():
    lines = [x for name in glob.glob(site.path('evidence/dmarc/*.jsonl')) for x in open(name, errors='replace')]
    return [json.loads(x) for x in lines if x.endswith('}\n')]


def send(client, author, sender=None, signed=None):
    data, _ = message(author)
    if signed:
        data = sign(data, signed)
    return site.send(client=client, helo='mx.good.example.com', sender=author if sender is None else sender,
                     rcpt=['kim@rcpt.example'], message=data)['last'][:3]


def report(*args):
    return site.tool('dmarc-report', *args)


def opened(text):
    """A message, its XML and the records: (ip, disposition, header_from) -> record."""
    m = email.message_from_string(text)
    part = m.get_payload()[1]
    xml = gzip.decompress(part.get_payload(decode=True))
    root = ET.fromstring(xml)
    records = {(r.findtext('.//%ssource_ip' % NS), r.findtext('.//%sdisposition' % NS),
                r.findtext('.//%sheader_from' % NS)): r for r in root.findall(NS + 'record')}
    return m, part, xml, root, records


def test_kept():
    """a row for each message of a domain that asks for reports; none for others, ours or deferred ones"""
    check(send('192.0.2.10', 'a@shop.example.com', signed='shop.example.com') == '250', 'good')
    check(send('192.0.2.10', 'b@shop.example.com', signed='shop.example.com') == '250', 'good')
    for i in range(3):
        check(send('192.0.2.99', 'c@shop.example.com') == '550', 'forged')
    check(send('192.0.2.10', 'd@news.shop.example.com', sender='') == '250', 'below')
    check(send('192.0.2.99', 'e@lax.example.com') == '250', 'lax')
    check(send('192.0.2.99', 'f@try.example.com') == '250', 'test mode')
    check(send('192.0.2.99', 'g@quiet.example.com') == '250', 'quiet')
    check(send('192.0.2.99', 'later@lax.example.com') == '451', 'deferred')
    check(send('127.0.0.1', 'h@shop.example.com') == '250', 'ours')
    got = wait_for('8 rows', lambda: len(rows()) >= 8 and rows())
    check(sorted(r['domain'] for r in got) == ['lax.example.com'] + ['shop.example.com'] * 6 + ['try.example.com'], got)
    path, = glob.glob(site.path('evidence/dmarc/*.jsonl'))
    check(os.stat(path).st_mode & 0o777 == 0o640, 'mode')


def test_not_over():
    """a day that is not over is not reported, only shown"""
    today = os.path.basename(glob.glob(site.path('evidence/dmarc/*.jsonl'))[0])[:10]
    if today == str(datetime.datetime.now(datetime.timezone.utc).date()):
        check(report('--day', today, '--out', site.path('out'))[0] == 64, 'taken')
        status, text = report('--day', today, '--dry-run')
        check(status == 0 and 'shop.example.com: 6 messages in 3 rows: would go to agg@shop.example.com' in text, text)


def become_yesterday():
    global day
    day = str(datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1))
    name, = glob.glob(site.path('evidence/dmarc/*.jsonl'))
    path = site.path('evidence/dmarc/%s.jsonl' % day)
    os.rename(name, path)
    with open(path, 'ab') as f:
        f.write(b'{"time":1,"domain":"shop.exa\n\n\xff\x00\n')


def test_messages():
    """--out: one message for each destination that may have it; the counts agree, the damage is told"""
    become_yesterday()
    os.mkdir(site.path('out'))
    status, text = report('--out', site.path('out'))
    check(status == 0, text)
    check(day + ' shop.example.com: 6 messages in 3 rows: written for agg@shop.example.com, other@collect.example\n'
          in text, text)
    check('rua@closed.example gets no report: its domain does not allow' in text, text)
    check('rua@tiny.shop.example.com gets no report: it is longer' in text, text)
    check('https://x.example/ gets no report: not a mailto' in text, text)
    check('rua' not in str(os.listdir(site.path('out'))), 'names')
    check('2 of 10 lines are damaged' in text, text)
    files = sorted(glob.glob(site.path('out/*shop.example.com*')))
    check(len(files) == 2 and len(os.listdir(site.path('out'))) == 3, os.listdir(site.path('out')))
    m, part, xml, root, records = opened(open(files[0]).read())
    check(m['To'] == '<agg@shop.example.com>' and m['From'] == '<dmarc@mx.test.example>', m)
    check(' '.join(m['Subject'].split()).startswith(
        'Report Domain: shop.example.com Submitter: mx.test Report-ID: <%s.shop.' % day), m['Subject'])
    begin = int(datetime.datetime.fromisoformat(day + 'T00:00:00+00:00').timestamp())
    check(part.get_filename() == 'mx.test!shop.example.com!%d!%d.xml.gz' % (begin, begin + 86399), part.get_filename())
    check(part.get_content_type() == 'application/gzip', part.get_content_type())
    check(root.findtext('.//%sorg_name' % NS) == 'Receiver & Co', xml)
    check({k: r.findtext('.//%scount' % NS) for k, r in records.items()} ==
          {('192.0.2.10', 'pass', 'shop.example.com'): '2', ('192.0.2.99', 'reject', 'shop.example.com'): '3',
           ('192.0.2.10', 'none', 'news.shop.example.com'): '1'}, xml)
    good = records['192.0.2.10', 'pass', 'shop.example.com']
    check(good.findtext('.//%sauth_results/%sdkim/%sselector' % (NS, NS, NS)) == 's1', xml)
    check(good.findtext('.//%spolicy_evaluated/%sdkim' % (NS, NS)) == 'pass', xml)
    check(good.findtext('.//%senvelope_to' % NS) == 'rcpt.example' and root.findtext('.//%sfo' % NS) == '1:d', xml)
    bad = records['192.0.2.99', 'reject', 'shop.example.com']
    check(bad.findtext('.//%spolicy_evaluated/%sspf' % (NS, NS)) == 'fail', xml)
    check(bad.find('.//%sreason' % NS) is None, xml)
    check(bad.findtext('.//%sauth_results/%sspf/%sresult' % (NS, NS, NS)) == 'fail', xml)
    null = records['192.0.2.10', 'none', 'news.shop.example.com']
    check(null.findtext('.//%senvelope_from' % NS) == '', xml)
    check(null.findtext('.//%sauth_results/%sspf/%sdomain' % (NS, NS, NS)) == 'mx.good.example.com', xml)


def test_valid():
    """what is written is valid by the schema of the RFC"""
    if not os.path.exists(SCHEMA) or not shutil.which('xmllint'):
        print('skip: no schema or no xmllint')
        return
    files = glob.glob(site.path('out/*'))
    for name in files:
        run = subprocess.run(['xmllint', '--noout', '--schema', SCHEMA, '-'], input=opened(open(name).read())[2],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check(run.returncode == 0, run.stdout)
    check(len(files) == 3, files)


def test_reasons():
    """a policy that was not followed has its reason; a destination that points to others gets nothing"""
    records = opened(open(glob.glob(site.path('out/*lax*'))[0]).read())[4]
    row, = records.values()
    check(row.findtext('.//%stype' % NS) == 'local_policy' and '192.0.2.99' in list(records)[0][0], records)
    status, text = report('--day', day, '--domain', 'TRY.example.com', '--dry-run')
    check(status == 0 and 'x@away.example gets no report: it is redirected' in text and 'lax' not in text, text)
    check('try.example.com: 1 message in 1 row: nothing to send' in text, text)
    tried, = [r for r in rows() if r['domain'] == 'try.example.com']
    check(tried['override'] == 'policy_test_mode' and tried['disposition'] == 'none', tried)


def test_put_off():
    """a DNS that is silent: the destination is left for the next run; what needs no DNS goes out"""
    site.freeze_dns()
    try:
        status, text = report('--day', day, '--domain', 'shop.example.com', '--dry-run')
    finally:
        site.freeze_dns(False)
    check(status == 75 and 'would go to agg@shop.example.com\n' in text, (status, text))
    check('rua@collect.example gets no report: put off' in text, text)


def mails():
    return sorted(glob.glob(site.path('stub/*.mail')))


def test_sendmail():
    """--sendmail: what fails is sent by the next run, and nothing is sent twice"""
    os.mkdir(site.path('stub'))
    stub = site.write('stub/sendmail', STUB)
    os.chmod(stub, 0o755)
    open(stub + '.fails', 'w').close()
    status, text = report('--sendmail=' + stub)
    check(status == 75 and 'failed, status 75' in text and not mails(), (status, text))
    os.unlink(stub + '.fails')
    old = site.path('evidence/dmarc/2026-01-01.jsonl')
    open(old, 'w').close()
    open(site.path('evidence/dmarc/keep.jsonl'), 'w').close()
    status, text = report('--sendmail=' + stub)
    check(status == 0 and len(mails()) == 3, (status, text, mails()))
    tos = sorted(email.message_from_string(open(f).read())['To'] for f in mails())
    check(tos == ['<agg@shop.example.com>', '<lax@lax.example.com>', '<other@collect.example>'], tos)
    check(site.read(mails()[0][len(site.base) + 1:-4] + 'args') == '-t -oi -f dmarc@mx.test.example\n', 'arguments')
    check(not os.path.exists(old), 'an old day is kept')
    check(os.path.exists(site.path('evidence/dmarc/keep.jsonl')), 'a strange file is removed')
    status, text = report('--sendmail=' + stub)
    check(status == 0 and text == '' and len(mails()) == 3, (status, text))
    status, text = report('--day', day, '--sendmail=' + stub)
    check(status == 0 and len(mails()) == 3 and 'nothing to send' in text, (status, text))


def test_wrong():
    """what is missing is named"""
    check(report()[0] == 64 and report('--out', '/x', '--dry-run')[0] == 64, 'no way out, two ways out')
    check(report('--day', '2026-02-30', '--dry-run')[0] == 64, 'no such day')
    check(report('--day', '2020-01-01', '--dry-run')[0] == 66, 'nothing kept')
    status, text = report('--day', day, '--out', site.path('missing'))
    check(status == 73 and 'missing' in text, (status, text))
    bare = site.write('bare.conf', 'dmarc-history "evidence/dmarc"\n')
    status, text = site.tool('dmarc-report', '-c', bare, '--dry-run')
    check(status == 78 and 'dmarc-report-org is not set' in text and 'dmarc-report-from is not set' in text, text)


def run():
    global site
    with Site(zone=WORLD, name='dmarc') as site:
        site.start(rules=RULES, settings=SETTINGS)
        return main([test_kept, test_not_over, test_messages, test_valid, test_reasons, test_put_off, test_sendmail,
                     test_wrong])


if __name__ == '__main__':
    sys.exit(run())
