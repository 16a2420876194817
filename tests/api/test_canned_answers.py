"""Are canned answers kept by supervisors, found by whoever serves, and filled in with what is true there?"""

from typing import Any

import httpx2
import pytest_asyncio

from app.sessions import CSRF_HEADER
from tests.api.conftest import URL, House
from tests.api.furnished import insert_contact, insert_segment

PASSWORD = "correct horse battery staple"


@pytest_asyncio.fixture
async def served(house: House, company: dict[str, Any]) -> dict[str, Any]:
    """A contact of Ada's in the queue Returns, and Grace, who has it."""
    of = {"company_id": company["id"]}
    queue = await house.make("queues", of | {"name": "Returns"})
    customer = await house.make("customers", of | {"name": "Ada {agent}"})
    contact_id = await insert_contact(house, company["id"], customer["id"], channel="chat")
    grace = await agent_of(house, company["id"], "Grace")
    await insert_segment(house, contact_id, queue["id"], grace["agent_id"])
    return {"company_id": company["id"], "queue_id": queue["id"], "contact_id": contact_id, "grace": grace["client"]}


async def agent_of(house: House, company_id: str, name: str) -> dict[str, Any]:
    login = f"{name.lower()}-{company_id[-12:]}"
    grants = [{"role": "agent", "company_id": company_id}]
    body = {"login": login, "name": name, "password": PASSWORD, "grants": grants}
    user = await house.make("users", body)
    made = await house.make("agents", {"user_id": user["id"]})
    client = httpx2.AsyncClient(transport=house.client._transport, base_url=URL)
    answer = await client.post("/v1/session", json={"login": login, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers[CSRF_HEADER] = answer.json()["csrf"]
    return {"agent_id": made["id"], "user_id": user["id"], "client": client}


def given(served: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"company_id": served["company_id"], "name": "Greeting", "text": "Hello {customer}, {agent} here."} | more


async def found(client: httpx2.AsyncClient, contact_id: str, text: str = "", **more: Any) -> list[dict[str, Any]]:
    answer = await client.post("/v1/canned-answers/search", json={"contact_id": contact_id, "text": text, **more})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_an_answer_is_filled_in_with_who_is_there_and_what_was_filled_in_is_not_looked_at_again(
    house: House, served: dict[str, Any], company: dict[str, Any]
):
    await house.make("canned-answers", given(served, text="Dear {customer}: {agent} of {company}, {queue}."))

    (item,) = await found(served["grace"], served["contact_id"], "greet")

    assert item["text"] == f"Dear Ada {{agent}}: Grace of {company['name']}, Returns."


async def test_a_customer_whose_name_nobody_knows_is_addressed_as_one(house: House, served: dict[str, Any]):
    await house.make("canned-answers", given(served, text="Dear {customer},"))
    await house.make("canned-answers", given(served, name="Chinese", text="尊敬的{customer}：", language="zh-CN"))
    unknown = await insert_contact(house, served["company_id"], channel="chat")

    texts = [item["text"] for item in await found(house.operator, unknown)]

    assert sorted(texts) == ["Dear customer,", "尊敬的客户："]


async def test_what_is_of_another_queue_or_language_is_not_found_and_the_nearest_comes_first(
    house: House, served: dict[str, Any]
):
    other = await house.make("queues", {"company_id": served["company_id"], "name": "Other"})
    await house.make("canned-answers", given(served, name="Parcel", text="about returning"))
    await house.make("canned-answers", given(served, name="How to return"))
    await house.make("canned-answers", given(served, name="Return label", queue_id=served["queue_id"]))
    await house.make("canned-answers", given(served, name="Return elsewhere", queue_id=other["id"]))
    await house.make("canned-answers", given(served, name="Return 退货", language="zh-CN"))

    names = [item["name"] for item in await found(served["grace"], served["contact_id"], "RETURN", language="en")]
    chinese = await found(served["grace"], served["contact_id"], "退货")
    none = await found(served["grace"], served["contact_id"], "%_")

    assert names == ["Return label", "How to return", "Parcel"]
    assert [item["name"] for item in chinese] == ["Return 退货"]
    assert none == []


async def test_a_name_in_braces_that_stands_for_nothing_is_refused_by_that_name(house: House, served: dict[str, Any]):
    wish = given(served, text="Hi {custmer} and {agent}, {order no}")

    refused = await house.operator.post("/v1/canned-answers", json=wish)
    made = await house.make("canned-answers", given(served))
    changed = await house.operator.patch(f"/v1/canned-answers/{made['id']}", json={"version": 1, "text": "{x}"})

    assert (refused.status_code, refused.json()["unknown_variables"]) == (422, ["custmer", "order no"])
    assert [(each["pointer"], each["text_key"]) for each in refused.json()["errors"]] == [
        ("/text", "canned.unknown_variable")
    ] * 2
    assert (changed.status_code, changed.json()["unknown_variables"]) == (422, ["x"])


async def test_only_supervisors_keep_them_and_only_whoever_may_see_the_contact_finds_them_for_it(
    house: House, served: dict[str, Any]
):
    supervisor = await house.client_of("supervisor", served["company_id"])
    made = await supervisor.post("/v1/canned-answers", json=given(served))
    path = f"/v1/canned-answers/{made.json()['id']}"
    stranger = (await agent_of(house, served["company_id"], "Linus"))["client"]

    by_agent = await served["grace"].post("/v1/canned-answers", json=given(served))
    by_stranger = await stranger.post("/v1/canned-answers/search", json={"contact_id": served["contact_id"]})

    assert (made.status_code, by_agent.status_code, by_stranger.status_code) == (201, 403, 404)
    assert (await served["grace"].get(path)).status_code == 200
    assert (await served["grace"].delete(path)).status_code == 403
    assert (await supervisor.delete(path)).status_code == 204
    assert (await supervisor.get(path)).status_code == 404


async def test_two_who_edit_one_answer_learn_of_each_other(house: House, served: dict[str, Any]):
    made = await house.make("canned-answers", given(served))
    path = f"/v1/canned-answers/{made['id']}"
    first = await house.operator.patch(path, json={"version": 1, "queue_id": served["queue_id"]})

    late = await house.operator.patch(path, json={"version": 1, "name": "Other"})

    assert (first.json()["queue_id"], first.json()["version"]) == (served["queue_id"], 2)
    assert (late.status_code, late.json()["text_key"]) == (409, "conflict.stale_version")
    assert late.json()["current"]["queue_id"] == served["queue_id"]


async def test_the_audit_says_who_changed_one_and_never_what_it_says(house: House, served: dict[str, Any]):
    made = await house.make("canned-answers", given(served, text="Secret words"))
    await house.operator.patch(f"/v1/canned-answers/{made['id']}", json={"version": 1, "text": "More secret words"})

    rows = await house.rows("SELECT action, data::text AS data FROM audit WHERE subject_kind = 'canned_answer'")

    assert sorted(row["action"] for row in rows) == ["canned_answer.changed", "canned_answer.created"]
    assert not any("ecret" in row["data"] for row in rows)
