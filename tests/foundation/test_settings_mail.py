"""Whether mail is set up, wholly or by half."""

import pytest


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("tls", "tls"), ("STARTTLS", "starttls"), ("maybe", "opportunistic"), ("", "opportunistic")],
)
def test_an_unknown_encryption_means_if_the_server_can(build, text, meaning):
    assert build(EMAIL_ENCRYPTION=text).mail.encryption == meaning


def test_the_sender_is_called_like_the_application_unless_named(build):
    assert build(APP_TITLE="Our Chat").mail.sender_name == "Our Chat"
    assert build(APP_TITLE="Our Chat", EMAIL_FROM_NAME="The Team").mail.sender_name == "The Team"


@pytest.mark.parametrize(
    ("chosen", "name"),
    [
        ({"EMAIL_HOST": "mail.example"}, "EMAIL_FROM"),
        ({"EMAIL_SERVICE": "gmail"}, "EMAIL_FROM"),
        ({"MAILGUN_API_KEY": "key", "MAILGUN_DOMAIN": "b.example"}, "EMAIL_FROM"),
        ({"EMAIL_USERNAME": "me"}, "EMAIL_USERNAME"),
        ({"EMAIL_PASSWORD": "secret"}, "EMAIL_USERNAME"),
        ({"MAILGUN_API_KEY": "key", "EMAIL_FROM": "a@b.example"}, "MAILGUN_API_KEY"),
        ({"MAILGUN_DOMAIN": "b.example"}, "MAILGUN_API_KEY"),
    ],
)
def test_half_of_it_is_refused(problems, chosen, name):
    assert [problem.split()[0] for problem in problems(**chosen)] == [name]


def test_a_service_that_nobody_knows_is_told_with_all_other_mistakes(problems):
    told = problems(EMAIL_SERVICE="nobody", EMAIL_HOST="mail.example:587", EMAIL_USERNAME="me", PORT="x")

    assert {problem.split()[0] for problem in told} >= {"EMAIL_SERVICE", "EMAIL_HOST", "EMAIL_USERNAME", "PORT"}


def test_a_service_that_nobody_knows_does_no_harm_where_letters_go_through_mailgun(build):
    through_mailgun = {"MAILGUN_API_KEY": "k", "MAILGUN_DOMAIN": "b.example"}

    assert build(EMAIL_FROM="a@b.example", EMAIL_SERVICE="nobody", **through_mailgun).mail.is_configured


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("Our Chat <chat@example.org>", "EMAIL_FROM_NAME"),
        ("chat", "an e-mail address"),
        ("chat@example.org, team@example.org", "an e-mail address"),
        ("chat@bücher.example", "in ASCII"),
        ("größe@example.org", "in ASCII"),
        ("mailto:chat@example.org", "an e-mail address"),
        ("chat@example.org;", "an e-mail address"),
        ("chat@", "an e-mail address"),
        ("@example.org", "an e-mail address"),
        ("chat@our example.org", "an e-mail address"),
    ],
)
def test_a_sender_in_whose_name_no_letter_would_go_is_refused(problems, address, told):
    (found,) = problems(EMAIL_FROM=address)

    assert found.startswith("EMAIL_FROM ")
    assert told in found


@pytest.mark.parametrize("name", ["EMAIL_HOST", "EMAIL_ENCRYPTION_HOSTNAME", "MAILGUN_DOMAIN", "HOST"])
@pytest.mark.parametrize("host", ["mail.example:587", "192.0.2.7:587", "[2001:db8::7]:587"])
def test_a_port_is_no_part_of_a_host(problems, name, host):
    assert f"{name} must be a host name or an IP address, without a port." in problems(**{name: host})


@pytest.mark.parametrize("host", ["mail.example", "mail_server", "192.0.2.7", "2001:db8::7"])
def test_a_host_is_a_name_or_a_number(build, host):
    assert build(EMAIL_HOST=host, EMAIL_FROM="o'hara+chat@my_host").mail.host == host


@pytest.mark.parametrize(
    "chosen",
    [
        {"EMAIL_SERVICE": "gmail"},
        {"EMAIL_HOST": "m.example"},
        {"MAILGUN_API_KEY": "k", "MAILGUN_DOMAIN": "b.example"},
    ],
)
def test_a_server_and_a_sender_are_enough(build, chosen):
    assert build(EMAIL_FROM="a@b.example", **chosen).mail.is_configured


@pytest.mark.parametrize("behind", ["", "/", "/v3", "/v3/"])
def test_mailgun_may_be_told_as_its_manual_writes_it(build, behind):
    assert build(MAILGUN_HOST=f"https://api.eu.mailgun.net{behind}").mail.mailgun_host == "https://api.eu.mailgun.net"


def test_another_path_to_mailgun_stays(build):
    assert build(MAILGUN_HOST="https://gate.example/mailgun/v3").mail.mailgun_host == "https://gate.example/mailgun"
