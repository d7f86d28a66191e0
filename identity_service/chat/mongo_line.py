"""
The line to MongoDB: opened when it is needed, impatient, and its faults in our own words.

Leaves to others: what is said over it (mongo, mongo_balances, mongo_reading).
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConfigurationError, InvalidURI, PyMongoError

from identity_service.foundation.errors import ChatUnavailable, Misconfigured

Store: TypeAlias = Database[dict[str, Any]]

_LOOKING_MS = 2_500  # for a server that answers; whoever waits for us is told within five seconds
_ANSWERING_MS = 10_000  # removing a long history takes its time
LISTING_MS = 300_000  # whoever asks for everybody has asked for much, and knows that the server was there
_DEFAULT_DATABASE = "test"  # where the chat application looks when its address names none

# One document that no driver likes, of the year 20000 or with broken letters, does not hide all others.
_READ_AS: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="replace"
)


class Line:
    """A client of this process; a fork opens its own."""

    def __init__(self, uri: str, answering_ms: int = _ANSWERING_MS, **options: Any) -> None:
        """Take the address and the patience with an answer; nothing is opened yet."""
        self._uri = uri
        self._answering_ms = answering_ms
        self._options = options
        self._opened: tuple[int, Store] | None = None
        self._opening = threading.Lock()

    def store(self) -> Store:
        """
        Return the chat application's database.

        Raises:
            Misconfigured: the address cannot be read.
        """
        with self._opening:
            if self._opened is None or self._opened[0] != os.getpid():
                self._opened = (os.getpid(), self._open())
            return self._opened[1]

    def close(self) -> None:
        """Close what this process has opened; what a fork has copied is its parent's."""
        with self._opening:
            if self._opened is not None and self._opened[0] == os.getpid():
                self._opened[1].client.close()
            self._opened = None

    def _open(self) -> Store:
        try:
            client: MongoClient[dict[str, Any]] = MongoClient(
                self._uri,
                serverSelectionTimeoutMS=_LOOKING_MS,
                # This is for each sign of life, too: a server that is busy with our own long question gives none.
                connectTimeoutMS=max(_LOOKING_MS, self._answering_ms // 4),
                socketTimeoutMS=self._answering_ms,
                appname="identity-service",
                **self._options,
            )
            return client.get_default_database(_DEFAULT_DATABASE, _READ_AS)
        except (ConfigurationError, InvalidURI, ValueError) as wrong:
            # What it says may repeat the password.
            raise Misconfigured(["MONGO_URI cannot be read: mongodb://user:password@host:27017/LibreChat."]) from wrong


@contextmanager
def translated() -> Iterator[None]:
    """
    Say in our own words that MongoDB does not answer, or not as it should.

    Raises:
        ChatUnavailable: with the driver's word for it as detail.
    """
    try:
        yield
    except PyMongoError as fault:
        raise ChatUnavailable(detail=f"{type(fault).__name__}: {str(fault)[:200]}") from fault
