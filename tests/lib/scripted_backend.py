# SPDX-License-Identifier: BSD-2-Clause
"""scripted_backend -- a mail server that does as it is told, for scenarios of backends that fail.

Its fields may be changed at any time; what a connection reads of them is what they are at that moment. It notes
all commands, and the messages that it has stored.
"""
import os
import socket
import ssl
import threading
import time

XCLIENT = 'XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT REVERSE_NAME'


class Backend:
    def __init__(self, port=0, path=None, ip='127.0.0.1', **script):
        self.greeting = b'220 backend ESMTP\r\n'  # None: not a word
        self.keywords = ['PIPELINING', '8BITMIME', 'SIZE 1000000', XCLIENT]
        self.replies = {}     # 'RCPT TO:<kim@': reply to commands that begin so, without CRLF; None: hangs up
        self.final = '250 2.0.0 stored'
        self.patience = 60    # seconds without a byte, then it hangs up
        self.tls = None       # certificate chain and key: STARTTLS
        self.tls_max = None   # the newest version that it speaks
        self.__dict__.update(script)
        self.commands, self.messages, self.connections = [], [], 0
        self.ip, self.path, self.port = ip, path, port
        self.listener, self.open = None, set()
        self.up()

    # ---- being there ----

    def up(self):
        family = socket.AF_UNIX if self.path else socket.AF_INET6 if ':' in self.ip else socket.AF_INET
        s = socket.socket(family)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(self.path or (self.ip, self.port))
        if self.path:
            os.chmod(self.path, 0o666)
        else:
            self.port = s.getsockname()[1]
        s.listen(50)
        self.listener = s
        threading.Thread(target=self.accept, args=(s,), daemon=True).start()

    def down(self):
        """Nobody listens any more; connections are reset."""
        s, self.listener = self.listener, None
        if s:
            s.shutdown(socket.SHUT_RDWR)
            s.close()
        if s and self.path:
            os.unlink(self.path)
        self.hang_up()

    def hang_up(self):
        for c in list(self.open):
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def accept(self, s):
        while True:
            try:
                c, _ = s.accept()
            except OSError:
                return
            self.connections += 1
            self.open.add(c)
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    # ---- a conversation ----

    def serve(self, c):
        c.settimeout(self.patience)
        try:
            if self.greeting is None:
                c.recv(1)
            c.sendall(self.greeting)
            self.converse(c)
        except (OSError, EOFError, AttributeError, TypeError, ValueError):
            pass
        finally:
            self.open.discard(c)
            c.close()

    def scripted(self, line):
        """The reply that the script has for this command; '': none."""
        for start, reply in list(self.replies.items()):
            if line.upper().startswith(start.upper()):
                if reply is None:
                    raise EOFError
                return reply
        return ''

    def converse(self, c, secured=False):
        f, mail, rcpt = c.makefile('rwb'), None, []

        def say(text):
            f.write(text.encode() + b'\r\n')
            f.flush()
        while True:
            line = f.readline()
            if not line:
                return
            line = line.decode('utf-8', 'replace').rstrip('\r\n')
            self.commands.append(line)
            verb, reply = line.split(' ')[0].split(':')[0].upper(), self.scripted(line)
            if reply and verb != 'DATA':
                if verb == 'RCPT' and reply[0] == '2':
                    rcpt.append(line[8:].split('>')[0].strip('<'))
                say(reply)
            elif verb == 'EHLO':
                words = ['backend'] + self.keywords + (['STARTTLS'] if self.tls and not secured else [])
                say('\r\n'.join('250%s%s' % ('-' if w is not words[-1] else ' ', w) for w in words))
            elif verb == 'STARTTLS':
                say('220 2.0.0 go')
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.tls)
                if self.tls_max:
                    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, self.tls_max
                    context.set_ciphers('DEFAULT:@SECLEVEL=0')
                self.open.discard(c)
                c = context.wrap_socket(c, server_side=True)
                self.open.add(c)
                self.commands.append('(TLS)')
                self.converse(c, True)
                return
            elif verb == 'XCLIENT':
                say('220 backend ESMTP')
            elif verb == 'MAIL':
                mail, rcpt = line[10:].split('>')[0].strip('<'), []
                say('250 2.1.0 ok')
            elif verb == 'RCPT':
                to = line[8:].split('>')[0].strip('<')
                if to.endswith('.invalid'):
                    say('554 5.7.1 relay access denied')
                    continue
                rcpt.append(to)
                say('250 2.1.5 ok')
            elif verb == 'DATA':
                say(reply or '354 go')
                if not reply:
                    self.store(mail, rcpt, self.message(f))
                    say(self.final)
            elif verb == 'QUIT':
                say('221 2.0.0 bye')
                return
            else:
                say('250 2.0.0 ok' if verb in ('RSET', 'NOOP', 'HELO') else '502 5.5.1 what?')

    def message(self, f):
        lines = []
        while True:
            line = f.readline()
            if not line:
                raise EOFError
            if line == b'.\r\n':
                return b''.join(lines)
            lines.append(line[1:] if line[:1] == b'.' else line)

    def store(self, mail, rcpt, data):
        if self.final is None:
            self.commands.append('(hung up at the end)')
            raise EOFError
        if self.final[0] == '2':
            self.messages.append((mail, rcpt, data.decode('utf-8', 'surrogateescape')))

    # ---- what came ----

    def count(self, start):
        return sum(x.upper().startswith(start.upper()) for x in list(self.commands))

    def stored(self, mark):
        """The messages with this text in them."""
        return [m for m in list(self.messages) if mark in m[2]]

    def wait_stored(self, mark, seconds=30):
        end = time.monotonic() + seconds
        while not self.stored(mark) and time.monotonic() < end:
            time.sleep(0.01)
        return self.stored(mark)
