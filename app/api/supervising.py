"""What may a supervisor do, live, to whom, and what is noted of it? One way for the REST routes and for the socket.

An act that the writer decides is a command of the actor `supervisor:<id>`; its audit row is committed only if it was
done, and a repeat with the same id gets the same answer. An act on configuration is one transaction, then in force.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app import commands as c
from app.api.access import Access
from app.api.acts import Act, acting, new_id
from app.api.agents import Level, StateWanted, grant_over, shown_agent
from app.api.fields import Given, Id, Line, Shown, Version
from app.api.pages import require_current
from app.api.problems import not_found, reply_problem
from app.api.queues import shown_queue
from app.api.skills import SkillName
from app.store import agents, alerts, login_sessions, queues, skills, supervised
from app.store.rows import Row
from screenpop.alert import OF_QUEUES, subject_of

What = Literal[
    "set_state", "log_out", "clear_flag", "set_skill", "move", "reprioritise", "assign", "withdraw",
    "close_queue", "open_queue", "acknowledge", "monitor",
]  # fmt: skip


class OnAgent(Given):
    agent_id: Id


class SetState(StateWanted):
    agent_id: Id


class SetSkill(Given):
    """`level` null takes the skill away. `version` of the agent as it was read: a stale one gets 409 with both."""

    agent_id: Id
    skill: SkillName
    level: Level | None = None
    version: Version | None = None


class Move(Given):
    contact_id: Id
    queue_id: Id


class Reprioritise(Given):
    contact_id: Id
    value: Annotated[int, Field(ge=0, le=100)]


class Assign(Given):
    contact_id: Id
    agent_id: Id


class Withdraw(Given):
    segment_id: Id


class Monitor(Given):
    """`mode` null hangs up. `agent_id`: whose phone rings; the asker's own without it."""

    segment_id: Id
    mode: c.MonitorMode | None
    agent_id: Id | None = None


class CloseQueue(Given):
    """`message`: what customers who come meanwhile are told. `version` of the queue as it was read, or none."""

    queue_id: Id
    message: Line | None = None
    version: Version | None = None


class OpenQueue(Given):
    queue_id: Id
    version: Version | None = None


class Acknowledge(Given):
    """Seen is seen for all who watch."""

    alert: Annotated[
        str, StringConstraints(pattern="^[a-z_]{1,30}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9]{1,16}$")
    ]


class LiveDone(Shown):
    """`applied`: of configuration, whether it is in force already; null: the writer has done it, at `pos`.

    `version`: of the agent or queue that was configured, as it is now.
    """

    pos: int
    applied: bool | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One act on its way: who asks, by which id, and what exactly was sent."""

    access: Access
    what: What
    key: str | None  # of the command; None: it will not be asked again
    raw: bytes

    async def command(self, wish: c.Command) -> LiveDone:
        """Raises Problem with the writer's refusal, and NoWriter."""
        principal = self.access.principal
        actor = f"supervisor:{principal.id}"
        body_hash = c.hash_of(self.what.encode() + b" " + self.raw)  # two acts with equal bodies are two commands
        envelope = c.Envelope(principal.name, self.key or new_id(), body_hash, wish, actor)
        reply = await self.access.doors.submit(envelope)
        if reply.status >= 400:
            raise reply_problem(reply)
        return LiveDone(pos=reply.pos)


async def perform(asked: Asked, wish: Given) -> LiveDone:
    """Raises Problem, Forbidden and NoWriter; then nothing was done."""
    async with acting(asked.access) as act:
        done = await _ACTS[asked.what](asked, act, wish)
    return done if act.seq is None else done.model_copy(update={"applied": act.applied})


# --- agents -----------------------------------------------------------------------------------------------------------


async def _agent(asked: Asked, act: Act, agent_id: str) -> tuple[Row, str | None]:
    """And the company on whose behalf. Raises Problem 404, and Forbidden."""
    row = await supervised.agent_now(act.conn, agent_id)
    if row is None:
        raise not_found("agent", "/agent_id")
    return row, (await grant_over(asked.access, act.conn, row)).company_id


async def _set_state(asked: Asked, act: Act, wish: SetState) -> LiveDone:
    row, of = await _agent(asked, act, wish.agent_id)
    after = {"chosen": wish.chosen, "away_reason": wish.reason, "when": wish.when}
    await act.record("agent.state_chosen", "agent", row["id"], company_id=of, before=_state(row), after=after)
    by = asked.access.principal.id
    return await asked.command(c.ChooseState(row["id"], wish.chosen, wish.reason, wish.when, by))


