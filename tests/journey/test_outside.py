"""Somebody outside beside a customer: asked, put through, all three; who is held, and every order in which they go."""

import json
import uuid
from typing import Any

import asyncpg
import pytest

from app import commands as c
from contacts.acts import possible
from contacts.contact import outside_of, recording_of
from contacts.record import replace
from tests.journey.board import Board, configured
from tests.journey.story import nothing_is_left, rows
from tests.journey.trio import Trio, trio

NUMBER, OTHER, PREMIUM, EMERGENCY = "+4930777001", "+4930777002", "+499001234567", "112"
ABROAD = "+12125550100"


async def company_calls(board: Board, **rules: Any) -> None:
    """The first company calls by the Asterisk on which its callers are."""
    dialling = {"by": board.provider.removeprefix("asterisk:"), "caller_id": "+4930555001", **rules}
    conn = await asyncpg.connect(board.url)
    try:
        company_id = board.centre.company_ids[0]
        await conn.execute(
            "UPDATE company SET region = 'DE', dialling = $2 WHERE id = $1", company_id, json.dumps(dialling)
        )
        await configured(board, conn, "company", company_id)
    finally:
        await conn.close()


async def may_call(t: Trio, **rules: Any) -> None:
    await company_calls(t.board, **rules)


async def call(t: Trio, to: str = NUMBER, *, blind: bool = False, by: int = 0) -> c.Reply:
    segment = t.segment(by)
    return await t.board.ask(c.CallOutside(segment.id, segment.agent_id, to, blind))


async def theirs(t: Trio, event: str, cause: str = "normal") -> None:
    """The provider reports this of the wire outside."""
    house = t.board.switchboard.house
    assert house is not None
    (leg,) = [leg for leg in house.legs(t.contact_id) if leg.role == "outside"]
    command = t.call.webhook((leg.provider_ref, event))
    (report,) = command.reports
    await t.board.ask(c.ReportLegs(command.provider, (c.LegReport(report.leg, report.event, report.seq, cause),)))


async def asked(t: Trio) -> None:
    await may_call(t)
    reply = await call(t)
    assert reply.status == 200, reply
    await t.hears(None, "Held")
    await theirs(t, "Established")


def state(t: Trio) -> tuple[str, str | None, list[str]]:
    """(the agent's segment, how the one outside stands, what the agent may do)."""
    house, own = t.board.switchboard.house, t.segment(0)
    assert house is not None
    contact = house.contact(t.contact_id)
    others = [each for each in house.segments(contact.id) if each.id != own.id]
    may = possible(own, others, contact.channel, recording_of(contact), outside_of(contact))
    return own.state, outside_of(contact), sorted(may)


async def last_asked(t: Trio, count: int) -> list[str]:
    return (await t.tell()).asked[-count:]


async def over(t: Trio) -> None:
    await t.everybody_hangs_up()
    nothing_is_left(t.board)


async def test_the_customer_is_held_while_somebody_outside_is_called(database: str) -> None:
    async with trio(database, over_ari=True) as t:
        await may_call(t)
        await call(t)
        begun, calling = await last_asked(t, 2), state(t)
        await t.hears(None, "Held")
        rings = state(t)
        await theirs(t, "Established")
        talking = state(t)
        args = await rows(t.board, "SELECT args FROM effect WHERE kind = 'telephony.dial'")
        await over(t)

    assert begun == ["hold customer", "dial agent"]
    assert calling == ("talking", "dialling", ["hold", "return"])
    assert rings == ("held", "dialling", ["return"])
    assert talking == ("held", "talking", ["complete", "conference", "return", "swap"])
    assert json.loads(args[0]["args"])["to"] == NUMBER


