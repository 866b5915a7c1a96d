# SPDX-License-Identifier: BSD-2-Clause
"""smtp_backend -- an SMTP server that does as it is told, keeps every byte, and checks logins for real.

It can be the last hop behind Postfix, or the backend of the proxy itself. What it offers and what it refuses
may change at any time; a session keeps what it was offered.

    with Backend(port) as b:
        b.refusals['kim@rcpt.example'] = '450 4.2.1 later'
        ...
        m = b.wait_for_mail('<id@sender.example>')
        m.sender, m.sender_params, m.recipients, m.data, m.session.user, m.session.lines
"""
import base64
import hashlib
import hmac
import re
import secrets
import socketserver
import subprocess
import threading

from site_env import Site, check, wait_for

XCLIENT = 'XCLIENT NAME ADDR PORT PROTO HELO LOGIN'
OFFERED = ('PIPELINING', 'SIZE 50000000', '8BITMIME', 'SMTPUTF8', 'DSN', 'ENHANCEDSTATUSCODES', 'CHUNKING')
ROUNDS = 4096  # of SCRAM


class Refused(Exception):
    """An exchange that failed; the text is the reply."""


class Mail:
    """One message as it came in."""

    def __init__(self, session, sender, params):
        self.session, self.sender, self.sender_params = session, sender, params
        self.recipients, self.data = [], bytearray()  # bytes when it is over

    def header(self):
        return self.data.split(b'\r\n\r\n')[0].decode('utf-8', 'replace')


def unpack(b64):
    return base64.b64decode(b64, validate=True)


class Login:
    """The server's side of each mechanism: begun with what the client said, or None; gives a user's name."""

    def __init__(self, users, tokens, ask):
        self.users, self.tokens, self.ask = users, tokens, ask

    def run(self, mechanism, first):
        self.mechanism = mechanism
        return getattr(self, mechanism.split('-')[0].lower())(first)

    def word(self, first, prompt=b''):
        return first if first is not None else self.ask(prompt)

    def same(self, user, secret):
        if self.users.get(user) != secret:
            raise Refused('535 5.7.8 no such user and password')
        return user

    def plain(self, first):
        _, user, secret = self.word(first).split(b'\0')
        return self.same(user.decode(), secret.decode())

    def login(self, first):
        user = self.word(first, b'Username:')
        return self.same(user.decode(), self.ask(b'Password:').decode())

    def cram(self, first):
        challenge = b'<%s@backend>' % secrets.token_hex(8).encode()
        user, digest = self.ask(challenge).decode().split(' ')
        want = hmac.new(self.users.get(user, secrets.token_hex()).encode(), challenge, 'md5').hexdigest()
        return self.same(user, self.users.get(user) if digest == want else 0)

    def scram(self, first):
        name = self.mechanism.split('-', 1)[1].replace('-', '').lower()
        head, bare = re.match(rb'(n,[^,]*,)(.*)$', self.word(first)).groups()
        user, nonce = re.match(rb'n=([^,]*),r=([^,]*)$', bare).groups()
        salt, ours = secrets.token_bytes(12), nonce + secrets.token_hex(9).encode()
        server = b'r=%s,s=%s,i=%d' % (ours, base64.b64encode(salt), ROUNDS)
        final = self.ask(server)
        without, proof = final.rsplit(b',p=', 1)
        said = b','.join((bare, server, without))
        salted = hashlib.pbkdf2_hmac(name, self.users.get(user.decode(), '').encode(), salt, ROUNDS)
        key = hmac.digest(salted, b'Client Key', name)
        stored = hashlib.new(name, key).digest()
        sign = hmac.digest(stored, said, name)
        if without != b'c=' + base64.b64encode(head) + b',r=' + ours or \
                bytes(x ^ y for x, y in zip(key, sign)) != unpack(proof) or user.decode() not in self.users:
            raise Refused('535 5.7.8 wrong proof')
        self.ask(b'v=' + base64.b64encode(hmac.digest(hmac.digest(salted, b'Server Key', name), said, name)))
        return user.decode()

    def bearer(self, text, pattern):
        user, token = re.match(pattern, text).groups()
        if self.tokens.get(user.decode()) != token.decode():
            self.ask(b'{"status":"invalid_token"}')  # RFC 7628 section 3.2.3: the error is a challenge
            raise Refused('535 5.7.8 bad token')
        return user.decode()

    def xoauth2(self, first):
        return self.bearer(self.word(first), rb'user=([^\1]*)\1auth=Bearer ([^\1]*)\1\1$'.replace(rb'\1', b'\x01'))

    def oauthbearer(self, first):
        return self.bearer(self.word(first), rb'n,a=([^,]*),\1(?:host=[^\1]*\1)?auth=Bearer ([^\1]*)\1\1$'.replace(
            rb'\1', b'\x01'))


