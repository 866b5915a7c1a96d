# SPDX-License-Identifier: BSD-2-Clause
"""`postern setup`: which lists it shows, what it writes, and what it refuses to write."""
import glob
import os
import pwd
import re
import select
import shutil
import stat
import subprocess
import sys

from site_env import BINARY, ROOT, Site, check, main

LISTS = os.path.join(ROOT, 'rules/dnsbl')
NAMES = [os.path.basename(p)[:-len('.rules')] for p in sorted(glob.glob(LISTS + '/*.rules'))]
MARK = "# Written by 'postern setup': run it again instead of editing this file.\n"
KEY = 'q7x4k2m9verysecretkey'
site = None


def fresh(name, more=''):
    """A folder with settings; gives the path of the settings."""
    os.makedirs(site.path(name, 'rules.d'))
    return site.write(name + '/postern.conf', 'user nobody\nhostname mx.test.example\nown-domains { test.example }\n'
                      'rules "%s/rules/*.rules"\nrules "rules.d/*.rules"\n%s'
                      'listener main milter unix:%s socket-mode 0666\n' % (ROOT, more, site.socket))


def setup(conf, *args, said=''):
    p = subprocess.run([BINARY, 'setup', '-c', conf, '--lists', LISTS, *args], input=said, capture_output=True,
                       text=True, timeout=60)
    return p.returncode, p.stdout + p.stderr


def rules_of(conf):
    path = os.path.join(os.path.dirname(conf), 'rules.d/lists.rules')
    if not os.path.exists(path):
        return None
    with open(path, encoding='utf-8') as f:
        return f.read()


def included(conf):
    return re.findall(r'^include "%s/([a-z-]+)\.rules"$' % re.escape(LISTS), rules_of(conf) or '', re.M)


def expect(got, status, *patterns):
    check(got[0] == status, 'status %d: %s' % got)
    for p in patterns:
        check(re.search(p, got[1]), 'no %r in: %s' % (p, got[1]))


def test_1_shows():
    """every shipped list is shown with operator, terms and effect; a dry run writes nothing"""
    conf = fresh('shows')
    got = setup(conf, '--yes', '--dry-run')
    expect(got, 0, re.escape(MARK), r'smtpd_milters = unix:', r'INPUT_MAIL_FILTER\(')
    for name in NAMES:
        expect(got, 0, r'(?m)^%s\n  .+\n  operator: .+\n  terms:    .+\n  effect:   .+\n' % name)
    check(len(NAMES) >= 7 and rules_of(conf) is None, NAMES)
    expect(setup(conf, '--enable', 'psbl', '--dry-run'), 0, r'enable  psbl\n', r'include ".*/psbl.rules"')
    check(rules_of(conf) is None, 'a dry run has written')


def test_2_asks():
    """answers enable lists, an empty one keeps what was, and nothing is written without a yes"""
    conf = fresh('asks')
    yes = {'psbl', 'spamhaus'}
    answers = ''.join('y\n' if name in yes else '\n' for name in NAMES)
    expect(setup(conf, said=answers + 'n\n'), 1, 'nothing was written')
    expect(setup(conf, said=answers), 1, 'nothing was written')
    check(rules_of(conf) is None, rules_of(conf))
    expect(setup(conf, said=answers + 'y\n'), 0, 'enable  psbl\n', 'To use a key, name a file for it',
           'settings and rules: .* 2 DNS lists', '\nNext: postern reload')
    check(set(included(conf)) == yes, rules_of(conf))
    answers = ''.join('n\n' if name == 'psbl' else '\n' for name in NAMES)
    expect(setup(conf, said=answers + 'y\n'), 0, r'psbl   \(enabled\)', 'disable psbl\n', 'keep    spamhaus\n')
    check(included(conf) == ['spamhaus'], rules_of(conf))


