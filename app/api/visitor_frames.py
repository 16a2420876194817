"""What do a visitor's page and we say to each other? The closed union of frames from it, and the models of ours.

c→s hello, say, typing, seen, leave, pong. s→c welcome, messages, state, typing, done, refused, ping, bye.
"""

from collections.abc import MutableMapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.api.messages import Body, OwnId
from app.api.tab import BAD_FRAME, Closing
from app.chat_tokens import TOKEN_MAX
from app.frames import Frame
from app.store.tables_chat import MESSAGES_MAX

FRAME_BYTES_MAX = 65_536

N = Annotated[int, Field(ge=0, le=MESSAGES_MAX)]


class Hello(Frame):
    """`after`: the number of the last message that the page has."""

    t: Literal["hello"]
    v: int = Field(ge=1)
    token: str = Field(max_length=TOKEN_MAX)
    after: N = 0


class Say(Frame):
    """`id` is the page's own: what was not confirmed is said again with it, and stored once."""

    t: Literal["say"]
    id: OwnId
    body: str = Field(max_length=FRAME_BYTES_MAX)  # one that cannot be stored is refused by its id


class Typing(Frame):
    t: Literal["typing"]


class Seen(Frame):
    t: Literal["seen"]
    n: N


class Leave(Frame):
    t: Literal["leave"]


class Pong(Frame):
    t: Literal["pong"]
    n: int


VisitorFrame = Hello | Say | Typing | Seen | Leave | Pong
_visitor_frame: TypeAdapter[VisitorFrame] = TypeAdapter(Annotated[VisitorFrame, Field(discriminator="t")])


class Told(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Welcome(Told):
    t: Literal["welcome"]
    v: Literal[1]
    now_ms: int


class File(Told):
    name: str | None
    media_type: str
    size_bytes: int | None


class Message(Told):
    """`id`: as its page gave it. A text of `system` is a key: `idle_warning`, `idle_end`."""

    n: int
    sender: Literal["customer", "agent", "system"]
    at_ms: int
    body: str
    id: str | None
    file: File | None


class Messages(Told):
    t: Literal["messages"]
    items: list[Message]


class Wait(Told):
    """How long it will probably take; `high_min` 1: less than a minute. `position` counts from 1. Null: not told."""

    low_min: int | None
    high_min: int | None
    position: int | None


class State(Told):
    """`agent`: the name of whoever is there. `wait`: of who waits, as far as the widget tells it."""

    t: Literal["state"]
    state: Literal["waiting", "talking", "closed"]
    agent: str | None
    wait: Wait | None


class AgentTypes(Told):
    t: Literal["typing"]


class Done(Told):
    """It is stored, and everybody is told."""

    t: Literal["done"]
    id: str
    n: int


class Refused(Told):
    """Said again it would be refused again."""

    t: Literal["refused"]
    id: str
    text_key: str


class Ping(Told):
    t: Literal["ping"]
    n: int


class Bye(Told):
    """4003 no chat of theirs, 4008 slow, 4010 restart, 4400 bad frame, 4426 reload."""

    t: Literal["bye"]
    code: int
    why: str
    after_ms: int


_told: TypeAdapter[Any] = TypeAdapter(
    Annotated[
        Welcome | Messages | State | AgentTypes | Done | Refused | Ping | Bye,
        Field(discriminator="t"),
    ]
)


_body: TypeAdapter[str] = TypeAdapter(Body)


def is_body(text: str) -> bool:
    try:
        _body.validate_python(text)
    except ValidationError:
        return False
    return True


def check(frame: bytes) -> None:
    """Raises pydantic.ValidationError: a frame of ours is not as it is described."""
    _told.validate_json(frame)


def read(message: MutableMapping[str, Any]) -> VisitorFrame:
    """Raises Closing."""
    text = message.get("text")
    if text is None or len(text) > FRAME_BYTES_MAX:
        raise Closing(BAD_FRAME, "text frames of at most 64 KiB")
    try:
        return _visitor_frame.validate_json(text)
    except ValidationError as bad:
        error = bad.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in error["loc"])
        raise Closing(BAD_FRAME, f"{where}: {error['type']}"[:120]) from bad
