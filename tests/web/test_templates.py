"""What stands in a page: hostile words stay words, every field is explained, and nothing comes from elsewhere."""

import re
from html.parser import HTMLParser

import pytest
from jinja2 import meta

from identity_service.web.pages.page import show
from tests.fakes.pages import ADA, ELSEWHERE, HOSTILE, PAGES, SOMEBODY, WITHIN
from tests.house.tree import HOUSE, ROOT

EVERY_PAGE = pytest.mark.parametrize("template", PAGES)


class Page(HTMLParser):
    """The elements of a page, in order, with their attributes; its text, and its headers."""

    def __init__(self, answer):
        super().__init__()
        self.html, self.headers = answer.get_data(as_text=True), answer.headers
        self.elements, self.text = [], ""
        self.feed(self.html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]

    def inputs(self, name):
        return [each for each in self.all("input") if each["name"] == name]

    def forms(self):
        """Where each form goes, and the names that it sends."""
        found = []
        for tag, told in self.elements:
            if tag == "form":
                found.append((told["action"], []))
            elif "name" in told and tag in ("input", "select", "button"):
                found[-1][1].append(told["name"])
        return found


@pytest.fixture
def page(app):
    """Make a page, and read it."""

    def make(template="error.html", **values):
        with app.test_request_context():
            return Page(show(template, **values))

    return make


@EVERY_PAGE
def test_hostile_words_stay_words(page, template):
    made = page(template, script=True, **PAGES[template])

    assert HOSTILE in made.text + "".join(str(told) for _, told in made.elements)
    assert all(tag != "b" for tag, _ in made.elements)
    assert [told["nonce"] for told in made.all("script")] == re.findall(r'<script nonce="([\w-]+)">', made.html)
    assert len(made.all("script")) == (template == "form_post.html")


@EVERY_PAGE
def test_a_page_has_no_handler_no_style_of_its_own_and_nothing_from_elsewhere(page, template):
    made = page(template, **PAGES[template])

    assert [name for _, told in made.elements for name in told if name.startswith("on") or name == "style"] == []
    assert made.all("script", "style", "img", "iframe", "object", "svg") == []
    assert [told["href"] for told in made.all("link")] == ["/static/style.css"]


@EVERY_PAGE
def test_a_page_can_be_walked_by_those_who_hear_it(page, template):
    made = page(template, **PAGES[template])
    ids = [told["id"] for _, told in made.elements if "id" in told]
    named = [
        told[by] for _, told in made.elements for by in ("for", "aria-describedby", "aria-labelledby") if by in told
    ]

    assert made.all("html") == [{"lang": "en"}]
    assert (len(made.all("main")), len(made.all("h1")), len(made.all("title"))) == (1, 1, 1)
    assert len(set(ids)) == len(ids)
    assert {each for name in named for each in name.split()} <= set(ids)
    assert sum("autofocus" in told for told in made.all("input")) <= 1


@EVERY_PAGE
def test_every_field_that_is_seen_has_a_label_and_says_what_belongs_into_it(page, template):
    made = page(template, **PAGES[template])
    seen = [told for told in made.all("input", "select") if told.get("type") != "hidden" and "hidden" not in told]

    assert {told["id"] for told in seen} == {told["for"] for told in made.all("label")}
    assert [told["id"] for told in seen if "autocomplete" not in told] in ([], ["remember"])
    assert {told["type"] for told in seen if told["id"] == "email"} <= {"text"}


@EVERY_PAGE
def test_each_template_says_at_its_top_what_it_takes(app, template):
    source = (ROOT / HOUSE / "web/templates" / template).read_text()
    told = re.findall(r"\w+", source.partition("#}")[0])
    own = re.findall(r"{% (?:macro|set) (\w+)", source)

    assert meta.find_undeclared_variables(app.jinja_env.parse(source)) <= {*told, *own, "self", "app_title"}


def test_signing_in_for_an_application_carries_the_request_along(page):
    made = page("sign_in.html", **PAGES["sign_in.html"])

    assert made.forms() == [("/login/continue", ["continue"]), ("/login", ["continue", "email", "password"])]
    assert [told["value"] for told in made.inputs("continue")] == [HOSTILE, HOSTILE]
    assert f"Continue as {HOSTILE}" in made.text
    assert f"to continue to {HOSTILE}" in made.text
    assert 'href="/register?continue=%22%3E%3Cscript%3E' in made.html


def test_signing_in_for_nobody_else_says_nothing_of_applications(page):
    made = page("sign_in.html", email="")

    assert made.forms() == [("/login", ["email", "password"])]
    assert "continue" not in made.html
    assert made.inputs("email")[0]["autocomplete"] == "username"
    assert made.inputs("password")[0]["autocomplete"] == "current-password"


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"login_hint": "hint@example.org"}, "hint@example.org"),
        ({"login_hint": "hint@example.org", "email": "typed@example.org"}, "typed@example.org"),
        ({"reauthentication": True, "present": ADA}, "ada@example.org"),
        ({"present": ADA}, ""),
    ],
)
def test_the_address_is_known_beforehand_where_it_can_be(page, given, address):
    assert page("sign_in.html", **given).inputs("email")[0]["value"] == address


