"""What agents and supervisors ask for over the socket: put through, act on others, and what is refused."""

import uuid
from typing import Any

import pytest

from tests.desk.conftest import Desks, segment


async def test_a_contact_is_put_through_to_a_colleague_over_the_socket(desks: Desks) -> None:
    first = await desks.ready()
    await desks.chat_arrives()
    mine = await first.until_shown(lambda records: segment(records, "offered"))
    await first.do("accept", segment=mine["id"])
    talking = await first.until_shown(lambda records: segment(records, "talking"))
    second = await desks.ready(1)
    colleagues = await desks.api.get("/v1/colleagues", params={"company_id": desks.company_id})
    done = await first.do("transfer", segment=mine["id"], agent=desks.agent_ids[1])
    offered = await second.until_shown(lambda records: segment(records, "offered"))

    assert talking["may"] == ["end", "park", "transfer"]
    assert {each["agent_id"] for each in colleagues["items"]} == set(desks.agent_ids)
    assert done["t"] == "done"
    assert offered["contact_id"] == mine["contact_id"]
    assert offered["with"][0]["agent_id"] == desks.agent_ids[0], "who had it wraps up"


@pytest.mark.parametrize(
    ("about", "status", "field"),
    [
        ({}, 422, "queue"), ({"agent": "A", "queue": "Q"}, 422, "agent"), ({"agent": "me"}, 409, "agent"),
        ({"agent": "A"}, 409, "agent"), ({"agent": "nobody"}, 404, "agent"), ({"queue": "nobody"}, 404, "queue"),
    ],
)  # fmt: skip
async def test_a_transfer_that_leads_nowhere_is_refused_and_names_the_field(
    desks: Desks, about: dict[str, str], status: int, field: str
) -> None:
    first = await desks.ready()
    await desks.chat_arrives()
    mine = await first.until_shown(lambda records: segment(records, "offered"))
    await first.do("accept", segment=mine["id"])
    names = {"A": desks.agent_ids[1], "me": desks.agent_ids[0], "Q": desks.queue_id, "nobody": str(uuid.uuid4())}
    refused = await first.do("transfer", segment=mine["id"], **{k: names[v] for k, v in about.items()})

    assert (refused["t"], refused["problem"]["status"], refused["problem"]["field"]) == ("refused", status, field)
    assert segment(first.records, "talking")


@pytest.mark.parametrize(
    "what", ["consult", "swap", "complete", "return", "conference", "leave", "pause_recording", "resume_recording"]
)
async def test_what_the_page_does_not_offer_is_refused(desks: Desks, what: str) -> None:
    tab = await desks.ready()
    await desks.chat_arrives()
    mine = await tab.until_shown(lambda records: segment(records, "offered"))
    refused = await tab.do(what, segment=mine["id"], agent=desks.agent_ids[1])
    without = await tab.do(what)

    assert (refused["problem"]["status"], refused["problem"]["text_key"]) == (409, "step.illegal")
    assert (without["problem"]["status"], without["problem"]["field"]) == (422, "segment")


async def test_an_archived_disposition_is_refused_but_to_whoever_repeats_themselves(desks: Desks) -> None:
    tab = await desks.ready()
    await desks.chat_arrives()
    mine = await tab.until_shown(lambda records: segment(records, "offered"))
    await tab.do("accept", segment=mine["id"])
    await tab.do("end", segment=mine["id"])
    of = {"company_id": desks.company_id}
    old, new = [
        (await desks.api.post("/v1/dispositions", of | {"code": code, "name": code}))["id"] for code in ("old", "new")
    ]
    await desks.api.call("DELETE", f"/v1/dispositions/{old}")
    refused = await tab.do("finish", segment=mine["id"], disposition=old)
    wraps_up = segment(tab.records, "wrap_up")
    asked: dict[str, Any] = {"command_id": str(uuid.uuid4()), "segment": mine["id"], "disposition": new}
    done = await tab.do("finish", **asked)
    await desks.api.call("DELETE", f"/v1/dispositions/{new}")
    again = await tab.do("finish", **asked)

    assert (refused["problem"]["status"], refused["problem"]["field"]) == (404, "disposition")
    assert refused["problem"]["text_key"] == "disposition.unknown"
    assert wraps_up is not None
    assert (done["t"], again["t"], again["result"]) == ("done", "done", done["result"])


