"""However long a fax is that somebody sends: what does it cost the server, and what of it is seen?"""

import io
import resource
import subprocess
import sys
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from app.commands import TakeFax
from app.fax_pages import ROWS_MAX, ROWS_OF_ALL_MAX
from tests.api.conftest import House
from tests.api.furnished import fax_pages, insert_contact, insert_fax
from tests.api.test_fax_receptions import NUMBER, a_fax

LONG = (1_728, ROWS_MAX)
GROWS_KIB_MAX = 100 * 1_024
READER_KIB_MAX = 400 * 1_024


def long_pages(count: int) -> bytes:
    """A page that is as long as one may be, again and again; the file is small."""
    page, made = Image.new("1", LONG, 1), io.BytesIO()
    page.paste(0, (100, 100, 200, 19_000))
    page.save(
        made, "TIFF", compression="group4", dpi=(204, 196), save_all=True, append_images=[page] * (count - 1)
    )  # fmt: skip
    return made.getvalue()


async def test_a_long_fax_is_a_pdf_with_all_its_pages_and_the_server_takes_no_memory_for_it(
    house: House, company: dict[str, Any]
):
    contact_id = await insert_contact(house, company["id"], channel="fax")
    fax_id = await insert_fax(house, company["id"], contact_id, pages=20, tiff=long_pages(20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pdf = await house.operator.get(f"/v1/faxes/{fax_id}/document")
    page = await house.operator.get(f"/v1/faxes/{fax_id}/pages/20", params={"width": 100})
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    with pypdfium2.PdfDocument(pdf.content) as document:
        sizes_in = [tuple(side / 72 for side in document[n].get_size()) for n in range(len(document))]

    assert sizes_in == [pytest.approx((1_728 / 204, ROWS_MAX / 196), abs=0.02)] * 20
    assert Image.open(io.BytesIO(page.content)).width == 100
    assert grown < GROWS_KIB_MAX


# What `wait4` tells of a child begins with what its parent has: the reader says itself how large it was at most.
READER = """
import runpy, sys
sys.argv = ["app.fax_pages", "pdf"]
try:
    runpy.run_module("app.fax_pages", run_name="__main__")
finally:
    largest = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(f"largest {largest}", file=sys.stderr)
"""


def test_pages_are_drawn_one_by_one():
    read = subprocess.run([sys.executable, "-c", READER], input=long_pages(20), capture_output=True, check=True)
    largest_kib = int(read.stderr.decode().rpartition("largest ")[2])

    assert read.stdout.startswith(b"%PDF-")
    assert largest_kib < READER_KIB_MAX


@pytest.mark.parametrize(
    ("tiff", "pages", "complete"),
    [
        (long_pages(ROWS_OF_ALL_MAX // ROWS_MAX), ROWS_OF_ALL_MAX // ROWS_MAX, True),
        (long_pages(ROWS_OF_ALL_MAX // ROWS_MAX + 1), ROWS_OF_ALL_MAX // ROWS_MAX, False),
        (fax_pages(200, (1_728, 20)), 200, True),
        (fax_pages(201, (1_728, 20)), 200, False),
    ],
    ids=["rows", "a row too many", "pages", "a page too many"],
)
async def test_of_a_fax_that_is_too_long_the_first_pages_are_read_and_it_is_not_complete(
    house: House, company: dict[str, Any], tiff: bytes, pages: int, complete: bool
):
    house.writer.fax_contact_id = await insert_contact(house, company["id"], channel="fax")
    queue = await house.make("queues", {"company_id": company["id"], "name": "Faxes"})
    number = {"company_id": company["id"], "address": NUMBER, "kind": "fax", "queue_id": queue["id"]}
    await house.make("numbers", number)
    answer = await house.operator.post("/v1/fax-receptions", json=a_fax(company["id"], tiff=tiff))
    (wish,) = house.writer.of(TakeFax)
    shown = (await house.operator.get(f"/v1/faxes/{answer.json()['id']}")).json()

    assert answer.status_code == 201, answer.text
    assert (wish.pages, wish.complete) == (pages, complete)
    assert (shown["pages"], shown["complete"]) == (pages, complete)
