"""
What the doctor sees around the service: files and their modes, secrets, cookies, and what the settings promise.

Law: NIST SP 800-63B-4 §3.1.1.2 (a password that stands alone has fifteen characters), OWASP ASVS 5.0 §3.3.1 (Secure).
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from identity_service.flows.doctor.findings import Finding
from identity_service.foundation.database import Database
from identity_service.foundation.settings import Settings
from identity_service.foundation.settings_kinds import is_this_machine
from identity_service.foundation.settings_openid import prefix_of

_ALONE = 15
_BESIDE = ("", "-wal", "-shm")


@dataclass(frozen=True)
class Surroundings:
    """Looks at the settings and at the files of `folder`, where the service runs."""

    settings: Settings
    database: Database
    folder: Path

    def of_settings(self) -> Iterator[Finding]:
        """Name the settings that promise what is not there."""
        if self.settings.unheeded:
            yield Finding(
                "setting_without_effect",
                f"These settings are accepted, and nothing heeds them yet: {', '.join(self.settings.unheeded)}.",
                "Take them out of .env, and do not rely on what they would do.",
                "advice",
            )

    def of_files(self) -> Iterator[Finding]:
        """Look who may read what holds secrets."""
        private = [self.folder / ".env"]
        if self.database.is_sqlite:
            file = self.database.engine.url.database or ""
            private += [Path(f"{file}{ending}") for ending in _BESIDE]
        for path in private:
            if path.exists() and stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
                yield Finding(
                    "file_open_to_others",
                    f"Others on this machine may read {path}, which holds secrets.",
                    f"chmod 600 {path}",
                )

    def of_secrets(self) -> Iterator[Finding]:
        """Look whether one secret serves two purposes; weak and published ones stop the start already."""
        used: dict[str, str] = {}
        for name, value in self._secrets():
            if value in used:
                yield Finding(
                    "secret_repeated",
                    f"{name} is the same as {used[value]}: whoever learns one knows both.",
                    f"Give {name} a value of its own: `openssl rand -hex 32` prints one.",
                )
            used.setdefault(value, name)

    def of_cookies(self) -> Iterator[Finding]:
        """Look whether browsers send our cookies, and over TLS alone."""
        site = self.settings.site
        parts = urlsplit(site.domain_server)
        is_here = is_this_machine(parts.hostname or "")
        if parts.scheme == "http" and not is_here:
            yield Finding(
                "no_tls",
                "DOMAIN_SERVER is http: passwords and cookies travel in the open.",
                "Put a proxy with a certificate before the service, and write https:// in DOMAIN_SERVER.",
            )
        if parts.scheme == "https" and not site.cookie_secure:
            yield Finding(
                "cookie_not_secure",
                "SESSION_COOKIE_SECURE is false although DOMAIN_SERVER is https.",
                "Take SESSION_COOKIE_SECURE out of .env.",
            )
        if parts.scheme == "http" and site.cookie_secure and not is_here:
            yield Finding(
                "cookie_never_sent",
                "Cookies are Secure and DOMAIN_SERVER is http: no browser will send them.",
                "Write https:// in DOMAIN_SERVER, or take SESSION_COOKIE_SECURE out of .env.",
            )

    def of_passwords(self) -> Iterator[Finding]:
        """Advise on what a password must be where nothing else is asked for."""
        if self.settings.registration.email_login and self.settings.passwords.min_length < _ALONE:
            yield Finding(
                "password_short",
                f"Passwords of {self.settings.passwords.min_length} characters will do, and nothing is asked besides.",
                f"MIN_PASSWORD_LENGTH={_ALONE}; people with a shorter one keep it.",
                "advice",
            )

    def _secrets(self) -> Iterator[tuple[str, str]]:
        settings = self.settings
        # One client of several issuers, such as tenants of Entra, has one secret by right.
        issuers = {one.client_id: (name, one) for name, one in settings.upstream.openid.items()}
        yield "JWT_SECRET", settings.secrets.jwt.get_secret_value()
        yield "JWT_REFRESH_SECRET", settings.secrets.jwt_refresh.get_secret_value()
        yield "CREDS_KEY", settings.secrets.creds_key.get_secret_value().hex()
        others = {
            "METRICS_TOKEN": settings.server.metrics_token,
            "DYNAMIC_REGISTRATION_TOKEN": settings.clients.dynamic_registration_token,
            "EMAIL_PASSWORD": settings.mail.password,
            "REDIS_PASSWORD": settings.redis.password,
            "MAILGUN_API_KEY": settings.mail.mailgun_api_key,
            **{f"{name.upper()}_CLIENT_SECRET": one.client_secret for name, one in settings.upstream.clients.items()},
            **{f"{prefix_of(name)}CLIENT_SECRET": one.client_secret for name, one in issuers.values()},
        }
        yield from ((name, secret.get_secret_value()) for name, secret in others.items() if secret is not None)
