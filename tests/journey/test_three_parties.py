"""Six ways to put a call through, and each of the three parties hangs up first: nobody is stuck, nothing is lost.

Each flow is brought to the moment in which all three still have a wire. Then one hangs up; what is left goes on by
itself or waits for a click that is there; in the end all wires are down, everybody has wrapped up, the contact is over.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests.journey.story import nothing_is_left
from tests.journey.trio import Trio, trio

CUSTOMER, FIRST, SECOND = None, 0, 1
PARTIES = {"the customer": CUSTOMER, "the first agent": FIRST, "the second agent": SECOND}
Part = tuple[int, str, str]


# --- the flows, each to the moment in which somebody hangs up ---------------------------------------------------------


async def blind_to_queue(t: Trio) -> None:
    """The second agent has accepted and is not connected yet; the first one's wire is still up."""
    await t.to_queue(0)
    await t.do(1, "accept")


async def blind_to_agent(t: Trio) -> None:
    await t.to_agent(0, 1)
    await t.do(1, "accept")


async def consult_and_complete(t: Trio) -> None:
    """The first agent's wire is still up, and the customer still held."""
    await t.is_asked(1)
    await t.do(0, "complete")


async def consult_and_return(t: Trio) -> None:
    """The second agent's wire is still up, and the customer still held."""
    await t.is_asked(1)
    await t.do(0, "return")


async def conference(t: Trio) -> None:
    await t.is_asked(1)
    await t.do(0, "conference")
    await t.hears(None, "Retrieved")


async def chain_of_two(t: Trio) -> None:
    """To the second agent blind, from there to a third by a consultation; no wire of the two is down yet."""
    await t.to_agent(0, 1)
    await t.picks_up(1)
    await t.is_asked(2, by=1)
    await t.do(1, "complete")


async def asked_and_not_answered(t: Trio) -> None:
    await t.consult(0, 1)
    await t.hears(None, "Held")
    await t.do(1, "accept")


async def asked_and_talking(t: Trio) -> None:
    await t.is_asked(1)


async def asked_and_waiting_aside(t: Trio) -> None:
    await t.is_asked(1)
    await t.is_back_with_the_customer()


@dataclass(frozen=True)
class Ending:
    """`parts` right after the hang-up; the customer's waits and the contact's outcome in the end."""

    parts: list[Part]
    stays: list[str]
    outcome: str = "handled"
    goes: bool = False  # the customer is hung up as well


def parts(*told: str) -> list[Part]:
    """'0 primary wrap_up'"""
    return [(int(number), role, state) for number, role, state in (each.split() for each in told)]


