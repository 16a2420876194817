"""A colleague is asked, takes over, joins, is left: what stands in the records, and what the provider is asked."""

from tests.journey.story import nothing_is_left
from tests.journey.trio import trio


async def test_a_colleague_is_asked_while_the_customer_is_held(database: str) -> None:
    async with trio(database) as t:
        reply = await t.consult(0, 1)
        asked = await t.tell()
        await t.do(1, "accept")
        accepted = await t.tell()
        await t.hears(1, "Established")
        unheard = (await t.tell()).asked
        await t.hears(None, "Held")
        told, parts = await t.tell(), await t.parts()

    assert reply.status == 200
    assert asked.asked[-1] == "hold customer"
    assert asked.segments == [(0, "talking", None), (1, "offered", None)]
    assert accepted.asked[-1] == "ring consult"
    assert "join consult" not in unheard, "not before the customer is held"
    assert told.asked[-1] == "join consult"
    assert parts == [(0, "primary", "held"), (1, "consult", "talking")]
    assert told.stays == ["answered"]


async def test_a_consultation_that_is_completed_leaves_the_customer_with_the_colleague(database: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        first = t.leg(0)
        reply = await t.do(0, "complete")
        completed, asked = await t.parts(), (await t.tell()).asked
        await t.hears(None, "Retrieved")
        await t.call.report((first.provider_ref, "ConnectionCleared"))
        talking = await t.parts()
        await t.everybody_hangs_up()
        told = await t.tell()
        nothing_is_left(t.board)

    assert reply.status == 200
    assert completed == [(0, "primary", "wrap_up"), (1, "primary", "held")]
    assert asked[-2:] == ["hang_up agent", "retrieve customer"]
    assert talking == [(0, "primary", "wrap_up"), (1, "primary", "talking")]
    assert (told.state, told.outcome, told.stays) == ("closed", "handled", ["answered"])
