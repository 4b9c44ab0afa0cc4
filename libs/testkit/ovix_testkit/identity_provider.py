"""An OpenID Connect provider of the tests' own: real HTTP, real signatures, real PKCE."""

import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

CLIENT_ID, CLIENT_SECRET = "ovix", "secret of the client"
NONCE = "n0"
"""Of ID tokens that are made without a login."""


@dataclass
class SigningKey:
    """A private key with its name and algorithm."""

    kid: str
    algorithm: str
    private: Any

    def public(self) -> dict[str, Any]:
        """The key as a JWKS lists it."""
        algorithm: Any = RSAAlgorithm if self.algorithm.startswith("RS") else ECAlgorithm
        listed = json.loads(algorithm.to_jwk(self.private.public_key()))
        return {**listed, "kid": self.kid, "use": "sig", "alg": self.algorithm}


def an_rsa_key(kid: str) -> SigningKey:
    """A key for RS256."""
    return SigningKey(kid, "RS256", rsa.generate_private_key(65537, 2048))


@cache
def _usual_key() -> SigningKey:
    """What providers begin with: making one takes longer than most tests."""
    return an_rsa_key("first")


def an_ec_key(kid: str) -> SigningKey:
    """A key for ES256."""
    return SigningKey(kid, "ES256", ec.generate_private_key(ec.SECP256R1()))


@dataclass
class TestProvider:
    """``with TestProvider() as provider``: it knows who is in ``claims`` and gives codes for them.

    ``answers`` counts requests by path; ``broken`` gives by path a status and body instead.
    """

    __test__ = False

    claims: dict[str, Any] = field(default_factory=dict)
    keys: list[SigningKey] = field(default_factory=lambda: [_usual_key()])
    answers: dict[str, int] = field(default_factory=dict)
    broken: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    silent: threading.Event = field(default_factory=threading.Event)
    """While set, nothing is answered."""
    lasts_s: Any = 3600
    """What it says how long an access token lasts."""
    grants: list[dict[str, str]] = field(default_factory=list)
    """The forms that the token endpoint took."""
    consents: set[str] = field(default_factory=set)
    """Refresh tokens that are good; each is used once, and another one given."""
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __enter__(self) -> "TestProvider":
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._get(self)

            def do_POST(self) -> None:
                provider._post(self)

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.silent.clear()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def issuer(self) -> str:
        """Its name and base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def id_token(self, key: SigningKey | None = None, **changes: Any) -> str:
        """A signed ID token of the person in ``claims``; a change to None leaves a claim out.

        No two are the same.
        """
        key = key or self.keys[0]
        now = int(time.time())
        given = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "4711", "iat": now, "exp": now + 300}
        given |= {"nonce": NONCE, "jti": secrets.token_hex(8)}
        told = {**given, **self.claims, **changes}
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(told, key.private, key.algorithm, headers={"kid": key.kid})

    def _get(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        if self._out_of_order(handler, url.path):
            return
        if url.path == "/.well-known/openid-configuration":
            described = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
            }
            self._answer(handler, 200, described)
        elif url.path == "/jwks":
            self._answer(handler, 200, {"keys": [each.public() for each in self.keys]})
        elif url.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            code = secrets.token_urlsafe(16)
            self._codes[code] = asked
            back = urlencode({"code": code, "state": asked.get("state", "")})
            handler.send_response(302)
            handler.send_header("Location", f"{asked['redirect_uri']}?{back}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        else:
            self._answer(handler, 404, {})

    def _post(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length", 0))
        form = {
            name: values[0]
            for name, values in parse_qs(handler.rfile.read(length).decode()).items()
        }
        if self._out_of_order(handler, handler.path):
            return
        basic = handler.headers.get("Authorization", "").removeprefix("Basic ")
        client, _, secret = b64decode(basic).decode().partition(":")
        if not basic:  # RFC 6749, 2.3.1 allows both
            client, secret = form.get("client_id", ""), form.get("client_secret", "")
        if (unquote(client), unquote(secret)) != (CLIENT_ID, CLIENT_SECRET):
            return self._answer(handler, 401, {"error": "invalid_client"})
        if form.get("grant_type") == "refresh_token":
            return self._refresh(handler, form)
        asked = self._codes.pop(form.get("code", ""), None)  # a code works once
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked.get("code_challenge_method") != "S256"
            or asked.get("code_challenge") != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
        ):
            return self._answer(handler, 400, {"error": "invalid_grant"})
        token = self.id_token(nonce=asked.get("nonce"))
        return self._answer(handler, 200, {**self._granted(form), "id_token": token})

    def _refresh(self, handler: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        if form.get("refresh_token") not in self.consents:
            return self._answer(handler, 400, {"error": "invalid_grant"})
        self.consents.remove(form["refresh_token"])
        return self._answer(handler, 200, self._granted(form))

    def _granted(self, form: dict[str, str]) -> dict[str, Any]:
        self.grants.append(form)
        number = len(self.grants)
        self.consents.add(f"refresh-{number}")
        return {
            "access_token": f"access-{number}",
            "refresh_token": f"refresh-{number}",
            "token_type": "Bearer",
            "expires_in": self.lasts_s,
        }

    def _out_of_order(self, handler: BaseHTTPRequestHandler, path: str) -> bool:
        self.answers[path] = self.answers.get(path, 0) + 1
        while self.silent.is_set():
            time.sleep(0.02)
        if path not in self.broken:
            return False
        status, body = self.broken[path]
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    def _answer(self, handler: BaseHTTPRequestHandler, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