A_WRAPS_UP = "0 primary wrap_up"
ENDINGS: dict[Callable[[Trio], Awaitable[None]], dict[str, Ending]] = {
    blind_to_queue: {
        "the customer": Ending(parts(A_WRAPS_UP, "1 primary withdrawn"), ["answered", "abandoned"], "abandoned"),
        "the first agent": Ending(parts(A_WRAPS_UP, "1 primary connecting"), ["answered", "answered"]),
        "the second agent": Ending(
            parts(A_WRAPS_UP, "1 primary failed", "2 primary offered"), ["answered", "answered"]
        ),
    },
    blind_to_agent: {
        "the customer": Ending(parts(A_WRAPS_UP, "1 primary withdrawn"), ["answered", "abandoned"], "abandoned"),
        "the first agent": Ending(parts(A_WRAPS_UP, "1 primary connecting"), ["answered", "answered"]),
        "the second agent": Ending(
            parts(A_WRAPS_UP, "1 primary failed", "1 primary offered"), ["answered", "answered"]
        ),
    },
    consult_and_complete: {
        "the customer": Ending(parts(A_WRAPS_UP, "1 primary wrap_up"), ["answered"]),
        "the first agent": Ending(parts(A_WRAPS_UP, "1 primary held"), ["answered"]),
        "the second agent": Ending(parts(A_WRAPS_UP, "1 primary wrap_up"), ["answered"], goes=True),
    },
    consult_and_return: {
        "the customer": Ending(parts(A_WRAPS_UP, "1 consult wrap_up"), ["answered"]),
        "the first agent": Ending(parts(A_WRAPS_UP, "1 consult wrap_up"), ["answered"], goes=True),
        "the second agent": Ending(parts("0 primary held", "1 consult wrap_up"), ["answered"]),
    },
    conference: {
        "the customer": Ending(parts(A_WRAPS_UP, "1 conference wrap_up"), ["answered"]),
        "the first agent": Ending(parts(A_WRAPS_UP, "1 primary talking"), ["answered"]),
        "the second agent": Ending(parts("0 primary talking", "1 conference wrap_up"), ["answered"]),
    },
    chain_of_two: {
        "the customer": Ending(parts(A_WRAPS_UP, "1 primary wrap_up", "2 primary wrap_up"), ["answered", "answered"]),
        "the first agent": Ending(parts(A_WRAPS_UP, "1 primary wrap_up", "2 primary held"), ["answered", "answered"]),
        "the second agent": Ending(parts(A_WRAPS_UP, "1 primary wrap_up", "2 primary held"), ["answered", "answered"]),
    },
    asked_and_not_answered: {
        "the customer": Ending(parts(A_WRAPS_UP, "1 consult withdrawn"), ["answered"]),
        "the first agent": Ending(
            parts(A_WRAPS_UP, "1 consult withdrawn", "1 primary offered"), ["answered", "answered"]
        ),
        "the second agent": Ending(parts("0 primary held", "1 consult failed"), ["answered"]),
    },
    asked_and_talking: {
        "the customer": Ending(parts(A_WRAPS_UP, "1 consult wrap_up"), ["answered"]),
        "the first agent": Ending(parts(A_WRAPS_UP, "1 primary held"), ["answered"]),
        "the second agent": Ending(parts("0 primary held", "1 consult wrap_up"), ["answered"]),
    },
    asked_and_waiting_aside: {
        "the customer": Ending(parts(A_WRAPS_UP, "1 consult wrap_up"), ["answered"]),
        "the first agent": Ending(parts(A_WRAPS_UP, "1 primary held"), ["answered"]),
        "the second agent": Ending(parts("0 primary talking", "1 consult wrap_up"), ["answered"]),
    },
}


@pytest.mark.parametrize("who", PARTIES)
@pytest.mark.parametrize("flow", ENDINGS, ids=lambda flow: flow.__name__)
async def test_whoever_hangs_up_first_nobody_is_stuck_and_nothing_is_lost(
    database: str, flow: Callable[[Trio], Awaitable[None]], who: str
) -> None:
    ending = ENDINGS[flow][who]
    async with trio(database) as t:
        await flow(t)
        asked_before = (await t.tell()).asked
        await t.hears(PARTIES[who], "ConnectionCleared")
        after, asked = await t.parts(), (await t.tell()).asked
        assert after == ending.parts

        await what_is_left_goes_on(t)
        served = await t.parts()
        await t.everybody_hangs_up()
        told, done = await t.tell(), await t.parts()
        nothing_is_left(t.board)
        rebuilds = t.board.switchboard.counts.rebuilds

    let_go = [each for each in asked[len(asked_before) :] if each == "hang_up customer"]
    assert bool(let_go) == ending.goes
    if who == "the customer" or ending.goes:
        assert served == ending.parts, "nobody is left to talk to"
    else:
        assert [state for _, _, state in served].count("talking") >= 1, "somebody is with the customer"
    assert {state for _, _, state in done} <= {"done", "failed", "withdrawn"}
    assert (told.state, told.outcome, told.stays) == ("closed", ending.outcome, ending.stays)
    assert set(told.legs.values()) == {"cleared"}
    assert told.events.count("contact.closed") == 1
    assert rebuilds == 1, "no turn was refused"


async def what_is_left_goes_on(t: Trio) -> None:
    """Who is asked picks up; who has the customer on hold takes them back."""
    house = t.board.switchboard.house
    assert house is not None
    number = t.board.centre.agent_ids.index
    for segment in house.segments(t.contact_id):
        if segment.role == "primary" and segment.state == "offered":
            await t.picks_up(number(segment.agent_id))
        elif segment.role == "primary" and segment.state == "connecting":
            await t.call.report((t.leg(number(segment.agent_id)).provider_ref, "Established"))
            await t.hears(None, "Established")
        elif segment.state == "held":
            if "retrieve customer" not in (await t.tell()).asked[-2:]:
                assert (await t.do(number(segment.agent_id), "retrieve")).status == 200
            if t.leg(number(segment.agent_id)).state == "held":  # they waited aside
                await t.hears(number(segment.agent_id), "Retrieved")
            await t.hears(None, "Retrieved")
