# SPDX-License-Identifier: BSD-2-Clause
"""The proxy in front of backends that fail, differ, refuse and come back.

Goal: mail is stored once or put off with a reason, whatever a backend does; what a backend says of a recipient or a
message reaches the client; each domain's mail goes where it belongs, over TLS as strong as was asked for.
"""
import json
import re
import ssl
import subprocess
import sys

from mailworld import ZONE
from scripted_backend import Backend
from site_env import Failure, Site, check, main, message, wait_for

RULES = '''
rule TRAP when rcpt.valid and rcpt.local = "trap" score 1
rule NOBODY when not rcpt.valid and rcpt.local = "nobody" score 1
rule GUESSED when rcpt.rejected >= 2 score 1
rule HOLD when header("subject") = "hold me" quarantine
rule DROP when header("subject") = "drop me" discard
change threshold greylist off
'''
MORE = '''
two.test. A 127.0.0.4
two.test. A 127.0.0.3
mail.test. A 127.0.0.3
wrong.test. A 127.0.0.3
'''
DOMAINS = ('first', 'dies', 'hangs', 'rude', 'unix', 'named', 'noname', 'plain', 'seen', 'must', 'proven', 'wrong', 'far')
SENDER = 'joe@good.example.com'
CLIENT = dict(client='192.0.2.10', helo='mx.good.example.com')
site = None
b = {}


def make_certificate():
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=mail.test', '-days', '2',
                    '-addext', 'subjectAltName=DNS:mail.test', '-keyout', site.path('key.pem'),
                    '-out', site.path('cert.pem')], check=True, stderr=subprocess.DEVNULL)
    with open(site.path('chain.pem'), 'w') as f:
        f.write(site.read('key.pem') + site.read('cert.pem'))


def start_backends():
    for name in ('first', 'second', 'dies', 'hangs', 'rude', 'far'):
        b[name] = Backend()
    b['unix'] = Backend(path=site.path('mta/backend.sock'))
    b['named'] = Backend(ip='127.0.0.3')  # the other address of its name says no
    for name in ('plain', 'seen', 'must', 'proven', 'wrong'):
        b[name] = Backend(ip='127.0.0.3', tls=site.path('chain.pem'))


def settings():
    def at(name, host=None):
        x = b[name]
        return 'unix:' + x.path if x.path else 'inet:%d@%s' % (x.port, host or x.ip)
    lines = ['listener main smtp inet:%d@127.0.0.1' % site.mx_port, 'xclient-nets { 127.0.0.0/8 }', 'backend-wait 2s',
             'spool-dir "%s"' % site.path('state'), 'tls-ca-file "%s"' % site.path('cert.pem'),
             'quarantine-address kept@first.example', 'own-domains { %s }' % ' '.join(d + '.example' for d in DOMAINS),
             'rcpt-wait 1s', 'end-wait 1s']

    def backend(name, address, domain, tls='none'):
        lines.append('backend %s %s tls %s identity xclient for { %s.example }' % (name, address, tls, domain))
    for name in ('first', 'second'):
        backend(name, at(name), 'first')
    for name in ('dies', 'hangs', 'rude', 'unix', 'far'):
        backend(name, at(name), name)
    backend('named', at('named', 'two.test'), 'named')
    backend('noname', 'inet:25@nobody.test', 'noname')
    for name, tls, host in (('plain', 'none', None), ('seen', 'opportunistic', None), ('must', 'required', None),
                            ('proven', 'verified', 'mail.test'), ('wrong', 'verified', 'wrong.test')):
        backend(name, at(name, host), name, tls)
    return '\n'.join(lines) + '\n'


def begun(domain, sender=SENDER, rcpt=('kim',)):
    """A session that has named its recipients."""
    s = site.connect(**CLIENT)
    s.ehlo(CLIENT['helo'])
    check(s.mail(sender)[0] == 250, 'MAIL')
    for name in rcpt:
        answer = s.rcpt('%s@%s.example' % (name, domain))
        check(answer[0] == 250, answer)
    return s


def send(domain, sender=SENDER, **more):
    data, mark = message(sender, **more)
    out = site.send(sender=sender, rcpt=['kim@%s.example' % domain], message=data, **CLIENT)
    return out['last'] if 'data' not in out else out['data'], mark


def passes(name, domain=None):
    """A message gets through to this backend, once."""
    answer, mark = send(domain or name)
    check(answer.startswith('250'), answer)
    check(len(b[name].stored(mark)) == 1, '%s does not have it' % name)
    return mark


def put_off(domain, code):
    answer, mark = send(domain)
    check(answer.startswith(code), answer)
    check(not any(x.stored(mark) for x in b.values()), 'it is stored somewhere')


