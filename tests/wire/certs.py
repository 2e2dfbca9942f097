# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Certificates for tests, made with openssl(1): a CA for each server, the
certificates that it signs, and OCSP answers."""

import os
import subprocess

KINDS = {
    "rsa": ["-newkey", "rsa:2048"],
    "ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
}


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, timeout=60,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Ca:
    """The CA in a folder: the one that etc/make-cert left there, or a new
    one."""

    def __init__(self, folder):
        self.folder = folder
        self.serial = 1000
        if not os.path.exists(self.path("ca.pem")):
            os.makedirs(folder, exist_ok=True)
            openssl("req", "-x509", *KINDS["ecdsa"], "-nodes", "-days", "30",
                    "-keyout", self.path("ca.key"), "-out",
                    self.path("ca.pem"), "-subj", "/CN=CA of a test",
                    "-addext", "basicConstraints=critical,CA:TRUE",
                    "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, file, kind, *names, usage="serverAuth"):
        """Make FILE.crt and FILE.key for these names; the first is the
        subject."""
        self.serial += 1
        ext, csr = self.path("issue.ext"), self.path("issue.csr")
        with open(ext, "w") as f:
            f.write("basicConstraints = CA:FALSE\nsubjectAltName = " +
                    ", ".join("DNS:" + name for name in names) +
                    f"\nextendedKeyUsage = {usage}\n")
        openssl("req", *KINDS[kind], "-nodes", "-subj", "/CN=" + names[0],
                "-keyout", self.path(file + ".key"), "-out", csr)
        openssl("x509", "-req", "-in", csr, "-CA", self.path("ca.pem"),
                "-CAkey", self.path("ca.key"), "-set_serial",
                str(self.serial), "-days", "30", "-extfile", ext, "-out",
                self.path(file + ".crt"))
        os.chmod(self.path(file + ".key"), 0o600)
        return self.path(file + ".crt"), self.path(file + ".key")

    def staple(self, file):
        """Make FILE.ocsp, an answer that the certificate FILE.crt is good."""
        index, request = self.path("index.txt"), self.path("ocsp.req")
        with open(index, "w") as f:
            f.write(f"V\t491231235959Z\t\t{self.serial:X}\tunknown\t/CN=x\n")
        openssl("ocsp", "-issuer", self.path("ca.pem"), "-cert",
                self.path(file + ".crt"), "-no_nonce", "-reqout", request)
        openssl("ocsp", "-index", index, "-CA", self.path("ca.pem"),
                "-rsigner", self.path("ca.pem"), "-rkey",
                self.path("ca.key"), "-ndays", "30", "-reqin", request,
                "-respout", self.path(file + ".ocsp"))
        return self.path(file + ".ocsp")
