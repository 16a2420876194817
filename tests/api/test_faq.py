"""Are questions answered from what a company wrote, and does it learn what it has not written yet?"""

import time
from typing import Any

import httpx2
import pytest

from app.api.faq_given import BULK_MAX
from app.problems import ERRORS_MAX
from tests.api.conftest import House

DAY_MS = 86_400_000


def entry(company: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {
        "company_id": company["id"], "language": "en", "key": "deposit", "question": "When is my deposit returned?",
        "answer": "Within **14 days**.", "variants": ["Refund of the deposit"], "tags": ["letting"],
        "state": "published",
    }  # fmt: skip
    return given | more


def named(n: int, **more: Any) -> dict[str, Any]:
    return {"key": f"k{n}", "language": "en", "question": f"Question {n}", "answer": "Yes", "state": "published"} | more


async def asked(client: httpx2.AsyncClient, company: dict[str, Any], text: str, **more: Any) -> list[dict[str, Any]]:
    answer = await client.post("/v1/faq/search", json={"company_id": company["id"], "text": text, **more})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def unanswered(client: httpx2.AsyncClient, **query: Any) -> list[tuple[str, int]]:
    listed = (await client.get("/v1/faq/unanswered", params=query)).json()["items"]
    return [(each["text"], each["times"]) for each in listed]


def places(answer: httpx2.Response) -> list[tuple[str, str]]:
    return [(error["pointer"], error["text_key"]) for error in answer.json()["errors"]]


async def test_what_was_written_is_found_in_either_language(house: House, company: dict[str, Any]):
    await house.make("faq", entry(company))
    chinese = {"language": "zh-CN", "question": "押金什么时候退？", "answer": "14天内", "variants": [], "tags": []}
    await house.make("faq", entry(company, **chinese))

    (english,) = await asked(house.operator, company, "I want my deposit back")
    (found,) = await asked(house.operator, company, "我的押金几时退还")

    assert (english["key"], english["answer"], english["answer_plain"]) == (
        "deposit",
        "Within **14 days**.",
        "Within 14 days.",
    )
    assert (found["language"], found["answer"]) == ("zh-CN", "14天内")


async def test_what_is_off_the_subject_has_no_answer_and_is_listed_for_the_editors(house: House, company):
    await house.make("faq", entry(company))
    supervisor = await house.client_of("supervisor", company["id"])
    for text in ("How do I knit 3 scarves?", "how do I knit 12 scarves", "Who is grace@cobol.example?"):
        assert await asked(house.operator, company, text) == []
    assert await asked(house.operator, company, "Nothing to be noted", note=False) == []

    listed = await unanswered(supervisor, company_id=company["id"])
    (first, *_) = (await supervisor.get("/v1/faq/unanswered")).json()["items"]
    removed = await supervisor.delete(f"/v1/faq/unanswered/{first['id']}")
    again = await supervisor.delete(f"/v1/faq/unanswered/{first['id']}")

    assert listed == [("how do i knit # scarves", 2), ("who is @", 1)]
    assert (removed.status_code, again.status_code) == (204, 404)
    assert await unanswered(supervisor) == [("who is @", 1)]


async def test_what_only_may_answer_it_is_shown_as_such_and_put_down_for_the_editors(house: House, company):
    for n, question in enumerate(("When is my deposit returned?", "Where is the garage?", "How loud may we be?")):
        await house.make("faq", entry(company, key=f"k{n}", question=question, variants=[], tags=[]))

    (perhaps,) = await asked(house.operator, company, "Do burglars borrow the red boat from a garage?")
    (sure,) = await asked(house.operator, company, "Where is the garage?")

    assert (perhaps["id"], perhaps["sure"], sure["sure"]) == (sure["id"], False, True)
    assert perhaps["fit"] < sure["fit"]
    assert len(await unanswered(house.operator)) == 1


async def test_a_draft_is_found_once_it_is_published_and_not_after_it_is_archived(house: House, company):
    made = await house.make("faq", entry(company, state="draft"))
    path = f"/v1/faq/{made['id']}"

    before = await asked(house.operator, company, "deposit", note=False)
    published = (await house.operator.patch(path, json={"version": 1, "state": "published"})).json()
    now = await asked(house.operator, company, "deposit")
    await house.operator.patch(path, json={"version": published["version"], "state": "archived"})

    assert before == []
    assert [each["id"] for each in now] == [made["id"]]
    assert await asked(house.operator, company, "deposit", note=False) == []


async def test_two_who_edit_one_entry_learn_of_each_other(house: House, company: dict[str, Any]):
    made = await house.make("faq", entry(company))
    path = f"/v1/faq/{made['id']}"
    await house.operator.patch(path, json={"version": 1, "answer": "Within a week."})

    late = await house.operator.patch(path, json={"version": 1, "answer": "Within a month."})

    assert (late.status_code, late.json()["text_key"]) == (409, "conflict.stale_version")
    assert late.json()["current"]["answer"] == "Within a week."


async def test_what_is_changed_can_be_emptied_and_nothing_else_changes(house: House, company: dict[str, Any]):
    made = await house.make("faq", entry(company, valid_until_ms=int(time.time() * 1000) + DAY_MS))

    change = {"version": 1, "valid_until_ms": None, "tags": [], "key": None}
    changed = (await house.operator.patch(f"/v1/faq/{made['id']}", json=change)).json()

    assert changed == made | {"valid_until_ms": None, "tags": [], "key": None, "version": 2}


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"question": "  "}, "/question"),
        ({"question": "x" * 301}, "/question"),
        ({"question": "two\nlines"}, "/question"),
        ({"answer": ""}, "/answer"),
        ({"answer": "x" * 4001}, "/answer"),
        ({"language": "de"}, "/language"),
        ({"key": "Not A Key"}, "/key"),
        ({"state": "gone"}, "/state"),
        ({"tags": ["two words"]}, "/tags/0"),
        ({"variants": ["x"] * 21}, "/variants"),
        ({"valid_from_ms": 2_000, "valid_until_ms": 1_000}, "/valid_until_ms"),
        ({"title": "What?"}, "/title"),
    ],
)
async def test_what_is_wrong_is_named_at_its_field(house: House, company: dict[str, Any], wrong: Any, place: str):
    answer = await house.operator.post("/v1/faq", json=entry(company, **wrong))

    assert answer.status_code == 422
    assert [pointer for pointer, _ in places(answer)] == [place]


