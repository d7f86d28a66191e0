"""
Addresses of databases and caches: read here as their drivers will read them, without loading one.

An address is refused whole and never repeated: whatever is not escaped in a password may turn up in any part of it.
Leaves to others: which settings are such addresses (settings_server, settings_neighbours), and what listens there.
Source: redis-py, `redis.connection.parse_url`; PyMongo, `uri_parser`; libpq, "Parameter Key Words".
"""

import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from pydantic import SecretStr

from identity_service.foundation.settings_kinds import plain, split_address
from identity_service.foundation.settings_sources import reading

_ANY, _NUMBER, _PATIENCE = r"\S.*", r"[0-9]{1,9}", r"[0-9]{1,6}(\.[0-9]{1,6})?"
_SWITCH = r"(?i:true|false|yes|no|1|0)"

_REDIS_OPTIONS = {
    "client_name": r"[!-~]+",
    "db": _NUMBER,
    "decode_responses": _SWITCH,
    "encoding": r"(?i:utf-?8|latin-?1|ascii)",
    "encoding_errors": "strict|ignore|replace",
    "health_check_interval": _NUMBER,
    "max_connections": r"[1-9][0-9]{0,8}",
    "password": _ANY,
    "protocol": "[23]",
    "retry_on_timeout": _SWITCH,
    "socket_connect_timeout": _PATIENCE,
    "socket_keepalive": _SWITCH,
    "socket_timeout": _PATIENCE,
    "username": _ANY,
}
_REDIS_TLS_OPTIONS = {
    "ssl_ca_certs": _ANY,
    "ssl_cert_reqs": "none|optional|required",
    "ssl_certfile": _ANY,
    "ssl_check_hostname": _SWITCH,
    "ssl_keyfile": _ANY,
}

# Whatever libpq knows. Its patience is the engine's own, which goes before what an address says of it.
_POSTGRES_OPTIONS = frozenset(
    {
        *("application_name", "channel_binding", "client_encoding", "connect_timeout", "dbname"),
        *("fallback_application_name", "gssdelegation", "gssencmode", "gsslib", "host", "hostaddr", "keepalives"),
        *("keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname", "load_balance_hosts"),
        *("max_protocol_version", "min_protocol_version", "options", "passfile", "password", "port", "replication"),
        *("require_auth", "requirepeer", "service", "servicefile", "ssl_max_protocol_version"),
        *("ssl_min_protocol_version", "sslcert", "sslcertmode", "sslcompression", "sslcrl", "sslcrldir", "sslkey"),
        *("sslkeylogfile", "sslmode", "sslnegotiation", "sslpassword", "sslrootcert", "sslsni"),
        *("target_session_attrs", "tcp_user_timeout", "user"),
    }
)

_POSTGRES_FORM = "must be of the form postgresql+psycopg://user:password@host:port/database, escaped with %."

_ESCAPED = r"(?:[^:@/%]|%[0-9A-Fa-f]{2})"
_MONGO_USER = re.compile(rf"{_ESCAPED}+(?::{_ESCAPED}*)?")
_MONGO_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+(?:%25\w+)?\]|[^\[\]:%/@\s]+)(?::(?P<port>[0-9]{1,5}))?")
_MONGO_SOCKET = re.compile(r"(?:[^:@/%]|%[0-9A-Fa-f]{2})+\.sock")
_NO_MONGO_DATABASE = re.compile(r'[/ "$]')
_MONGO_FORM = "must be of the form mongodb://user:password@host:27017/database, escaped with %."
_HIGHEST_PORT = 65535


def redis_address(text: str) -> SecretStr:
    """Read redis://host:6379/0 or rediss://…, and several with commas between."""
    for address in plain(text).split(","):
        split_address(address.strip(), "redis", "rediss")
        if not address.strip().startswith(("redis://", "rediss://")):
            raise ValueError("must begin with redis:// or rediss://, in small letters.")
    return SecretStr(plain(text))


