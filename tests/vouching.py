"""Being a provider on loopback: OpenID Connect, Microsoft's kind of it, and GitHub's OAuth.

It speaks real HTTP to the portal and signs real tokens. A test tells it what to lie about.
"""

import base64
import hashlib
import hmac
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.listening import listening

CLIENT = "atrium"
SECRET = "a client's secret: & very secret"
TENANT = "5f0f7b52-7a36-4c31-9d0c-0b3c2d9bb111"


@cache
def key(name):
    """Return a key, the same each time: making one takes long."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


def encoded(data):
    """Return bytes as tokens hold them."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Vouching:
    """A provider and what it is told to do. `claims` are laid over every token's own."""

    address: str = ""
    claims: dict = field(default_factory=dict)
    left_out: tuple = ()
    answer: dict = field(default_factory=dict)
    metadata: dict = field(default_factory=dict)
    algorithm: str = "RS256"
    subject: str = "ann"
    asked: dict = field(default_factory=dict)

    def __post_init__(self):
        self.key = key("today")
        self.signs_with = self.key
        self._codes = {}
        self._numbers = count()

    def back(self, address):
        """Sign in there, as a browser that was sent to the address; return its way back."""
        asked = {
            name: value for name, (value,) in parse_qs(urlsplit(address).query).items()
        }
        self.asked = asked
        code = f"code-{next(self._numbers)}"
        self._codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer} | self.answer
        answer = {name: value for name, value in answer.items() if value is not None}
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode(answer)}"

    @property
    def issuer(self):
        """What it calls itself, as its tokens say."""
        return self.address

    async def serve(self, reader, writer):
        """Answer one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split("\r\n", 1)[0].split(" ", 2)
        headers = dict(
            line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
        )
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        form = {name: value for name, (value,) in parse_qs(body.decode()).items()}
        status, data = self.respond(method, urlsplit(target).path, form, headers)
        text = json.dumps(data).encode()
        lines = f"HTTP/1.1 {status} X\r\ncontent-length: {len(text)}\r\nconnection: close"
        writer.write(f"{lines}\r\n\r\n".encode() + text)
        await writer.drain()

    def respond(self, method, path, form, headers):
        """Return the status and the document for a request."""
        if path.endswith("/openid-configuration"):
            return 200, self.discovery()
        if path.endswith("/keys"):
            return 200, KeySet([self.key]).as_dict(private=False)
        if method == "POST" and path.endswith(("/token", "/access_token")):
            return self.redeem(form)
        if path == "/user":
            assert headers["authorization"] == "bearer an-access-token"
            return 200, {"id": 4711, "login": self.subject, "name": "Ann", "email": None}
        return 404, {}

    def discovery(self):
        """Return what it says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "authorization_response_iss_parameter_supported": True,
        } | self.metadata

    def redeem(self, form):
        """Return tokens for a code: once, to who asked for it."""
        asked = self._codes.pop(form.get("code"), None)
        verifier = form.get("code_verifier", "").encode()
        fits = asked and (
            encoded(hashlib.sha256(verifier).digest()),
            form["client_id"],
            form["client_secret"],
            form["redirect_uri"],
        ) == (asked["code_challenge"], CLIENT, SECRET, asked["redirect_uri"])
        if not fits:
            return 400, {"error": "invalid_grant"}
        token = {"access_token": "an-access-token", "token_type": "Bearer"}
        return 200, token | {"id_token": self.token(asked), "expires_in": 60}

    def token(self, asked):
        """Return a token, true but for what the test wants."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": self.subject,
            "email": f"{self.subject}@id.example",
            "name": self.subject.title(),
            "nonce": asked.get("nonce"),
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
        }
        claims = {
            name: value
            for name, value in (claims | self.claims).items()
            if name not in self.left_out
        }
        header = {"alg": self.algorithm, "kid": self.signs_with.kid}
        if self.algorithm == "RS256":
            return jwt.encode(header, claims, self.signs_with)
        text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
        if self.algorithm == "none":
            return f"{text}."
        secret = self.key.as_pem(private=False)  # which everybody knows
        return f"{text}.{encoded(hmac.digest(secret, text.encode(), 'sha256'))}"


class Tenants(Vouching):
    """Microsoft's kind: a person is an object in a tenant, and the issuer has a blank."""

    tenant = TENANT

    @property
    def issuer(self):
        return f"{self.address}/{{tenantid}}/v2.0"

    def token(self, asked):
        self.claims = {
            "iss": f"{self.address}/{self.tenant}/v2.0",
            "tid": self.tenant,
            "oid": f"object-of-{self.subject}",
            "preferred_username": f"{self.subject}@tenant.example",
        } | self.claims
        return super().token(asked)


@asynccontextmanager
async def vouching(kind=Vouching, *, name="127.0.0.1", tls=None):
    """Run a provider; yield it."""
    provider = kind()
    async with listening(provider.serve, ssl=tls) as port:
        provider.address = f"{'https' if tls else 'http'}://{name}:{port}"
        yield provider
