"""
How often people may try, what each violation weighs, and when somebody is banned.

Leaves to others: counting and banning (moderation), the limits of the doors (web.limits).
"""

from datetime import timedelta
from typing import Annotated, Any

from identity_service.foundation.settings_groups import Group, setting
from identity_service.foundation.settings_kinds import Milliseconds, Minutes, NotNegative, Positive, Switch, duration

_DAY = timedelta(days=1)
RetentionDays = Annotated[timedelta, duration(_DAY, "days", lowest=30 * _DAY)]


class Moderation(Group):
    """Bans, and how many tries each door allows to one address within a window."""

    ban_violations: Switch = setting("BAN_VIOLATIONS", "true", "Whether violations lead to bans.")
    ban_duration: Milliseconds = setting(
        "BAN_DURATION", "1000 * 60 * 60 * 2", "How long a ban lasts, in milliseconds; 0 only ends the sessions."
    )
    ban_interval: Positive = setting("BAN_INTERVAL", "20", "The score at which a ban comes, and each multiple of it.")
    half_life: Milliseconds = setting(
        "VIOLATION_HALF_LIFE",
        "1000 * 60 * 60 * 24",
        "After this time a score counts half, in milliseconds; 0 is never.",
    )
    across_types: Switch = setting("BAN_ACROSS_TYPES", "false", "Violations of different types add up.")
    shared_address_max: NotNegative = setting(
        "BAN_SHARED_ADDRESS_MAX", "5", "An address that more accounts than this used is not banned with one of them."
    )
    trail_retention: RetentionDays = setting(
        "TRAIL_RETENTION_DAYS", "365", "After how many days `make tidy` removes what the audit trail says; at least 30."
    )
    login_max: Positive = setting("LOGIN_MAX", "7", "Sign-ins per window.")
    login_window: Minutes = setting("LOGIN_WINDOW", "5", "That window, in minutes.")
    login_account_max: Positive = setting(
        "LOGIN_ACCOUNT_MAX",
        "7",
        "Passwords tried at one account per LOGIN_WINDOW; LOGIN_MAX when unset.",
        falls_back_to=("LOGIN_MAX",),
    )
    login_global_max: Positive = setting(
        "LOGIN_GLOBAL_MAX", "1000", "Passwords tried at all accounts together, from unknown devices, per LOGIN_WINDOW."
    )
    register_max: Positive = setting("REGISTER_MAX", "5", "Sign-ups per window.")
    register_window: Minutes = setting("REGISTER_WINDOW", "60", "That window, in minutes.")
    reset_password_max: Positive = setting("RESET_PASSWORD_MAX", "2", "Requests for a reset link per window.")
    reset_password_window: Minutes = setting("RESET_PASSWORD_WINDOW", "2", "That window, in minutes.")
    reset_password_submission_max: Positive = setting(
        "RESET_PASSWORD_SUBMISSION_MAX",
        "2",
        "New passwords per window; RESET_PASSWORD_MAX when unset.",
        falls_back_to=("RESET_PASSWORD_MAX",),
    )
    reset_password_submission_window: Minutes = setting(
        "RESET_PASSWORD_SUBMISSION_WINDOW",
        "2",
        "That window, in minutes; RESET_PASSWORD_WINDOW when unset.",
        falls_back_to=("RESET_PASSWORD_WINDOW",),
    )
    verify_email_max: Positive = setting("VERIFY_EMAIL_MAX", "2", "Requests for a verification letter per window.")
    verify_email_window: Minutes = setting("VERIFY_EMAIL_WINDOW", "2", "That window, in minutes.")
    verify_email_submission_max: Positive = setting(
        "VERIFY_EMAIL_SUBMISSION_MAX",
        "2",
        "Verifications per window; VERIFY_EMAIL_MAX when unset.",
        falls_back_to=("VERIFY_EMAIL_MAX",),
    )
    verify_email_submission_window: Minutes = setting(
        "VERIFY_EMAIL_SUBMISSION_WINDOW",
        "2",
        "That window, in minutes; VERIFY_EMAIL_WINDOW when unset.",
        falls_back_to=("VERIFY_EMAIL_WINDOW",),
    )
    two_factor_max: Positive = setting(
        "TWO_FACTOR_TEMP_MAX", "7", "Second steps per window; LOGIN_MAX when unset.", falls_back_to=("LOGIN_MAX",)
    )
    two_factor_window: Minutes = setting(
        "TWO_FACTOR_TEMP_WINDOW",
        "5",
        "That window, in minutes; LOGIN_WINDOW when unset.",
        falls_back_to=("LOGIN_WINDOW",),
    )


