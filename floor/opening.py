"""How does the floor open? The company is there, the provider listens, phones are registered, desks are taken."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from floor.agent import Desk, Manner
from floor.clock import Clock
from floor.company import Premises, Wish, establish
from floor.crowd import Crowd, Tickets
from floor.faults import Faults
from floor.http_line import Place
from floor.ledger import Ledger
from floor.listener import Answer, Listener
from floor.provider import Provider
from floor.reporter import Reporter
from floor.rest import Rest


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

    @property
    def is_quiet(self) -> bool:
        """Nobody is on the wire, nothing is on its way, no desk holds anything."""
        return (
            not self.reporter.is_busy
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
) -> AsyncIterator[Floor]:
    """`manner` and `seated` are asked by login. Raises Refused, httpx2.HTTPError, OSError, TimeoutError."""
    place = Place.of(server)
    with _ledgers(out) as (callers, agents):
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
                desks = [
                    Desk(agent_id, place, tickets.for_one, ledger=agents, manner=manner(login))
                    for login, agent_id in premises.agents.items()
                    if seated(login)
                ]
                for desk in desks:
                    desk.knows([each.agent_id for each in desks if each is not desk])
                crowd = Crowd(desks, tickets)
                try:
                    await crowd.sit_down()
                    yield Floor(rest, premises, callers, agents, reporter, doors[0], crowd, desks[0].clock)
                finally:
                    await crowd.leave()
                    await reporter.stop()
                    tickets.close()
            finally:
                await listener.stop()


_NOT_YET: Answer = (503, b"{}")


@contextlib.contextmanager
def _ledgers(out: Path | None) -> Iterator[tuple[Ledger, Ledger]]:
    callers = Ledger(out / "callers.ndjson" if out else None)
    agents = Ledger(out / "agents.ndjson" if out else None)
    try:
        yield callers, agents
    finally:
        callers.close()
        agents.close()
