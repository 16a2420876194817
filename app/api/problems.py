"""How does a refusal leave the house? Every error of every route is an RFC 9457 problem."""

import json
import re
from collections.abc import Mapping
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.commands import Reply
from app.passwords import PasswordsBusy
from app.ports import NoWriter
from app.problems import ERRORS_MAX, MEDIA_TYPE, FieldError, Place, Problem, pointer_of
from app.rights import Forbidden

RETRY_AFTER_S = 1

_PLACES: dict[str, Place] = {"body": "body", "path": "path", "query": "query", "header": "header", "cookie": "header"}
_UNIQUE_FIELDS = ("login", "slug", "name", "address", "code", "user_id", "key")
_FOREIGN_FIELDS = ("company", "team", "user", "queue", "skill", "agent", "customer", "disposition")
_TITLES = {
    400: ("request.malformed", "The request cannot be read"),
    404: ("not_found", "There is no such thing"),
    405: ("request.method", "This address does not take this method"),
    413: ("request.too_large", "The body is too large"),
    415: ("request.not_json", "The body must be application/json"),
}


def response_of(problem: Problem) -> Response:
    content = json.dumps(problem.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(content, problem.status, problem.headers, MEDIA_TYPE)


def unavailable(text_key: str, title: str) -> Problem:
    return Problem(503, text_key, title, headers={"Retry-After": str(RETRY_AFTER_S)})


def no_writer() -> Problem:
    return unavailable("writer.none", "Nobody can take this just now; the same request is safe to send again")


def not_found(kind: str, pointer: str | None = None, place: Place = "body") -> Problem:
    """A thing that is not there, or not there for this asker: nobody can tell which."""
    errors = [FieldError(pointer, f"there is no such {kind}", "not_found", place)] if pointer else []
    return Problem(404, "not_found", f"There is no such {kind}", errors)


def invalid(pointer: str, detail: str, text_key: str, place: Place = "body", **extra: Any) -> Problem:
    return Problem(
        422,
        "validation.failed",
        "Some fields are not as expected",
        [FieldError(pointer, detail, text_key, place)],
        **extra,
    )


def taken(pointer: str, what: str) -> Problem:
    error = FieldError(pointer, f"this {what} is in use", "conflict.taken")
    return Problem(409, "conflict.taken", f"This {what} is in use", [error])


def stale(yours: int, current: Mapping[str, Any]) -> Problem:
    """Somebody changed it in the meantime: both values go back, the person decides."""
    return Problem(
        409,
        "conflict.stale_version",
        "It has been changed in the meantime",
        [FieldError("/version", "not the current version", "conflict.stale_version")],
        your_version=yours,
        current=dict(current),
    )


def reply_problem(reply: Reply) -> Problem:
    """A refusal of the writer."""
    body = dict(reply.body)
    text_key, title = str(body.get("text_key", "refused")), str(body.get("title", "Refused"))
    named = body.get("field")
    errors = [FieldError(f"/{named}", str(body.get("detail", title)), text_key)] if named else []
    if text_key == "command.id_reused":
        errors = [FieldError("/Idempotency-Key", title, text_key, "header")]
    extra = {"detail": body["detail"]} if body.get("detail") else {}
    headers = {"Retry-After": str(RETRY_AFTER_S)} if reply.status == 503 else {}
    return Problem(reply.status, text_key, title, errors, headers, **extra)


# --- what went wrong, as a problem ------------------------------------------------------------------------------------


def of_validation(found: RequestValidationError) -> Problem:
    """Fields and what was expected; never what was sent: it may be personal."""
    errors = found.errors()
    if any(error["type"] == "json_invalid" for error in errors):
        return Problem(400, "request.malformed", "The body is not JSON")
    return Problem(422, "validation.failed", "Some fields are not as expected", map(_field_error, errors[:ERRORS_MAX]))


def _field_error(error: Mapping[str, Any]) -> FieldError:
    place, *steps = error["loc"] or ("body",)
    context = error.get("ctx", {})
    text_key = context.get("text_key") or f"validation.{error['type']}"
    return FieldError(
        pointer_of(steps), str(error["msg"]), text_key, _PLACES.get(str(place), "body"), context.get("column")
    )


def of_http(found: HTTPException) -> Problem:
    text_key, title = _TITLES.get(found.status_code, ("request.refused", "The request is refused"))
    return Problem(found.status_code, text_key, title, headers=found.headers)


def of_database(found: DBAPIError) -> Problem | None:
    """None: a fault of ours."""
    state = str(getattr(found.orig, "sqlstate", None) or "")
    if isinstance(found, (OperationalError, InterfaceError)) or found.connection_invalidated:
        return unavailable("database.away", "The database does not answer; try again")
    match state[:2], state:
        case ("08" | "57" | "53" | "40", _) | (_, "55P03"):
            return unavailable("database.away", "The database does not answer; try again")
        case _, "23505":
            return _taken(_constraint(found))
        case _, "23503":
            return _missing(_constraint(found))
        case _, "23514" | "22P02" | "22003" | "22001" | "22021" | "22P05":
            return Problem(422, "validation.failed", "Some fields are not as expected")
    return None


def _constraint(found: DBAPIError) -> str:
    return str(getattr(getattr(found.orig, "__cause__", None), "constraint_name", None) or "")


def _taken(constraint: str) -> Problem:
    """A unique key names the field that has to be another one: uq_<table>_<columns>."""
    field = next((name for name in _UNIQUE_FIELDS if constraint.endswith(f"_{name}")), None)
    return taken(f"/{field}", field) if field else Problem(409, "conflict.taken", "This is in use")


def _missing(constraint: str) -> Problem:
    """A foreign key names the field that points nowhere: fk_<table>_<columns>."""
    field = next((name for name in _FOREIGN_FIELDS if constraint.endswith(f"_{name}_id")), None)
    return not_found(field, f"/{field}_id") if field else not_found("thing")


def of_any(found: Exception) -> Problem | None:
    match found:
        case Problem():
            return found
        case RequestValidationError():
            return of_validation(found)
        case HTTPException():
            return of_http(found)
        case Forbidden():
            return Problem(403, "right.missing", "You may not do this")
        case NoWriter():
            return no_writer()
        case PasswordsBusy():
            return unavailable("login.busy", "Too many are logging in; try again")
        case PoolTimeout() | OSError() | asyncpg.PostgresError() | asyncpg.InterfaceError():
            return unavailable("database.away", "The database does not answer; try again")
        case DBAPIError():
            return of_database(found)
        case _:
            return None


def _methods_of(document: Mapping[str, Any], path: str) -> list[str]:
    """All that this address takes; the framework names those of its first route alone."""
    if path in document["paths"]:
        return sorted(method.upper() for method in document["paths"][path])
    return sorted(
        method.upper()
        for template, methods in document["paths"].items()
        if re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", template), path)
        for method in methods
    )


def install(app: FastAPI) -> None:
    """What FastAPI would answer in its own form. Everything else reaches app/api/trace.py."""

    async def answer(request: Request, found: Exception) -> Response:
        problem = of_any(found)
        assert problem is not None
        if problem.status == 405:
            problem.headers["Allow"] = ", ".join(_methods_of(request.app.openapi(), request.url.path))
        return response_of(problem)

    for kind in (Problem, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer)
