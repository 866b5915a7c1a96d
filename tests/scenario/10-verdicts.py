# SPDX-License-Identifier: BSD-2-Clause
"""A real Postfix asks, and every kind of mail gets the verdict, the reply and the headers it should.

Goal: the main job. Private Postfix, nsd and sink; clients are faked by XCLIENT.
"""
import contextlib
import os
import shutil
import sys

import parity
from mailworld import ZONE, sign
from site_env import ROOT, Failure, Site, check, main, message

RULES = '''
dnsbl bl zone bl.example lookup client.ip code bad 127.0.0.2
dnsbl sick zone sick.example lookup client.ip
rule LISTED       when dnsbl.bl.bad                score 6
rule SICK_LISTED  when dnsbl.sick                  reject "must never happen"
rule SITE_BANK    when dmarc = fail and dmarc.policy = reject and mail.domain = bank.example.net and rcpt.to = "strict@rcpt.example"
    reject 550 5.7.26 "the DMARC policy of {from.domain} asks us to refuse this message"
rule DROP_ONE     when rcpt.to = "drop@rcpt.example"   discard
rule FROM_DE      when geo.country = DE and mail.local = "geo"   reject 550 5.7.1 "no mail from {geo.country}"
rule LINES        when mail.local = "lines"        reject 550 5.7.1 "100%% refused"
rule PROGRAM      when any attach.ext in { exe scr js } and attach.double-ext  reject 554 5.7.1 "no programs: {attach.name}"
rule KAESE        when subject contains "Käse" and subject ~ /\\björg$/i  score 1
rule LONG         when mail.local = "long"         reject 550 5.7.1 "%s"
change threshold greylist off
''' % ' '.join(['refused for many reasons,'] * 40)
GOOD = dict(client='192.0.2.10', name='mx.good.example.com', helo='mx.good.example.com')
site = None


def authres(text):
    """The value of our Authentication-Results field, unfolded."""
    lines, on = [], False
    for line in text.split('\n\n')[0].split('\n'):
        if line.lower().startswith('authentication-results: mx.test'):
            on = True
        elif on and line[:1] not in ' \t':
            break
        if on:
            lines.append(line.strip())
    check(lines, 'no Authentication-Results of mx.test in:\n' + text[:1500])
    return ' '.join(lines)


def accepted(out):
    check(out.get('data', '').startswith('250'), 'not accepted: %s' % out)


def test_clean():
    """clean signed mail is delivered with the right Authentication-Results"""
    data, mark = message('joe@good.example.com')
    accepted(site.send(sender='joe@good.example.com', rcpt=['kim@rcpt.example'], message=sign(data), **GOOD))
    got = authres(site.delivered(mark))
    for want in ('iprev=pass', 'spf=pass', 'smtp.mailfrom=good.example.com', 'dkim=pass',
                 'header.d=good.example.com', 'header.s=s1', 'dmarc=pass', 'header.from=good.example.com'):
        check(want in got, 'no %s in %s' % (want, got))
    r = site.record('joe@good.example.com')
    check(r['verdict'] == 'accept' and not r['tagged'], r)
    check(abs(sum(x['score'] for x in r['rules']) - r['score']) < 0.001, 'parts do not sum: %s' % r)


def test_spf_fail():
    """SPF fail scores and is reported"""
    data, mark = message('joe@good.example.com')
    accepted(site.send(client='192.0.2.30', helo='mx.plain.example.net', sender='joe@good.example.com',
                       rcpt=['kim@rcpt.example'], message=sign(data)))
    got = authres(site.delivered(mark))
    check('spf=fail' in got and 'dkim=pass' in got and 'dmarc=pass' in got, got)
    check('SPF_FAIL' in [x['name'] for x in site.record('joe@good.example.com')['rules']], 'SPF_FAIL')


def test_broken_body():
    """a changed body fails DKIM"""
    data, mark = message('body@good.example.com')
    accepted(site.send(sender='body@good.example.com', rcpt=['kim@rcpt.example'],
                       message=sign(data).replace(b'A short text', b'A changed text'), **GOOD))
    got = authres(site.delivered(mark))
    check('dkim=fail' in got, got)


def test_missing_key():
    """a signature whose key is missing is ignored, not spam"""
    data, mark = message('nokey@good.example.com')
    accepted(site.send(sender='nokey@good.example.com', rcpt=['kim@rcpt.example'],
                       message=sign(data, selector='gone'), **GOOD))
    got = authres(site.delivered(mark))
    check('dkim=permerror' in got or 'dkim=neutral' in got, got)
    check('DKIM_BAD' not in [x['name'] for x in site.record('nokey@good.example.com')['rules']], got)


