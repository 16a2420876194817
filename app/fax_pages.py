"""How does a person see a fax? Its TIFF as pages in their right proportions, each an image, or all of them one PDF.

The points of a fax are no squares: 204 to the inch across, 98 or 196 down. `python -m app.fax_pages` reads one: whoever
has a fax machine may have made it.
"""

import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from app import fax_process

ACROSS_DPI, DOWN_DPI, COARSE_DPI = 204, 196, 98
PAGES_MAX = 200  # of one fax; what comes beyond is not read
ROWS_MAX = 20_000  # of a page
ROWS_OF_ALL_MAX = 600_000  # 200 pages of 14 inches have 550,000
WIDTH_MAX = 2_592  # of an image that is asked for
READ_S = 40.0
_WIDEST = 4_864  # A3 at 16 points to the millimetre
_PAGE, _WHOLE = "page", "whole"  # what the process says
# As Pillow says that a file is none of its kind, or not whole.
BROKEN = (
    OSError, ValueError, SyntaxError, TypeError, KeyError, RuntimeError, Warning, MemoryError,
    Image.DecompressionBombError,
)  # fmt: skip


class NoSuchPage(LookupError):
    """There is none of this number, or it cannot be read."""


class NotRead(Exception):
    """Not by a fault of the fax: it is to be tried again."""


@dataclass(frozen=True, slots=True)
class Pages:
    """`is_whole`: none stands behind those that can be read."""

    count: int
    is_whole: bool


async def count(tiff: bytes) -> Pages:
    """Those that can be read, all of each. Raises NotRead."""
    try:
        made = await fax_process.run("app.fax_pages", "count", given=tiff, seconds=READ_S)
    except fax_process.TookTooLong:
        raise NotRead("took too long") from None
    if made.status != 0 and not made.broke:
        raise NotRead(f"ended with {made.status}")
    return Pages(made.said.count(_PAGE), _WHOLE in made.said)


async def image(tiff: bytes, number: int, width: int | None = None) -> bytes:
    """PNG of a page, counted from 1. `width` in points; the height follows. Raises NoSuchPage."""
    return await _made(tiff, "image", str(number), str(width or 0))


async def pdf(tiff: bytes) -> bytes:
    """All pages, each as large as the paper was. Raises NoSuchPage: there is none."""
    return await _made(tiff, "pdf")


async def _made(tiff: bytes, *words: str) -> bytes:
    try:
        made = await fax_process.run("app.fax_pages", *words, given=tiff, seconds=READ_S)
    except fax_process.TookTooLong:
        raise NoSuchPage(words) from None
    if made.status != 0:
        raise NoSuchPage(words)
    return made.out


# --- in the process of its own ----------------------------------------------------------------------------------------


def _count(tiff: bytes) -> bytes:
    reading = _Reading()
    for _ in reading.pages(tiff):
        print(_PAGE, file=sys.stderr, flush=True)
    if reading.is_whole:
        print(_WHOLE, file=sys.stderr)
    return b""


def _image(tiff: bytes, number: int, width: int) -> bytes:
    """Raises NoSuchPage."""
    try:
        with Image.open(io.BytesIO(tiff), formats=("TIFF",)) as found:
            found.seek(number - 1)
            if _is_too_large(found):
                raise NoSuchPage(number)
            page = _fine(found)
    except (*BROKEN, EOFError):
        raise NoSuchPage(number) from None
    width = min(width or page.width, WIDTH_MAX)
    height = max(1, round(page.height * width / page.width * ACROSS_DPI / DOWN_DPI))
    made = io.BytesIO()
    page.convert("L").resize((width, height), Image.Resampling.LANCZOS).save(made, "PNG")
    return made.getvalue()


def _pdf(tiff: bytes) -> bytes:
    """Page by page: of one alone there are points in memory. Raises NoSuchPage."""
    import pypdfium2  # which a server needs not

    with pypdfium2.PdfDocument.new() as whole:
        for page in _Reading().pages(tiff):
            drawn = io.BytesIO()
            page.save(drawn, "PDF", dpi=(ACROSS_DPI, DOWN_DPI))
            with pypdfium2.PdfDocument(drawn.getvalue()) as one:
                whole.import_pages(one)
        if len(whole) == 0:
            raise NoSuchPage(1)
        made = io.BytesIO()
        whole.save(made)
    return made.getvalue()


class _Reading:
    """`is_whole`, when all pages are read: nothing was left out."""

    is_whole = False

    def pages(self, tiff: bytes) -> Iterator[Image.Image]:
        """Each black or white, at 204 × 196. A page that is not whole, and what stands behind it, is left out."""
        rows = 0
        try:
            with Image.open(io.BytesIO(tiff), formats=("TIFF",)) as found:
                for number in range(PAGES_MAX + 1):
                    try:
                        found.seek(number)
                    except EOFError:
                        self.is_whole = True
                        return
                    rows += found.height * (2 if _is_coarse(found) else 1)
                    if number == PAGES_MAX or rows > ROWS_OF_ALL_MAX or _is_too_large(found):
                        return
                    yield _fine(found)
        except (*BROKEN, EOFError):
            return  # no TIFF, or half of a page


def _is_too_large(page: Image.Image) -> bool:
    return page.height > ROWS_MAX or page.width > _WIDEST


def _is_coarse(page: Image.Image) -> bool:
    return float(page.info.get("dpi", (ACROSS_DPI, DOWN_DPI))[1]) < (COARSE_DPI + DOWN_DPI) / 2


def _fine(page: Image.Image) -> Image.Image:
    """Coarse rows are doubled."""
    page.load()
    is_coarse, points = _is_coarse(page), page.convert("1")
    return points.resize((points.width, points.height * 2), Image.Resampling.NEAREST) if is_coarse else points


def main(words: Sequence[str]) -> int:
    fax_process.bounded()
    tiff = sys.stdin.buffer.read()
    try:
        match words:
            case ["image", number, width]:
                made = _image(tiff, int(number), int(width))
            case ["pdf"]:
                made = _pdf(tiff)
            case _:
                made = _count(tiff)
    except NoSuchPage:
        return 2
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
