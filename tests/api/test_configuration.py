"""Does the configuration API make, show, change and audit what it is told, and is the writer told in turn?"""

from typing import Any

import pytest

from app.commands import ApplyConfig
from tests.api.conftest import House


async def test_a_company_comes_into_being_by_the_api_alone(house: House, company: dict[str, Any]):
    """Company, skills, users, agents, queues and numbers, as the demo makes them."""
    await house.make("skills", {"name": "billing", "label": "Billing"})
    user = await house.make(
        "users", {"login": "ada", "name": "Ada", "grants": [{"role": "agent", "company_id": company["id"]}]}
    )
    agent = await house.make("agents", {"user_id": user["id"], "skills": {"billing": 7}, "phone_address": "100"})
    queue = await house.make(
        "queues", {"company_id": company["id"], "name": "Sales", "config": {"requirement": "billing >= 3"}}
    )
    number = await house.make(
        "numbers", {"company_id": company["id"], "address": "030 123456", "queue_id": queue["id"]}
    )

    assert agent["skills"] == {"billing": 7}
    assert agent["capacity"]["costs"]["phone"] == 100
    assert queue["current_version"] == 1
    assert number["address"] == "+4930123456"
    assert agent["applied"] is queue["applied"] is True


async def test_the_change_is_in_force_when_the_answer_comes(house: House, company: dict[str, Any]):
    await house.make("queues", {"company_id": company["id"], "name": "Sales"})

    *_, applied = house.writer.of(ApplyConfig)
    assert applied.seq == (await house.rows("SELECT config_seq FROM domain WHERE id = 1"))[0]["config_seq"]


async def test_without_a_writer_the_change_is_stored_and_said_to_wait(house: House, company: dict[str, Any]):
    house.writer.away = True

    queue = await house.make("queues", {"company_id": company["id"], "name": "Sales"})

    assert queue["applied"] is False
    assert (await house.operator.get(f"/v1/queues/{queue['id']}")).status_code == 200


async def test_versions_never_change_and_publishing_decides_which_is_in_force(house: House, company: dict[str, Any]):
    queue = await house.make("queues", {"company_id": company["id"], "name": "Sales", "publish": False})
    path = f"queues/{queue['id']}/versions"
    second = await house.make(path, {"config": {"promise_s": 60}, "reason": "faster"})

    assert queue["current_version"] is None
    assert (second["version"], second["state"], second["config"]["promise_s"]) == (2, "draft", 60)

    published = await house.operator.post(f"/v1/{path}/2/publish")
    assert published.json()["state"] == "published"
    assert (await house.operator.get(f"/v1/queues/{queue['id']}")).json()["current_version"] == 2

    await house.operator.post(f"/v1/{path}/1/publish")
    states = {each["version"]: each["state"] for each in (await house.operator.get(f"/v1/{path}")).json()["items"]}
    assert states == {1: "published", 2: "retired"}


async def test_a_requirement_that_cannot_be_read_is_pointed_at_by_column(house: House, company: dict[str, Any]):
    body = {"company_id": company["id"], "name": "Sales", "config": {"requirement": "billing >= 3 and (zh >= 50)"}}

    answer = await house.operator.post("/v1/queues", json=body)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["column"]) == ("/config/requirement", 25)
    assert error["text_key"] == "requirement.level_expected"


async def test_a_domain_has_at_most_eight_rates(house: House, company: dict[str, Any]):
    for rate in range(1, 9):
        await house.make("queues", {"company_id": company["id"], "name": f"q{rate}", "config": {"rate": rate}})

    ninth = {"company_id": company["id"], "name": "q9", "config": {"rate": 9}}
    answer = await house.operator.post("/v1/queues", json=ninth)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/config/rate"
    assert (await house.operator.post("/v1/queues", json=ninth | {"config": {"rate": 3}})).status_code == 201


