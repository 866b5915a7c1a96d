# SPDX-License-Identifier: BSD-2-Clause
"""generate -- random rule sets and what is known of random messages.

    s = Set(seed, facts, stages)    facts: {name: (type, stage)} of the model, "header()" with an argument
    s.ours, s.model                 the same rules, as files {name: text} for Postern and for the model
    s.env(n)                        the n-th message: {fact: value}; None = missing, UNKNOWN = unknown
    given(env)                      the same as the `given` clauses of a test

The same seed gives the same set. All that the language offers appears, in proportions that make most
conditions depend on the message: few values, so that they meet. Two texts are needed where the model
lacks what RULES.md has (said in `Set.two`), and where it reads `any x not in y` in its own way.
"""
import random
import string

UNKNOWN = object()
LIMITS = ('accept', 'tag', 'greylist', 'defer')
LEVELS = ('greylist', 'tag', 'quarantine', 'reject', 'early-reject')
TERMINAL = ('reject', 'reject always', 'accept', 'defer', 'discard', 'greylist')
POOLS = {
    'ip': '192.0.2.1 192.0.2.77 198.51.100.9 10.1.2.3 2001:db8::1 2001:db8:7::9'.split(),
    'domain': 'x.example a.x.example y.example b.a.x.example z.test X.Example mail.y.example'.split(),
    'address': 'a@x.example B@x.example a@y.example kim@a.x.example postmaster@z.test'.split(),
    'text': ['invoice', 'Your INVOICE 7', 'win money now', 'a', 'x.example', 'hello/you (now)', 'Grüße 12',
             'postmaster', 'a "quoted" \\ word', '20'],
    'word': 'exe zip PDF de en invoice'.split(),
    'country': 'DE US XX FR'.split(),
}
REGEXES = (r'/inv(oice)?/', r'/INVOICE/i', r'/\bnow\b/', r'/^a/', r'/example$/', r'/[a-c]@/', r'/\d{1,2}$/',
           r'/(win|hello)./s', r'/x\.example/', r'/you \(/', r'/o\/y/', r'/^\S+$/', r'/"quoted"/', r'/zip|exe/i')
PHRASES = 'invoice', 'money', 'x.ex', 'NOW', 'a "q', 'ü'
NETS = '192.0.2.0/24 192.0.2.64/26 10.0.0.0/8 2001:db8::/32 2001:db8:7::/48 198.51.100.9 ::1 0.0.0.0/0'.split()
SUFFIXES = 'x.example .x.example .example y.example .test A.x.example'.split()
MAILBOXES = 'a@x.example @x.example @y.example Kim@a.x.example postmaster@z.test'.split()
LISTS = {'ip': 'nets', 'domain': 'domains', 'address': 'addresses', 'country': 'countries', 'number': 'numbers',
         'text': 'words', 'word': 'words'}
ANSWERS = ['127.0.0.%d' % i for i in (2, 3, 4, 7, 10, 11, 24)] + ['127.0.1.5', '127.1.0.9']
FAULTS = '127.255.255.254', '127.0.0.1', '192.0.2.55', '127.0.0.255'
RATES = 'messages by client.ip', 'recipients by auth.user', 'rejects by client.ip, mail.domain'


class Expr:
    """A condition in both texts, the stage that it needs, and whether it reads the score."""

    def __init__(self, ours, model=None, stage=0, score=False, compound=False):
        self.ours, self.model = ours, ours if model is None else model
        self.stage, self.score, self.compound = stage, score, compound

    def inner(self):
        if not self.compound:
            return self
        return Expr('(%s)' % self.ours, '(%s)' % self.model, self.stage, self.score)


def quoted(text):
    return '"%s"' % text.replace('\\', '\\\\').replace('"', '\\"')


