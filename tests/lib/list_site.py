# SPDX-License-Identifier: BSD-2-Clause
"""list_site -- a site whose DNS lists change their mind when the test says so: hosts.example and few.example."""
from dnsserver import Server, Zone
from site_env import Site

SANE = '''$TTL 1
hosts.example. SOA ns.test. root.test. 1 3600 600 86400 1
2.0.0.127.hosts.example. A 127.0.0.2
99.2.0.192.hosts.example. A 127.0.0.2
few.example. SOA ns.test. root.test. 1 3600 600 86400 1
2.0.0.127.few.example. A 127.0.0.2
99.2.0.192.few.example. A 127.0.0.2
'''
GOOD = dict(client='192.0.2.10', name='mx.good.example.com', helo='mx.good.example.com')
BAD = dict(client='192.0.2.99', helo='client.example')  # who is on both lists


class ListSite(Site):
    def start_dns(self, mode='answer'):
        self.server = Server(port=self.dns_port, mode=mode)
        self.say(SANE)
        self.server.start()

    def say(self, lists):
        """The world's zone, and this."""
        zone = Zone()
        zone.read('. 1 SOA ns.test. root.test. 1 3600 600 86400 1\n' + self.zone)
        zone.read(lists)
        self.server.zone = zone

    def asked(self, zone):
        return sum(name.endswith('.' + zone) for name, _ in self.server.queries)
