"""Six ways to put a call through, each of the three parties hanging up first: 18 stories, by clicks at three desks.

A, B and C sit at browsers of their own; the caller and the phones are the provider's. Each flow is brought to the
moment in which all three still have a wire; what the provider was told to do then waits. One hangs up. Then the
provider goes on, whoever is left goes on by clicks, and everybody wraps up with a result and a note of their own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.phone_desks import OPEN_CONTACT, CallCentre, Seat, open_call_centre
from tests.browser.telephone import Call
from tests.serving import Api, Server

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

DISPOSITIONS = {"A": "Solved", "B": "Callback promised", "C": "Solved"}


@dataclass(frozen=True, slots=True)
class Parties:
    centre: CallCentre
    call: Call

    @property
    def a(self) -> Seat:
        return self.seat("A")

    @property
    def b(self) -> Seat:
        return self.seat("B")

    @property
    def c(self) -> Seat:
        return self.seat("C")

    async def does(self, do: str) -> None:
        await self.centre.telephone.does(do)

    async def parts(self) -> list[str]:
        """'A primary wrap_up' of every segment so far, the oldest first."""
        return [f"{who} {each['role']} {each['state']}" for who, each in await self._segments()]

    async def ends(self) -> list[str]:
        """'B primary failed provider' of every segment; one that was wrapped up has no other end."""
        return [
            f"{who} {each['role']} {each['state']} {each['end'] or ''}".rstrip() for who, each in await self._segments()
        ]

    async def results(self) -> dict[str, tuple[str | None, str | None]]:
        """Of each segment that was wrapped up: (disposition, note), by agent."""
        listed = await self.centre.api.get("/v1/dispositions", params={"company_id": self.centre.company_id})
        names = {each["id"]: each["name"] for each in listed["items"]}
        segments = [(who, each) for who, each in await self._segments() if each["state"] == "done"]
        return {who: (names.get(each["disposition_id"]), each["note"]) for who, each in segments}

    async def _segments(self) -> list[tuple[str, Any]]:
        story = await self.centre.story(self.call.contact_id)
        segments = sorted(story["segments"], key=lambda each: each["id"])
        return [(self.letter(each["agent_id"]), each) for each in segments]

    def letter(self, agent_id: str) -> str:
        return "ABC"[self.centre.seats.index(self.centre.seat_of(agent_id))]

    def seat(self, letter: str) -> Seat:
        return self.centre.seats["ABC".index(letter)]


@pytest_asyncio.fixture(loop_scope="module")
async def parties(shared_server: Server, shared_api: Api, visit_shared: Any) -> AsyncIterator[Parties]:
    """A talks with the caller; B and then C have become ready."""
    async with open_call_centre(shared_server, shared_api, visit_shared) as centre:
        first, *others = centre.seats
        await first.becomes_ready()
        found = Parties(centre, await centre.is_called())
        await picks_up(found, first)
        for seat in others:
            await seat.becomes_ready()
        yield found


async def picks_up(p: Parties, seat: Seat) -> None:
    await seat.accepts()
    await seat.is_("connecting")
    await p.does("connect")
    await seat.is_("talking")


async def is_asked(p: Parties, colleague: Seat, by: Seat) -> None:
    """The customer is held, and the colleague who is asked talks."""
    await by.consults(colleague)
    await p.does("hold")
    await by.is_("held")
    await colleague.accepts()
    await p.does("ring")
    await colleague.is_("talking")


# --- the flows, each to the moment in which somebody hangs up ---------------------------------------------------------


async def blind_to_queue(p: Parties) -> None:
    """The second agent has accepted and their phone rings; the first one's wire is still up."""
    await p.a.transfers_to_queue("Second line")
    await p.b.accepts()
    await p.centre.telephone.rings()


async def blind_to_agent(p: Parties) -> None:
    await p.a.transfers_to(p.b)
    await p.b.accepts()
    await p.centre.telephone.rings()


