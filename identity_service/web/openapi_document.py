"""
The contract as OpenAPI 3.1, built from what the doors say of themselves.

Nobody builds it who serves: the file that is made of it is the same everywhere.
Law: OpenAPI Specification 3.1.
Leaves to others: serving the file (openapi).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import yaml
from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from identity_service.foundation import errors
from identity_service.foundation.errors import IdentityFault
from identity_service.web import limits_doors
from identity_service.web.contract import EXAMPLE_CLIENT_ID, FORM, JSON, Answer, Operation
from identity_service.web.replies import STATUSES, tell

_REFERENCE = "#/components/schemas/{model}"
_REQUEST_ID = "5f0c3b9a77e14d02"
_PATH_VALUE = re.compile(r"<(\w+)>")
_PATH_VALUES = {
    "session_id": {"schema": {"type": "string", "pattern": "^[0-9a-f]{24}$"}, "example": "66f1c0ffee0ddba11ad00002"},
    "client_id": {"schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}, "example": EXAMPLE_CLIENT_ID},
    "provider": {"schema": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}, "example": "github"},
}
_ABOUT_BODIES = (errors.MalformedBody, errors.UnsupportedMediaType)
_ANYWHERE = (errors.BodyTooLarge, errors.InvalidRequest, errors.DatabaseUnavailable)
_NOTHING = {"type": "object", "maxProperties": 0}
_SECURITY = {
    "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "refreshCookie": {"type": "apiKey", "in": "cookie", "name": "refreshToken"},
    "browserCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "identity_session",
        "description": "Over https its name is `__Host-identity_session`.",
    },
    "clientSecret": {"type": "http", "scheme": "basic", "description": "`identity create-client` makes one."},
    "clientToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A client's own access token, by the grant `client_credentials`.",
    },
    "initialAccessToken": {"type": "http", "scheme": "bearer", "description": "DYNAMIC_REGISTRATION_TOKEN"},
    "registrationAccessToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `registration_access_token` that came with the registration.",
    },
    "metricsToken": {"type": "http", "scheme": "bearer", "description": "METRICS_TOKEN"},
}


class _Whole(yaml.SafeDumper):
    """Writes what stands in two places twice, so that each can be read where it stands."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


class LibreChatError(BaseModel):
    """What `/api` says when it refuses."""

    message: str
    code: str
    request_id: str


class OAuthError(BaseModel):
    """What `/oauth2` says when it refuses (RFC 6749 §5.2)."""

    error: str
    error_description: str


