"""The server, the site and the database."""

import pytest


def test_issuer_and_audience_follow_the_address_of_the_service(build):
    site = build(DOMAIN_SERVER="https://id.example/").site
    assert site.domain_server == site.issuer == site.audience == "https://id.example"


def test_an_audience_of_its_own_stays_as_it_is_written(build):
    assert build(AUDIENCE="https://api.example/").site.audience == "https://api.example/"


def test_the_audience_follows_the_issuer(build):
    assert build(ISSUER="https://id.example/oidc").site.audience == "https://id.example/oidc"


@pytest.mark.parametrize(
    "text",
    [
        "id.example",
        "/oidc",
        "ftp://id.example",
        "https://",
        "https://id.example/?a=b",
        "https://id.example/#here",
        "https://id.example?",
        "https://me:pw@id.example",
        "https://id.example:0",
        "https://id.example:http",
        "https://[id.example",
        "https://id .example",
    ],
)
def test_an_issuer_that_is_no_plain_absolute_address_is_refused(problems, text):
    assert [problem.split()[0] for problem in problems(ISSUER=text)] == ["ISSUER"]


def test_an_address_to_send_people_to_may_have_a_query(build, problems):
    address = "https://admin.example/panel?from=chat"
    assert build(ADMIN_PANEL_URL=address).site.admin_panel_url == address
    assert [problem.split()[0] for problem in problems(ADMIN_PANEL_URL="admin.example")] == ["ADMIN_PANEL_URL"]


@pytest.mark.parametrize("text", ["http://[::1]:3081", "https://id.example:8443/a/b", "http://127.0.0.1:3081"])
def test_an_issuer_may_have_a_port_and_a_path(build, text):
    assert build(ISSUER=text).site.issuer == text


@pytest.mark.parametrize("text", ["https://id.example/sub", "https://id.example//sub/", "http://localhost:3081/a/b"])
def test_the_service_has_a_host_to_itself(problems, text):
    sentence = (
        "DOMAIN_SERVER must have no path: pages, cookies and redirects begin at the root of a host, so give it one."
    )
    assert problems(DOMAIN_SERVER=text) == [sentence]


def test_a_slash_at_the_end_is_no_path(build):
    assert build(DOMAIN_SERVER="https://id.example:8443/").site.domain_server == "https://id.example:8443"


@pytest.mark.parametrize(
    ("server", "override", "secure"),
    [
        ("http://localhost:3081", None, False),
        ("https://id.example", None, True),
        ("https://id.example", "false", False),
        ("http://localhost:3081", "true", True),
        ("https://id.example", "", True),
    ],
)
def test_cookies_are_secure_with_https_unless_said_otherwise(build, server, override, secure):
    chosen = {} if override is None else {"SESSION_COOKIE_SECURE": override}
    assert build(DOMAIN_SERVER=server, **chosen).site.cookie_secure is secure


@pytest.mark.parametrize("text", ["", "0"])
def test_metrics_are_switched_off_by_a_blank_or_zero_port(build, text):
    assert build(METRICS_PORT=text).server.metrics_port == 0


@pytest.mark.parametrize(
    ("host", "metrics_host"), [("127.0.0.1", "127.0.0.1"), ("::", "127.0.0.1"), ("10.0.0.1", "10.0.0.2")]
)
def test_metrics_never_share_the_public_port(problems, host, metrics_host):
    (problem,) = problems(HOST=host, METRICS_HOST=metrics_host, METRICS_PORT="3081")
    assert problem.startswith("METRICS_PORT must differ from PORT")


@pytest.mark.parametrize("name", ["ACCESS_TOKEN_DIALECT", "LOG_LEVEL"])
def test_a_choice_is_refused_with_what_there_is_to_choose(problems, name):
    (problem,) = problems(**{name: "other"})
    assert problem.startswith(f"{name} must be one of: ")


def test_a_choice_may_be_in_capitals(build):
    settings = build(ACCESS_TOKEN_DIALECT="LibreChat", LOG_LEVEL="INFO")
    assert (settings.dialect, settings.server.log_level) == ("librechat", "info")


@pytest.mark.parametrize("name", ["APP_TITLE", "EMAIL_FROM_NAME", "EMAIL_FROM", "AUDIENCE"])
def test_a_line_break_cannot_be_smuggled_into_a_header(problems, name):
    found = problems(**{name: "a\r\nBcc: b@c.example"})
    assert found == [f"{name} must not contain line breaks or control characters."]


def test_the_language_is_a_language_tag(build, problems):
    assert build(LOCALE="de-CH").site.locale == "de-CH"
    assert problems(LOCALE="../../etc") == ["LOCALE must be a language tag, such as en or de-CH."]


def test_a_relative_sqlite_path_starts_at_the_settings_directory(build, tmp_path):
    assert build().database.url.get_secret_value() == f"sqlite:///{tmp_path}/data/identity.db"


@pytest.mark.parametrize("url", ["sqlite:////var/lib/identity.db"])
def test_absolute_paths_stay_as_they_are(build, url):
    assert build(DATABASE_URL=url).database.url.get_secret_value() == url


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_the_same_driver(build, scheme):
    url = build(DATABASE_URL=f"{scheme}://me:pw@db:5432/identity?sslmode=require").database.url
    assert url.get_secret_value() == "postgresql+psycopg://me:pw@db:5432/identity?sslmode=require"


def test_postgresql_may_be_reached_through_its_socket(build):
    url = "postgresql+psycopg:///identity?host=/run/postgresql"
    assert build(DATABASE_URL=url).database.url.get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    [
        "mysql://db/identity",
        "sqlite:/identity.db",
        "sqlite://identity.db",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://db",
        "postgresql://u:p/w@db/x",
        "identity.db",
    ],
)
def test_anything_else_is_refused(problems, url):
    assert [problem.split()[0] for problem in problems(DATABASE_URL=url)] == ["DATABASE_URL"]
