# SPDX-License-Identifier: BSD-2-Clause
"""What `postern check` says of settings, rules and this system, and what the daemon says of a bad start."""
import json
import os
import pwd
import re
import subprocess
import sys

from site_env import BINARY, ROOT, Site, check, main, wait_for

RULES = 'rule NEVER  when client.ip = 203.0.113.1  score 1\n'
PLAIN = 'user nobody\nhostname mx.test\nown-domains { rcpt.example }\nlistener a milter unix:%s\n'
site = None


def checked(text, want):
    """Status and text of `postern check` over these settings; want = expressions that must match."""
    conf = site.write('case.conf', text)
    p = subprocess.run([BINARY, 'check', '-c', conf], capture_output=True, text=True, timeout=60)
    out = p.stdout + p.stderr
    for pattern in want:
        check(re.search(pattern, out), 'no %r in: %s' % (pattern, out))
    return p.returncode, out


def good(more=''):
    return PLAIN % site.socket + 'rules "rules/site.rules"\n' + more


def test_1_clean():
    """nothing is said about a site where all is well"""
    os.chmod(site.path('mta'), 0o755)
    status, out = checked(good(), ['(?m)^settings and rules: 1 rule, 0 DNS lists, 1 fact read; 0 warnings$',
                                  'listener a: %s: postfix can connect\n' % re.escape(site.socket)])
    check('error' not in out and 'warning:' not in out and 'this system' not in out, out)


def test_2_both():
    """mistakes in rules are shown although the settings have some, and all items of a set"""
    site.write('rules/bad.rules', 'language 1\nrule BROKEN when helo.nam = x score 1\n')
    status, out = checked(good('rules "rules/bad.rules"\ntrusted-relays { x 10.0.0.0/8 y }\nusr x\n'), [
        r"case.conf:7:18: error: 'x' is not an address or network",
        r"case.conf:7:31: error: 'y' is not an address or network",
        r"case.conf:8:1: error: unknown setting 'usr'",
        r"bad.rules:2:18: error: unknown fact 'helo.nam'",
        'settings and rules: 4 errors, 0 warnings: these settings would not be taken'])
    check(status == 78, status)


def test_3_patterns():
    """a pattern that matches nothing, and a set without rules"""
    status, out = checked(PLAIN % site.socket + 'rules "nothing/*.rules"\n', [
        r'case.conf:5:1: warning: no rules: nothing would be judged',
        r"case.conf:5:1: warning: rules: no file matches '.*nothing/\*\.rules': there is no such folder"])
    check(status == 0, 'status %d: %s' % (status, out))


def test_4_users():
    """users and groups that do not exist are errors of this system"""
    status, out = checked(
        'user no-such-user\nhostname mx.test\nown-domains { a.example }\nrules "rules/site.rules"\n'
        'listener a milter unix:%s socket-owner no-such-owner socket-group no-such-group\n' % site.socket, [
            r"case.conf:1:1: error: user: there is no user 'no-such-user'",
            r'= adduser --system --group --no-create-home no-such-user\n',
            r"case.conf:5:1: error: listener a: socket-owner: there is no user 'no-such-owner'",
            r"case.conf:5:1: error: listener a: socket-group: there is no group 'no-such-group'",
            r'this system: 3 errors, 0 warnings'])
    check(status == 77, 'status %d: %s' % (status, out))


def test_5_files():
    """folders that the service user cannot write to, and secrets that others can read"""
    os.makedirs(site.path('closed'), 0o700)
    secrets = site.write('secrets', 'key 1\n')
    os.chmod(secrets, 0o644)
    status, out = checked(good('evidence-file "closed/e"\nsecrets-file secrets\n'), [
        r"case.conf:6:1: warning: user 'nobody' cannot write to \S*closed: no evidence would be kept",
        r'case.conf:7:1: error: secrets-file \S*secrets has mode 0644'])
    check(status == 77, 'status %d: %s' % (status, out))
    os.chmod(secrets, 0o600)
    checked(good('secrets-file secrets\n'), [r"secrets does not belong to user 'nobody'"])
    os.chown(secrets, pwd.getpwnam('nobody').pw_uid, -1)
    status, out = checked(good('secrets-file secrets\nevidence-file "missing/e"\n'),
                          [r'warning: there is no folder \S*missing: no evidence'])
    check(status == 0 and 'secrets' not in out, out)
    status, out = checked(good('secrets-file nothing\n'), [r'error: secrets-file \S*nothing: no such file'])
    check(status == 77, 'status %d: %s' % (status, out))


