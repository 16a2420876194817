"""Between the customer and a colleague, there and back: who is held, what the provider is asked, and every way on."""

import pytest

from tests.journey.story import nothing_is_left
from tests.journey.trio import trio

WITH_THE_COLLEAGUE = [(0, "primary", "held"), (1, "consult", "talking")]
BOTH_WAIT = [(0, "primary", "held"), (1, "consult", "held")]
WITH_THE_CUSTOMER = [(0, "primary", "talking"), (1, "consult", "held")]


async def test_the_agent_goes_to_the_customer_and_to_the_colleague_as_often_as_they_like(database: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        for _ in range(2):
            await t.do(0, "swap")
            assert (await t.tell()).asked[-2:] == ["hold consult", "retrieve customer"]
            assert await t.parts() == WITH_THE_COLLEAGUE, "held is what the provider reports"
            await t.hears(1, "Held")
            assert await t.parts() == BOTH_WAIT
            assert (await t.tell()).asked[-1] == "retrieve customer", "who was just left is not fetched"
            await t.hears(None, "Retrieved")
            assert await t.parts() == WITH_THE_CUSTOMER
            await t.do(0, "swap")
            assert (await t.tell()).asked[-1] == "hold customer"
            assert await t.parts() == WITH_THE_CUSTOMER
            await t.hears(None, "Held")
            assert (await t.tell()).asked[-1] == "retrieve consult", "not before the customer is held"
            await t.hears(1, "Retrieved")
            assert await t.parts() == WITH_THE_COLLEAGUE
        told = await t.tell()
        await t.everybody_hangs_up()
        nothing_is_left(t.board)

    assert told.asked.count("join consult") == 1, "who is in the conversation is not brought in again"


@pytest.mark.parametrize(
    ("act", "parts", "asked"),
    [
        (
            "complete",
            [(0, "primary", "wrap_up"), (1, "primary", "held")],
            ["hang_up agent", "retrieve consult", "retrieve customer"],
        ),
        (
            "conference",
            [(0, "primary", "talking"), (1, "conference", "held")],
            ["retrieve consult", "retrieve customer"],
        ),
        ("return", [(0, "primary", "talking"), (1, "consult", "wrap_up")], ["hang_up consult", "retrieve customer"]),
    ],
)
async def test_beside_the_customer_every_way_on_is_there(
    database: str, act: str, parts: list[tuple[int, str, str]], asked: list[str]
) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        await t.is_back_with_the_customer()
        await t.do(0, act)
        after, told = await t.parts(), await t.tell()
        if act != "return":
            await t.hears(1, "Retrieved")
        talking = await t.parts()
        await t.everybody_hangs_up()
        nothing_is_left(t.board)

    assert after == parts
    assert told.asked[-len(asked) :] == asked
    assert [state for _, _, state in talking].count("talking") == (2 if act == "conference" else 1)


async def test_a_colleague_who_takes_over_while_they_are_being_held_is_brought_back(database: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        await t.do(0, "swap")
        await t.do(0, "complete")
        await t.hears(1, "Held")
        asked = (await t.tell()).asked
        await t.hears(None, "Retrieved")
        alone = await t.parts()
        await t.hears(1, "Retrieved")
        talking = await t.parts()

    assert asked[-1] == "retrieve consult"
    assert alone[1] == (1, "primary", "held"), "the customer is back, and they are not"
    assert talking[1] == (1, "primary", "talking")


@pytest.mark.parametrize("to", ["customer", "colleague"])
async def test_on_the_way_between_the_two_the_call_can_be_completed(database: str, to: str) -> None:
    """Both are held at this moment, and both are brought back."""
    async with trio(database) as t:
        await t.is_asked(1)
        if to == "customer":
            await t.do(0, "swap")
            await t.hears(1, "Held")
        else:
            await t.is_back_with_the_customer()
            await t.do(0, "swap")
            await t.hears(None, "Held")
        waiting = await t.parts()
        refused, reply = await t.do(0, "swap"), await t.do(0, "complete")
        asked = (await t.tell()).asked
        await t.hears(1, "Retrieved")
        await t.hears(None, "Retrieved")
        parts = await t.parts()

    assert waiting == BOTH_WAIT
    assert (refused.status, reply.status) == (409, 200)
    assert asked[-3:] == ["hang_up agent", "retrieve consult", "retrieve customer"]
    assert parts[1] == (1, "primary", "talking")


async def test_an_agent_who_takes_over_can_ask_again_to_be_brought_back(database: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        await t.is_back_with_the_customer()
        await t.do(0, "complete")
        again = await t.do(1, "retrieve")
        asked = (await t.tell()).asked
        await t.hears(1, "Retrieved")
        parts = await t.parts()

    assert again.status == 200
    assert asked[-2:] == ["retrieve consult", "retrieve customer"]
    assert parts[1] == (1, "primary", "talking")


async def test_a_colleague_who_cannot_be_brought_in_again_is_hung_up_and_the_customer_stays(database: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        await t.is_back_with_the_customer()
        await t.do(0, "swap")
        await t.hears(None, "Held")
        await t.effect_fails("telephony.retrieve")
        told, parts = await t.tell(), await t.parts()
        back = await t.do(0, "retrieve")

    assert told.asked[-1] == "hang_up consult"
    assert parts == [(0, "primary", "held"), (1, "consult", "wrap_up")]
    assert back.status == 200


async def test_who_waits_where_is_known_after_our_death(database: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        await t.is_back_with_the_customer()
        await t.we_die()
        await t.do(0, "swap")
        await t.we_die()
        await t.hears(None, "Held")
        asked = (await t.tell()).asked
        await t.hears(1, "Retrieved")
        parts = await t.parts()

    assert asked[-2:] == ["hold customer", "retrieve consult"]
    assert parts == WITH_THE_COLLEAGUE


@pytest.mark.parametrize("act", ["hold", "retrieve", "consult", "end", "leave"])
async def test_what_does_not_fit_while_a_colleague_waits_aside_is_refused(database: str, act: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        await t.is_back_with_the_customer()
        reply = await (t.consult(0, 2) if act == "consult" else t.do(0, act))
        parts = await t.parts()

    assert reply.status == 409
    assert parts == WITH_THE_CUSTOMER


async def test_without_a_colleague_who_talks_there_is_nobody_to_swap_with(database: str) -> None:
    async with trio(database) as t:
        alone = await t.do(0, "swap")
        await t.consult(0, 1)
        await t.hears(None, "Held")
        unanswered = await t.do(0, "swap")
        await t.do(1, "accept")
        await t.hears(1, "Established")
        by_the_colleague = await t.do(1, "swap")

    assert [reply.status for reply in (alone, unanswered, by_the_colleague)] == [409, 409, 409]
