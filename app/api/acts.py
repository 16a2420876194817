"""How is something changed? One transaction with its audit row; then the writer is told, so that it is in force.

async with acting(access) as act:
    row = await queues.add(act.conn, values)
    await act.record("queue.created", "queue", row["id"], company_id=row["company_id"], after=values)
    await act.configured("queue", row["id"], company_id=row["company_id"])
return shown(row, act.applied)
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils import uuid7

from app.api.access import Access
from app.commands import ApplyConfig, Command, Envelope, Reply, RowChanged, hash_of
from app.ports import NoWriter
from app.store import audit, configuration
from contacts.records import ConfigKind

DOMAIN_ID = 1  # one domain ships
AUDIT_LIST_MAX = 100  # ids named in one audit row

# Names, addresses and texts of people: the audit row says that they changed, never to what.
_PERSONAL = frozenset(
    {"name", "login", "address", "phone_address", "greeting", "password", "password_hash", "note", "reason", "label"}
    | {"command_url", "value_terms", "sealed", "hash", "username", "sender_name", "signature", "acknowledgement"}
)


def new_id() -> str:
    return str(uuid7())


@dataclass(slots=True)
class Act:
    access: Access
    conn: AsyncConnection
    applied: bool | None = None
    """True: in force; False: stored, and the writer takes it up as soon as there is one; None: nothing to apply."""
    seq: int | None = None
    recorded: bool = False
    commands: list[Command] = field(default_factory=list)

    async def record(
        self,
        action: str,
        kind: str,
        subject_id: str | None,
        *,
        company_id: str | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """The audit row: ids, field names, and values that are not personal."""
        principal = self.access.principal
        await audit.record(
            self.conn,
            {
                "id": new_id(),
                "company_id": company_id,
                "actor_id": principal.id,
                "actor_kind": principal.kind,
                "action": action,
                "subject_kind": kind,
                "subject_id": subject_id,
                "data": {**changes(before, after), **(more or {})},
                "request_id": self.access.request_id,
            },
        )
        self.recorded = True

    async def configured(self, kind: ConfigKind, *subject_ids: str, company_id: str | None = None) -> None:
        """What the writer decides by has changed."""
        if subject_ids:
            self.seq = await configuration.record_changes(self.conn, DOMAIN_ID, company_id, kind, subject_ids)

    def row_changed(self, table: str, row_id: str, version: int, company_id: str | None = None, **about: Any) -> None:
        """A feed shows this row: its followers shall read it again."""
        self.commands.append(RowChanged(table, row_id, version, company_id, **about))


@asynccontextmanager
async def acting(access: Access) -> AsyncIterator[Act]:
    async with access.doors.database.engine.begin() as conn:
        act = Act(access, conn)
        yield act
        assert act.recorded, "every act leaves an audit row"
    if act.seq is not None:
        act.applied = (await told(access, ApplyConfig(act.seq))) is not None
    for command in act.commands:
        await told(access, command)


async def told(access: Access, command: Command) -> Reply | None:
    """The writer's answer to a command that follows from something already committed; None: nobody took it now.

    The sweeps repeat what nobody took, so it is no error.
    """
    try:
        reply = await access.doors.submit(envelope_of(access, new_id(), b"", command))
    except NoWriter:
        return None
    return reply if reply.status < 400 else None


def envelope_of(access: Access, command_id: str, body: bytes, command: Command) -> Envelope:
    return Envelope(access.principal.name, command_id, hash_of(body), command, access.principal.name)


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    """{"fields": names that differ, "before": …, "after": …}; of personal fields the name alone."""
    old, new = before or {}, after or {}
    fields = sorted(name for name in new if name not in old or old[name] != new[name])
    shown = [name for name in fields if name not in _PERSONAL]
    found: dict[str, Any] = {"fields": fields}
    if before is not None:
        found["before"] = {name: old.get(name) for name in shown if _is_short(old.get(name))}
    found["after"] = {name: new[name] for name in shown if _is_short(new[name])}
    return found


def _is_short(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, str)) or len(str(value)) <= 2000


def some(ids: Iterable[str]) -> list[str]:
    """The first of many ids, for an audit row."""
    return list(ids)[:AUDIT_LIST_MAX]
