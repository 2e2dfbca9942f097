# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Odd and broken messages: some written by hand, which have names, and random
mutations of these."""

import random

PLAIN = b"From: a@example.org\nTo: b@example.org\nSubject: x\n"


def crlf(b):
    return b.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def mixed(parts, boundary=b"b", tail=b"--b--\n", head=b"", extra=b""):
    out = PLAIN + head + b"MIME-Version: 1.0\n"
    out += b"Content-Type: multipart/mixed; boundary=" + boundary + b"\n"
    out += extra + b"\n"
    for p in parts:
        out += b"--" + boundary.strip(b'"') + b"\n" + p + b"\n"
    return out + tail


def header(*lines):
    return b"".join(s + b"\n" for s in lines) + b"\nbody\n"


def addresses():
    lists = [
        b"a@b.c", b"<a@b.c>", b"A B <a@b.c>", b'"A, B" <a@b.c>',
        b'"A \\"x\\" B" <a@b.c>', b"a@b.c (Comment)", b"(c) a@b.c (d)",
        b"A (c) B <a@b.c> (e)", b"a@b.c, d@e.f", b"a@b.c,, d@e.f",
        b"a@b.c,", b", a@b.c", b"grp: a@b.c, d@e.f;", b"grp:;", b"grp: ;",
        b"undisclosed-recipients:;", b"grp: a@b.c", b"grp: a@b.c, x",
        b"grp: a@b; , c@d", b"A <@r1,@r2:a@b.c>", b"<@r1:a@b.c>",
        b"<@r1>", b"a", b"a b", b"a b <c>", b"<a>", b"<>", b"A <>", b"@b.c",
        b"a@", b"<a@>", b"a@[127.0.0.1]", b"a@[127.0", b'"a b"@c.d',
        b"'a' <b@c.d>", b"a.b.@c", b".a@b", b"a..b@c", b"A. B. C <a@b>",
        b"a@b@c", b"a@b c@d", b"a@b <c@d>", b"<a@b> c", b"<a@b", b"a@b>",
        b'"a@b', b'"a" b "c" <d@e>', b"=?utf-8?q?x=C3=A9?= <a@b>",
        b"=?utf-8?q?x,y?= <a@b>", b"\xc3\xa9t\xc3\xa9 <a@b>", b"a\xff@b",
        b"A\n B <a@b>", b"A <a@\n b>", b'"A\n B" <a@b>', b"a@b\n\t, c@d",
        b"a (unclosed", b"a@b (c (d) e) f", b"a@b (c\\) d)", b"()", b"(x)",
        b"a : b", b"a@b; c@d", b"a@b;", b"[a@b]", b"mailto:a@b",
        b"A <mailto:a@b>", b"A <a@b>, B <c@d>, E", b'"" <a@b>',
        b'"a" <b@c>, grp: d@e;, f@g', b"A  B   <a@b>", b"a @ b . c",
        b"a . b @ c", b"A <a @ b>", b"\x00a@b", b"a\x00b@c", b"", b" ",
        b"a@b\\", b'"a\\', b"<<a@b>>", b"A <<a@b>>", b"a@b,c@d,e", b"a@-b",
        b"A=B <a@b>", b"A/B <a@b>", b"A@B <a@b>", b"A:B <a@b>",
        b"A;B <a@b>", b"A,B <a@b>", b"a@b.c <d@e.f>, g@h",
    ]
    for i, a in enumerate(lists):
        yield "addr-%02d" % i, header(b"From: " + a, b"To: " + a)


def headers():
    cases = {
        "none": b"\nbody\n",
        "empty-file": b"",
        "one-lf": b"\n",
        "one-crlf": b"\r\n",
        "no-separator": PLAIN,
        "no-separator-no-lf": PLAIN[:-1],
        "no-colon": PLAIN + b"garbage line\nDate: now\n\nbody\n",
        "space-colon": b"From : a@b\nSubject\t: y\n\nbody\n",
        "starts-with-space": b" lead\nSubject: y\n\nbody\n",
        "mbox-from": b"From a@b Mon Jan  1 10:00:00 2024\n" + PLAIN + b"\nx\n",
        "only-cr": PLAIN.replace(b"\n", b"\r") + b"\r\rbody\r",
        "mixed-ends": PLAIN.replace(b"\n", b"\r\n") + b"\nbody\r\nx\ny\r\n",
        "cr-cr-lf": PLAIN + b"\r\r\nX: y\r\r\n\nbody\r\r\n",
        "nul-subject": b"Subject: a\0b\n\nbo\0dy\n",
        "dup-subject": b"Subject: a\nSubject: b\n\nx\n",
        "dup-date": b"Date: a\nDate: b\nMessage-ID: <a>\n"
                    b"Message-ID: <b>\nIn-Reply-To: c\nIn-Reply-To: d\n\nx\n",
        "dup-from": b"From: a@b\nFrom: c@d\nTo: e@f\nTo: g@h\n\nx\n",
        "dup-cc-empty": b"Cc: a@b\nCc:\nSender:\nReply-To: \nFrom: q@r\n\nx\n",
        "empty-fields": b"Subject:\nDate:\nMessage-ID:\nIn-Reply-To:\n\nx\n",
        "blank-fields": b"Subject:  \nDate: \t\nMessage-ID: \n\nx\n",
        "fold-first": b"Subject:\n folded\nMessage-ID:\n <a@b>\nDate:\n\tx\n\nx\n",
        "fold-many": b"Subject: a\n  b\n\tc \n d\nIn-Reply-To: <a>\n  <b>\n\t<c>\n\nx\n",
        "fold-blank": b"Subject: a\n \n b\nDate: x\n\t\n\nx\n",
        "spaces": b"Subject:   a   b\t\tc  \nDate:   a   b  \n\nx\n",
        "quotes": b'Subject: say "x" \\ y\nMessage-ID: <"q"@\\>\n\nx\n',
        "eight-bit": b"Subject: caf\xc3\xa9 \xff\nMessage-ID: <\xe9>\n\nx\n",
        "encoded": b"Subject: =?utf-8?b?w6k=?= =?iso-8859-1?q?=E9?=\n\nx\n",
        "case": b"SUBJECT: x\nfRoM: a@b\nmessage-id: <x>\n\nx\n",
        "resent": b"Resent-From: a@b\nResent-To: c@d\nFrom: e@f\n\nx\n",
        "long-subject": b"Subject: " + b"word " * 3000 + b"\n\nx\n",
        "many-to": b"To: " + b",\n ".join(b"u%d@example.org" % i
                                         for i in range(1200)) + b"\n\nx\n",
    }
    for name, m in cases.items():
        yield "head-" + name, m


def types():
    values = [
        b"text", b"text/", b"text/html", b"TEXT/HTML; CHARSET=UTF-8",
        b"text/plain; charset", b"text/plain; charset=", b"text/plain;",
        b"text/plain; charset=\"utf-8", b"text/plain charset=utf-8",
        b"text/plain; charset=utf-8; charset=latin1", b"/plain", b"plain",
        b"", b"multipart", b"multipart/", b"multipart/mixed", b"multipart/mixed; boundary",
        b"multipart/mixed; boundary=", b'multipart/mixed; boundary=""',
        b"message/rfc822", b"message/delivery-status", b"message/partial; id=x",
        b"message/global", b"message", b"application/x; name=a b c",
        b"application/x; name=\"a\\\"b\"; x=y", b"application/x; =y; a=b",
        b"application/x; a==?utf-8?b?w6k=?=; b=c", b"image/png; name=\xe9",
        b"application/x; name*=utf-8''%C3%A9", b"a/b; n*0=x; n*1=y",
        b"a/b; n*1=y; n*0=x", b"a/b; n*0*=utf-8''%C3; n*1*=%A9; n*2=z%",
        b"a/b; n*0=x; n*2=y", b"a/b; n*1=x", b"a/b; n=1; n*=utf-8''2",
        b"a/b; n*x=1", b"a/b; n**=1", b"a/b; n*00=1", b"a/b (c); d=e (f)",
        b"a / b ; c = d", b"a/b; c=d;; e=f", b"a/b; c=d, e=f", b"a/b\n\t; c=d",
        b"a/b; c=\"d\n e\"", b"(c) text/html", b"text/html; a=b/c",
        b"text/x-\xc3\xa9", b"text/plain; format=flowed; delsp=yes",
        b"multipart/digest", b"multipart/rfc822", b"text/plain/x", b"a/b/c; d=e",
        b"image/jpeg; name=\"=?utf-8?q?x?=\"", b"text/plain;charset=x\0y",
        b"; charset=utf-8", b"\"text/plain\"", b"text/\"plain\"",
    ]
    for i, v in enumerate(values):
        yield "type-%02d" % i, header(b"MIME-Version: 1.0",
                                      b"Content-Type: " + v)
        yield "part-%02d" % i, mixed([b"Content-Type: " + v + b"\n\nbody\n"])
    others = [
        (b"Content-Transfer-Encoding", [
            b"base64", b"BASE64", b"base64;", b"base64 (c)", b"\"base64\"",
            b"", b"x y", b"quoted-printable", b"8bit", b"(c) 7bit"]),
        (b"Content-Disposition", [
            b"attachment", b"attachment; filename=x", b"inline;", b"",
            b"attachment; filename=\"a;b\"", b"\"attachment\"; x=y",
            b"attachment filename=x", b"attachment; filename*=utf-8''%20",
            b"attachment; filename=a b.txt", b"; x=y"]),
        (b"Content-Language", [
            b"en", b"en, de", b"en,de,", b"en de", b"", b"(x) en", b"en;q=1",
            b",en", b"\"en\"", b"en-GB (British), de (x)"]),
        (b"Content-ID", [b"<x@y>", b"x", b"", b"<a\n b>", b"(c) <x>"]),
        (b"Content-Description", [b"some text", b"a\n b", b"  x ",
                                  b"=?utf-8?q?x?=", b"\xe9"]),
        (b"Content-MD5", [b"Q2hlY2sgSW50ZWdyaXR5IQ==", b"x\n y"]),
        (b"Content-Location", [b"http://a/b", b"a\n b", b"\"x\""]),
    ]
    for name, vs in others:
        for i, v in enumerate(vs):
            line = name + b": " + v + b"\n"
            tag = name.decode().lower()
            yield "%s-%d" % (tag, i), mixed([line + b"\nbody\n"])
            yield "top-%s-%d" % (tag, i), PLAIN + line + b"\nbody\n"
            yield "mime-%s-%d" % (tag, i), (
                PLAIN + b"MIME-Version: 1.0\n" + line + b"\nbody\n")
    yield "disp-twice", mixed([b"Content-Disposition: inline\n"
                               b"Content-Disposition: attachment; a=b\n\nx\n"])
    yield "type-twice", mixed([b"Content-Type: text/html\n"
                               b"Content-Type: a/b; a=b\n\nx\n"])


def structures():
    text = b"Content-Type: text/plain\n\nhello\nworld\n"
    inner = (b"Content-Type: multipart/alternative; boundary=c\n\n"
             b"--c\n\none\n--c\nContent-Type: text/html\n\ntwo\n--c--\n")
    msg = b"Content-Type: message/rfc822\n\n"
    nested = mixed([text, text])
    cases = {
        "two": mixed([text, text]),
        "no-end": mixed([text, text], tail=b""),
        "no-end-no-lf": mixed([text], tail=b"")[:-1],
        "end-no-lf": mixed([text], tail=b"--b--"),
        "only-end": mixed([], tail=b"--b--\n"),
        "nothing": mixed([], tail=b""),
        "no-parts": mixed([], tail=b"just text\n"),
        "preamble": mixed([text], extra=b"\npreamble\n"),
        "epilogue": mixed([text], tail=b"--b--\nepilogue\n--b\nmore\n"),
        "empty-parts": mixed([b"", b"", b"\n"]),
        "open-last": mixed([text], tail=b"--b\n"),
        "open-last-no-lf": mixed([text], tail=b"--b"),
        "header-only": mixed([b"Content-Type: text/html"]),
        "header-cut": mixed([b"Content-Type: text/html\nX: y"], tail=b"--b\nA: b\n--b--\n"),
        "header-eof": mixed([], tail=b"--b\nContent-Type: text/html"),
        "quoted": mixed([text], boundary=b'"b b"', tail=b"--b b--\n"),
        "padded": mixed([text], tail=b"--b   \n\nx\n--b--  \n"),
        "prefix": mixed([text], tail=b"--bcd\n\nx\n--b--\n"),
        "dashes": mixed([text], tail=b"--b-\n\nx\n--b---\n"),
        "nested": mixed([inner, text]),
        "nested-unclosed": mixed([inner.replace(b"--c--\n", b""), text]),
        "nested-same": mixed([inner.replace(b"=c", b"=b").replace(
            b"--c", b"--b"), text]),
        "nested-prefix": mixed([inner.replace(b"=c", b"=bb").replace(
            b"--c", b"--bb"), text]),
        "nested-prefix2": mixed([inner, text], boundary=b"cc",
                                tail=b"--cc--\n"),
        "nested-epilogue": mixed([inner + b"epi\nlogue\n", text]),
        "rfc822": mixed([msg + nested, text]),
        "rfc822-unclosed": mixed([msg + mixed([text], boundary=b"q",
                                              tail=b""), text]),
        "rfc822-empty": mixed([msg, text]),
        "rfc822-cut": mixed([b"Content-Type: message/rfc822"]),
        "rfc822-noheader": mixed([msg + b"\nbody only\n"]),
        "rfc822-headonly": mixed([msg + PLAIN]),
        "rfc822-base64": mixed([b"Content-Transfer-Encoding: base64\n" + msg
                                + b"RnJvbTogYUBi\n"]),
        "rfc822-top": PLAIN + msg + nested,
        "rfc822-top-plain": PLAIN + msg + PLAIN + b"\ninner\n",
        "rfc822-deep": PLAIN + msg + PLAIN + msg + PLAIN + msg + PLAIN +
        b"\ndeep\n",
        "rfc822-nomime": mixed([msg + PLAIN + b"Content-Transfer-Encoding: "
                                b"base64\n\nAAAA\n"]),
        "digest": mixed([PLAIN + b"\none\n", b"\n" + PLAIN + b"\ntwo\n",
                         text]).replace(b"multipart/mixed",
                                        b"multipart/digest"),
        "digest-empty": mixed([b"", b"\n"]).replace(b"/mixed", b"/digest"),
        "long-boundary": mixed([text], boundary=b"x" * 70,
                               tail=b"--" + b"x" * 70 + b"--\n"),
        "overlong-boundary": mixed([text], boundary=b"y" * 100,
                                   tail=b"--" + b"y" * 100 + b"--\n"),
        "boundary-2231": mixed([text]).replace(
            b"boundary=b", b"boundary*0=b; boundary*1=\"\""),
        "boundary-ext": mixed([text]).replace(b"boundary=b",
                                              b"boundary*=utf-8''b"),
        "no-mime-version": nested.replace(b"MIME-Version: 1.0\n", b""),
        "broken-type": nested.replace(b"multipart/mixed", b"multipart"),
        "first-line": mixed([b"--b--"]),
        "dash-lines": mixed([b"\n-\n--\n---\n-- \n--x\n"]),
        "blank-before": mixed([b"\n\n\n"]),
        "cr-boundary": mixed([text]).replace(b"\n--b", b"\r--b"),
        "deep": deep(20),
        "many": mixed([text] * 300),
        "nul": mixed([b"\na\0b\n"]),
        "long-line": mixed([b"\n" + b"z" * 20000 + b"\n"]),
    }
    for name, m in cases.items():
        yield "mime-" + name, m
        if b"\r" not in m:
            yield "mime-" + name + "-crlf", crlf(m)


def deep(n):
    m = b"Content-Type: text/plain\n\nbottom\n"
    for i in range(n):
        b = b"d%d" % i
        m = (b"Content-Type: multipart/mixed; boundary=" + b + b"\n\n--" + b +
             b"\n" + m + b"\n--" + b + b"--\n")
    return PLAIN + b"MIME-Version: 1.0\n" + m


def named():
    for group in (addresses, headers, types, structures):
        yield from group()


TOKENS = [b"\n", b"\r\n", b"\r", b"\0", b"--b\n", b"--b--\n", b"--c", b" ",
          b"\n\n", b":", b";", b"\"", b"(", b")", b"<", b">", b",", b"@",
          b"=", b"Content-Type: multipart/mixed; boundary=c\n",
          b"Content-Type: message/rfc822\n", b"\n--", b"\xe9", b"*0="]


def mutated(seed, count):
    rnd = random.Random(seed)
    pool = [m for _, m in named() if len(m) < 3000]
    for i in range(count):
        m = bytearray(rnd.choice(pool))
        for _ in range(rnd.randint(1, 6)):
            at = rnd.randint(0, len(m))
            what = rnd.randint(0, 3)
            if what == 0:
                m[at:at] = rnd.choice(TOKENS)
            elif what == 1:
                del m[at:at + rnd.randint(1, 20)]
            elif what == 2:
                other = rnd.choice(pool)
                cut = rnd.randint(0, len(other))
                m[at:at] = other[cut:cut + rnd.randint(1, 80)]
            elif at < len(m):
                m[at] = rnd.choice(rnd.choice(TOKENS))
        yield "mut-%d-%d" % (seed, i), bytes(m)
