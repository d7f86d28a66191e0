"""
The secrets of the service itself; published, short and patterned ones are refused.

Law: RFC 8725 §3.5 (keys of full entropy), RFC 7518 §3.2 (HS256 keys of 32 bytes or more).
Leaves to others: who signs with them (foundation.jose) and who seals with them (foundation.vault).
"""

import re
from typing import Annotated

from pydantic import PlainValidator, SecretBytes, SecretStr, ValidationInfo, field_validator

from identity_service.foundation.settings_groups import Group, setting
from identity_service.foundation.settings_kinds import refuse_pattern, refuse_published, strong_secret


def _insist_on(text: str) -> None:
    if not text.strip():
        # A .env that is there is left as it is, a sample that was copied by hand too.
        raise ValueError(
            "is required: `openssl rand -hex 32` prints one; where there is no .env, `make run` writes one with all."
        )


def _signing_key(text: str) -> SecretStr:
    _insist_on(text)
    # Kept as it is written, hexadecimal or not: the chat application signs with the characters themselves.
    return strong_secret(text)


def _hexadecimal(text: str, size: int) -> SecretBytes:
    _insist_on(text)
    refuse_published(text)
    if not re.fullmatch(f"[0-9a-fA-F]{{{size * 2}}}", text.strip()):
        raise ValueError(f"must be {size * 2} hexadecimal characters: `openssl rand -hex {size}` prints them.")
    refuse_pattern(text.strip().lower())
    return SecretBytes(bytes.fromhex(text.strip()))


def _sealing_key(text: str) -> SecretBytes:
    return _hexadecimal(text, 32)


def _optional_vector(text: str) -> SecretBytes | None:
    return _hexadecimal(text, 16) if text.strip() else None


SigningKey = Annotated[SecretStr, PlainValidator(_signing_key)]
SealingKey = Annotated[SecretBytes, PlainValidator(_sealing_key)]
OptionalVector = Annotated[SecretBytes | None, PlainValidator(_optional_vector)]
Secret = SecretStr | SecretBytes


class Secrets(Group):
    """What this service signs with (text) and seals with (bytes); `get_secret_value()` gives either."""

    jwt: SigningKey = setting(
        "JWT_SECRET", "", "Signs access tokens of the librechat dialect (HS256); 32 bytes or more."
    )
    jwt_refresh: SigningKey = setting("JWT_REFRESH_SECRET", "", "Signs refresh tokens (HS256); 32 bytes or more.")
    creds_key: SealingKey = setting(
        "CREDS_KEY", "", "Seals what is kept secret in the database; 64 hexadecimal characters."
    )
    creds_iv: OptionalVector = setting(
        "CREDS_IV", "", "Opens what older chat releases sealed; 32 hexadecimal characters."
    )

    @field_validator("jwt_refresh", "creds_key")
    @classmethod
    def differs_from_earlier_ones(cls, value: Secret, info: ValidationInfo) -> Secret:
        """Refuse one secret for two purposes: whoever may read tokens of one kind could then write the other."""
        # Not among the contradictions: those are asked only when every required secret is there.
        for field, name in (("jwt", "JWT_SECRET"), ("jwt_refresh", "JWT_REFRESH_SECRET")):
            if field != info.field_name and field in info.data and _written(info.data[field]) == _written(value):
                raise ValueError(f"must differ from {name}.")
        return value


def _written(secret: Secret) -> str:
    value = secret.get_secret_value()
    return (value.hex() if isinstance(value, bytes) else value.strip()).lower()
