"""What can be wrong at a telephone: a clear state, and never a caller in silence."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pbx.centre import NUMBER, PLAIN, Centre, centre
from tests.pbx.pbx import ARI_USER, Pbx
from tests.pbx.sound import wave_file
from tests.pbx.test_prompts import lead_in, upload

MISSING = """\
flow: missing
languages: [en]
start: hello
prompts:
  hello: {en: {file: nowhere.wav}}
nodes:
  hello: {say: hello, next: bye}
  bye: {hang_up: ""}
"""


async def test_a_number_that_nobody_has_is_refused_at_once(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        caller = here.sip.call("+4930999999", "refused", "404")
        await caller.over()
        assert not await here.contacts()
        (state,) = (await here.rest.get("/v1/asterisks"))["items"]
        assert state["unknown_numbers"] == 1


@pytest.mark.parametrize(
    ("name", "number"),
    [("Caller", None), ("\N{GRINNING FACE}" * 50, "+4930777001"), ("n" * 200, "not-a-number"), ("x", "1" * 60)],
    ids=["withheld", "emoji", "long", "many digits"],
)
async def test_whoever_calls_is_queued(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, name: str, number: str | None
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        caller = here.sip.call(PLAIN, "pause 1500", "bye", number=number, name=name)
        await caller.over()
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert contact["outcome"] == "abandoned"
    assert ("+4930777001" in contact["collected"]) == (number == "+4930777001")


async def test_a_prompt_that_is_missing_ends_the_call_and_not_in_silence(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """It was there when the flow was published, which has no way on from failure: the caller is let go."""
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        prompt_id = await upload(here, "nowhere.wav", wave_file(440.0, 1.0))
        await lead_in(here, MISSING)
        await here.rest.ask("DELETE", f"/v1/prompts/{prompt_id}", None)
        caller = here.sip.call(NUMBER, "until")
        await caller.over()
        await here.nothing_is_left()
        assert "no such recording" in (tmp_path / "server.log").read_text()


async def test_a_wrong_password_is_said(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        (right,) = (await here.rest.get("/v1/asterisks"))["items"]
        wrong = {"version": right["version"], "password": "not-this-one"}
        await here.rest.ask("PATCH", f"/v1/asterisks/{right['id']}", wrong)
        await here.until(lambda: _trouble(here, "access"), why="the wrong password is said")
        assert right["username"] == ARI_USER


async def test_an_asterisk_that_is_away_is_said_and_found_when_it_comes(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    (tmp_path / "pbx").mkdir()
    pbx = Pbx.configured(tmp_path / "pbx")
    pbx.start()
    try:
        async with centre(pbx, new_database(), tmp_path, agents=1) as here:
            pbx.stop(signal.SIGKILL)
            await here.until(lambda: _trouble(here, "absent"), why="it is said that it is away")
            pbx.start()
            await here.until(lambda: _trouble(here, None), why="it is found again")
            caller = here.sip.call(PLAIN, "pause 1000", "bye")
            await caller.over()
            await here.nothing_is_left()
    finally:
        pbx.stop(signal.SIGKILL)


async def _trouble(here: Centre, word: str | None) -> Any:
    (state,) = (await here.rest.get("/v1/asterisks"))["items"]
    return state["trouble"] == word
