"""
An issuer that publishes honest keys and signs whatever a test wants, in front of which a back end must be strict.

Stands in for the service where the service would never sign such a thing.
"""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey


class Issuer:
    """Publishes one ES256 and one RS256 key, and calls every token inactive; usable as a context manager."""

    def __init__(self) -> None:
        """Make the keys and listen; requests are answered from `with` on."""
        self.fetches = 0
        self._ec = ECKey.generate_key("P-256", {"kid": "ec", "alg": "ES256", "use": "sig"})
        self._rsa = RSAKey.generate_key(2048, {"kid": "rsa", "alg": "RS256", "use": "sig"})
        issuer = self

        class Doors(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.fetches += 1
                self._say({"keys": [key.as_dict(private=False) for key in (issuer._ec, issuer._rsa)]})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._say({"active": False})

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def _say(self, body: dict[str, Any]) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Doors)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def token(self, **other: Any) -> str:
        """Return a good access token, but for the header and claims in *other*; None leaves one out."""
        wanted = {"typ": "at+jwt", "kid": "ec", "iss": self.url, "aud": self.url, "sub": "66f1c0ffee0ddba11ad00001"}
        said = {**wanted, "exp": int(time.time()) + 600, **other}
        present = {name: value for name, value in said.items() if value is not None}
        header = {name: present.pop(name) for name in ("typ", "kid") if name in present}
        return jwt.encode({"alg": "ES256", **header}, present, self._ec, algorithms=["ES256"])

    def signed_with_rsa(self) -> str:
        """Return a token that says ES256 and names the published RSA key, with which it is signed (RFC 8725 §2.1)."""
        _, claims, _ = self.token(kid="rsa").split(".")
        header = _segment({"alg": "ES256", "typ": "at+jwt", "kid": "rsa"})
        signature = self._rsa.private_key.sign(f"{header}.{claims}".encode(), PKCS1v15(), SHA256())
        return f"{header}.{claims}.{_base64url(signature)}"

    def signed_with_public_key(self) -> str:
        """Return a token whose HMAC key is the PEM that everybody can make of the published key (RFC 8725 §2.1)."""
        _, claims, _ = self.token().split(".")
        header = _segment({"alg": "HS256", "typ": "at+jwt", "kid": "ec"})
        signature = hmac.digest(self._ec.as_pem(private=False), f"{header}.{claims}".encode(), "sha256")
        return f"{header}.{claims}.{_base64url(signature)}"

    def unsigned(self) -> str:
        """Return a token of the algorithm `none`."""
        _, claims, _ = self.token().split(".")
        return f"{_segment({'alg': 'none', 'typ': 'at+jwt', 'kid': 'ec'})}.{claims}."

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _segment(header: dict[str, str]) -> str:
    return _base64url(json.dumps(header).encode())


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
