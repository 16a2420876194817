"""Are flows kept as they were written, checked before callers hear them, and can one go back?"""

from pathlib import Path
from typing import Any

from tests.api.conftest import House
from tests.api.furnished import FLOW

HARBOUR = (Path(__file__).parents[2] / "ivr" / "flows" / "harbour.yaml").read_text(encoding="utf-8")
WRONG = "flow: main\nlanguages: [en]\nstart: a\nnodes:\n  a: {say: hello, next: b}\n"


def flow(company: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"company_id": company["id"], "name": "Main", "text": HARBOUR} | more


async def test_a_flow_is_kept_as_it_was_written(house: House, company: dict[str, Any]):
    made = await house.make("flows", flow(company))
    kept = (await house.operator.get(f"/v1/flows/{made['id']}/versions/1")).json()

    assert made["current_version"] == 1
    assert (kept["text"], kept["state"], kept["problems"]) == (HARBOUR, "published", [])
    assert [each["id"] for each in (await house.operator.get("/v1/flows")).json()["items"]] == [made["id"]]


async def test_a_flow_that_is_not_in_order_is_refused_line_by_line_and_nothing_is_kept(house, company):
    answer = await house.operator.post("/v1/flows", json=flow(company, text=WRONG))

    assert (answer.status_code, answer.json()["text_key"]) == (422, "flow.problems")
    assert {(each["pointer"], each["line"], each["text_key"]) for each in answer.json()["errors"]} == {
        ("/text", 5, "flow.no_such_step"), ("/text", 5, "flow.no_prompt"),
    }  # fmt: skip
    assert (await house.operator.get("/v1/flows")).json()["items"] == []


async def test_a_draft_may_be_out_of_order_and_is_not_published(house: House, company: dict[str, Any]):
    made = await house.make("flows", flow(company, text=WRONG, publish=False))
    path = f"/v1/flows/{made['id']}/versions/1"
    draft = (await house.operator.get(path)).json()
    refused = await house.operator.post(f"{path}/publish")

    assert made["current_version"] is None
    assert [each["text_key"] for each in draft["problems"]] == ["flow.no_such_step", "flow.no_prompt"]
    assert (refused.status_code, refused.json()["text_key"]) == (422, "flow.problems")
    assert (await house.operator.get(path)).json()["state"] == "draft"


async def test_one_can_go_back_to_an_older_version(house: House, company: dict[str, Any]):
    made = await house.make("flows", flow(company))
    path = f"flows/{made['id']}/versions"
    second = await house.make(path, {"text": FLOW, "publish": True, "reason": "shorter"})
    back = (await house.operator.post(f"/v1/{path}/1/publish")).json()
    states = {each["version"]: each["state"] for each in (await house.operator.get(f"/v1/{path}")).json()["items"]}

    assert (second["version"], second["state"], second["reason"]) == (2, "published", "shorter")
    assert (back["version"], back["text"]) == (1, HARBOUR)
    assert states == {1: "published", 2: "retired"}
    assert (await house.operator.get(f"/v1/flows/{made['id']}")).json()["current_version"] == 1


async def test_a_text_is_checked_before_it_is_stored(house: House, company: dict[str, Any]):
    body = {"company_id": company["id"], "text": WRONG}
    found = (await house.operator.post("/v1/flows/check", json=body)).json()["problems"]
    lonely = FLOW.replace("nodes: {", "nodes: {a: {hang_up: ''}, ")
    noted = (await house.operator.post("/v1/flows/check", json=body | {"text": lonely})).json()["problems"]

    assert {(each["line"], each["serious"]) for each in found} == {(5, True)}
    assert [(each["text_key"], each["serious"]) for each in noted] == [("flow.unreachable", False)]
    assert await house.rows("SELECT id FROM flow") == []


async def test_a_long_flow_is_taken_and_one_beyond_the_bound_is_refused(house: House, company: dict[str, Any]):
    long = FLOW + "# " + "x" * 200_000 + "\n"
    made = await house.operator.post("/v1/flows", json=flow(company, text=long))
    beyond = await house.operator.post("/v1/flows", json=flow(company, name="Other", text=long + "y" * 100_000))

    assert made.status_code == 201
    assert (beyond.status_code, beyond.json()["errors"][0]["pointer"]) == (422, "/text")


async def test_a_name_is_in_use_once_and_again_when_its_flow_is_gone(house: House, company: dict[str, Any]):
    made = await house.make("flows", flow(company))
    taken = await house.operator.post("/v1/flows", json=flow(company))
    gone = await house.operator.delete(f"/v1/flows/{made['id']}")
    again = await house.operator.post("/v1/flows", json=flow(company))

    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (409, "/name")
    assert (gone.status_code, again.status_code) == (204, 201)
    assert (await house.operator.get(f"/v1/flows/{made['id']}")).status_code == 404


async def test_a_supervisor_reads_flows_and_an_administrator_changes_them(house: House, company: dict[str, Any]):
    made = await house.make("flows", flow(company))
    supervisor = await house.client_of("supervisor", company["id"])
    admin = await house.client_of("admin", company["id"])

    assert (await supervisor.get(f"/v1/flows/{made['id']}/versions/1")).status_code == 200
    assert (await supervisor.post(f"/v1/flows/{made['id']}/versions", json={"text": FLOW})).status_code == 403
    assert (await admin.post(f"/v1/flows/{made['id']}/versions", json={"text": FLOW})).status_code == 201


async def test_each_change_is_in_the_audit_without_its_text(house: House, company: dict[str, Any]):
    made = await house.make("flows", flow(company))
    await house.operator.delete(f"/v1/flows/{made['id']}")
    rows = await house.rows("SELECT action, data::text FROM audit WHERE subject_kind = 'flow' ORDER BY at")

    assert [row["action"] for row in rows] == [
        "flow.version_created", "flow.created", "flow.version_published", "flow.archived",
    ]  # fmt: skip
    assert not any("hang_up" in row["data"] for row in rows)
