"""Recordings for flows: uploaded, heard, replaced, gone; and a flow that names one which is not there."""

from typing import Any

import pytest

from app.api import prompts as api_prompts
from app.store import blobs
from tests.api.conftest import House
from tests.api.furnished import WAVE, upload

FLOW = """\
flow: main
languages: [en, zh-CN]
start: bye
prompts:
  bye:
    en: {file: bye.wav}
    zh-CN: 再见
nodes: {bye: {hang_up: bye}}
"""
WAV = {"content-type": "audio/wav"}


def named(company: dict[str, Any], **more: str) -> dict[str, str]:
    return {"company_id": company["id"], "name": "bye.wav", "language": "en"} | more


async def test_what_is_uploaded_is_listed_and_heard(house: House, company: dict[str, Any]):
    answer = await house.operator.post("/v1/prompts", params=named(company), content=WAVE, headers=WAV)
    made = answer.json()
    (listed,) = (await house.operator.get("/v1/prompts", params={"company_id": company["id"]})).json()["items"]
    sound = await house.operator.get(f"/v1/prompts/{made['id']}")
    (blob,) = await house.rows("SELECT kind, state, delete_after FROM blob")

    assert answer.status_code == 201
    assert listed == made
    assert (made["name"], made["language"], made["rate"], made["length_ms"]) == ("bye.wav", "en", 8000, 100)
    assert (sound.headers["content-type"], sound.content) == ("audio/wav", WAVE)
    assert (blob["kind"], blob["state"], blob["delete_after"]) == ("prompt", "stored", None)


async def test_the_same_name_again_takes_its_place_and_another_language_stands_beside(
    house: House, company: dict[str, Any]
):
    first = await upload(house.operator, company["id"])
    chinese = await upload(house.operator, company["id"], language="zh-CN")
    second = await upload(house.operator, company["id"])
    items = (await house.operator.get("/v1/prompts")).json()["items"]
    going = await blobs.delete_due(house.database.engine, house.files)

    assert {each["id"] for each in items} == {chinese, second}
    assert going == 1, "what was replaced goes"
    assert (await house.operator.get(f"/v1/prompts/{first}")).status_code == 404
    assert (await house.operator.get(f"/v1/prompts/{second}")).content == WAVE


