"""
Where the text of a setting comes from: the environment, then `.env`; each as NAME or as NAME_FILE=/path.

Obeys: a real variable wins over `.env`; a blank one counts as unset, unless blank means "off" for that name.
Leaves to others: which names belong together (settings_groups), what a text means (settings_kinds).
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from dotenv.parser import parse_stream

LARGEST_FILE = 64 * 1024  # bytes; a key or a certificate is far smaller


class Source:
    """
    The texts of all settings, and what was wrong with reading them.

    It `is_blind` if there is a `.env` that cannot be read: nobody knows then what is set.
    """

    def __init__(self, environ: Mapping[str, str], directory: Path) -> None:
        """Read `.env` in *directory*, if there is one; *environ* wins over it."""
        self.problems: list[str] = []
        self.unreadable: set[str] = set()
        self.directory = directory
        self.is_blind = False
        self._layers = (environ, self._dotenv(directory / ".env"))

    def text(self, name: str, *, blank_counts: bool = False) -> str | None:
        """
        Return the text of *name*, or None when it is unset.

        Args:
            name: The name of the setting, without `_FILE`.

            blank_counts: True when a blank text is an answer ("off") and not the same as unset.
        """
        for layer in self._layers:
            text = self._in_layer(layer, name)
            if text is not None and (blank_counts or text.strip()):
                return text if self._is_unicode(name, text) else None
        return None

    def names(self) -> set[str]:
        """Return every name that is set anywhere, those of files without their `_FILE`."""
        return {name.removesuffix("_FILE") for layer in self._layers for name in layer}

    def _is_unicode(self, name: str, text: str) -> bool:
        # Bytes of the environment that are not UTF-8 arrive as halves of characters, which nothing can write again.
        if re.search(r"[\ud800-\udfff]", text):
            self.unreadable.add(name)
            self.problems.append(f"{name} must be UTF-8 text.")
            return False
        return True

    def _in_layer(self, layer: Mapping[str, str], name: str) -> str | None:
        text, path = layer.get(name), layer.get(f"{name}_FILE", "").strip()
        if not path:
            return text
        if text and text.strip():
            self.problems.append(f"{name} and {name}_FILE are both set: keep one of them.")
            return text
        return self._content(name, self.directory / path)

    def _content(self, name: str, path: Path) -> str | None:
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
            if len(content) > LARGEST_FILE:
                raise ValueError
            text = content.decode()
        except (OSError, ValueError):
            self.unreadable.add(name)
            self.problems.append(f"{name}_FILE must name a readable text file of at most 64 KiB.")
            return None
        # One newline, as every editor and `docker secret` adds; other spaces may belong to a password.
        return text.removesuffix("\n").removesuffix("\r")

    def _dotenv(self, path: Path) -> dict[str, str]:
        try:
            content = _text_of(path, self.problems)
        except FileNotFoundError:
            return {}
        self.is_blind = content is None
        return _settings_in(content or "", path.name, self.problems)


def parse(path: Path, problems: list[str]) -> dict[str, str]:
    """
    Return what a file like `.env` says; each line that says nothing is added to *problems*.

    Raises:
        FileNotFoundError: there is none.
    """
    return _settings_in(_text_of(path, problems) or "", path.name, problems)


def _text_of(path: Path, problems: list[str]) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise
    except OSError as error:
        problems.append(f"The file {path.name} cannot be read: {error.strerror}.")
    except UnicodeDecodeError:
        problems.append(f"The file {path.name} cannot be read as UTF-8 text.")
    return None


def _settings_in(content: str, file: str, problems: list[str]) -> dict[str, str]:
    texts = {}
    # The parser is used without python-dotenv's `${NAME}` expansion: a password may contain one.
    for binding in parse_stream(StringIO(content)):
        if binding.error:
            blank = len(binding.original.string) - len(binding.original.string.lstrip())
            line = binding.original.line + binding.original.string.count("\n", 0, blank)
            problems.append(f"Line {line} of {file} is not of the form NAME=value.")
        elif binding.key is not None and binding.value is not None:
            texts[binding.key] = binding.value
    return texts


class Reading(NamedTuple):
    """What is being read just now, and for whom."""

    source: Source
    prefix: str = ""  # what stands before each name, such as "GOOGLE_"
    provider: str = ""  # the provider's name in addresses, such as "google"
    left_out: frozenset[str] = frozenset()  # names without the prefix that are known to be wrong


# pydantic-settings hands nothing on to sources and validators, so they look here; it is empty between two readings.
reading: ContextVar[Reading] = ContextVar("reading")