async def test_hours_that_make_no_sense_are_refused(house: House, company: dict[str, Any]):
    for hours in ({"zone": "Mars/Olympus"}, {"zone": "UTC", "weekly": {"mon": ["12:00-08:00"]}}):
        body = {"company_id": company["id"], "name": "Sales", "config": {"hours": hours}}

        answer = await house.operator.post("/v1/queues", json=body)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/config/hours"


async def test_a_stale_version_gets_both_values(house: House, company: dict[str, Any]):
    path = f"/v1/companies/{company['id']}"
    assert (await house.operator.patch(path, json={"version": 1, "name": "Acme AG"})).json()["version"] == 2

    late = await house.operator.patch(path, json={"version": 1, "name": "Acme SE"})

    assert late.status_code == 409
    assert late.json()["your_version"] == 1
    assert (late.json()["current"]["version"], late.json()["current"]["name"]) == (2, "Acme AG")
    assert (await house.operator.get(path)).json()["name"] == "Acme AG"


async def test_what_customers_know_before_they_are_recorded_is_said_for_each_direction(
    house: House, company: dict[str, Any]
):
    path = f"/v1/companies/{company['id']}"
    assert company["recording_notice"] == {"in": "none", "out": "none"}

    changed = await house.operator.patch(path, json={"version": 1, "recording_notice": {"in": "consent"}})
    stale = await house.operator.patch(path, json={"version": 1, "recording_notice": {}})

    assert changed.json()["recording_notice"] == {"in": "consent", "out": "none"}
    assert (await house.operator.get(path)).json()["recording_notice"] == {"in": "consent", "out": "none"}
    assert stale.json()["current"]["recording_notice"] == {"in": "consent", "out": "none"}
    *_, told = await house.rows("SELECT kind, subject_id::text FROM config_change ORDER BY seq")
    assert (told["kind"], told["subject_id"]) == ("company", company["id"])
    *_, act = await house.rows("SELECT data FROM audit WHERE action = 'company.changed' ORDER BY at")
    assert act["data"]["after"]["recording_notice"] == {"in": "consent"}


@pytest.mark.parametrize(
    ("notice", "pointer"),
    [
        ({"in": "ask"}, "/recording_notice/in"),
        ({"out": True}, "/recording_notice/out"),
        ({"out": None}, "/recording_notice/out"),
        ({"in_": "consent"}, "/recording_notice/in_"),
        ({"both": "consent"}, "/recording_notice/both"),
        ("consent", "/recording_notice"),
        (None, "/recording_notice"),
    ],
)
async def test_a_notice_that_is_none_is_refused_by_its_field(
    house: House, company: dict[str, Any], notice: Any, pointer: str
):
    path = f"/v1/companies/{company['id']}"

    answer = await house.operator.patch(path, json={"version": 1, "recording_notice": notice})

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert (await house.operator.get(path)).json()["recording_notice"] == {"in": "none", "out": "none"}


async def test_what_is_in_use_is_named(house: House, company: dict[str, Any]):
    await house.make("users", {"login": "ada", "name": "Ada"})
    await house.make("queues", {"company_id": company["id"], "name": "Sales"})

    for path, body, pointer in (
        ("users", {"login": "ADA", "name": "Ada"}, "/login"),
        ("companies", {"slug": company["slug"], "name": "Acme"}, "/slug"),
        ("queues", {"company_id": company["id"], "name": "Sales"}, "/name"),
    ):
        answer = await house.operator.post(f"/v1/{path}", json=body)

        assert answer.status_code == 409
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_agents_are_made_in_bulk_or_not_at_all(house: House, company: dict[str, Any]):
    await house.make("skills", {"name": "zh"})
    users = await house.make("users/bulk", {"items": [{"login": f"u{n}", "name": f"U {n}"} for n in range(3)]})
    items = [{"user_id": user_id, "skills": {"zh": 1 + n}} for n, user_id in enumerate(users["items"])]
    broken = [*items[:2], items[2] | {"skills": {"nobody_has_this": 1}}]

    refused = await house.operator.post("/v1/agents/bulk", json={"items": broken})
    made = await house.make("agents/bulk", {"items": items})

    assert refused.json()["errors"][0]["pointer"] == "/items/2/skills/nobody_has_this"
    assert len(made["items"]) == 3
    listed = (await house.operator.get("/v1/agents")).json()["items"]
    assert [each["skills"]["zh"] for each in listed] == [1, 2, 3]


