# SPDX-License-Identifier: BSD-2-Clause
"""mailworld -- the domains that scenario tests send from: names, keys and a DNS zone."""
import base64
import subprocess
import tempfile

import dkim


def key(bits=2048):
    """A private key in PEM and the p= of its record."""
    with tempfile.NamedTemporaryFile() as f:
        subprocess.run(['openssl', 'genrsa', '-traditional', '-out', f.name, str(bits)], check=True,
                       stderr=subprocess.DEVNULL)
        pem = f.read()
        der = subprocess.run(['openssl', 'rsa', '-in', f.name, '-pubout', '-outform', 'DER'], check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return pem, base64.b64encode(der).decode()


def txt(text):
    return ' '.join('"%s"' % text[i:i + 200] for i in range(0, len(text), 200))


def reverse4(ip):
    return '.'.join(reversed(ip.split('.')))


PEM, PUBLIC = key()

ZONE = '''
; a well-run sender
good.example.com. MX 10 mx.good.example.com.
good.example.com. A 192.0.2.10
good.example.com. TXT "v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 -all"
mx.good.example.com. A 192.0.2.10
mx.good.example.com. AAAA 2001:db8::10
_dmarc.good.example.com. TXT "v=DMARC1; p=reject"
s1._domainkey.good.example.com. TXT %s
10.2.0.192.in-addr.arpa. PTR mx.good.example.com.
0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR mx.good.example.com.
; a bank that everybody forges
bank.example.net. MX 10 mx.bank.example.net.
bank.example.net. TXT "v=spf1 ip4:192.0.2.20 -all"
mx.bank.example.net. A 192.0.2.20
_dmarc.bank.example.net. TXT "v=DMARC1; p=reject"
; a sender that publishes nothing but an address
plain.example.net. A 192.0.2.30
mx.plain.example.net. A 192.0.2.30
30.2.0.192.in-addr.arpa. PTR mx.plain.example.net.
; a line of a broadband provider
pool-192-0-2-99.dyn.isp.example.net. A 192.0.2.99
99.2.0.192.in-addr.arpa. PTR pool-192-0-2-99.dyn.isp.example.net.
; a null MX
nomail.example.net. MX 0 .
nomail.example.net. A 192.0.2.31
; the list of bad hosts
2.0.0.127.bl.example. A 127.0.0.2
99.2.0.192.bl.example. A 127.0.0.2
98.2.0.192.bl.example. A 127.255.255.254
; a list that lists everybody
*.sick.example. A 127.0.0.2
rcpt.example. A 127.0.0.1
''' % txt('v=DKIM1; k=rsa; p=' + PUBLIC)


def sign(message, domain='good.example.com', selector='s1', pem=None):
    return dkim.sign(message, selector.encode(), domain.encode(), pem or PEM,
                     include_headers=[b'From', b'To', b'Subject', b'Date', b'Message-ID']) + message