def state(name):
    return [x for x in site.tool('status', '-v')[1].split('\n') if 'backend-%s ' % name in x][0]


def log():
    return site.read('log/postern')


def test_first_down():
    """the first backend goes away: the next one gets the mail, also that of which it had the recipients"""
    passes('first')
    s = begun('first', rcpt=('kim', 'ann'))
    b['first'].down()
    data, mark = message(SENDER)
    answer = s.data(data)
    check(answer[0] == 250 and not b['first'].stored(mark), answer)
    check([m[1] for m in b['second'].stored(mark)] == [['kim@first.example', 'ann@first.example']], 'the next one')
    s.quit()
    passes('second', 'first')
    wait_for('the first to be found ill', lambda: 'state=ill' in state('first'))
    passes('second', 'first')


def test_places():
    """a unix socket; a host name with several addresses, of which the second answers"""
    passes('unix')
    passes('named')


def test_no_name():
    """a host name that does not exist: its domains wait, they are not refused"""
    check('its name has no address' in state('noname'), state('noname'))
    worker = [w for w in json.loads(site.tool('status', '--json')[1])['workers'] if w['name'] == 'smtp-main'][0]
    said = worker['counters']
    check(len([k for k in said if k.startswith('backend-')]) == len(DOMAINS) + 1, said)
    check(said['backend-unix'].startswith('state=well ') and 'used=no' in said['backend-noname'], said)
    put_off('noname', '451 4.3.5')


def test_elsewhere():
    """a recipient of another backend: 452 4.5.3, and its own message finds the way"""
    before = len(b['unix'].messages)
    s = begun('dies')
    answer = s.rcpt('kim@unix.example')
    check(answer[0] == 452 and answer[1].startswith(b'4.5.3'), answer)
    data, mark = message(SENDER)
    check(s.data(data)[0] == 250, 'the message')
    check(b['dies'].stored(mark)[0][1] == ['kim@dies.example'] and len(b['unix'].messages) == before, 'misdirected')
    s.mail(SENDER)
    check(s.rcpt('kim@unix.example')[0] == 250 and s.data(data)[0] == 250, 'the second message')
    check(len(b['unix'].stored(mark)) == 1, 'not there')
    s.quit()


def test_dies_before_data():
    """a backend that dies between RCPT and DATA is dialled again, and hears the envelope again"""
    x = b['dies']
    s = begun('dies', rcpt=('kim', 'ann'))
    before = x.count('RCPT')
    x.hang_up()
    wait_for('the end of the connection', lambda: not x.open)
    data, mark = message(SENDER)
    answer = s.data(data)
    check(answer[0] == 250, answer)
    s.quit()
    check([m[1] for m in x.stored(mark)] == [['kim@dies.example', 'ann@dies.example']], x.stored(mark))
    check(x.count('RCPT') == before + 2, 'the envelope')


def test_dies_at_data():
    """one that always dies at DATA is dialled twice, then the message is put off"""
    x = b['dies']
    before = x.count('DATA')
    x.replies['DATA'] = None
    put_off('dies', '451 4.4.2')
    check(x.count('DATA') == before + 2, x.count('DATA') - before)
    x.replies.clear()


def test_dies_after_dot():
    """one that dies after the message was sent is not told it again: it may have it"""
    x = b['dies']
    x.final = None
    put_off('dies', '451 4.4.2')
    check(x.count('(hung up at the end)') == 1, x.commands[-20:])
    x.final = '250 2.0.0 stored'
    passes('dies')


def test_slow_upload():
    """an upload slower than the backend's patience: dialled again at its end, and stored once"""
    x = b['dies']
    x.patience = 0.5
    data, mark = message(SENDER)
    for mends in (True, False):
        s = begun('dies')
        check(s.docmd('DATA')[0] == 354, 'DATA')
        s.send(data)
        wait_for('the backend to give up', lambda: not x.open)
        if not mends:
            x.down()
        s.send(b'\r\n.\r\n')
        answer = s.getreply()
        check(answer[0] == (250 if mends else 451), answer)
        s.close()
        check(len(x.stored(mark)) == 1, '%d times' % len(x.stored(mark)))
    x.patience = 60
    x.up()


def test_hangs():
    """a backend that accepts and says nothing is left after backend-wait"""
    x = b['hangs']
    passes('hangs')
    x.greeting = None
    put_off('hangs', '451 4.4.1')
    check('backend=hangs why="no answer in time"' in log(), 'not in the log')
    x.greeting = b'220 back\r\n'
    x.hang_up()