def test_dmarc_scored():
    """DMARC p=reject is scored by the shipped rules, and mail is tagged"""
    data, mark = message('info@bank.example.net')
    accepted(site.send(client='192.0.2.30', helo='mx.plain.example.net', sender='info@bank.example.net',
                       rcpt=['kim@rcpt.example'], message=data))
    text = site.delivered(mark)
    check('dmarc=fail' in authres(text), text[:1500])
    check('X-Spam-Flag: YES' in text, text[:1500])
    r = site.record('info@bank.example.net')
    check('DMARC_REJECT' in [x['name'] for x in r['rules']] and r['tagged'], r)


def test_dmarc_site_rule():
    """a site's own rule rejects on DMARC p=reject"""
    data, mark = message('info@bank.example.net')
    out = site.send(client='192.0.2.30', helo='mx.plain.example.net', sender='info@bank.example.net',
                    rcpt=['strict@rcpt.example'], message=data)
    check(out['data'].startswith('550 5.7.26 the DMARC policy of bank.example.net'), out)
    r = site.record('info@bank.example.net')
    check(r['verdict'] == 'reject' and r['cause'] == 'SITE_BANK' and r['stage'] == 'end', r)


def test_dnsbl():
    """a DNSBL listing scores; a list that lists everybody is not believed"""
    data, mark = message('a@plain.example.net')
    accepted(site.send(client='192.0.2.99', helo='pool-192-0-2-99.dyn.isp.example.net', sender='a@plain.example.net',
                       rcpt=['kim@rcpt.example'], message=data))
    text = site.delivered(mark)
    check('X-Spam-Flag: YES' in text and 'LISTED' in text, text[:1500])
    r = site.record('a@plain.example.net')
    check(isinstance(r['facts']['dnsbl.sick'], dict), 'dnsbl.sick is not unknown: %s' % r['facts'])


def test_dnsbl_error():
    """an error code of a DNSBL is unknown, never a listing"""
    data, mark = message('err@plain.example.net')
    accepted(site.send(client='192.0.2.98', helo='mx.plain.example.net', sender='err@plain.example.net',
                       rcpt=['kim@rcpt.example'], message=data))
    site.delivered(mark)
    r = site.record('err@plain.example.net')
    check('LISTED' not in [x['name'] for x in r['rules']], r)
    check('LISTED' in r['unknown'] and 'dnsbl.bl.bad' in r['unknown'], r['unknown'])


def test_helo_ptr():
    """HELO that is not the PTR name scores 1 and does not refuse"""
    data, mark = message('helo@plain.example.net')
    accepted(site.send(client='192.0.2.30', name='mx.plain.example.net', helo='other.invalid',
                       sender='helo@plain.example.net', rcpt=['kim@rcpt.example'], message=data))
    site.delivered(mark)
    r = site.record('helo@plain.example.net')
    hit = {x['name']: x['score'] for x in r['rules']}
    check(hit.get('HELO_NOT_PTR') == 1, hit)


def test_no_ptr():
    """no PTR is PTR_MISSING and not HELO_NOT_PTR"""
    data, mark = message('noptr@plain.example.net')
    accepted(site.send(client='192.0.2.77', helo='mx.plain.example.net', sender='noptr@plain.example.net',
                       rcpt=['kim@rcpt.example'], message=data))
    site.delivered(mark)
    names = [x['name'] for x in site.record('noptr@plain.example.net')['rules']]
    check('PTR_MISSING' in names and 'HELO_NOT_PTR' not in names, names)


def test_null_sender():
    """a bounce passes, judged by its HELO"""
    data, mark = message('MAILER-DAEMON@good.example.com')
    accepted(site.send(sender='', rcpt=['kim@rcpt.example'], message=data, **GOOD))
    got = authres(site.delivered(mark))
    check('smtp.helo=mx.good.example.com' in got, got)


def test_discard_one():
    """one of two recipients is discarded by a rule, the other gets the mail"""
    data, mark = message('two@good.example.com')
    accepted(site.send(sender='two@good.example.com', rcpt=['drop@rcpt.example', 'kim@rcpt.example'],
                       message=sign(data), **GOOD))
    text = site.delivered(mark)
    check('X-Rcpt-Args: <kim@rcpt.example>' in text and '<drop@rcpt.example>' not in text, text[:800])
    fate = site.record('two@good.example.com')['recipients']['drop@rcpt.example']
    check(fate['verdict'] == 'discard' and fate['cause'] == 'DROP_ONE', fate)
    check('discarded=drop@rcpt.example(DROP_ONE)' in site.read('log/postern'), 'the log does not say it')


