"""Flows as callers walk through them: a new version disturbs no call, and a secret is found nowhere."""

from collections.abc import Callable
from pathlib import Path

from tests.pbx.centre import FLOW, NUMBER, Centre, centre
from tests.pbx.pbx import Pbx

PIN = "73915264"
SECRET = """\
flow: secret
languages: [en]
start: ask
prompts:
  ask: {en: pin}
  bye: {en: bye}
nodes:
  ask: {collect: pin, ask: ask, digits_min: 8, digits_max: 8, secret: true, first_s: 2, next: known}
  known: {choose: [{when: 'called == "+4930555001"', next: again}], otherwise: bye}
  again: {collect: other, ask: ask, digits_min: 1, digits_max: 1, first_s: 2, next: bye}
  bye: {hang_up: bye}
"""


async def test_what_is_keyed_in_as_a_secret_is_found_nowhere(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1, flow=SECRET) as here:
        caller = here.sip.call(NUMBER, "pause 800", f"press {PIN}", "pause 1200", "press 5", "until")
        await caller.over()
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        assert '"other": "5"' in contact["collected"], "the caller went on behind it"
        assert PIN not in await _everything(here)
    assert PIN not in (tmp_path / "server.log").read_text()


async def _everything(here: Centre) -> str:
    """Every row of every table, as text."""
    tables = await here.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [await here.fetch(f'SELECT t::text AS row FROM "{table["tablename"]}" t') for table in tables]
    return "\n".join(row["row"] for some in rows for row in some)


async def test_a_version_that_is_published_disturbs_no_call(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Who called before goes on as it was; who calls then hears the new one."""
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        before = here.sip.call(NUMBER, "pause 1900", "press 1", "pause 3000", "bye")
        await here.until(lambda: here.fetch("SELECT 1 FROM event WHERE kind = 'ivr.walked'"))
        (flow,) = (await here.rest.get("/v1/flows", company_id=here.premises.companies["acme"]))["items"]
        other = FLOW.replace("{1: sales, 2: message, 3: bye}", "{1: bye, 2: message, 3: bye}")
        await here.rest.post(f"/v1/flows/{flow['id']}/versions", {"text": other, "publish": True})
        await here.rest_a_while(1.2)  # so long a number may lead where it led before
        after = here.sip.call(NUMBER, "pause 1500", "press 1", "until", number="+4930777002")
        await after.over()
        await before.over()
        await here.nothing_is_left()
        contacts = {contact["collected"]: contact["outcome"] for contact in await here.contacts()}
        stays = await here.fetch('SELECT "end" FROM stay')
    assert sorted(contacts.values()) == ["abandoned", "cleared"]
    assert [stay["end"] for stay in stays] == ["abandoned"], "the first one alone came into the queue"
