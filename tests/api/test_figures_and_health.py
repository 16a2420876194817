"""Are the figures those of the rooms, with their definitions; and can one see whether the house is well?"""

import json
from typing import Any

from app.api.acts import new_id
from tests.api.conftest import House
from tests.api.furnished import insert_contact

T0_MS = 1_800_000_000_000


async def insert_stay(
    house: House, company_id: str, queue_id: str, end: str, wait_s: int, talk_s: int | None = None
) -> None:
    """A stay queued at T0 that ended so, with its segment if somebody answered."""
    contact_id = await insert_contact(house, company_id)
    stay_id, t0 = new_id(), T0_MS / 1000
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            """
            INSERT INTO stay (id, contact_id, company_id, domain_id, queue_id, queue_version, requirement, place_us,
                              queued_at, promise_at, limit_at, ended_at, "end")
            VALUES ($1::text::uuid, $2::text::uuid, $3::text::uuid, 1, $4::text::uuid, 1, '', 0, to_timestamp($5),
                    to_timestamp($5), to_timestamp($5), to_timestamp($6), $7)
            """,
            (stay_id, contact_id, company_id, queue_id, t0, t0 + wait_s, end),
        )
        if end != "answered":
            return
        (agent,) = await house.rows("SELECT id FROM agent")
        await conn.exec_driver_sql(
            """
            INSERT INTO segment (id, contact_id, stay_id, domain_id, agent_id, role, state, offered_at, exclusive,
                                 connected_at, ended_at)
            VALUES ($1::text::uuid, $2::text::uuid, $3::text::uuid, 1, $4::text::uuid, 'primary', 'done',
                    to_timestamp($5), true, to_timestamp($6), to_timestamp($7))
            """,
            (new_id(), contact_id, stay_id, str(agent["id"]), t0, t0 + wait_s, t0 + wait_s + (talk_s or 0)),
        )


async def test_figures_are_computed_from_the_stays_of_the_interval(house: House, company: dict[str, Any]):
    """Answered after 10 s and 40 s (a talk of 5 s: short), abandoned after 3 s (short) and 30 s."""
    user = await house.make("users", {"login": "ada", "name": "Ada"})
    await house.make("agents", {"user_id": user["id"]})
    queue = await house.make("queues", {"company_id": company["id"], "name": "Sales"})
    for end, wait_s, talk_s in (("answered", 10, 60), ("answered", 40, 5), ("abandoned", 3, None)):
        await insert_stay(house, company["id"], queue["id"], end, wait_s, talk_s)
    await insert_stay(house, company["id"], queue["id"], "abandoned", 30)

    around = {"queue_id": queue["id"], "from": T0_MS - 1, "to": T0_MS + 1}
    shown = (await house.operator.get("/v1/figures", params=around)).json()
    before = (await house.operator.get("/v1/figures", params=around | {"to": T0_MS})).json()

    figures = {each["key"]: each for each in shown["queues"][0]["figures"]}
    assert {key: figures[key]["value"] for key in ("offered", "answered", "abandoned", "short_calls")} == {
        "offered": 4, "answered": 2, "abandoned": 2, "short_calls": 1,
    }  # fmt: skip
    assert (figures["service_level"]["part"], figures["service_level"]["whole"]) == (1, 3)
    assert figures["service_level"]["ppm"] == 333_333
    assert figures["asa"]["value"] == 25_000
    assert all(each["definition"] and each["definition_key"] for each in figures.values())
    assert before["queues"][0]["figures"][0]["value"] == 0


async def test_what_callers_were_told_is_among_the_figures(house: House, company: dict[str, Any]):
    """After 5 s, up to a minute: it took 5 s more, and 85 s; a caller who left does not count."""
    user = await house.make("users", {"login": "ada", "name": "Ada"})
    await house.make("agents", {"user_id": user["id"]})
    queue = await house.make("queues", {"company_id": company["id"], "name": "Sales"})
    for end, wait_s in (("answered", 10), ("answered", 90), ("abandoned", 30)):
        await insert_stay(house, company["id"], queue["id"], end, wait_s, 60)
    told = {"at_us": (T0_MS + 5_000) * 1000, "low_us": 0, "high_us": 60_000_000}
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql("UPDATE stay SET told = $1::text::jsonb", (json.dumps(told),))
    await insert_stay(house, company["id"], queue["id"], "answered", 20, 60)  # was told nothing

    around = {"queue_id": queue["id"], "from": T0_MS - 1, "to": T0_MS + 1}
    shown = (await house.operator.get("/v1/figures", params=around)).json()
    defined = (await house.operator.get("/v1/metrics/definitions")).json()["items"]

    figures = {each["key"]: each for each in shown["queues"][0]["figures"]}
    assert (figures["told_rightly"]["part"], figures["told_rightly"]["whole"]) == (1, 2)
    assert figures["told_error"]["value"] == (25_000 + 55_000) // 2
    assert {"told_rightly", "told_error"} <= {each["key"] for each in defined}


async def test_figures_of_an_impossible_interval_are_refused(house: House):
    answer = await house.operator.get("/v1/figures", params={"from": 2, "to": 1})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/to"


async def beat(house: House, age_s: int) -> None:
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            "INSERT INTO writer_beat (domain_id, epoch, renewed_at) "
            "VALUES (1, 1, clock_timestamp() - make_interval(secs => $1)) "
            "ON CONFLICT (domain_id) DO UPDATE SET renewed_at = excluded.renewed_at",
            (age_s,),
        )


async def test_ready_needs_a_writer_that_has_beaten_within_two_seconds(house: House):
    nobody = await house.client.get("/readyz")
    await beat(house, 0)
    fresh = await house.client.get("/readyz")
    await beat(house, 10)
    silent = await house.client.get("/readyz")

    assert (nobody.status_code, fresh.status_code, silent.status_code) == (503, 200, 503)
    assert silent.json()["text_key"] == "writer.none"
    assert (await house.client.get("/healthz")).json() == {"status": "alive"}


async def test_ready_needs_tables_of_this_version(house: House):
    await beat(house, 0)
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql("SET LOCAL ROLE NONE")
        await conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")

    answer = await house.client.get("/readyz")

    assert (answer.status_code, answer.json()["text_key"]) == (503, "database.migrations")


async def test_measures_have_bounded_labels_and_are_for_operators(house: House, company: dict[str, Any]):
    queue = await house.make("queues", {"company_id": company["id"], "name": "Sales"})
    await house.operator.get("/v1/customers")

    answer = await house.operator.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    assert "acd_queue_waiting" in answer.text
    assert 'http_requests_total{operation="list_customers",status="200"}' in answer.text
    assert company["id"] not in answer.text
    assert queue["id"] not in answer.text  # nobody waits in it
    assert (await house.client.get("/metrics")).status_code == 401


async def test_no_log_line_holds_a_name_or_a_body(house: House, company: dict[str, Any], capfd):
    body = {
        "company_id": company["id"],
        "name": "Grace Hopper",
        "addresses": [{"kind": "email", "address": "g@h.example"}],
    }
    made = await house.make("customers", body)
    await house.operator.get("/v1/customers", params={"address": "g@h.example"})
    await house.operator.post("/v1/customers", json=body | {"kind": "Grace Hopper"})
    await house.operator.get(f"/v1/customers/{made['id']}")

    said = "".join(capfd.readouterr())
    assert "operation=create_customer" in said
    for personal in ("Grace", "Hopper", "g@h", "example"):
        assert personal not in said