def test_6_values():
    """networks, ports and names that cannot be meant"""
    status, out = checked(
        'user nobody\nhostname localhost\nown-nets { 0.0.0.0/0 127.0.0.1/8 }\nrules "rules/site.rules"\n'
        'listener a milter inet:9900@0.0.0.0\ntrusted-relays { ::/0 }\n', [
            r'case.conf: note: own-domains is empty',
            r"case.conf:2:1: warning: hostname is 'localhost'",
            r'case.conf:3:1: warning: 0.0.0.0/0 in own-nets would pass mail of half the internet unjudged',
            r"case.conf:3:22: warning: '127.0.0.1/8' has host bits set; taken as 127.0.0.0/8 \[host-bits\]",
            r'case.conf:5:1: warning: listener a: anyone who can reach port 9900 can speak to it',
            r'case.conf:6:1: warning: ::/0 in trusted-relays would pass mail'])
    check(status == 0, 'status %d: %s' % (status, out))
    site.write('rules/slow.rules', 'language 1\nrule SLOW when client.ip = 203.0.113.1 greylist 2h\n')
    slow = 'rules "rules/slow.rules"\n'
    status, out = checked(good(slow), [r'slow.rules:2:40: warning: nobody waits so long: .* 3600 seconds \[greylist-cap\]',
                                       '= shorten the wait, or raise greylist-cap in postern.conf'])
    check(status == 0, 'status %d: %s' % (status, out))
    status, out = checked(good(slow + 'greylist-cap 2h\n'), ['; 0 warnings'])
    check(status == 0 and 'greylist-cap' not in out, out)
    status, out = checked(good().replace(site.socket, 'postern/s'),
                          [r"error: write an absolute path: 'postern/s' is relative"])
    check(status == 78, 'status %d: %s' % (status, out))


def test_7_refused_reload():
    """the checker's end after a refused reload is no alarm"""
    for _ in range(3):
        before = len(site.read('log/postern'))
        site.write('rules/site.rules', 'language 1\nrul BROKEN\n')
        check(site.tool('reload')[0] != 0, 'a bad set is accepted')
        log = wait_for('end of the checker', lambda n=before: re.search(
            r'event=ended .*check.*\n', site.read('log/postern')[n:]))
        check(log.group(0).endswith(': check ended\n'), log.group(0))
    site.write('rules/site.rules', 'language 1\n' + RULES)


def test_8_nothing_to_fall_back_to():
    """a first start with a broken file says that there is no last good configuration"""
    site.end(site.daemon)
    text = site.read('postern.conf').replace('site.rules', 'other.rules')
    site.write('rules/other.rules', 'rul BROKEN\n')
    # One start in a folder that has the last good set of another file, one in a new folder.
    for state in (site.path('state'), site.path('fresh')):
        conf = site.write('other.conf', text.replace(site.path('state'), state))
        p = subprocess.run([BINARY, 'daemon', '-c', conf], capture_output=True, text=True, timeout=60)
        check(p.returncode == 78, 'status %d: %s' % (p.returncode, p.stderr))
        check('there is no last good configuration to fall back to' in p.stderr, p.stderr)
        check('other.rules:1:1: error' in p.stderr and 'no such file' not in p.stderr, p.stderr)


def test_9_access():
    """whether the MTA can connect is judged by what the start will make, in text and in JSON"""
    def listener(path, more='', settings=''):
        return 'user nobody\nhostname mx.test\nown-domains { rcpt.example }\nrules "rules/site.rules"\n' \
            '%slistener a milter unix:%s %s\n' % (settings, site.path(path), more)
    postfix = 'socket-group postfix'
    run_dir = 'run-dir "%s"\n' % site.path('later-run')
    for text, status, said in (
            (listener('later/s', postfix), 0, 'will be able to connect (the folder is made at the start)'),
            (listener('later-run/mta/s', postfix, run_dir), 0, 'will be able to connect (the folder is made'),
            (listener('later/s', 'socket-mode 0666'), 77, 'can NOT connect: owner, group and mode'),
            (listener('mta/new', 'socket-mode 0666'), 0, 'postfix can connect'),
            (listener('none/later/s', postfix), 77, 'can NOT connect: the folder above its folder does not exist')):
        got, _ = checked(text, [re.escape(said), 'this system: 1 error, 0 warnings' if status else ''])
        check(got == status, '%s: status %d' % (said, got))
        p = subprocess.run([BINARY, 'check', '--json', '-c', site.path('case.conf')], capture_output=True,
                           text=True, timeout=60)
        found = [x for x in json.loads(p.stdout) if said in x['message']]
        check(p.returncode == status and len(found) == 1, '%d %s' % (p.returncode, p.stdout))
        check(found[0]['severity'] == ('error' if status else 'note') and found[0]['line'], p.stdout)


def words(*args):
    p = subprocess.run([BINARY, *args], capture_output=True, text=True, timeout=60)
    return p.returncode, p.stdout, p.stderr


def test_a_help():
    """the ways to ask for help and the version, and what `why` says when it has nothing"""
    status, out, _ = words('help')
    check(status == 0 and 'postern-rules(7)' in out, out)
    check(words('-h') == words('--help') == (0, out, ''), words('-h'))
    check(words('version') == words('--version') and words('version')[0] == 0, words('version'))
    for name in re.findall(r'^  (\w+) ', out, re.M):
        check(words('help', name) == words(name, '--help'), name)
        check(words('help', name)[1].startswith('usage: postern ' + name), words('help', name))
    check(words('help', 'nothing')[0] == 64, words('help', 'nothing'))
    status, _, said = words('why')
    check(status == 64 and said.startswith('postern why: an ID is needed\n'), said)
    conf = site.write('case.conf', good('evidence-file "evidence/none"\n'))
    status, _, said = words('why', '-c', conf, 'abc')
    check(status == 66 and 'No such file or directory (nothing has been recorded yet)' in said, said)


