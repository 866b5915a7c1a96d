#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""faulty_backend -- mail servers behind the proxy that store what they take, and fail where they are told.

    faulty_backend.py FOLDER      FOLDER/lanes.json: [{name, ports, identity, tls, keywords}, ...]

A server (lane) is a process of its own, which is started again when it is killed: each time a line of
FOLDER/begun.LANE. What it takes is a line of FOLDER/stored.LANE. At each connection it reads FOLDER/plan.LANE:

    {"id": "12", "place": "rcpt", "nth": 1, "fault": "killed", "how": "rst", "times": 1, "pid": 0}

and does so at that place, as often; each time is a line of FOLDER/hits.LANE first. Places, in their order: greeting
ehlo starttls identity mail rcpt data chunk body dot stored answered rset quit: between the command and its answer, but
for body (in the midst of the message), stored (it has been stored, and not answered) and answered (it has been).
Faults: killed stalled full refuses leaves garbage worker (the process `pid` is killed) held (until FOLDER/held.LANE, a link
to `how`, has gone). The proxy's health checks, which come as 192.0.2.1, and connections to the second port are spared, as is
who has not been told yet: by XCLIENT or the PROXY header.
"""
import hashlib
import json
import os
import signal
import socket
import ssl
import struct
import sys
import threading
import time

PROBE = '192.0.2.1'
EVERYTHING = ['PIPELINING', 'CHUNKING', '8BITMIME', 'SMTPUTF8', 'DSN', 'ENHANCEDSTATUSCODES', 'SIZE 50000000']
XCLIENT = 'XCLIENT NAME ADDR PORT PROTO HELO LOGIN REVERSE_NAME DESTADDR DESTPORT'
PP2_SIGNATURE = b'\r\n\r\n\0\r\nQUIT\n'
REFUSALS = {'mail': '550 5.1.8 bad sender', 'rcpt': '550 5.1.1 no such user'}
GARBAGE = {
    'noise': b'\x00\x80\xffsome words\r\n',
    'overlong': b'250 2.0.0 ' + b'x' * 70000 + b'\r\n',
    'mixed': b'250-2.0.0 one\r\n550 5.0.0 two\r\n',
    'endless': b'250-2.0.0 more\r\n' * 3000,
    'number': b'999 2.0.0 ok\r\n',
    'short': b'25\r\n',
    'empty': b'\r\n',
    'challenge': b'334 Zm9v\r\n',
}


class Gone(Exception):
    """The connection has ended, or is to end."""


def append(path, line):
    """A whole line at once, whatever ends us."""
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(fd, line.encode() + b'\n')
    os.close(fd)


class Message:
    """What was taken, measured as it came."""

    def __init__(self, envelope):
        self.sender, self.rcpts = envelope
        self.bytes = bytearray()
        self.answered = False  # before its end: it is not stored then
        self.refused = False   # at its end

    def record(self):
        head, _, body = bytes(self.bytes).partition(b'\r\n\r\n')
        fields = [line.partition(b': ') for line in head.split(b'\r\n')]

        def values(name):
            return [v.decode('latin-1') for n, _, v in fields if n.lower() == name]
        whole = [hashlib.sha256(body).hexdigest()] == values(b'x-hash')
        return {'id': values(b'message-id'), 'attempt': values(b'x-attempt'), 'whole': whole, 'bytes': len(body),
                'sender': self.sender, 'rcpts': self.rcpts}


class Connection:
    def __init__(self, server, sock, spared):
        self.server, self.sock, self.spared = server, sock, spared
        self.lane = server.lane
        self.buffer = b''
        self.plan = server.plan()
        self.count = {}
        self.known = False  # who the client is
        self.secure = False
        self.sender, self.rcpts, self.message = None, [], None

    # ---- bytes ----

    def fill(self):
        got = self.sock.recv(65536)
        if not got:
            raise Gone()
        self.buffer += got

    def line(self):
        while b'\n' not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b'\n')
        return line.rstrip(b'\r').decode('latin-1')

    def take(self, n):
        while len(self.buffer) < n:
            self.fill()
        got, self.buffer = self.buffer[:n], self.buffer[n:]
        return got

    def send(self, data):
        self.sock.sendall(data)

    def end(self, reset=False):
        """Ends the connection; with RST if it says so."""
        sock = self.sock
        if isinstance(sock, ssl.SSLSocket):
            sock = socket.socket(fileno=sock.detach())
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        sock.close()
        raise Gone()

    # ---- faults ----

    def due(self, place):
        """The plan, if it is for this place and now."""
        p = self.plan
        if self.spared or not self.known or p.get('place') != place:
            return None
        self.count[place] = self.count.get(place, 0) + 1
        if self.count[place] < p.get('nth', 1) or not self.server.hit(self.plan, place, self.attempt()):
            return None
        return p

    def attempt(self):
        """Which submission this is: our clients say it in the sender."""
        return (self.sender or '').partition('@')[0]

    def stall(self, how, answer):
        if how == 'trickle':
            for b in answer[:-1] * 50:  # never a whole answer
                self.send(bytes([b]) if b not in b'\r\n' else b'-')
                time.sleep(0.1)
        while self.sock.recv(65536):
            pass
        raise Gone()

    def wait_held(self, how):
        path = self.server.path('held')
        os.symlink(how, path)
        while os.path.lexists(path):
            time.sleep(0.01)

    def suffer(self, p, answer):
        """What is answered instead; None: as if nothing had been."""
        fault, how = p['fault'], p.get('how')
        if fault == 'killed':
            if how == 'process':
                os.kill(os.getpid(), signal.SIGKILL)
            if how == 'half':
                self.send(answer[:max(2, len(answer) // 2)])
            self.end(reset=how == 'rst')
        elif fault == 'stalled':
            self.stall(how, answer)
        elif fault == 'leaves':
            self.send(b'421 4.3.2 closing down\r\n')
            self.end()
        elif fault == 'full':
            return b'452 4.3.1 out of disk\r\n'
        elif fault == 'refuses':
            return REFUSALS.get(p['place'], '554 5.7.1 not wanted').encode() + b'\r\n'
        elif fault == 'garbage':
            return answer + answer if how == 'twice' else GARBAGE[how]
        elif fault == 'worker':
            os.kill(p['pid'], signal.SIGKILL)
        elif fault == 'held':
            self.wait_held(how)
        return None

    def answer(self, place, text):
        """At a place, with what is to be answered there. True: that was answered."""
        good = text if isinstance(text, bytes) else (text + '\r\n').encode()
        p = self.due(place)
        instead = self.suffer(p, good) if p else None
        self.send(instead or good)
        return not instead or p.get('how') == 'twice'

    # ---- the dialogue ----

    def proxy_header(self):
        if self.lane['identity'] == 'proxy-v1':
            client = self.line().split(' ')[2]
        else:
            head = self.take(16)
            body = self.take(struct.unpack('>H', head[14:16])[0])
            if not head.startswith(PP2_SIGNATURE):
                raise Gone()
            client = socket.inet_ntoa(body[:4])
        self.identified(client)

    def identified(self, client):
        self.known = True
        self.spared |= client == PROBE

    def ehlo(self, rest):
        # Health checks hear of everything, so that clients are offered it whatever a lane can do.
        words = EVERYTHING if self.spared or not self.known else self.lane['keywords']
        words = list(words)
        if self.lane['tls'] and not self.secure:
            words.append('STARTTLS')
        if self.lane['identity'] == 'xclient':
            words.append(XCLIENT)
        lines = ['backend.test'] + words
        self.answer('ehlo', '\r\n'.join('250%s%s' % ('-' if i + 1 < len(lines) else ' ', w)
                                        for i, w in enumerate(lines)))

    def starttls(self, rest):
        p = self.due('starttls')
        instead = None
        if p and p.get('how') == 'handshake':
            self.send(b'220 2.0.0 go on\r\n')
            if p['fault'] == 'garbage':
                self.fill()
                self.send(b'250 2.0.0 what?\r\n')
            elif p['fault'] == 'killed':
                self.fill()
                self.end()
            else:
                self.stall(None, b'')
        elif p:
            instead = self.suffer(p, b'220 2.0.0 go on\r\n')
        self.send(instead or b'220 2.0.0 go on\r\n')
        if instead:
            return
        self.sock = self.server.tls.wrap_socket(self.sock, server_side=True)
        self.buffer, self.secure = b'', True

    def xclient(self, rest):
        words = dict(w.partition('=')[::2] for w in rest.split(' '))
        if 'ADDR' in words:
            self.identified(words['ADDR'])
        self.answer('identity', '220 backend.test')

    def mail(self, rest):
        sender = rest[rest.index('<') + 1:rest.index('>')]
        self.sender = sender  # for the record of a fault
        if not self.answer('mail', '250 2.1.0 ok'):
            self.sender = None
        self.rcpts, self.message = [], None

    def rcpt(self, rest):
        to = rest[rest.index('<') + 1:rest.index('>')]
        if self.sender is None:
            self.send(b'503 5.5.1 MAIL first\r\n')
        elif to.endswith('.invalid'):
            self.send(b'554 5.7.1 no relaying\r\n')
        elif self.answer('rcpt', '250 2.1.5 ok'):
            self.rcpts.append(to)

    def begun(self):
        if not self.message:
            self.message = Message((self.sender, self.rcpts))
        return self.message

    def data(self, rest):
        if not self.rcpts:
            self.send(b'503 5.5.1 RCPT first\r\n')
            return
        if not self.answer('data', '354 go on'):
            return
        m, raw, end = self.begun(), bytearray(b'\r\n'), -1
        while end < 0:
            if not self.buffer:
                self.fill()
            at, n = max(0, len(raw) - 4), len(self.buffer)
            raw += self.take(n)
            m.bytes = raw[2:]
            self.midst(m, n)
            end = raw.find(b'\r\n.\r\n', at)
        self.buffer = bytes(raw[end + 5:])
        m.bytes = raw[:end + 2].replace(b'\r\n.', b'\r\n')[2:]
        self.finish(m)

    def midst(self, m, n):
        if len(m.bytes) >= 1000 > len(m.bytes) - n:
            p = self.due('body')
            said = self.suffer(p, b'250 2.0.0 ok\r\n') if p else None
            if said:
                self.send(said)
                m.answered = True

    def bdat(self, rest):
        size, _, last = rest.partition(' ')
        m = self.begun()
        at = min(int(size), max(1000 - len(m.bytes), 0))
        for part in (at, int(size) - at):
            m.bytes += self.take(part)
            self.midst(m, part)
        if not self.rcpts:
            self.send(b'503 5.5.1 RCPT first\r\n')
        elif last:
            self.finish(m)
        elif not m.answered:
            p = self.due('chunk')
            instead = self.suffer(p, b'250 2.0.0 chunk\r\n') if p else None
            self.send(instead or b'250 2.0.0 chunk\r\n')
            m.refused |= bool(instead)

    def finish(self, m):
        p = None if m.answered else self.due('dot')
        instead = self.suffer(p, b'250 2.0.0 stored\r\n') if p else None
        if instead or m.refused:
            self.send(instead or b'452 4.3.1 out of disk\r\n')
        elif not m.answered:
            append(self.server.path('stored'), json.dumps(m.record()))
            self.answer('stored', '250 2.0.0 stored')
            p = self.due('answered')
            if p:
                self.send(self.suffer(p, b'250 2.0.0 stored\r\n') or b'')
        self.message, self.sender, self.rcpts = None, None, []

    def rset(self, rest):
        self.answer('rset', '250 2.0.0 ok')
        self.message, self.sender, self.rcpts = None, None, []

    def quit(self, rest):
        self.answer('quit', '221 2.0.0 bye')
        raise Gone()

    def serve(self):
        verbs = {'EHLO': self.ehlo, 'STARTTLS': self.starttls, 'XCLIENT': self.xclient, 'MAIL': self.mail,
                 'RCPT': self.rcpt, 'DATA': self.data, 'BDAT': self.bdat, 'RSET': self.rset, 'QUIT': self.quit}
        if self.lane['identity'] != 'xclient':
            self.proxy_header()
        self.answer('greeting', '220 backend.test ESMTP')
        while True:
            verb, _, rest = self.line().partition(' ')
            if verb.upper() == 'HELO':
                self.send(b'250 backend.test\r\n')
            elif verb.upper() in verbs:
                verbs[verb.upper()](rest)
            else:
                self.send(b'500 5.5.1 what?\r\n')

    def run(self):
        try:
            self.serve()
        except (Gone, OSError, ValueError):  # ValueError: a socket that was ended here
            pass
        finally:
            try:
                self.sock.close()
            except OSError:
                pass


class Server:
    """One lane."""

    def __init__(self, folder, lane):
        self.folder, self.lane = folder, lane
        self.lock = threading.Lock()
        self.tls = None
        if lane['tls']:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(os.path.join(folder, 'chain.pem'))

    def path(self, what):
        return os.path.join(self.folder, '%s.%s' % (what, self.lane['name']))

    def plan(self):
        try:
            with open(self.path('plan')) as f:
                return json.load(f)
        except FileNotFoundError:
            return {}

    def hit(self, plan, place, attempt):
        """Once more, if it was not as often already."""
        with self.lock:
            try:
                with open(self.path('hits')) as f:
                    done = sum(json.loads(line)['plan'] == plan['id'] for line in f)
            except FileNotFoundError:
                done = 0
            if done >= plan['times']:
                return False
            append(self.path('hits'), json.dumps({'plan': plan['id'], 'place': place, 'fault': plan['fault'],
                                                  'attempt': attempt}))
            return True

    def listen(self, port, spared):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('127.0.0.1', port))
        s.listen(100)
        while True:
            sock, _ = s.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=Connection(self, sock, spared).run, daemon=True).start()

    def run(self):
        for i, port in enumerate(self.lane['ports']):
            threading.Thread(target=self.listen, args=(port, i > 0), daemon=True).start()
        signal.pause()


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, 'lanes.json')) as f:
        waiting = json.load(f)
    running = {}

    def stop(number, frame):
        for pid in running:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)
    signal.signal(signal.SIGTERM, stop)
    while True:
        for lane in waiting:
            append(os.path.join(folder, 'begun.' + lane['name']), '{}')
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                Server(folder, lane).run()
                os._exit(0)
            running[pid] = lane
        pid, _ = os.wait()
        waiting = [running.pop(pid)]


if __name__ == '__main__':
    main()
