# SPDX-License-Identifier: BSD-2-Clause
"""fmt, explain, list-test, facts and show, over real files, with what they print to the letter."""
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

from site_env import BINARY, check, main

CONF = '''hostname mx.test
own-nets { 192.0.2.0/24 }
rules "site.rules"
'''
RULES = '''language 1
include "more.rules"
list partners domains { .partner.example } file "partners.txt"
change list partners remove { old.example }
rule SPF_BAD when spf=fail score 3 group auth
change SPF_BAD reject 550 5.7.1 "no" # for now
change SPF_BAD unless mail.domain in partners trial
rule LISTED when dnsbl.demo.bot and helo.name is present score 2 greylist
rule BOTH when SPF_BAD and LISTED score 1
rule GONE when tls score 1
disable GONE
test "refused"
  given spf fail
  expect SPF_BAD
'''
MORE = '''group auth max 6
dnsbl demo zone "{secret:demo}.bl.example" lookup client.ip code bot 127.0.0.2
'''
folder = None


def path(name):
    return os.path.join(folder, name)


def write(name, text):
    with open(path(name), 'w', encoding='utf-8') as f:
        f.write(text)
    return path(name)


def read(name):
    with open(path(name), encoding='utf-8') as f:
        return f.read()


def run(*args, stdin=''):
    """Status, stdout, stderr; the folder's name is DIR in them."""
    p = subprocess.run([BINARY, *args], input=stdin, capture_output=True, text=True, timeout=60)
    return p.returncode, p.stdout.replace(folder, 'DIR'), p.stderr.replace(folder, 'DIR')


def expect(args, status, out='', err=''):
    got = run(*args)
    check(got == (status, out, err), '%s: want %r, got %r' % (' '.join(args), (status, out, err), got))


def test_1_fmt():
    """fmt prints, checks, and rewrites in place with mode and link kept"""
    ugly, good = 'rule AA when a  score 1\n\n\nrule B2 when b tag # x', 'rule AA  when a  score 1\n\nrule B2  when b  tag  # x\n'
    file = write('ugly.rules', ugly)
    os.chmod(file, 0o640)
    os.symlink('ugly.rules', path('link.rules'))
    expect(['fmt', file], 0, good)
    check(run('fmt', '-', stdin=ugly) == (0, good, ''), 'standard input')
    expect(['fmt', '--check', file, path('link.rules')], 1, 'DIR/ugly.rules\nDIR/link.rules\n')
    check(read('ugly.rules') == ugly, 'fmt changed a file that it should print')
    expect(['fmt', '-w', path('link.rules')], 0)
    check(read('ugly.rules') == good, read('ugly.rules'))
    check(os.path.islink(path('link.rules')), 'the link is gone')
    check(stat.S_IMODE(os.stat(file).st_mode) == 0o640, 'the mode changed')
    check(sorted(x for x in os.listdir(folder) if x.startswith('ugly')) == ['ugly.rules'], 'a file was left behind')
    before = os.stat(file).st_ino
    expect(['fmt', '-w', file], 0)
    check(os.stat(file).st_ino == before, 'a file in order was written again')
    expect(['fmt', '--check', file], 0)


def test_2_fmt_refuses():
    """fmt refuses a file with an error of grammar, and leaves it alone"""
    file = write('bad.rules', 'rule AA wen  b\n')
    status, out, err = run('fmt', '-w', file)
    check((status, out) == (65, '') and "bad.rules:1:9: error: 'wen' is not a clause of a rule" in err, err)
    check(read('bad.rules') == 'rule AA wen  b\n', 'the file changed')
    status, _, err = run('fmt', path('none.rules'))
    check(status == 66 and 'no such file' in err, err)
    check(run('fmt')[0] == 64 and run('fmt', '--check', '-w', file)[0] == 64 and run('fmt', '-w', '-')[0] == 64, 'usage')


