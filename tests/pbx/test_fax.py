"""Faxes with a machine outside: received, sent, tried again; by T.38 and as sound; while we die; on a voice number."""

import base64
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.sealed_files import SealedFiles
from app.store.files import FileBlobs
from floor.rest import Refused
from tests.pbx.centre import NUMBER, PLAIN, Centre, centre
from tests.pbx.fax_machine import (
    BUSY,
    BUSY_TWICE,
    FAX,
    NOBODY,
    Machine,
    black,
    damaged,
    differs,
    drawn,
    fine_pages,
    pages_of,
    sheets,
)  # fmt: skip
from tests.serving import SECRET

CHARTS = Path(__file__).parents[3] / "shared/data/fax"  # of the ITU
needs_charts = pytest.mark.skipif(not CHARTS.exists(), reason="needs the charts of the ITU in shared/data/fax")
FAX_NUMBER = "+4930555003"
FAX_S = 90.0  # a page takes half a minute
UPRIGHT_ROWS = 1_700  # what is wider than high is turned
DIAL_OUT = "PJSIP/{number}@machine"
RECEIVING = "SELECT 1 FROM effect WHERE kind = 'telephony.receive_fax' AND state = 'sent'"


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="jackfield-fax-") as folder:
        made = Machine.beside(Path(folder))
        yield made
        made.stop()


@pytest.fixture(autouse=True)
def _hung_up(machine: Machine) -> Iterator[None]:
    """What a test that failed has left on the wires does not come to the next one."""
    yield
    for each in (machine.own, machine.pbx):
        each.say("channel request hangup all")


async def takes_faxes(here: Centre, address: str = FAX_NUMBER) -> None:
    queue_id = here.premises.queues["acme", "Sales"]
    company_id = here.premises.companies["acme"]
    about = {"company_id": company_id, "address": address, "kind": "fax", "queue_id": queue_id}
    await here.rest.post("/v1/numbers", about)
    await here.rest_a_while(1.2)  # so long a number may lead where it led before


async def kept_pages(here: Centre, folder: Path) -> list[Image.Image]:
    """Of the one fax that is in our files, as it came."""
    (row,) = await here.fetch("SELECT b.location FROM fax f JOIN blob b ON b.id = f.blob_id")
    files = SealedFiles(FileBlobs(folder / "home/blobs"), SECRET.encode())
    return pages_of(await files.get(row["location"]))


async def fax_of(here: Centre) -> dict[str, Any]:
    """The one fax of the one contact, over REST."""
    (contact,) = await here.contacts()
    (fax,) = (await here.rest.get(f"/v1/contacts/{contact['id']}/faxes"))["items"]
    return dict(fax)


async def serve(here: Centre) -> None:
    """The agent who has it ends it, and nothing is left."""
    here.desks["anna"].do("end", await here.until_state("talking", seconds=FAX_S))
    await here.nothing_is_left()


# --- in ---------------------------------------------------------------------------------------------------------------


async def comes_in(machine: Machine, database: str, folder: Path, pages: bytes, **how: Any) -> tuple[Any, Any, Any]:
    """(pages as they were kept, the fax over REST, the contact) of a fax that an agent has read."""
    async with centre(machine.pbx, database, folder, agents=1) as here:
        await takes_faxes(here)
        here.desks["anna"].choose("ready")
        await machine.sends(pages, FAX_NUMBER, **how)
        await here.until_state("talking", seconds=FAX_S)
        fax, kept = await fax_of(here), await kept_pages(here, folder)
        await serve(here)
        (contact,) = await here.contacts()
    assert list((folder / "home/fax").iterdir()) == [], "nothing is left in the folder that Asterisk reads"
    return kept, fax, contact


async def test_a_fax_comes_by_t38_every_point_as_it_was_sent_and_an_agent_has_it(
    machine: Machine, new_database: Callable[[], str], tmp_path: Path
) -> None:
    sent, before = sheets(2), await machine.succeeded("T.38")
    kept, fax, contact = await comes_in(machine, new_database(), tmp_path, sent)
    assert await machine.succeeded("T.38") == before + 1
    assert [damaged(got, was) for got, was in zip(kept, pages_of(sent), strict=True)] == [0.0, 0.0]
    assert (fax["direction"], fax["state"], fax["pages"], fax["complete"]) == ("in", "received", 2, True)
    assert fax["station"].replace(" ", "") == "+4930777001", "as the other machine calls itself"
    assert fax["took_s"] > 3
    assert (contact["channel"], contact["outcome"]) == ("fax", "handled")
    assert "+4930777001" in contact["collected"], "whoever calls is looked up as with a call"


