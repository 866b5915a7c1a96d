#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""dnsserver -- a name server on loopback for scenarios, that misbehaves when told to.

    dnsserver.py [--port N] [--delay MS] [--silent] [--servfail] [--hijack IP] ZONEFILE...

Serves A, AAAA, MX, TXT, PTR, NS, CNAME and SOA records of master files (RFC 1035 section 5: $ORIGIN,
$TTL, parentheses, quoted strings; wildcards as in RFC 4592) over UDP and TCP, prints its port, and runs
until it is killed. "$FAIL NAME [TYPE] servfail|timeout" makes look-ups of one name fail. On SIGHUP it
reads its files again. A scenario may also use Server in its own process and change .mode and .delay.
"""
import argparse
import ipaddress
import re
import signal
import socket
import socketserver
import struct
import sys
import threading
import time

TYPES = {'A': 1, 'NS': 2, 'CNAME': 5, 'SOA': 6, 'PTR': 12, 'MX': 15, 'TXT': 16, 'AAAA': 28}
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
CNAMES, UDP_MAX = 10, 1232
TOKEN = re.compile(r'"((?:\\.|[^"\\])*)"|(;[^\n]*)|([()\n])|((?:\\.|[^\s;()"])+)|([ \t\r]+)')


class ZoneError(Exception):
    pass


def unescape(text):
    """RFC 1035 5.1: \\DDD is a byte, \\X is X."""
    raw = re.sub(r'\\(\d{3}|.)', lambda m: chr(int(m[1])) if len(m[1]) == 3 else m[1], text, flags=re.S)
    return raw.encode('latin-1')


def labels(text):
    """A name as a tuple of lower-case labels; the root is ()."""
    if text in ('.', ''):
        return ()
    parts = re.findall(r'(?:\\\d{3}|\\.|[^.\\])+', text.rstrip('.') if not text.endswith('\\.') else text)
    return tuple(unescape(p).lower() for p in parts)


def wire_name(name):
    return b''.join(bytes([len(label)]) + label for label in name) + b'\0'


def lines(text, path):
    """Yields (line number, starts with blank, [(word, quoted)]) for each entry."""
    number, at, depth, words, first, blank = 1, 0, 0, [], 1, False
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise ZoneError('%s:%d: unexpected %r' % (path, number, text[at]))
        quoted, comment, mark, word, space = m.groups()
        if not words and not depth and (at == 0 or text[at - 1] == '\n'):
            first, blank = number, space is not None
        at = m.end()
        if quoted is not None:
            words.append((quoted, True))
        elif word:
            words.append((word, False))
        elif mark == '\n':
            number += 1
            if depth == 0 and words:
                yield first, blank, words
            if depth == 0:
                words = []
        elif mark:
            depth += 1 if mark == '(' else -1
    if words:
        yield first, blank, words


class Zone:
    def __init__(self):
        self.records = {}  # name -> [(type, ttl, data or name, wire)]
        self.fails = {}    # (name, type or None) -> 'servfail' | 'timeout'
        self.exists = {()}

    def read(self, text, path='zone'):
        origin, ttl, owner = (), 3600, ()
        for number, blank, words in lines(text, path):
            try:
                plain = [w for w, _ in words]
                if plain[0] == '$ORIGIN':
                    origin = self.name(plain[1], origin)
                elif plain[0] == '$TTL':
                    ttl = int(plain[1])
                elif plain[0] == '$FAIL':
                    self.fail(plain[1:], origin)
                else:
                    if not blank:
                        owner = self.name(plain.pop(0), origin)
                    self.record(owner, plain, origin, ttl)
            except (IndexError, ValueError, KeyError, struct.error) as e:
                raise ZoneError('%s:%d: not understood: %r' % (path, number, e)) from e

    def name(self, text, origin):
        if text == '@':
            return origin
        return labels(text) if text.endswith('.') else labels(text) + origin

    def add_name(self, name):
        for i in range(len(name) + 1):
            self.exists.add(name[i:])

    def fail(self, words, origin):
        name, kind = self.name(words[0], origin), words[-1].lower()
        if kind not in ('servfail', 'timeout') or not 2 <= len(words) <= 3:
            raise ValueError('$FAIL NAME [TYPE] servfail|timeout')
        self.fails[name, TYPES[words[1].upper()] if len(words) == 3 else None] = kind
        self.add_name(name)

    def record(self, owner, words, origin, ttl):
        while words[0].isdigit() or words[0].upper() == 'IN':
            word = words.pop(0)
            ttl = int(word) if word.isdigit() else ttl
        kind, data = TYPES[words[0].upper()], words[1:]
        target = None
        if kind == TYPES['A']:
            wire = ipaddress.IPv4Address(data[0]).packed
        elif kind == TYPES['AAAA']:
            wire = ipaddress.IPv6Address(data[0]).packed
        elif kind == TYPES['MX']:
            wire = struct.pack('>H', int(data[0])) + wire_name(self.name(data[1], origin))
        elif kind == TYPES['TXT']:
            strings = [unescape(s) for s in data]
            wire = b''.join(bytes([len(s)]) + s for s in strings)
        elif kind == TYPES['SOA']:
            names = wire_name(self.name(data[0], origin)) + wire_name(self.name(data[1], origin))
            wire = names + struct.pack('>5I', *map(int, data[2:7]))
        else:
            target = self.name(data[0], origin)
            wire = wire_name(target)
        self.records.setdefault(owner, []).append((kind, ttl, target, wire))
        self.add_name(owner)

    def find(self, name):
        """The name itself, or the wildcard below its closest encloser; None if there is neither."""
        if name in self.exists:
            return name
        while name not in self.exists:
            name = name[1:]
        wild = (b'*',) + name
        return wild if wild in self.exists else None

    def soa(self, name):
        for i in range(len(name) + 1):
            for kind, ttl, _, wire in self.records.get(name[i:], ()):
                if kind == TYPES['SOA']:
                    return [(name[i:], kind, ttl, wire)]
        return []

    def look_up(self, name, kind):
        """(rcode, answer, authority), or 'timeout'. Records are (owner, type, ttl, wire)."""
        answer = []
        for _ in range(CNAMES + 1):
            node = self.find(name)
            fail = self.fails.get((node, kind)) or self.fails.get((node, None))
            if fail:
                return 'timeout' if fail == 'timeout' else (SERVFAIL, [], [])
            here = self.records.get(node, [])
            found = [(name, k, ttl, wire) for k, ttl, _, wire in here if k == kind]
            if found:
                return NOERROR, answer + found, []
            alias = [r for r in here if r[0] == TYPES['CNAME']]
            if not alias:
                return NOERROR if node is not None else NXDOMAIN, answer, self.soa(name)
            answer.append((name, TYPES['CNAME'], alias[0][1], alias[0][3]))
            name = alias[0][2]
        return SERVFAIL, [], []


class Server:
    """mode: 'answer', 'silent', 'servfail' or 'hijack' (then hijack_ip answers every A that is not there)."""

    def __init__(self, texts=(), port=0, mode='answer', delay=0.0, hijack_ip='198.51.100.99'):
        self.zone = Zone()
        for text in texts:
            self.zone.read(text)
        self.mode, self.delay, self.hijack_ip = mode, delay, hijack_ip
        self.queries = []  # (name, type number), as they came
        self.tcp = self.bound(socketserver.ThreadingTCPServer, TCPHandler, port)
        self.port = self.tcp.server_address[1]
        self.udp = self.bound(socketserver.ThreadingUDPServer, UDPHandler, self.port)

    def bound(self, kind, handler, port):
        server = type('Bound', (kind,), {'allow_reuse_address': True, 'daemon_threads': True,
                                         'request_queue_size': 100})(('127.0.0.1', port), handler)
        server.owner = self
        return server

    def start(self):
        for server in (self.tcp, self.udp):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        for server in (self.tcp, self.udp):
            server.shutdown()
            server.server_close()

    def answer(self, query, limit):
        """The reply's bytes, or None for silence."""
        ident, flags, count = struct.unpack('>HHH', query[:6])
        if count != 1 or flags & 0x8000:
            return None
        name, at = [], 12
        while query[at]:
            name.append(query[at + 1:at + 1 + query[at]].lower())
            at += 1 + query[at]
        kind = struct.unpack('>H', query[at + 1:at + 3])[0]
        question, name = query[12:at + 5], tuple(name)
        self.queries.append((b'.'.join(name).decode('latin-1'), kind))
        mode = self.mode
        if self.delay:
            time.sleep(self.delay)
        result = self.zone.look_up(name, kind) if mode != 'servfail' else (SERVFAIL, [], [])
        if mode == 'silent' or result == 'timeout':
            return None
        rcode, answer, authority = result
        if mode == 'hijack' and rcode == NXDOMAIN and kind == TYPES['A']:
            rcode, authority = NOERROR, []
            answer = [(name, kind, 60, ipaddress.IPv4Address(self.hijack_ip).packed)]
        body = question + b''.join(wire_name(o) + struct.pack('>HHIH', k, 1, ttl, len(w)) + w
                                   for o, k, ttl, w in answer + authority)
        head = [ident, 0x8480 | flags & 0x0100 | rcode, 1, len(answer), len(authority), 0]
        if 12 + len(body) > limit:
            head[1:5], body = [head[1] | 0x0200, 1, 0, 0], question
        return struct.pack('>6H', *head) + body


