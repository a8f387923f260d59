"""A little OpenID provider, in a process of its own: one person, who is always signed in there.

It can be told to be wrong (`POST /control`), in each way in which an ID token can be.
"""

import base64
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

__all__ = ["CLIENT", "SECRET", "Provider", "running_provider"]

CLIENT = "hanze-node"
SECRET = "what only both know"  # noqa: S105  # of a test


class Provider:
    """Speaks to the process."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, **how: object) -> None:
        """Say who the person is ("claims"), and what is wrong with the provider ("wrong")."""
        httpx.post(f"{self.url}/control", json=how, timeout=10).raise_for_status()

    def sign_in(self, address: str) -> str:
        """Follow an address of the provider; return where it sends the browser back to."""
        answer = httpx.get(address, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


@contextmanager
def running_provider() -> Iterator[Provider]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.openid_provider"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield Provider(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


class _State:
    def __init__(self) -> None:
        self.url = ""
        self.keys = {"one": _key("one"), "two": _key("two"), "foreign": _key("foreign")}
        self.how: dict[str, Any] = {}
        self.codes: dict[str, Mapping[str, str]] = {}

    def id_token(self, asked: Mapping[str, str]) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "person-1",
            "nonce": asked.get("nonce"),
            "iat": now,
            "exp": now + 60,
            **self.how.get("claims", {}),
        }
        if self.how.get("wrong") == "algorithm":
            public = json.dumps(self.keys["one"].as_dict(private=False))
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(public * 2))
        if self.how.get("wrong") == "unsigned":
            parts = ({"alg": "none"}, claims)
            return ".".join([*(_b64(json.dumps(part).encode()) for part in parts), ""])
        key = self.keys[self.how.get("key", "one")]
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)

    def public(self) -> Mapping[str, object]:
        names = ("two",) if self.how.get("key") == "two" else ("one",)
        return KeySet([self.keys[name] for name in names]).as_dict(private=False)


def _key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name}, private=True)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_STATE = _State()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/.well-known/openid-configuration":
            self._json(
                {
                    "issuer": _STATE.how.get("issuer", _STATE.url),
                    "authorization_endpoint": f"{_STATE.url}/authorize",
                    "token_endpoint": f"{_STATE.url}/token",
                    "jwks_uri": f"{_STATE.url}/keys",
                }
            )
        elif path == "/keys":
            self._json(_STATE.public())
        elif path == "/authorize":
            asked = dict(parse_qsl(urlsplit(self.path).query))
            assert asked["response_type"] == "code"
            assert asked["client_id"] == CLIENT
            assert asked["code_challenge_method"] == "S256"
            code = f"code-{len(_STATE.codes)}"
            _STATE.codes[code] = asked
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_response(302)
            self.send_header("location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        else:
            self._json({}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/control":
            _STATE.how = json.loads(body)
            self._json({})
            return
        given = dict(parse_qsl(body.decode()))
        asked = _STATE.codes.pop(given.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".replace(" ", " ").encode()).decode()
        verifier = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if self.headers.get("authorization") != f"Basic {basic}":
            self._json({"error": "invalid_client"}, 401)
        elif (
            asked is None
            or asked["code_challenge"] != _b64(verifier)
            or asked["redirect_uri"] != given.get("redirect_uri")
        ):
            self._json({"error": "invalid_grant"}, 400)
        else:
            self._json({"token_type": "Bearer", "id_token": _STATE.id_token(asked)})

    def _json(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
        """Say nothing."""


def main() -> None:
    """Serve until the process ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    _STATE.url = f"http://127.0.0.1:{server.server_address[1]}"
    sys.stdout.write(_STATE.url + "\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
