"""What does the API promise? The OpenAPI 3.1 document: what FastAPI knows, and what holds for every operation."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse

from app import rights
from app.api.access import Caller
from app.problems import MEDIA_TYPE
from app.sessions import COOKIE

router = APIRouter(tags=["operation"])

_REFUSALS = {
    "400": "The request cannot be read",
    "401": "Log in, or send an API key",
    "403": "The right is missing",
    "404": "There is no such thing, or not for this asker",
    "409": "In conflict with what is there",
    "413": "The body is too large",
    "414": "The query is too long",
    "415": "The body is not JSON",
    "422": "Some fields are not as expected",
    "429": "Too often; Retry-After says when",
    "503": "Nobody can take this just now; the same request is safe to send again",
}

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `type` is stable; `text_key` names the text for people.",
    "required": ["type", "title", "status", "text_key"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "text_key": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "in", "detail", "text_key"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901; outside the body a slash and the name"},
                    "in": {"type": "string", "enum": ["body", "path", "query", "header"]},
                    "column": {"type": "integer", "description": "In the field's text, counted from 1"},
                    "line": {"type": "integer", "description": "Of the field's text, counted from 1"},
                    "detail": {"type": "string"},
                    "text_key": {"type": "string"},
                },
            },
        },
    },
}


@router.get("/v1/openapi.json", include_in_schema=False)
async def openapi_document(request: Request, access: Caller) -> JSONResponse:
    return JSONResponse(request.app.openapi())


def document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    components = found.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key, jf_…"},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    }
    components["responses"] = {f"Refused{status}": _refused(text) for status, text in _REFUSALS.items()}
    found["security"] = [{"key": []}, {"session": []}]
    found["servers"] = [{"url": "/"}]
    for path in found["paths"].values():
        for operation in path.values():
            _complete(operation)
            _hoist(operation, components["schemas"])
    return found


def _hoist(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """A body that a route reads by itself brings its definitions along; they belong to the document's."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        definitions = media["schema"].pop("$defs", {})
        schemas |= _moved(definitions)
        media["schema"] = _moved(media["schema"])


def _moved(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/") if key == "$ref" else _moved(value)
            for key, value in schema.items()
        }
    return [_moved(each) for each in schema] if isinstance(schema, list) else schema


def _refused(text: str) -> dict[str, Any]:
    return {"description": text, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _complete(operation: dict[str, Any]) -> None:
    right = rights.right_of(operation["operationId"])
    if right.owner in ("public", "signed"):
        operation["security"] = []
    operation["x-right"] = {"owner": right.owner, "roles": sorted(right.roles)}
    for status in _REFUSALS:
        operation["responses"][status] = {"$ref": f"#/components/responses/Refused{status}"}
