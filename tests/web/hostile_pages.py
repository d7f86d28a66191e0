"""
Every template with hostile words wherever somebody else chooses them.
"""

from datetime import UTC, datetime
from types import SimpleNamespace

HOSTILE = "\"><script>alert(1)</script><b onclick='x'>&amp;"
ELSEWHERE = f"https://app.example/?{HOSTILE}"
SOMEBODY = SimpleNamespace(name=HOSTILE, email=HOSTILE, role=HOSTILE)
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
        "notice": True,
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
    "error.html": {"title": HOSTILE, "problem": HOSTILE, "code": HOSTILE, "request_id": HOSTILE},
    "form_post.html": {
        "redirect_uri": ELSEWHERE,
        "parameters": {"state": HOSTILE, HOSTILE: "x"},
        "client_name": HOSTILE,
    },
    "account.html": {
        "person": SOMEBODY,
        "devices": [DEVICE, DEVICE],
        "here": "",
        "consents": [CONSENT],
        "connections": [CONNECTION],
        "connectable": [(HOSTILE, HOSTILE)],
        "notice": HOSTILE,
    },
    "onward.html": {"address": ELSEWHERE, "problem": HOSTILE},
}