class Problem(BaseModel):
    """What every other door says when it refuses (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    request_id: str


def document(app: Flask) -> str:
    """Return the contract of every door of *app* as YAML."""
    return yaml.dump(build(app), Dumper=_Whole, sort_keys=False, allow_unicode=True, width=120)


def build(app: Flask) -> dict[str, Any]:
    """Return the contract of every door of *app*."""
    paths: dict[str, dict[str, Any]] = {}
    models: set[type[BaseModel]] = {LibreChatError, OAuthError, Problem}
    for path, method, operation in sorted(doors(app), key=lambda one: one[:2]):
        paths.setdefault(path, {})[method] = _operation(path, method, operation)
        models |= {answer.model for answer in operation.answers.values() if answer.model}
        models |= {operation.body} if operation.body else set()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Identity service",
            "version": version("identity-service"),
            "description": "Sign up, sign in, refresh, sign out; and for back ends: is this session alive?",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "http://127.0.0.1:3081"}],
        "paths": paths,
        "components": {"schemas": _schemas(models), "securitySchemes": _SECURITY},
    }


def doors(app: Flask) -> Iterator[tuple[str, str, Operation]]:
    """Yield path, method and operation of every door that describes itself."""
    for rule in app.url_map.iter_rules():
        operation = getattr(app.view_functions[rule.endpoint], "operation", None)
        if operation is not None:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield _PATH_VALUE.sub(r"{\1}", rule.rule), method.lower(), operation


def _schemas(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    ordered = sorted(models, key=lambda model: model.__name__)
    _, found = models_json_schema([(model, "validation") for model in ordered], ref_template=_REFERENCE)
    return dict(sorted(found["$defs"].items()))


def _operation(path: str, method: str, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{method}{path}").strip("_"),
        "summary": operation.summary,
        "tags": [operation.tag],
    }
    if parameters := [*_path_parameters(path), *_query_parameters(operation)]:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = _body(operation)
    if operation.form:
        described["requestBody"] = _form(operation)
    because_of_limits = limits_doors.refusals(method.upper(), path)
    described["responses"] = _responses(path, operation, [*operation.errors, *because_of_limits])
    if operation.security:
        described["security"] = [dict(one) for one in operation.security]
    return described


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", path)
    return [{"name": name, "in": "path", "required": True, **_PATH_VALUES[name]} for name in names]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "description": text,
            **({"required": True} if name in operation.needed else {}),
            "schema": {"type": "string"},
            **({"example": operation.query_example[name]} if name in operation.query_example else {}),
        }
        for name, text in operation.query.items()
    ]


def _body(operation: Operation) -> dict[str, Any]:
    content = {"schema": _schema_of(operation.body), "example": operation.body_example}
    return {"required": not operation.body_is_optional, "content": {operation.body_kind: content}}


def _form(operation: Operation) -> dict[str, Any]:
    properties = {name: {"type": "string", "description": text} for name, text in operation.form.items()}
    needed = {"required": [*operation.needed]} if operation.needed else {}
    schema = {"type": "object", "properties": properties, **needed}
    return {"required": bool(needed), "content": {FORM: {"schema": schema, "example": operation.body_example}}}


def _schema_of(model: type[BaseModel] | None) -> dict[str, Any]:
    return {"$ref": _REFERENCE.format(model=model.__name__)} if model else {"type": "string"}


def _responses(path: str, operation: Operation, known: Sequence[type[IdentityFault]]) -> dict[str, Any]:
    responses = {str(status): _answer(answer) for status, answer in operation.answers.items()}
    about_body = _ABOUT_BODIES if operation.body else ()
    refusals: dict[str, list[type[IdentityFault]]] = {}
    for fault in dict.fromkeys((*known, *about_body, *_ANYWHERE)):
        refusals.setdefault(str(tell(fault(), path, _REQUEST_ID).status), []).append(fault)
    for status, faults in sorted(refusals.items()):
        responses[status] = _either(responses.get(status, {}), _refusal(path, faults))
    return responses


def _either(page: Mapping[str, Any], refusal: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a status with which a door shows people a page, or refuses in its language."""
    if not page:
        return dict(refusal)
    headers = {**page.get("headers", {}), **refusal.get("headers", {})}
    return {
        "description": f"{page['description']} Or {refusal['description']}",
        "content": {**page["content"], **refusal["content"]},
        **({"headers": headers} if headers else {}),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    if answer.headers:
        described["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in answer.headers.items()
        }
    if answer.model or answer.example is not None:
        described["content"] = {answer.kind: {"schema": _schema_of(answer.model), "example": answer.example}}
    for kind, example in answer.also.items():
        described["content"][kind] = {"schema": {"type": "string"}, "example": example}
    return described


def _refusal(path: str, faults: Sequence[type[IdentityFault]]) -> dict[str, Any]:
    told = tell(faults[0](), path, _REQUEST_ID)
    kind = dict(told.headers)["Content-Type"]
    model = Problem if kind != JSON else LibreChatError if path.startswith("/api/") else OAuthError
    schema = _schema_of(model)
    if model is OAuthError and errors.SignInRequired in faults:
        schema = {"anyOf": [schema, _NOTHING]}
    examples = {fault.code: {"value": yaml.safe_load(tell(fault(), path, _REQUEST_ID).body)} for fault in faults}
    described: dict[str, Any] = {
        "description": "; ".join(f"`{fault.code}`: {_first_line(fault)}" for fault in faults),
        "content": {kind: {"schema": schema, "examples": examples}},
    }
    if STATUSES[faults[0]] == HTTPStatus.SERVICE_UNAVAILABLE:
        described["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return described


def _first_line(fault: type[IdentityFault]) -> str:
    return (fault.__doc__ or "").strip().splitlines()[0]