async def test_what_is_deleted_is_gone_with_its_file(house: House, company: dict[str, Any]):
    made = await upload(house.operator, company["id"])
    gone = await house.operator.delete(f"/v1/prompts/{made}")
    again = await house.operator.delete(f"/v1/prompts/{made}")
    going = await blobs.delete_due(house.database.engine, house.files)
    (blob,) = await house.rows("SELECT state, location FROM blob")
    audit = await house.rows("SELECT action FROM audit WHERE subject_kind = 'prompt' ORDER BY at")

    assert (gone.status_code, again.status_code) == (204, 404)
    assert (going, blob["state"]) == (1, "erased")
    assert not await house.files.exists(blob["location"])
    assert (await house.operator.get("/v1/prompts")).json()["items"] == []
    assert [row["action"] for row in audit] == ["prompt.created", "prompt.deleted"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "RIFF WAVE"),
        (b"ID3" + bytes(1_000), "RIFF WAVE"),
        (WAVE[:-10], "shorter than it says"),
        (WAVE[:22] + b"\x02\x00" + WAVE[24:], "one channel"),
        (WAVE[:24] + (44_100).to_bytes(4, "little") + WAVE[28:], "44100"),
    ],
    ids=["nothing", "an MP3", "cut off", "stereo", "of a CD"],
)
async def test_what_telephones_do_not_play_is_refused(house: House, company: dict[str, Any], content: bytes, said: str):
    refused = await house.operator.post("/v1/prompts", params=named(company), content=content, headers=WAV)
    (error,) = refused.json()["errors"]

    assert (refused.status_code, error["text_key"], error["in"]) == (422, "prompt.not_playable", "body")
    assert said in error["detail"]
    assert await house.rows("SELECT id FROM blob") == []


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"name": "bye.mp3"}, "/name"),
        ({"name": "../bye.wav"}, "/name"),
        ({"name": "a/b/c.wav"}, "/name"),
        ({"name": ""}, "/name"),
        ({"language": "english"}, "/language"),
        ({"language": "EN"}, "/language"),
        ({"company_id": "1"}, "/company_id"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_what_it_is_called_is_checked(
    house: House, company: dict[str, Any], params: dict[str, str], pointer: str
):
    refused = await house.operator.post("/v1/prompts", params=named(company, **params), content=WAVE, headers=WAV)

    assert refused.status_code == 422
    assert [(each["pointer"], each["in"]) for each in refused.json()["errors"]] == [(pointer, "query")]


async def test_another_kind_of_body_and_one_that_is_too_large_are_refused(house: House, company: dict[str, Any]):
    about = {"params": named(company)}
    as_json = await house.operator.post("/v1/prompts", json={"sound": "x"}, **about)
    unsaid = await house.operator.post("/v1/prompts", content=WAVE, **about)
    large = await house.operator.post("/v1/prompts", content=WAVE + bytes(2 * 1_048_576), headers=WAV, **about)
    elsewhere = await house.operator.post("/v1/flows", content=WAVE, headers=WAV)

    assert [(each.status_code, each.json()["text_key"]) for each in (as_json, unsaid, large, elsewhere)] == [
        (415, "request.not_wave"), (415, "request.not_wave"), (413, "request.too_large"), (415, "request.not_json"),
    ]  # fmt: skip


async def test_a_company_has_so_many_and_no_more(
    house: House, company: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(api_prompts, "PROMPTS_MAX", 1)
    await upload(house.operator, company["id"])
    refused = await house.operator.post("/v1/prompts", params=named(company), content=WAVE, headers=WAV)

    assert (refused.status_code, refused.json()["text_key"]) == (409, "prompt.too_many")


async def test_a_supervisor_hears_and_an_administrator_uploads(house: House, company: dict[str, Any]):
    supervisor = await house.client_of("supervisor", company["id"])
    admin = await house.client_of("admin", company["id"])
    refused = await supervisor.post("/v1/prompts", params=named(company), content=WAVE, headers=WAV)
    made = await upload(admin, company["id"])

    assert refused.status_code == 403
    assert (await supervisor.get(f"/v1/prompts/{made}")).status_code == 200
    assert (await supervisor.delete(f"/v1/prompts/{made}")).status_code == 403


async def test_a_flow_that_names_a_recording_which_is_not_there_is_not_published(house: House, company: dict[str, Any]):
    """The line is told; a draft is kept; with the recording it can be published, until that is deleted."""
    body = {"company_id": company["id"], "name": "Main", "text": FLOW}
    refused = await house.operator.post("/v1/flows", json=body)
    checked = (await house.operator.post("/v1/flows/check", json={k: body[k] for k in ("company_id", "text")})).json()
    made = await house.make("flows", body | {"publish": False})
    path = f"/v1/flows/{made['id']}/versions"
    draft = (await house.operator.get(f"{path}/1")).json()
    unpublished = await house.operator.post(f"{path}/1/publish")
    second = await house.operator.post(path, json={"text": FLOW, "publish": True})
    prompt = await upload(house.operator, company["id"], "bye.wav")
    published = await house.operator.post(f"{path}/1/publish")
    await house.operator.delete(f"/v1/prompts/{prompt}")
    then = (await house.operator.get(f"{path}/1")).json()

    for answer in (refused, unpublished, second):
        (error,) = answer.json()["errors"]
        assert (answer.status_code, answer.json()["text_key"]) == (422, "flow.problems")
        assert (error["line"], error["text_key"], error["pointer"]) == (6, "flow.no_recording", "/text")
    for found in (checked, draft, then):
        assert [(each["line"], each["text_key"]) for each in found["problems"]] == [(6, "flow.no_recording")]
    assert (published.status_code, published.json()["problems"]) == (200, [])


async def test_a_recording_of_another_company_does_not_count(house: House, company: dict[str, Any]):
    other = await house.make("companies", {"slug": "other", "name": "Other"})
    await upload(house.operator, other["id"], "bye.wav")
    refused = await house.operator.post("/v1/flows", json={"company_id": company["id"], "name": "Main", "text": FLOW})

    assert refused.status_code == 422
