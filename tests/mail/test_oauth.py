"""Is a mailbox read and written by tokens in place of a password, over all that happens to tokens?"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg

from app.doctor_mail import examine_mail
from app.settings import Settings
from tests.mail.centre import Centre, centre
from tests.mail.post_office import SUPPORT, PostOffice, letter
from tests.mail.provider import CLIENT_SECRET, SCOPE, provider_at
from tests.mail.wire import wire_to
from tests.serving import SECRET

Database = Callable[[], str]


async def _trouble_is(here: Centre, word: str | None, out: bool = False) -> None:
    path = f"/v1/mailboxes/{here.boxes[SUPPORT]['id']}"

    async def is_so() -> bool:
        return bool((await here.rest.get(path))["out_trouble" if out else "trouble"] == word)

    await here.until(is_so, why=f"trouble {word}")


async def _change(here: Centre, **wish: Any) -> dict[str, Any]:
    path = f"/v1/mailboxes/{here.boxes[SUPPORT]['id']}"
    now = await here.rest.get(path)
    return dict(await here.rest.ask("PATCH", path, {"version": now["version"], **wish}))


async def test_a_mailbox_is_read_and_written_by_tokens_whose_refresh_token_changes_each_time_and_over_a_death(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with (
        provider_at(office.ports["provider"]) as provider,
        centre(office, new_database(), tmp_path, agents=1, box={"password": None, "oauth": provider.grant}) as here,
    ):
        here.desks["anna"].choose("ready")
        await asyncio.to_thread(office.send, letter())
        contact_id = await here.served()
        here.server.kill()
        here.server.start()
        await here.server.until_ready()
        await here.until_state("talking")
        await here.answer(contact_id)
        (answer,) = await asyncio.to_thread(office.until_there, 1)
        await here.until(lambda: len(provider.given) >= 2, why="tokens are asked for anew after a death")
        asked, kept = list(provider.asked), await here.fetch("SELECT * FROM mailbox")
        audit = await here.fetch("SELECT * FROM audit")
        shown, log = await here.rest.get("/v1/mailboxes"), here.server.log.read_text()

    assert answer["Subject"] == "Re: A question"
    assert [each["refresh_token"] for each in asked] == [f"refresh-{n}" for n in range(len(asked))]
    assert {(each["grant_type"], each["scope"]) for each in asked} == {("refresh_token", SCOPE)}
    assert shown["items"][0]["oauth"] == {
        "token_url": provider.grant["token_url"], "client_id": "acme-client", "scope": SCOPE
    }  # fmt: skip
    for secret in (CLIENT_SECRET, "refresh-", "access-"):
        assert secret not in f"{shown}{audit}{log}{[dict(row) for row in kept]}"


async def test_a_token_is_renewed_before_it_ends_and_each_new_line_is_entered_by_one_that_is_good(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with (
        provider_at(office.ports["provider"], life_s=1, rotates=False) as provider,
        wire_to(office.ports["imap"]) as wire,
    ):
        box = {"password": None, "oauth": provider.grant, "imap_port": wire.port}
        async with centre(office, new_database(), tmp_path, box=box) as here:
            await here.until(lambda: wire.count(b" IDLE"), why="it is read")
            first = len(provider.given)
            await asyncio.sleep(1)
            provider.good.clear()
            wire.cut()
            await here.until(lambda: wire.count(b" IDLE") > 1, why="it is read again")
            await asyncio.to_thread(office.put, letter().as_bytes())
            await here.until_delivered(1)
            log = here.server.log.read_text()

    assert len(provider.given) > first
    assert '"trouble": "access"' not in log


async def test_what_is_in_the_way_of_a_token_is_said_and_goes_by_itself_or_with_a_new_consent(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with (
        provider_at(office.ports["provider"]) as provider,
        wire_to(office.ports["imap"]) as wire,
        centre(
            office, new_database(), tmp_path, box={"password": None, "oauth": provider.grant, "imap_port": wire.port}
        ) as here,
    ):
        await _trouble_is(here, None)
        provider.broken = "<html>We are sorry</html>"
        await _change(here, sender_name="Acme 2")
        await _trouble_is(here, "token")
        provider.broken = ""
        await _trouble_is(here, None)
        provider.revoke()
        await _change(here, sender_name="Acme 3")
        await _trouble_is(here, "grant")
        conn = await asyncpg.connect(here.server.database_url)
        found = await examine_mail(conn, SECRET.encode(), Settings(endpoints_inside=True))
        await conn.close()
        provider.refresh_token = "refresh-anew"
        changed = await _change(here, oauth=provider.grant)
        await asyncio.to_thread(office.put, letter().as_bytes())
        await here.until_delivered(1)
        provider.good.clear()  # the mail server lets nobody in by those that it knows
        wire.cut()
        await _trouble_is(here, "access")
        await _trouble_is(here, None)

    assert (found[0].saw, "consent anew" in found[0].cure) == (f"OAuth at {provider.grant['token_url']}: grant", True)
    assert "refresh" not in str(changed)