def test_discard_all():
    """a message whose only recipient is discarded is accepted and gone"""
    data, mark = message('one@good.example.com')
    accepted(site.send(sender='one@good.example.com', rcpt=['drop@rcpt.example'], message=sign(data), **GOOD))
    check(site.record('one@good.example.com')['verdict'] == 'discard', site.record('one@good.example.com'))


def test_8bit():
    """8-bit mail arrives unchanged"""
    data, mark = message('eight@good.example.com', body='\u00e4\u00f6\u00fc\r\n')
    accepted(site.send(sender='eight@good.example.com', rcpt=['kim@rcpt.example'], message=sign(data),
                       mail_options=['BODY=8BITMIME'], **GOOD))
    text = site.delivered(mark)
    check('\u00e4\u00f6\u00fc' in text and 'dkim=pass' in authres(text), text[:1500])


def test_utf8():
    """SMTPUTF8 mail is judged with its address as it is"""
    data, _ = message('jos\u00e9@good.example.com', subject='gr\u00fc\u00dfe', body='\u00e4\u00f6\u00fc\r\n')
    s = site.connect('192.0.2.10', 'mx.good.example.com', 'mx.good.example.com')
    s.ehlo('mx.good.example.com')
    s.command_encoding = 'utf-8'
    check(s.mail('jos\u00e9@good.example.com', ['SMTPUTF8', 'BODY=8BITMIME'])[0] == 250, 'MAIL')
    check(s.rcpt('kim@rcpt.example')[0] == 250, 'RCPT')
    check(s.data(data)[0] == 250, 'DATA')
    s.quit()
    check(site.record('jos\u00e9@good.example.com')['verdict'] == 'accept', 'verdict')


def test_big():
    """a 10 MB message passes with DKIM checked"""
    data, mark = message('big@good.example.com', body=('x' * 998 + '\r\n') * 10486)
    accepted(site.send(sender='big@good.example.com', rcpt=['kim@rcpt.example'], message=sign(data), **GOOD))
    check('dkim=pass' in authres(site.delivered(mark)), 'dkim')
    check(site.record('big@good.example.com')['verdict'] == 'accept', 'verdict')


def test_ipv6():
    """an IPv6 client is looked up and verified like any other"""
    data, mark = message('six@good.example.com')
    accepted(site.send(client='2001:db8::10', name='mx.good.example.com', helo='mx.good.example.com',
                       sender='six@good.example.com', rcpt=['kim@rcpt.example'], message=sign(data)))
    got = authres(site.delivered(mark))
    check('spf=pass' in got and 'iprev=pass' in got, got)


def test_forged_results():
    """a stranger's Authentication-Results with our id and X-Spam fields are removed"""
    forged = ('Authentication-Results: mx.test; spf=pass smtp.mailfrom=forged.example\r\n'
              'X-Spam-Status: No, score=-50 bayes=0\r\n'
              'Authentication-Results: other.example; dkim=pass\r\n'
              'Authentication-Results: mx.test (x); dmarc=pass header.from=forged.example\r\n')
    data, mark = message('forge@plain.example.net', extra=forged)
    accepted(site.send(client='192.0.2.30', name='mx.plain.example.net', helo='mx.plain.example.net',
                       sender='forge@plain.example.net', rcpt=['kim@rcpt.example'], message=data))
    text = site.delivered(mark)
    check('forged.example' not in text and 'bayes=0' not in text, text[:2000])
    check('other.example' in text, 'a foreign field was removed too')


def test_percent():
    """a percent sign in a reply arrives as it was written"""
    out = site.send(sender='lines@good.example.com', rcpt=['kim@rcpt.example'], message=b'', **GOOD)
    check(out['last'].startswith('550 5.7.1 100% refused ['), out)


def test_country():
    """the country comes from the copy of the database: cutting the file under a running worker does no harm"""
    os.truncate(site.path('country.mmdb'), 0)
    for client, country in (('192.0.2.10', 'DE'), ('198.51.100.7', 'FR'), ('203.0.113.7', None)):
        data, _ = message('geo@good.example.com')
        out = site.send(sender='geo@good.example.com', rcpt=['kim@rcpt.example'], message=data,
                        **dict(GOOD, client=client))
        check(out['last'].startswith('550 5.7.1 no mail from DE [') == (country == 'DE'), out)
        facts = site.record('geo@good.example.com')['facts']
        check(facts['client.ip'] == client and facts['geo.country'] == country, facts)