def seconds(n):
    return '%dm' % (n // 60) if n and n % 60 == 0 else '%ds' % n


def size(n):
    return '%dK' % (n // 1024) if n and n % 1024 == 0 else '%dB' % n


def hundredths(n):
    return '%s%d.%02d' % ('-' if n < 0 else '', abs(n) // 100, abs(n) % 100) if n % 100 else '%d' % (n // 100)


class Set:
    def __init__(self, seed, facts, stages, n_rules=None):
        self.r = random.Random(seed)
        self.facts, self.stage_names = dict(facts), stages
        self.stage = {s: i for i, s in enumerate(stages)}
        self.lists, self.rules, self.dnsbls, self.statements, self.files = {}, {}, {}, [], {}
        self.at_most, self.arguments = {}, {}
        # In some sets all scores are small, and their sums what binary fractions miss.
        small = self.chance(0.15)
        self.scores = (10, 70, 20, 60) if small else (100, 150, 200, 10, 70, 33, 400, -100, -150, 7, 999)
        self.sums = (30, 80, 90) if small else (0, 100, 200, 370, 500, 800, -50)
        self.groups = {'g%d' % i: self.r.randrange(0, 800, 25) for i in range(self.r.randrange(3))}
        self.declare()
        names = [n for n in self.facts if n != 'score' and not n.startswith(('dnsbl.', 'rate.'))]
        self.used = self.r.sample(names, 14) + [n for n in self.facts if n.startswith(('dnsbl.', 'rate.'))]
        for _ in range(n_rules or self.r.randrange(3, 13)):
            self.rule()
        self.after()
        self.r.shuffle(self.statements)
        self.ours, self.model = dict(self.files), dict(self.files)
        self.ours['t.rules'] = ''.join(o for o, _ in self.statements)
        self.model['t.rules'] = ''.join(m for _, m in self.statements)

    def shuffled(self, seed):
        """The statements in another order."""
        statements = list(self.statements)
        random.Random(seed).shuffle(statements)
        return ''.join(o for o, _ in statements)

    def chance(self, p):
        return self.r.random() < p

    def pick(self, seq):
        return self.r.choice(list(seq))

    def some(self, seq, low=1, high=4):
        seq = list(seq)
        return self.r.sample(seq, min(len(seq), self.r.randrange(low, high)))

    def say(self, ours, model=None):
        self.statements.append((ours + '\n', (ours if model is None else model) + ('\n' if model != '' else '')))

    # ---- declarations ----

    def declare(self):
        self.say('language 1')
        for i in range(self.r.randrange(3)):
            self.dnsbl('bl%d' % i)
        for i in range(self.r.randrange(2)):
            self.rate('rate%d' % i)
        for name, most in self.groups.items():
            if self.chance(0.8):
                self.say('group %s max %s' % (name, hundredths(most)))
            else:
                self.say('group %s max 99\nchange group %s max %s' % (name, name, hundredths(most)),
                         'group %s max %s' % (name, hundredths(most)))
        for kind in self.some(sorted(set(LISTS.values())) + ['phrases', 'regexes', 'pairs'], 2, 7):
            self.list('some-' + kind, kind)

    def dnsbl(self, name):
        lookup = self.pick(('client.ip', 'mail.domain', 'url.domain', 'helo.name', 'from.domain'))
        stage = self.facts[lookup][1]
        text = 'dnsbl %s zone %s.example lookup %s' % (name, name, lookup)
        codes = 'sbl 127.0.0.2', 'xbl 127.0.0.4-7', 'pbl 127.0.0.10, 127.0.0.11', 'far 127.0.1.0/24', 'bits bit 8'
        codes = self.some(codes, 0, 4)
        text += ''.join(' code ' + c for c in codes) + (' error 127.0.0.255' if self.chance(0.3) else '')
        self.say(text)
        self.dnsbls[name] = True
        for fact in ['dnsbl.' + name] + ['dnsbl.%s.%s' % (name, c.split()[0]) for c in codes]:
            self.facts[fact] = 'dnsbl', stage

    def rate(self, name):
        what = self.pick(RATES)
        self.say('rate %s %s per 1h' % (name, what))
        least = {'messages': 'mail', 'recipients': 'rcpt', 'rejects': 'connect'}[what.split()[0]]
        keys = what.split(' by ')[1].split(', ')
        self.facts['rate.' + name] = 'number', max([self.stage[least]] + [self.facts[k][1] for k in keys])

    def items(self, kind):
        """Items of a list as pairs: ours, and the model's, which knows no ranges."""
        pools = {'nets': NETS, 'domains': SUFFIXES, 'addresses': MAILBOXES, 'countries': POOLS['country'],
                 'words': POOLS['word'] + ['20', 'postmaster'], 'regexes': REGEXES,
                 'phrases': [quoted(p) for p in PHRASES]}
        if kind != 'numbers':
            return [(i, i) for i in self.some(pools[kind])]
        out = []
        for _ in range(self.r.randrange(1, 4)):
            low = self.r.randrange(6)
            high = low + self.r.randrange(1, 4)
            out.append(('%d' % low, '%d' % low) if self.chance(0.5) else
                       ('%d-%d' % (low, high), ' '.join(map(str, range(low, high + 1)))))
        return out

    def list(self, name, kind):
        if kind == 'pairs':
            kinds = self.some(('nets', 'domains', 'addresses', 'countries'), 2, 3)
            rows = [(self.items(kinds[0])[0][0], self.items(kinds[1])[0][0]) for _ in range(self.r.randrange(1, 4))]
            head = 'list %s pairs of %s, %s' % (name, kinds[0], kinds[1])
            self.say('%s { %s }' % (head, ' '.join('(%s, %s)' % r for r in rows)),
                     '%s { %s }' % (head, ' '.join('"%s %s"' % r for r in rows)))
            self.lists[name] = tuple(kinds)
            return
        items = self.items(kind)
        self.lists[name] = kind
        more = self.items(kind) if self.chance(0.3) else []
        if self.chance(0.1) and kind not in ('numbers', 'phrases'):
            self.files[name + '.txt'] = '# one a line\n' + ''.join(i + '\n' for i, _ in items)
            self.say('list %s %s file "%s.txt"' % (name, kind, name))
        else:
            self.say('list %s %s { %s }' % (name, kind, ' '.join(i for i, _ in items)),
                     'list %s %s { %s }' % (name, kind, ' '.join(m for _, m in items)))
        if more and self.chance(0.5):
            self.say('change list %s add { %s }' % (name, ', '.join(i for i, _ in more)),
                     'change list %s add { %s }' % (name, ', '.join(m for _, m in more)))
        elif len(items) > 1 and kind not in ('numbers', 'regexes'):
            self.say('change list %s remove { %s }' % (name, items[0][0]))

    # ---- conditions ----

    def fact(self, types=None):
        """A fact's name as written, its type and stage."""
        names = [n for n in self.used if types is None or self.facts[n][0].split()[-1] in types or
                 self.facts[n][0].split()[0] in types]
        if not names:
            return None
        name = self.pick(names)
        kind, stage = self.facts[name]
        if name.endswith('()'):
            argument = self.arguments.setdefault(name, self.pick(('X-A', 'x-b')))
            return '%s("%s")' % (name[:-2], argument), kind, stage
        return name, kind, stage

    def test(self):
        """One comparison."""
        roll = self.r.random()
        if roll < 0.15 and self.rules:
            return self.named()
        if roll < 0.2:
            pair = self.pair()
            if pair:
                return pair
        name, kind, stage = self.fact()
        if kind.startswith('list '):
            return self.quantified(name, kind[5:], stage)
        if self.chance(0.12):
            # Nothing counts rates yet: until its stage a given one is as unknown as one that never comes.
            words = [] if name.startswith('rate.') else ['unknown', 'not unknown']
            words += [] if kind == 'dnsbl' else ['missing', 'present', 'not missing']
            return Expr('%s is %s' % (name, self.pick(words)), stage=stage)
        if kind in ('bool', 'dnsbl'):
            return Expr(name, stage=stage)
        o, m, extra = self.comparison(kind)
        return Expr(name + o, name + m, max(stage, extra))

    def named(self):
        name = self.pick(self.rules)
        rule = self.rules[name]
        if self.chance(0.15):
            return Expr('hits(%s) %s' % (name, self.pick(('= 1', '= 0', '< 1', '!= 0'))), None, rule['stage'], rule['score'])
        return Expr(name, None, rule['stage'], rule['score'])

    def pair(self):
        lists = [n for n, k in self.lists.items() if isinstance(k, tuple)]
        if not lists:
            return None
        types = {v: k for k, v in LISTS.items()}
        facts = [self.fact((types[k],)) for k in self.lists[lists[0]]]
        if not all(facts) or any(f[1].startswith('list ') for f in facts):
            return None
        return Expr('(%s, %s)%s in %s' % (facts[0][0], facts[1][0], self.pick(('', '', ' not')), lists[0]), None,
                    max(facts[0][2], facts[1][2]))

    def quantified(self, name, kind, stage):
        if self.chance(0.1) and '(' not in name:
            return Expr('%s is %s' % (name, self.pick(('missing', 'present', 'unknown'))), stage=stage)
        if self.chance(0.15) and '(' not in name:
            other = self.fact(('number',)) if self.chance(0.3) else None
            if other and not other[1].startswith('list') and '(' not in other[0]:
                return Expr('count(%s) %s %s' % (name, self.pick(('=', '<', '>=')), other[0]), None, max(stage, other[2]))
            return Expr('count(%s) %s %d' % (name, self.pick(('=', '!=', '<', '>=')), self.r.randrange(4)), stage=stage)
        word = self.pick(('any', 'any', 'all', 'no'))
        o, m, extra = self.comparison(kind)
        ours = '%s %s%s' % (word, name, o)
        if not o.startswith(' not '):
            return Expr(ours, '%s %s%s' % (word, name, m), max(stage, extra))
        # RULES.md's grammar has the quantifier outside of `not in`; the model has it inside. Of nothing only
        # `no` is true.
        other = {'any': '%s is present and not all', 'all': '%s is present and no', 'no': '%s is missing or all'}[word]
        return Expr(ours, '(%s %s %s)' % (other % name, name, m[len(' not '):]), max(stage, extra))

    def comparison(self, kind):
        """What stands behind an operand: ours, the model's, and the stage that it adds."""
        base = kind.split()[0]
        if base == 'enum':
            values = kind.split()[1:]
            if self.chance(0.3):
                text = ' %sin { %s }' % (self.pick(('', 'not ')), ' '.join(self.some(values)))
            else:
                text = ' %s %s' % (self.pick(('=', '!=')), self.pick(values))
            return text, text, 0
        ways = {'number': 'order order order set list fact', 'duration': 'order order set fact',
                'size': 'order order set fact', 'ip': 'equal set list net', 'country': 'equal set list',
                'domain': 'equal set list fact regex', 'address': 'equal set list fact regex',
                'text': 'equal set list fact regex regexes contains phrases', 'word': 'equal set list regex'}[base]
        found = getattr(self, 'by_' + self.pick(ways.split()))(base)
        return found or self.by_equal(base)

    def literal(self, base):
        if base == 'number':
            return '%d' % self.r.randrange(7)
        if base == 'duration':
            return seconds(self.r.randrange(0, 1200, 60))
        if base == 'size':
            return size(self.r.randrange(0, 8192, 512))
        value = self.pick(POOLS[base])
        return quoted(value) if base == 'text' else value

    def by_equal(self, base):
        text = ' %s %s' % (self.pick(('=', '=', '!=')), self.literal(base))
        return text, text, 0

    def by_order(self, base):
        text = ' %s %s' % (self.pick(('=', '!=', '<', '<=', '>', '>=')), self.literal(base))
        return text, text, 0

    def by_set(self, base):
        nay = self.pick(('', '', 'not '))
        if base in ('duration', 'size'):
            value = self.r.randrange(0, 1200, 60) if base == 'duration' else self.r.randrange(0, 8192, 512)
            return (' %sin { %s }' % (nay, (seconds if base == 'duration' else size)(value)),
                    ' %sin { %d }' % (nay, value), 0)
        if base in ('text', 'word', 'country'):
            items = [(quoted(i) if base == 'text' else i,) * 2 for i in self.some(POOLS[base])]
        else:
            items = self.items(LISTS[base])
        return (' %sin { %s }' % (nay, ' '.join(i for i, _ in items)),
                ' %sin { %s }' % (nay, ' '.join(m for _, m in items)), 0)

    def by_list(self, base):
        if 'some-' + LISTS[base] not in self.lists:
            return None
        text = ' %sin some-%s' % (self.pick(('', '', 'not ')), LISTS[base])
        return text, text, 0

    def by_net(self, base):
        nay, net = self.pick(('', '', 'not ')), self.pick([n for n in NETS if '/' in n])
        return ' %sin %s' % (nay, net), ' %sin { %s }' % (nay, net), 0

    def by_fact(self, base):
        other = self.fact((base,))
        if not other or other[1] != base:
            return None
        ops = ('=', '!=', '<', '>=') if base in ('number', 'duration', 'size') else ('=', '!=')
        text = ' %s %s' % (self.pick(ops), other[0])
        return text, text, other[2]

    def by_regex(self, base):
        text = ' %s %s' % (self.pick(('~', '~', '!~')), self.pick(REGEXES))
        return text, text, 0

    def by_regexes(self, base):
        if 'some-regexes' not in self.lists:
            return None
        text = ' %s some-regexes' % self.pick(('~', '~', '!~'))
        return text, text, 0

    def by_contains(self, base):
        text = ' %scontains %s' % (self.pick(('', '', 'not ')), quoted(self.pick(PHRASES)))
        return text, text, 0

    def by_phrases(self, base):
        if 'some-phrases' not in self.lists:
            return None
        text = ' %scontains some-phrases' % self.pick(('', '', 'not '))
        return text, text, 0

    def expr(self, depth=0):
        roll = self.r.random()
        if depth >= 3 or roll < 0.45:
            return self.test()
        if roll < 0.57:
            e = self.expr(depth + 1).inner()
            return Expr('not ' + e.ours, 'not ' + e.model, e.stage, e.score)
        args = [self.expr(depth + 1) for _ in range(self.r.randrange(2, 4))]
        stage, score = max(a.stage for a in args), any(a.score for a in args)
        if roll < 0.68:
            n = self.r.randrange(1, len(args) + 1)
            return Expr('%d of (%s)' % (n, ', '.join(a.ours for a in args)),
                        '%d of (%s)' % (n, ', '.join(a.model for a in args)), stage, score)
        args = [a.inner() for a in args]
        word = self.pick((' and ', ' or '))
        return Expr(word.join(a.ours for a in args), word.join(a.model for a in args), stage, score, True)

    # ---- rules ----

    def effect(self, kind, rule):
        """One terminal effect, with what may stand behind it."""
        text = kind
        if kind in ('reject', 'reject always') and self.chance(0.3):
            text += self.pick((' 550', ' 550 5.7.1 "no {rule}"', ' "no"'))
        if kind == 'defer' and self.chance(0.3):
            text += self.pick((' 450', ' 421 4.7.0 "later"', ' "later"'))
        if kind == 'greylist' and self.chance(0.4):
            text += self.pick((' 1m', ' 10m', ' 2h'))
        low = max(rule['stage'], self.stage['rcpt'] if kind in ('discard', 'greylist') else 0)
        high = self.stage['rcpt' if kind == 'greylist' else 'body']
        if rule['scope'] == 'inbound':
            low = max(low, self.stage['mail'])
        if not rule['score'] and low <= high and self.chance(0.25):
            text += ' at ' + self.stage_names[self.r.randrange(low, high + 1)]
        return text

    def terminal(self, rule):
        return self.pick([k for k in TERMINAL if k != 'greylist' or rule['stage'] <= self.stage['rcpt']])

    def effects(self, rule):
        out = []
        if not rule['score'] and self.chance(0.6):
            out.append('score ' + hundredths(self.pick(self.scores)))
            if self.groups and self.chance(0.4):
                rule['group'] = self.pick(self.groups)
        if self.chance(0.35 if out else 0.5):
            out.append(self.effect(self.terminal(rule), rule))
        if self.chance(0.15):
            out.append(self.pick(('tag', 'tag "spam"', 'quarantine', 'quarantine "hold"', 'tarpit 5s',
                                  'add header "X-T" "v"')))
        if not rule['score'] and self.chance(0.1):
            what = ['score'] + list(self.groups) + (['greylist'] if rule['stage'] <= self.stage['rcpt'] else [])
            out.append('skip ' + ', '.join(self.some(what, 1, 3)))
        return out

    def rule(self):
        name = ''.join(self.r.choice(string.ascii_uppercase) for _ in range(2)) + '%d' % len(self.rules)
        when = self.expr()
        if self.chance(0.08):
            read = Expr('score %s %s' % (self.pick(('>=', '<', '=', '!=')),
                                         hundredths(self.pick(self.sums))), None, self.stage['final'], True)
            when = when.inner()
            word = self.pick((' and ', ' or '))
            when = Expr(read.ours + word + when.ours, read.model + word + when.model, read.stage, True, True)
        unless = [self.expr(1) for _ in range(self.pick((0, 0, 0, 0, 1, 2)))]
        rule = {'stage': max([when.stage] + [u.stage for u in unless]),
                'score': when.score or any(u.score for u in unless),
                'scope': self.pick(('inbound',) * 7 + ('outbound', 'any', 'any'))}
        clauses = {'effects': ' '.join(self.effects(rule))}
        if rule['scope'] != 'inbound':
            clauses['scope'] = 'scope ' + rule['scope']
        if 'group' in rule:
            clauses['group'] = 'group ' + rule['group']
        if self.chance(0.15):
            kind = self.terminal(rule)
            kind = kind if kind not in ('defer', 'reject always') else 'tag'
            clauses['unknown'] = 'if unknown ' + (kind if kind == 'tag' else self.effect(kind, rule).split(' at ')[0])
        if self.chance(0.07):
            clauses['trial'] = 'trial'
        self.rules[name] = rule
        self.write(name, when, unless, clauses)

    def write(self, name, when, unless, clauses):
        """A rule statement, with some of its clauses in a `change`."""
        change = [k for k in clauses if self.chance(0.12) and clauses[k]]
        body = ['when %s' % when.ours], ['when %s' % when.model]
        late = [], []
        for i, u in enumerate(unless):
            for text, side in ((u.ours, 0), (u.model, 1)):
                (body if i == 0 and 'effects' not in change else late)[side].append('unless ' + text)
        for k in clauses:
            for side in (0, 1):
                (late if k in change else body)[side].append(clauses[k])
        if 'effects' in change and self.chance(0.5):
            for side in (0, 1):
                body[side].append('score 55 reject')
        if 'trial' not in clauses and self.chance(0.03):
            body[0].append('trial')
            late[0].append('enforce')
        self.say('rule %s %s' % (name, self.lines(body[0])), 'rule %s %s' % (name, self.lines(body[1])))
        # Each exception is a change of its own; the rest is one.
        for o, m in zip([c for c in late[0] if c.startswith('unless')], [c for c in late[1] if c.startswith('unless')]):
            self.say('change %s %s' % (name, o), 'change %s %s' % (name, m))
        rest = [[c for c in side if not c.startswith('unless')] for side in late]
        if rest[0]:
            self.say('change %s %s' % (name, ' '.join(rest[0])),
                     'change %s %s' % (name, ' '.join(rest[1])) if rest[1] else '')

    def lines(self, clauses):
        return self.pick((' ', '\n    ')).join(c for c in clauses if c)

    # ---- what needs the rules ----

    def levels(self):
        return {l: self.pick(self.sums) for l in self.some(LEVELS, 1, 4)}

    def after(self):
        disabled = [n for n in self.rules if self.chance(0.04)]
        if disabled:
            self.say('disable ' + ', '.join(disabled))
        if self.chance(0.75):
            levels = self.levels()
            texts = {l: '%s %s' % (l, hundredths(v)) for l, v in levels.items()}
            off = [l for l in LEVELS if l not in levels and self.chance(0.1)]
            late = [l for l in levels if self.chance(0.1)]
            ours = ['%s 77' % l if l in late else t for l, t in texts.items()] + [l + ' off' for l in off]
            self.say('threshold ' + ', '.join(ours), 'threshold ' + ', '.join(texts.values()))
            for l in late:
                self.say('change threshold ' + texts[l], '')
        for i in range(self.pick((0, 0, 1, 1, 2, 3))):
            self.policy('p%d' % i)

    def policy(self, name):
        """Conditions on recipient, user, client, or rules that are decided by then."""
        mine = self.used
        self.used = [n for n in self.facts if n.startswith(('rcpt', 'auth', 'client.', 'direction'))]
        rules, self.rules = self.rules, {n: r for n, r in self.rules.items() if r['stage'] <= self.stage['rcpt']}
        e = self.expr(1)
        self.rules = rules
        self.used = sorted(set(mine) | {n for n in self.used if n in e.ours})
        text = ''
        if self.chance(0.6):
            text += ' threshold ' + ', '.join('%s %s' % (l, hundredths(v)) for l, v in self.levels().items())
        if self.chance(0.4):
            text += ' disable ' + ', '.join(self.some(self.rules, 1, 3))
        if self.chance(0.3):
            text += ' skip ' + ', '.join(self.some(['greylist', 'score'] + list(self.groups), 1, 3))
        most = self.pick(LIMITS) if self.chance(0.25) else None
        if most:
            self.at_most[name] = most
        more = ' at-most ' + most if most else ''
        self.say('policy %s for %s%s%s' % (name, e.ours, text, more), 'policy %s for %s%s' % (name, e.model, text))

    # ---- messages ----

    def value(self, kind):
        if kind.startswith('list '):
            return [self.value(kind[5:]) for _ in range(self.r.randrange(4))]
        base = kind.split()[0]
        if base == 'bool':
            return self.chance(0.5)
        if base == 'number':
            return self.r.randrange(7)
        if base == 'duration':
            return self.r.randrange(0, 1200, 60)
        if base == 'size':
            return self.r.randrange(0, 8192, 512)
        return self.pick(kind.split()[1:] if base == 'enum' else POOLS[base])

    def env(self):
        out = {}
        for name in sorted(set(self.used) | {'direction', 'grey.state', 'grey.age'}):
            if name.startswith('dnsbl.'):
                continue
            key = (name, self.arguments[name].lower()) if name in self.arguments else name
            roll = self.r.random()
            out[key] = (None if roll < 0.14 else UNKNOWN if roll < 0.28 and name != 'direction' else
                        self.value(self.facts[name][0]))
        out['direction'] = self.pick(('inbound', 'inbound', 'outbound'))
        for name in self.dnsbls:
            roll = self.r.random()
            out['dnsbl.' + name] = (None if roll < 0.3 else UNKNOWN if roll < 0.4 else
                                    self.some(ANSWERS, 1, 3) + ([self.pick(FAULTS)] if roll < 0.55 else []))
        return {k: v for k, v in out.items() if not (isinstance(k, str) and k.endswith('()'))}


def given(env, facts):
    """The message as `given` clauses."""
    out = []
    for key, v in env.items():
        name = '%s("%s")' % (key[0][:-2], key[1]) if isinstance(key, tuple) else key
        kind = 'dnsbl' if name.startswith('dnsbl.') else facts[key[0] if isinstance(key, tuple) else key][0]
        out.append('%s %s' % (name, written(kind, v)))
    return ', '.join(out)


def written(kind, v):
    if v is None or v is UNKNOWN:
        return 'missing' if v is None else 'unknown'
    if kind == 'bool':
        return 'yes' if v else 'no'
    if isinstance(v, list):
        return '{ %s }' % ' '.join(quoted(x) if kind == 'list text' else x for x in v)
    if kind in ('duration', 'size'):
        return (seconds if kind == 'duration' else size)(v)
    return quoted(v) if kind == 'text' else str(v)