class Session(socketserver.StreamRequestHandler):
    """One connection."""
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.lines, self.user, self.mail, self.closed = [], None, None, False
        self.told = {}  # by XCLIENT
        self.offered = list(self.server.backend.offered)
        self.server.backend.sessions.append(self)

    def handle(self):
        self.say('220 backend.test ESMTP')
        try:
            while not self.closed:
                line = self.rfile.readline()
                if not line.endswith(b'\r\n'):
                    return
                self.command(line[:-2].decode('utf-8', 'surrogateescape'))
        except OSError:
            pass

    def say(self, *lines):
        code = lines[0][:3]
        rest = [lines[0][4:]] + list(lines[1:])
        text = ''.join('%s%s%s\r\n' % (code, '-' if i + 1 < len(rest) else ' ', x) for i, x in enumerate(rest))
        self.wfile.write(text.encode('utf-8', 'surrogateescape'))

    def command(self, line):
        self.lines.append(line)
        verb, _, rest = line.partition(' ')
        run = getattr(self, 'do_' + verb.lower(), None)
        if run:
            run(rest)
        else:
            self.say('500 5.5.1 what?')

    def do_ehlo(self, rest):
        self.mail = None
        self.say('250 backend.test', *self.offered)

    def do_rset(self, rest):
        self.mail = None
        self.say('250 2.0.0 ok')

    def do_noop(self, rest):
        self.say('250 2.0.0 ok')

    def do_quit(self, rest):
        self.say('221 2.0.0 bye')
        self.closed = True

    def do_etrn(self, rest):
        self.say('250 2.0.0 queue of %s begun' % rest)

    def do_xclient(self, rest):
        self.told.update(x.split('=', 1) for x in rest.split(' '))
        self.mail = None
        self.say('220 backend.test ESMTP')

    def do_mail(self, rest):
        address, params = re.match(r'FROM:<(.*?)> ?(.*)$', rest, re.I).groups()
        self.mail = Mail(self, address, params.split())
        self.say('250 2.1.0 ok')

    def do_rcpt(self, rest):
        address, params = re.match(r'TO:<(.*?)> ?(.*)$', rest, re.I).groups()
        refusal = self.server.backend.refusals.get(address)
        if not refusal:
            self.mail.recipients.append((address, params.split()))
        self.say(refusal or '250 2.1.5 ok')

    def end_mail(self):
        mail, self.mail = self.mail, None
        mail.data = bytes(mail.data)
        refusal = self.server.backend.refuse_data(mail)
        if not refusal:
            self.server.backend.mails.append(mail)
        self.say(refusal or '250 2.0.0 kept')

    def do_data(self, rest):
        if not self.mail or not self.mail.recipients:
            self.say('503 5.5.1 no recipient')
            return
        self.say('354 go on')
        while True:
            line = self.rfile.readline()
            if line == b'.\r\n':
                break
            if not line:
                raise OSError('cut')
            self.mail.data += line[1:] if line.startswith(b'.') else line
        self.end_mail()

    def do_bdat(self, rest):
        if 'CHUNKING' not in self.offered:
            self.say('502 5.5.1 not offered')
            self.closed = True
            return
        size, _, last = rest.partition(' ')
        self.mail.data += self.rfile.read(int(size))
        if last:
            self.end_mail()
        else:
            self.say('250 2.0.0 chunk')

    def ask(self, challenge):
        self.say('334 ' + base64.b64encode(challenge).decode())
        line = self.rfile.readline().strip()
        self.lines.append(line.decode())
        if line == b'*':
            raise Refused('501 5.7.0 cancelled')
        return unpack(line)

    def do_auth(self, rest):
        mechanism, _, first = rest.partition(' ')
        offered = [x for x in self.offered if x.startswith('AUTH ')]
        try:
            if not offered or mechanism not in offered[0].split()[1:]:
                raise Refused('504 5.5.4 not offered')
            first = None if not first else b'' if first == '=' else unpack(first)
            b = self.server.backend
            self.user = Login(b.users, b.tokens, self.ask).run(mechanism, first)
            self.say('235 2.7.0 welcome')
        except Refused as e:
            self.say(str(e))
        except (ValueError, AttributeError) as e:
            self.say('501 5.5.2 %s' % type(e).__name__)