def test_b_eval():
    """eval without a message says where it stopped, and goes as far as its options reach"""
    conf = site.write('case.conf', good())
    site.write('empty.zone', '')
    message = site.write('message', 'From: joe@a.example\n\nA text.\n')
    common = ('eval', '-c', conf, '--zone', site.path('empty.zone'), '--client', '192.0.2.1')
    for more, stage in (((), 'connect'), (('--helo', 'mx.a.example'), 'helo'), (('--from', 'joe@a.example'), 'rcpt'),
                        (('--to', 'kim@rcpt.example'), 'rcpt'), (('--until', 'mail'), 'mail')):
        status, out, said = words(*common, *more)
        check(status == 0 and ' accept at %s (stopped after %s)\n' % (stage, stage) in out, out + said)
        check(json.loads(words(*common, *more, '--json')[1])['partial'] is True, more)
    status, out, said = words(*common, message)
    check(status == 0 and ' accept at end\n' in out, out + said)
    check('partial' not in json.loads(words(*common, '--json', message)[1]), out)


def test_c_install():
    """what is installed elsewhere names its own folders, and says what remains to be done"""
    dest = site.path('dest')
    p = subprocess.run([os.path.join(ROOT, 'tests/install'), BINARY, dest, '/opt/x'], capture_output=True,
                       text=True, timeout=60)
    check(p.returncode == 0 and 'systemd-sysusers' in p.stdout, p.stdout + p.stderr)
    texts = {}
    for folder, _, names in os.walk(dest):
        for name in names:
            path = os.path.join(folder, name)
            if name != 'postern':
                with open(path, encoding='utf-8') as f:
                    texts[path[len(dest):]] = f.read()
    for path, text in texts.items():
        check('/usr/share/postern' not in text and '@PREFIX@' not in text, path)
    for path in ('/etc/postern/postern.conf', '/opt/x/share/postern/rules/dnsbl/spamhaus.rules',
                 '/opt/x/share/man/man8/postern.8'):
        check('/opt/x/share/postern/rules' in texts[path], path)
    check('/opt/x/sbin/postern daemon' in texts['/opt/x/lib/systemd/system/postern.service'], 'the unit')
    status, out, said = words('demo', '-c', dest + '/opt/x/share/postern/examples/demo/postern.conf', '--port', '0')
    check(status == 0 and 'the backend has 2 messages' in out, said)


def test_d_geo():
    """rules read the country of a database, and check says what is wrong with the file"""
    country, asn = (os.path.join(ROOT, 'tests/fuzz/corpus/geo', x) for x in ('country', 'asn-ipv4'))
    rule = site.write('geo.rules', 'language 1\nrule FAR when geo.country in { FR DE }  score 2\n'
                      'rule NEAR when geo.country = AT  score 1\nrule NET when client.asn = 64500  score 4\n')
    conf = site.write('geo.conf', PLAIN % site.socket + 'rules "%s"\ngeo-country-file %s\ngeo-asn-file %s\n' %
                      (rule, country, asn))
    for client, hits in (('192.0.2.1', {'FAR', 'NET'}), ('198.51.100.1', {'FAR'}), ('2001:db8:77::1', {'NEAR'}),
                         ('203.0.113.1', set()), ('127.0.0.1', set())):
        status, out, said = words('eval', '-c', conf, '--zone', site.path('empty.zone'), '--client', client,
                                  '--from', 'joe@a.example', '--json')
        check(status == 0, said)
        record = json.loads(out)
        check({r['name'] for r in record['rules']} == hits, '%s: %s' % (client, out))
        check(('client.asn' in record['unknown']) == (client == '2001:db8:77::1'), out)
    checked(good('geo-country-file %s\n' % asn), [r'case.conf:6:1: error: geo-country-file \S+: the database '
                                                 r'\(Test-ASN\) has no country', '1 error, 0 warnings'])
    site.write('rules/geo.rules', 'language 1\nrule FAR when geo.country in { FR DE }  score 2\n')
    status, _ = checked(good('rules "rules/geo.rules"\n'), [
        r"geo.rules:2:15: error: 'geo.country' is not provided with these settings",
        r'= it needs the setting geo-country-file'])
    check(status == 78, status)
    status, _ = checked(good('geo-asn-file nothing.mmdb\n'), [r'case.conf:6:1: error: geo-asn-file \S+: no such file'])
    check(status == 78, status)


def run():
    global site
    with Site(name='check') as site:
        site.start(rules=RULES, postfix=False)
        return main([v for k, v in sorted(globals().items()) if k.startswith('test_')])


if __name__ == '__main__':
    sys.exit(run())
