# SPDX-License-Identifier: BSD-2-Clause
"""milter_client -- an MTA that can misbehave: the milter protocol, versions 2 to 6, byte by byte.

    with Milter('unix:/run/x.sock') as m:
        m.open(client='192.0.2.1', helo='mx.a.example')
        answer = m.message('joe@a.example', ['kim@rcpt.example'], [('From', ' joe@a.example')], b'text\\r\\n')

Each step returns an Answer, or None where version 6 agreed that there is none. Values of header fields
go out as they are given: with version 6 the leading blank belongs to them.
"""
import socket
import struct

CONTINUE, ACCEPT, DISCARD, REJECT, TEMPFAIL, REPLY = 'c', 'a', 'd', 'r', 't', 'y'
PROGRESS, CONNECTION_FAILED, SKIP, SHUTDOWN = 'p', 'f', 's', '4'
FINAL = set('cadrtyfs4')

ACTIONS_ALL = 0x1ff    # add, change body, add and delete recipients, change header, quarantine ...
STEPS_V2 = 0x7f
STEPS_ALL = 0x1fffff
NO_REPLY = {'C': 0x1000, 'H': 0x2000, 'M': 0x4000, 'R': 0x8000, 'T': 0x10000, 'U': 0x20000, 'N': 0x40000,
            'L': 0x80, 'B': 0x80000}
NOT_SENT = {'C': 0x1, 'H': 0x2, 'M': 0x4, 'R': 0x8, 'B': 0x10, 'L': 0x20, 'N': 0x40, 'U': 0x100, 'T': 0x200}
HEADER_LEADSPC, RCPT_REJ = 0x100000, 0x800
CHUNK = 65535


class Closed(ConnectionError):
    """The filter closed the connection."""


class Answer:
    def __init__(self, kind, text, edits):
        self.kind = kind    # CONTINUE ...
        self.text = text    # of REPLY: '550 5.7.1 no'
        self.edits = edits  # [(command, bytes)], only at the end of a message
        self.progress = 0   # how often the filter said that it is still at work

    def __repr__(self):
        return 'Answer(%s, %r, %s)' % (self.kind, self.text, self.edits)

    def added(self, name):
        """Values of inserted fields of this name, as they are on the wire."""
        found = []
        for kind, data in self.edits:
            if kind in 'hi':
                field, value = data[4 if kind == 'i' else 0:].split(b'\0')[:2]
                if field.lower() == name.lower().encode():
                    found.append(value)
        return found

    def deleted(self):
        """[(name, which)] of removed fields."""
        return [(d[4:].split(b'\0')[0].decode(), struct.unpack('>I', d[:4])[0])
                for kind, d in self.edits if kind == 'm' and d[4:].split(b'\0')[1] == b'']


def raw(text):
    return text if isinstance(text, bytes) else text.encode('utf-8', 'surrogateescape')