async def test_the_agent_goes_to_the_customer_and_back_as_often_as_they_like(database: str) -> None:
    async with trio(database, over_ari=True) as t:
        await asked(t)
        for _ in range(2):
            await t.do(0, "swap")
            assert await last_asked(t, 2) == ["hold outside", "retrieve customer"]
            await theirs(t, "Held")
            assert state(t)[:2] == ("held", "held")
            await t.hears(None, "Retrieved")
            assert state(t) == ("talking", "held", ["complete", "conference", "return", "swap"])
            await t.do(0, "swap")
            assert await last_asked(t, 1) == ["hold customer"]
            await t.hears(None, "Held")
            assert await last_asked(t, 1) == ["retrieve outside"], "not before the customer is held"
            await theirs(t, "Retrieved")
            assert state(t)[:2] == ("held", "talking")
        await over(t)


async def test_put_through_they_talk_without_the_agent(database: str) -> None:
    async with trio(database, over_ari=True) as t:
        await asked(t)
        await t.do(0, "complete")
        done = await last_asked(t, 2)
        await t.hears(None, "Retrieved")
        await t.do(0, "finish")
        meanwhile = (await t.tell()).state
        await theirs(t, "ConnectionCleared")
        then = await last_asked(t, 1)
        await over(t)
        told = await t.tell()

    assert done == ["hang_up agent", "retrieve customer"]
    assert meanwhile == "open", "they talk"
    assert then == ["hang_up customer"]
    assert (told.state, told.outcome) == ("closed", "handled")
    assert [each for each in told.events if "outside" in each] == [
        "segment.called_outside", "contact.outside_answered", "contact.outside_gone",
    ]  # fmt: skip


async def test_a_hold_that_comes_after_they_were_put_through_is_undone(database: str) -> None:
    """The agent went to the outside and at once away: nobody is left alone with music."""
    async with trio(database, over_ari=True) as t:
        await asked(t)
        await t.do(0, "swap")
        await theirs(t, "Held")
        await t.hears(None, "Retrieved")
        await t.do(0, "swap")
        await t.do(0, "complete")
        retrieved = await last_asked(t, 1)
        await t.hears(None, "Held")
        late = await last_asked(t, 1)
        await over(t)

    assert (retrieved, late) == (["retrieve outside"], ["retrieve customer"])


@pytest.mark.parametrize("goes", ["agent", "outside"])
async def test_of_all_three_whoever_goes_the_others_go_on(database: str, goes: str) -> None:
    async with trio(database, over_ari=True) as t:
        await asked(t)
        await t.do(0, "conference")
        brought = await last_asked(t, 1)
        await t.hears(None, "Retrieved")
        together = state(t)
        if goes == "agent":
            await t.do(0, "leave")
        else:
            await theirs(t, "ConnectionCleared")
        told = await t.tell()
        await over(t)

    assert brought == ["retrieve customer"]
    assert together == ("talking", "talking", ["end", "hold", "leave"])
    assert told.segments == [(0, "wrap_up" if goes == "agent" else "talking", None)]
    assert "hang_up customer" not in told.asked, "the customer has still whom they had"


async def test_the_one_outside_is_let_go_and_may_be_called_again(database: str) -> None:
    async with trio(database, over_ari=True) as t:
        await asked(t)
        await t.do(0, "return")
        let_go = await last_asked(t, 2)
        too_early = await call(t)
        await theirs(t, "ConnectionCleared")
        await t.hears(None, "Retrieved")
        free = state(t)
        again = await call(t, OTHER)
        await over(t)

    assert let_go == ["hang_up outside", "retrieve customer"]
    assert (too_early.status, too_early.body["text_key"]) == (409, "dial.busy")
    assert free == ("talking", "gone", ["consult", "end", "hold", "transfer"])
    assert again.status == 200


@pytest.mark.parametrize(
    ("cause", "stands"), [("busy", "busy"), ("no_answer", "no_answer"), ("normal", "no_answer"), ("failed", "failed")]
)
async def test_whoever_does_not_answer_leaves_the_customer_to_their_agent(
    database: str, cause: str, stands: str
) -> None:
    async with trio(database, over_ari=True) as t:
        await may_call(t)
        await call(t)
        await t.hears(None, "Held")
        await theirs(t, "ConnectionCleared", cause)
        left = state(t)
        await over(t)

    assert left == ("held", stands, ["consult", "end", "retrieve", "transfer"])


