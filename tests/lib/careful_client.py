# SPDX-License-Identifier: BSD-2-Clause
"""careful_client -- an MTA that sends messages, knows what became of each attempt, and sends again what was not taken.

A message is a Mail; send() makes attempts until every recipient has heard 250 or 5xx, or it gives up. What came of
each attempt is one of

    ok      250 for the message
    later   4xx, whenever
    never   5xx, whenever
    cut     the connection ended before the end of the message was sent
    unsure  it ended afterwards, and no answer had come

An answer that is none, or does not come, is a Failure.
"""
import hashlib
import re
import socket
import ssl
import struct
import time

from site_env import Failure

PATIENCE = 60  # seconds: nothing takes so long here
SERVED = 60    # seconds until a worker takes connections again
REPLY = re.compile(rb'^[245]\d\d(?: |-|$)|^354 |^220[ -]')


class Ended(Exception):
    """The connection has ended."""


class Closing(Exception):
    """421: the server ends the session."""


class Mail:
    """One message, to be stored whole and once."""

    def __init__(self, name, domain, rcpts, body, author):
        self.name, self.body = name, body
        self.left = ['%s.k%d@%s' % (name, i, domain) for i in range(rcpts)]
        self.author = author
        self.attempts = []

    def text(self, attempt):
        return ('From: %s\r\nTo: undisclosed-recipients:;\r\nSubject: %s\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n'
                'Message-ID: %s\r\nX-Attempt: %s\r\nX-Hash: %s\r\n\r\n'
                % (self.author, self.name, self.name, attempt, hashlib.sha256(self.body).hexdigest())).encode() + self.body


class Attempt:
    def __init__(self, mail):
        self.mail = mail
        self.name = '%s.a%d' % (mail.name, len(mail.attempts) + 1)
        self.rcpts, self.taken = list(mail.left), []
        self.codes = []  # of refusals
        self.outcome = 'cut'
        self.began, self.end = time.monotonic(), ''  # the last words, and when they came
        mail.attempts.append(self)

    def refused(self, code):
        """Behind the refusals of all recipients nothing new is said."""
        if self.taken or len(self.codes) < len(self.rcpts):
            self.codes.append(code)
        self.outcome = 'later' if any(c < 500 for c in self.codes) else 'never'

    def settle(self):
        """After its last answer, or the end of the connection."""
        if self.outcome == 'ok':
            self.mail.left = [r for r in self.mail.left if r not in self.taken]


class Style:
    """How a session is spoken: drawn at random."""

    def __init__(self, rng, **fixed):
        self.tls = rng.random() < 0.4
        self.bdat = rng.random() < 0.5
        self.pipelined = rng.random() < 0.5
        self.reset = rng.random() < 0.1   # a transaction is begun and dropped first
        self.quits = rng.random() < 0.8
        self.chunks = rng.randint(1, 4)
        for k, v in fixed.items():
            setattr(self, k, v)

    def __str__(self):
        return ' '.join('%s=%s' % kv for kv in sorted(vars(self).items()))


