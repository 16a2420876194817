"""Recordings that a flow names: callers hear them; where one is not there any more they are led on, and told."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from app.launch import operator_key
from tests.pbx.centre import NUMBER, Centre, centre
from tests.pbx.ear import Ear
from tests.pbx.pbx import Pbx
from tests.pbx.sound import tones, voiced, wave_file

HELLO, SORRY, CALLER = 440.0, 1000.0, 660.0
FLOW = """\
flow: greeted
languages: [en]
start: hello
prompts:
  hello: {en: {file: hello.wav}}
  choose: {en: {file: menu/choose.wav}}
  sorry: {en: sorry}
nodes:
  hello: {say: hello, next: choose, on: {failure: sorry}}
  choose: {menu: choose, keys: {1: bye}, tries: 1, on: {failure: sorry, silence: bye}}
  sorry: {hang_up: sorry}
  bye: {hang_up: hello}
"""
NAMES = ("hello.wav", "menu/choose.wav")


async def upload(here: Centre, name: str, sound: bytes) -> str:
    key = await operator_key(here.database_url, "prompts")
    about = {"company_id": here.premises.companies["acme"], "name": name, "language": "en"}
    async with httpx2.AsyncClient(headers={"authorization": f"Bearer {key}", "content-type": "audio/wav"}) as client:
        answer = await client.post(f"{here.server.url}/v1/prompts", params=about, content=sound)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def lead_in(here: Centre, flow: str = FLOW) -> None:
    """The number leads into the flow, which could not be published before its recordings were there."""
    company_id = here.premises.companies["acme"]
    made = await here.rest.post("/v1/flows", {"company_id": company_id, "name": "Greeted", "text": flow})
    (number,) = [each for each in (await here.rest.get("/v1/numbers"))["items"] if each["address"] == NUMBER]
    await here.rest.ask("PATCH", f"/v1/numbers/{number['id']}", {"version": number["version"], "flow_id": made["id"]})
    await here.rest_a_while(1.2)  # so long a number may lead where it led before


def lasts(sound: bytes, hertz: float) -> float:
    return max((end - begin for begin, end in tones(sound, hertz)), default=0.0)


@pytest.mark.parametrize("rate", [8_000, 16_000])
async def test_a_caller_hears_the_recording(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, rate: int
) -> None:
    """Two calls: the file is made once and found again."""
    async with centre(pbx, new_database(), tmp_path, agents=0) as here:
        for name in NAMES:
            await upload(here, name, wave_file(HELLO if name == "hello.wav" else SORRY, 2.0, rate))
        await lead_in(here)
        for _ in range(2):
            async with Ear(CALLER, 30.0) as ear:
                caller = here.sip.call(NUMBER, "pause 6000", "press 1", "until", media=ear.port)
                await caller.over()
                heard = ear.heard(30.0)
            assert 1.7 < lasts(heard, HELLO) < 2.3
            assert 1.7 < lasts(heard, SORRY) < 2.3, "the question, too"
            assert len([1 for begin, end in tones(heard, HELLO) if end - begin > 1.5]) == 2, "and the last word"
        await here.nothing_is_left()
    suffix = ".wav" if rate == 8_000 else ".wav16"
    assert len(list((tmp_path / "home/prompts/uploaded").glob(f"*/*{suffix}"))) == 2


@pytest.mark.parametrize("loss", ["deleted", "no file", "another file", "deleted before the question"])
async def test_whoever_would_hear_one_that_is_lost_is_led_on_by_failure(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, loss: str
) -> None:
    voiced(tmp_path / "home" / "prompts", "sorry", SORRY, 1.5)
    async with centre(pbx, new_database(), tmp_path, agents=0) as here, Ear(CALLER, 30.0) as ear:
        ids = {name: await upload(here, name, wave_file(HELLO, 1.0)) for name in NAMES}
        await lead_in(here)
        if loss == "deleted":
            await here.rest.ask("DELETE", f"/v1/prompts/{ids['hello.wav']}", None)
        elif loss == "deleted before the question":
            await here.rest.ask("DELETE", f"/v1/prompts/{ids['menu/choose.wav']}", None)
        else:
            (row,) = await here.fetch(
                "SELECT b.location FROM blob b JOIN prompt p ON p.blob_id = b.id WHERE p.name = 'hello.wav'"
            )
            path = tmp_path / "home" / "blobs" / row["location"]
            await asyncio.to_thread(path.unlink if loss == "no file" else lambda: path.write_bytes(b"another"))
        caller = here.sip.call(NUMBER, "until", media=ear.port)
        await caller.over()
        heard = ear.heard(30.0)
        await here.nothing_is_left()
        walked = await here.fetch("SELECT data FROM event WHERE kind = 'ivr.walked' ORDER BY seq")
    assert "sorry" in walked[-1]["data"]
    assert 1.2 < lasts(heard, SORRY) < 1.8, "they are told"
    assert (lasts(heard, HELLO) > 0.5) == (loss == "deleted before the question")
