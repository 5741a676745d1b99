"""Speaking to physical keys in the words of WebAuthn, and believing only what is signed.

A key is asked to be touched, not to know a PIN: the password is what its holder knows. The library
is loaded when the first key is asked, for a server that asks none needs none of it.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from app.errors import DomainError
from app.i18n import N_
from app.models.accounts import Account
from app.models.key_credentials import KeyCredential
from app.models.keys import Key
from app.security.key_policy import policy

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

RULE, ARTICLE = "M8", "第八条"
MOST_ANSWER = 20_000
MOST_ID = 1023
TRANSPORTS = frozenset({"usb", "nfc", "ble", "hybrid", "internal", "smart-card"})
CREATE, GET = "webauthn.create", "webauthn.get"

T = TypeVar("T")


class Unproven(DomainError):
    """What was shown does not prove that the key is there."""

    code = "answer_invalid"
    msgid = N_("What the key answered does not fit the question. Try again.")
    rule = RULE
    article = ARTICLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A key that has proven itself for the first time."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    model: str


def read_answer(raw: Any) -> dict[str, Any]:
    """Return a browser's answer (`PublicKeyCredential` as JSON, or already read); or Unproven."""
    if isinstance(raw, str):
        if len(raw) > MOST_ANSWER:
            raise Unproven
        try:
            raw = json.loads(raw)
        except ValueError:
            raise Unproven from None
    if not isinstance(raw, dict) or not isinstance(raw.get("response"), dict):
        raise Unproven
    return raw


def credential_id_of(answer: dict[str, Any]) -> bytes:
    """Return by which credential a key answered."""
    from webauthn.helpers import base64url_to_bytes

    raw = answer.get("rawId")
    if not isinstance(raw, str) or len(raw) > 2 * MOST_ID:
        raise Unproven
    return _parsed(base64url_to_bytes, raw)


def creation_options(
    challenge: bytes, *, account: Account, key: Key, exclude: Iterable[KeyCredential]
) -> dict[str, Any]:
    """Return what `navigator.credentials.create()` is asked, as JSON."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AttestationConveyancePreference,
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=policy().rp_id,
        rp_name="Keydesk",
        user_id=f"{account.id}:{key.id}".encode(),
        user_name=account.login_name,
        user_display_name=f"{account.name} {key.serial}",
        challenge=challenge,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.DISCOURAGED,
        ),
        exclude_credentials=_descriptors(exclude),
    )
    return _as_json(options_to_json(options))


def request_options(challenge: bytes, *, allow: Iterable[KeyCredential]) -> dict[str, Any]:
    """Return what `navigator.credentials.get()` is asked, as JSON."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=policy().rp_id,
        challenge=challenge,
        allow_credentials=_descriptors(allow),
        user_verification=UserVerificationRequirement.DISCOURAGED,
    )
    return _as_json(options_to_json(options))


def _as_json(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def _descriptors(credentials: Iterable[KeyCredential]) -> list["PublicKeyCredentialDescriptor"]:
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(
            id=it.credential_id, transports=[AuthenticatorTransport(t) for t in it.transports]
        )
        for it in credentials
    ]


def verify_creation(answer: dict[str, Any], challenge: bytes) -> Shown:
    """Return what a key made for us; Unproven for a wrong answer, or a key that can be copied."""
    from webauthn import verify_registration_response
    from webauthn.helpers.structs import CredentialDeviceType

    _check_client(answer, challenge, CREATE)
    found = _parsed(
        lambda credential: verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=policy().rp_id,
            expected_origin=list(policy().origins),
        ),
        answer,
    )
    if found.credential_device_type == CredentialDeviceType.MULTI_DEVICE:
        raise Unproven(
            N_("This is no key of its own: it is copied between devices. Use a hardware key."),
            code="key_can_be_copied",
        )
    said = answer["response"].get("transports")
    transports = [t for t in said if t in TRANSPORTS] if isinstance(said, list) else []
    return Shown(
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        transports=transports,
        model=found.aaguid,
    )


def verify_use(answer: dict[str, Any], challenge: bytes, credential: KeyCredential) -> int:
    """Return the counter that the key has signed; Unproven unless `credential`'s key signed it.

    The counter is the caller's to compare: only what is signed can tell that a key was copied.
    """
    from webauthn import verify_authentication_response

    _check_client(answer, challenge, GET)
    found = _parsed(
        lambda it: verify_authentication_response(
            credential=it,
            expected_challenge=challenge,
            expected_rp_id=policy().rp_id,
            expected_origin=list(policy().origins),
            credential_public_key=credential.public_key,
            credential_current_sign_count=0,
        ),
        answer,
    )
    return found.new_sign_count


def _check_client(answer: dict[str, Any], challenge: bytes, kind: str) -> None:
    """Say what is wrong with the browser's own part: at another site, to another question."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json

    raw = answer["response"].get("clientDataJSON")
    if not isinstance(raw, str):
        raise Unproven
    said = _parsed(lambda text: parse_client_data_json(base64url_to_bytes(text)), raw)
    if said.origin not in policy().origins or said.cross_origin:
        raise Unproven(
            N_("The key was asked at another address than this site's."), code="wrong_origin"
        )
    if said.type != kind:
        raise Unproven
    if said.challenge != challenge:
        raise Unproven(
            N_("The key answered another question than the one that was put to it."),
            code="wrong_challenge",
        )


def _parsed(read: Callable[[Any], T], raw: Any) -> T:
    try:
        return read(raw)
    except Exception as error:  # whatever an answer trips in the library, it proves nothing
        raise Unproven from error
