"""Planning work by REST: what the writer is told, and what is refused and why. The writer itself: tests/journey."""

from typing import Any

import httpx2
import pytest

from app.api.acts import new_id
from app.commands import ChangeTask, PlanTask
from tests.api.conftest import House
from tests.api.furnished import FAR_MS, Things, furnish, insert_task


@pytest.fixture
async def acme(house: House) -> Things:
    things = await furnish(house, "acme", "+4930100")
    await house.operator.post(f"/v1/queues/{things.ids['queue']}/versions", json={"config": {}})
    await house.operator.post(f"/v1/queues/{things.ids['queue']}/versions/1/publish", json={})
    return things


def wish(things: Things, **about: Any) -> dict[str, Any]:
    return {"company_id": things.company, "queue_id": things.ids["queue"], "subject": "Call back"} | about


async def test_the_writer_is_told_what_is_to_be_done_when_and_for_whom(house: House, acme: Things) -> None:
    body = wish(
        acme, kind="follow_up", note="Ask for Mr Li", due_ms=FAR_MS, of_contact_id=acme.ids["contact"]
    )  # fmt: skip
    answer = await house.operator.post("/v1/tasks", json=body, headers={"Idempotency-Key": "once"})
    (told,) = house.writer.of(PlanTask)

    assert answer.status_code == 201
    assert (told.task, told.due_us, told.of_contact_id) == ("follow_up", FAR_MS * 1000, acme.ids["contact"])
    assert (told.entry.channel, told.entry.queue_id, told.entry.source_id) == ("task", acme.ids["queue"], "once")
    assert told.entry.customer_id == acme.ids["customer"], "that of what it follows up"
    assert told.entry.collected == {
        "task": "follow_up", "subject": "Call back", "note": "Ask for Mr Li", "due_ms": FAR_MS,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("about", "status", "pointer"),
    [
        ({"subject": ""}, 422, "/subject"),
        ({"subject": "   "}, 422, "/subject"),
        ({"subject": "x" * 201}, 422, "/subject"),
        ({"subject": "a\u0000b"}, 422, "/subject"),
        ({"note": "x" * 2001}, 422, "/note"),
        ({"kind": "chore"}, 422, "/kind"),
        ({"due_ms": FAR_MS + 3 * 366 * 86_400_000}, 422, "/due_ms"),
        ({"due_ms": "tomorrow"}, 422, "/due_ms"),
        ({"requirement": "zh >"}, 422, "/requirement"),
        ({"queue_id": new_id()}, 404, "/queue_id"),
        ({"customer_id": new_id()}, 404, "/customer_id"),
        ({"of_contact_id": new_id()}, 404, "/of_contact_id"),
        ({"preferred_agent_id": new_id()}, 404, "/preferred_agent_id"),
    ],
)
async def test_what_does_not_fit_is_refused_at_its_field_and_nothing_is_planned(
    house: House, acme: Things, about: dict[str, Any], status: int, pointer: str
) -> None:
    answer = await house.operator.post("/v1/tasks", json=wish(acme, **about))

    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert house.writer.of(PlanTask) == []


async def test_what_waits_for_its_time_is_listed_and_what_has_begun_is_not(house: House, acme: Things) -> None:
    planned = await insert_task(house, acme, "api:somebody")
    await insert_task(house, acme, "api:somebody", at_ms=None)
    other = await furnish(house, "globex", "+4930200")
    await insert_task(house, other, "api:somebody")
    supervisor = await house.client_of("supervisor", acme.company)
    items = (await supervisor.get("/v1/tasks")).json()["items"]
    (shown,) = [each for each in items if each["id"] == planned]
    one = (await supervisor.get(f"/v1/tasks/{planned}")).json()

    assert one == shown
    assert len(items) == 2, "and the one of the company's furniture"
    assert shown == {
        "id": planned, "company_id": acme.company, "queue_id": acme.ids["queue"], "kind": "visit",
        "subject": "See them", "note": "", "due_ms": FAR_MS, "begins_ms": FAR_MS, "customer_id": None,
        "preferred_agent_id": None, "created_ms": shown["created_ms"],
    }  # fmt: skip


async def test_a_supervisor_changes_what_anybody_planned(house: House, acme: Things) -> None:
    planned = await insert_task(house, acme, "api:somebody")
    supervisor = await house.client_of("supervisor", acme.company)
    put_off = await supervisor.post(f"/v1/tasks/{planned}/move", json={"due_ms": FAR_MS})
    given_up = await supervisor.delete(f"/v1/tasks/{planned}")
    told = house.writer.of(ChangeTask)

    assert (put_off.status_code, given_up.status_code) == (200, 200)
    assert [(each.contact_id, each.due_us) for each in told] == [(planned, FAR_MS * 1000), (planned, None)]
    assert told[0].company_ids == (acme.company,)


async def test_an_agent_changes_what_they_planned_themselves_and_nothing_else(house: House, acme: Things) -> None:
    agent = await house.client_of("agent", acme.company)
    made = await agent.post("/v1/tasks", json=wish(acme, due_ms=FAR_MS))
    (told,) = house.writer.of(PlanTask)
    own = await insert_task(house, acme, told.entry.source)
    others = await insert_task(house, acme, "api:somebody")
    answers = [await agent.delete(f"/v1/tasks/{task_id}") for task_id in (own, others)]
    listed = await agent.get("/v1/tasks")

    assert made.status_code == 201
    assert [answer.status_code for answer in answers] == [200, 403]
    assert [each.contact_id for each in house.writer.of(ChangeTask)] == [own]
    assert listed.status_code == 403


async def test_a_contact_that_is_no_task_and_one_of_another_company_are_not_there(house: House, acme: Things) -> None:
    other = await furnish(house, "globex", "+4930200")
    foreign = await insert_task(house, other, "api:somebody")
    supervisor: httpx2.AsyncClient = await house.client_of("supervisor", acme.company)
    answers = [await supervisor.delete(f"/v1/tasks/{each}") for each in (acme.ids["contact"], foreign, new_id())]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert house.writer.of(ChangeTask) == []