async def consult_and_complete(p: Parties) -> None:
    """The first agent's wire is still up, and the customer still held."""
    await is_asked(p, p.b, by=p.a)
    await p.a.clicks("complete")
    await p.a.is_("wrap_up")


async def consult_and_return(p: Parties) -> None:
    """The second agent's wire is still up, and the customer still held."""
    await is_asked(p, p.b, by=p.a)
    await p.a.clicks("return")
    await p.b.is_("wrap_up")


async def conference(p: Parties) -> None:
    await is_asked(p, p.b, by=p.a)
    await p.a.clicks("conference")
    await p.does("retrieve")
    await p.a.is_("talking")


async def chain_of_two(p: Parties) -> None:
    """To the second agent blind, from there to a third by a consultation; no wire of the two is down yet."""
    await p.a.transfers_to(p.b)
    await picks_up(p, p.b)
    await is_asked(p, p.c, by=p.b)
    await p.b.clicks("complete")
    await p.b.is_("wrap_up")


# --- what has to come of them -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ending:
    """`parts` right after the hang-up, `ends` when all is over; `stays`: how each wait of the customer ended.

    `talks`: with whom the customer is in the end; None: they are gone.
    """

    parts: list[str]
    ends: list[str]
    stays: list[str] = field(default_factory=lambda: ["answered"])
    talks: str | None = None
    outcome: str = "handled"


Flow = Callable[[Parties], Awaitable[None]]
A_IN_WRAP_UP, A_DONE = "A primary wrap_up", "A primary done"
B_IN_WRAP_UP, B_DONE = "B primary wrap_up", "B primary done"
TWICE = ["answered", "answered"]

LEFT_BEFORE_B_PICKS_UP = Ending(
    [A_IN_WRAP_UP, "B primary withdrawn"],
    [A_DONE, "B primary withdrawn left"],
    ["answered", "abandoned"],
    outcome="abandoned",
)
B_PICKS_UP = Ending([A_IN_WRAP_UP, "B primary connecting"], [A_DONE, B_DONE], TWICE, talks="B")
ENDINGS: dict[Flow, dict[str, Ending]] = {
    blind_to_queue: {
        "the customer": LEFT_BEFORE_B_PICKS_UP,
        "the first agent": B_PICKS_UP,
        "the second agent": Ending(
            [A_IN_WRAP_UP, "B primary failed", "C primary offered"],
            [A_DONE, "B primary failed provider", "C primary done"],
            TWICE,
            talks="C",
        ),
    },
    blind_to_agent: {
        "the customer": LEFT_BEFORE_B_PICKS_UP,
        "the first agent": B_PICKS_UP,
        "the second agent": Ending(
            [A_IN_WRAP_UP, "B primary failed", "B primary offered"],
            [A_DONE, "B primary failed provider", B_DONE],
            TWICE,
            talks="B",
        ),
    },
    consult_and_complete: {
        "the customer": Ending([A_IN_WRAP_UP, B_IN_WRAP_UP], [A_DONE, B_DONE]),
        "the first agent": Ending([A_IN_WRAP_UP, "B primary held"], [A_DONE, B_DONE], talks="B"),
        "the second agent": Ending([A_IN_WRAP_UP, B_IN_WRAP_UP], [A_DONE, B_DONE]),
    },
    consult_and_return: {
        "the customer": Ending([A_IN_WRAP_UP, "B consult wrap_up"], [A_DONE, "B consult done"]),
        "the first agent": Ending([A_IN_WRAP_UP, "B consult wrap_up"], [A_DONE, "B consult done"]),
        "the second agent": Ending(["A primary held", "B consult wrap_up"], [A_DONE, "B consult done"], talks="A"),
    },
    conference: {
        "the customer": Ending([A_IN_WRAP_UP, "B conference wrap_up"], [A_DONE, "B conference done"]),
        "the first agent": Ending([A_IN_WRAP_UP, "B primary talking"], [A_DONE, B_DONE], talks="B"),
        "the second agent": Ending(
            ["A primary talking", "B conference wrap_up"], [A_DONE, "B conference done"], talks="A"
        ),
    },
    chain_of_two: {
        "the customer": Ending(
            [A_IN_WRAP_UP, B_IN_WRAP_UP, "C primary wrap_up"], [A_DONE, B_DONE, "C primary done"], TWICE
        ),
        "the first agent": Ending(
            [A_IN_WRAP_UP, B_IN_WRAP_UP, "C primary held"], [A_DONE, B_DONE, "C primary done"], TWICE, talks="C"
        ),
        "the second agent": Ending(
            [A_IN_WRAP_UP, B_IN_WRAP_UP, "C primary held"], [A_DONE, B_DONE, "C primary done"], TWICE, talks="C"
        ),
    },
}
STORIES = [
    pytest.param(flow, who, id=f"{flow.__name__.replace('_', ' ')}, {who} first")
    for flow in ENDINGS
    for who in ("the customer", "the first agent", "the second agent")
]


