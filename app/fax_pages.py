"""How does a person see a fax? Its TIFF as pages in their right proportions, each an image, or all of them one PDF.

The points of a fax are no squares: 204 to the inch across, 98 or 196 down.
"""

import io
from collections.abc import Iterator

from PIL import Image

ACROSS_DPI, DOWN_DPI, COARSE_DPI = 204, 196, 98
PAGES_MAX = 200  # of one fax; what comes beyond is not read
ROWS_MAX = 20_000
WIDTH_MAX = 2_592  # of an image that is asked for
_WIDEST = 4_864  # A3 at 16 points to the millimetre
# As Pillow says that a file is none of its kind, or not whole.
BROKEN = (
    OSError, ValueError, EOFError, SyntaxError, TypeError, KeyError, RuntimeError, Warning,
    Image.DecompressionBombError,
)  # fmt: skip


class NoSuchPage(LookupError):
    """There is none of this number, or it cannot be read."""


def count(tiff: bytes) -> int:
    """Pages that can be read, all of each."""
    return sum(1 for _ in _pages(tiff))


def image(tiff: bytes, number: int, width: int | None = None) -> bytes:
    """PNG of a page, counted from 1. `width` in points; the height follows. Raises NoSuchPage."""
    for n, page in enumerate(_pages(tiff), 1):
        if n == number:
            return _as_png(page, min(width or page.width, WIDTH_MAX))
    raise NoSuchPage(number)


def pdf(tiff: bytes) -> bytes:
    """All pages, each as large as the paper was. Raises NoSuchPage: there is none."""
    pages = list(_pages(tiff))
    if not pages:
        raise NoSuchPage(1)
    made = io.BytesIO()
    pages[0].save(made, "PDF", save_all=True, append_images=pages[1:], dpi=(ACROSS_DPI, DOWN_DPI))
    return made.getvalue()


def _pages(tiff: bytes) -> Iterator[Image.Image]:
    """Each black or white, at 204 × 196. A page that is not whole, and what stands behind it, is left out."""
    try:
        with Image.open(io.BytesIO(tiff), formats=("TIFF",)) as found:
            for number in range(PAGES_MAX):
                found.seek(number)
                if found.height > ROWS_MAX or found.width > _WIDEST:
                    return
                found.load()
                yield _fine(found)
    except BROKEN:
        return  # no TIFF, no further page, or half of one


def _fine(page: Image.Image) -> Image.Image:
    """Coarse rows are doubled."""
    down = float(page.info.get("dpi", (ACROSS_DPI, DOWN_DPI))[1])
    points = page.convert("1")
    if down < (COARSE_DPI + DOWN_DPI) / 2:
        return points.resize((points.width, points.height * 2), Image.Resampling.NEAREST)
    return points.copy()


def _as_png(page: Image.Image, width: int) -> bytes:
    height = max(1, round(page.height * width / page.width * ACROSS_DPI / DOWN_DPI))
    made = io.BytesIO()
    page.convert("L").resize((width, height), Image.Resampling.LANCZOS).save(made, "PNG")
    return made.getvalue()
