"""Does a supervisor reach their own people and contacts and no others, and is every act noted with before and after?"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from app.api.acts import new_id
from app.commands import ChooseState, Reply, WithdrawOffer
from app.store import login_sessions
from tests.api.conftest import House
from tests.api.furnished import Things, furnish
from tests.api.test_bad_input import is_problem
from tests.api.test_login import ada, logged_in

ACTS: dict[str, dict[str, Any]] = {
    "set_state": {"agent_id": "agent", "chosen": "away", "reason": "training"},
    "log_out": {"agent_id": "agent"},
    "clear_flag": {"agent_id": "agent"},
    "set_skill": {"agent_id": "agent", "skill": "of_mine", "level": 4},
    "move": {"contact_id": "contact", "queue_id": "queue"},
    "reprioritise": {"contact_id": "contact", "value": 80},
    "assign": {"contact_id": "contact", "agent_id": "agent"},
    "withdraw": {"segment_id": "segment"},
    "close_queue": {"queue_id": "queue", "message": "Back at two"},
    "open_queue": {"queue_id": "queue"},
}  # the fields that end in _id name a thing of the company


def body_of(what: str, things: Things) -> dict[str, Any]:
    return {k: things.ids[v] if k.endswith("_id") else v for k, v in ACTS[what].items()}


@pytest_asyncio.fixture
async def mine(house: House) -> AsyncIterator[Things]:
    yield await furnish(house, "mine", "+49301111111")


async def audit(house: House) -> list[dict[str, Any]]:
    return await house.rows("SELECT action, subject_id, data FROM audit ORDER BY id")


@pytest.mark.parametrize("what", ACTS)
async def test_an_act_is_done_and_noted_with_what_was_before(house: House, mine: Things, what: str):
    supervisor = await house.client_of("supervisor", mine.company)
    noted = len(await audit(house))
    answer = await supervisor.post(f"/v1/live/{what}", json=body_of(what, mine))
    rows = (await audit(house))[noted:]

    assert answer.status_code == 200, answer.text
    assert len(rows) == 1
    assert {"fields", "after"} <= set(rows[0]["data"])
    assert "before" in rows[0]["data"]


@pytest.mark.parametrize("what", [*ACTS, "acknowledge", "agents"])
async def test_an_administrator_reads_what_the_companys_own_supervisor_did(house: House, mine: Things, what: str):
    """To their agents, too, who are the operator's; and of another company's supervisor nothing."""
    theirs, agent_id = await furnish(house, "theirs", "+49302222222"), mine.ids["agent"]
    supervisor, admin = [await house.client_of(role, mine.company) for role in ("supervisor", "admin")]
    other = await house.client_of("admin", theirs.company)
    before = [len((await who.get("/v1/audit")).json()["items"]) for who in (admin, other)]
    match what:
        case "acknowledge":
            answer = await supervisor.post("/v1/live/acknowledge", json={"alert": f"not_responding-{agent_id}-1"})
        case "agents":
            answer = await supervisor.post(f"/v1/agents/{agent_id}/state", json={"chosen": "away"})
        case _:
            answer = await supervisor.post(f"/v1/live/{what}", json=body_of(what, mine))
    after = [len((await who.get("/v1/audit")).json()["items"]) for who in (admin, other)]

    assert answer.status_code == 200, answer.text
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 0]


@pytest.mark.parametrize("what", ACTS)
async def test_another_companys_people_and_contacts_are_not_reached(house: House, mine: Things, what: str):
    theirs = await furnish(house, "theirs", "+49302222222")
    supervisor = await house.client_of("supervisor", mine.company)
    noted = len(await audit(house))
    answer = await supervisor.post(f"/v1/live/{what}", json=body_of(what, theirs))

    assert answer.status_code in (403, 404), answer.text
    assert len(await audit(house)) == noted
    assert house.writer.of(ChooseState) == []


@pytest.mark.parametrize("what", ACTS)
async def test_an_agent_is_no_supervisor(house: House, mine: Things, what: str):
    agent = await house.client_of("agent", mine.company)

    is_problem(await agent.post(f"/v1/live/{what}", json=body_of(what, mine)), 403)


@pytest.mark.parametrize("what", ACTS)
async def test_what_is_missing_or_unknown_is_named(house: House, mine: Things, what: str):
    supervisor = await house.client_of("supervisor", mine.company)
    body = body_of(what, mine)
    first = next(iter(body))
    without = await supervisor.post(f"/v1/live/{what}", json={k: v for k, v in body.items() if k != first})
    nobody = await supervisor.post(f"/v1/live/{what}", json=body | {first: new_id()})
    more = await supervisor.post(f"/v1/live/{what}", json=body | {"hurry": True})

    is_problem(without, 422, f"/{first}")
    is_problem(nobody, 404, f"/{first}")
    is_problem(more, 422, "/hurry")


@pytest.mark.parametrize(
    ("what", "field", "value"),
    [
        ("set_state", "chosen", "asleep"), ("set_state", "reason", "a\x00b"), ("set_state", "reason", "<b>"),
        ("set_skill", "level", 11), ("set_skill", "skill", "no such"), ("reprioritise", "value", 101),
        ("reprioritise", "value", -1), ("close_queue", "message", "x" * 201), ("close_queue", "message", "a\x00b"),
        ("withdraw", "segment_id", "1"),
    ],
)  # fmt: skip
async def test_a_value_out_of_bounds_is_named(house: House, mine: Things, what: str, field: str, value: Any):
    supervisor = await house.client_of("supervisor", mine.company)
    answer = await supervisor.post(f"/v1/live/{what}", json=body_of(what, mine) | {field: value})

    is_problem(answer, 422, f"/{field}")


async def test_a_supervisor_of_a_team_reaches_that_team_alone(house: House, mine: Things):
    """By their own session: a key has no team."""
    await house.operator.patch(f"/v1/agents/{mine.ids['agent']}", json={"version": 1, "team_id": mine.ids["team"]})
    other = await furnish(house, "others", "+49303333333")
    boss = await ada(house)
    grant = {"role": "supervisor", "company_id": mine.company, "team_id": other.ids["team"]}
    await house.make(f"users/{boss['id']}/grants", grant)
    client = await logged_in(house)
    body = body_of("set_state", mine)
    refused = await client.post("/v1/live/set_state", json=body)
    await house.make(f"users/{boss['id']}/grants", grant | {"team_id": mine.ids["team"]})
    done = await client.post("/v1/live/set_state", json=body)

    is_problem(refused, 403)
    assert done.status_code == 200
    assert [command.by for command in house.writer.of(ChooseState)] == [boss["id"]]


async def test_what_the_writer_refuses_is_not_noted(house: House, mine: Things):
    refusal = Reply(409, {"text_key": "segment.over", "title": "over", "status": 409, "field": "segment_id"})
    house.writer.answers[WithdrawOffer] = refusal
    supervisor = await house.client_of("supervisor", mine.company)
    noted = len(await audit(house))
    answer = await supervisor.post("/v1/live/withdraw", json=body_of("withdraw", mine))

    is_problem(answer, 409, "/segment_id")
    assert len(await audit(house)) == noted


async def test_without_a_writer_nothing_is_done_and_it_may_be_asked_again(house: House, mine: Things):
    supervisor = await house.client_of("supervisor", mine.company)
    noted = len(await audit(house))
    house.writer.away = True
    answer = await supervisor.post("/v1/live/log_out", json=body_of("log_out", mine))

    is_problem(answer, 503)
    assert len(await audit(house)) == noted


async def test_two_acts_with_one_key_and_one_body_are_two_commands(house: House, mine: Things):
    supervisor = await house.client_of("supervisor", mine.company)
    for what in ("log_out", "clear_flag"):
        await supervisor.post(f"/v1/live/{what}", json=body_of(what, mine), headers={"Idempotency-Key": "k"})

    asked = [envelope for envelope in house.writer.envelopes if envelope.command_id == "k"]
    assert len({envelope.body_hash for envelope in asked}) == len(asked) == 2
    assert {envelope.actor.partition(":")[0] for envelope in asked} == {"supervisor"}


async def test_a_skill_is_given_changed_and_taken_away(house: House, mine: Things):
    supervisor = await house.client_of("supervisor", mine.company)
    shown = []
    for level in (4, 7, None):
        await supervisor.post("/v1/live/set_skill", json=body_of("set_skill", mine) | {"level": level})
        shown.append((await house.operator.get(f"/v1/agents/{mine.ids['agent']}")).json()["skills"])
    noted = [row["data"] for row in await audit(house) if row["action"] == "agent.skill_set"]

    assert shown == [{"of_mine": 4}, {"of_mine": 7}, {}]
    assert [(each["before"], each["after"]) for each in noted] == [
        ({"of_mine": None}, {"of_mine": 4}), ({"of_mine": 4}, {"of_mine": 7}), ({"of_mine": 7}, {"of_mine": None}),
    ]  # fmt: skip


async def test_a_queue_is_closed_with_a_message_and_opened_again(house: House, mine: Things):
    supervisor = await house.client_of("supervisor", mine.company)
    shown = []
    for what in ("close_queue", "open_queue"):
        await supervisor.post(f"/v1/live/{what}", json=body_of(what, mine))
        queue = (await supervisor.get(f"/v1/queues/{mine.ids['queue']}")).json()
        shown.append((queue["closed"], queue["closing_message"]))

    assert shown == [(True, "Back at two"), (False, None)]


async def test_who_is_logged_out_has_no_session_any_more(house: House, mine: Things):
    supervisor = await house.client_of("supervisor", mine.company)
    async with house.database.engine.begin() as conn:
        await login_sessions.add(conn, b"x" * 32, mine.ids["user"], "csrf", 3600)
    await supervisor.post("/v1/live/log_out", json=body_of("log_out", mine))

    assert await house.rows("SELECT user_id FROM login_session") == []


async def test_skills_that_somebody_else_has_changed_meanwhile_are_not_overwritten(house: House, mine: Things):
    supervisor = await house.client_of("supervisor", mine.company)
    agent_id = mine.ids["agent"]
    before = (await supervisor.get(f"/v1/agents/{agent_id}")).json()
    wish = {"agent_id": agent_id, "skill": "of_mine", "version": before["version"]}
    first = await supervisor.post("/v1/live/set_skill", json={**wish, "level": 7})
    late = await supervisor.post("/v1/live/set_skill", json={**wish, "level": 2})
    same = await supervisor.post("/v1/live/set_skill", json={**wish, "level": 7})
    told = late.json()
    meant = await supervisor.post("/v1/live/set_skill", json={**wish, "level": 2, "version": same.json()["version"]})

    assert first.json()["version"] == before["version"] + 1
    assert (late.status_code, told["text_key"], told["your_version"]) == (
        409, "conflict.stale_version", before["version"],
    )  # fmt: skip
    assert (told["current"]["skills"]["of_mine"], told["current"]["version"]) == (7, first.json()["version"])
    assert same.status_code == 200, "who has lost the answer asks again"
    assert meant.status_code == 200
    assert (await supervisor.get(f"/v1/agents/{agent_id}")).json()["skills"]["of_mine"] == 2


async def test_a_queue_that_somebody_else_has_closed_meanwhile_keeps_their_message(house: House, mine: Things):
    supervisor = await house.client_of("supervisor", mine.company)
    queue_id = mine.ids["queue"]
    version = (await supervisor.get(f"/v1/queues/{queue_id}")).json()["version"]
    await supervisor.post("/v1/live/close_queue", json={"queue_id": queue_id, "message": "Strike"})
    late = await supervisor.post(
        "/v1/live/close_queue", json={"queue_id": queue_id, "message": "Back at two", "version": version}
    )
    opened = await supervisor.post("/v1/live/open_queue", json={"queue_id": queue_id, "version": version})

    assert (late.status_code, opened.status_code) == (409, 409)
    assert (late.json()["your_version"], late.json()["current"]["closing_message"]) == (version, "Strike")
    assert (await supervisor.get(f"/v1/queues/{queue_id}")).json()["closed"] is True
