# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Where Penfold differs from Dovecot on purpose, and which RFC is the reason.

Each rule is given one item of one message, and tells whether it explains the
difference.
"""

import re

RULES = []


def rule(text, since=""):
    """since: the first version of Dovecot with this difference."""
    def add(f):
        RULES.append((text, since, f))
        return f
    return add


def reason(item, dovecot, penfold, message, version):
    for text, since, f in RULES:
        if version >= since and f(item, dovecot, penfold, message):
            return text
    return None


def leaves(v):
    """All body parts of a structure that are not multiparts."""
    if not isinstance(v, list):
        return
    if len(v) > 1 and isinstance(v[0], bytes):
        yield v
    for x in v:
        yield from leaves(x)


@rule("""RFC 2045, 5.2: text/plain in US-ASCII is to "be assumed when a
syntactically invalid Content-Type header field is encountered".  Dovecot
shows empty strings, or application/octet-stream for "multipart".""")
def broken_type(item, dovecot, penfold, message):
    if item not in ("BODY", "BODYSTRUCTURE"):
        return False
    d, p = list(leaves(dovecot)), list(leaves(penfold))
    return (any(v[1] == b"" for v in d) or
            (any(v[:2] == [b"application", b"octet-stream"] for v in d) and
             any(v[:2] == [b"text", b"plain"] for v in p)))


@rule("""RFC 5322, 4.4: obs-addr-list and obs-mbox-list may have empty
members, which are not addresses.  Dovecot shows MISSING_MAILBOX for each.""")
def empty_members(item, dovecot, penfold, message):
    return item in ("ENVELOPE", "BODY", "BODYSTRUCTURE") and \
        re.search(rb",[ \t\r\n]*,", message) is not None


@rule("""RFC 5322, 4.4: obs-local-part and obs-domain are words and dots with
CFWS between them.  Dovecot takes "a . b @ c" for a name without an address.""")
def spaced_dots(item, dovecot, penfold, message):
    return item in ("ENVELOPE", "BODY", "BODYSTRUCTURE") and \
        re.search(rb"[ \t\r\n)]\.|\.[ \t\r\n(]", message) is not None


@rule("""RFC 5322, 3.4 has no such address, so that each server may show what it
likes.  We keep a host that ends in a dot, and what precedes an unterminated
comment or quoted string, a stray angle bracket or a broken route.""")
def no_address(item, dovecot, penfold, message):
    if item not in ("ENVELOPE", "BODY", "BODYSTRUCTURE"):
        return False
    both = repr(dovecot) + repr(penfold)
    return "MISSING_" in both or "SYNTAX_ERROR" in both or \
        "INVALID_ROUTE" in both


@rule("""RFC 5322, 2.2: a field name cannot contain a NUL, so this is another
field.  Dovecot compares names up to the NUL.""")
def nul_in_name(item, dovecot, penfold, message):
    return re.search(rb"^[^:\n]*\0[^:\n]*:", message, re.M) is not None


@rule("""RFC 5322, 2.2.3: a field with nothing but white space is empty.
Dovecot keeps some of the white space.""")
def blank_field(item, dovecot, penfold, message):
    return re.search(rb"^[A-Za-z-]+:[ \t]+\r?$", message, re.M) is not None \
        and item in ("ENVELOPE", "BODY", "BODYSTRUCTURE")


@rule("""RFC 2046, 5.1.1: "the CRLF preceding the boundary delimiter line is
conceptually attached to the boundary".  Dovecot counts it as part of an inner
multipart that was closed in the line before.""")
def boundary_line_end(item, dovecot, penfold, message):
    return item.startswith("BODY[") and isinstance(dovecot, bytes) and \
        isinstance(penfold, bytes) and dovecot == penfold + b"\r\n"


@rule("""RFC 3501, 6.4.5: a part that is neither multipart nor message/rfc822 has
no parts.  Dovecot accepts one more ".1".""")
def number_below_leaf(item, dovecot, penfold, message):
    return item.startswith("BODY[") and penfold == b"" and \
        re.match(r"BODY\[[0-9.]*\.1[\].]", item) is not None


@rule("""RFC 3501, 6.4.5: with a header "the delimiting blank line between the
header and the body is always included".  Dovecot leaves it out of
HEADER.FIELDS.NOT if the message has none, and out of a header that a boundary
follows immediately.""")
def blank_line(item, dovecot, penfold, message):
    if not isinstance(dovecot, bytes) or not isinstance(penfold, bytes):
        return False
    if "FIELDS.NOT" in item:
        return penfold in (dovecot + b"\r\n", dovecot + b"\r\n\r\n",
                           dovecot + b"\n\r\n")
    return re.search(r"(HEADER|MIME)\]", item) is not None and \
        penfold == dovecot + b"\r\n"


@rule("""RFC 5322, 2.1: a line ends in CRLF.  A CR at the end of the file is half
a line end.  If the last field is fetched by itself, we add an LF, and Dovecot
adds CRLF.""")
def cr_at_the_end(item, dovecot, penfold, message):
    return "HEADER.FIELDS" in item and message.endswith(b"\r") and \
        dovecot is not None and dovecot.replace(b"\r\r\n", b"\r\n") == \
        penfold


@rule("""RFC 3501, 6.4.5: a partial has octets of the text as it is fetched
whole.  Dovecot loses count at a CR without LF.""")
def partial_after_cr(item, dovecot, penfold, message):
    return "<" in item and re.search(rb"\r(?!\n)", message) is not None


@rule("""The same, if the lines of a message end in both LF and CRLF.""", "2.4")
def partial_of_mixed_lines(item, dovecot, penfold, message):
    return "<" in item and b"\r\n" in message and \
        re.search(rb"(?<!\r)\n", message) is not None


PARAMETER = re.compile(rb";\s*([^\s;=]+)\s*=")


@rule("""RFC 2231, 6: BODY and BODYSTRUCTURE join continuations, but keep the
percent-encoding, which names a charset (section 4) that the client must see.
Dovecot 2.4 decodes it, or loses the mark of it.""", "2.4")
def encoded_parameter(item, dovecot, penfold, message):
    return item in ("BODY", "BODYSTRUCTURE") and \
        any(name.endswith(b"*") for name in PARAMETER.findall(message))


@rule("""RFC 2045, 5.1 does not allow a parameter twice.  We show both, Dovecot
2.4 shows the first.""", "2.4")
def repeated_parameter(item, dovecot, penfold, message):
    names = [name.lower() for name in PARAMETER.findall(message)]
    return item in ("BODY", "BODYSTRUCTURE") and len(set(names)) < len(names)
