"""The samples of the user guide, as they are written there."""

from datetime import timedelta

import pytest

GUIDE_JWT_SECRET = "16f8c0ef4a5d391b26034086c628469d3f9f497f08163ab9b40137092f2909ef"
GUIDE_JWT_REFRESH_SECRET = "eaa5191f2914e30b9387fd84e254e4ba6fc51b4654968a9b0803b456a54b8418"
OLD_CREDS_KEY = "f34be427ebb29de8d88c107a71546019685ed8b241d8f2ed00c3df97ad2566f0"
OLD_CREDS_IV = "e2341419ec3dd3d19b13a1a87fafcbfb"
LESSER = ("DYNAMIC_REGISTRATION_TOKEN", "METRICS_TOKEN", "OPENID_SESSION_SECRET", "SAML_SESSION_SECRET")


def test_its_samples_are_read_as_they_are_written(from_file):
    settings = from_file(
        "ALLOW_EMAIL_LOGIN=true\nALLOW_REGISTRATION=true\nALLOW_SOCIAL_LOGIN=false\nALLOW_SOCIAL_REGISTRATION=false\n"
        "SESSION_EXPIRY=1000 * 60 * 15\nREFRESH_TOKEN_EXPIRY=(1000 * 60 * 60 * 24) * 7\n"
        "EMAIL_SERVICE=   # eg. gmail\nEMAIL_HOST= # eg. example.com - if EMAIL_SERVICE is not set\n"
        "EMAIL_PORT=25 # eg. 25 - mail server port to connect to with EMAIL_HOST (usually 25, 465, 587)\n"
        'EMAIL_FROM_NAME= # eg. LibreChat - constructed as "EMAIL_FROM_NAME <EMAIL_FROM>".\n'
        "OPENID_SCOPE=openid profile email #DO NOT CHANGE THIS\n"
        "OPENID_CALLBACK_URL=/oauth/openid/callback # this should be the same for everyone\n"
    )
    assert settings.mail.service is None
    assert settings.mail.port == 25
    assert settings.mail.sender_name == "LibreChat"
    assert not settings.mail.is_configured
    assert settings.lifetimes.refresh == timedelta(days=7)
    assert settings.registration.registration


def test_its_mail_samples_set_mail_up(from_file):
    gmail = from_file(
        "EMAIL_SERVICE=gmail\nEMAIL_USERNAME=your-email\nEMAIL_PASSWORD=your-app-password\n"
        "EMAIL_FROM=email address for the from field, e.g., noreply@librechat.ai\n"
        'EMAIL_FROM_NAME="My LibreChat Server"\n'
    )
    assert (gmail.mail.service, gmail.mail.sender_name) == ("gmail", "My LibreChat Server")
    assert gmail.mail.is_configured
    own = from_file("EMAIL_HOST=mail.example.com\nEMAIL_PORT=587\nEMAIL_ENCRYPTION=starttls\nEMAIL_FROM=a@b.example\n")
    assert (own.mail.host, own.mail.port, own.mail.encryption) == ("mail.example.com", 587, "starttls")


def test_its_google_sample_is_refused_with_what_to_write(problems):
    found = problems(GOOGLE_CLIENT_ID="a", GOOGLE_CLIENT_SECRET="b", GOOGLE_CALLBACK_URL="/oauth/github/callback")
    assert found == ["GOOGLE_CALLBACK_URL must end in the provider's own path: write /oauth/google/callback."]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET", GUIDE_JWT_SECRET),
        ("JWT_REFRESH_SECRET", GUIDE_JWT_REFRESH_SECRET),
        ("JWT_SECRET", GUIDE_JWT_REFRESH_SECRET.upper()),
        ("CREDS_KEY", OLD_CREDS_KEY),
        ("CREDS_IV", OLD_CREDS_IV),
        *((name, GUIDE_JWT_SECRET) for name in LESSER),
        *((name, GUIDE_JWT_REFRESH_SECRET.upper()) for name in LESSER),
    ],
)
def test_published_secrets_are_refused_wherever_they_stand(problems, name, value):
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name} is a published sample")


def test_its_issuer_with_the_placeholder_left_in_is_refused(problems):
    placeholders = (
        "https://cognito-idp.[AWS REGION].amazonaws.com/[USER POOL ID]/.well-known/openid-configuration",
        "https://login.microsoftonline.com/Your Directory (tenant ID)/v2.0/",
    )
    for placeholder in placeholders:
        (problem,) = problems(OPENID_CLIENT_ID="a", OPENID_CLIENT_SECRET="b", OPENID_ISSUER=placeholder)
        assert problem.startswith("OPENID_ISSUER must be an absolute address")
