# SPDX-License-Identifier: BSD-2-Clause
"""page -- what RULES.md makes of a message, told apart from what its executable model makes of it.

    P = page(reference)               the evaluator, on top of the model's truth of conditions
    P(parsed, checked, ALL, at_most).run(env)

RULES.md says: "where model and page differ, the page wins". Each difference that can change a result is
a switch of `SETTLED`, with the sentence that settles it. Without any switch this evaluator does what the
model's own run() does, which the test demands of every message; with all of them it does what Postern
must do. So nothing is left out of the comparison, and no difference is there that is not said.
"""
SETTLED = {
    'missing': 'Missing is not 0 or "": what is given as missing has no default.',
    'errors': 'Errors for every list: 127.255.255.0/24, 127.0.0.1, anything outside 127.0.0.0/8; per list more.',
    'hundredths': 'Scores are stored in hundredths; the model adds binary fractions.',
    'rank': 'Rank of terminal effects, whatever the order: an accept at RCPT does not save from a later "reject '
            'always", and one of the body saves from a discard of RCPT, which removes the recipient at the end.',
    'end': 'After DATA a message has one fate, the mildest verdict of its recipients: what is decided after RCPT '
           'is answered at the end, all of it by rank (but `at header` answers there).',
    'name': 'Among equals the smallest symbol name supplies the text; a rule goes before a threshold.',
    'ends': 'accept ends filtering: nothing is tagged or quarantined; nor is what is refused or discarded.',
    'skip': 'skip greylist|score|GROUP removes that part only; the model skips greylisting alone.',
    'policy': 'Every matching policy applies, and their order does not matter: conditions see all rules, and '
              'what is disabled is false from then on, in rules that name it too, whenever it was decided.',
    'last': '`score` can be read by rules that add none (evaluated last): at the end, whatever else they read.',
    'at-most': 'policy ... at-most LIMIT, the severest thing that may happen here, is later than the model: what is '
               'severer is left out, what the limit permits acts in its place, and what then passes is tagged '
               'unless the limit is accept.',
    'all': 'Where the page is silent, the answer that cannot let spam in: all of nothing is false, as any is; the '
           'model has it true, so that "all dkim.domain in { partner.example }" holds for every unsigned message.',
    'wait': 'greylist [DURATION], capped at one hour: grey.age says how much of it is over; a state that is '
            'unknown is an outage, which is no reason to wait.',
}
ALL = frozenset(SETTLED)
RCPT, HEADER, BODY, FINAL = 3, 4, 5, 6
RANK = ['reject always', 'accept', 'reject', 'discard', 'defer', 'greylist']
MILDNESS = {'accept': 0, 'tag': 1, 'greylist': 2, 'defer': 3}
WAIT, CAP = 120, 3600


def checker(reference):
    """The stage of a rule is the latest stage of its facts; the model's checker forgets header("X") on the right."""

    class Checker(reference.Checker):
        def ex2(self, e, quant=False):
            found = super().ex2(e, quant)
            if e[0] != 'cmp' or e[3][0] != 'call':
                return found
            return max(found[0], reference.F[self.fname(e[3])][1]), found[1], found[2]

    return Checker