async def _log_out(asked: Asked, act: Act, wish: OnAgent) -> LiveDone:
    """Offline, and the sessions of the person end: their desks are closed at the next look (10 s)."""
    row, of = await _agent(asked, act, wish.agent_id)
    before, after = _state(row), {"chosen": "offline"}
    await act.record("agent.logged_out", "agent", row["id"], company_id=of, before=before, after=after)
    await login_sessions.end_all(act.conn, row["user_id"])
    return await asked.command(c.ChooseState(row["id"], "offline", by=asked.access.principal.id))


async def _clear_flag(asked: Asked, act: Act, wish: OnAgent) -> LiveDone:
    row, of = await _agent(asked, act, wish.agent_id)
    before, after = {"not_responding": bool(row["not_responding"])}, {"not_responding": False}
    await act.record("agent.flag_cleared", "agent", row["id"], company_id=of, before=before, after=after)
    return await asked.command(c.ClearNotResponding(row["id"]))


async def _set_skill(asked: Asked, act: Act, wish: SetSkill) -> LiveDone:
    row, of = await _agent(asked, act, wish.agent_id)
    locked = await agents.lock(act.conn, row["id"])
    assert locked is not None, "its row was read in this transaction, and nothing deletes agents"
    had = (await skills.of_agents(act.conn, [row["id"]]))[row["id"]]
    will = {**had, wish.skill: wish.level} if wish.level is not None else {k: had[k] for k in had if k != wish.skill}
    known = await skills.ids_by_name(act.conn, {wish.skill, *will})
    if wish.skill not in known:
        raise not_found("skill", "/skill")
    if had != will:  # who asks twice for the same has lost an answer, and nobody is overwritten
        require_current(locked, wish.version, shown_agent(locked, had))
    await skills.give(act.conn, {row["id"]: {known[name]: level for name, level in will.items() if name in known}})
    changed = await agents.change(act.conn, row["id"], {})  # whoever edits the agent elsewhere learns of it
    before, after = {wish.skill: had.get(wish.skill)}, {wish.skill: wish.level}
    await act.record("agent.skill_set", "agent", row["id"], company_id=of, before=before, after=after)
    await act.configured("agent", row["id"])
    return LiveDone(pos=0, version=changed["version"])


def _state(row: Row) -> dict[str, Any]:
    """The reason under a name of its own: one of a list, not the text that is kept out of the audit as `reason`."""
    return {"chosen": row["chosen"], "away_reason": row["reason"]}


# --- contacts ---------------------------------------------------------------------------------------------------------


async def _contact(asked: Asked, act: Act, contact_id: str) -> Row:
    row = await supervised.contact_now(act.conn, contact_id, asked.access.companies)
    if row is None:
        raise not_found("contact", "/contact_id")
    return row


async def _move(asked: Asked, act: Act, wish: Move) -> LiveDone:
    row = await _contact(asked, act, wish.contact_id)
    if not await queues.are_of(act.conn, [wish.queue_id], row["company_id"]):
        raise not_found("queue", "/queue_id")
    before, after = {"queue_id": row["queue_id"]}, {"queue_id": wish.queue_id}
    await act.record("contact.moved", "contact", row["id"], company_id=row["company_id"], before=before, after=after)
    return await asked.command(c.MoveContact(row["id"], wish.queue_id))


async def _reprioritise(asked: Asked, act: Act, wish: Reprioritise) -> LiveDone:
    row = await _contact(asked, act, wish.contact_id)
    before, after, of = {"value": row["value"]}, {"value": wish.value}, row["company_id"]
    await act.record("contact.reprioritised", "contact", row["id"], company_id=of, before=before, after=after)
    return await asked.command(c.ReprioritiseContact(row["id"], wish.value))


async def _assign(asked: Asked, act: Act, wish: Assign) -> LiveDone:
    row = await _contact(asked, act, wish.contact_id)
    await _agent(asked, act, wish.agent_id)
    before, after, of = {"agent_id": row["offered_to"]}, {"agent_id": wish.agent_id}, row["company_id"]
    await act.record("contact.assigned", "contact", row["id"], company_id=of, before=before, after=after)
    return await asked.command(c.AssignContact(row["id"], wish.agent_id, asked.access.principal.id))