def redis_problem(text: str) -> str | None:
    """Return what its driver would stumble over in the addresses in *text*, in words that follow a name; or None."""
    for address in text.split(","):
        parts = urlsplit(address.strip())
        if not re.fullmatch(r"/?|/[0-9]{1,9}/?", parts.path):
            return "must name a database by its number, as in redis://host:6379/0."
        known = {**_REDIS_OPTIONS, **(_REDIS_TLS_OPTIONS if parts.scheme == "rediss" else {})}
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        if parts.fragment or not all(name in known and re.fullmatch(known[name], said) for name, said in pairs):
            return f"may only have these behind a ?, each with a value that fits: {', '.join(known)}."
    return None


def database_address(text: str) -> SecretStr:
    """Read the address of our own database."""
    scheme, _, rest = plain(text).partition("://")
    match scheme:
        case "sqlite":
            return SecretStr(f"sqlite://{_sqlite_path(rest, reading.get().source.directory)}")
        case "postgresql" | "postgres" | "postgresql+psycopg":
            return SecretStr(f"postgresql+psycopg://{_postgres_address(rest)}")
    raise ValueError("must begin with sqlite:/// or postgresql+psycopg://.")


def mongo_address(text: str) -> SecretStr:
    """Read mongodb://…, which may have several hosts, or mongodb+srv://…, which has one and no port."""
    # Several hosts with ports of their own are no address that the standard library can take apart.
    scheme, _, rest = plain(text).partition("://")
    if scheme not in {"mongodb", "mongodb+srv"}:
        raise ValueError("must begin with mongodb:// or mongodb+srv://.")
    place, _, options = rest.partition("?")
    authority, _, database = place.partition("/")
    user, at, hosts = authority.rpartition("@")
    is_whole = (
        (not at or _MONGO_USER.fullmatch(user))
        and _are_mongo_hosts(hosts.split(","), is_looked_up=scheme == "mongodb+srv")
        and not _NO_MONGO_DATABASE.search(unquote_plus(database))
        and _are_pairs(options)
    )
    if not is_whole:
        raise ValueError(_MONGO_FORM)
    return SecretStr(plain(text))


def _postgres_address(rest: str) -> str:
    # A blank host is well: PostgreSQL then speaks through its socket.
    try:
        parts = urlsplit(f"postgresql://{rest}")
        is_whole = parts.port != 0 and len(parts.path) > 1 and not parts.fragment
    except ValueError:  # an unescaped / or @ in the password moves the port
        is_whole = False
    if not is_whole:
        raise ValueError(_POSTGRES_FORM)
    if not {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} <= _POSTGRES_OPTIONS:
        raise ValueError(f"may only have these behind a ?: {', '.join(sorted(_POSTGRES_OPTIONS))}.")
    return rest


def _sqlite_path(rest: str, directory: Path) -> str:
    if rest in {"", "/", "/:memory:"}:
        raise ValueError("needs a file, as in sqlite:///data/identity.db: every process has a memory of its own.")
    if not rest.startswith("/"):
        raise ValueError("needs three slashes, as in sqlite:///data/identity.db.")
    if "?" in rest:
        raise ValueError("must have nothing behind a ?, as in sqlite:///data/identity.db.")
    return f"/{directory.absolute() / rest[1:]}"


def _are_mongo_hosts(hosts: list[str], *, is_looked_up: bool) -> bool:
    if is_looked_up:
        found = _MONGO_HOST.fullmatch(hosts[0])
        return len(hosts) == 1 and found is not None and found["port"] is None
    return all(map(_is_mongo_host, hosts))


def _is_mongo_host(text: str) -> bool:
    found = _MONGO_HOST.fullmatch(text)
    if found is None:
        return _MONGO_SOCKET.fullmatch(text) is not None
    return found["port"] is None or 0 < int(found["port"]) <= _HIGHEST_PORT


def _are_pairs(options: str) -> bool:
    """Say whether *options* are NAME=value, with one kind of sign between them."""
    if not options:
        return True
    sign = "&" if "&" in options else ";"
    return not {"&", ";"} <= set(options) and all(pair.count("=") == 1 for pair in options.split(sign))
