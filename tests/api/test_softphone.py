"""Who has a softphone, where does it register, and by which password?"""

from typing import Any

from app import softphones
from tests.api.conftest import House
from tests.api.test_login import ada, logged_in

SOCKET = "wss://pbx.example/ws"
SIGNING_KEY = ("0123456789abcdef" * 4).encode()


async def an_asterisk(house: House, **more: Any) -> dict[str, Any]:
    access = {"name": "pbx", "url": "http://pbx:8088/ari", "username": "jackfield", "password": "p"}
    return await house.make("asterisks", access | more)


async def test_a_softphone_has_the_address_that_the_server_gives_it(house: House):
    user = await ada(house)
    agent = await house.make("agents", {"user_id": user["id"], "softphone": True})

    digits = agent["id"].replace("-", "")
    assert agent["softphone"] is True
    assert agent["phone_address"] == f"PJSIP/jf-{digits[:8]}{digits[-8:]}"


async def test_many_at_once_have_each_their_own(house: House):
    users = [await house.make("users", {"login": f"u{n}", "name": "U"}) for n in range(2)]
    items = [{"user_id": user["id"], "softphone": True} for user in users]

    made = (await house.operator.post("/v1/agents/bulk", json={"items": items})).json()

    addresses = {(await house.operator.get(f"/v1/agents/{each}")).json()["phone_address"] for each in made["items"]}
    assert addresses == {softphones.phone_address_of(each) for each in made["items"]}


async def test_a_softphone_and_another_phone_are_refused_at_the_field(house: House):
    user = await ada(house)
    both = {"user_id": user["id"], "softphone": True, "phone_address": "PJSIP/100"}

    one = await house.operator.post("/v1/agents", json=both)
    bulk = await house.operator.post("/v1/agents/bulk", json={"items": [both]})

    assert (one.status_code, one.json()["errors"][0]["pointer"]) == (422, "/phone_address")
    assert (bulk.status_code, bulk.json()["errors"][0]["pointer"]) == (422, "/items/0/phone_address")


async def test_a_phone_is_exchanged_for_a_softphone_and_back(house: House):
    user = await ada(house)
    agent = await house.make("agents", {"user_id": user["id"], "phone_address": "PJSIP/100"})
    path = f"/v1/agents/{agent['id']}"

    async def changed(version: int, **fields: Any) -> Any:
        return (await house.operator.patch(path, json={"version": version, **fields})).json()

    soft = await changed(1, softphone=True)
    refused = await changed(2, phone_address="PJSIP/100")
    busier = await changed(2, capacity={"units": 50})
    none = await changed(3, softphone=False)
    again = await changed(4, softphone=True)
    hard = await changed(5, softphone=False, phone_address="PJSIP/100")

    address = softphones.phone_address_of(agent["id"])
    assert (soft["softphone"], soft["phone_address"]) == (True, address)
    assert refused["errors"][0]["pointer"] == "/phone_address"
    assert (busier["softphone"], busier["phone_address"]) == (True, address)
    assert (none["softphone"], none["phone_address"]) == (False, None)
    assert again["phone_address"] == address
    assert (hard["softphone"], hard["phone_address"]) == (False, "PJSIP/100")


async def test_an_agent_is_told_how_the_page_registers(house: House):
    user = await ada(house)
    agent = await house.make("agents", {"user_id": user["id"], "softphone": True})
    await an_asterisk(house)
    await an_asterisk(house, name="second", sip_socket=SOCKET)
    page = await logged_in(house)

    answer = await page.get("/v1/session/softphone")

    name = softphones.user_of(agent["id"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "socket": SOCKET,
        "uri": f"sip:{name}@jackfield",
        "user": name,
        "password": softphones.password_of(SIGNING_KEY, agent["id"]),
        "display": "Ada",
    }


async def test_whoever_has_no_softphone_is_told_of_none(house: House):
    user = await ada(house)
    page = await logged_in(house)
    answers = [await page.get("/v1/session/softphone"), await house.operator.get("/v1/session/softphone")]
    agent = await house.make("agents", {"user_id": user["id"], "softphone": True})
    answers.append(await page.get("/v1/session/softphone"))  # no Asterisk says where
    asterisk = await an_asterisk(house, sip_socket=SOCKET)
    found = await page.get("/v1/session/softphone")
    await house.operator.patch(f"/v1/agents/{agent['id']}", json={"version": 1, "softphone": False})
    answers.append(await page.get("/v1/session/softphone"))
    await house.operator.patch(f"/v1/agents/{agent['id']}", json={"version": 2, "softphone": True})
    await house.operator.delete(f"/v1/asterisks/{asterisk['id']}")
    answers.append(await page.get("/v1/session/softphone"))

    assert found.status_code == 200
    assert [answer.status_code for answer in answers] == [404] * 5
    assert (await house.client.get("/v1/session/softphone")).status_code == 401


async def test_the_socket_is_one_of_the_web_and_can_be_taken_back(house: House):
    refused = [
        await house.operator.post(
            "/v1/asterisks",
            json={"name": "pbx", "url": "http://pbx:8088/ari", "username": "u", "password": "p", "sip_socket": wrong},
        )
        for wrong in ("http://pbx/ws", "ws://", "ws://pbx/ws; script-src *", "wss://pbx' *")
    ]
    made = await an_asterisk(house, sip_socket="ws://pbx:8088/ws")
    changed = await house.operator.patch(f"/v1/asterisks/{made['id']}", json={"version": 1, "sip_socket": None})

    assert [(each.status_code, each.json()["errors"][0]["pointer"]) for each in refused] == [(422, "/sip_socket")] * 4
    assert made["sip_socket"] == "ws://pbx:8088/ws"
    assert changed.json()["sip_socket"] is None


def test_the_password_is_derived_from_key_and_agent_alone():
    agent_id = "0192f0c1-2222-7333-8444-555555555555"

    assert softphones.user_of(agent_id) == "jf-0192f0c155555555"
    assert softphones.password_of(b"k" * 32, agent_id) == softphones.password_of(b"k" * 32, agent_id)
    assert len({softphones.password_of(key, agent_id) for key in (b"k" * 32, b"l" * 32)}) == 2
    assert len(softphones.password_of(b"k" * 32, agent_id)) == 32
