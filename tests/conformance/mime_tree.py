# SPDX-License-Identifier: BSD-2-Clause
"""The MIME parts of messages as Python's email package reads them: a line FILE, then for each part a line
of its depth, its type and, if it has one, its file name."""
import email
import email.header
import email.policy
import sys


def name_of(part):
    name = part.get_filename()
    try:
        return str(email.header.make_header(email.header.decode_header(name))) if name else ''
    except (LookupError, UnicodeError, email.errors.HeaderParseError):
        return name


def show(part, depth):
    name = name_of(part).encode('utf-8', 'replace').decode().replace('\n', ' ')
    print('\t'.join(['P', str(depth), part.get_content_type(), name]))
    if part.is_multipart():
        for inner in part.get_payload():
            show(inner, depth + 1)


for path in sys.argv[1:]:
    with open(path, 'rb') as f:
        message = email.message_from_binary_file(f, policy=email.policy.compat32)
    print('F\t' + path)
    show(message, 0)