async def test_the_end_may_not_come_before_the_beginning_by_a_change_either(house: House, company: dict[str, Any]):
    made = await house.make("faq", entry(company, valid_from_ms=5_000))

    answer = await house.operator.patch(f"/v1/faq/{made['id']}", json={"version": 1, "valid_until_ms": 4_000})

    assert (answer.status_code, places(answer)) == (422, [("/valid_until_ms", "faq.valid_order")])


async def test_a_key_names_one_entry_of_a_language(house: House, company: dict[str, Any]):
    await house.make("faq", entry(company))
    again = await house.operator.post("/v1/faq", json=entry(company))
    other = await house.operator.post("/v1/faq", json=entry(company, language="zh-CN"))

    assert (again.status_code, places(again)) == (409, [("/key", "conflict.taken")])
    assert other.status_code == 201


# --- many at once -----------------------------------------------------------------------------------------------------


async def test_many_come_in_at_once_and_a_repeat_changes_nothing(house: House, company: dict[str, Any]):
    body = {"company_id": company["id"], "items": [named(n) for n in range(BULK_MAX)]}
    first = (await house.operator.post("/v1/faq/bulk", json=body)).json()["items"]
    body["items"][3] = named(3, answer="No")

    second = (await house.operator.post("/v1/faq/bulk", json=body)).json()["items"]
    changed = (await house.operator.get(f"/v1/faq/{first[3]['id']}")).json()
    same = (await house.operator.get(f"/v1/faq/{first[4]['id']}")).json()

    assert {each["came"] for each in first} == {"made"}
    assert [each["id"] for each in first] == [each["id"] for each in second]
    assert [n for n, each in enumerate(second) if each["came"] == "changed"] == [3]
    assert (changed["answer"], changed["version"], same["version"]) == ("No", 2, 1)


async def test_bad_rows_are_named_and_no_row_is_kept(house: House, company: dict[str, Any]):
    items = [named(n) for n in range(10)]
    items[4] |= {"valid_from_ms": 2, "valid_until_ms": 1}
    items[7]["key"] = "k1"
    shape = [named(0), named(1, answer=" ")]

    answer = await house.operator.post("/v1/faq/bulk", json={"company_id": company["id"], "items": items})
    misshapen = await house.operator.post("/v1/faq/bulk", json={"company_id": company["id"], "items": shape})

    assert places(answer) == [("/items/4/valid_until_ms", "faq.valid_order"), ("/items/7/key", "faq.key_twice")]
    assert [pointer for pointer, _ in places(misshapen)] == ["/items/1/answer"]
    assert await house.rows("SELECT id FROM faq_entry") == []


async def test_more_than_the_bound_is_refused_and_many_bad_rows_are_named_up_to_a_bound(house: House, company):
    of = {"company_id": company["id"]}
    many = await house.operator.post("/v1/faq/bulk", json=of | {"items": [named(n) for n in range(BULK_MAX + 1)]})
    none = await house.operator.post("/v1/faq/bulk", json=of | {"items": []})
    bad = await house.operator.post("/v1/faq/bulk", json=of | {"items": [named(1) for _ in range(100)]})

    assert places(many)[0][0] == places(none)[0][0] == "/items"
    assert len(bad.json()["errors"]) == ERRORS_MAX


# --- who may ----------------------------------------------------------------------------------------------------------


