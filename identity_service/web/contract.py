"""
What a door promises: the body it reads, the answers it gives, the errors it knows.

A view says all of that in one decorator; `openapi.yaml` is built from it, so the two cannot differ.
Below this floor there are no dictionaries of unknown shape.
Law: OpenAPI 3.1.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, ValidationError

from identity_service.foundation import strict_json
from identity_service.foundation.errors import IdentityFault, InvalidInput, MalformedBody, UnsupportedMediaType

Body = TypeVar("Body", bound=BaseModel)

DEEPEST = 32
"""How many objects and lists may stand inside one another."""

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
HTML = "text/html"

EXAMPLE_CLIENT_ID = "66f1c0ffee0ddba11ad00003"
"""The application in every example."""


class Strict(BaseModel):
    """A body as it must be: right types only, unknown names ignored, nothing changed afterwards."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


@dataclass(frozen=True)
class Answer:
    """
    One thing that a door may say.

    `kind` is its media type, `example` is shown in the contract; `also` holds examples of other media types.
    """

    description: str
    model: type[BaseModel] | None = None
    example: Any = None
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """
    One method of one door, as the contract describes it.

    A `body` is read by its model. A `form` is only described, each parameter in words as in `query`: its view reads it
    itself, because what is wrong with it is not for the sender to hear. `needed` are names from either.
    """

    summary: str
    tag: str
    answers: Mapping[int, Answer]
    errors: Sequence[type[IdentityFault]] = ()
    body: type[BaseModel] | None = None
    body_kind: str = JSON
    body_is_optional: bool = False
    body_example: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    query_example: Mapping[str, str] = field(default_factory=dict)
    needed: Sequence[str] = ()
    security: Sequence[Mapping[str, list[str]]] = ()


View = Callable[..., Response]


def door(blueprint: Blueprint, method: str, path: str, operation: Operation) -> Callable[[View], View]:
    """Mount a view at *path* and let it receive the body that *operation* describes as its first argument."""

    def mount(view: View) -> View:
        @wraps(view)
        def opened(**path_values: str) -> Response:
            if operation.body is None:
                return view(**path_values)
            return view(read(operation.body, operation), **path_values)

        described = cast("Any", opened)
        described.operation = operation
        blueprint.add_url_rule(path, endpoint=f"{view.__name__}", view_func=opened, methods=[method])
        return opened

    return mount


def read(model: type[Body], operation: Operation) -> Body:
    """
    Return the body of this request as *model*.

    Raises:
        UnsupportedMediaType: another content type than the operation's.
        MalformedBody: it cannot be parsed, is nested too deep, or repeats a name.
        InvalidInput: a field is missing or does not obey its rule; each is named.
    """
    raw = request.get_data()
    if not raw and operation.body_is_optional:
        return model()
    if request.mimetype != operation.body_kind:
        raise UnsupportedMediaType(f"This door reads {operation.body_kind}.")
    values = parse_json(raw) if operation.body_kind == JSON else parse_form()
    try:
        return model.model_validate(values)
    except ValidationError as wrong:
        raise InvalidInput(" ".join(sentences(wrong))) from wrong


def parse_json(raw: bytes) -> dict[str, Any]:
    """
    Return the JSON object in *raw*.

    Raises:
        MalformedBody: not an object, NaN or Infinity, a repeated name, more than DEEPEST levels,
            or text that is not Unicode.
    """
    try:
        value = strict_json.read(raw.decode())
    except (ValueError, RecursionError) as wrong:
        raise MalformedBody(detail=type(wrong).__name__) from wrong
    if not isinstance(value, dict):
        raise MalformedBody("The body must be a JSON object.")
    _walk(value, 1)
    return value


def parse_form() -> dict[str, str]:
    """
    Return the fields of a form.

    Raises:
        MalformedBody: a field stands twice (RFC 6749 §3.2), or holds a null character.
    """
    fields = request.form.to_dict(flat=False)
    if any(len(values) > 1 for values in fields.values()):
        raise MalformedBody("A parameter must not be repeated.")
    single = {name: values[0] for name, values in fields.items()}
    _walk(single, 1)
    return single


def reply(answer: BaseModel | Mapping[str, Any], status: int = 200) -> Response:
    """Return *answer* as JSON."""
    body = answer.model_dump_json(by_alias=True) if isinstance(answer, BaseModel) else json.dumps(answer)
    return Response(body, status, mimetype=JSON)


def sentences(wrong: ValidationError) -> list[str]:
    """Return which field breaks which rule, never what was typed."""
    errors = wrong.errors(include_input=False, include_url=False, include_context=False)
    return [f"{'.'.join(str(step) for step in error['loc']) or 'body'}: {_plain(error['msg'])}." for error in errors]


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".")


def _walk(value: object, depth: int) -> None:
    """Refuse what no field may hold: deep nesting, lone surrogates, null characters."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as wrong:
            raise MalformedBody("The body must be Unicode text.") from wrong
        if "\0" in value:
            raise MalformedBody("The body must not hold a null character.")
        return
    if not isinstance(value, dict | list):
        return
    if depth > DEEPEST:
        raise MalformedBody("The body is nested too deep.")
    for part in [*value.keys(), *value.values()] if isinstance(value, dict) else value:
        _walk(part, depth + 1)