async def test_an_agent_is_refused_what_supervisors_do(desks: Desks) -> None:
    tab = await desks.sit()
    refused = await tab.do("set_state", agent=desks.agent_ids[1], chosen="away", reason="lunch")

    assert (refused["t"], refused["problem"]["text_key"]) == ("refused", "right.missing")


async def supervisor(desks: Desks) -> Any:
    user = (await desks.api.get(f"/v1/agents/{desks.agent_ids[1]}"))["user_id"]
    await desks.api.post(f"/v1/users/{user}/grants", {"role": "supervisor", "company_id": desks.company_id})
    return await desks.sit(1)


async def test_a_supervisor_acts_over_the_socket_and_the_agent_sees_it(desks: Desks) -> None:
    agent, boss = await desks.ready(), await supervisor(desks)
    contact_id = await desks.chat_arrives()
    offered = await agent.until_shown(lambda records: segment(records, "offered"))
    withdrawn = await boss.do("withdraw", segment=offered["id"])
    sent_away = await boss.do("set_state", agent=desks.agent_ids[0], chosen="away", reason="training")
    me = await agent.until_shown(lambda records: records["me"] if records["me"]["chosen"] == "away" else None)
    raised = await boss.do("reprioritise", contact=contact_id, value=90)
    closed = await boss.do("close_queue", queue=desks.queue_id, message="Back at two")
    await boss.do("open_queue", queue=desks.queue_id)
    noted = (await desks.api.get("/v1/audit", params={"company_id": desks.company_id}))["items"]

    assert [each["t"] for each in (withdrawn, sent_away, raised, closed)] == ["done"] * 4
    assert me["reason"] == "training"
    assert closed["result"] == {"applied": True, "version": 3}
    assert {"offer.withdrawn", "contact.reprioritised", "queue.closed", "queue.opened"} <= {n["action"] for n in noted}


async def test_whoever_acts_on_what_has_changed_is_told_both_values(desks: Desks) -> None:
    boss = await supervisor(desks)
    read = await desks.api.get(f"/v1/queues/{desks.queue_id}")
    await desks.api.post("/v1/live/close_queue", {"queue_id": desks.queue_id, "message": "Strike"})
    late = await boss.do("close_queue", queue=desks.queue_id, message="Back at two", version=read["version"])
    told = late["problem"]
    again = await boss.do(
        "close_queue", queue=desks.queue_id, message="Back at two", version=told["current"]["version"]
    )

    assert (late["t"], told["status"], told["text_key"]) == ("refused", 409, "conflict.stale_version")
    assert (told["your_version"], told["current"]["closing_message"]) == (read["version"], "Strike")
    assert (again["t"], again["result"]["version"]) == ("done", told["current"]["version"] + 1)


@pytest.mark.parametrize(
    ("what", "about", "status", "field"),
    [
        ("set_state", {"chosen": "away"}, 422, "agent"), ("set_state", {"agent": "agent"}, 422, "chosen"),
        ("reprioritise", {"contact": "nobody"}, 422, "value"), ("move", {"contact": "nobody"}, 422, "queue"),
        ("reprioritise", {"contact": "nobody", "value": 5}, 404, "contact"),
        ("log_out", {"agent": "nobody"}, 404, "agent"), ("withdraw", {"segment": "nobody"}, 404, "segment"),
        ("set_skill", {"agent": "agent", "skill": "No Such"}, 422, "skill"),
        ("close_queue", {"queue": "nobody"}, 404, "queue"), ("monitor", {"segment": "nobody"}, 404, "segment"),
        ("monitor", {"mode": "listen"}, 422, "segment"),
    ],
)  # fmt: skip
async def test_a_supervisors_mistake_is_named(
    desks: Desks, what: str, about: dict[str, Any], status: int, field: str
) -> None:
    boss = await supervisor(desks)
    names = {"agent": desks.agent_ids[0], "nobody": str(uuid.uuid4())}
    refused = await boss.do(what, **{k: names.get(v, v) if isinstance(v, str) else v for k, v in about.items()})

    assert (refused["t"], refused["problem"]["status"], refused["problem"]["field"]) == ("refused", status, field)
