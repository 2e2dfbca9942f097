# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The client's side of SASL SCRAM-SHA-256, and what a server stores for it."""

import base64
import hashlib
import hmac

from lib import need


def b64(data):
    return base64.b64encode(data.encode() if isinstance(data, str)
                            else data).decode()


def scram_stored(password, salt=b"0123456789abcdef", rounds=4096):
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    client = hmac.digest(salted, b"Client Key", "sha256")
    return "{SCRAM-SHA-256}%d,%s,%s,%s" % (
        rounds, b64(salt), b64(hashlib.sha256(client).digest()),
        b64(hmac.digest(salted, b"Server Key", "sha256")))


class Scram:
    """The client side of SCRAM (RFC 5802)."""

    def __init__(self, user, password):
        self.password = password
        self.bare = f"n={user},r=clientnonce"
        self.first = "n,," + self.bare

    def final(self, server_first):
        fields = dict(f.split("=", 1) for f in server_first.split(","))
        need(fields["r"].startswith("clientnonce"), "nonce")
        self.salt = base64.b64decode(fields["s"])
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(),
                                     self.salt, int(fields["i"]))
        head = f"c=biws,r={fields['r']}"
        message = f"{self.bare},{server_first},{head}".encode()
        client = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(client).digest(), message,
                                "sha256")
        self.signature = hmac.digest(
            hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        proof = bytes(a ^ b for a, b in zip(client, signature))
        return f"{head},p={b64(proof)}"
