"""Setting type: templates in templates/print become PDFs and pictures, with Khmer shaped and broken right (typst).

One thread does all of it, off the event loop, with our own fonts only: the same facts always give the same bytes.
"""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Literal

import msgspec
import typst
from PIL import Image

from app.printing.fonts import folders
from app.settings import TEMPLATES

PIXELS = 152.4  # an inch
_PRESS = ThreadPoolExecutor(max_workers=1, thread_name_prefix="press")


@cache
def _fonts() -> typst.Fonts:
    paths = [str(folder) for folder in folders()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)


@cache
def _compiler(template: str) -> typst.Compiler:
    return typst.Compiler(str(TEMPLATES / "print" / template), root=str(TEMPLATES / "print"), font_paths=_fonts())


def _set(template: str, facts: dict[str, Any], kind: Literal["pdf", "png"], ppi: float) -> bytes:
    inputs = {"facts": msgspec.json.encode(facts).decode()}
    made = _compiler(template).compile(format=kind, ppi=ppi, sys_inputs=inputs, timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError(f"{template} must give one file")
    return made


async def typeset(
    template: str, facts: dict[str, Any], kind: Literal["pdf", "png"] = "pdf", *, ppi: float = 144
) -> bytes:
    """The template with these facts as PDF, or as a PNG at `ppi` pixels an inch."""
    return await asyncio.get_running_loop().run_in_executor(_PRESS, _set, template, facts, kind, ppi)


async def jpeg(template: str, facts: dict[str, Any]) -> bytes:
    """The same as a JPEG for posts: 200 mm become 1200 pixels."""
    drawn = await typeset(template, facts, "png", ppi=PIXELS)
    file = io.BytesIO()
    Image.open(io.BytesIO(drawn)).convert("RGB").save(file, "JPEG", quality=86, optimize=True)
    return file.getvalue()
