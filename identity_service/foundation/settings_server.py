"""
Where the service listens, how it is known to the world, and where it keeps its data.

Leaves to others: secrets (settings_secrets) and other people's machines (settings_neighbours).
"""

from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import PlainValidator, SecretStr, ValidationInfo, field_validator

from identity_service.foundation.settings_addresses import database_address
from identity_service.foundation.settings_groups import Group, setting
from identity_service.foundation.settings_kinds import (
    Host,
    OptionalAddress,
    OptionalStrongSecret,
    Override,
    Port,
    RootAddress,
    Seconds,
    Switch,
    Text,
    WebAddress,
    choice,
    matching,
    whole,
    whole_number,
)

LogLevel = Annotated[
    Literal["debug", "info", "warning", "error", "critical"], choice("debug", "info", "warning", "error", "critical")
]
Dialect = Annotated[Literal["standard", "librechat"], choice("standard", "librechat")]
Locale = Annotated[
    str, matching(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", "must be a language tag, such as en or de-CH.")
]
OptionalPort = Annotated[int, PlainValidator(lambda text: whole_number(text.strip() or "0", 0, 65535))]


DatabaseURL = Annotated[SecretStr, PlainValidator(database_address)]


class Server(Group):
    """Where the service listens, with how many hands, and what it tells the log."""

    host: Host = setting("HOST", "127.0.0.1", "Address to listen on; put a reverse proxy before anything public.")
    port: Port = setting("PORT", "3081", "Port to listen on.")
    workers: Annotated[int, whole(1, 256)] = setting("WEB_CONCURRENCY", "2", "Worker processes.")
    threads: Annotated[int, whole(1, 4096)] = setting("SERVER_THREADS", "64", "Threads in each worker.")
    drain: Seconds = setting(
        "DRAIN_SECONDS", "0", "How long a stopping server serves on while /readyz says 503, in seconds."
    )
    trust_proxy: Annotated[int, whole(0, 32)] = setting(
        "TRUST_PROXY", "0", "Reverse proxies before this service whose forwarding headers count; 0 trusts none."
    )
    metrics_host: Host = setting("METRICS_HOST", "127.0.0.1", "Address for /metrics, away from the public one.")
    metrics_port: OptionalPort = setting(
        "METRICS_PORT", "9464", "Port for /metrics; 0 or blank switches it off.", blank_counts=True
    )
    metrics_token: OptionalStrongSecret = setting(
        "METRICS_TOKEN", "", "With it, /metrics also answers on the public address to this bearer; 32 bytes or more."
    )
    log_level: LogLevel = setting("LOG_LEVEL", "info", "What is logged: debug, info, warning, error or critical.")

    def contradictions(self) -> Iterator[str]:
        """Keep the metrics off the public port, by which the two addresses are told apart."""
        if self.port == self.metrics_port:
            yield "METRICS_PORT must differ from PORT: the port tells the public address from the one for metrics."


class Site(Group):
    """How the service is known: its name, its addresses, and whom its tokens come from and are for."""

    app_title: Text = setting("APP_TITLE", "LibreChat", "The name that people see on pages and in letters.")
    locale: Locale = setting(
        "LOCALE", "en", "The language of letters when neither a person nor a browser asks for one we have."
    )
    domain_client: WebAddress = setting(
        "DOMAIN_CLIENT", "http://localhost:3080", "Where people open the chat application."
    )
    domain_server: RootAddress = setting(
        "DOMAIN_SERVER", "http://localhost:3081", "Where browsers and clients reach this service; no path."
    )
    issuer: WebAddress = setting(
        "ISSUER",
        "http://localhost:3081",
        "The iss of every token; DOMAIN_SERVER when unset. A proxy must take its path off, if it has one.",
        falls_back_to=("DOMAIN_SERVER",),
    )
    audience: Text = setting(
        "AUDIENCE",
        "http://localhost:3081",
        "The aud of access tokens; ISSUER when unset.",
        falls_back_to=("ISSUER", "DOMAIN_SERVER"),
    )
    dialect: Dialect = setting(
        "ACCESS_TOKEN_DIALECT",
        "standard",
        "standard (ES256, RFC 9068) or librechat (HS256, for an unmodified chat back end).",
    )
    cookie_secure_override: Override = setting(
        "SESSION_COOKIE_SECURE", "", "Whether cookies are Secure; unset, they are when DOMAIN_SERVER is https."
    )
    admin_panel_url: OptionalAddress = setting(
        "ADMIN_PANEL_URL", "", "Where LibreChat's admin panel is, if there is one."
    )
    trust_tenant_header: Switch = setting(
        "TRUST_TENANT_HEADER", "false", "Whether X-Tenant-Id from the proxy is believed."
    )
    tenant_isolation_strict: Switch = setting(
        "TENANT_ISOLATION_STRICT", "false", "Whether a request without a tenant is refused."
    )

    @field_validator("audience")
    @classmethod
    def is_the_issuer_as_we_write_it(cls, value: str, info: ValidationInfo) -> str:
        """Drop the slash at the end of a lent address, as the issuer does; an audience of its own stays as it is."""
        issuer = info.data.get("issuer")
        return issuer if issuer and value.rstrip("/") == issuer else value

    @property
    def cookie_secure(self) -> bool:
        """Whether cookies carry the Secure attribute."""
        if self.cookie_secure_override is not None:
            return self.cookie_secure_override
        return urlsplit(self.domain_server).scheme == "https"


class Database(Group):
    """Where people, sessions and keys are kept."""

    url: DatabaseURL = setting(
        "DATABASE_URL",
        "sqlite:///data/identity.db",
        "sqlite:///path or postgresql+psycopg://user:password@host/database.",
    )