async def test_a_fax_comes_as_sound_without_error_correction(
    machine: Machine, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """The machine does no T.38: ours asks for it in vain and takes the sound."""
    sent, before = sheets(), await machine.succeeded("G.711")
    kept, fax, _ = await comes_in(machine, new_database(), tmp_path, sent, audio=True)
    assert await machine.succeeded("G.711") == before + 1
    assert damaged(kept[0], pages_of(sent)[0]) <= 0.001
    assert fax["complete"]


@needs_charts
async def test_all_charts_of_the_itu_come_as_they_were_sent_and_so_they_are_read_at_the_desk(
    machine: Machine, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """By T.38, all at once."""
    charts = {file.stem: fine_pages(file.read_bytes()) for file in sorted(CHARTS.glob("itu*_g?.tif"))}
    before = await machine.succeeded("T.38")
    async with centre(machine.pbx, new_database(), tmp_path, agents=0) as here:
        await takes_faxes(here)
        for name in charts:
            await machine.sends((CHARTS / f"{name}.tif").read_bytes(), FAX_NUMBER)
        await here.until(lambda: there_are(here, len(charts)), FAX_S * 2, "all are here")
        read = [await as_read(here, row["blob_id"]) for row in await here.fetch("SELECT blob_id::text FROM fax")]
        incomplete = await here.fetch("SELECT 1 FROM fax WHERE NOT complete")
    assert len(charts) == 8
    assert incomplete == []
    for name, sent in charts.items():
        same = next((got for got in read if len(got) == len(sent) and not any(map(damaged, got, sent))), None)
        assert same is not None, f"{name} is not among what is read"
        read.remove(same)
    assert await machine.succeeded("T.38") == before + 8


@needs_charts
async def test_a_chart_of_the_itu_comes_as_sound(
    machine: Machine, new_database: Callable[[], str], tmp_path: Path
) -> None:
    sent = (CHARTS / "itu2_g3.tif").read_bytes()
    kept, _, _ = await comes_in(machine, new_database(), tmp_path, sent, audio=True)
    assert damaged(kept[0], pages_of(sent)[0]) <= 0.001


async def there_are(here: Centre, count: int) -> bool:
    (row,) = await here.fetch("SELECT count(*) AS n FROM fax")
    return bool(row["n"] == count)


async def as_read(here: Centre, fax_id: str) -> list[Image.Image]:
    """The points of each page of the PDF that a person takes along."""
    answer = await here.rest._client.get(f"/v1/faxes/{fax_id}/document")
    assert answer.status_code == 200
    return drawn(answer.content)


async def test_a_call_on_a_fax_number_by_somebody_who_says_nothing_has_failed(
    machine: Machine, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(machine.pbx, new_database(), tmp_path, agents=1) as here:
        await takes_faxes(here)
        here.desks["anna"].choose("ready")
        await machine.hums(FAX_NUMBER)
        await here.until(lambda: here.fetch(RECEIVING), why="it is being received")
        await here.rest_a_while(2.0)
        await machine.hangs_up()
        await here.nothing_is_left(30)
        (contact,) = await here.contacts()
        events = await here.fetch("SELECT kind FROM event WHERE kind LIKE 'fax.%'")
    assert (contact["channel"], contact["outcome"]) == ("fax", "failed")
    assert [row["kind"] for row in events] == ["fax.not_received"]


@pytest.mark.parametrize("back", ["before its end", "after its end"])
async def test_a_fax_that_comes_while_we_die_is_not_lost(
    machine: Machine, new_database: Callable[[], str], tmp_path: Path, back: str
) -> None:
    sent = sheets()
    async with centre(machine.pbx, new_database(), tmp_path, agents=1) as here:
        await takes_faxes(here)
        here.desks["anna"].choose("ready")
        await machine.sends(sent, FAX_NUMBER)
        await here.until(lambda: here.fetch(RECEIVING), why="it is being received")
        await here.rest_a_while(2.0)
        here.server.kill()
        if back == "after its end":
            await here.until(machine.is_quiet, FAX_S, "it is sent")
        here.server.start()
        await here.server.until_ready()
        await here.until_state("talking", seconds=FAX_S)
        kept, fax = await kept_pages(here, tmp_path), await fax_of(here)
        await serve(here)
        contacts = await here.contacts()
    assert damaged(kept[0], pages_of(sent)[0]) == 0.0
    assert (fax["pages"], fax["complete"], len(contacts)) == (1, True, 1)


@pytest.mark.parametrize("number", [NUMBER, PLAIN])
async def test_a_fax_on_a_voice_number_is_the_same_contact(
    machine: Machine, new_database: Callable[[], str], tmp_path: Path, number: str
) -> None:
    """In a flow, or while it waits with music: the tone leads it to where faxes to this number wait."""
    sent = sheets()
    async with centre(machine.pbx, new_database(), tmp_path, agents=1) as here:
        await takes_faxes(here, number)
        await machine.sends(sent, number)
        await here.until(lambda: here.fetch("SELECT 1 FROM contact WHERE channel = 'phone'"), why="a call")
        await here.until(lambda: here.fetch(RECEIVING), 30, "the tone is heard")
        here.desks["anna"].choose("ready")
        await here.until_state("talking", seconds=FAX_S)
        kept = await kept_pages(here, tmp_path)
        await serve(here)
        (contact,) = await here.contacts()
        ends = await here.fetch('SELECT "end" FROM stay ORDER BY id')
    assert damaged(kept[0], pages_of(sent)[0]) == 0.0
    assert (contact["channel"], contact["outcome"]) == ("fax", "handled")
    assert [row["end"] for row in ends] == (["cleared", "answered"] if number == PLAIN else ["answered"])


# --- out --------------------------------------------------------------------------------------------------------------


async def is_connected(here: Centre) -> bool:
    (asterisk,) = (await here.rest.get("/v1/asterisks"))["items"]
    return asterisk["trouble"] is None and asterisk["asterisk_version"] is not None


async def asks_for(here: Centre, to: str, document: bytes) -> str:
    await here.until(lambda: is_connected(here), why="Asterisk is connected")
    body = {
        "company_id": here.premises.companies["acme"], "to": to, "document": base64.b64encode(document).decode(),
        "subject": "Offer",
    }  # fmt: skip
    return str((await here.rest.post("/v1/faxes", body, key=f"to-{to[1:]}"))["id"])


async def until_over(here: Centre, fax_id: str) -> dict[str, Any]:
    async def over() -> dict[str, Any] | None:
        fax = await here.rest.get(f"/v1/faxes/{fax_id}")
        return fax if fax["state"] in ("sent", "failed") else None

    return dict(await here.until(over, FAX_S * 2, "it is sent, or not"))


def two_pages() -> bytes:
    """A PDF, as a person would send it."""
    made = io.BytesIO()
    drawn = [page.convert("L") for page in pages_of(sheets(2, UPRIGHT_ROWS))]
    drawn[0].save(made, "PDF", dpi=(204, 196), save_all=True, append_images=drawn[1:])
    return made.getvalue()


@pytest.mark.parametrize("to", [FAX, BUSY_TWICE])
async def test_a_pdf_arrives_at_a_fax_machine_at_the_first_try_or_the_third(
    machine: Machine, new_database: Callable[[], str], tmp_path: Path, to: str
) -> None:
    before = len(machine.received())
    async with centre(machine.pbx, new_database(), tmp_path, agents=0, dial_out=DIAL_OUT) as here:
        document = two_pages()
        fax_id = await asks_for(here, to, document)
        fax = await until_over(here, fax_id)
        again = await asks_for(here, to, document)
        await here.nothing_is_left()
        kept = await kept_pages(here, tmp_path)
        (contact,) = await here.contacts()
    taken = machine.received()[before:]
    assert len(taken) == 1, "once"
    given = drawn(document)
    assert [differs(got, was) < 0.03 for got, was in zip(pages_of(taken[0]), given, strict=True)] == [True, True]
    assert min(black(page) for page in given) > 0.05, "a blank page would differ"
    assert [damaged(got, was) for got, was in zip(pages_of(taken[0]), kept, strict=True)] == [0.0, 0.0]
    assert (fax["state"], fax["pages"], fax["tries"]) == ("sent", 2, 1 if to == FAX else 3)
    assert fax["station"].replace(" ", "") == "+4930777001", "who has taken it"
    assert fax["took_s"] > 3
    assert again == fax_id, "the same request is the same fax"
    assert (contact["direction"], contact["channel"], contact["outcome"]) == ("out", "fax", "handled")


@pytest.mark.parametrize(("to", "cause"), [(BUSY, "busy"), (NOBODY, "no_answer")])
async def test_a_fax_that_nobody_takes_is_tried_as_often_as_the_rules_say_and_says_why(
    machine: Machine, new_database: Callable[[], str], tmp_path: Path, to: str, cause: str
) -> None:
    rules = {"max_attempts": 2 if cause == "busy" else 1}
    async with centre(machine.pbx, new_database(), tmp_path, agents=0, dial_out=DIAL_OUT, dialling=rules) as here:
        fax = await until_over(here, await asks_for(here, to, sheets()))
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert (fax["state"], fax["cause"], fax["tries"]) == ("failed", cause, rules["max_attempts"])
    assert contact["outcome"] == "failed"


async def test_a_fax_that_is_being_sent_while_we_die_is_sent_once_and_known_to_be(
    machine: Machine, new_database: Callable[[], str], tmp_path: Path
) -> None:
    before = len(machine.received())
    async with centre(machine.pbx, new_database(), tmp_path, agents=0, dial_out=DIAL_OUT) as here:
        fax_id = await asks_for(here, FAX, sheets())
        await here.until_picked_up("customer")
        await here.rest_a_while(2.0)
        here.server.kill()
        await here.until(machine.is_quiet, FAX_S, "it is sent")
        here.server.start()
        await here.server.until_ready()
        fax = await until_over(here, fax_id)
        await here.nothing_is_left()
    assert (fax["state"], fax["tries"]) == ("sent", 1), fax
    assert len(machine.received()) == before + 1


async def test_where_the_company_does_not_call_no_fax_goes(
    machine: Machine, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(machine.pbx, new_database(), tmp_path, agents=0, dial_out=DIAL_OUT) as here:
        with pytest.raises(Refused) as refused:
            await asks_for(here, "+12125550100", sheets())
        contacts = await here.contacts()
    assert (refused.value.status, refused.value.problem["text_key"]) == (422, "destination.foreign")
    assert contacts == []