async def test_lists_come_in_pages_without_gap_or_repetition(house: House):
    made = [(await house.make("teams", {"name": f"Team {n}"}))["id"] for n in range(7)]

    seen, after = [], None
    while True:
        page = (await house.operator.get("/v1/teams", params={"limit": 3} | ({"after": after} if after else {}))).json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break

    assert seen == made


async def test_every_act_leaves_an_audit_row_without_names(house: House, company: dict[str, Any]):
    user = await house.make("users", {"login": "ada.lovelace", "name": "Ada Lovelace", "password": "analytical engine"})
    await house.operator.patch(f"/v1/users/{user['id']}", json={"version": 1, "name": "Ada King", "language": "de"})

    rows = (await house.operator.get("/v1/audit")).json()["items"]

    assert [row["action"] for row in rows] == ["user.changed", "user.created", "company.created"]
    assert rows[0]["data"] == {
        "fields": ["language", "name"],
        "before": {"language": "en"},
        "after": {"language": "de"},
    }
    assert "Ada" not in str(rows)
    assert "lovelace" not in str(rows)


async def test_the_language_of_an_agent_reaches_the_writer(house: House):
    user = await house.make("users", {"login": "ada", "name": "Ada"})
    agent = await house.make("agents", {"user_id": user["id"]})
    before = (await house.rows("SELECT config_seq FROM domain"))[0]["config_seq"]

    await house.operator.patch(f"/v1/users/{user['id']}", json={"version": 1, "name": "Ada L."})
    named = (await house.rows("SELECT config_seq FROM domain"))[0]["config_seq"]
    await house.operator.patch(f"/v1/users/{user['id']}", json={"version": 2, "language": "zh-CN"})
    told = await house.rows("SELECT kind, subject_id FROM config_change WHERE seq > $1", before)

    assert named == before
    assert [(row["kind"], row["subject_id"]) for row in told] == [("agent", agent["id"])]


@pytest.mark.parametrize("whisper", [True, False, {"en": "Gold, {queue}", "zh-CN": "贵宾"}])
async def test_a_queue_says_to_its_agents_what_call_it_is(house: House, company: dict[str, Any], whisper: Any):
    made = await house.make("queues", {"company_id": company["id"], "name": "Gold", "config": {"whisper": whisper}})
    version = (await house.operator.get(f"/v1/queues/{made['id']}/versions/1")).json()

    assert version["config"]["whisper"] == whisper


@pytest.mark.parametrize("whisper", ["yes", 1, {}, {"en": ""}, {"en": "x" * 201}, {"en": "a\nb"}, {"1": "x"}, None])
async def test_what_nobody_could_say_is_refused(house: House, company: dict[str, Any], whisper: Any):
    body = {"company_id": company["id"], "name": "Gold", "config": {"whisper": whisper}}
    refused = await house.operator.post("/v1/queues", json=body)

    assert refused.status_code == 422
    assert all(each["pointer"].startswith("/config/whisper") for each in refused.json()["errors"])


async def test_a_company_that_joins_is_served_by_those_who_serve_all(house: House):
    """Their grant names no company, but the engine knows companies by name alone."""
    user = await house.make("users", {"login": "ada", "name": "Ada", "grants": [{"role": "agent"}]})
    agent = await house.make("agents", {"user_id": user["id"]})
    before = (await house.rows("SELECT config_seq FROM domain"))[0]["config_seq"]

    await house.make("companies", {"slug": "late", "name": "Late"})

    changed = await house.rows("SELECT kind, subject_id FROM config_change WHERE seq > $1 ORDER BY seq", before)
    assert [row["subject_id"] for row in changed if row["kind"] == "agent"] == [agent["id"]]
