"""
Alive, ready, metrics: what other machines ask.

/metrics has an address of its own, metrics_address; on the public one it is there only for whoever knows METRICS_TOKEN.
"""

from hmac import compare_digest

from flask import Blueprint, Response, request
from pydantic import BaseModel

from identity_service.foundation import errors
from identity_service.web import limits, metrics
from identity_service.web.context import IS_LEAVING, bearer, services
from identity_service.web.contract import Answer, Operation, door, reply

health = Blueprint("health", __name__)

_READY = {"status": "ready", "limits": "database"}


class Status(BaseModel):
    """How it goes."""

    status: str


class Readiness(Status):
    """How it goes, and where limits are counted: `database`, `redis`, or `database instead of redis`."""

    limits: str


@door(
    health,
    "GET",
    "/healthz",
    Operation("Is the process alive?", "operations", {200: Answer("It is.", Status, {"status": "alive"})}),
)
def healthz() -> Response:
    """Answer without asking anybody."""
    return reply({"status": "alive"})


@door(
    health,
    "GET",
    "/readyz",
    Operation(
        "Can it serve?",
        "operations",
        {200: Answer("The database answers, can be written to and has this release's schema.", Readiness, _READY)},
        (errors.Leaving, errors.DatabaseUnavailable),
    ),
)
def readyz() -> Response:
    """Answer after asking the database; while the server leaves, send everybody elsewhere."""
    if request.environ.get(IS_LEAVING):
        raise errors.Leaving
    asked = services()
    asked.insist_on_writing()
    if not asked.is_schema_current():
        raise errors.DatabaseUnavailable("The database does not have this release's schema. Run: make migrate")
    try:
        asked.capabilities.keys.signing("ES256")
    except errors.Misconfigured as fault:
        raise errors.DatabaseUnavailable("No signing key can be used.", detail=fault.message) from fault
    return reply(Readiness(status="ready", limits=limits.counted_in()))


@door(
    health,
    "GET",
    "/metrics",
    Operation(
        "Counters for Prometheus",
        "operations",
        {200: Answer("Text exposition.", None, 'identity_sign_ins_total{outcome="done"} 1.0\n', kind="text/plain")},
        (errors.NotFound,),
        security=({"metricsToken": []},),
    ),
)
def public_metrics() -> Response:
    """Answer on the public address, to the right bearer only; to others this door does not exist."""
    expected = services().settings.server.metrics_token
    given = bearer(request.headers.get("Authorization", "")) or ""
    if expected is None or not compare_digest(given.encode(), expected.get_secret_value().encode()):
        raise errors.NotFound
    return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)