def test_3_again():
    """options enable and disable; a second run changes nothing"""
    conf = fresh('again')
    expect(setup(conf, '--enable', 'psbl', '--enable', 'dnswl', '--yes'), 0, 'wrote .*lists.rules')
    check(set(included(conf)) == {'psbl', 'dnswl'}, rules_of(conf))
    before = os.stat(os.path.join(os.path.dirname(conf), 'rules.d/lists.rules'))
    expect(setup(conf, '--enable', 'psbl', '--yes'), 0, 'keep    psbl\n', 'keep    dnswl\n', 'nothing to change in')
    after = os.stat(os.path.join(os.path.dirname(conf), 'rules.d/lists.rules'))
    check(before.st_ino == after.st_ino and stat.S_IMODE(after.st_mode) == 0o644, after)
    expect(setup(conf, '--disable', 'psbl', '--disable', 'dnswl', '--yes'), 0)
    check(rules_of(conf) == MARK + 'language 1\n', rules_of(conf))
    expect(setup(conf, '--enable', 'nothing', '--yes'), 64, 'no such list: nothing')
    check(rules_of(conf) == MARK + 'language 1\n', rules_of(conf))


def test_4_keys():
    """a key goes into the secrets file, and nowhere else"""
    conf = fresh('keys')
    expect(setup(conf, '--enable', 'spamhaus', '--key', 'spamhaus', '--yes', said=KEY + '\n'), 78,
           'name a file for it: secrets-file')
    check(rules_of(conf) is None, rules_of(conf))
    conf = fresh('keys2', 'secrets-file secrets\n')
    secrets = site.write('keys2/secrets', '# ours\nother 5\nspamhaus old-key\n')
    os.chmod(secrets, 0o600)
    got = setup(conf, '--enable', 'spamhaus', '--key', 'spamhaus', '--yes', said=KEY + '\n')
    expect(got, 0, 'enable  spamhaus, with its key\n', 'settings and rules: .* 1 DNS list,')
    check(KEY not in got[1] and KEY not in rules_of(conf) and 'old-key' not in got[1], got[1])
    check('change dnsbl zen zone "{secret:spamhaus}.zen.dq.spamhaus.net"\n' in rules_of(conf), rules_of(conf))
    check(site.read('keys2/secrets') == '# ours\nother 5\nspamhaus %s\n' % KEY, 'secrets file')
    st = os.stat(secrets)
    check(stat.S_IMODE(st.st_mode) == 0o600 and st.st_uid == pwd.getpwnam('nobody').pw_uid, st)
    # asked for in the dialogue, once: the second list of this operator takes the same one
    conf = fresh('keys3', 'secrets-file secrets\n')
    answers = ''.join('y\n' + KEY + '\n' if name == 'spamhaus-dbl' else 'y\n' if name == 'spamhaus' else '\n'
                      for name in NAMES)
    got = setup(conf, said=answers + 'y\n')
    expect(got, 0, "Key 'spamhaus'", 'there is one', 'enable  spamhaus-dbl, with its key', 'enable  spamhaus, with')
    check(KEY not in got[1] and site.read('keys3/secrets') == 'spamhaus %s\n' % KEY, got[1])


def test_5_strange_keys():
    """a key that could not stand in a name is refused unseen, and nothing is written"""
    conf = fresh('strange', 'secrets-file secrets\n')
    for key in ('a.b', 'a b', 'x"\\n}', '{secret:x}', '-x', 'k' * 64, 'caf\u00e9', ''):
        got = setup(conf, '--enable', 'spamhaus', '--key', 'spamhaus', '--yes', said=key + '\n')
        expect(got, 64, "a key has letters, digits and '-' only")
        check(not key or len(key) < 3 or key not in got[1], got[1])
        check(rules_of(conf) is None and not os.path.exists(site.path('strange/secrets')), key)
    expect(setup(conf, '--key', 'spamhaus', '--yes'), 64, 'spamhaus: no key on standard input')
    expect(setup(conf, '--key', 'nobodys', '--yes', said='x\n'), 64, 'no list takes a key of this name: nobodys')


def until(read, what):
    """What read() gives until that text is in it."""
    got = ''
    while what not in got:
        more = read()
        check(more, 'no %r in: %s' % (what, got))
        got += more
    return got


