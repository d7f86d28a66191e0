"""
A specimen of every page: what it is given when somebody hostile has chosen each word.
"""

from datetime import UTC, datetime
from types import SimpleNamespace

HOSTILE = "\"><script>alert(1)</script><b onclick='x'>&amp;"
ELSEWHERE = f"https://app.example/?{HOSTILE}"
SOMEBODY = SimpleNamespace(name=HOSTILE, email=HOSTILE, role=HOSTILE, provider=HOSTILE, email_verified=False)
ADA = SimpleNamespace(name="Ada", email="ada@example.org")
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
DEVICE = SimpleNamespace(id=HOSTILE, user_agent=HOSTILE, address=HOSTILE, last_seen_at=NOW)
CONSENT = SimpleNamespace(client_name=HOSTILE, client_id=HOSTILE, scopes=[HOSTILE], granted_at=NOW)
BUTTON = SimpleNamespace(label=HOSTILE, image=None, address=f"/oauth/x?continue={HOSTILE}")
CONNECTION = SimpleNamespace(name=HOSTILE, label=HOSTILE, email=HOSTILE)
WITHIN = {"continuing": HOSTILE, "client_name": HOSTILE}

PAGES = {
    "sign_in.html": {
        "email": HOSTILE,
        "problem": HOSTILE,
        "present": SOMEBODY,
        "notice": HOSTILE,
        "buttons": [BUTTON],
        **WITHIN,
    },
    "sign_up.html": {**dict.fromkeys(("name", "username", "email"), HOSTILE), "problem": HOSTILE, **WITHIN},
    "consent.html": {
        **dict.fromkeys(("client_host", "lasts"), HOSTILE),
        **dict.fromkeys(("policy_uri", "tos_uri"), ELSEWHERE),
        "scopes": [HOSTILE],
        "present": SOMEBODY,
        "is_self_registered": True,
        **WITHIN,
    },
    "sign_out.html": {"present": SOMEBODY, **WITHIN},
    "signed_out.html": {"return_to": ELSEWHERE, "client_name": HOSTILE},
    "error.html": {
        **dict.fromkeys(("title", "problem", "code", "request_id", "place"), HOSTILE),
        "back": ELSEWHERE,
        "posted": {"state": HOSTILE, HOSTILE: "x"},
    },
    "form_post.html": {
        "redirect_uri": ELSEWHERE,
        "parameters": {"state": HOSTILE, HOSTILE: "x"},
        "client_name": HOSTILE,
    },
    "forgot_password.html": {"email": HOSTILE, "is_open": True, "problem": HOSTILE},
    "reset_password.html": {"token": HOSTILE, "user_id": HOSTILE, "problem": HOSTILE},
    "verify.html": {"token": HOSTILE, "email": HOSTILE},
    **{f"change_{what}.html": {"person": SOMEBODY, "problem": HOSTILE} for what in ("password", "email")},
    "account.html": {
        "person": SOMEBODY,
        "devices": [DEVICE, DEVICE],
        "here": "",
        "consents": [CONSENT],
        "may_close": True,
        "has_mail": True,
        "languages": {HOSTILE: HOSTILE},
        "language": HOSTILE,
        "connections": [CONNECTION],
        "connectable": [(HOSTILE, HOSTILE)],
        "notice": HOSTILE,
    },
    "onward.html": {"address": ELSEWHERE, "problem": HOSTILE},
    "close_account.html": {"person": SOMEBODY, "problem": HOSTILE},
}
