#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Generate the corpus of the benchmark: corpus.py DIR COUNT [SEED]

Writes COUNT messages into DIR, always the same ones for the same seed: a median
of 8 KB with a long tail, Received chains, DKIM and ARC, plain text,
alternatives, HTML, attachments, several charsets and threads.  Files have LF
line ends and the mtime of their date, like delivered mail.
"""

import base64
import os
import quopri
import random
import sys

SYLLABLES = ("ka", "lo", "mi", "ter", "san", "vo", "re", "lin", "do", "pa",
             "ne", "gra", "tu", "sel", "bor", "an", "ti", "mar", "qui", "os")
NAMES = ("Anna Berg", "Bo Larsen", "Chloé Dubois", "David Meyer",
         "Eva Žižková", "Фёдор Петров", "Grace O'Neill", "山田 太郎",
         "Ines Gómez", "Jörg Müller")
CHARSETS = (("us-ascii", "the quick brown fox", 50),
            ("utf-8", "größere Änderungen für Jörg – 日本語 und ещё", 30),
            ("iso-8859-1", "größere Änderungen für Jörg", 12),
            ("windows-1251", "ещё одно сообщение", 4),
            ("iso-2022-jp", "日本語の手紙です", 4))
BASE_TIME = 1_600_000_000


class Corpus:
    def __init__(self, seed):
        self.r = random.Random(seed)
        r = self.r
        self.words = ["".join(r.choices(SYLLABLES, k=r.randint(1, 4)))
                      for _ in range(4000)]
        self.weights = [1 / (i + 10) for i in range(4000)]
        # Text consists of paragraphs that are made once: that is fast, and as
        # repetitive as real mail.
        self.pars = [self.paragraph(r.randint(3, 12)) for _ in range(600)]
        self.blob = bytes(r.getrandbits(8) for _ in range(60_000))
        self.threads = []

    def sentence(self, n):
        words = self.r.choices(self.words, self.weights, k=n)
        return " ".join(words).capitalize() + "."

    def paragraph(self, lines):
        return "".join(self.sentence(self.r.randint(6, 11))[:76] + "\n"
                       for _ in range(lines)) + "\n"

    def text(self, size, charset_text):
        out, n = [charset_text + "\n\n"], 0
        while n < size:
            p = self.r.choice(self.pars)
            out.append(p)
            n += len(p)
        return "".join(out)

    def address(self, name, i):
        if name.isascii():
            shown = '"%s"' % name if "'" in name else name
        else:
            shown = "=?utf-8?B?%s?=" % base64.b64encode(
                name.encode()).decode()
        return "%s <user%d@host%d.example.org>" % (shown, i, i % 97)

    def hexes(self, n):
        return "%0*x" % (n, self.r.getrandbits(4 * n))

    def b64lines(self, n, indent):
        s = base64.b64encode(self.blob[:n]).decode()
        k = self.r.randrange(40)
        s = s[k:] + s[:k]
        return ("\n" + indent).join(s[i:i + 68] for i in range(0, len(s), 68))

    def headers(self, i, date):
        r, out = self.r, []
        for hop in range(r.randint(2, 6)):
            out.append("Received: from relay%d.example.net (relay%d.example"
                       ".net [192.0.2.%d])\n\tby mx%d.example.org (Postfix) "
                       "with ESMTPS id %s\n\tfor <me@example.org>; %s\n"
                       % (hop, hop, r.randint(1, 254), hop, self.hexes(10),
                          date))
        if r.random() < 0.7:
            out.append("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;"
                       " d=example.org;\n\ts=sel%d; t=%d; bh=%s;\n\th=From:"
                       "Date:Subject:To:Message-ID;\n\tb=%s\n"
                       % (r.randint(1, 9), BASE_TIME + i,
                          self.b64lines(32, "\t"), self.b64lines(256, "\t")))
        if r.random() < 0.2:
            out.append("ARC-Seal: i=1; a=rsa-sha256; t=%d; cv=none;\n\tb=%s\n"
                       % (BASE_TIME + i, self.b64lines(256, "\t")))
        out.append("X-Spam-Status: No, score=-%d.1 required=5.0\n"
                   % r.randint(0, 9))
        msgid = "<%s.%d@host%d.example.org>" % (self.hexes(16), i, i % 97)
        if self.threads and r.random() < 0.5:
            subject, refs = r.choice(self.threads[-200:])
            out.append("In-Reply-To: %s\nReferences: %s\n"
                       % (refs[-1], "\n\t".join(refs[-10:])))
            refs = refs + [msgid]
            shown = "Re: " + subject
        else:
            subject = self.sentence(r.randint(2, 8))[:-1]
            if r.random() < 0.1:
                subject = "=?utf-8?Q?%s_=C3=A4?=" % subject.replace(" ", "_")
            refs, shown = [msgid], subject
        self.threads.append((subject, refs))
        out.append("Message-ID: %s\nDate: %s\nFrom: %s\nTo: %s\n"
                   % (msgid, date, self.address(r.choice(NAMES), i % 311),
                      self.address("Me", 1)))
        if r.random() < 0.3:
            out.append("Cc: " + ",\n\t".join(
                self.address(r.choice(NAMES), r.randint(0, 999))
                for _ in range(r.randint(1, 8))) + "\n")
        if r.random() < 0.15:
            out.append("List-Id: <list%d.example.org>\nPrecedence: list\n"
                       % r.randint(1, 20))
        out.append("Subject: %s\nMIME-Version: 1.0\n" % shown)
        return "".join(out)

    def leaf(self, kind, size):
        charset, sample, _ = self.r.choices(
            CHARSETS, [c[2] for c in CHARSETS])[0]
        text = self.text(size, sample)
        if kind == "html":
            text = "<html><body>\n" + text.replace(
                "\n\n", "<br>\n<p class=\"x\">\n") + "</body></html>\n"
        raw = text.encode(charset, "replace")
        head = "Content-Type: text/%s; charset=%s\n" % (kind, charset)
        if charset == "us-ascii":
            enc, body = "7bit", raw.decode("ascii")
        elif charset == "utf-8" and self.r.random() < 0.4:
            enc, body = "base64", base64.encodebytes(raw).decode()
        else:
            enc, body = ("quoted-printable",
                         quopri.encodestring(raw).decode("ascii"))
        return head + "Content-Transfer-Encoding: %s\n\n%s" % (enc, body)

    def attachment(self, size):
        k = self.r.randrange(1000)
        data = (self.blob * (size // len(self.blob) + 2))[k:k + size]
        name = self.r.choice(("report.pdf", "photo.jpg", "table.xlsx"))
        return ("Content-Type: application/octet-stream; name=\"%s\"\n"
                "Content-Disposition: attachment; filename=\"%s\"\n"
                "Content-Transfer-Encoding: base64\n\n%s"
                % (name, name, base64.encodebytes(data).decode()))

    def multipart(self, kind, parts):
        b = "=_" + self.hexes(24)
        return ("Content-Type: multipart/%s;\n\tboundary=\"%s\"\n\n"
                "This is a message in MIME format.\n" % (kind, b) +
                "".join("--%s\n%s\n" % (b, p) for p in parts) +
                "--%s--\n" % b)

    def message(self, i):
        r = self.r
        when = BASE_TIME + i * 3600
        date = "%s, %d %s 20%02d %02d:%02d:00 +0%d00" % (
            r.choice(("Mon", "Tue", "Wed")), r.randint(1, 28),
            r.choice(("Jan", "Apr", "Sep")), r.randint(15, 25),
            r.randint(0, 23), r.randint(0, 59), r.randint(0, 2))
        size = min(int(r.lognormvariate(8.3, 0.9)), 60_000)
        kind = r.random()
        if kind < 0.35:
            body = self.leaf("plain", size)
        elif kind < 0.75:
            body = self.multipart("alternative", [
                self.leaf("plain", size // 3), self.leaf("html", size)])
        elif kind < 0.87:
            body = self.leaf("html", size)
        else:
            body = self.multipart("mixed", [
                self.multipart("alternative", [
                    self.leaf("plain", size // 3), self.leaf("html", size)])]
                + [self.attachment(min(int(r.lognormvariate(9, 1)), 120_000))
                   for _ in range(r.randint(1, 3))])
        return when, self.headers(i, date) + body


def main():
    out, count = sys.argv[1], int(sys.argv[2])
    corpus = Corpus(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    os.makedirs(out, exist_ok=True)
    sizes = []
    for i in range(count):
        when, text = corpus.message(i)
        data = text.encode("utf-8")
        sizes.append(len(data))
        path = os.path.join(out, "%d.M%dP1.bench" % (when, i))
        with open(path, "wb") as f:
            f.write(data)
        os.utime(path, (when, when))
    sizes.sort()
    print("corpus: %d messages, %.1f MB, median %.1f KB"
          % (count, sum(sizes) / 1e6, sizes[count // 2] / 1e3))


if __name__ == "__main__":
    main()
