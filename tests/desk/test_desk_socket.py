"""The desk's websocket against a real server: what protocol.md promises an agent's page."""

import asyncio
import uuid
from typing import Any

import asyncpg
import pytest

from tests.desk.conftest import Desks, segment
from tests.serving import api_of


async def test_a_contact_is_offered_accepted_ended_and_wrapped_up_over_the_socket(desks: Desks) -> None:
    tab = await desks.ready()
    await desks.chat_arrives()
    offered = await tab.until_shown(lambda records: segment(records, "offered"))
    assert (await tab.do("accept", segment=offered["id"]))["t"] == "done"
    await tab.until_shown(lambda records: segment(records, "talking"))
    assert (await tab.do("end", segment=offered["id"]))["t"] == "done"
    await tab.until_shown(lambda records: segment(records, "wrap_up"))
    assert (await tab.do("finish", segment=offered["id"], note="all well"))["t"] == "done"
    await tab.until_shown(lambda records: f"segment/{offered['id']}" not in records)

    assert tab.records["me"]["load"] == 0


async def test_the_same_command_id_gets_the_same_answer_and_is_done_once(desks: Desks) -> None:
    tab = await desks.ready()
    await desks.chat_arrives()
    offered = await tab.until_shown(lambda records: segment(records, "offered"))
    command = str(uuid.uuid4())
    first = await tab.do("accept", command, segment=offered["id"])
    again = await tab.do("accept", command, segment=offered["id"])
    other = await tab.do("decline", command, segment=offered["id"])

    assert (first["t"], again["t"]) == ("done", "done")
    assert first["result"] == again["result"]
    assert (other["t"], other["problem"]["status"]) == ("refused", 422)


async def test_what_is_not_possible_is_refused_with_a_key_and_the_socket_stays(desks: Desks) -> None:
    tab = await desks.ready()
    gone = await tab.do("accept", segment=str(uuid.uuid4()))
    without = await tab.do("accept")

    assert (gone["problem"]["status"], gone["problem"]["text_key"], gone["retry"]) == (409, "segment.gone", False)
    assert (without["problem"]["status"], without["problem"]["field"]) == (422, "segment")
    assert (await tab.do("choose", chosen="away", reason="lunch"))["t"] == "done"


async def test_an_agent_acts_on_no_segment_of_another_agent(desks: Desks) -> None:
    first, second = await desks.ready(0), await desks.sit(1)
    await desks.chat_arrives()
    offered = await first.until_shown(lambda records: segment(records, "offered"))
    stolen = await second.do("accept", segment=offered["id"])

    assert (stolen["t"], stolen["problem"]["text_key"]) == ("refused", "segment.gone")
    assert segment(second.records, "offered") is None


async def test_after_a_cut_the_page_gets_what_it_missed_and_no_snapshot(desks: Desks) -> None:
    tab = await desks.ready()
    pos = tab.pos
    await tab.socket.close()
    await desks.chat_arrives()
    again = await desks.sit(pos=pos)
    again.records |= tab.records

    assert [frame["t"] for frame in again.heard] == ["welcome", "turn"]
    await again.until_shown(lambda records: segment(records, "offered"))


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        '{"t":"do"}',
        '{"t":"do","id":"x","what":"accept"}',
        '{"t":"do","id":"01920000-0000-7000-8000-000000000000","what":"drop_table"}',
        '{"t":"do","id":"01920000-0000-7000-8000-000000000000","what":"choose","chosen":"away","reason":"\\u0000"}',
        '{"t":"do","id":"01920000-0000-7000-8000-000000000000","what":"choose","chosen":"away","reason":"\\ud800"}',
        '{"t":"hello","v":1,"ticket":"","tab":"t","feeds":[]}',
    ],
)
async def test_a_bad_frame_closes_its_own_socket_with_a_reason(desks: Desks, frame: str) -> None:
    tab = await desks.sit()
    await tab.socket.send(frame)

    assert await tab.closed() == 4400
    assert (await desks.sit()).records["me"]["agent_id"] == desks.agent_ids[0]


async def test_nobody_sits_down_without_a_good_ticket(desks: Desks) -> None:
    forged, wrong = await desks.open(), await desks.open()
    hello: dict[str, Any] = {"t": "hello", "v": 1, "tab": "t", "feeds": []}
    await forged.say(hello | {"ticket": "abc"})
    await wrong.say({"t": "pong", "n": 1})

    assert await forged.closed() == 4003
    assert await wrong.closed() == 4400


async def test_a_second_machine_takes_the_seat_over(desks: Desks) -> None:
    first = await desks.sit()
    async with api_of(desks.server) as other:
        second = await desks.sit(api=other)

        assert await first.closed() == 4001
        assert second.records["me"]["agent_id"] == desks.agent_ids[0]


async def test_two_tabs_of_one_session_are_one_seat(desks: Desks) -> None:
    first, second = await desks.ready(), await desks.sit()
    await desks.chat_arrives()
    offered = await second.until_shown(lambda records: segment(records, "offered"))
    assert (await second.do("accept", segment=offered["id"]))["t"] == "done"

    await first.until_shown(lambda records: segment(records, "talking"))


async def test_a_desk_that_stops_answering_gets_no_offers_and_keeps_what_its_agent_chose(desks: Desks) -> None:
    """The live offer is withdrawn and not held against the agent."""
    silent, watching = await desks.ready(0), await desks.sit(1)
    await desks.chat_arrives()
    await silent.until_shown(lambda records: segment(records, "offered"))
    silent.answers_pings = False
    connection = await asyncpg.connect(desks.server.database_url)
    try:
        for _ in range(25):
            async with asyncio.timeout(20):
                await watching.until("ping")
            end = await connection.fetchval('SELECT "end" FROM segment WHERE agent_id = $1', desks.agent_ids[0])
            if end is not None:
                break
        state = await connection.fetchrow(
            "SELECT chosen, desk_reachable, not_responding FROM agent_state WHERE agent_id = $1", desks.agent_ids[0]
        )
    finally:
        await connection.close()

    assert end == "unreachable"
    assert tuple(state) == ("ready", False, False)


async def test_too_many_commands_are_refused_and_may_be_sent_again(desks: Desks) -> None:
    tab = await desks.sit()
    ids = [str(uuid.uuid4()) for _ in range(40)]
    for command in ids:
        await tab.say({"t": "do", "id": command, "what": "clear_flag"})
    answers = [frame async for frame in _answers(tab, len(ids))]
    refused = [frame for frame in answers if frame["t"] == "refused" and frame["problem"]["status"] == 429]

    assert refused
    assert all(frame["retry"] for frame in refused)


async def _answers(tab: Any, count: int) -> Any:
    while count:
        frame = await tab.hear()
        if frame["t"] in ("done", "refused"):
            count -= 1
            yield frame


async def test_a_desk_whose_key_was_revoked_is_closed(desks: Desks) -> None:
    made = await desks.api.post("/v1/api-keys", {"name": "of a desk", "role": "operator"})
    async with api_of(desks.server, made["secret"]) as other:
        tab = await desks.sit(api=other)
        await desks.api.call("DELETE", f"/v1/api-keys/{made['id']}")

        async with asyncio.timeout(30):
            assert await tab.closed() == 4003
