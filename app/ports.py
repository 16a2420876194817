"""What does the shell need of the world? Protocols only where two adapters exist or the second is planned."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from app.commands import Envelope, Reply
from app.settings import Settings

View = Any  # screenpop.feed.View: an agent's id, or a scope of the floor
Deliver = Callable[[Envelope], Awaitable[Reply]]
Taken = Literal["yes", "no", "refused"]  # a delivery, by whom it was for; "refused": the same again would be, too


class NoWriter(Exception):
    """No process holds the domain just now: nothing was done, the same id is safe to send again."""


class Bus(Protocol):
    """A bell and a way for commands. What it loses costs latency and nothing else."""

    async def submit(self, envelope: Envelope) -> Reply:
        """Bring a command to the writer and wait for its answer. Raises NoWriter when none came in time."""

    async def heard(self, agent_ids: list[str]) -> None:
        """Tell the writer whose desks answered their last ping."""

    def ring(self, seq: int) -> None:
        """Tell every follower that events up to `seq` are committed; the latest wins."""

    async def run(self) -> None:
        """Carry until cancelled."""

    async def close(self) -> None: ...


class BlobStore(Protocol):
    """Where recordings, faxes and attachments lie. The row is written before the file, by the store."""

    async def put(self, location: str, content: bytes) -> None: ...

    async def get(self, location: str) -> bytes: ...

    async def delete(self, location: str) -> None: ...

    async def exists(self, location: str) -> bool: ...


class Viewer(Protocol):
    """A page that shows a desk or the floor; `pos` is where its page stands."""

    pos: int

    def send(self, frame: bytes) -> bool | None:
        """Never waits. False: it was not taken, and the page stays where it stands."""


class Feeds(Protocol):
    """What sockets need of the follower."""

    pos: int

    async def frames_for(self, view: View, pos: int | None, why: str | None = None) -> Iterator[dict[str, Any]]: ...

    def join(self, view: View, viewer: Viewer) -> None: ...

    def leave(self, view: View, viewer: Viewer) -> None: ...

    def quiet_pos(self, view: View) -> int: ...

    def is_reachable(self, agent_id: str) -> bool: ...


class HasEngine(Protocol):
    """app.store.database.Database, as far as the doors need it."""

    @property
    def engine(self) -> AsyncEngine: ...


def _nobody_hears(_: str) -> None:
    return None


async def _nobody_said() -> float | None:
    return None


@dataclass(frozen=True, slots=True)
class Doors:
    """What the API gets of the world."""

    settings: Settings
    database: HasEngine
    submit: Deliver  # raises NoWriter
    now_us: Callable[[], int]  # business time, as near as this process knows it
    writer_age_s: Callable[[], Awaitable[float | None]] = _nobody_said
    """Seconds since the last beat that this process knows of; None = look into the database."""
    counts: Callable[[], Mapping[str, int]] = dict
    """What this process has counted since it began."""
    exchanges: Callable[[], Mapping[str, Mapping[str, Any]]] = dict
    """By Asterisk: its trouble, its version, calls to unknown numbers; as this process knows it."""
    files: BlobStore | None = None
    look: Callable[[Any], Mapping[str, Any]] | None = None
    """The floor as this process shows it: pos, records, figures."""
    mailboxes: Callable[[], Mapping[str, Mapping[str, Any]]] = dict
    """By mailbox: what is in the way of reading it, and of sending by it; as this process knows it."""
    agent_types: Callable[[str], None] = _nobody_hears
    """In this chat, a contact's id: its visitor sees it, if their page is open at this process."""