@pytest.mark.parametrize("answered", [False, True])
async def test_the_agents_phone_dies_meanwhile(database: str, answered: bool) -> None:
    """They go on with each other; or, where nobody answered yet, the customer waits again."""
    async with trio(database, over_ari=True) as t:
        await may_call(t)
        await call(t)
        await t.hears(None, "Held")
        if answered:
            await theirs(t, "Established")
        await t.hears(0, "ConnectionCleared")
        told = await t.tell()
        await over(t)

    if answered:
        assert (told.asked[-1], told.stays) == ("retrieve customer", ["answered"])
    else:
        assert ("hang_up outside" in told.asked, told.stays) == (True, ["answered", None])


async def test_blind_the_customer_hears_it_ring_and_the_agent_is_free(database: str) -> None:
    async with trio(database, over_ari=True) as t:
        await may_call(t)
        await call(t, blind=True)
        done, told = await last_asked(t, 2), await t.tell()
        await t.do(0, "finish")
        await theirs(t, "Established")
        await theirs(t, "ConnectionCleared")
        end = await last_asked(t, 1)
        await over(t)

    assert done == ["hang_up agent", "dial customer"]
    assert told.segments == [(0, "wrap_up", None)]
    assert end == ["hang_up customer"]


async def test_blind_to_somebody_who_does_not_answer_the_customer_waits_again(database: str) -> None:
    async with trio(database, over_ari=True) as t:
        await may_call(t)
        await call(t, blind=True)
        await theirs(t, "ConnectionCleared", "busy")
        told = await t.tell()
        await over(t)

    assert told.stays == ["answered", None]


async def test_it_stands_as_it_stood_when_we_died(database: str) -> None:
    async with trio(database, over_ari=True) as t:
        await asked(t)
        before = state(t)
        await t.we_die()
        after = state(t)
        await t.do(0, "complete")
        await t.hears(None, "Retrieved")
        await over(t)

    assert before == after


async def test_what_may_not_be_called_changes_nothing_and_what_may_counts(database: str) -> None:
    async with trio(database, over_ari=True) as t:
        nowhere = await call(t)
        await may_call(t, per_agent_hour=1)
        premium, first = await call(t, PREMIUM), await call(t)
        await t.hears(None, "Held")
        await t.do(0, "return")
        await theirs(t, "ConnectionCleared")
        await t.hears(None, "Retrieved")
        second = await call(t, OTHER)
        await t.we_die()
        third = await call(t, OTHER)
        emergency = await call(t, EMERGENCY)
        await over(t)

    refused = [(each.status, each.body["text_key"]) for each in (nowhere, premium, second, third)]
    assert refused == [
        (409, "dial.no_way"), (422, "destination.premium"), (429, "dial.agent_often"), (429, "dial.agent_often"),
    ]  # fmt: skip
    assert (first.status, emergency.status) == (200, 200)


async def test_where_a_supervisor_may_call_an_agent_may_not(database: str) -> None:
    async with trio(database, over_ari=True) as t:
        await may_call(t, allowed_for={"supervisor": ["DE", "US"]})
        refused = await call(t, ABROAD)
        await supervises(t.board, t.segment(0).agent_id)
        called = await call(t, ABROAD)
        await over(t)

    assert (refused.status, refused.body["text_key"]) == (422, "destination.foreign")
    assert called.status == 200


async def supervises(board: Board, agent_id: str) -> None:
    conn = await asyncpg.connect(board.url)
    try:
        await conn.execute(
            "INSERT INTO role_grant (id, user_id, company_id, role) "
            "SELECT gen_random_uuid(), user_id, $2, 'supervisor' FROM agent WHERE id = $1",
            agent_id,
            board.centre.company_ids[0],
        )
        await configured(board, conn, "agent", agent_id)
    finally:
        await conn.close()


async def test_only_on_the_telephone_system_by_which_the_company_calls(database: str) -> None:
    async with trio(database) as t:
        await may_call(t)
        elsewhere = await call(t)
        await over(t)

    assert (elsewhere.status, elsewhere.body["text_key"]) == (409, "dial.no_way")


