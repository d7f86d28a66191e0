"""
How people and their sessions look in JSON, as LibreChat's front end reads them.

Source: LibreChat, `POST /api/auth/login`, `GET /api/user`.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from identity_service.flows.outcomes import SignedIn


def _iso(instant: datetime) -> str:
    """Spell an instant as JavaScript's Date does."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


Moment = Annotated[datetime, PlainSerializer(_iso, return_type=str)]
EXAMPLE_ID = "66f1c0ffee0ddba11ad00001"
EXAMPLE_PERSON = {
    "_id": EXAMPLE_ID,
    "id": EXAMPLE_ID,
    "name": "Ada Lovelace",
    "username": "ada",
    "email": "ada@example.org",
    "emailVerified": False,
    "avatar": None,
    "provider": "local",
    "role": "USER",
    "plugins": [],
    "twoFactorEnabled": False,
    "termsAccepted": False,
    "createdAt": "2026-11-23T10:00:00.000Z",
    "updatedAt": "2026-11-23T10:00:00.000Z",
}


class Shown(BaseModel):
    """What we say; names are JavaScript's, values never change."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, from_attributes=True, serialize_by_alias=True)


class PersonWithoutID(Shown):
    """A person as the answer to a refresh shows one: `_id` and no `id`."""

    object_id: str = Field(alias="_id", pattern="^[0-9a-f]{24}$")
    name: str
    username: str
    email: str
    email_verified: bool = Field(alias="emailVerified")
    avatar: str | None
    provider: str
    role: str
    plugins: list[str] = []
    two_factor_enabled: bool = Field(default=False, alias="twoFactorEnabled")
    terms_accepted: bool = Field(default=False, alias="termsAccepted")
    created_at: Moment = Field(alias="createdAt")
    updated_at: Moment = Field(alias="updatedAt")


class Person(PersonWithoutID):
    """A person as everything else shows one."""

    id: str = Field(pattern="^[0-9a-f]{24}$")


class SignedInBody(Shown):
    """The answer to a sign-in: a decodable access token with `exp`, and the person."""

    token: str
    user: Person


class RefreshedBody(Shown):
    """The answer to a refresh."""

    token: str
    user: PersonWithoutID


class Message(Shown):
    """A sentence for the person."""

    message: str


def person_fields(person: object) -> dict[str, object]:
    """Return the attributes of *person* under the names that the models here know, `object_id` included."""
    names = ("id", "name", "username", "email", "email_verified", "avatar", "provider", "role")
    fields = {name: getattr(person, name) for name in (*names, "created_at", "updated_at")}
    return {**fields, "object_id": fields["id"]}


def after_sign_in(signed_in: SignedIn) -> SignedInBody:
    """Return what a sign-in answers."""
    return SignedInBody(token=signed_in.access_token, user=Person.model_validate(person_fields(signed_in.person)))


def after_refresh(signed_in: SignedIn) -> RefreshedBody:
    """Return what a refresh answers."""
    shown = PersonWithoutID.model_validate(person_fields(signed_in.person))
    return RefreshedBody(token=signed_in.access_token, user=shown)
