"""WebAuthn by the `webauthn` package; what is asked and checked is of level 3."""

import json
from collections.abc import Sequence
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal_core.errors import Invalid
from portal_core.identity.factors import Passkey
from portal_core.identity.model import User
from portal_core.identity.passkeys import Assertion, Credential

_REFUSED = "The passkey was not accepted. Try again, or sign in another way."


class WebAuthn:
    """Asks browsers for passkeys of this portal's own host, and checks what they answer."""

    def __init__(self, public_url: str) -> None:
        self._origin = public_url
        self._host = urlsplit(public_url).hostname or "localhost"

    def creation(
        self, user: User, portal: str, challenge: bytes, known: Sequence[bytes]
    ) -> str:
        options = webauthn.generate_registration_options(
            rp_id=self._host,
            rp_name=portal,
            user_id=user.id.bytes,
            user_name=user.email,
            user_display_name=user.name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=_described(known),
        )
        return webauthn.options_to_json(options)

    def request(self, challenge: bytes, known: Sequence[bytes]) -> str:
        options = webauthn.generate_authentication_options(
            rp_id=self._host,
            challenge=challenge,
            allow_credentials=_described(known),
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return webauthn.options_to_json(options)

    def challenge_of(self, response: str) -> bytes:
        try:
            raw = json.loads(response)["response"]["clientDataJSON"]
            return parse_client_data_json(base64url_to_bytes(raw)).challenge
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise Invalid(_REFUSED, code="refused") from error

    def credential_of(self, response: str) -> bytes:
        try:
            return base64url_to_bytes(json.loads(response)["rawId"])
        except (ValueError, TypeError, KeyError) as error:
            raise Invalid(_REFUSED, code="refused") from error

    def register(self, response: str, challenge: bytes) -> Credential:
        try:
            made = webauthn.verify_registration_response(
                credential=response,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
            )
        except (WebAuthnException, ValueError, TypeError) as error:
            raise Invalid(_REFUSED, code="refused") from error
        return Credential(made.credential_id, made.credential_public_key, made.sign_count)

    def verify(self, response: str, challenge: bytes, passkey: Passkey) -> Assertion:
        try:
            shown = webauthn.verify_authentication_response(
                credential=response,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
            )
        except (WebAuthnException, ValueError, TypeError) as error:
            raise Invalid(_REFUSED, code="refused") from error
        return Assertion(shown.new_sign_count, shown.user_verified)


def _described(known: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one) for one in known]
