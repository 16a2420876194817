"""How does a document become pages that a fax machine takes? A PDF or image as TIFF of 1728 × 204 by 196 points, G4.

`python -m app.fax_paper` reads the document and writes the pages; it is a process of its own, because documents are
anybody's: what breaks it, or takes too long or too much, breaks nothing else.
"""

import io
import sys
from collections.abc import Iterator
from typing import Literal

from PIL import Image, ImageOps

from app import fax_process
from app.fax_pages import ACROSS_DPI, COARSE_DPI, DOWN_DPI

ACROSS = 1_728
ROWS_MAX = 2_750  # of 14 inches: what is longer is made smaller
PAGES_MAX = 50
INCH_PT = 72
MADE_S = 40.0
GREY_SHARE = 0.15  # with more of it, it is a picture and not a text
_BLACK, _WHITE = 64, 192

Wrong = Literal["unreadable", "too_many_pages", "no_font"]


class NotSendable(ValueError):
    """`args[0]` says why: a word of Wrong."""


async def as_paper(document: bytes) -> tuple[bytes, int]:
    """The pages and their number. Raises NotSendable."""
    try:
        made = await fax_process.run("app.fax_paper", given=document, seconds=MADE_S)
    except fax_process.TookTooLong:
        raise NotSendable("unreadable") from None
    word = made.said[-1] if made.said else ""
    if made.status != 0:
        raise NotSendable("too_many_pages" if word == "too_many_pages" else "unreadable")
    return made.out, int(word)


# --- in the process of its own ----------------------------------------------------------------------------------------


def paper(document: bytes) -> tuple[bytes, int]:
    """Raises NotSendable."""
    pages: list[Image.Image] = []
    try:
        for page in _of_pdf(document) if document.lstrip()[:5] == b"%PDF-" else _of_image(document):
            pages.append(page)
            if len(pages) > PAGES_MAX:
                raise NotSendable("too_many_pages")
    except NotSendable:
        raise
    except Exception as broken:  # whatever is wrong with it
        raise NotSendable("unreadable") from broken
    if not pages:
        raise NotSendable("unreadable")
    made = io.BytesIO()
    how = {"compression": "group4", "dpi": (ACROSS_DPI, DOWN_DPI)}
    pages[0].save(made, "TIFF", save_all=True, append_images=pages[1:], **how)
    return made.getvalue(), len(pages)


def _of_pdf(document: bytes) -> Iterator[Image.Image]:
    import pypdfium2  # which a server needs not

    with pypdfium2.PdfDocument(document) as found:
        for number in range(min(len(found), PAGES_MAX + 1)):
            page = found[number]
            across_pt, down_pt = page.get_size()
            turned = 90 if across_pt > down_pt else 0
            if turned:
                across_pt, down_pt = down_pt, across_pt
            points = page.render(scale=_scale(across_pt / INCH_PT, down_pt / INCH_PT), rotation=turned, grayscale=True)
            yield _on_paper(points.to_pil())


def _of_image(document: bytes) -> Iterator[Image.Image]:
    with Image.open(io.BytesIO(document), formats=("TIFF", "PNG", "JPEG")) as found:
        for number in range(min(getattr(found, "n_frames", 1), PAGES_MAX + 1)):
            found.seek(number)
            found.load()
            across, down = (float(dpi) or 0.0 for dpi in found.info.get("dpi", (ACROSS_DPI, DOWN_DPI)))
            if found.width == ACROSS and found.mode == "1" and found.height <= ROWS_MAX:  # a fax already
                is_coarse = down < (COARSE_DPI + DOWN_DPI) / 2
                size = (ACROSS, found.height * (2 if is_coarse else 1))
                yield found.resize(size, Image.Resampling.NEAREST)
                continue
            upright = _upright(found)
            inches = upright.width / (across or ACROSS_DPI), upright.height / (down or DOWN_DPI)
            dots = _scale(*inches) * INCH_PT
            square = (max(1, round(inches[0] * dots)), max(1, round(inches[1] * dots)))
            yield _on_paper(upright.resize(square, Image.Resampling.LANCZOS))


def _upright(image: Image.Image) -> Image.Image:
    """Grey, on white where it is transparent, and as a camera was held."""
    turned = ImageOps.exif_transpose(image) if image.format == "JPEG" else image
    if "transparency" in turned.info or turned.mode in ("RGBA", "LA", "PA"):
        layered = turned.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        paper.alpha_composite(layered)
        turned = paper
    return turned.convert("L")


def _scale(across_in: float, down_in: float) -> float:
    """Of a page, in points at 204 to the inch for each 1/72 of it: as large as it is, unless it is too large."""
    most = min(ACROSS / ACROSS_DPI / across_in, ROWS_MAX / DOWN_DPI / down_in, 1.0)
    return most * ACROSS_DPI / INCH_PT


def _on_paper(page: Image.Image) -> Image.Image:
    """A page of square points, in the middle of the paper."""
    page = page.convert("L")
    size = (min(page.width, ACROSS), min(ROWS_MAX, max(1, round(page.height * DOWN_DPI / ACROSS_DPI))))
    page = page.resize(size, Image.Resampling.LANCZOS)
    sheet = Image.new("L", (ACROSS, page.height), 255)
    sheet.paste(page, ((ACROSS - page.width) // 2, 0))
    shades = sheet.histogram()
    if sum(shades[_BLACK:_WHITE]) > GREY_SHARE * sum(shades):
        return sheet.convert("1")
    return sheet.point(lambda shade: 255 if shade >= 128 else 0).convert("1", dither=Image.Dither.NONE)


def main() -> int:
    fax_process.bounded()
    try:
        pages, number = paper(sys.stdin.buffer.read())
    except NotSendable as wrong:
        print(wrong.args[0], file=sys.stderr)
        return 2
    sys.stdout.buffer.write(pages)
    print(number, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