def test_3_explain():
    """explain shows a changed rule, a disabled one, a list, and suggests a name"""
    def line(text, place):
        return '    %s%s%s\n' % (text, ' ' * (68 - len(text)), place)

    expect(['explain', '-c', path('postern.conf'), 'SPF_BAD'], 0, 'rule SPF_BAD\n' +
           line('when spf = fail', 'DIR/site.rules:5') +
           line('unless mail.domain in partners', 'DIR/site.rules:7') +
           line('group auth', 'DIR/site.rules:5') +
           line('reject 550 5.7.1 "no"', 'DIR/site.rules:6') +
           line('trial', 'DIR/site.rules:7') + '''\
  decided   at mail by spf, mail.domain
  acts      reject at rcpt, if it were no trial
  scope     inbound
  group     auth, at most 6.00 together
  trial     it is judged and logged, and does nothing
  reads     spf: enum, mail, verified; asks SPF: up to 11 records, with their MX and A
            mail.domain: domain, mail, claimed by the client
  named by  BOTH  DIR/site.rules:9
  test      "refused"  DIR/site.rules:12
''')
    expect(['explain', '-c', path('postern.conf'), 'LISTED'], 0, 'rule LISTED\n' +
           line('when dnsbl.demo.bot and helo.name is present', 'DIR/site.rules:8') +
           line('score 2', 'DIR/site.rules:8') + line('greylist', 'DIR/site.rules:8') + '''\
  decided   at helo by helo.name
  acts      greylist at rcpt
  scope     inbound
  reads     dnsbl.demo.bot: bool, connect, verified; asks the DNS list demo ({secret:demo}.bl.example): A
            helo.name: domain, helo, claimed by the client
            client.ip: ip, connect, verified
  DNS lists 1 asked
  named by  BOTH  DIR/site.rules:9
''')
    expect(['explain', '-c', path('postern.conf'), 'GONE', 'partners'], 0, 'rule GONE\n' +
           line('when tls', 'DIR/site.rules:10') + line('score 1', 'DIR/site.rules:10') +
           '  disabled  by DIR/site.rules:11\n\npartners\n' +
           line('list partners domains { .partner.example } file "partners.txt"', 'DIR/site.rules:3') +
           line('change list partners remove { old.example }', 'DIR/site.rules:4'))
    expect(['explain', '-c', path('postern.conf'), 'SPF_BDA'], 1, '',
           "postern explain: no rule, list, dnsbl, rate, group or policy 'SPF_BDA'; did you mean 'SPF_BAD'?\n")
    status, out, err = run('explain', '-c', path('postern.conf'), 'a\x1b[2J')
    check(status == 1 and '\x1b' not in err and r'a\x1b[2J' in err, err)


def test_4_explain_json():
    """explain --json says the same to programs, and counts hits"""
    records = [{'rules': [{'name': 'SPF_BAD'}]}, {'rules': [{'name': 'SPF_BAD_2'}]}, {'rules': [], 'helo': 'SPF_BAD'}] * 2
    write('evidence', ''.join(json.dumps(r) + '\n' for r in records))
    status, out, err = run('explain', '-c', path('postern.conf'), '-e', path('evidence'), '--json', 'SPF_BAD', 'BOTH')
    check((status, err) == (0, ''), err)
    bad, both = json.loads(out)
    check([c['line'] for c in bad['clauses']] == [5, 7, 5, 6, 7], bad)
    check((bad['hits'], bad['records'], both['hits']) == (2, 6, 0), bad)
    check(bad['effects'] == [{'effect': 'reject', 'stage': 'rcpt'}] and bad['trial'] and bad['group'] == 'auth', bad)
    check(bad['tests'] == [{'test': 'refused', 'file': 'DIR/site.rules', 'line': 12}], bad)
    check(both['names'] == ['LISTED', 'SPF_BAD'] and bad['named-by'] == ['BOTH'] and both['dns-lists'] == 1, both)
    check({f['fact']: f['claimed'] for f in both['reads']} ==
          {'spf': False, 'mail.domain': True, 'helo.name': True, 'dnsbl.demo.bot': False, 'client.ip': False}, both)
    status, out, _ = run('explain', '-c', path('postern.conf'), '-e', path('evidence'), 'SPF_BAD')
    check('  hits      2 in the last 6 records\n' in out, out)
    check(run('explain', '-c', path('postern.conf'), '-e', path('none'), 'BOTH')[0] == 66, 'no evidence file')


def test_5_list_test():
    """list-test names the item that holds the value, in rule files, list files and settings"""
    conf = path('postern.conf')
    expect(['list-test', '-c', conf, 'own-nets', '192.0.2.7'], 0, '192.0.2.7 is in own-nets: 192.0.2.0/24  DIR/postern.conf:2\n')
    expect(['list-test', '-c', conf, 'own-nets', '192.0.3.7'], 1, '192.0.3.7 is not in own-nets\n')
    expect(['list-test', '-c', conf, 'partners', 'a.partner.example'], 0,
           'a.partner.example is in partners: .partner.example  DIR/site.rules:3\n')
    expect(['list-test', '-c', conf, 'partners', 'Friend.example'], 0,
           'Friend.example is in partners: friend.example  DIR/partners.txt:2\n')
    expect(['list-test', '-c', conf, 'partners', 'old.example'], 1, 'old.example is not in partners\n')
    expect(['list-test', '-c', conf, 'partnres', 'x'], 65, '',
           "postern list-test: no list 'partnres'; did you mean 'partners'?\n")
    expect(['list-test', '-c', conf, 'own-nets', 'x\n'], 65, '',
           "postern list-test: 'x\\x0a' is no ip, and own-nets holds nets\n")
    expect(['list-test', '-c', conf, 'own-nets', '::1', '::2'], 65, '', 'postern list-test: own-nets wants one value\n')