def page(reference):
    unknown = reference.UNK

    class Page(reference.Eval):
        def __init__(self, parsed, checked, on=ALL, at_most=None):
            super().__init__(parsed, checked)
            self.on, self.limits = on, at_most or {}
            if 'errors' in on:
                for d in parsed.dnsbl.values():
                    d['error'] = d['error'] + ['127.255.255.0/24', '127.0.0.1', '128.0.0.0/1', '0.0.0.0/2',
                                               '64.0.0.0/3', '96.0.0.0/4', '112.0.0.0/5', '120.0.0.0/6',
                                               '124.0.0.0/7', '126.0.0.0/8']

        # ---- facts ----

        def get(self, name, arg=None):
            if 'missing' not in self.on or name.startswith('dnsbl.') or name == 'score':
                return super().get(name, arg)
            kind, stage = reference.F[name][:2]
            if stage > self.now and name != 'direction': # what is given of it is known at once: scopes need it
                return unknown
            value = self.env.get((name, arg) if arg else name)
            return [] if value is None and kind.startswith('list') else value

        def ev(self, e):
            if 'all' in self.on and e[0] == 'quant' and e[1][1] == 'all' and self.val(e[2][1]) == []:
                return False
            return super().ev(e)

        # ---- the score ----

        def amount(self, score):
            return round(score * 100) if 'hundredths' in self.on else score

        def points(self):
            """The sum, groups capped and what is skipped left out; in hundredths unless switched off."""
            total, sums = self.amount(0.0), {}
            skips = self.skips if 'skip' in self.on else ()
            for name in self.hits:
                rule = self.P.rules[name]
                if 'score' not in rule or 'trial' in rule:
                    continue
                score, group = self.amount(rule['score']), rule.get('group', ('', None))[1]
                if group in skips:
                    continue
                if group is not None:
                    old, most = sums.get(group, self.amount(0.0)), self.amount(self.P.groups[group])
                    sums[group] = old + score
                    score = min(old + score, most) - min(old, most)
                total += score
            return self.amount(0.0) if 'score' in skips else total

        def reached(self, level):
            return level in self.levels and self.points() >= self.amount(self.levels[level])

        # ---- rules ----

        def forget(self):
            """Everything is weighed anew."""
            self.done, self.hits, self.unknown, self.skips = {}, {}, [], set(self.policy_skips)
            self.pending, self.others, self.seen = [], [], set()

        def policies(self):
            own, self.names = {}, []
            found = []
            for p in self.P.policies:
                if 'policy' not in self.on:
                    found = [p] if self.ev(p['for']) else []
                    self.adopt(found, own)
                elif self.ev(p['for']):
                    found.append(p)
            if 'policy' in self.on:
                self.adopt(found, own)
                self.forget()
            self.levels.update(own)

        def adopt(self, found, own):
            for p in found:
                self.names.append(p['name'][1])
                self.poldis |= {w[1] for w in p['disable']}
                self.policy_skips |= {w[1] for w in p['skip']}
                self.skips |= self.policy_skips
                for level, v in p['th'].items():
                    own[level] = v if level not in own or isinstance(v, str) or v is None else max(v, own[level])

        def due(self, effect, stage):
            """The stage at which a terminal effect that is decided now is answered."""
            at = reference.ST[effect['at'][1]] if 'at' in effect else None
            if 'end' not in self.on:
                return max(stage, RCPT) if at is None else at
            if at is None:
                return RCPT if stage <= RCPT else stage if effect['act'] == 'accept' else FINAL
            return FINAL if at == BODY else at

        def weigh(self, stage):
            for name in self.P.order:
                rule = self.P.rules[name]
                scope = rule.get('scope', ('', 'inbound'))[1]
                if name in self.seen or rule.get('disabled') or name in self.poldis:
                    continue
                if scope not in ('any', self.env['direction']):
                    continue
                if 'last' in self.on and self.C.stage[name] == FINAL and stage < FINAL:
                    continue
                truth = self.sym(name)
                if truth:
                    self.hits[name] = reference.STAGES[stage]
                    effects = rule['acts']
                elif truth is None and stage >= self.C.stage[name]:
                    self.unknown.append(name)
                    self.done.setdefault(name, None)
                    effects = [rule['ifunknown']] if 'ifunknown' in rule else []
                else:
                    continue
                self.seen.add(name)
                if 'trial' not in rule:
                    self.take(name, effects, stage)

        def take(self, name, effects, stage):
            for e in effects:
                kind = e['act'] + (' always' if e.get('always') else '')
                if kind == 'skip':
                    self.skips |= {w[1] for w in e['what']}
                elif kind in RANK:
                    self.pending.append((self.due(e, stage), RANK.index(kind), name, e))
                else:
                    self.others.append(kind)

        def thresholds(self, stage):
            own = []
            if stage == RCPT:
                own = [('greylist', 'greylist'), ('early-reject', 'reject')]
            elif stage == BODY:
                own = [('reject', 'reject')]
                self.others += [l for l in ('quarantine', 'tag') if self.reached(l)]
            for level, kind in own:
                if self.reached(level):
                    when = stage if 'end' not in self.on or stage == RCPT else FINAL
                    self.pending.append((when, RANK.index(kind), 'threshold', {'act': kind, 'level': level}))

        # ---- the verdict ----

        def waits(self, effect):
            """Does greylisting still hold this message?"""
            state, age = self.env.get('grey.state'), self.env.get('grey.age')
            if 'greylist' in self.skips:
                return False
            if 'wait' not in self.on:
                return state not in ('passed', 'known')
            if state is unknown or state == 'known':
                return False
            said = effect.get('arg')
            wait = min(self.conv('duration', said[1]) if said else WAIT, CAP)
            if state is None:
                return wait > 0
            if age is None or age is unknown:
                return state != 'passed'
            if said:
                return wait > age
            return state != 'passed'

        def best(self, stage):
            due = [p for p in self.pending if p[0] <= stage]
            if 'end' in self.on and stage == HEADER:
                due = [p for p in due if 'at' in p[3] or p[3]['act'] == 'accept']
            if 'at-most' in self.on and stage > RCPT: # thresholds of RCPT compare the score there only
                due = [p for p in due if p[0] != RCPT or p[2] != 'threshold']
            if 'name' not in self.on:
                due = [p for p in due if p[3]['act'] != 'greylist' or self.waits(p[3])]
                return min(due, key=lambda p: p[1], default=None)
            # Greylisting is of RCPT: where it was left out, the end has nothing to mark.
            self.left_out = self.first(p for p in due if self.severe(p) and
                                       (stage == RCPT or p[3]['act'] != 'greylist'))
            first = self.first(due)
            if first is not self.left_out:
                self.left_out = None
            first = self.first(p for p in due if not self.severe(p))
            if first and first[3]['act'] == 'greylist' and not (stage == RCPT and self.waits(first[3])):
                return None
            return first

        @staticmethod
        def first(found):
            return min(found, key=lambda p: (p[1], p[2] == 'threshold', p[2]), default=None)

        def severe(self, p):
            """Is it more than the policies of this recipient allow?"""
            limits = [MILDNESS[self.limits[n]] for n in self.names if n in self.limits]
            return bool('at-most' in self.on and limits and MILDNESS.get(p[3]['act'], 4) > min(limits))

        def answers(self, stage):
            """Is something decided at this moment?"""
            return 'end' not in self.on or stage != BODY

        def goes_on(self, act, stage):
            """Before the end: does this answer leave the message to be judged again?"""
            return act == 'accept' or (act == 'discard' and stage != RCPT)

        def run(self, env):
            self.env, self.poldis, self.policy_skips, self.names = env, set(), set(), []
            self.levels = {k: v for k, v in self.P.thresholds.items()}
            self.left_out = None
            self.forget()
            verdict = kept = None
            for stage, name in enumerate(reference.STAGES):
                self.now = stage
                if stage == RCPT:
                    self.policies()
                # What a rule of the end reads is the score of all others.
                self.score = self.points() / 100 if 'hundredths' in self.on else self.points()
                self.weigh(stage)
                self.thresholds(stage)
                if verdict or not self.answers(stage):
                    continue
                b = self.best(stage)
                if kept and not (b and stage == FINAL and b[3]['act'] == 'accept'):
                    continue
                if not b or ('rank' in self.on and stage < FINAL and self.goes_on(b[3]['act'], stage)):
                    continue
                if 'rank' in self.on and b[3]['act'] == 'discard' and stage == RCPT:
                    kept = self.result(b, name)
                    continue
                verdict = b, name
                if b[3]['act'] != 'accept' or 'rank' in self.on:
                    break
            if kept and not verdict:
                return kept
            return self.result(*(verdict or (None, 'final')))

        # ---- what is compared ----

        def result(self, best, stage):
            cause, act = (best[2], best[3]['act']) if best else (None, 'accept')
            if 'hundredths' in self.on:
                score = self.points()
            else:
                score = round(self.points(), 2)
            out = {'hits': dict(self.hits), 'score': score, 'verdict': (act, cause, stage),
                   'unknown': list(self.unknown), 'skips': set(self.skips), 'others': list(self.others),
                   'policy': ','.join(self.names) or None}
            out['best'], out['ends'] = best, 'ends' in self.on
            out['left_out'] = self.left_out
            out['limits'] = [self.limits[n] for n in self.names if n in self.limits and 'at-most' in self.on]
            return out

    return Page


