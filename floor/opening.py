"""How does the floor open? The company is there, the provider listens, phones are registered, desks are taken."""

import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from floor.agent import Desk, Manner
from floor.clock import Clock
from floor.company import Premises, Wish, establish
from floor.crowd import Crowd, Tickets
from floor.customers import Customers
from floor.doors import DoorsWish, open_doors
from floor.faults import Faults
from floor.http_line import Place
from floor.ledger import Ledger
from floor.listener import Answer, Listener
from floor.pen import Pen
from floor.provider import Provider
from floor.reporter import Reporter
from floor.rest import Rest
from floor.writing_desk import Words, WritingDesk


@dataclass(frozen=True, slots=True)
class Ways:
    """By which customers write to a company. `lmtp`: host:port where the server takes mails."""

    company: str
    chat_queue: str
    letter_queue: str
    mailbox: str
    fax: str
    lmtp: str


@dataclass(slots=True)
class Floor:
    """Everything that takes part in a run."""

    rest: Rest
    premises: Premises
    callers: Ledger
    agents: Ledger
    reporter: Reporter
    provider: Provider
    crowd: Crowd
    clock: Clock
    customers: Customers

    @property
    def is_quiet(self) -> bool:
        """Nobody is on the wire, nothing is on its way, no desk holds anything."""
        return (
            not self.reporter.is_busy
            and not self.customers.is_busy
            and self.provider.live_legs == 0
            and all(desk.is_idle for desk in self.crowd.desks.values())
        )

    def desk(self, login: str) -> Desk:
        return self.crowd.desks[self.premises.agents[login]]


@contextlib.asynccontextmanager
async def open_floor(
    server: str,
    key: str,
    wish: Wish,
    *,
    out: Path | None = None,
    faults: Faults | None = None,
    manner: Callable[[str], Manner] = lambda login: Manner(),
    seated: Callable[[str], bool] = lambda login: True,
    ways: Ways | None = None,
    words: Words | None = None,
    chance: random.Random | None = None,
) -> AsyncIterator[Floor]:
    """`manner` and `seated` are asked by login. With `ways` customers write as well, and agents who have a password
    answer them, in `words`.

    Raises Refused, httpx2.HTTPError, OSError, TimeoutError.
    """
    place = Place.of(server)
    with _ledgers(out) as (callers, agents, written):
        async with Rest(server, key) as rest:
            doors: list[Provider] = []
            listener = Listener(lambda headers, body: doors[0].take(headers, body) if doors else _NOT_YET)
            port = await listener.start()
            try:
                wish = replace(wish, command_url=f"http://127.0.0.1:{port}/commands")
                premises = await establish(rest, wish)
                reporter = Reporter(server, premises.provider_id, premises.secret_in, ledger=callers, faults=faults)
                doors.append(Provider(reporter, premises.secret_out, ledger=callers, faults=faults))
                reporter.start()
                reporter.tell_phones([premises.agents[login] for login in premises.agents])
                tickets = Tickets(place, key)
                customers = Customers(server, key, written, chance or random.Random(), faults or Faults())
                pens = _pens(server, wish, written) if ways is not None else {}
                desks = [
                    _desk(pens.get(login), words, agent_id, place, tickets.for_one, ledger=agents, manner=manner(login))
                    for login, agent_id in premises.agents.items()
                    if seated(login)
                ]
                for desk in desks:
                    desk.knows([each.agent_id for each in desks if each is not desk])
                crowd = Crowd(desks, tickets)
                try:
                    if ways is not None:
                        await _let_in(rest, premises, customers, ways)
                    await crowd.sit_down()
                    clock = desks[0].clock
                    yield Floor(rest, premises, callers, agents, reporter, doors[0], crowd, clock, customers)
                finally:
                    await customers.stop()
                    await crowd.leave()
                    for pen in pens.values():
                        await pen.close()
                    await reporter.stop()
                    tickets.close()
            finally:
                await listener.stop()


_NOT_YET: Answer = (503, b"{}")


@contextlib.contextmanager
def _ledgers(out: Path | None) -> Iterator[tuple[Ledger, Ledger, Ledger]]:
    names = ("callers", "agents", "written")
    callers, agents, written = (Ledger(out / f"{name}.ndjson" if out else None) for name in names)
    try:
        yield callers, agents, written
    finally:
        for ledger in (callers, agents, written):
            ledger.close()


def _desk(pen: Pen | None, words: Words | None, *args: Any, **more: Any) -> Desk:
    return Desk(*args, **more) if pen is None else WritingDesk(*args, pen=pen, words=words or Words(), **more)


def _pens(server: str, wish: Wish, written: Ledger) -> dict[str, Pen]:
    """By login, of the agents who can log in."""
    return {
        agent.login: Pen(server, agent.login, agent.password, ledger=written, chance=random.Random(agent.login))
        for agent in wish.agents
        if agent.password is not None and agent.serves
    }


async def _let_in(rest: Rest, premises: Premises, customers: Customers, ways: Ways) -> None:
    wish = DoorsWish(
        company_id=premises.companies[ways.company],
        chat_queue_id=premises.queues[ways.company, ways.chat_queue],
        letter_queue_id=premises.queues[ways.company, ways.letter_queue],
        mailbox=ways.mailbox,
        fax=ways.fax,
        lmtp=ways.lmtp,
        smtp_port=await customers.letters.listen(),
    )
    customers.enter_by(await open_doors(rest, wish))