class Session:
    """at(place) is called as it gets there: connect ehlo mail rcpt data memory file judged."""

    def __init__(self, port, style, at, source):
        self.style, self.at = style, at
        self.sock = socket.create_connection(('127.0.0.1', port), PATIENCE, source_address=(source, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b''

    def close(self):
        self.sock.close()

    # ---- bytes ----

    def send(self, data):
        try:
            self.sock.sendall(data)
        except socket.timeout:
            raise Failure('the proxy takes no more bytes')
        except OSError:
            pass  # what was answered before is still to be read

    def line(self):
        while b'\n' not in self.buffer:
            try:
                got = self.sock.recv(65536)
            except socket.timeout:
                raise Failure('no answer within %d s' % PATIENCE)
            except OSError:
                raise Ended()
            if not got:
                raise Ended()
            self.buffer += got
        line, _, self.buffer = self.buffer.partition(b'\n')
        if not line.endswith(b'\r') or not REPLY.match(line):
            raise Failure('no sound answer: %r' % line)
        return line[:-1]

    def reply(self):
        """(code, lines)"""
        lines = self.heard = [self.line()]
        while lines[-1][3:4] == b'-':
            lines.append(self.line())
            if lines[-1][:3] != lines[0][:3]:
                raise Failure('no sound answer: %r' % lines)
        if lines[0].startswith(b'421'):
            raise Closing()
        return int(lines[0][:3]), lines

    def command(self, text):
        self.send(text.encode() + b'\r\n')
        return self.reply()

    # ---- the session ----

    def greet(self):
        """False: not now."""
        if self.reply()[0] != 220:
            return False
        self.at('connect')
        if self.command('EHLO client.example')[0] != 250:
            return False
        if self.style.tls:
            if self.command('STARTTLS')[0] != 220:
                return False
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            try:
                self.sock = context.wrap_socket(self.sock)
            except OSError:
                raise Ended()
            if self.command('EHLO client.example')[0] != 250:
                return False
        self.at('ehlo')
        return True

    def drop_one(self, a):
        """A transaction that is begun and reset."""
        self.command('MAIL FROM:<dropped@sender.example>')
        self.command('RCPT TO:<%s>' % a.rcpts[0])
        self.command('RSET')

    def envelope(self, a):
        """Sent command after command. True: there is somebody to send it to."""
        code, _ = self.command('MAIL FROM:<%s@sender.example>' % a.name)
        if code != 250:
            a.refused(code)
            return False
        self.at('mail')
        for r in a.rcpts:
            self.heard_rcpt(a, r, self.command('RCPT TO:<%s>' % r)[0])
        self.at('rcpt')
        return bool(a.taken)

    def heard_rcpt(self, a, rcpt, code):
        if code // 100 == 2:
            a.taken.append(rcpt)
        else:
            a.refused(code)

    def commands(self, a):
        lines = ['MAIL FROM:<%s@sender.example>' % a.name] + ['RCPT TO:<%s>' % r for r in a.rcpts]
        return ''.join(x + '\r\n' for x in lines).encode()

    def heard_envelope(self, a):
        code, _ = self.reply()
        if code != 250:
            a.refused(code)
        for r in a.rcpts:
            self.heard_rcpt(a, r, self.reply()[0])

    def heard_end(self, a):
        code, _ = self.reply()
        if code == 250:
            a.outcome = 'ok'
        else:
            a.refused(code)

    def place(self, text):
        return 'file' if len(text) > 16384 else 'memory'

    def data(self, a, text):
        if self.style.pipelined:
            self.send(self.commands(a) + b'DATA\r\n')
            self.heard_envelope(a)
            code, _ = self.reply()
        else:
            if not self.envelope(a):
                return
            code, _ = self.command('DATA')
        if code != 354:
            a.refused(code)
            return
        self.at('data')
        stuffed = re.sub(rb'(?m)^\.', b'..', text)
        half = len(stuffed) * 2 // 3
        self.send(stuffed[:half])
        self.at(self.place(text))
        if a.taken:
            a.outcome = 'unsure'
        self.send(stuffed[half:] + b'.\r\n')
        self.at('judged')
        if a.taken:
            self.heard_end(a)
        else:
            self.reply()

    def bdat(self, a, text):
        size = max(1, len(text) // self.style.chunks)
        pieces = [text[i:i + size] for i in range(0, len(text), size)]
        chunks = [b'BDAT %d%s\r\n' % (len(p), b' LAST' if i + 1 == len(pieces) else b'') + p
                  for i, p in enumerate(pieces)]
        if self.style.pipelined:
            a.outcome = 'unsure'
            self.send(self.commands(a) + b''.join(chunks))
            self.at('judged')
            self.heard_envelope(a)
        elif not self.envelope(a):
            return
        for i, chunk in enumerate(chunks):
            last = i + 1 == len(chunks)
            if not self.style.pipelined:
                if last:
                    self.at(self.place(text))
                    a.outcome = 'unsure'
                self.send(chunk)
                if last:
                    self.at('judged')
            if last:
                self.heard_end(a)
                return
            code, _ = self.reply()
            if code != 250:
                a.refused(code)
                if not self.style.pipelined:
                    self.command('RSET')
                    return

    def deliver(self, mail):
        a = Attempt(mail)
        text = mail.text(a.name)
        try:
            if self.style.reset:
                self.drop_one(a)
            (self.bdat if self.style.bdat else self.data)(a, text)
        except Closing:
            # The last word, whatever it was to.
            a.refused(421)
            raise
        finally:
            if a.outcome == 'unsure' and not a.taken:
                a.outcome = 'cut'  # nobody was there whom it could go to
            a.end = '%s after %.1f s' % (self.heard, time.monotonic() - a.began)
            a.settle()
        return a


def session(port, style, mails, at, source):
    """One session with all of them. False: it was not served."""
    try:
        s = Session(port, style, at, source)
    except OSError:
        return False
    try:
        if not s.greet():
            return False
        for i, m in enumerate(mails):
            if m.left:
                a = s.deliver(m)
                if a.outcome != 'ok' and i + 1 < len(mails) and s.command('RSET')[0] != 250:
                    break
        if style.quits:
            s.command('QUIT')
    except (Ended, Closing):
        return any(m.attempts for m in mails)
    finally:
        s.close()
    return True


def send(port, style, mails, at, source, attempts_max, wait):
    """Attempts until nothing is left, or so many were made. Before another one: wait()."""
    for i in range(attempts_max):
        if i:
            wait()
        todo = [m for m in mails if m.left and not any(c >= 500 for a in m.attempts for c in a.codes)]
        if not todo:
            return
        before = sum(len(m.attempts) for m in mails)
        end = time.monotonic() + SERVED
        while not session(port, style, todo, at, source) or sum(len(m.attempts) for m in mails) == before:
            if time.monotonic() > end:
                raise Failure('not served within %d s' % SERVED)
            time.sleep(0.05)
