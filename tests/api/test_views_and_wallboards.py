"""Are views kept for one person, and do wallboards show no more than their companies, until they are taken back?"""

from typing import Any

import httpx2
import pytest

from tests.api.conftest import URL, House

PASSWORD = "correct horse battery staple"


async def logged_in(house: House, login: str) -> httpx2.AsyncClient:
    await house.make("users", {"login": login, "name": login, "password": PASSWORD, "grants": [{"role": "supervisor"}]})
    client = httpx2.AsyncClient(transport=house.client._transport, base_url=URL)
    session = await client.post("/v1/session", json={"login": login, "password": PASSWORD})
    client.headers["x-csrf-token"] = session.json()["csrf"]
    return client


async def test_a_view_is_kept_for_the_person_who_arranged_it(house: House):
    ann, bob = await logged_in(house, "ann"), await logged_in(house, "bob")
    value = {"cards": ["waiting"], "thresholds": {"waiting": [5, 10]}}

    assert (await ann.get("/v1/me/views/live")).status_code == 404
    made = await ann.put("/v1/me/views/live", json={"version": 0, "value": value})
    assert made.json() == {"name": "live", "version": 1, "value": value}
    assert (await ann.get("/v1/me/views/live")).json() == made.json()
    assert (await bob.get("/v1/me/views/live")).status_code == 404


async def test_of_two_who_keep_a_view_at_once_the_second_is_shown_both(house: House):
    ann = await logged_in(house, "ann")
    await ann.put("/v1/me/views/live", json={"version": 0, "value": {"n": 1}})
    await ann.put("/v1/me/views/live", json={"version": 1, "value": {"n": 2}})

    for version in (0, 1, 7):
        answer = await ann.put("/v1/me/views/live", json={"version": version, "value": {"n": 3}})

        assert answer.status_code == 409, version
        assert answer.json()["text_key"] == "conflict.stale_version"
        assert (answer.json()["your_version"], answer.json()["current"]) == (
            version,
            {"name": "live", "version": 2, "value": {"n": 2}},
        )


@pytest.mark.parametrize(
    ("name", "body", "pointer"),
    [
        ("live", {"version": 0, "value": {"x": "y" * 17_000}}, "/value"),
        ("live", {"version": -1, "value": {}}, "/version"),
        ("live", {"version": 0, "value": []}, "/value"),
        ("Live", {"version": 0, "value": {}}, "/name"),
    ],
)
async def test_a_view_beyond_its_bounds_is_refused_with_the_field(house: House, name: str, body: Any, pointer: str):
    ann = await logged_in(house, "ann")
    answer = await ann.put(f"/v1/me/views/{name}", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_wallboards_token_is_shown_once_and_stored_as_a_hash(house: House, company: dict[str, Any]):
    supervisor = await house.client_of("supervisor", company["id"])
    made = (await supervisor.post("/v1/wallboards", json={"company_ids": [company["id"]], "name": "Hall"})).json()
    (listed,) = (await supervisor.get("/v1/wallboards")).json()["items"]
    stored = await house.rows("SELECT wallboard::text AS row FROM wallboard")

    assert listed == {name: value for name, value in made.items() if name != "token"}
    assert made["token"] not in str(stored)
    assert made["token"] not in str(await house.rows("SELECT audit::text AS row FROM audit"))


async def test_a_token_gets_tickets_until_it_is_taken_back(house: House, company: dict[str, Any]):
    made = await house.make("wallboards", {"company_ids": [company["id"]]})
    ticket = await house.client.post("/v1/wallboards/ticket", json={"token": made["token"]})
    assert ticket.status_code == 200, ticket.text

    assert (await house.operator.delete(f"/v1/wallboards/{made['id']}")).status_code == 204
    refused = await house.client.post("/v1/wallboards/ticket", json={"token": made["token"]})
    assert (refused.status_code, refused.json()["text_key"]) == (401, "wallboard.unknown")
    assert (await house.operator.delete(f"/v1/wallboards/{made['id']}")).status_code == 404


async def test_nobody_hangs_up_or_takes_down_another_companys_wallboard(house: House, company: dict[str, Any]):
    other = await house.make("companies", {"slug": "other-one", "name": "Other"})
    both = await house.make("wallboards", {"company_ids": [company["id"], other["id"]]})
    supervisor = await house.client_of("supervisor", company["id"])

    made = await supervisor.post("/v1/wallboards", json={"company_ids": [company["id"], other["id"]]})
    assert (made.status_code, made.json()["errors"][0]["pointer"]) == (404, "/company_ids/1")
    assert (await supervisor.get("/v1/wallboards")).json()["items"] == []
    assert (await supervisor.delete(f"/v1/wallboards/{both['id']}")).status_code == 404


async def test_an_alert_of_another_companys_queue_cannot_be_seen_away(house: House, company: dict[str, Any]):
    other = await house.make("companies", {"slug": "other-two", "name": "Other"})
    queue = await house.make("queues", {"company_id": other["id"], "name": "Theirs"})
    supervisor = await house.client_of("supervisor", company["id"])
    alert = f"longest_wait-{queue['id']}-1795000000000"

    assert (await supervisor.post("/v1/live/acknowledge", json={"alert": alert})).status_code == 404
    assert (await house.operator.post("/v1/live/acknowledge", json={"alert": alert})).status_code == 200
    assert [row["alert_id"] for row in await house.rows("SELECT alert_id FROM alert_seen")] == [alert]