def test_rude_greetings():
    """421, 554 and garbage as a greeting: put off, and each is logged"""
    x = b['rude']
    for greeting, why in ((b'421 4.3.2 too busy', 'connection lost: too busy'), (b'554 5.7.1 not you', 'refused'),
                          (b'SSH-2.0-OpenSSH_9', 'no sound answer'), (b'\0\xff\0', 'no sound answer'),
                          (b'220-a\r\n250 b', 'no sound answer'), (b'220 ' + b'x' * 70000, 'no sound answer')):
        x.greeting = greeting + b'\r\n'
        before = log().count('backend=rude why="' + why)
        put_off('rude', '451 4.4.1')
        check(log().count('backend=rude why="' + why) > before, (greeting[:20], log()[-400:]))
    x.greeting = b'220 sorry\r\n'
    wait_for('its return', lambda: 'state=well' in state('rude'))
    passes('rude')


def test_tls():
    """TLS to the backend: none, opportunistic, required, verified; a wrong name is refused"""
    for name, tls in (('plain', 0), ('seen', 1), ('must', 1), ('proven', 1)):
        before = b[name].count('(TLS)')
        passes(name)
        check((b[name].count('(TLS)') > before) == bool(tls), '%s: TLS' % name)
    check('state=ill' in state('wrong') and 'why="' in state('wrong'), state('wrong'))
    put_off('wrong', '451')
    check(b['wrong'].count('MAIL') == 0, 'it was trusted')


def test_old_tls():
    """TLS 1.1 is better than none for opportunistic; tls-min-version holds for required"""
    for name in ('seen', 'must'):
        b[name].tls_max = ssl.TLSVersion.TLSv1_1
    before = b['seen'].count('(TLS)'), b['must'].count('MAIL')
    passes('seen')
    put_off('must', '451 4.4.1')
    check((b['seen'].count('(TLS)') > before[0]) and b['must'].count('MAIL') == before[1], 'TLS 1.1')
    for name in ('seen', 'must'):
        b[name].tls_max = None


def test_tls_stripped():
    """STARTTLS taken out on the way: opportunistic goes in the clear, required and verified wait"""
    for name in ('seen', 'must', 'proven'):
        b[name].tls = None
    passes('seen')
    for name in ('must', 'proven'):
        before = b[name].count('MAIL')
        put_off(name, '451 4.4.1')
        check(b[name].count('MAIL') == before, 'mail in the clear')
        b[name].tls = site.path('chain.pem')


def test_answers():
    """what the backend says of recipients reaches the client, and the record"""
    x = b['far']
    x.replies.update({'RCPT TO:<nobody@': '550 5.1.1 no such user', 'RCPT TO:<none@': '550 5.1.1 nor this one',
                      'RCPT TO:<full@': '452 4.2.2 mailbox full'})
    sender = 'asks@good.example.com'
    s = begun('far', sender, ('trap',))
    for name, want in (('nobody', (550, b'5.1.1 no such user')), ('none', (550, b'5.1.1 nor this one')),
                       ('full', (452, b'4.2.2 mailbox full'))):
        answer = s.rcpt(name + '@far.example')
        check(answer == want, answer)
    data, mark = message(sender)
    check(s.data(data)[0] == 250, 'the message')
    s.quit()
    check(x.stored(mark)[0][1] == ['trap@far.example'], x.stored(mark))
    r = site.record(sender)
    rules = [y['name'] for y in r['rules']]
    check('TRAP' in rules and 'GUESSED' in rules, r)
    check(r['to'] == ['trap@far.example'] and r['facts']['rcpt.valid'] is True, r)
    x.replies.clear()


def test_final_answers():
    """452 out of disk, and a 5xx text, are passed on as they are; the session goes on"""
    x = b['far']
    s = site.connect(**CLIENT)
    s.ehlo(CLIENT['helo'])
    for final, want in (('452 4.3.1 out of disk', (452, b'4.3.1 out of disk')),
                        ('554-5.6.0 not\r\n554 5.6.0 that', (554, b'5.6.0 not\n5.6.0 that')),
                        ('550 no code', (550, b'5.0.0 no code')), ('250 2.0.0 as 4711', (250, b'2.0.0 as 4711'))):
        x.final = final
        s.mail(SENDER)
        s.rcpt('kim@far.example')
        answer = s.data(message(SENDER)[0])
        check(answer == want, answer)
    x.final = '421 4.3.2 going down'
    s.mail(SENDER)
    s.rcpt('kim@far.example')
    answer = s.data(message(SENDER)[0])
    check(answer[0] == 451, answer)
    x.final = '250 2.0.0 stored'
    s.quit()


