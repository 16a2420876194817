"""What does the AsyncAPI document of the websocket say? Made of the models of its frames, in both directions."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.frames import Do, Hello, Pong, Resume
from app.frames_told import FRAMES

FROM_PAGE: tuple[type[BaseModel], ...] = (Hello, Resume, Do, Pong)
REFERENCE = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    """AsyncAPI 3.1. Actions are the server's: it receives what a page says."""
    models = [*FROM_PAGE, *FRAMES]
    _, schemas = models_json_schema([(each, "validation") for each in models], ref_template=REFERENCE)
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Jackfield websocket",
            "version": "1",
            "description": "One socket a browser tab; docs/desk-protocol.md and docs/live-protocol.md say how frames "
            "follow each other. `v` is additive: unknown fields and kinds are to be ignored.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                "address": "/ws",
                "messages": {each.__name__: {"$ref": f"#/components/messages/{each.__name__}"} for each in models},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            "hear": _operation("receive", FROM_PAGE),
            "tell": _operation("send", FRAMES),
        },
        "components": {
            "messages": {each.__name__: _message(each) for each in models},
            "schemas": schemas["$defs"],
        },
    }


def _operation(action: str, models: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    messages = [{"$ref": f"#/channels/socket/messages/{each.__name__}"} for each in models]
    return {"action": action, "channel": {"$ref": "#/channels/socket"}, "messages": messages}


def _message(model: type[BaseModel]) -> dict[str, Any]:
    kind = model.model_fields["t"].annotation
    name = getattr(kind, "__args__", ("",))[0]
    return {"name": name, "payload": {"$ref": REFERENCE.format(model=model.__name__)}}
