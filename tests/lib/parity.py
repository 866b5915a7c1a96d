# SPDX-License-Identifier: BSD-2-Clause
"""parity -- the same dialogues through milter and proxy, and the same decisions on record.

    @contextlib.contextmanager
    def world(front):
        global site
        with Site(zone=ZONE, front=front) as site:
            site.start(rules=RULES)
            yield site

    sys.exit(parity.both(world, [test_a, test_b], alone=[test_c]))
"""
from site_env import check, main


def summary(r):
    """What both front-ends must agree on, of one decision. Facts that only a proxy observes are none of it, nor is
    client.ptr, which it asks for whatever the rules read: to tell the backend."""
    return {'from': r['from'], 'to': r['to'], 'verdict': r['verdict'], 'stage': r['stage'], 'cause': r['cause'],
            'score': r['score'], 'tagged': r['tagged'], 'dry-run': r['dry-run'], 'unknown': [x for x in r['unknown'] if x != 'client.ptr'],
            'rules': [(x['name'], x['score']) for x in r['rules']],
            'recipients': {to: (x['verdict'], x['cause']) for to, x in r.get('recipients', {}).items()}}


def both(world, shared, alone=(), but=()):
    """Runs `shared` behind the milter and behind the proxy, and compares, but for these senders, whose number of tries
    depends on the clock; then, behind the milter, `alone`."""
    records, failed = {}, 0
    for front in 'milter', 'proxy':
        with world(front) as site:
            failed |= main(shared, '' if front == 'milter' else front)
            records[front] = [summary(r) for r in site.records() if r['from'] not in but]
            if front == 'milter':
                failed |= main(alone)

    def same():
        """every dialogue has the same verdict, score and reasons through milter and proxy"""
        milter, proxy = records['milter'], records['proxy']
        check(milter and len(milter) == len(proxy), '%d and %d records' % (len(milter), len(proxy)))
        for a, b in zip(milter, proxy):
            check(a == b, 'milter: %s proxy: %s' % (a, b))
    return failed | main([same])