def test_fate():
    """quarantine goes to its address instead, through that address's backend; what is discarded goes nowhere"""
    answer, mark = send('far', subject='hold me')
    check(answer.startswith('250'), answer)
    held = [x for x in ('first', 'second') if b[x].stored(mark)]
    check(held and not b['far'].stored(mark), 'not held')
    check([m[1] for m in b[held[0]].stored(mark)] == [['kept@first.example']], b[held[0]].stored(mark))
    answer, mark = send('far', subject='drop me')
    check(answer.startswith('250'), answer)
    check(not any(x.stored(mark) for x in b.values()), 'it was not dropped')
    b[held[0]].replies['RCPT TO:<kept@'] = '550 5.1.1 who?'
    answer, mark = send('far', subject='hold me')
    check(answer.startswith('451 4.3.5'), answer)
    b[held[0]].replies.clear()


def test_names():
    """what XCLIENT says of the client's names: as DNS has them; not known while judging is off"""
    x = b['far']
    told = [c for c in x.commands if c.startswith('XCLIENT') and 'ADDR=192.0.2.10 ' in c]
    check(all('NAME=mx.good.example.com REVERSE_NAME=mx.good.example.com ' in c for c in told) and told, told)
    s = site.connect('192.0.2.10', 'told.example', 'me.example')
    s.docmd('XCLIENT', 'REVERSE_NAME=claimed.example')
    s.ehlo('me.example')
    s.mail(SENDER)
    check(s.rcpt('kim@far.example')[0] == 250 and x.count('XCLIENT NAME=told.example REVERSE_NAME=claimed.example ') == 1,
          'what a neighbour told')
    s.quit()
    check(site.tool('off')[0] == 0, 'off')
    try:  # the worker hears of it a moment later
        wait_for('names that are not known', lambda: passes('far') and x.count(
            'XCLIENT NAME=[TEMPUNAVAIL] REVERSE_NAME=[TEMPUNAVAIL] ADDR=192.0.2.10 '))
    finally:
        check(site.tool('on')[0] == 0, 'on')


def test_lacks():
    """a backend that lacks what it was known to have: 451 4.3.0; for SMTPUTF8 550 5.6.7"""
    x = b['far']
    x.keywords = x.keywords + ['SMTPUTF8', 'DSN']
    for y in b.values():
        y.keywords = list(x.keywords)
    check(site.tool('reload')[0] == 0, 'reload')
    s = site.connect(**CLIENT)
    s.ehlo(CLIENT['helo'])
    check(all(s.has_extn(w) for w in ('smtputf8', 'dsn', '8bitmime', 'pipelining')), s.esmtp_features)
    x.keywords = [w for w in x.keywords if w not in ('SMTPUTF8', 'DSN')]
    for options, rcpt, want in ((['SMTPUTF8'], [], (550, b'5.6.7')), ([], ['NOTIFY=NEVER'], (451, b'4.3.0'))):
        check(s.mail(SENDER, options)[0] == 250, 'MAIL')
        answer = s.rcpt('kim@far.example', rcpt)
        check(answer[0] == want[0] and answer[1].startswith(want[1]), answer)
        s.rset()
    s.quit()
    check(site.tool('reload')[0] == 0, 'reload')
    s = site.connect(**CLIENT)
    s.ehlo(CLIENT['helo'])
    check(not s.has_extn('dsn') and not s.has_extn('smtputf8') and s.has_extn('8bitmime'), s.esmtp_features)
    check(s.esmtp_features['size'] == '1000000', s.esmtp_features)
    s.quit()


def test_back():
    """the first backend is there again, and gets the mail; when it hangs, the next one does"""
    b['first'].up()
    wait_for('its return', lambda: 'used=yes' in state('first') and 'state=well' in state('first'))
    passes('first')
    b['first'].greeting = None
    passes('second', 'first')


def test_none():
    """no backend at all: 421 4.3.2 at connect, by a daemon that was started so"""
    for x in b.values():
        x.down()
    done, said = site.tool('reload')
    check(done == 0 and re.search('(?m)^warning: smtp-main: backend-first state=ill .*used=no .*why="Connection refused"',
                                  said), '%s %s: a reload without backends' % (done, said))
    try:
        site.connect(**CLIENT)
        raise Failure('it was greeted')
    except OSError as e:
        check('421' in str(e) and '4.3.2' in str(e), e)


def run():
    global site
    with Site(zone=ZONE + MORE, name='backends', front='proxy') as site:
        make_certificate()
        start_backends()
        site.start(rules=RULES, settings=settings(), postfix=False)
        return main([v for k, v in globals().items() if k.startswith('test_')])


if __name__ == '__main__':
    try:
        sys.exit(run())
    except Failure as e:
        print('  %s' % e)
        print('FAILED scenario/17-proxy-backends: the site does not start')
        sys.exit(1)
