"""What may a telephony provider say, and about whom?"""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from app.api.acts import new_id
from app.signatures import sign
from tests.serving import Api, Server, api_of


@pytest_asyncio.fixture
async def api(shared_server: Server) -> AsyncIterator[Api]:
    async with api_of(shared_server) as api:
        yield api


async def a_number(api: Api, address: str) -> str:
    """The company whose number it is."""
    company = (await api.post("/v1/companies", {"slug": f"acme-{new_id()[-12:]}", "name": "Acme"}))["id"]
    queue = await api.post("/v1/queues", {"company_id": company, "name": "Service"})
    await api.post("/v1/numbers", {"company_id": company, "address": address, "queue_id": queue["id"]})
    return str(company)


async def a_provider(api: Api, company_id: str | None = None) -> dict[str, Any]:
    wish = {"name": f"pbx {new_id()}", "command_url": "http://127.0.0.1:9/commands", "company_id": company_id}
    return dict(await api.post("/v1/telephony-providers", wish))


async def told(api: Api, provider: dict[str, Any], webhook: dict[str, Any]) -> tuple[int, Any]:
    body = json.dumps(webhook).encode()
    headers = sign([provider["secret_in"]], new_id(), time.time(), body) | {"content-type": "application/json"}
    answer = await api.client.post(f"/telephony/{provider['id']}/events", content=body, headers=headers)
    return answer.status_code, answer.json()


def call(number: str) -> dict[str, Any]:
    return {"leg": new_id(), "event": "Delivered", "seq": 1, "from": "+4930111222", "to": number}


async def test_a_companys_own_provider_brings_calls_to_its_numbers_alone(api: Api):
    mine = await a_number(api, "+4930555001")
    await a_number(api, "+4930555002")
    own, operators = await a_provider(api, mine), await a_provider(api)

    assert (await told(api, own, {"events": [call("+4930555001")]}))[0] == 200
    status, problem = await told(api, own, {"events": [call("+4930555002")]})
    assert (status, problem["text_key"], problem["field"]) == (422, "number.unknown", "/events/0/to")
    assert (await told(api, operators, {"events": [call("+4930555002")]}))[0] == 200


async def test_a_webhook_that_says_two_things_is_refused_whole(api: Api):
    await a_number(api, "+4930555003")
    provider = await a_provider(api)
    both = {"events": [call("+4930555003")], "phones": [{"agent": new_id(), "up": True}]}

    status, problem = await told(api, provider, both)

    assert status == 422, problem
    assert (problem["text_key"], problem["field"]) == ("webhook.several", "/phones")
    assert (await told(api, provider, {}))[1]["text_key"] == "webhook.empty"


async def test_the_number_of_the_caller_stands_on_the_contact_unless_it_is_withheld(api: Api):
    await a_number(api, "+4930555004")
    provider = await a_provider(api)
    calls = [call("+4930555004") | {"from": said} for said in ("+49 30 111 222", "anonymous")]
    calls.append({name: value for name, value in call("+4930555004").items() if name != "from"})
    _, answer = await told(api, provider, {"events": calls})
    contacts = [await api.get(f"/v1/contacts/{answer['contacts'][each['leg']]}") for each in calls]

    collected = [each["contact"]["collected"] for each in contacts]
    assert collected == [{"from": "+4930111222"}, {"from": "anonymous"}, {}]
