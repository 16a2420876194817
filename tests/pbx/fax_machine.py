"""A fax machine outside: a second Asterisk, which sends and receives by a dialplan of its own, over a SIP trunk."""

import asyncio
import io
import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageDraw

from tests.pbx.pbx import APPLICATION, Pbx

FAX = "+4930777001"  # the machine's number: it takes every fax
BUSY, BUSY_TWICE, NOBODY = "+4930777002", "+4930777003", "+4930777004"

# Its own numbers are exact ones: they come before the pattern of Jackfield's dialplan, which is there as well.
DIALPLAN = f"""
[{APPLICATION}]
exten => {FAX},1,Goto(machine,take,1)
exten => {BUSY},1,Hangup(17)
exten => {BUSY_TWICE},1,Set(GLOBAL(TRIED)=$[0${{TRIED}} + 1])
 same => n,GotoIf($[${{TRIED}} < 3]?no)
 same => n,Goto(machine,take,1)
 same => n(no),Hangup(17)
exten => {NOBODY},1,Ringing()
 same => n,Wait(60)
[machine]
exten => take,1,Answer()
 same => n,Set(FAXOPT(localstationid)=+49 30 777 001)
 same => n,ReceiveFAX(FOLDER/in-${{UNIQUEID}}.tif,f)
 same => n,Hangup()
exten => _t38!,1,Set(FAXOPT(localstationid)=+49 30 777 001)
 same => n,SendFAX(FOLDER/${{EXTEN:3}}.tif,fz)
 same => n,Hangup()
exten => _g711!,1,Set(FAXOPT(ecm)=no)
 same => n,SendFAX(FOLDER/${{EXTEN:4}}.tif,F)
 same => n,Hangup()
exten => hum,1,Wait(20)
 same => n,Hangup()
"""
TRUNK = """
[{name}]
type=endpoint
transport=transport-udp
context=none
disallow=all
allow=ulaw
direct_media=no
rtp_symmetric=yes
from_user={number}
t38_udptl={t38}
t38_udptl_ec=redundancy
aors={name}
[{name}]
type=aor
contact=sip:{name}@127.0.0.1:{port}
"""


@dataclass(slots=True)
class Machine:
    """`pbx` is the one under test, which knows the machine as `machine`."""

    pbx: Pbx
    own: Pbx
    _sent: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def beside(cls, folder: Path) -> "Machine":
        """Both, connected and running."""
        own = Pbx.configured(_made(folder / "machine"), more={"extensions.conf": _dialplan(folder / "machine")})
        known = TRUNK.format(name="machine", number="+4930555003", t38="yes", port=own.sip_port)
        pbx = Pbx.configured(_made(folder / "pbx"), more={"pjsip.conf": known})
        for name, t38 in (("trunk-t38", "yes"), ("trunk-audio", "no")):
            with (own.folder / "etc/pjsip.conf").open("a") as file:
                file.write(TRUNK.format(name=name, number=FAX, t38=t38, port=pbx.sip_port))
        own.start()
        pbx.start()
        return cls(pbx, own)

    def stop(self) -> None:
        self.own.stop()
        self.pbx.stop()

    async def sends(self, pages: bytes, to: str, *, audio: bool = False) -> None:
        """It calls. In audio without error correction, if so wished."""
        name = f"out{next(self._sent)}"
        (self.own.folder / f"{name}.tif").write_bytes(pages)
        trunk, how = ("trunk-audio", "g711") if audio else ("trunk-t38", "t38")
        await self._originate(to, trunk, f"{how}{name}")

    async def hums(self, to: str) -> None:
        """It calls and says nothing."""
        await self._originate(to, "trunk-t38", "hum")

    async def _originate(self, to: str, trunk: str, extension: str) -> None:
        command = f"channel originate PJSIP/{to}@{trunk} extension {extension}@machine"
        await asyncio.to_thread(self.own.say, command)

    async def hangs_up(self) -> None:
        await asyncio.to_thread(self.own.say, "channel request hangup all")

    async def is_quiet(self) -> bool:
        """It is on no call."""
        return "0 active channels" in await asyncio.to_thread(self.own.say, "core show channels count")

    def received(self) -> list[bytes]:
        """What it has taken so far."""
        return [file.read_bytes() for file in sorted(self.own.folder.glob("in-*.tif"))]

    async def succeeded(self, way: str) -> int:
        """How many faxes of its have come to their end by this way: 'T.38' or 'G.711'."""
        told = await asyncio.to_thread(self.own.say, "fax show stats")
        found = re.search(r"Success\s*:\s*(\d+)", told.partition(f"Spandsp {way}")[2])
        assert found is not None, told
        return int(found[1])


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _dialplan(folder: Path) -> str:
    return DIALPLAN.replace("FOLDER", str(folder))


