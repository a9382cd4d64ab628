"""Event pictures: whatever was uploaded is made anew, so that neither place nor camera travels with it. Pure."""

import hashlib
import io
import warnings

import msgspec
from PIL import Image, ImageOps

from app.validation.refusals import Problem, Refused
from models.states import PictureKind

MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 30_000_000
LARGEST = 2400  # pixels kept while working on it
FORMATS = ("JPEG", "PNG", "WEBP")
SIZES = {
    PictureKind.WEBP: (720, 22_000),  # with the page, its style and letters for a phone that has none: 60 kB
    PictureKind.JPG: (1200, 180_000),
}  # kind: most pixels wide, bytes to stay below


class Encoded(msgspec.Struct, frozen=True):
    """One file of a picture."""

    kind: PictureKind
    width: int
    height: int
    content: bytes


class Picture(msgspec.Struct, frozen=True):
    """A picture in every kind that is served; `digest` names it and is the same for the same upload."""

    digest: str
    files: tuple[Encoded, ...]


def read_picture(content: bytes) -> Picture:
    """Decode and encode anew: turned upright, at most 1200 wide, without any metadata. Raises Refused."""
    if not content:
        raise _wrong("required")
    if len(content) > MOST_BYTES:
        raise _wrong("picture_too_big", most=MOST_BYTES // 1024 // 1024)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(content), formats=FORMATS)
            if opened.width * opened.height > MOST_PIXELS:
                raise _wrong("picture_too_big", most=MOST_BYTES // 1024 // 1024)
            opened.draft("RGB", (LARGEST, LARGEST))
            opened.thumbnail((LARGEST, LARGEST * 2), Image.Resampling.LANCZOS)
            upright = ImageOps.exif_transpose(opened)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _wrong("picture_too_big", most=MOST_BYTES // 1024 // 1024) from error
    except Refused:
        raise
    except Exception as error:
        raise _wrong("picture_unreadable") from error
    if min(upright.size) < 200 or max(upright.size) > 5 * min(upright.size):
        raise _wrong("picture_too_small")
    flat = Image.new("RGB", upright.size, "white")
    alpha = upright.convert("RGBA")
    flat.paste(alpha, mask=alpha.getchannel("A"))
    return Picture(
        hashlib.sha256(content).hexdigest()[:32], tuple(_encoded(flat, kind, *limits) for kind, limits in SIZES.items())
    )


def _encoded(picture: Image.Image, kind: PictureKind, widest: int, most: int) -> Encoded:
    """The best quality, then the largest size, that stays below `most` bytes: workers pay for each of them."""
    small = picture.copy()
    small.thumbnail((widest, widest * 2), Image.Resampling.LANCZOS)
    while True:
        for quality in (80, 65, 50, 35):
            file = io.BytesIO()
            small.save(file, {PictureKind.WEBP: "WEBP", PictureKind.JPG: "JPEG"}[kind], quality=quality, optimize=True)
            if file.tell() <= most:
                return Encoded(kind, small.width, small.height, file.getvalue())
        small = small.resize((max(1, small.width * 3 // 4), max(1, small.height * 3 // 4)), Image.Resampling.LANCZOS)


def _wrong(code: str, **facts: object) -> Refused:
    return Refused("invalid", (Problem("picture", code, dict(facts)),))
