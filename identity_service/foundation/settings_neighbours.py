"""
Other machines: Redis, the chat application's database, and the rules for every request that leaves the house.

Leaves to others: speaking with them (web.limits, chat.mongo, foundation.outbound).
"""

import re
import ssl
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import PlainValidator, SecretStr

from identity_service.foundation.settings_addresses import mongo_address, redis_address, redis_problem
from identity_service.foundation.settings_groups import Group, setting
from identity_service.foundation.settings_kinds import (
    Milliseconds,
    Names,
    NotNegative,
    OptionalFile,
    OptionalSecret,
    OptionalText,
    Override,
    Seconds,
    Switch,
    file,
    names,
    plain,
    unless_blank,
)
from identity_service.foundation.settings_sources import reading

# A name whose last part is a number is an address in disguise, or a misspelt one: 10.0.0.300, 0x7f000001.
_HOST_NAME = re.compile(r"(?!.*(?:^|\.)(?:\d+|0x[0-9a-f]*)$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")

_NODE = re.compile(r"rediss?://(?P<who>[^/?#@]*@)?[^/?#@]*:[0-9]+(?:/0?)?")


def _places(text: str) -> tuple[IPv4Network | IPv6Network | str, ...]:
    return tuple(_place(entry) for entry in names(text.lower()))


def _place(entry: str) -> IPv4Network | IPv6Network | str:
    try:
        return ip_network(entry)
    except ValueError:
        # Neither word is a machine: this is a list, not a switch.
        if not _HOST_NAME.fullmatch(entry) or entry in {"true", "false"}:
            raise ValueError("must list addresses, networks such as 10.0.0.0/8 or host names, with commas.") from None
        return entry


def _authorities(text: str) -> Path | None:
    path = file(text)
    if path is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except OSError:
            raise ValueError("must be a file of certificates in PEM.") from None
    return path


class Variable(NamedTuple):
    """A variable that a setting names, and its text; None if it is not set."""

    name: str
    text: str | None


def _variable(name: str) -> Variable:
    text = reading.get().source.text(plain(name))
    return Variable(plain(name), text and plain(text))


class Redis(Group):
    """Where limits are counted when several machines serve the same people; the SQL database without it."""

    uri: Annotated[SecretStr | None, unless_blank(redis_address)] = setting(
        "REDIS_URI", "", "redis://host:6379 or rediss://…; several nodes of a cluster with commas between."
    )
    use: Override = setting(
        "USE_REDIS", "", "false switches Redis off although REDIS_URI is set; unset, REDIS_URI decides."
    )
    username: OptionalText = setting("REDIS_USERNAME", "", "User name for Redis.")
    password: OptionalSecret = setting("REDIS_PASSWORD", "", "Password for Redis.")
    ca: OptionalFile = setting("REDIS_CA", "", "File of the certificate authority for rediss://.")
    key_prefix: OptionalText = setting("REDIS_KEY_PREFIX", "", "What stands before every key, with :: after it.")
    key_prefix_variable: Annotated[Variable | None, unless_blank(_variable)] = setting(
        "REDIS_KEY_PREFIX_VAR", "", "The name of a variable that holds the prefix; none if that is not set."
    )
    cluster: Switch = setting("USE_REDIS_CLUSTER", "false", "REDIS_URI is a node of a cluster.")
    cluster_safe_delete: Switch = setting("REDIS_CLUSTER_SAFE_DELETE", "false", "Keys are deleted one by one.")
    alternative_dns_lookup: Switch = setting("REDIS_USE_ALTERNATIVE_DNS_LOOKUP", "false", "For clusters on AWS.")
    max_listeners: NotNegative = setting("REDIS_MAX_LISTENERS", "40", "Listeners for each connection.")
    ping_interval: Seconds = setting("REDIS_PING_INTERVAL", "0", "Time between pings, in seconds; 0 is never.")
    retry_max_delay: Milliseconds = setting(
        "REDIS_RETRY_MAX_DELAY", "3000", "Longest wait between tries, in milliseconds."
    )
    retry_max_attempts: NotNegative = setting("REDIS_RETRY_MAX_ATTEMPTS", "10", "Tries before giving up.")
    connect_timeout: Milliseconds = setting(
        "REDIS_CONNECT_TIMEOUT", "10000", "Patience with a connection, in milliseconds."
    )
    enable_offline_queue: Switch = setting("REDIS_ENABLE_OFFLINE_QUEUE", "true", "Commands wait while Redis is away.")
    streams: Switch = setting("USE_REDIS_STREAMS", "false", "LibreChat's: answers are streamed through Redis.")
    in_memory_namespaces: Names = setting(
        "FORCED_IN_MEMORY_CACHE_NAMESPACES", "", "LibreChat's: caches that stay in memory."
    )

    @property
    def is_configured(self) -> bool:
        """Whether Redis is to be used."""
        return self.uri is not None and self.use is not False

    @property
    def is_cluster(self) -> bool:
        """Whether several Redis share the keys; as the chat application does, several addresses are taken for it."""
        return self.cluster or len(self._addresses()) > 1

    @property
    def prefix(self) -> str:
        """What the operator puts before every key, wherever it is set."""
        named = self.key_prefix_variable.text if self.key_prefix_variable else None
        return self.key_prefix or named or ""

    def contradictions(self) -> Iterator[str]:
        """Ask for the address if Redis is wanted, for one that can be used, and for one prefix at most."""
        if self.use and self.uri is None:
            yield "REDIS_URI is required when USE_REDIS is true."
        if self.is_configured:
            yield from self._faults_of_addresses()
        if self.key_prefix and self.key_prefix_variable:
            yield "REDIS_KEY_PREFIX and REDIS_KEY_PREFIX_VAR must not be set both."

    def _faults_of_addresses(self) -> Iterator[str]:
        addresses = self._addresses()
        nodes = [_NODE.fullmatch(address) for address in addresses] if self.is_cluster else []
        if problem := redis_problem(",".join(addresses)):
            yield f"REDIS_URI {problem}"
        elif not all(nodes):
            yield "REDIS_URI must give each node of a cluster as redis://host:port, with nothing behind it."
        elif len({node["who"] for node in nodes if node and node["who"]}) > 1:
            yield "REDIS_URI must give the nodes of a cluster one user name and password, that of all of them."
        elif len({address.partition(":")[0] for address in addresses}) > 1:
            yield "REDIS_URI must give all nodes of a cluster as rediss://, or all as redis://: encryption is for all."
        if self.ca and not all(address.startswith("rediss:") for address in addresses):
            yield "REDIS_CA is for encrypted connections: REDIS_URI must begin with rediss://."

    def _addresses(self) -> list[str]:
        return [each.strip() for each in self.uri.get_secret_value().split(",")] if self.uri else []


class Chat(Group):
    """The chat application's database."""

    mongo_uri: Annotated[SecretStr | None, unless_blank(mongo_address)] = setting(
        "MONGO_URI",
        "",
        "The chat application's MongoDB, such as mongodb://127.0.0.1:27017/LibreChat; blank without one.",
    )


class Outbound(Group):
    """Where requests of this service may go, and whose certificates they believe."""

    allow_private: Annotated[tuple[IPv4Network | IPv6Network | str, ...], PlainValidator(_places)] = setting(
        "OUTBOUND_ALLOW_PRIVATE",
        "",
        "Private addresses, networks and host names that requests may go to, with commas between.",
    )
    ca_file: Annotated[Path | None, PlainValidator(_authorities)] = setting(
        "OUTBOUND_CA_FILE", "", "File of further certificate authorities to trust."
    )
