# SPDX-License-Identifier: BSD-2-Clause
#
# dkim_sign -- messages signed by python3-dkim, for tests/conformance/dkim_corpus.c to verify.
#
# usage: dkim_sign.py FOLDER-WITH-KEYS
# Writes to stdout, for each message: a line "TITLE", a line with the key record, a line with the number
# of bytes, then the bytes.
import base64
import sys

import dkim
import nacl.encoding
import nacl.signing

DATA = sys.argv[1]
OUT = sys.stdout.buffer
HEAD = (b"From: A <a@example.org>\r\nTo: b@example.net,\r\n\tc@example.net\r\nSubject:  two  blanks \r\n"
        b"X-Empty:\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n")
BODIES = {
    "plain": b"Hello.\r\n",
    "empty": b"",
    "blank lines": b"\r\n\r\n\r\n",
    "inner and final blanks": b" a \t b \r\n\t\r\nc\t\r\n \r\n\r\n",
    "no final line end": b"Hello",
    "long": b"0123456789 abcdef\r\n" * 20000,
    "bare CR and LF": b"a\rb\nc\r\n",
    "8-bit": bytes(range(128, 256)) + b"\r\n",
}


def emit(title, record, message):
    OUT.write(f"{title}\n{record}\n{len(message)}\n".encode() + message)


def read(name):
    with open(f"{DATA}/{name}", "rb") as f:
        return f.read()


rsa_key, rsa_record = read("2048_testkey.key"), read("2048_testkey_wo_markers.pub.txt").decode().strip()
bare_record = read("2048_testkey_wo_markers.pub.rsa.txt").decode().strip()
seed = read("rfc8032_7_1.key")
public = nacl.signing.SigningKey(seed, nacl.encoding.Base64Encoder).verify_key
ed_record = "v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(public)).decode()

for canon in (b"simple", b"relaxed"):
    for name, body in BODIES.items():
        for key, record, algorithm in ((rsa_key, rsa_record, b"rsa-sha256"), (rsa_key, bare_record, b"rsa-sha256"),
                                       (seed, ed_record, b"ed25519-sha256")):
            message = HEAD + b"\r\n" + body
            field = dkim.sign(message, b"sel", b"example.org", key, canonicalize=(canon, canon),
                              signature_algorithm=algorithm, include_headers=[b"from", b"to", b"subject", b"x-empty"])
            emit(f"{canon.decode()} {algorithm.decode()} {name}", record, field + message)