def sheets(count: int = 1, rows: int = 1_100) -> bytes:
    """Pages with something on them, as a fax machine has read them."""
    pages = []
    for n in range(count):
        page = Image.new("1", (1_728, rows), 1)
        pen = ImageDraw.Draw(page)
        for y in range(60, rows - 60, 40):
            pen.rectangle((120, y, 300 + (y * 7 + n * 311) % 1_300, y + 11), fill=0)
        pen.ellipse((1_300, 80, 1_600, 380), outline=0, width=6)
        pages.append(page)
    made = io.BytesIO()
    pages[0].save(made, "TIFF", compression="group4", dpi=(204, 196), save_all=True, append_images=pages[1:])
    return made.getvalue()


def pages_of(tiff: bytes) -> list[Image.Image]:
    with Image.open(io.BytesIO(tiff)) as found:
        pages = []
        for n in range(getattr(found, "n_frames", 1)):
            found.seek(n)
            pages.append(found.convert("1").copy())
        return pages


def damaged(got: Image.Image, sent: Image.Image) -> float:
    """The share of rows that are not as they were sent; all, where its width is another one."""
    if got.width != sent.width:
        return 1.0
    rows = max(got.height, sent.height)
    here, there = ([page.crop((0, y, page.width, y + 1)).tobytes() for y in range(rows)] for page in (got, sent))
    return sum(a != b for a, b in zip(here, there, strict=True)) / rows


def fine_pages(tiff: bytes) -> list[Image.Image]:
    """At 204 × 196: coarse rows are doubled."""
    with Image.open(io.BytesIO(tiff)) as found:
        rows = 1 if found.info["dpi"][1] > 147 else 2
    return [page.resize((page.width, page.height * rows), Image.Resampling.NEAREST) for page in pages_of(tiff)]


def drawn(pdf: bytes) -> list[Image.Image]:
    """Its pages at the resolution of a fax: 204 × 196 points to the inch."""
    pages = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            across_pt, down_pt = page.get_size()
            size = round(across_pt * 204 / 72), round(down_pt * 196 / 72)
            points = pypdfium2.PdfBitmap.new_native(*size, pypdfium2.raw.FPDFBitmap_Gray)
            points.fill_rect((255, 255, 255, 255), 0, 0, *size)
            pypdfium2.raw.FPDF_RenderPageBitmap(points, page, 0, 0, *size, 0, pypdfium2.raw.FPDF_GRAYSCALE)
            pages.append(points.to_pil().convert("1", dither=Image.Dither.NONE))
    return pages


def differs(got: Image.Image, was: Image.Image) -> float:
    """The share of points that are not the same; all, where one is longer by more than a line."""
    if got.width != was.width or abs(got.height - was.height) > 2:
        return 1.0
    return black(ImageChops.logical_xor(got, was.crop((0, 0, got.width, got.height))), 255)


def black(page: Image.Image, shade: int = 0) -> float:
    return page.histogram()[shade] / (page.width * page.height)
