"""
The kinds of violations: LibreChat's names, and what the settings say that each weighs.

Source: LibreChat, ViolationTypes. Limits of ours that LibreChat's list has no name for are named in its manner.
"""

from collections.abc import Mapping
from typing import NamedTuple

from identity_service.foundation.settings_moderation import Scores

_HEAVIEST = 1_000_000
_UNWEIGHED = 1


class Kind(NamedTuple):
    """What a violation is called in rows and scores, and what it weighs."""

    name: str
    weight: int


# Breach or report, the name under which it is counted, and the field of Scores; None where LibreChat has no setting.
_KINDS: tuple[tuple[str, str, str | None], ...] = (
    ("logins", "logins", "login"),
    ("registrations", "registrations", "registration"),
    ("two_factor_limit", "two_factor_limit", "two_factor"),
    ("reset_password_limit", "reset_password_limit", "reset_password"),
    ("reset_password_submission", "reset_password_limit", "reset_password_submission"),
    ("verify_email_limit", "verify_email_limit", "verify_email"),
    ("verify_email_submission", "verify_email_limit", "verify_email_submission"),
    ("concurrent", "concurrent", "concurrent"),
    ("message_limit", "message_limit", "message"),
    ("non_browser", "non_browser", "non_browser"),
    ("illegal_model_request", "illegal_model_request", "illegal_model"),
    ("convo_access", "convo_access", "conversation_access"),
    ("tool_call_limit", "tool_call_limit", "tool_call"),
    ("file_upload_limit", "file_upload_limit", "file_upload"),
    ("tts_limit", "tts_limit", "text_to_speech"),
    ("stt_limit", "stt_limit", "speech_to_text"),
    ("fork_limit", "fork_limit", "fork"),
    ("import_limit", "import_limit", "imports"),
    ("share_limit", "share_limit", None),
    ("general", "general", None),
    # Whoever has run out of tokens has done nothing wrong: LibreChat weighs it with 0.
    ("token_balance", "token_balance", ""),
)

NAMES = tuple(name for name, _, _ in _KINDS)


def kinds(scores: Scores) -> Mapping[str, Kind]:
    """Return every kind by the name under which it is breached or reported."""
    return {name: Kind(counted_as, _weight(scores, field)) for name, counted_as, field in _KINDS}


def _weight(scores: Scores, field: str | None) -> int:
    if field is None:
        return _UNWEIGHED
    return min(getattr(scores, field), _HEAVIEST) if field else 0