def test_attachment():
    """a program named as a document is refused, by its real name"""
    part = ('Content-Type: application/pdf; name="=?utf-8?q?invoice=2Epdf?="\r\n'
            'Content-Disposition: attachment;\r\n filename*0="invoice.pdf"; filename*1*=%2Ee%78e%20.\r\n'
            'Content-Transfer-Encoding: base64\r\n\r\nTVqQAAMAAAAEAAAA\r\n')
    head = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary="-- b"\r\n'
    for name, verdict in ((part, '554 5.7.1 no programs: invoice.pdf.exe .'), (part.replace('%78', 'y'), '250')):
        data, _ = message('file@good.example.com', extra=head, body='---- b\r\n\r\nsee there\r\n---- b\r\n%s---- b--\r\n' % name)
        out = site.send(sender='file@good.example.com', rcpt=['kim@rcpt.example'], message=data, **GOOD)
        check(out['data'].startswith(verdict), out)
    facts = site.record('file@good.example.com')['facts']
    check(facts['attach.ext'] == ['eye', 'pdf'], facts)


def test_subject():
    """a subject matches in UTF-8, whether it came encoded or as raw bytes"""
    for subject in ('=?iso-8859-1?q?K=E4se_von_?= =?utf-8?b?SsO2cmc=?=', 'K\u00e4se von J\u00f6rg',
                    'K\udce4se von J\udcf6rg', 'Kaese von Joerg'):
        data, mark = message('name@good.example.com', subject=subject)
        accepted(site.send(sender='name@good.example.com', rcpt=['kim@rcpt.example'], message=data, **GOOD))
        site.delivered(mark)
        hit = 'KAESE' in [x['name'] for x in site.record('name@good.example.com')['rules']]
        check(hit == (subject != 'Kaese von Joerg'), '%s %s' % (subject.encode('utf-8', 'surrogateescape'), hit))


def test_multi_line():
    """a long text becomes a reply of several lines, each with code and enhanced code"""
    s = site.connect('192.0.2.10', 'mx.good.example.com', 'mx.good.example.com')
    s.ehlo('mx.good.example.com')
    s.mail('long@good.example.com')
    s.putcmd('RCPT', 'TO:<kim@rcpt.example>')
    lines = []
    while not lines or lines[-1][3:4] == b'-':
        lines.append(s.file.readline())
    s.close()
    check(len(lines) >= 2 and all(x.startswith(b'550-5.7.1 ') for x in lines[:-1]), lines)
    check(lines[-1].startswith(b'550 5.7.1 ') and all(len(x) <= 512 for x in lines), lines)
    check(b''.join(lines).count(b'refused for many reasons,') >= 38, lines)


def test_local_submission():
    """mail submitted on the host itself is outbound and skips the inbound rules"""
    import subprocess
    data, mark = message('root@rcpt.example')
    subprocess.run(['/usr/sbin/sendmail', '-C', site.path('etc'), '-f', 'local@rcpt.example',
                    'kim@rcpt.example'], input=data.replace(b'\r\n', b'\n'), check=True)
    text = site.delivered(mark)
    check('X-Spam' not in text and 'Authentication-Results' not in text, text[:1500])
    r = site.record('local@rcpt.example')
    check(r['facts'].get('direction') == 'outbound' and r['rules'] == [], r)


def test_why():
    """postern why explains a past transaction by its id"""
    r = site.record('info@bank.example.net')
    status, text = site.tool('why', r['id'])
    check(status == 0 and r['id'] in text and 'SITE_BANK' in text, text)
    check(site.tool('why', 'nosuchid00')[0] != 0, 'an unknown id is an error')


@contextlib.contextmanager
def world(front):
    global site
    with Site(zone=ZONE, name='verdicts', front=front) as site:
        shutil.copy(os.path.join(ROOT, 'tests/fuzz/corpus/geo/country'), site.path('country.mmdb'))
        site.start(rules=RULES, shipped=True, settings='geo-country-file country.mmdb\n')
        yield site


def run():
    tests = [v for k, v in sorted(globals().items()) if k.startswith('test_')]
    tests.remove(test_local_submission)
    return parity.both(world, tests, alone=[test_local_submission])  # which does not come by SMTP


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/10-verdicts: the site does not start')
        sys.exit(1)
