"""Whose cards are looked up, and when? When an offer appears on a desk of this process, a few hundred at a time.

The read model stays pure: what stands in tables that no turn writes is read here and handed to it.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from app.store import cards
from app.store.cards import Answer, Asked
from app.store.database import Reads
from contacts.contact import Contact
from screenpop.card import Known, Link, LookedUp, PastContact
from screenpop.model import ReadModel, Touched

AT_ONCE_MAX = 200
PAUSE_S = 0.02  # whose offers come meanwhile are looked up together
AGAIN_S = 0.5  # after the database was away

log = structlog.get_logger()


class HasModel(Protocol):
    model: ReadModel


@dataclass(slots=True)
class Cards:
    reads: Reads
    of: HasModel
    show: Callable[[Touched], None]
    _wanted: dict[str, None] = field(default_factory=dict)  # contact ids, the first asked for first
    _rung: asyncio.Event = field(default_factory=asyncio.Event)

    def want(self, contact_ids: Iterable[str]) -> None:
        self._wanted |= dict.fromkeys(contact_ids)
        if self._wanted:
            self._rung.set()

    async def run(self) -> None:
        while True:
            await self._rung.wait()
            some = list(self._wanted)[:AT_ONCE_MAX]
            for contact_id in some:
                del self._wanted[contact_id]
            if not self._wanted:
                self._rung.clear()
            if not await self.bring(some):
                self.want(some)
                await asyncio.sleep(AGAIN_S)
            await asyncio.sleep(PAUSE_S)

    async def bring(self, contact_ids: Iterable[str]) -> bool:
        """Look these up and show them. False: the database is away, a desk without cards is better than none."""
        model = self.of.model
        contacts = [model.contacts[c] for c in contact_ids if c in model.contacts]
        if not contacts:
            return True
        try:
            answers = await cards.read(self.reads, [_asked(contact) for contact in contacts])
        except Exception as error:
            log.warning("no cards", error=type(error).__name__)
            return False
        found = {c.id: _looked_up(answer) for c, answer in zip(contacts, answers, strict=True) if _is_same(model, c)}
        self.show(model.take_cards(found))
        return True


def _is_same(model: ReadModel, asked: Contact) -> bool:
    """Somebody may have said meanwhile who it is; then it is wanted anew."""
    now = model.contacts.get(asked.id)
    return now is not None and now.customer_id == asked.customer_id


def _asked(contact: Contact) -> Asked:
    address = contact.collected.get("from")
    return Asked(contact.company_id, contact.customer_id, address if isinstance(address, str) else None)


def _looked_up(answer: Answer) -> LookedUp:
    return LookedUp(
        people={person[0]: _known(*person) for person in answer.people},
        addresses=answer.addresses,
        past=[PastContact(*row) for row in answer.past],
        links=[Link(link["name"], link["url_template"]) for link in answer.links],
        hosts=frozenset(answer.hosts),
    )


def _known(
    customer_id: str, name: str, value: int, value_terms: Any, language: str | None, zone: str | None, stage: Any
) -> Known:
    return Known(customer_id, name, value, value_terms, stage if isinstance(stage, str) else None, language, zone)
