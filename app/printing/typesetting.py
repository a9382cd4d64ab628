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
from app.settings import TEMPLATES
from app.validation.refusals import Refused

PIXELS = 152.4  # an inch
MOST_WAITING = 40  # at 100 ms each, whoever is the last of them waits four seconds
PERSONAL = {
    "ticket.typ",
    "report.typ",
    "list.typ",
}  # hold names, or whose link it is: made once while several ask, never kept
MOST_KEPT, MOST_BYTES = 64, 1024 * 1024  # prints made last, each up to so large


@cache
def _fonts() -> typst.Fonts:
    paths = [str(folder) for folder in folders()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)


@cache
def _compiler(template: str) -> typst.Compiler:
    return typst.Compiler(str(TEMPLATES / "print" / template), root=str(TEMPLATES / "print"), font_paths=_fonts())


def _set(template: str, inputs: bytes, kind: Literal["pdf", "png"], ppi: float) -> bytes:
    made = _compiler(template).compile(format=kind, ppi=ppi, sys_inputs={"facts": inputs.decode()}, timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError(f"{template} must give one file")
    return made


class Press:
    """One thread that sets type. The same facts are set once, however many ask; what waits has a bound."""

    def __init__(self, waiting: int = MOST_WAITING, kept: int = MOST_KEPT) -> None:
        self._waiting, self._most_kept = waiting, kept
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="press")
        self._making: dict[bytes, asyncio.Future[bytes]] = {}
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    async def make(self, template: str, facts: dict[str, Any], kind: Literal["pdf", "png"], ppi: float) -> bytes:
        """The print of these facts; raises Refused "busy" while too many wait."""
        inputs = msgspec.json.encode(facts)
        slot = hashlib.sha256(f"{template} {kind} {ppi} ".encode() + inputs).digest()
        if (kept := self._kept.pop(slot, None)) is not None:
            self._kept[slot] = kept  # the last used are dropped last
            return kept
        making = self._making.get(slot)
        if making is None:
            if len(self._making) >= self._waiting:
                raise Refused("busy")
            loop = asyncio.get_running_loop()
            making = loop.run_in_executor(self._thread, _set, template, inputs, kind, ppi)
            self._making[slot] = making
            making.add_done_callback(lambda done: self._done(slot, done, keep=template not in PERSONAL))
        return await asyncio.shield(making)

    def _done(self, slot: bytes, made: "asyncio.Future[bytes]", *, keep: bool) -> None:
        self._making.pop(slot, None)
        if keep and not made.cancelled() and made.exception() is None and len(made.result()) < MOST_BYTES:
            self._kept[slot] = made.result()
            while len(self._kept) > self._most_kept:
                self._kept.popitem(last=False)


PRESS = Press()


async def typeset(
    template: str, facts: dict[str, Any], kind: Literal["pdf", "png"] = "pdf", *, ppi: float = 144
) -> bytes:
    """The template with these facts as PDF, or as a PNG at `ppi` pixels an inch. Raises Refused "busy"."""
    return await PRESS.make(template, facts, kind, ppi)


async def jpeg(template: str, facts: dict[str, Any]) -> bytes:
    """The same as a JPEG for posts: 200 mm become 1200 pixels."""
    drawn = await typeset(template, facts, "png", ppi=PIXELS)
    file = io.BytesIO()
    Image.open(io.BytesIO(drawn)).convert("RGB").save(file, "JPEG", quality=86, optimize=True)
    return file.getvalue()
