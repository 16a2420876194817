"""Who gets in, and how do they stay out?"""

from typing import Any

import httpx2
import pytest

from app.commands import ChooseState
from app.sessions import COOKIE, CSRF_HEADER, read_ticket
from tests.api.conftest import URL, House

PASSWORD = "analytical engine"
ORIGIN = "https://desk.example"


async def ada(house: House, **more: Any) -> dict[str, Any]:
    return await house.make("users", {"login": "ada", "name": "Ada", "password": PASSWORD} | more)


async def browser(house: House) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=house.client._transport, base_url=URL)


async def logged_in(house: House, login: str = "Ada") -> httpx2.AsyncClient:
    page = await browser(house)
    answer = await page.post("/v1/session", json={"login": login, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    page.headers[CSRF_HEADER] = answer.json()["csrf"]
    return page


async def test_a_session_shows_who_it_is(house: House, company: dict[str, Any]):
    grant = {"role": "supervisor", "company_id": company["id"], "team_id": None}
    user = await ada(house, grants=[grant])
    agent = await house.make("agents", {"user_id": user["id"]})
    page = await logged_in(house)

    session = (await page.get("/v1/session")).json()

    assert session["user"]["id"] == user["id"]
    assert session["user"]["agent_id"] == agent["id"]
    assert session["user"]["grants"] == [grant]
    assert session["csrf"] == page.headers[CSRF_HEADER]


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(house: House):
    await ada(house)
    answer = await (await browser(house)).post("/v1/session", json={"login": "ada", "password": PASSWORD})

    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "secure" not in cookie


@pytest.mark.parametrize("more_settings", [{"public_url": "https://desk.example"}])
async def test_over_https_the_cookie_is_secure(house: House):
    await ada(house)
    answer = await (await browser(house)).post("/v1/session", json={"login": "ada", "password": PASSWORD})

    assert "secure" in answer.headers["set-cookie"].lower()


async def test_only_a_hash_of_the_cookie_is_stored(house: House):
    await ada(house)
    page = await logged_in(house)
    token = page.cookies[COOKIE]

    assert token not in str(await house.rows("SELECT * FROM login_session"))


async def test_unknown_login_and_wrong_password_get_the_same_answer(house: House):
    await ada(house)
    await house.make("users", {"login": "nopassword", "name": "N"})
    page = await browser(house)

    answers = [
        await page.post("/v1/session", json={"login": login, "password": "x" * 12})
        for login in ("ada", "nobody", "nopassword")
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert COOKIE not in page.cookies


async def test_a_disabled_user_is_out_at_once(house: House):
    user = await ada(house)
    page = await logged_in(house)

    await house.operator.patch(f"/v1/users/{user['id']}", json={"version": 1, "disabled": True})

    assert (await page.get("/v1/session")).status_code == 401
    again = await (await browser(house)).post("/v1/session", json={"login": "ada", "password": PASSWORD})
    assert again.status_code == 401


async def test_an_unsafe_request_of_a_page_needs_the_csrf_token(house: House):
    await ada(house)
    page = await logged_in(house)
    token = page.headers.pop(CSRF_HEADER)

    for wrong in ({}, {CSRF_HEADER: "x"}, {CSRF_HEADER: token + "x"}):
        answer = await page.delete("/v1/session", headers=wrong)
        assert answer.status_code == 403
        assert answer.json()["text_key"] == "login.csrf"
    assert (await page.get("/v1/session")).status_code == 200
    assert (await page.delete("/v1/session", headers={CSRF_HEADER: token})).status_code == 204


async def test_logging_out_ends_the_session_even_if_the_cookie_was_kept(house: House):
    await ada(house)
    page = await logged_in(house)
    token = page.cookies[COOKIE]

    await page.delete("/v1/session")

    stolen = httpx2.AsyncClient(transport=house.client._transport, base_url=URL, cookies={COOKIE: token})
    assert (await stolen.get("/v1/session")).status_code == 401


async def test_an_agent_who_logs_out_is_offline_and_anybody_else_changes_nothing(house: House):
    user = await ada(house)
    agent = await house.make("agents", {"user_id": user["id"]})
    await house.make("users", {"login": "bob", "name": "Bob", "password": PASSWORD})
    await (await logged_in(house, "bob")).delete("/v1/session")
    before = house.writer.of(ChooseState)
    await (await logged_in(house)).delete("/v1/session")

    assert before == []
    assert [(each.agent_id, each.chosen) for each in house.writer.of(ChooseState)] == [(agent["id"], "offline")]


async def test_a_new_password_ends_all_other_sessions(house: House):
    await ada(house)
    here, elsewhere = await logged_in(house), await logged_in(house)

    wrong = await here.post("/v1/session/password", json={"old": "not it", "new": "difference engine"})
    right = await here.post("/v1/session/password", json={"old": PASSWORD, "new": "difference engine"})

    assert wrong.status_code == 422
    assert right.status_code == 204
    assert (await here.get("/v1/session")).status_code == 200
    assert (await elsewhere.get("/v1/session")).status_code == 401


@pytest.mark.parametrize("more_settings", [{"login_attempts_per_minute": 3}])
async def test_guessing_a_password_is_slowed_down_per_login(house: House):
    await ada(house)
    page = await browser(house)
    guess = {"login": "ada", "password": "x" * 12}

    answers = [await page.post("/v1/session", json=guess) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    other = await page.post("/v1/session", json={"login": "bob", "password": "x" * 12})
    assert other.status_code == 401


@pytest.mark.parametrize("more_settings", [{"rate_limit_per_minute": 5}])
async def test_a_key_may_ask_so_often_and_others_do_not_suffer(house: House):
    busy, calm = await house.client_of("operator"), await house.client_of("operator")

    answers = [(await busy.get("/v1/teams")).status_code for _ in range(7)]

    assert answers == [200] * 5 + [429] * 2
    assert (await calm.get("/v1/teams")).status_code == 200


async def test_a_key_is_shown_once_and_stored_as_a_hash(house: House, company: dict[str, Any]):
    made = await house.make("api-keys", {"name": "crm", "role": "admin", "company_ids": [company["id"]]})
    (row,) = await house.rows("SELECT * FROM api_key WHERE name = 'crm'")

    assert made["secret"].startswith("jf_")
    assert made["secret"] not in str(row)
    assert made["secret"] not in (await house.operator.get("/v1/api-keys")).text
    assert made["secret"].startswith(made["prefix"])


async def test_a_revoked_or_expired_key_opens_nothing(house: House):
    revoked = await house.make("api-keys", {"name": "old", "role": "operator"})
    expired = await house.make("api-keys", {"name": "past", "role": "operator", "expires_ms": 1})
    asks = {"Authorization": f"Bearer {revoked['secret']}"}
    assert (await house.client.get("/v1/teams", headers=asks)).status_code == 200
    assert (await house.operator.get("/v1/api-keys")).json()["items"][-2]["used_ms"] is not None

    await house.operator.delete(f"/v1/api-keys/{revoked['id']}")

    for secret in (revoked["secret"], expired["secret"], "jf_", "jf_x", "x"):
        answer = await house.client.get("/v1/teams", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 401


async def test_a_ticket_is_bound_to_session_agent_and_origin(house: House):
    user = await ada(house)
    agent = await house.make("agents", {"user_id": user["id"]})
    page = await logged_in(house)

    answer = (await page.post("/v1/session/ticket", headers={"Origin": ORIGIN})).json()

    key = house.app.state.porter.signing_key
    ticket = read_ticket(key, answer["ticket"], ORIGIN, answer["expires_ms"] // 1000 - 1)
    assert (ticket.user_id, ticket.agent_id, ticket.origin) == (user["id"], agent["id"], ORIGIN)
    (row,) = await house.rows("SELECT encode(id, 'hex') AS id FROM login_session")
    assert ticket.session == row["id"]


async def test_an_operators_key_gets_tickets_for_many_agents(house: House, company: dict[str, Any]):
    users = await house.make("users/bulk", {"items": [{"login": f"u{n}", "name": "U"} for n in range(3)]})
    agents = (await house.make("agents/bulk", {"items": [{"user_id": each} for each in users["items"]]}))["items"]

    tickets = (await house.operator.post("/v1/tickets", json={"agent_ids": agents})).json()["tickets"]
    admin = await house.client_of("admin", company["id"])

    assert sorted(tickets) == sorted(agents)
    assert (await admin.post("/v1/tickets", json={"agent_ids": agents})).status_code == 403
    unknown = await house.operator.post("/v1/tickets", json={"agent_ids": [agents[0], company["id"]]})
    assert unknown.json()["errors"][0]["pointer"] == "/agent_ids/1"
    (row,) = await house.rows("SELECT data FROM audit WHERE action = 'tickets.issued'")
    assert '"count": 3' in str(row["data"]) or row["data"]["count"] == 3


async def test_a_supervisor_of_one_team_chooses_for_that_team_alone(house: House, company: dict[str, Any]):
    teams = [(await house.make("teams", {"name": name}))["id"] for name in ("red", "blue")]
    agents = []
    for team in teams:
        wanted = {"login": team, "name": "A", "grants": [{"role": "agent", "company_id": company["id"]}]}
        agents.append(
            (await house.make("agents", {"user_id": (await house.make("users", wanted))["id"], "team_id": team}))["id"]
        )
    await ada(house, grants=[{"role": "supervisor", "company_id": company["id"], "team_id": teams[0]}])
    page = await logged_in(house)

    red = await page.post(f"/v1/agents/{agents[0]}/state", json={"chosen": "away", "reason": "lunch"})
    blue = await page.post(f"/v1/agents/{agents[1]}/state", json={"chosen": "away", "reason": "lunch"})

    assert (red.status_code, blue.status_code) == (200, 403)
    assert (await page.get("/v1/customers")).status_code == 403