async def test_agents_read_and_ask_and_rate_and_supervisors_write(house: House, company: dict[str, Any]):
    made = await house.make("faq", entry(company))
    agent = await house.client_of("agent", company["id"])
    supervisor = await house.client_of("supervisor", company["id"])

    assert [each["id"] for each in await asked(agent, company, "deposit")] == [made["id"]]
    assert (await agent.get(f"/v1/faq/{made['id']}")).status_code == 200
    assert (await agent.post("/v1/faq", json=entry(company, key="x"))).status_code == 403
    assert (await agent.patch(f"/v1/faq/{made['id']}", json={"version": 1})).status_code == 403
    assert (await agent.get("/v1/faq/unanswered")).status_code == 403
    assert (await supervisor.post("/v1/faq", json=entry(company, key="x"))).status_code == 201
    assert (await supervisor.delete(f"/v1/faq/{made['id']}")).status_code == 204


async def test_each_has_one_voice_on_how_helpful_an_answer_is(house: House, company: dict[str, Any]):
    made = await house.make("faq", entry(company))
    path = f"/v1/faq/{made['id']}"
    one, other = [await house.client_of("agent", company["id"]) for _ in range(2)]
    for client, helpful in ((one, False), (one, True), (other, False), (one, True)):
        assert (await client.post(f"{path}/feedback", json={"helpful": helpful})).status_code == 204

    shown = (await house.operator.get(path)).json()
    (listed,) = (await house.operator.get("/v1/faq", params={"company_id": company["id"]})).json()["items"]

    assert (shown["helpful"], shown["unhelpful"], shown["version"]) == (1, 1, 1)
    assert listed == shown


async def test_a_list_is_filtered_by_language_state_and_tag(house: House, company: dict[str, Any]):
    for n, more in enumerate(({}, {"state": "draft"}, {"language": "zh-CN"}, {"tags": ["selling"]})):
        await house.make("faq", entry(company, **{"key": f"k{n}"} | more))

    async def keys(**query: str) -> list[str]:
        answer = await house.operator.get("/v1/faq", params={"company_id": company["id"], **query})
        return [each["key"] for each in answer.json()["items"]]

    assert await keys(language="zh-CN") == ["k2"]
    assert await keys(state="draft") == ["k1"]
    assert await keys(tag="selling") == ["k3"]
    assert await keys(language="en", state="published", tag="letting") == ["k0"]


# --- words that mean the same -----------------------------------------------------------------------------------------


async def test_a_company_says_which_words_mean_the_same_and_it_counts_at_once(house: House, company: dict[str, Any]):
    await house.make("faq", entry(company))
    wish = {"company_id": company["id"], "language": "en", "version": 0, "groups": [["deposit", "caution money"]]}
    before = await asked(house.operator, company, "caution money", note=False)

    kept = (await house.operator.post("/v1/faq/synonyms", json=wish)).json()
    now = await asked(house.operator, company, "caution money")
    stale = await house.operator.post("/v1/faq/synonyms", json=wish)
    changed = (await house.operator.post("/v1/faq/synonyms", json=wish | {"version": 1, "groups": []})).json()
    listed = (await house.operator.get("/v1/faq/synonyms")).json()["items"]

    assert before == []
    assert [each["key"] for each in now] == ["deposit"]
    assert (kept["version"], changed["version"]) == (1, 2)
    assert (stale.status_code, stale.json()["current"]["groups"]) == (409, [["deposit", "caution money"]])
    assert listed == [changed]


@pytest.mark.parametrize("groups", [[["alone"]], [[""] * 2], [["a", "b"]] * 501, [["x" * 41, "b"]], "flat, home"])
async def test_a_list_of_words_has_its_bounds(house: House, company: dict[str, Any], groups: Any):
    wish = {"company_id": company["id"], "language": "en", "version": 0, "groups": groups}

    assert (await house.operator.post("/v1/faq/synonyms", json=wish)).status_code == 422


@pytest.mark.parametrize("text", ["", "x" * 301, 7, None])
async def test_a_question_has_its_bounds(house: House, company: dict[str, Any], text: Any):
    answer = await house.operator.post("/v1/faq/search", json={"company_id": company["id"], "text": text})

    assert (answer.status_code, places(answer)[0][0]) == (422, "/text")


@pytest.mark.parametrize("text", ["???", "the", "%_'; DROP TABLE faq_entry; --", "（）", "😀", "a" * 300, "退" * 300])
async def test_whatever_is_asked_gets_an_answer(house: House, company: dict[str, Any], text: str):
    await house.make("faq", entry(company))

    assert await asked(house.operator, company, text, note=False) == []


async def test_the_audit_names_what_changed_and_no_text(house: House, company: dict[str, Any]):
    made = await house.make("faq", entry(company))
    change = {"version": 1, "answer": "A secret answer", "state": "archived"}
    await house.operator.patch(f"/v1/faq/{made['id']}", json=change)

    rows = await house.rows("SELECT action, data::text FROM audit WHERE subject_kind = 'faq_entry' ORDER BY at")

    assert [row["action"] for row in rows] == ["faq.created", "faq.changed"]
    assert "archived" in rows[1]["data"]
    assert not any(text in row["data"] for row in rows for text in ("secret", "returned", "14 days"))