async def _withdraw(asked: Asked, act: Act, wish: Withdraw) -> LiveDone:
    row = await supervised.segment_now(act.conn, wish.segment_id, asked.access.companies)
    if row is None:
        raise not_found("segment", "/segment_id")
    await _agent(asked, act, row["agent_id"])
    before, after = {"state": row["state"]}, {"state": "withdrawn"}
    await act.record("offer.withdrawn", "segment", row["id"], company_id=row["company_id"], before=before, after=after)
    return await asked.command(c.WithdrawOffer(row["id"]))


async def _monitor(asked: Asked, act: Act, wish: Monitor) -> LiveDone:
    row = await supervised.segment_now(act.conn, wish.segment_id, asked.access.companies)
    if row is None:
        raise not_found("segment", "/segment_id")
    await _agent(asked, act, row["agent_id"])
    if wish.agent_id is not None:
        await _agent(asked, act, wish.agent_id)
    phone_of = wish.agent_id or asked.access.principal.agent_id
    if phone_of is None:
        raise reply_problem(c.problem(409, "monitor.no_phone", field="agent_id"))
    after = {"mode": wish.mode, "agent_id": row["agent_id"]}
    await act.record("conversation.monitored", "segment", row["id"], company_id=row["company_id"], after=after)
    return await asked.command(c.Monitor(row["id"], phone_of, wish.mode))


# --- queues -----------------------------------------------------------------------------------------------------------


async def _close_queue(asked: Asked, act: Act, wish: CloseQueue) -> LiveDone:
    return await _set_closed(asked, act, wish, True, wish.message)


async def _open_queue(asked: Asked, act: Act, wish: OpenQueue) -> LiveDone:
    return await _set_closed(asked, act, wish, False, None)


async def _set_closed(
    asked: Asked, act: Act, wish: CloseQueue | OpenQueue, closed: bool, message: str | None
) -> LiveDone:
    queue_id = wish.queue_id
    row = await queues.lock(act.conn, queue_id, asked.access.companies)
    if row is None:
        raise not_found("queue", "/queue_id")
    was_closed = row["closed_at"] is not None
    if (was_closed, row["closing_message"]) != (closed, message):
        require_current(row, wish.version, shown_queue(row))
    changed = await queues.change(act.conn, queue_id, {"closing_message": message}, closed)
    before = {"closed": was_closed, "closing_message": row["closing_message"]}
    after = {"closed": closed, "closing_message": message}
    action = "queue.closed" if closed else "queue.opened"
    await act.record(action, "queue", queue_id, company_id=row["company_id"], before=before, after=after)
    await act.configured("queue", queue_id, company_id=row["company_id"])
    return LiveDone(pos=0, version=changed["version"])


# --- alerts -----------------------------------------------------------------------------------------------------------


async def _acknowledge(asked: Asked, act: Act, wish: Acknowledge) -> LiveDone:
    rule, subject_id = subject_of(wish.alert)
    if rule in OF_QUEUES:
        row = await queues.read(act.conn, subject_id, asked.access.companies)
        if row is None:
            raise not_found("alert", "/alert")
        company_id = row["company_id"]
    else:
        _, company_id = await _agent(asked, act, subject_id)
    await alerts.see(act.conn, wish.alert, asked.access.principal.id)
    await act.record("alert.seen", "alert", wish.alert, company_id=company_id)
    act.row_changed("alert_seen", wish.alert, 1)
    return LiveDone(pos=0, applied=True)


WISHES: dict[What, type[Given]] = {
    "set_state": SetState, "log_out": OnAgent, "clear_flag": OnAgent, "set_skill": SetSkill, "move": Move,
    "reprioritise": Reprioritise, "assign": Assign, "withdraw": Withdraw, "close_queue": CloseQueue,
    "open_queue": OpenQueue, "acknowledge": Acknowledge, "monitor": Monitor,
}  # fmt: skip
_ACTS: dict[What, Callable[[Asked, Act, Any], Awaitable[LiveDone]]] = {
    "set_state": _set_state, "log_out": _log_out, "clear_flag": _clear_flag, "set_skill": _set_skill, "move": _move,
    "reprioritise": _reprioritise, "assign": _assign, "withdraw": _withdraw, "close_queue": _close_queue,
    "open_queue": _open_queue, "acknowledge": _acknowledge, "monitor": _monitor,
}  # fmt: skip