@pytest.mark.parametrize(("flow", "who"), STORIES)
async def test_whoever_hangs_up_first_each_desk_shows_it_and_nothing_is_lost(
    parties: Parties, flow: Flow, who: str
) -> None:
    p, ending = parties, ENDINGS[flow][who]
    await flow(p)
    await hang_up(p, flow, who)
    after = await p.parts()
    assert after == ending.parts

    p.centre.telephone.lets_go()
    if ending.talks is not None:
        await what_is_left_goes_on(p, p.seat(ending.talks))
    wrapping_up = {each[0] for each in await p.parts() if each.endswith("wrap_up")}
    for letter in sorted(wrapping_up):
        await p.seat(letter).is_("wrap_up")
        await p.seat(letter).wraps_up(DISPOSITIONS[letter])
    story = await p.centre.story(p.call.contact_id)

    assert await p.ends() == ending.ends
    assert await p.results() == {
        letter: (DISPOSITIONS[letter], f"{p.seat(letter).name} was here.") for letter in wrapping_up
    }
    assert [stay["end"] for stay in story["stays"]] == ending.stays
    assert (story["contact"]["state"], story["contact"]["outcome"]) == ("closed", ending.outcome)
    assert {leg["state"] for leg in story["legs"]} == {"cleared"}
    for seat in p.centre.seats:
        await expect(seat.page.locator(f"{OPEN_CONTACT}, [data-test=offer]")).to_have_count(0)
    assert p.centre.complaints() == []


async def hang_up(p: Parties, flow: Flow, who: str) -> None:
    """The phone is put down; in a conference an agent clicks instead, for there the page has a button for it."""
    seat = {"the customer": None, "the first agent": p.a, "the second agent": p.b}[who]
    if seat is not None and flow is conference:
        await seat.clicks("leave")
        await seat.is_("wrap_up")
    else:
        await p.call.hangs_up(seat.phone if seat else None)


async def what_is_left_goes_on(p: Parties, seat: Seat) -> None:
    """Whoever is asked picks up, the customer comes back to whoever has them, and after a word it is over."""
    if (await p.parts())[-1].endswith("offered"):
        await seat.accepts()
    await seat.is_("talking")
    await seat.clicks("end")
    await seat.is_("wrap_up")


async def test_an_agent_goes_to_the_customer_and_back_to_the_colleague_by_a_key_or_a_click(parties: Parties) -> None:
    p = parties
    await is_asked(p, p.b, by=p.a)
    await p.a.page.keyboard.press("Alt+o")
    await p.does("hold")
    await p.b.is_("held")
    await p.does("retrieve")
    await p.a.is_("talking")
    beside_the_customer = await p.parts()
    await p.a.clicks("swap")
    await p.does("hold")
    await p.a.is_("held")
    await p.does("retrieve")
    await p.b.is_("talking")
    beside_the_colleague = await p.parts()
    p.centre.telephone.lets_go()
    await p.a.clicks("return")
    await what_is_left_goes_on(p, p.a)

    assert beside_the_customer == ["A primary talking", "B consult held"]
    assert beside_the_colleague == ["A primary held", "B consult talking"]
    assert p.centre.complaints() == []