class Milter:
    def __init__(self, address, timeout=60):
        if address.startswith('unix:'):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(timeout)
            self.sock.connect(address[5:])
        else:
            port, host = address.split(':', 1)[1].split('@')
            self.sock = socket.create_connection((host, int(port)), timeout)
        self.version, self.actions, self.steps = 2, 0, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    # ---- packets ----

    def send(self, command, data=b''):
        try:
            self.sock.sendall(struct.pack('>I', 1 + len(data)) + command.encode() + data)
        except (BrokenPipeError, ConnectionResetError) as e:
            raise Closed(str(e)) from e

    def exactly(self, n):
        got = b''
        while len(got) < n:
            try:
                more = self.sock.recv(n - len(got))
            except ConnectionResetError:
                more = b''
            if not more:
                raise Closed('after %d of %d bytes' % (len(got), n))
            got += more
        return got

    def packet(self):
        size = struct.unpack('>I', self.exactly(4))[0]
        if not 1 <= size <= 1 << 20:
            raise Closed('a packet of %d bytes' % size)
        data = self.exactly(size)
        return chr(data[0]), data[1:]

    def answer(self):
        edits, progress = [], 0
        while True:
            kind, data = self.packet()
            if kind in FINAL:
                answer = Answer(kind, data.rstrip(b'\0').decode('latin-1'), edits)
                answer.progress = progress
                return answer
            if kind == PROGRESS:
                progress += 1
            else:
                edits.append((kind, data))

    def step(self, command, data=b''):
        """Sends it unless the filter does not want it; the answer, or None if there is to be none."""
        if self.steps & NOT_SENT.get(command, 0):
            return None
        self.send(command, data)
        return None if self.steps & NO_REPLY.get(command, 0) else self.answer()

    # ---- a session ----

    def negotiate(self, version=6, actions=ACTIONS_ALL, steps=None):
        steps = (STEPS_V2 if version < 6 else STEPS_ALL) if steps is None else steps
        self.send('O', struct.pack('>III', version, actions, steps))
        kind, data = self.packet()
        if kind != 'O':
            raise Closed('negotiation was answered with %r' % kind)
        self.version, self.actions, self.steps = struct.unpack('>III', data[:12])
        return self

    def macros(self, command, *pairs):
        self.send('D', command.encode() + b''.join(raw(p) + b'\0' for p in pairs))

    def connect(self, host='[192.0.2.1]', client='192.0.2.1', family=None, port=25):
        """family: '4', '6', 'L' (unix), 'U' (unknown) or any other byte; by default as client looks."""
        family = family or ('6' if ':' in client else '4')
        data = raw(host) + b'\0' + raw(family)
        if family != 'U':
            data += struct.pack('>H', port) + raw(client) + b'\0'
        return self.step('C', data)

    def helo(self, name):
        return self.step('H', raw(name) + b'\0')

    def mail(self, *args):
        return self.step('M', b''.join(raw(a) + b'\0' for a in args))

    def rcpt(self, *args):
        return self.step('R', b''.join(raw(a) + b'\0' for a in args))

    def data(self):
        return self.step('T')

    def header(self, name, value):
        return self.step('L', raw(name) + b'\0' + raw(value) + b'\0')

    def eoh(self):
        return self.step('N')

    def body(self, data):
        for at in range(0, len(data), CHUNK):
            self.step('B', data[at:at + CHUNK])

    def end(self):
        self.send('E')
        return self.answer()

    def abort(self):
        self.send('A')

    def quit(self):
        self.send('Q')

    # ---- the usual way ----

    def open(self, client='192.0.2.1', helo='client.example', version=6, host=None, family=None):
        self.negotiate(version)
        self.macros('C', 'j', 'mx.test', '{daemon_name}', 'smtpd', 'v', 'test')
        answer = self.connect(host or '[%s]' % client, client, family)
        if answer and answer.kind != CONTINUE:
            return answer
        return self.helo(helo) if helo is not None else answer

    def envelope(self, sender, rcpt, mailer='relay'):
        """MAIL and RCPTs; the first answer that is a refusal, or the last."""
        self.macros('M', '{mail_addr}', sender.split('\0')[0])
        answer = self.mail('<%s>' % sender)
        for r in rcpt:
            if answer.kind != CONTINUE:
                break
            self.macros('R', '{rcpt_addr}', r.split('\0')[0], '{rcpt_mailer}', mailer)
            answer = self.rcpt('<%s>' % r)
        return answer

    def content(self, fields, body=b'text\r\n', queue='Q1'):
        """DATA to the end; the first answer that is a refusal, or that of the end."""
        for step, args in [(self.data, ())] + [(self.header, f) for f in fields] + [(self.eoh, ())]:
            answer = step(*args)
            if answer and answer.kind != CONTINUE:
                return answer
        self.body(body)
        self.macros('E', 'i', queue)
        return self.end()

    def message(self, sender, rcpt, fields, body=b'text\r\n', queue='Q1'):
        answer = self.envelope(sender, rcpt)
        return self.content(fields, body, queue) if answer.kind == CONTINUE else answer


def fields_of(message, leading_blank=True):
    """Header fields of an RFC 5322 message as an MTA hands them over, and its body."""
    head, body = message.split(b'\r\n\r\n', 1)
    fields = []
    for line in head.split(b'\r\n'):
        if line[:1] in b' \t':
            fields[-1][1] += b'\n' + line
        else:
            name, value = line.split(b':', 1)
            fields.append([name, value if leading_blank else value.removeprefix(b' ')])
    return [tuple(f) for f in fields], body
