"""
What servers and libraries have to say as JSON lines, like everything else the service writes.

Leaves to others: the access log, which is the application's.
"""

import json
import logging
import traceback
from datetime import UTC, datetime

from gunicorn.config import Config
from gunicorn.glogging import Logger


class JSONLines(logging.Formatter):
    """One object a line: time, level, event, message, process, and the trace of an exception if there was one."""

    def format(self, record: logging.LogRecord) -> str:
        """Write *record*; what a client sent is inside a JSON string and cannot begin a line of its own."""
        facts = {
            "event": "server",
            "message": record.getMessage(),
            "pid": record.process,
            "level": record.levelname.lower(),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        if hasattr(record, "request_id"):
            facts["request_id"] = record.request_id
        if record.exc_info:
            facts["exception"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(facts, separators=(",", ":"))


def lend_to_libraries() -> None:
    """Let what libraries say come as JSON lines, too, where nobody has told Python how they should say it."""
    logging.lastResort.setFormatter(JSONLines())


class JSONLogger(Logger):
    """gunicorn's logger with another hand."""

    def setup(self, cfg: Config) -> None:
        """Set up as gunicorn does, then change how lines are written."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JSONLines())
        lend_to_libraries()
