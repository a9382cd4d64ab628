"""Khmer set for pictures and PDFs looks like Khmer drawn by Chromium with the same font, letter by letter."""

import base64
import io
from importlib.resources import files
from pathlib import Path

import pytest
import typst
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser

from app.printing.fonts import PACKAGES

pytestmark = pytest.mark.browser
FOLDER = Path(str(files("fontpkg_noto_sans_khmer"))) / "files"
POINTS = 40


def ink(picture: bytes) -> Image.Image:
    """What is drawn, cut to its edges: black on white."""
    grey = Image.open(io.BytesIO(picture)).convert("L")
    box = ImageChops.invert(grey).point(lambda value: 255 if value > 60 else 0).getbbox()
    assert box
    return grey.crop(box)


@pytest.mark.parametrize(
    "text", ["បុណ្យចូលឆ្នាំខ្មែរ", "ស្ត្រី", "កណ្តាល", "ភ្ជុំបិណ្ឌ", "ព្រះសង្ឃ", "កុំ ខ្ញុំ ញ៉ាំ", "ក្រុងសៀមរាប ០១២៣៤៥", "ល្បែងប្រជាប្រិយ"]
)
def test_khmer_is_shaped_as_a_browser_shapes_it(browser: Browser, text: str) -> None:
    source = (
        "#set page(width: auto, height: auto, margin: 60pt, fill: white)\n"
        f'#set text(font: "Noto Sans Khmer", size: {POINTS}pt, lang: "km")\n{text}'
    )
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(Path(str(files(package)))) for package in PACKAGES],
    )
    made = typst.compile(source.encode(), font_paths=fonts, format="png", ppi=96)
    assert isinstance(made, bytes)
    font = base64.b64encode(next(FOLDER.glob("*.ttf")).read_bytes()).decode()
    page = browser.new_context(viewport={"width": 900, "height": 200}).new_page()
    page.set_content(
        f"<style>@font-face {{ font-family: K; src: url(data:font/ttf;base64,{font}) }}"
        f"p {{ font: {POINTS}pt K; white-space: nowrap; display: inline-block; padding: 60px; margin: 0 }}</style>"
        f"<p lang=km>{text}</p>"
    )
    page.evaluate("document.fonts.ready")
    ours, reference = ink(made), ink(page.locator("p").screenshot())
    page.context.close()
    assert ours.width == pytest.approx(reference.width, rel=0.03, abs=2)
    assert ours.height == pytest.approx(reference.height, rel=0.03, abs=3)
    apart = ImageChops.difference(ours, reference.resize(ours.size))
    assert ImageStat.Stat(apart).mean[0] < 18  # of 255; another glyph order gives more than twice as much


def test_the_comparison_sees_a_wrong_shape(browser: Browser) -> None:
    """The same letters without what joins them must not pass for the same."""
    page = browser.new_context(viewport={"width": 900, "height": 200}).new_page()
    page.set_content("<p style='font: 40pt sans-serif; display: inline-block'>ស្ត្រី</p>")
    right = ink(page.locator("p").screenshot())
    page.set_content("<p style='font: 40pt sans-serif; display: inline-block'>ស ត រី</p>")
    wrong = ink(page.locator("p").screenshot())
    page.context.close()
    assert abs(wrong.width - right.width) > right.width * 0.03
