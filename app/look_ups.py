"""What does a flow want to know? Looked up by the writer's process once the question is committed, within its limit.

What came of it is a command. Asking twice is harmless: what was open when a process died is looked up again by the next
writer, while its time lasts. A caller's secrets are taken from memory at the last moment, and are nowhere else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from analytics.plain_text import plain
from app import commands as c
from app.channels.endpoints import Endpoint, Endpoints, NoAnswer, texts_of
from app.ports import Deliver, NoWriter
from app.seals import unseal
from app.store import companies, customers, endpoints, faq_search
from contacts.effect import LOOK_UP, Effect
from contacts.identify import canonical_phone
from contacts.records import Draft

AT_ONCE_MAX = 50  # of one company: whoever asks a slow endpoint holds up no other's callers
TELL_AGAIN_S = 0.25
SPOKEN_CHARACTERS_MAX = 1_200  # of an answer: two to four minutes
BY_PHONE = ("phone", "number")  # the other fields are facts that are known of a customer

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    contact_id: str
    company_id: str
    endpoint: str
    by: Mapping[str, str] = field(repr=False)


Look = Callable[[Question], Awaitable[Mapping[str, str] | None]]  # None: there is no such thing. Raises NoAnswer.


@dataclass(slots=True)
class LookUps:
    submit: Deliver
    look: Mapping[str, Look]  # by kind
    secrets: Callable[[str], Mapping[str, str]]  # of a contact
    real_s_until: Callable[[int], float]
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)  # by effect
    _rooms: dict[str, asyncio.Semaphore] = field(default_factory=dict)  # by company
    _failing: set[tuple[str, str]] = field(default_factory=set)  # (company, endpoint): said once

    def committed(self, draft: Draft, _prev: int, _pos: int) -> None:
        self.start(draft.effects.values())

    def start(self, effects: Iterable[Effect]) -> None:
        """Of these the ones that are open, and not under way."""
        for effect in effects:
            if effect.provider == LOOK_UP and effect.state == "due" and effect.id not in self._running:
                self._running[effect.id] = asyncio.create_task(self._carry(effect))

    async def stop(self) -> None:
        """Whoever is the writer now finds what is open in the database."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, effect: Effect) -> None:
        try:
            report = await self._came_of(effect)
            if not await self._tell(report):  # it cannot be stored
                await self._tell(c.ReportFound(effect.id, "failed"))
        finally:
            self._running.pop(effect.id, None)

    async def _came_of(self, effect: Effect) -> c.ReportFound:
        kind, args = effect.kind.removeprefix(f"{LOOK_UP}."), effect.args
        source = (str(args["company_id"]), str(args["endpoint"]) or kind)
        try:
            found = await self._look(kind, self._question(effect), effect.not_after_us or 0)
        except Exception as error:
            if source not in self._failing:
                why = str(error) if isinstance(error, NoAnswer) else type(error).__name__
                log.warning("look-up failed", company=source[0], of=source[1], effect=effect.id, why=why)
                self._failing.add(source)
            return c.ReportFound(effect.id, "failed")
        self._failing.discard(source)
        return c.ReportFound(effect.id, "none") if found is None else c.ReportFound(effect.id, "found", found)

    async def _look(self, kind: str, question: Question, not_after_us: int) -> Mapping[str, str] | None:
        """Raises NoAnswer, TimeoutError, and whatever a database may raise."""
        left_s = self.real_s_until(not_after_us)
        if left_s <= 0:
            raise NoAnswer("its time was over")
        room = self._rooms.setdefault(question.company_id, asyncio.Semaphore(AT_ONCE_MAX))
        async with asyncio.timeout(left_s), room:
            return await self.look[kind](question)

    def _question(self, effect: Effect) -> Question:
        args = effect.args
        known = self.secrets(effect.contact_id)
        secret = {field_name: known.get(variable, "") for field_name, variable in args["secrets"].items()}
        if not all(secret.values()):
            raise NoAnswer("a secret was lost")
        by = {**args["by"], **secret}
        return Question(effect.id, effect.contact_id, str(args["company_id"]), str(args["endpoint"]), by)

    async def _tell(self, report: c.ReportFound) -> bool:
        """Whether it was taken."""
        while True:
            try:
                reply = await self.submit(c.Envelope("system", "", b"", report, "system"))
            except NoWriter:  # until this process is the writer again, or stopped
                await asyncio.sleep(TELL_AGAIN_S)
            else:
                return reply.status < 400


async def find_customer(engine: AsyncEngine, question: Question) -> dict[str, str] | None:
    """The one of whom all of this is known; of several nobody can tell which."""
    facts = {name: value for name, value in question.by.items() if name not in BY_PHONE}
    async with engine.begin() as conn:
        company = await companies.read(conn, question.company_id)
        region = company["region"] if company else None
        phones = [canonical_phone(question.by[name], region) for name in BY_PHONE if name in question.by]
        if not all(phones) or not all(facts.values()):  # withheld, or nothing was keyed in
            return None
        found = await customers.found_by(conn, question.company_id, [p for p in phones if p], facts)
        if len(found) != 1:
            return None
        who = found[0]
        known = await customers.facts(conn, who["id"])
        await customers.note_found(conn, question.company_id, who["id"], question.contact_id)
    told = {"id": who["id"], "name": who["name"], "value": str(who["value"]), "language": who["language"] or ""}
    return told | texts_of({row["key"]: row["value"] for row in known}) | told  # a fact of the same name is not heard


async def find_answer(engine: AsyncEngine, question: Question) -> dict[str, str] | None:
    """Of the FAQ, in force now: the answer to one entry by key or id, or the questions of a tag, the oldest first."""
    of, language = question.by, question.by.get("language", "")
    async with engine.connect() as conn:
        if "tag" in of:
            most = int(of["most"])
            found = await faq_search.in_force(conn, question.company_id, language, tag=of["tag"], limit=most)
        else:
            one = {name: of[name] for name in ("key", "id") if name in of}
            found = await faq_search.in_force(conn, question.company_id, language, **one, limit=1)
    if not found:
        return None
    if "tag" not in of:
        return {"text": spoken_part(plain(found[0]["answer"]))}
    told: dict[str, str] = {}
    for n, row in enumerate(found, 1):
        told |= {f"id.{n}": row["id"], f"question.{n}": row["question"]}
    return told


def spoken_part(text: str) -> str:
    """As much as is told in one go, to the end of a sentence."""
    if len(text) <= SPOKEN_CHARACTERS_MAX:
        return text
    begun = text[:SPOKEN_CHARACTERS_MAX]
    ends = max(begun.rfind(mark) for mark in ".!?。！？\n")
    return begun[: ends + 1] if ends > 0 else begun


async def ask_endpoint(
    engine: AsyncEngine, signing_key: bytes, asking: Endpoints, question: Question
) -> dict[str, str] | None:
    """Raises NoAnswer, BrokenSeal."""
    async with engine.connect() as conn:
        row = await endpoints.named(conn, question.company_id, question.endpoint)
    if row is None:
        raise NoAnswer("there is no such endpoint")
    live = [unseal(signing_key, sealed) for sealed in (row["sealed"], row["sealed_before"]) if sealed is not None]
    return await asking.ask(Endpoint(row["url"], live), question.id, question.by)
