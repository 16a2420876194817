"""Flows as callers walk through them: a new version disturbs no call, and a secret is found nowhere."""

from collections.abc import Callable
from pathlib import Path

from tests.crm import crm
from tests.pbx.centre import FLOW, NUMBER, Centre, centre
from tests.pbx.pbx import Pbx

PIN = "73915264"
BALANCE = """\
flow: balance
languages: [en]
start: account
on: {failure: sorry}
prompts:
  account: {en: account}
  told: {en: "it is {account.balance}"}
  bye: {en: bye}
nodes:
  account: {collect: number, ask: account, digits_min: 8, digits_max: 8, secret: true, first_s: 3, next: find}
  find: {look_up: http, endpoint: balance, by: {account: number}, into: account, next: which, none: unknown}
  which: {choose: [{when: account.balance >= 1000, next: sales}], otherwise: told}
  told: {hang_up: told}
  unknown: {hang_up: bye}
  sorry: {hang_up: bye}
  sales: {enqueue: Sales}
"""
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


async def test_the_company_is_asked_in_a_call_and_its_answer_leads_on(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Whoever has much waits for an agent, whoever has little is told so; who is unknown hears good-bye."""
    known = {PIN: {"balance": 2500}, "11111111": {"balance": "12.50"}}
    with crm(accounts=known) as system:
        inside = {"JACKFIELD_ENDPOINTS_INSIDE": "true"}
        async with centre(pbx, new_database(), tmp_path, agents=1, flow=BALANCE, settings=inside) as here:
            wish = {"company_id": here.premises.companies["acme"], "name": "balance", "url": system.url}
            await here.rest.post("/v1/endpoints", wish)
            rich = here.sip.call(NUMBER, "pause 800", f"press {PIN}", "pause 3000", "bye")
            await rich.over()
            for number in ("11111111", "22222222"):
                await here.sip.call(NUMBER, "pause 800", f"press {number}", "until").over()
            await here.nothing_is_left()
            contacts = await here.contacts()
            looked_up = await here.fetch("SELECT state FROM effect WHERE kind = 'lookup.http' ORDER BY id")
            stays = await here.fetch("SELECT contact_id FROM stay")
            said = await here.fetch("SELECT args FROM effect WHERE kind = 'telephony.play' ORDER BY id")
            assert PIN not in await _everything(here)
    assert system.asked == [{"account": each} for each in (PIN, "11111111", "22222222")]
    assert [contact["outcome"] for contact in contacts] == ["abandoned", "cleared", "cleared"]
    assert [row["contact_id"] for row in stays] == [contacts[0]["id"]]
    assert '"account.balance": "2500"' in contacts[0]["collected"]
    assert "it is 12.50" in said[0]["args"]
    assert [row["state"] for row in looked_up] == ["done"] * 3
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
