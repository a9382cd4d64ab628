"""QR symbols as SVG and PNG. The mask is fixed: every mask is valid, and searching the best costs 11 ms more."""

import io
from functools import lru_cache
from itertools import groupby

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

QUIET = 4  # modules of white around the symbol (ISO/IEC 18004)
ALPHANUMERIC = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def matrix(text: str) -> list[list[bool]]:
    """The modules of the symbol at level M, row by row, True where dark, without the quiet zone."""
    mode = MODE_ALPHA_NUM if ALPHANUMERIC.issuperset(text) else MODE_8BIT_BYTE
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=2)
    code.add_data(QRData(text.encode(), mode=mode))
    code.make(fit=True)
    return [[bool(dark) for dark in row] for row in code.modules]


@lru_cache(maxsize=256)
def svg(text: str) -> str:
    """A square picture: black modules on white, whatever the page's colours."""
    rows = matrix(text)
    side = len(rows) + 2 * QUIET
    path = []
    for y, row in enumerate(rows):
        x = QUIET
        for dark, run in groupby(row):
            length = sum(1 for _ in run)
            if dark:
                path.append(f"M{x} {y + QUIET}h{length}v1h-{length}z")
            x += length
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{"".join(path)}"/></svg>'
    )


def png(text: str, module: int = 12) -> bytes:
    """The same as a picture file, `module` pixels to a module: phones save it where they cannot save SVG."""
    rows = matrix(text)
    side = len(rows) + 2 * QUIET
    white = b"\xff" * side
    edge = b"\xff" * QUIET
    lines = (edge + bytes(0 if dark else 255 for dark in row) + edge for row in rows)
    pixels = b"".join((*[white] * QUIET, *lines, *[white] * QUIET))
    picture = Image.frombytes("L", (side, side), pixels).convert("1")
    file = io.BytesIO()
    picture.resize((side * module, side * module), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()