def _score(name: str, default: str, what: str, *, falls_back_to: tuple[str, ...] = ()) -> Any:
    unset = "".join(f"; {other} when unset" for other in falls_back_to)
    return setting(name, default, f"What {what} weighs{unset}.", falls_back_to=falls_back_to)


class Scores(Group):
    """What each violation weighs towards a ban; 0 forgives it."""

    login: NotNegative = _score("LOGIN_VIOLATION_SCORE", "1", "too many sign-ins")
    two_factor: NotNegative = _score(
        "TWO_FACTOR_TEMP_VIOLATION_SCORE", "1", "too many second steps", falls_back_to=("LOGIN_VIOLATION_SCORE",)
    )
    registration: NotNegative = _score("REGISTRATION_VIOLATION_SCORE", "1", "too many sign-ups")
    reset_password: NotNegative = _score("RESET_PASSWORD_VIOLATION_SCORE", "1", "too many reset links")
    reset_password_submission: NotNegative = _score(
        "RESET_PASSWORD_SUBMISSION_VIOLATION_SCORE", "1", "too many tries with reset links"
    )
    verify_email: NotNegative = _score("VERIFY_EMAIL_VIOLATION_SCORE", "1", "too many verification letters")
    verify_email_submission: NotNegative = _score(
        "VERIFY_EMAIL_SUBMISSION_VIOLATION_SCORE", "1", "too many tries with verification links"
    )
    concurrent: NotNegative = _score("CONCURRENT_VIOLATION_SCORE", "1", "too many messages at once")
    message: NotNegative = _score("MESSAGE_VIOLATION_SCORE", "1", "too many messages")
    non_browser: NotNegative = _score("NON_BROWSER_VIOLATION_SCORE", "20", "a visitor that is no browser")
    text_to_speech: NotNegative = _score("TTS_VIOLATION_SCORE", "1", "too much reading aloud")
    speech_to_text: NotNegative = _score("STT_VIOLATION_SCORE", "1", "too much dictation")
    fork: NotNegative = _score("FORK_VIOLATION_SCORE", "1", "too many forked conversations")
    imports: NotNegative = _score("IMPORT_VIOLATION_SCORE", "1", "too many imports")
    file_upload: NotNegative = _score("FILE_UPLOAD_VIOLATION_SCORE", "1", "too many uploads")
    tool_call: NotNegative = _score("TOOL_CALL_VIOLATION_SCORE", "1", "too many tool calls")
    conversation_access: NotNegative = _score(
        "CONVO_ACCESS_VIOLATION_SCORE", "0", "reaching for another's conversation"
    )
    illegal_model: NotNegative = _score("ILLEGAL_MODEL_REQ_SCORE", "1", "asking for a model that is not offered")


class ChatLimits(Group):
    """Limits that the chat back end enforces; known here so that one file serves both."""

    limit_concurrent: Switch = setting("LIMIT_CONCURRENT_MESSAGES", "false", "Whether messages at once are limited.")
    concurrent_max: Positive = setting("CONCURRENT_MESSAGE_MAX", "2", "Messages at once for each person.")
    limit_by_address: Switch = setting("LIMIT_MESSAGE_IP", "false", "Whether messages are limited by address.")
    address_max: Positive = setting("MESSAGE_IP_MAX", "40", "Messages of one address per window.")
    address_window: Minutes = setting("MESSAGE_IP_WINDOW", "1", "That window, in minutes.")
    limit_by_person: Switch = setting("LIMIT_MESSAGE_USER", "false", "Whether messages are limited by person.")
    person_max: Positive = setting("MESSAGE_USER_MAX", "40", "Messages of one person per window.")
    person_window: Minutes = setting("MESSAGE_USER_WINDOW", "1", "That window, in minutes.")
    import_address_max: Positive = setting("IMPORT_IP_MAX", "100", "Imports of one address per window.")
    import_person_max: Positive = setting("IMPORT_USER_MAX", "50", "Imports of one person per window.")
    fork_address_max: Positive = setting("FORK_IP_MAX", "30", "Forks of one address per window.")
    fork_person_max: Positive = setting("FORK_USER_MAX", "7", "Forks of one person per window.")