async def test_an_emergency_is_called_in_a_call_and_by_whoever_is_away(database: str) -> None:
    async with trio(database, over_ari=True) as t:
        await may_call(t)
        house = t.board.switchboard.house
        assert house is not None
        dial = c.Dial(t.board.entry(direction="out", channel="phone"), t.agent(0), EMERGENCY)
        in_a_call = await t.board.ask(dial)
        beside = await last_asked(t, 2)
        await t.board.ask(c.ChooseState(t.agent(1), "offline"))
        usual = await t.board.ask(c.Dial(t.board.entry(direction="out", channel="phone"), t.agent(1), NUMBER))
        away = await t.board.ask(c.Dial(t.board.entry(direction="out", channel="phone"), t.agent(1), EMERGENCY))
        rung = [leg.agent_id for leg in house.legs(str(away.body["contact_id"]))]

    assert (in_a_call.status, in_a_call.body["contact_id"]) == (201, t.contact_id)
    assert beside == ["hold customer", "dial agent"]
    assert (usual.status, usual.body["text_key"]) == (409, "agent.not_ready")
    assert (away.status, rung) == (201, [t.agent(1)])


@pytest.mark.parametrize("why", ["another provider", "their hang-up is on its way"])
async def test_an_emergency_that_cannot_be_called_beside_the_customer_is_a_second_call(database: str, why: str) -> None:
    async with trio(database, over_ari=True) as t:
        await may_call(t)
        if why == "another provider":
            await may_call(t, by="01a2075d-6b13-72af-99f5-300730788cbb")
        else:
            await call(t)
            await t.hears(None, "Held")
            await t.do(0, "return")
        made = await t.board.ask(c.Dial(t.board.entry(direction="out", channel="phone"), t.agent(0), EMERGENCY))
        house = t.board.switchboard.house
        assert house is not None
        rung = [leg.agent_id for leg in house.legs(str(made.body["contact_id"]))]

    assert (made.status, rung) == (201, [t.agent(0)])
    assert made.body["contact_id"] != t.contact_id


async def test_a_conference_with_somebody_outside_is_recorded_only_when_they_know(database: str) -> None:
    """Where those whom the company calls are told first: the agent does it, and resumes."""
    async with trio(database, over_ari=True, recording="always") as t:
        await may_call(t)
        await notice(t, {"in": "none", "out": "announce"})
        await call(t)
        await t.hears(None, "Held")
        await theirs(t, "Established")
        await t.do(0, "conference")
        await t.hears(None, "Retrieved")
        house = t.board.switchboard.house
        assert house is not None
        before, parts = recording_of(house.contact(t.contact_id)), (await t.tell()).asked.count("record customer")
        await t.do(0, "resume_recording")
        after = (await t.tell()).asked.count("record customer")
        await over(t)

    assert (before, parts, after) == ("paused", 1, 2)


async def notice(t: Trio, rule: dict[str, str]) -> None:
    conn = await asyncpg.connect(t.board.url)
    try:
        await conn.execute(
            "UPDATE company SET recording_notice = $2 WHERE id = $1", t.board.centre.company_ids[0], json.dumps(rule)
        )
    finally:
        await conn.close()
    await may_call(t)


async def test_who_is_erased_meanwhile_leaves_no_number_and_the_call_goes_on(database: str) -> None:
    async with trio(database, over_ari=True) as t:
        await asked(t)
        house = t.board.switchboard.house
        assert house is not None
        contact = house.contact(t.contact_id)
        customer_id = str(uuid.uuid4())
        await rows(
            t.board, "INSERT INTO customer (id, company_id, name, value, language) VALUES ($1, $2, 'Ada', 0, 'en')",
            customer_id, contact.company_id,
        )  # fmt: skip
        house.keep_contact(replace(contact, customer_id=customer_id))
        await t.board.ask(c.EraseCustomer(customer_id, contact.company_id))
        (row,) = await rows(t.board, "SELECT ivr FROM contact WHERE id = $1", t.contact_id)
        await t.we_die()
        after = state(t)
        await over(t)

    assert NUMBER not in row["ivr"]
    assert after[:2] == ("held", "talking")
