"""How does a text become the first page of a fax? Who sends what to whom, and what they write, in black and white.

Only with a font that has the signs: a page of empty boxes is no fax.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from app.fax_pages import ACROSS_DPI, DOWN_DPI
from app.fax_paper import ACROSS, PAGES_MAX, NotSendable

ROWS = 2_290  # of A4
MARGIN = 130
HEADING, BODY, SMALL = 84, 44, 36  # points
LEADING = 1.4
SIGNS_OF_A_LINE = 64  # about so many
COVER_PAGES_MAX = 5
_NO_SIGN = "\U0010ffff"
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)  # fmt: skip
_WORDS = {
    "en": {"fax": "Fax", "to": "To", "from": "From", "date": "Date", "subject": "Subject"},
    "zh": {"fax": "传真", "to": "收件人", "from": "发件人", "date": "日期", "subject": "主题"},
}


@dataclass(frozen=True, slots=True)
class Cover:
    """`date`: as it is to be read."""

    language: str
    to: str
    sender: str
    date: str
    subject: str
    text: str


def cover_pages(cover: Cover, font: Path | None) -> bytes:
    """A TIFF. Raises NotSendable: `no_font` where a sign of it cannot be drawn, `too_many_pages`."""
    words = _WORDS["zh" if cover.language.lower().startswith("zh") else "en"]
    told = [(words["to"], cover.to), (words["from"], cover.sender), (words["date"], cover.date)]
    told += [(words["subject"], cover.subject)] if cover.subject else []
    file = _font_for("".join([cover.text, *(word + said for word, said in told), words["fax"]]), font)
    heading, body, small = (_sized(file, size) for size in (HEADING, BODY, SMALL))
    pages = [_blank()]
    draw, y = ImageDraw.Draw(pages[0]), MARGIN
    draw.text((MARGIN, y), words["fax"], font=heading, fill=0)
    y += round(HEADING * LEADING * 1.3)
    for word, said in told:
        draw.text((MARGIN, y), word, font=small, fill=0)
        for line in wrapped(said, body, ACROSS - 2 * MARGIN - 330):
            draw.text((MARGIN + 330, y), line, font=body, fill=0)
            y += round(BODY * LEADING)
    y += MARGIN // 3
    draw.line((MARGIN, y, ACROSS - MARGIN, y), fill=0, width=4)
    y += MARGIN // 3
    for line in wrapped(cover.text, body, ACROSS - 2 * MARGIN):
        if y + BODY * LEADING > ROWS - MARGIN:
            pages.append(_blank())
            if len(pages) > COVER_PAGES_MAX:
                raise NotSendable("too_many_pages")
            draw, y = ImageDraw.Draw(pages[-1]), MARGIN
        draw.text((MARGIN, y), line, font=body, fill=0)
        y += round(BODY * LEADING)
    return joined([pages])


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    """At spaces, where there are some; between any two signs, where there are none."""
    for line in text.splitlines() or [""]:
        while (fits := _fitting(line, font, width)) < len(line):
            at = line.rfind(" ", 0, fits + 1)
            cut = at if at > fits // 2 else fits
            yield line[:cut]
            line = line[cut:].lstrip(" ")
        yield line


def _fitting(line: str, font: ImageFont.FreeTypeFont, width: int) -> int:
    """How many signs of it, one at least. To measure costs as much as what is measured is long: only what is near the
    width is.
    """
    beyond = SIGNS_OF_A_LINE
    while beyond < len(line) and font.getlength(line[:beyond]) <= width:
        beyond *= 2
    beyond = min(beyond, len(line))
    if font.getlength(line[:beyond]) <= width:
        return beyond
    fits = 1
    while beyond - fits > 1:
        half = (fits + beyond) // 2
        if font.getlength(line[:half]) <= width:
            fits = half
        else:
            beyond = half
    return fits


def joined(parts: Sequence[Sequence[Image.Image]]) -> bytes:
    """One TIFF of all pages. Raises NotSendable."""
    pages = [page.convert("1", dither=Image.Dither.NONE) for part in parts for page in part]
    if len(pages) > PAGES_MAX:
        raise NotSendable("too_many_pages")
    made = io.BytesIO()
    how = {"compression": "group4", "dpi": (ACROSS_DPI, DOWN_DPI)}
    pages[0].save(made, "TIFF", save_all=True, append_images=pages[1:], **how)
    return made.getvalue()


def pages_of(tiff: bytes) -> list[Image.Image]:
    """Of one that was made here."""
    with Image.open(io.BytesIO(tiff), formats=("TIFF",)) as found:
        pages = []
        for number in range(getattr(found, "n_frames", 1)):
            found.seek(number)
            pages.append(found.copy())
        return pages


def _blank() -> Image.Image:
    return Image.new("L", (ACROSS, ROWS), 255)


def _font_for(text: str, wished: Path | None) -> Path | None:
    """None: the one that Pillow brings, which has Latin letters alone. Raises NotSendable."""
    for file in [*([wished] if wished else []), *(Path(each) for each in FONTS), None]:
        if (file is None or file.exists()) and _has_all(text, _sized(file, SMALL)):
            return file
    raise NotSendable("no_font")


def _sized(file: Path | None, points: int) -> ImageFont.FreeTypeFont:
    if file is not None:
        return ImageFont.truetype(str(file), points)
    font = ImageFont.load_default(points)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow is built with FreeType"
    return font


def _has_all(text: str, font: ImageFont.FreeTypeFont) -> bool:
    none = bytes(font.getmask(_NO_SIGN))
    return all(bytes(font.getmask(sign)) != none for sign in set(text) if not sign.isspace())