def test_6_facts():
    """facts lists what this build computes, and with settings their DNS lists"""
    expect(['facts', 'helo.name'], 0, '''helo.name
    domain, helo, claimed by the client
    HELO/EHLO argument; missing if none was sent
''')
    expect(['facts', 'helo.nmae'], 1, '', 'postern facts: no fact has such a name\n')
    every = json.loads(run('facts', '--json')[1])
    check(len(every) > 40 and [f['name'] for f in every] == sorted(f['name'] for f in every), len(every))
    spf = [f for f in every if f['name'] == 'spf'][0]
    check(spf['values'] == 'none neutral pass fail softfail permerror'.split() and not spf['claimed'], spf)
    named = [f['name'] for f in json.loads(run('facts', '-c', path('postern.conf'), '--json', 'dnsbl.*')[1])]
    check(named == ['dnsbl.demo', 'dnsbl.demo.bot'], named)
    check('KEY' not in run('facts', '-c', path('postern.conf'))[1], 'a secret was shown')


def test_7_show():
    """show prints settings that read back as the same, with their places"""
    conf = path('postern.conf')
    expect(['show', '-c', conf, 'own-nets', 'log'], 0,
           'own-nets { 192.0.2.0/24 }  # DIR/postern.conf:2\nlog journal  # default\n')
    expect(['show', '-c', conf, 'own-netz'], 1, '', "postern show: no setting 'own-netz'; did you mean 'own-nets'?\n")
    status, out, _ = run('show', '-c', conf)
    check(status == 0 and out.endswith('''
# rule files, in the order in which they are read:
#   DIR/site.rules: 4 rules, 4 changes, 1 tests, 3 other statements
#   DIR/more.rules: 0 rules, 0 changes, 0 tests, 2 other statements
'''), out)
    write('again.conf', out.replace('DIR', folder))

    def values(text):
        return [re.sub('  #.*', '', line) for line in text.split('\n') if not line.startswith('#')]
    check(values(run('show', '-c', path('again.conf'))[1]) == values(out), 'it reads back as something else')
    shown = json.loads(run('show', '-c', conf, '--json')[1])
    own = [s for s in shown['settings'] if s['setting'] == 'own-nets']
    check(own == [{'setting': 'own-nets', 'value': '{ 192.0.2.0/24 }', 'file': 'DIR/postern.conf', 'line': 2}], own)
    check(len(shown['settings']) == len([v for v in values(out) if v]) and shown['rule-files'][0]['rules'] == 4, shown)
    check('KEY' not in out, 'a secret was shown')


def test_8_faulty():
    """with settings or rules that do not check, each says so and ends with 78"""
    bad = write('faulty.conf', 'rules "faulty.rules"\n')
    write('faulty.rules', 'rule AA when nosuch\n')
    for command in (['explain', '-c', bad, 'AA'], ['list-test', '-c', bad, 'own-nets', '::1'], ['facts', '-c', bad]):
        status, out, err = run(*command)
        check((status, out) == (78, '') and "unknown fact 'nosuch'" in err, (command, status, err))
    write('faulty.conf', 'rulez "x"\n')
    status, _, err = run('show', '-c', bad)
    check(status == 78 and "unknown setting 'rulez'" in err, err)
    for command in ('fmt', 'explain', 'list-test', 'facts', 'show'):
        status, out, err = run(command, '--help')
        check(status == 0 and out.startswith('usage: postern ' + command) and not err, command)
        check(run(command, '--nosuch')[0] == 64, command)


def go():
    global folder
    folder = tempfile.mkdtemp(prefix='postern-tools-')
    try:
        write('postern.conf', CONF + 'secrets-file "secrets"\n')
        os.chmod(write('secrets', 'demo KEYKEYKEY\n'), 0o600)
        write('site.rules', RULES)
        write('more.rules', MORE)
        write('partners.txt', '# ours\nfriend.example\nold.example\n')
        return main([v for k, v in sorted(globals().items()) if k.startswith('test_')])
    finally:
        shutil.rmtree(folder)


if __name__ == '__main__':
    sys.exit(go())