def test_5_terminal():
    """a terminal does not show the key that is typed"""
    conf = fresh('terminal', 'secrets-file secrets\n')
    os.mkdir(site.path('terminal/lists'))
    shutil.copy(LISTS + '/spamhaus.rules', site.path('terminal/lists'))
    ours, theirs = os.openpty()
    with subprocess.Popen([BINARY, 'setup', '-c', conf, '--lists', site.path('terminal/lists')], stdin=theirs,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as p:
        os.close(theirs)
        shown = ''
        for prompt, said in (('Use it?', 'y\n'), ("Key 'spamhaus'", KEY + '\n'), ('Write this?', 'y\n')):
            shown += until(lambda: os.read(p.stdout.fileno(), 4096).decode(), prompt)
            os.write(ours, said.encode())
        shown += p.stdout.read().decode()
        check(p.wait(60) == 0, shown)
    echoed = ''
    while select.select([ours], [], [], 0)[0]:
        try:
            echoed += os.read(ours, 4096).decode()
        except OSError:  # nobody holds the other end any more
            break
    os.close(ours)
    check(KEY not in shown and KEY not in echoed and 'y' in echoed, shown + echoed)
    check(site.read('terminal/secrets') == 'spamhaus %s\n' % KEY, 'secrets file')


def test_6_refuses():
    """a file that somebody wrote is kept; folders that are missing or closed are said"""
    conf = fresh('foreign')
    own = 'language 1\nrule MINE when client.ip = 192.0.2.1 score 1\n'
    site.write('foreign/rules.d/lists.rules', own)
    expect(setup(conf, '--enable', 'psbl', '--yes'), 73, 'lists.rules: was not written by this command')
    check(rules_of(conf) == own, rules_of(conf))
    expect(setup(conf, '--enable', 'psbl', '--yes', '--file', site.path('nowhere/x.rules')), 73,
           'nowhere/x.rules: No such file or directory')
    other = site.path('foreign/other.rules')
    expect(setup(conf, '--enable', 'psbl', '--yes', '--file', other), 0, "No 'rules' setting of .* reads this file yet",
           re.escape('rules "%s"' % other))
    p = subprocess.run([BINARY, 'setup', '-c', conf, '--lists', site.path('nowhere')], capture_output=True, text=True,
                       timeout=60)
    check(p.returncode == 66 and 'no rule files of DNS lists there' in p.stderr, p.stderr)
    expect(setup(site.path('none.conf'), '--yes'), 78, 'no such file')
    bad = site.write('foreign/bad.conf', 'usr x\n')
    expect(setup(bad, '--yes'), 78, "unknown setting 'usr'")


def test_7_closed():
    """who may not write is told so, and leaves nothing behind"""
    conf = fresh('closed')
    folder = site.path('closed/rules.d')
    os.chmod(site.base, 0o755)
    os.chmod(folder, 0o555)
    nobody = pwd.getpwnam('nobody')
    p = subprocess.run([BINARY, 'setup', '-c', conf, '--lists', LISTS, '--enable', 'psbl', '--yes'],
                       capture_output=True, text=True, timeout=60, user=nobody.pw_uid, group=nobody.pw_gid,
                       extra_groups=[])
    check(p.returncode == 73 and 'lists.rules: Permission denied' in p.stderr, p.stdout + p.stderr)
    check(os.listdir(folder) == [], os.listdir(folder))


def test_8_tests():
    """all lists together are in order; each rule has a test that fires and one that does not, and they pass"""
    conf = fresh('all')
    options = [x for name in NAMES for x in ('--enable', name)]
    expect(setup(conf, *options, '--yes'), 0, 'settings and rules: .* 0 warnings')
    paths = sorted(glob.glob(ROOT + '/rules/*.rules') + glob.glob(LISTS + '/*.rules'))
    p = subprocess.run([BINARY, 'test', *paths], capture_output=True, text=True, timeout=60)
    texts = {}
    for path in paths:
        with open(path, encoding='utf-8') as f:
            texts[path] = f.read()
    count = sum(len(re.findall(r'^test "', text, re.M)) for text in texts.values())
    check(p.returncode == 0 and '%d tests, 0 failed' % count in p.stdout, p.stdout + p.stderr)
    for path, text in texts.items():
        if not path.startswith(LISTS):
            continue
        expected = re.findall(r'(?:\bexpect |, )((?:not |unknown )?[A-Z][A-Z0-9_]+)', text)
        for rule in re.findall(r'^rule (\w+)', text, re.M):
            check(rule in expected and 'not ' + rule in expected, '%s in %s' % (rule, path))


def run():
    global site
    with Site(name='setup') as site:
        os.chmod(site.path('mta'), 0o755)
        return main([v for k, v in sorted(globals().items()) if k.startswith('test_')])


if __name__ == '__main__':
    sys.exit(run())
