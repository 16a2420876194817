"""What may a page say on the websocket? The closed union of frames from client to server (protocol.md). And how does a
frame to the page become bytes?
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator
from pydantic_core import to_json

from app.commands import MonitorMode

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Text = Annotated[str, Field(max_length=200)]


class Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # unknown fields are ignored: `v` is additive


FeedName = Literal["desk", "live"]


class FeedWish(Frame):
    """`pos`: where the page stands already; without it a snapshot comes."""

    feed: FeedName
    pos: int | None = None


class Hello(Frame):
    t: Literal["hello"]
    v: int = Field(ge=1)
    ticket: str = Field(max_length=4096)
    tab: str = Field(max_length=64)
    feeds: tuple[FeedWish, ...] = Field(max_length=8)

    @property
    def takes_a_seat(self) -> bool:
        """Whoever asks for the live view alone only watches: no agent is needed, and no seat is taken over."""
        return not self.feeds or any(wish.feed == "desk" for wish in self.feeds)


class Resume(Frame):
    t: Literal["resume"]
    feed: FeedName
    pos: int


class Pong(Frame):
    t: Literal["pong"]
    n: int


class Do(Frame):
    t: Literal["do"]
    id: Id
    what: Literal[
        "choose", "clear_flag", "accept", "decline", "hold", "retrieve", "park", "unpark", "end", "finish",
        "transfer", "consult", "swap", "complete", "return", "conference", "leave",
        "pause_recording", "resume_recording",
        "set_state", "log_out", "set_skill", "move", "reprioritise", "assign", "withdraw", "close_queue", "open_queue",
        "acknowledge", "monitor",
    ]  # fmt: skip
    segment: Id | None = None
    queue: Id | None = None
    agent: Id | None = None
    contact: Id | None = None
    keep: bool = False
    value: Annotated[int, Field(ge=0, le=100)] | None = None
    skill: Annotated[str, Field(max_length=63)] | None = None
    level: Annotated[int, Field(ge=1, le=10)] | None = None
    message: Text | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    alert: Annotated[str, Field(max_length=96)] | None = None
    mode: MonitorMode | None = None
    number: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    chosen: Literal["ready", "away", "offline"] | None = None
    reason: Text | None = None
    when: Literal["now", "next"] = "now"
    disposition: Id | None = None
    note: Annotated[str, Field(max_length=10_000)] | None = None

    @field_validator("reason", "number", "note", "skill", "message", "alert")
    @classmethod
    def _storable(cls, text: str | None) -> str | None:
        """PostgreSQL's text has no NUL and UTF-8 has no lone surrogates."""
        if text is not None and ("\0" in text or any("\ud800" <= ch <= "\udfff" for ch in text)):
            raise ValueError("NUL and lone surrogates cannot be stored")
        return text


ClientFrame = Annotated[Hello | Resume | Pong | Do, Field(discriminator="t")]
read_frame: TypeAdapter[Hello | Resume | Pong | Do] = TypeAdapter(ClientFrame)


SNAPSHOT_PART_BYTES = 64 * 1024


def encode(frame: Any) -> bytes:
    """A fifth of the time of the standard library's encoder: every turn is encoded for every desk it concerns."""
    return to_json(frame)


def refused(command_id: str, problem: Mapping[str, Any], *, retry: bool) -> bytes:
    return encode({"t": "refused", "id": command_id, "problem": dict(problem), "retry": retry})


def encoded_parts(frame: dict[str, Any]) -> list[bytes]:
    """A snapshot above 64 KiB goes in parts of records; anything else in one piece."""
    whole = encode(frame)
    records: dict[str, Any] = frame.get("records", {})
    if len(whole) <= SNAPSHOT_PART_BYTES or len(records) < 2 or "part" in frame:
        return [whole]
    pieces: list[dict[str, Any]] = [{}]
    size = 0
    for key, record in records.items():
        record_bytes = len(encode(record)) + len(key) + 4
        if size and size + record_bytes > SNAPSHOT_PART_BYTES - 1024:
            pieces.append({})
            size = 0
        pieces[-1][key] = record
        size += record_bytes
    return [encode(frame | {"records": p, "part": k, "of": len(pieces)}) for k, p in enumerate(pieces, 1)]