def wanted(r):
    """A result as Postern's test runner says it."""
    act, cause, stage = r['verdict']
    best = r['best']
    terminal = (best or r['left_out']) is not None and r['ends']
    if best and cause == 'threshold':
        cause = 'threshold ' + best[3]['level']
    out = {'verdict': act, 'cause': cause or '', 'stage': 'end' if stage == 'final' else stage,
           'tagged': not terminal and 'tag' in r['others'], 'score': r['score'], 'fired': sorted(r['hits']),
           'unknown': sorted(r['unknown'])}
    if not terminal and 'quarantine' in r['others']:
        out['verdict'] = 'quarantine'
    return spared(out, r['limits'], r['left_out'])


def spared(out, limits, left_out):
    """The severest thing that may happen to a recipient: if what is severer was left out, what passes is tagged."""
    if not limits:
        return out
    most = min(MILDNESS[l] for l in limits)
    cause = None
    if left_out:
        cause = 'threshold ' + left_out[3]['level'] if left_out[2] == 'threshold' else left_out[2]
    elif MILDNESS.get(out['verdict'], 4) > most:
        cause = 'quarantine'
    if cause and out['verdict'] in ('accept', 'quarantine'):
        out.update(verdict='accept', cause='at-most (%s)' % cause, tagged=True)
    out['tagged'] = out['tagged'] and most > 0
    return out
