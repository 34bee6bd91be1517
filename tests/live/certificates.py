# SPDX-License-Identifier: MIT
"""A certificate authority of the test's own: a server's certificate for status.example.org and
127.0.0.1, and a client's."""

import dataclasses
import pathlib
import subprocess

SERVER_NAME = "status.example.org"


@dataclasses.dataclass
class Authority:
    ca: pathlib.Path
    server_cert: pathlib.Path
    server_key: pathlib.Path
    client_cert: pathlib.Path
    client_key: pathlib.Path


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(*args):
    subprocess.run(["openssl", *(str(arg) for arg in args)], check=True, capture_output=True)


def _issue(folder, name, subject, extension):
    key, request, cert = (folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
    settings = folder / f"{name}.ext"
    settings.write_text(extension)
    _openssl("req", *NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={subject}")
    _openssl("x509", "-req", "-in", request, "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
             "-CAcreateserial", "-days", "2", "-extfile", settings, "-out", cert)
    return cert, key


def make(folder):
    folder.mkdir()
    ca = folder / "ca.pem"
    _openssl("req", "-x509", *NEW_KEY, "-keyout", folder / "ca.key", "-out", ca, "-days", "2",
             "-subj", "/CN=connledger test CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    server = _issue(folder, "server", SERVER_NAME,
                    f"subjectAltName=DNS:{SERVER_NAME},IP:127.0.0.1,IP:::1\n")
    client = _issue(folder, "client", "monitoring", "extendedKeyUsage=clientAuth\n")
    return Authority(ca, *server, *client)