def test_who_must_show_again_who_it_is_cannot_go_on_with_one_press(page):
    made = page("sign_in.html", present=SOMEBODY, reauthentication=True, **WITHIN)

    assert "Please confirm that it is you." in made.text
    assert [action for action, _ in made.forms()] == ["/login"]
    assert "autofocus" in made.inputs("password")[0]


def test_what_went_wrong_is_told_once_and_tied_to_the_field(page):
    signing_in = page("sign_in.html", email="", problem="Wrong.")
    signing_up = page("sign_up.html", problem="Too short.", invalid=["password"])

    assert signing_in.text.count("Wrong.") == 1
    assert signing_in.inputs("email")[0]["aria-describedby"] == "problem"
    assert "Error: Sign in" in signing_in.text
    assert signing_up.inputs("password")[0]["aria-describedby"] == "rule problem"
    assert [told["name"] for told in signing_up.all("input") if "aria-invalid" in told] == ["password"]
    assert [told["name"] for told in signing_up.all("input") if "autofocus" in told] == ["password"]
    assert page("sign_up.html", problem="?").inputs("name")[0]["aria-describedby"] == "problem"
    assert "autofocus" in page("sign_up.html", problem="?", invalid=["another"]).inputs("name")[0]


def test_signing_up_for_an_application_leads_back_to_it(page):
    made = page("sign_up.html", **PAGES["sign_up.html"])

    assert made.forms() == [("/register", ["continue", "name", "username", "email", "password"])]
    assert made.inputs("password")[0]["autocomplete"] == "new-password"
    assert 'href="/login?continue=%22%3E' in made.html


def test_consent_is_asked_with_two_buttons_and_a_way_to_be_somebody_else(page):
    made = page("consent.html", **PAGES["consent.html"])

    assert made.forms() == [
        ("/consent", ["continue", "remember", "decision", "decision"]),
        ("/consent", ["continue", "decision"]),
    ]
    assert [told["value"] for told in made.all("button")] == ["allow", "deny", "switch"]
    assert "checked" in made.inputs("remember")[0]
    assert "nobody here has checked it" in made.text
    assert {told["rel"] for told in made.all("a")} == {"noopener noreferrer nofollow"}


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", " https://app.example", "//app.example"]
)
def test_consent_links_to_no_page_that_is_not_on_the_web(page, address):
    values = {**PAGES["consent.html"], "policy_uri": address, "tos_uri": None, "is_self_registered": False}
    made = page("consent.html", **values)

    assert made.all("a") == []
    assert "nobody here has checked it" not in made.text


def test_signing_out_is_asked_and_then_told(page):
    asked = page("sign_out.html", continuing="sealed")
    told = page("signed_out.html")

    assert asked.forms() == [("/oauth2/logout", ["continue", "decision", "decision"])]
    assert [button["value"] for button in asked.all("button")] == ["logout", "stay"]
    assert [link["href"] for link in told.all("a")] == ["/login"]


def test_an_error_names_what_whoever_helps_will_ask_for(page):
    made = page("error.html", problem="This cannot be.", code="untrusted_request", request_id="0123abcd")

    assert made.text.count("This cannot be.") == 1
    assert "Error untrusted_request, request 0123abcd" in made.text


def test_an_answer_in_a_form_is_sent_by_the_one_script_or_by_hand(page):
    made = page("form_post.html", script=True, **PAGES["form_post.html"])

    assert made.all("form") == [{"method": "post", "action": ELSEWHERE}]
    assert {told["name"]: told["value"] for told in made.all("input")} == {"state": HOSTILE, HOSTILE: "x"}
    assert made.all("button") == [{}]
    assert page("form_post.html", **PAGES["form_post.html"]).all("script") == []


def test_what_was_allowed_can_be_withdrawn(page):
    values = PAGES["account.html"]
    made = page("account.html", **values)

    assert ("/account/consents/withdraw", ["client_id"]) in made.forms()
    assert made.inputs("client_id")[0]["value"] == HOSTILE
    assert "withdraw" not in page("account.html", **{**values, "consents": []}).html


def test_without_a_script_no_script_may_run(page):
    headers = page().headers

    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        "; form-action 'self'"
    )
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("same-origin", "no-store")


def test_a_script_runs_by_a_nonce_that_is_new_each_time(page):
    nonces = set()
    for _ in range(3):
        made = page("form_post.html", script=True, **PAGES["form_post.html"])
        (nonce,) = re.findall(r"; script-src 'nonce-([\w-]{22})'$", made.headers["Content-Security-Policy"])
        assert made.all("script") == [{"nonce": nonce}]
        nonces.add(nonce)

    assert len(nonces) == 3


@pytest.mark.parametrize(
    ("targets", "sources"),
    [
        (["https://app.example"], "'self' https://app.example"),
        (["https://app.example:8443/back?x=1", "https://app.example:8443"], "'self' https://app.example:8443"),
        (["http://127.0.0.1:4000", "com.example.app:"], "'self' http://127.0.0.1:4000 com.example.app:"),
        (["com.example.app:/back", "https:"], "'self' com.example.app: https:"),
        (["http://[::1]:4000"], "'self' http:"),
        (["https://app.example; script-src *", "https://a.example b"], "'self' https:"),
        (["* ; script-src *", ""], "'self'"),
    ],
)
def test_a_form_ends_here_or_where_the_page_says_and_names_nothing_else(page, targets, sources):
    assert page(form_targets=targets).headers["Content-Security-Policy"].endswith(f"; form-action {sources}")
