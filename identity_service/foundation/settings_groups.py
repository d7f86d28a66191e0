"""
What a group of settings is, and how it is read so that every mistake is found at once.

A group is a `BaseSettings` of pydantic-settings. Each field declares its setting with `setting()`: the name, the
default as it would stand in `.env`, and one sentence. `.env.example` is compared with these declarations by a test.
Leaves to others: which settings exist (settings_*), where their texts come from (settings_sources).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from identity_service.foundation.settings_sources import Reading, Source, reading


class Group(BaseSettings):
    """A few settings that belong together; knows its own contradictions. `Reader.read` makes one."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True
    )

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **__: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the texts from our source alone; the library's own know neither NAME_FILE nor what blank means."""
        return (Texts(settings_cls),)

    def contradictions(self) -> Iterator[str]:
        """Yield a sentence for each two settings that do not go together."""
        yield from ()


G = TypeVar("G", bound=Group)


class Declared(NamedTuple):
    """A setting as the house knows it."""

    name: str
    default: str
    description: str
    falls_back_to: tuple[str, ...] = ()
    blank_counts: bool = False


def setting(
    name: str, default: str, description: str, *, falls_back_to: tuple[str, ...] = (), blank_counts: bool = False
) -> Any:
    """
    Declare a field of a group.

    Args:
        name: The setting's name; without the provider's prefix for settings that each provider has.

        default: The text that counts when it is unset, as it would stand in `.env`.

        description: One sentence for the operator.

        falls_back_to: Names whose text counts when this one is unset; the first that is set.

        blank_counts: True when a blank text is an answer of its own ("off").
    """
    own: dict[str, Any] = {"falls_back_to": falls_back_to, "blank_counts": blank_counts}
    return Field(default, alias=name, description=description, json_schema_extra=own)


def declared(group: type[Group], prefix: str = "") -> Iterator[Declared]:
    """Yield the settings of *group*, those of one provider with its *prefix*."""
    for field in group.model_fields.values():
        yield _declared(field, prefix)


def _declared(field: FieldInfo, prefix: str) -> Declared:
    own: Any = field.json_schema_extra
    return Declared(f"{prefix}{field.alias}", field.default, field.description or "", **own)


class _Hidden(dict[str, str]):
    """Texts that do not print: with PYDANTIC_SETTINGS_DEBUG, the library logs what each source found."""

    def __repr__(self) -> str:
        return "**********"


class Texts(PydanticBaseSettingsSource):
    """The texts of a group in what is being read just now: set, else lent by another setting, else the default."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str, str, bool]:
        """Return the text of *field*, the key it is known by, and that it is no JSON."""
        now = reading.get()
        one = _declared(field, now.prefix)
        found = (now.source.text(name, blank_counts=one.blank_counts) for name in (one.name, *one.falls_back_to))
        return next((text for text in found if text is not None), one.default), field.alias or field_name, False

    def __call__(self) -> dict[str, str]:
        """Return the texts by key, without those that are to be left out."""
        values = (self.get_field_value(field, name) for name, field in self.settings_cls.model_fields.items())
        return _Hidden({key: text for text, key, _ in values if key not in reading.get().left_out})


class Reader:
    """Reads groups from a source and remembers every mistake."""

    def __init__(self, source: Source) -> None:
        """Start without mistakes."""
        self.source = source
        self._problems: list[str] = []
        self._wrong: set[str] = set()

    def read(self, group: type[G], prefix: str = "", provider: str = "") -> G:
        """
        Read *group*; after mistakes, once more without the wrong settings, so that the others are checked too.

        Args:
            group: What to read.

            prefix: What stands before each of its names, such as "GOOGLE_".

            provider: The provider's name in addresses, such as "google".

        Returns:
            The group; a hollow one when it cannot be without a wrong setting. With mistakes, nobody may use it.
        """
        now = Reading(self.source, prefix, provider)
        try:
            built = _build(group, now)
        except ValidationError as error:
            wrong = self._note(error, group, prefix)
            try:
                built = _build(group, now._replace(left_out=wrong))
            except ValidationError:
                return cast("G", group.model_construct())
        self.check(built.contradictions(), prefix)
        return built

    def check(self, contradictions: Iterator[str], prefix: str = "") -> None:
        """Remember *contradictions*, except those about a setting that is known to be wrong already."""
        for sentence in contradictions:
            whole = sentence.replace("{prefix}", prefix)
            if (self._wrong | self.source.unreadable).isdisjoint(re.findall(r"[A-Z][A-Z0-9_]+", whole)):
                self._problems.append(whole)

    def complain(self, name: str, sentence: str) -> None:
        """Remember that *name* is wrong; *sentence* goes on from there."""
        self._wrong.add(name)
        if name not in self.source.unreadable:
            self._problems.append(f"{name} {sentence}")

    @property
    def problems(self) -> list[str]:
        """Every mistake so far, once, in the order of the settings."""
        return list(dict.fromkeys(self.source.problems + self._problems))

    def _note(self, error: ValidationError, group: type[Group], prefix: str) -> frozenset[str]:
        """Complain about each mistake in *error*; return the aliases of the fields that have one."""
        mistakes = {str(mistake["loc"][0]): mistake for mistake in error.errors(include_url=False, include_input=False)}
        lenders = {one.name: one.falls_back_to for one in declared(group, prefix)}
        for alias, mistake in mistakes.items():
            name = f"{prefix}{alias}"
            # A text that was lent is wrong where it stands, and is complained about there.
            if self.source.text(name) is not None or not any(map(self.source.text, lenders[name])):
                self.complain(name, _sentence(mistake))
        return frozenset(mistakes)


def _build(group: type[G], now: Reading) -> G:
    token = reading.set(now)
    try:
        return group()
    finally:
        reading.reset(token)


def _sentence(mistake: ErrorDetails) -> str:
    reasons: Mapping[str, Any] = mistake.get("ctx", {})
    return str(reasons.get("error", mistake["msg"]))
