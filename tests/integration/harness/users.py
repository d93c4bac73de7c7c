# SPDX-License-Identifier: Apache-2.0
"""Users of a weir under test, and what they show of themselves."""

import base64
import hashlib
import hmac
import json
import subprocess

JWT_SECRET = "the shared secret of tokens"


def hash_of(weir, password):
    """As `weir user hash` makes it."""
    done = subprocess.run(
        [weir.executable, "user", "hash"],
        input=password.encode() + b"\n",
        capture_output=True,
        check=True,
        timeout=20,
    )
    return done.stdout.decode().strip()


def basic(name, password):
    text = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


def token(secret, scheme="Token"):
    return {"Authorization": f"{scheme} {secret}"}


def web_token(name, ends, secret=JWT_SECRET, header=None):
    """A JSON web token, made by hand. `ends` as a text is written as it is."""

    def part(value):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    text = part(header or {"alg": "HS256", "typ": "JWT"})
    exp = ends if isinstance(ends, str) else json.dumps(ends)
    text += "." + part(f'{{"username": {json.dumps(name)}, "exp": {exp}}}'.encode())
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return token(f"{text}.{part(signature)}", "Bearer")
