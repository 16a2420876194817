"""Does an agent read a fax at the desk: every page, turned and enlarged, by mouse and keys, and take it along?

The pages are put where the server puts what comes. (That an Asterisk brings them is told in tests/pbx.)
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from app.sealed_files import SealedFiles
from app.store import faxes
from app.store.database import Database
from app.store.files import FileBlobs
from app.switchboard import new_id
from tests.api.furnished import fax_pages
from tests.browser.conftest import LOOKS, Centre, tab_to
from tests.conftest import outside_any_loop
from tests.serving import SECRET, Server

pytestmark = pytest.mark.browser

PAGES = 3
IS_SHOWN = "image => image.complete && image.naturalWidth > 0"
LARGE = "[data-test=fax-page] img"


@pytest.fixture(scope="module")
def shared_server(new_database_of_module: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("server")
    environment = {"JACKFIELD_BLOB_DIR": str(folder / "blobs"), "JACKFIELD_LOGIN_ATTEMPTS_PER_MINUTE": "1000"}
    started = Server(new_database_of_module(), folder / "server.log", environment=environment)
    started.start()
    try:
        outside_any_loop(started.until_ready)
        yield started
    finally:
        started.kill()


async def a_fax_arrives(centre: Centre, pages: bytes) -> str:
    body = {"company_id": centre.company_id, "channel": "fax", "queue_id": centre.queue_id}
    made = await centre.api.post("/v1/contacts", body, headers={"idempotency-key": new_id()})
    files = SealedFiles(FileBlobs(Path(centre.server.environment["JACKFIELD_BLOB_DIR"])), SECRET.encode())
    database = Database.connect(centre.server.database_url, connections=1)
    about = {"complete": True, "took_s": 42, "station": "49 30 777001"}
    await faxes.keep(database.engine, files, new_id(), made["contact_id"], pages, PAGES, about)
    await database.dispose()
    return str(made["contact_id"])


async def is_shown(page: Page, selector: str) -> None:
    for image in await page.locator(selector).all():
        await expect(image).to_have_js_property("complete", True)
        assert await image.evaluate(IS_SHOWN), await image.get_attribute("src")


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_a_fax_is_read_page_by_page_turned_enlarged_and_taken_along(
    centre: Centre, visit: Any, theme: str, language: str
) -> None:
    visitor = await visit(theme=theme, language=language, inspected=True)
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    contact_id = await a_fax_arrives(centre, fax_pages(PAGES))
    await page.click("[data-test=accept]")
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    thumbnails = page.locator("[data-test=fax-thumbnail]")
    await expect(thumbnails).to_have_count(PAGES)
    await is_shown(page, "[data-test=fax-thumbnail] img")
    await is_shown(page, LARGE)
    await thumbnails.nth(2).click()
    third = f"/v1/faxes/{await fax_id(centre, contact_id)}/pages/3?width=1728"
    await expect(page.locator(LARGE)).to_have_attribute("src", third)

    await tab_to(page, "[data-test=fax-page]")
    await page.keyboard.press("PageUp")
    await expect(thumbnails.nth(1)).to_have_attribute("aria-current", "page")
    await page.keyboard.press("r")
    await expect(page.locator(LARGE)).to_have_attribute("style", "transform: rotate(90deg);")
    await page.click("[data-test=fax-turn]")
    await expect(page.locator(LARGE)).to_have_attribute("style", "transform: rotate(180deg);")
    narrow = await page.locator(LARGE).evaluate("image => image.clientWidth")
    await page.keyboard.press("+")
    await expect(page.locator("[data-test=fax-page] .sheet")).to_have_attribute("style", "width: 150%;")
    await page.wait_for_function(f"before => document.querySelector('{LARGE}').clientWidth > before", arg=narrow)
    async with page.expect_download() as downloading:
        await page.click("[data-test=fax-pdf]")
    taken = await (await downloading.value).path()
    broken = await visitor.broken_rules()
    await visitor.take_picture(f"fax-{theme}-{language}")

    assert taken.read_bytes().startswith(b"%PDF-")
    assert broken == []
    assert not await visitor.is_wider_than_the_screen()
    assert visitor.complaints == []


async def fax_id(centre: Centre, contact_id: str) -> str:
    (fax,) = (await centre.api.get(f"/v1/contacts/{contact_id}/faxes"))["items"]
    return str(fax["id"])


async def test_on_a_narrow_screen_and_on_the_contact_s_page_it_is_there_as_well(centre: Centre, visit: Any) -> None:
    visitor = await visit(width=390)
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    contact_id = await a_fax_arrives(centre, fax_pages(PAGES))
    await page.click("[data-test=accept]")
    await page.wait_for_selector(LARGE)
    is_wider = await visitor.is_wider_than_the_screen()
    await page.goto(f"{centre.server.url}/contacts/{contact_id}")
    await page.wait_for_selector(LARGE)
    await is_shown(page, LARGE)

    assert not is_wider
    assert not await visitor.is_wider_than_the_screen()
    assert visitor.complaints == []


@pytest.mark.parametrize(("theme", "language", "width"), [("light", "en-US", 1280), ("dark", "zh-CN", 390)])
async def test_a_fax_is_sent_from_the_desk_and_how_it_goes_stands_beside_the_contact(
    centre: Centre, visit: Any, theme: str, language: str, width: int
) -> None:
    """By an exchange that is not there: it is on its way until it is told otherwise."""
    pbx = {"name": f"pbx-{new_id()[-6:]}", "url": "http://127.0.0.1:9/ari", "username": "u", "password": "p"}
    exchange = await centre.api.post("/v1/asterisks", pbx | {"dial_out": "PJSIP/{number}@trunk"})
    company = await centre.api.get(f"/v1/companies/{centre.company_id}")
    ours = f"+4930111{width:04}"
    await centre.api.post("/v1/numbers", {"company_id": centre.company_id, "address": ours})
    rules = {"by": exchange["id"], "caller_id": ours}
    change = {"version": company["version"], "region": "DE", "dialling": rules}
    await centre.api.call("PATCH", f"/v1/companies/{centre.company_id}", change)
    visitor = await visit(width=width, theme=theme, language=language, inspected=True)
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.talks_in_a_chat(centre)
    await page.click("[data-test=send-fax]")
    await page.click("[data-test=do-fax]")
    await expect(page.locator("[data-test=fax-dialog] [role=alert]")).not_to_be_empty()
    await page.fill("#fax-to", "030 777001")
    await page.set_input_files(
        "#fax-document", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"not a document"}
    )
    await page.click("[data-test=do-fax]")
    await expect(page.locator("#fax-document-note")).to_contain_text("JPEG")
    await page.set_input_files("#fax-document", [])
    await page.fill("#fax-text", "Dear Ada,\nhere it is.")
    await page.fill("#fax-subject", "Offer")
    broken = await visitor.broken_rules()
    await visitor.take_picture(f"fax-dialog-{theme}-{language}-{width}")
    await page.click("[data-test=do-fax]")
    await expect(page.locator("[data-test=fax-dialog]")).to_have_count(0)
    await expect(page.locator("[data-test=fax-thumbnail]")).to_have_count(1)
    await expect(page.locator("[data-test=faxes]")).to_contain_text("+4930777001")
    await visitor.take_picture(f"fax-sent-{theme}-{language}-{width}")
    broken += await visitor.broken_rules()
    await over(centre)
    await page.click("[data-test=show-fax-report]", timeout=20_000)
    report = page.locator("[data-test=fax-report]")
    await expect(report).to_contain_text("+4930777001")
    await expect(report).to_contain_text(ours)
    await is_shown(page, "[data-test=fax-report] img")
    await visitor.take_picture(f"fax-report-{theme}-{language}-{width}")
    broken += await visitor.broken_rules()

    assert broken == []
    assert not await visitor.is_wider_than_the_screen()


async def over(centre: Centre) -> None:
    """As the writer tells it of a fax that was taken; no exchange is there to do so."""
    database = Database.connect(centre.server.database_url, connections=1)
    async with database.engine.begin() as conn:
        await conn.exec_driver_sql(
            "UPDATE fax SET took_s = 61, station = '49 30 777001' WHERE direction = 'out' AND contact_id IN "
            "(SELECT id FROM contact WHERE company_id = $1::text::uuid)",
            (centre.company_id,),
        )
        await conn.exec_driver_sql(
            "UPDATE contact SET state = 'closed', outcome = 'handled', closed_at = now() "
            "WHERE company_id = $1::text::uuid AND channel = 'fax' AND direction = 'out'",
            (centre.company_id,),
        )
    await database.dispose()