class Backend:
    def __init__(self, port, offered=OFFERED):
        self.offered, self.users, self.tokens = list(offered), {}, {}
        # Recipient: reply. The proxy asks whether strangers may reach anybody.
        self.refusals = {'postern@relay-test.invalid': '554 5.7.1 no'}
        self.refuse_data = lambda mail: None
        self.mails, self.sessions = [], []
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        socketserver.ThreadingTCPServer.request_queue_size = 100
        self.server = socketserver.ThreadingTCPServer(('127.0.0.1', port), Session)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.server.backend = self
        threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def with_mark(self, mark):
        return [m for m in list(self.mails) if mark.encode() in m.data]

    def wait_for_mail(self, mark):
        return wait_for('mail ' + mark, lambda: self.with_mark(mark))[0]


class BackendSite(Site):
    """A site with the proxy in front, and a Backend as the last hop."""

    def __init__(self, **more):
        super().__init__(front='proxy', **more)

    def start_sink(self):
        self.sink = Backend(self.sink_port)

    def close(self, keep=False):
        if hasattr(self, 'sink'):
            self.sink.__exit__()
        super().close(keep)

    def unchanged(self, mark, data):
        """The mail: delivered once, with trace and result fields on top and else as it was sent."""
        mail = self.sink.wait_for_mail(mark)
        copies = self.sink.with_mark(mark)
        check(len(copies) == 1, '%d copies' % len(copies))
        check(mail.data.endswith(data), 'not as it was sent: %r' % mail.data)
        added = re.sub(rb'\r\n[ \t]+', b' ', mail.data[:-len(data)]).decode().split('\r\n')[:-1]
        names = ('Received: ', 'Authentication-Results: ', 'X-Spam-', 'DKIM-Signature: ')
        check(added and all(x.startswith(names) for x in added), added)
        return mail

    def postfix_log(self, *words):
        """The lines that have all these words, once there are some."""
        return wait_for('%s in the log of Postfix' % (words,), lambda: [
            x for x in self.read('log/maillog').split('\n') if all(w in x for w in words)])

    def swaks(self, *options, port=None, status=0):
        """What swaks prints; it must end with this status."""
        p = subprocess.run(['swaks', '--server', '127.0.0.1', '--port', str(port or self.mx_port), '--helo',
                            'mx.good.example.com', '--suppress-data'] + list(options), capture_output=True, text=True,
                           timeout=60)
        check(p.returncode == status, '%d: %s%s' % (p.returncode, p.stdout, p.stderr))
        return p.stdout


def said(answer, code, words=''):
    """An answer of smtplib."""
    check(answer[0] == code and words in answer[1].decode(), '%s, not %d %s' % (answer, code, words))
