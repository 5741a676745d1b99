"""A physical key made of software: it answers as WebAuthn says, or lies as it is told to."""

import copy
import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "http://localhost:8080"
PRESENT, ELIGIBLE, ATTESTED = 0x01, 0x08, 0x40
MODEL = bytes(16)


def packed(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Excluded(Exception):
    """The key holds one of the credentials that it must not hold."""


class Silent(Exception):
    """The key holds none of the credentials that are asked for."""


@dataclass
class Authenticator:
    """One physical key; `origin` is where the browser says that it was asked."""

    origin: str = ORIGIN
    counts: bool = True
    copied: bool = False
    count: int = 0
    name: bytes | None = None
    held: dict[bytes, ec.EllipticCurvePrivateKey] = field(default_factory=dict)

    def clone(self) -> "Authenticator":
        """Another device with the same secrets, and the counter as it stands now."""
        return copy.copy(self)

    def create(self, options: dict[str, Any], **lies: Any) -> dict[str, Any]:
        """What `navigator.credentials.create()` gives."""
        if any(unpacked(it["id"]) in self.held for it in options.get("excludeCredentials", ())):
            raise Excluded
        credential, private = (
            self.name or secrets.token_bytes(32),
            ec.generate_private_key(ec.SECP256R1()),
        )
        self.held[credential] = private
        point = private.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        about = MODEL + struct.pack(">H", len(credential)) + credential + cbor2.dumps(public)
        flags = PRESENT | ATTESTED | (ELIGIBLE if self.copied else 0)
        signed = self._authenticator_data(options["rp"]["id"], flags) + about
        statement = {"fmt": "none", "attStmt": {}, "authData": signed}
        return self._answer(
            credential,
            clientDataJSON=self._client("webauthn.create", options, lies),
            attestationObject=packed(cbor2.dumps(statement)),
            transports=["usb"],
        )

    def get(self, options: dict[str, Any], *, by: bytes | None = None, **lies: Any) -> Any:
        """What `navigator.credentials.get()` gives, by the first credential asked for or `by`."""
        asked = [unpacked(it["id"]) for it in options["allowCredentials"]]
        credential = by or next((it for it in asked if it in self.held), None)
        if credential is None:
            raise Silent
        data = self._authenticator_data(options["rpId"], PRESENT)
        client = self._client("webauthn.get", options, lies)
        signed = data + hashlib.sha256(unpacked(client)).digest()
        return self._answer(
            credential,
            clientDataJSON=client,
            authenticatorData=packed(data),
            signature=packed(self.held[credential].sign(signed, ec.ECDSA(SHA256()))),
            userHandle=None,
        )

    def _authenticator_data(self, rp_id: str, flags: int) -> bytes:
        self.count += 1 if self.counts else 0
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, kind: str, options: dict[str, Any], lies: dict[str, Any]) -> str:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, **lies}
        return packed(json.dumps(said).encode())

    def _answer(self, credential: bytes, **response: Any) -> dict[str, Any]:
        name = packed(credential)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}
