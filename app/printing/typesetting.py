"""Setting type: templates in templates/print become PDFs and pictures, with Khmer shaped and broken right (typst).

One thread does all of it, off the event loop, with our own fonts only: the same facts always give the same bytes.
"""

import asyncio
import hashlib
import io
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Literal

import msgspec
import typst
from PIL import Image

from app.printing.fonts import folders
from app.security.moments import Moments, epoch
from app.settings import TEMPLATES
from app.validation.refusals import Refused

PIXELS = 152.4  # an inch
MOST_WAITING = 40  # at 100 ms each, whoever is the last of them waits four seconds
COLOURS = 16  # of a picture on a phone: a sixth of the bytes, and of the longest Khmer less than 40 kB
TICKETS = "ticket.typ"  # held for a moment, as the same phone asks again and again
PERSONAL = {"report.typ", "list.typ"}  # hold names, or whose link it is: made once while several ask, never kept
MOST_KEPT, MOST_BYTES = 64, 1024 * 1024  # prints made last, each up to so large
MOST_TICKETS = 16 * 1024 * 1024  # bytes

Kind = Literal["pdf", "png", "picture"]  # a picture is a PNG of few colours


@cache
def _fonts() -> typst.Fonts:
    paths = [str(folder) for folder in folders()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)


@cache
def _compiler(template: str) -> typst.Compiler:
    return typst.Compiler(str(TEMPLATES / "print" / template), root=str(TEMPLATES / "print"), font_paths=_fonts())


def _set(template: str, inputs: bytes, kind: Kind, ppi: float) -> bytes:
    drawn: Literal["pdf", "png"] = "pdf" if kind == "pdf" else "png"
    made = _compiler(template).compile(format=drawn, ppi=ppi, sys_inputs={"facts": inputs.decode()}, timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError(f"{template} must give one file")
    return _of_few_colours(made) if kind == "picture" else made


def _of_few_colours(png: bytes) -> bytes:
    file = io.BytesIO()
    drawn = Image.open(io.BytesIO(png)).convert("RGB")
    few = drawn.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(file, "PNG", compress_level=6)
    return file.getvalue()


class Press:
    """One thread that sets type. The same facts are set once, however many ask; what waits has a bound."""

    def __init__(self, waiting: int = MOST_WAITING, kept: int = MOST_KEPT) -> None:
        self._waiting, self._most_kept = waiting, kept
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="press")
        self._making: dict[bytes, asyncio.Future[bytes]] = {}
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._tickets = Moments[bytes](MOST_TICKETS)

    async def make(self, template: str, facts: dict[str, Any], kind: Kind, ppi: float) -> bytes:
        """The print of these facts; raises Refused "busy" while too many wait."""
        inputs = msgspec.json.encode(facts)
        slot = hashlib.sha256(f"{template} {kind} {ppi} ".encode() + inputs).digest()
        if (kept := self._kept.pop(slot, None)) is not None:
            self._kept[slot] = kept  # the last used are dropped last
            return kept
        if (ticket := self._tickets.get(slot)) is not None:
            return ticket
        making = self._making.get(slot)
        if making is None:
            if len(self._making) >= self._waiting:
                raise Refused("busy")
            loop = asyncio.get_running_loop()
            making = loop.run_in_executor(self._thread, _set, template, inputs, kind, ppi)
            self._making[slot] = making
            since = epoch()
            making.add_done_callback(lambda done: self._done(slot, template, done, since))
        return await asyncio.shield(making)

    def _done(self, slot: bytes, template: str, made: "asyncio.Future[bytes]", since: int) -> None:
        self._making.pop(slot, None)
        if template in PERSONAL or made.cancelled() or made.exception():
            return
        content = made.result()
        if template == TICKETS:
            self._tickets.hold(slot, content, len(content), since)
        elif len(content) < MOST_BYTES:
            self._kept[slot] = content
        while len(self._kept) > self._most_kept:
            self._kept.popitem(last=False)


PRESS = Press()


async def typeset(template: str, facts: dict[str, Any], kind: Kind = "pdf", *, ppi: float = 144) -> bytes:
    """The template with these facts as PDF, or as a PNG at `ppi` pixels an inch. Raises Refused "busy"."""
    return await PRESS.make(template, facts, kind, ppi)


async def jpeg(template: str, facts: dict[str, Any]) -> bytes:
    """The same as a JPEG for posts: 200 mm become 1200 pixels."""
    drawn = await typeset(template, facts, "png", ppi=PIXELS)
    file = io.BytesIO()
    Image.open(io.BytesIO(drawn)).convert("RGB").save(file, "JPEG", quality=86, optimize=True)
    return file.getvalue()
