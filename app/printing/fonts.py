"""The fonts of all prints: packages of PyPI, never those of the machine."""

from functools import cache
from importlib.resources import files
from pathlib import Path

PACKAGES = (
    "fontpkg_noto_sans_khmer",
    "fontpkg_noto_sans_thai",
    "fontpkg_noto_sans_arabic",
    "fontpkg_noto_sans_devanagari",
    "fontpkg_noto_sans_tamil",
    "noto_cjk_sans_otc",
)
FAMILIES = tuple(f"Noto Sans {script}" for script in ("Khmer", "Thai", "Arabic", "Devanagari", "Tamil"))
CJK = {"ko": "Noto Sans CJK KR", "ja": "Noto Sans CJK JP", "zh": "Noto Sans CJK TC"}


@cache
def folders() -> tuple[Path, ...]:
    """Where each package keeps its files."""
    return tuple(Path(str(files(package))) for package in PACKAGES)


@cache
def paths() -> tuple[Path, ...]:
    """Every font file."""
    return tuple(
        path
        for folder in folders()
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".ttf", ".otf", ".otc", ".ttc"}
    )


def fonts_for(language: str) -> list[str]:
    """The faces in order, of the CJK ones that of this language first: Korea and Japan draw the same letter apart."""
    first = CJK.get(language, "Noto Sans CJK KR")
    return [*FAMILIES, first, *(face for face in CJK.values() if face != first)]
