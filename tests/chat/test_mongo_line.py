"""The line to MongoDB: how a document is read that no driver likes."""

from contextlib import closing

import bson
import pytest
from bson import DatetimeMS

from identity_service.chat.mongo_line import Line
from tests.servers.process import free_port

FAR = DatetimeMS(1 << 50)  # a moment in the year 37648


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        (bson.encode({"createdAt": FAR, "name": "Ada"}), {"createdAt": FAR, "name": "Ada"}),
        (bson.encode({"name": "Ada"}).replace(b"Ada", b"A\xffa"), {"name": "A\ufffda"}),
    ],
    ids=["the far future", "broken letters"],
)
def test_a_document_that_no_driver_likes_is_read_and_hides_no_other(kept, read):
    with closing(Line(f"mongodb://127.0.0.1:{free_port()}/LibreChat")) as line:
        assert bson.decode(kept, line.store().codec_options) == read
