"""Does bad input get a clear answer that names the field, with nothing half done and never a 500?"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.api.bounds import BODY_BYTES_MAX, BULK_BODY_BYTES_MAX
from tests.api.conftest import House

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def database(new_database_of_module: Callable[[], str]) -> str:
    """One for all: hardly anything here gets as far as the database."""
    return new_database_of_module()


def is_problem(answer: Any, status: int, pointer: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("https://jackfield.dev/problems/")
    assert body["text_key"]
    if pointer is not None:
        assert pointer in [error["pointer"] for error in body["errors"]], body
    return dict(body)


async def count(house: House, table: str) -> int:
    return int((await house.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"])


@pytest.mark.parametrize(
    "raw",
    [b"{", b"", b"nonsense", b'{"name": "x"', b"\xff\xfe", b'{"name":"x"}\x00', "{}".encode("utf-16"), b"[" * 30_000],
)
async def test_malformed_json_is_refused(house: House, raw: bytes):
    answer = await house.operator.post("/v1/teams", content=raw, headers=JSON)

    is_problem(answer, 422 if not raw else 400)
    assert await count(house, "team") == 0


@pytest.mark.parametrize("text", ["a\0b", "\0", "a\ud800b", "\udfff"])
async def test_nul_and_lone_surrogates_are_refused_with_the_field_named(house: House, text: str):
    escaped = json.dumps({"name": text})
    is_problem(await house.operator.post("/v1/teams", content=escaped, headers=JSON), 422, "/name")

    raw = f'{{"name":"{text}"}}'.encode("utf-8", "surrogatepass")
    answer = await house.operator.post("/v1/teams", content=raw, headers=JSON)
    is_problem(answer, 400 if "\0" in text else 422, None if "\0" in text else "/name")
    assert await count(house, "team") == 0


async def test_deep_inside_they_are_named_as_well(house: House, company: dict[str, Any]):
    body = {"company_id": company["id"], "channel": "task", "collected": {"answers": [{"a/b": "fine"}, {"why": "\0"}]}}

    answer = await house.operator.post("/v1/contacts", json=body, headers={"Idempotency-Key": "k"})

    is_problem(answer, 422, "/collected/answers/1/why")


async def test_a_key_of_an_object_is_text_too(house: House, company: dict[str, Any]):
    body = {"company_id": company["id"], "channel": "task", "collected": {"bad\0key": 1}}

    answer = await house.operator.post("/v1/contacts", json=body, headers={"Idempotency-Key": "k"})

    is_problem(answer, 422, "/collected/bad?key")


async def test_an_emoji_is_no_lone_surrogate(house: House):
    body = r'{"name":"smile","label":"\ud83d\ude00"}'

    answer = await house.operator.post("/v1/skills", content=body, headers=JSON)

    assert answer.json()["label"] == "\U0001f600"


@pytest.mark.parametrize("bad", ["%00", "a%00b", "%ED%A0%80", "%FF"])
async def test_path_and_query_hold_text_only(house: House, bad: str):
    is_problem(await house.operator.get(f"/v1/teams/{bad}"), 422)
    is_problem(await house.operator.get(f"/v1/teams?after={bad}"), 422, "/after")
    is_problem(await house.operator.get(f"/v1/teams?{bad}=1"), 422)


async def test_ten_megabytes_are_refused_before_they_are_read(house: House):
    read = 0

    async def stream():
        nonlocal read
        for _ in range(160):
            read += 65_536
            yield b"x" * 65_536

    answer = await house.operator.post("/v1/teams", content=stream(), headers=JSON)

    assert is_problem(answer, 413)["limit_bytes"] == BODY_BYTES_MAX


async def test_an_announced_length_is_enough_to_refuse(house: House):
    headers = JSON | {"Content-Length": str(10 * 1_048_576)}

    is_problem(await house.operator.post("/v1/teams", content=b"{}", headers=headers), 413)


async def test_bulk_routes_take_more_and_have_a_bound_too(house: House):
    items = [{"login": f"u{n}", "name": "N" * 190} for n in range(400)]
    assert len(json.dumps({"items": items})) > BODY_BYTES_MAX

    assert (await house.operator.post("/v1/users/bulk", json={"items": items})).status_code == 201
    too_much = b'{"items":"' + b"x" * BULK_BODY_BYTES_MAX + b'"}'
    is_problem(await house.operator.post("/v1/users/bulk", content=too_much, headers=JSON), 413)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
async def test_a_body_that_is_not_json_is_415(house: House, kind: str | None):
    headers = {"Content-Type": kind} if kind else {}

    is_problem(await house.operator.post("/v1/teams", content=b'{"name":"x"}', headers=headers), 415)


async def test_a_name_of_5000_characters_is_refused(house: House, company: dict[str, Any]):
    for path, body in (
        ("teams", {"name": "x" * 5000}),
        ("users", {"login": "x" * 5000, "name": "x"}),
        ("companies", {"slug": "a", "name": "x" * 5000}),
        ("customers", {"company_id": company["id"], "name": "x" * 5000}),
        ("queues", {"company_id": company["id"], "name": "x" * 5000}),
    ):
        field = next(name for name, value in body.items() if len(value) == 5000)
        is_problem(await house.operator.post(f"/v1/{path}", json=body), 422, f"/{field}")


async def test_unknown_fields_and_parameters_are_refused(house: House):
    is_problem(await house.operator.post("/v1/teams", json={"name": "x", "nmae": "y"}), 422, "/nmae")
    is_problem(await house.operator.get("/v1/teams?limt=3"), 422, "/limt")
    is_problem(await house.operator.get("/healthz?x=1"), 422, "/x")


async def test_types_are_not_guessed(house: House, company: dict[str, Any]):
    body = {"company_id": company["id"], "name": "q", "config": {"promise_s": "60", "rate": True, "limit_s": 1e300}}

    found = is_problem(await house.operator.post("/v1/queues", json=body), 422)

    pointers = {error["pointer"] for error in found["errors"]}
    assert pointers == {"/config/promise_s", "/config/rate", "/config/limit_s"}


async def test_what_was_sent_is_never_echoed(house: House):
    """A refused request may hold anything: the answer names fields, not values."""
    secret = "correct horse battery staple"

    answer = await house.operator.post("/v1/users", json={"login": secret, "name": "x", "password": 17})

    is_problem(answer, 422, "/login")
    assert secret not in answer.text


@pytest.mark.parametrize("raw", ['{"name": NaN}', '{"name": 1e999}', '{"name": ' + "9" * 5000 + "}"])
async def test_numbers_that_are_none_are_refused(house: House, raw: str):
    answer = await house.operator.post("/v1/teams", content=raw, headers=JSON)

    assert answer.status_code in (400, 422)
    is_problem(answer, answer.status_code)


async def test_what_is_not_there_is_404_and_a_wrong_method_405(house: House):
    is_problem(await house.operator.get("/v1/nothing"), 404)
    is_problem(await house.operator.get("/v1/teams/01a2075a-0000-7000-8000-000000000000"), 404, "/team_id")
    is_problem(await house.operator.get("/v1/teams/"), 404)
    answer = await house.operator.put("/v1/teams", json={})
    is_problem(answer, 405)
    assert set(answer.headers["allow"].split(", ")) >= {"GET", "POST"}


async def test_a_path_that_is_no_id_names_its_parameter(house: House):
    is_problem(await house.operator.get("/v1/teams/17"), 422, "/team_id")


async def test_collected_has_a_bound_in_every_direction(house: House, company: dict[str, Any]):
    deep: dict[str, Any] = {}
    for _ in range(20):
        deep = {"a": deep}
    for collected in (deep, {"a": "x" * 20_000}, {str(n): n for n in range(600)}, {"a": 1.5}, {"a": 2**60}):
        body = {"company_id": company["id"], "channel": "task", "queue_id": company["id"], "collected": collected}

        answer = await house.operator.post("/v1/contacts", json=body, headers={"Idempotency-Key": "k"})

        is_problem(answer, 422, "/collected")


async def test_every_answer_carries_the_id_of_its_request(house: House):
    mine = await house.client.get("/healthz", headers={"X-Request-Id": "my-request.1"})
    poisoned = await house.client.get("/healthz", headers={"X-Request-Id": 'x" onload="'})

    assert mine.headers["x-request-id"] == "my-request.1"
    assert "onload" not in poisoned.headers["x-request-id"]


async def test_a_database_that_is_away_is_503_with_retry_after(house: House, tmp_path):
    import httpx2

    from app.api.app import build_api
    from app.ports import Doors
    from app.store.database import Database
    from tests.api.conftest import settings_of

    away = Database.connect(f"postgresql://postgres@/none?host={tmp_path}")
    app = build_api(Doors(settings_of("postgresql://x/y", tmp_path), away, house.writer.submit, lambda: 0))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://t") as client:
        answer = await client.get("/v1/teams", headers={"Authorization": "Bearer jf_x"})
        ready = await client.get("/readyz")
        alive = await client.get("/healthz")

    is_problem(answer, 503)
    assert answer.headers["retry-after"] == "1"
    is_problem(ready, 503)
    assert alive.status_code == 200
