"""Do the doors and a real writer behind them keep the promises that need both?"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest_asyncio

from app.api.acts import new_id
from tests.serving import Api, Server, api_of


@pytest_asyncio.fixture
async def api(shared_server: Server) -> AsyncIterator[Api]:
    async with api_of(shared_server) as api:
        yield api


async def a_queue(api: Api) -> dict[str, Any]:
    """Of a new company: the tests share a server."""
    company = await api.post("/v1/companies", {"slug": f"acme-{new_id()[-12:]}", "name": "Acme"})
    return dict(await api.post("/v1/queues", {"company_id": company["id"], "name": "Service"}))


def to(queue: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"company_id": queue["company_id"], "channel": "task", "queue_id": queue["id"], **more}


async def test_what_was_configured_is_in_force_when_the_answer_comes(api: Api):
    """A contact can wait in a queue at once, and no more in one that was just closed."""
    queue = await a_queue(api)
    assert queue["applied"] is True

    taken = await api.post("/v1/contacts", to(queue), headers={"Idempotency-Key": "a"})
    await api.call("PATCH", f"/v1/queues/{queue['id']}", {"version": queue["version"], "closed": True})
    let_go = await api.post("/v1/contacts", to(queue), headers={"Idempotency-Key": "b"})

    assert (taken["state"], let_go["state"]) == ("open", "closed")


async def test_a_repeat_gets_the_same_answer_and_makes_nothing(api: Api):
    queue = await a_queue(api)
    key = {"Idempotency-Key": "the-same"}

    answers = await asyncio.gather(*(api.post("/v1/contacts", to(queue), headers=key) for _ in range(8)))

    assert len({answer["contact_id"] for answer in answers}) == 1
    listed = await api.get("/v1/contacts", params={"company_id": queue["company_id"]})
    assert len(listed["items"]) == 1


async def test_the_same_key_with_another_body_is_refused(api: Api):
    queue = await a_queue(api)
    key = {"Idempotency-Key": "the-same"}
    await api.post("/v1/contacts", to(queue), headers=key)

    refused = await api.call("POST", "/v1/contacts", to(queue, language="de"), expect=422, headers=key)

    assert refused["text_key"]
    listed = await api.get("/v1/contacts", params={"company_id": queue["company_id"]})
    assert len(listed["items"]) == 1


async def test_of_two_who_edit_one_thing_at_once_one_is_told(api: Api):
    queue = await a_queue(api)
    path = f"/v1/queues/{queue['id']}"

    answers = await asyncio.gather(
        *(api.client.patch(path, json={"version": queue["version"], "name": f"Name {n}"}) for n in range(6))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5


async def test_of_many_who_publish_at_once_only_eight_bring_a_new_rate(api: Api):
    queue = await a_queue(api)
    of = {"company_id": queue["company_id"]}
    wishes = [of | {"name": f"Q{rate}", "config": {"rate": rate}} for rate in range(2, 14)]

    answers = await asyncio.gather(*(api.client.post("/v1/queues", json=wish) for wish in wishes))

    assert sorted(answer.status_code for answer in answers) == [201] * 7 + [422] * 5
    for answer in answers:  # the next test wants one of its own
        if answer.status_code == 201:
            path = f"/v1/queues/{answer.json()['id']}/versions"
            await api.post(path, {"config": {}, "publish": True})


async def test_changes_are_numbered_without_a_gap_however_many_come_at_once(api: Api):
    queue = await a_queue(api)
    of = {"company_id": queue["company_id"]}

    made = await asyncio.gather(*(api.post("/v1/queues", of | {"name": f"N{n}"}) for n in range(10)))

    assert all(each["applied"] for each in made)


async def test_one_poisoned_request_does_not_stop_the_next(api: Api):
    queue = await a_queue(api)
    poisoned = json.dumps(to(queue, collected={"a": "\0"}))
    headers = {"Idempotency-Key": "poison", "Content-Type": "application/json"}

    refused = await api.client.post("/v1/contacts", content=poisoned, headers=headers)
    taken = await api.post("/v1/contacts", to(queue), headers={"Idempotency-Key": "fine"})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/collected/a"
    assert taken["state"] == "open"


async def test_ten_megabytes_over_a_real_connection_get_their_answer(api: Api):
    for _ in range(2):  # the connection is as good as before, or a new one is made
        answer = await api.client.post(
            "/v1/teams", content=b"x" * 10_000_000, headers={"Content-Type": "application/json"}
        )

        assert answer.status_code == 413
    assert (await api.get("/v1/teams"))["items"] == []


async def test_the_customer_of_one_company_cannot_be_sent_away_by_another(api: Api):
    queue, other = await a_queue(api), await a_queue(api)
    contact = await api.post("/v1/contacts", to(queue), headers={"Idempotency-Key": "a"})
    key = await api.post("/v1/api-keys", {"name": "k", "role": "admin", "company_ids": [other["company_id"]]})
    stranger = {"Authorization": f"Bearer {key['secret']}"}

    refused = await api.client.post(f"/v1/contacts/{contact['contact_id']}/leave", headers=stranger)

    assert refused.status_code == 404
    assert (await api.get(f"/v1/contacts/{contact['contact_id']}"))["contact"]["state"] == "open"


async def test_a_contact_tells_its_whole_story(api: Api):
    queue = await a_queue(api)
    contact = await api.post(
        "/v1/contacts", to(queue, collected={"subject": "invoice"}), headers={"Idempotency-Key": "a"}
    )
    await api.post(f"/v1/contacts/{contact['contact_id']}/leave")

    story = await api.get(f"/v1/contacts/{contact['contact_id']}")

    assert (story["contact"]["state"], story["contact"]["outcome"]) == ("closed", "abandoned")
    assert story["contact"]["collected"] == {"subject": "invoice"}
    assert [(stay["queue"], stay["end"]) for stay in story["stays"]] == [("Service", "abandoned")]
    kinds = [event["kind"] for event in story["events"]]
    assert kinds[0] == "contact.arrived"
    assert kinds[-1] == "contact.closed"


async def test_a_supervisors_choice_reaches_the_agent(api: Api):
    user = await api.post("/v1/users", {"login": "ada", "name": "Ada", "grants": [{"role": "agent"}]})
    agent = await api.post("/v1/agents", {"user_id": user["id"]})

    done = await api.post(f"/v1/agents/{agent['id']}/state", {"chosen": "away", "reason": "lunch"})

    assert done["pos"] > 0


async def test_requests_that_come_in_chunks_are_bounded_as_well(api: Api):
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000

    try:
        answer = await api.client.post("/v1/teams", content=endless(), headers={"Content-Type": "application/json"})
        status = answer.status_code
    except httpx2.WriteError:  # the server has answered and closed before all was sent
        status = 413

    assert status == 413
