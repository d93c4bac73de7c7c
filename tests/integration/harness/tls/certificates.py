# SPDX-License-Identifier: Apache-2.0
"""Certificates that tests make for themselves, with openssl."""

import os
import subprocess

OPENSSL_ENVIRONMENT = {**os.environ, "OPENSSL_CONF": "/dev/null"}


def openssl(*arguments, **keys):
    done = subprocess.run(
        ["openssl", *map(str, arguments)],
        check=keys.pop("check", True),
        capture_output=True,
        timeout=30,
        env=OPENSSL_ENVIRONMENT,
        **keys,
    )
    return done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


def make_certificate(directory, name, authority=None):
    """NAME.pem and NAME.key, signed by themselves or an authority of that name."""
    key, pem = directory / f"{name}.key", directory / f"{name}.pem"
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key]
    names = ["-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"]
    signed = []
    if authority is None:
        names += ["-addext", "basicConstraints=critical,CA:TRUE"]
    else:
        signed = ["-CA", directory / f"{authority}.pem", "-CAkey", directory / f"{authority}.key"]
    if authority is None or "-CA" in openssl("req", "-help"):
        openssl("req", "-x509", "-days", "2", *new_key, *names, *signed, "-out", pem)
        return pem
    request = directory / f"{name}.csr"
    openssl("req", *new_key, "-subj", f"/CN={name}", "-out", request)
    openssl("x509", "-req", "-days", "2", "-in", request, *signed, "-CAcreateserial", "-out", pem)
    return pem