class UDPHandler(socketserver.BaseRequestHandler):
    def handle(self):
        query, sock = self.request
        try:
            reply = self.server.owner.answer(query, UDP_MAX)
        except (IndexError, struct.error):
            return
        try:
            if reply:
                sock.sendto(reply, self.client_address)
        except OSError:
            return  # the server was stopped while it took its time


class TCPHandler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(10)
        try:
            while True:
                size = self.request.recv(2, socket.MSG_WAITALL)
                if len(size) < 2:
                    return
                query = self.request.recv(struct.unpack('>H', size)[0], socket.MSG_WAITALL)
                reply = self.server.owner.answer(query, 65535)
                if not reply:
                    return
                self.request.sendall(struct.pack('>H', len(reply)) + reply)
        except (OSError, IndexError, struct.error):
            return


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--port', type=int, default=0, help='default: a free one')
    p.add_argument('--delay', type=int, default=0, metavar='MS')
    p.add_argument('--silent', action='store_true')
    p.add_argument('--servfail', action='store_true')
    p.add_argument('--hijack', metavar='IP', help='the address of every name that does not exist')
    p.add_argument('zone', nargs='*')
    o = p.parse_args()
    mode = 'silent' if o.silent else 'servfail' if o.servfail else 'hijack' if o.hijack else 'answer'

    def load():
        zone = Zone()
        for path in o.zone:
            with open(path, encoding='latin-1') as f:
                zone.read(f.read(), path)
        return zone

    server = Server((), o.port, mode, o.delay / 1000, o.hijack or '198.51.100.99')
    server.zone = load()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
    server.start()
    print(server.port, flush=True)
    while signal.sigwait([signal.SIGHUP]):
        try:
            server.zone = load()
        except (OSError, ZoneError) as e:
            print(e, file=sys.stderr)


if __name__ == '__main__':
    try:
        main()
    except (OSError, ZoneError) as e:
        sys.exit(str(e))
