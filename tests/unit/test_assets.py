"""Static files: found by their path, never by a name that two of them share; a sheet is served whole."""

from pathlib import Path

import pytest

from app.settings import TEMPLATES
from app.web.assets import Assets, SameNameError, address


def test_two_files_of_one_name_refuse_to_start(tmp_path: Path) -> None:
    for folder in ("gate", "desk"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "store.js").write_text("export {};")
    with pytest.raises(SameNameError, match=r"store\.js"):
        Assets(tmp_path)


def test_references_follow_the_path_of_the_file_that_makes_them(tmp_path: Path) -> None:
    (tmp_path / "gate").mkdir()
    (tmp_path / "_vendor").mkdir()
    (tmp_path / "gate" / "one.js").write_text('import "./two.js"; import "../_vendor/three.js"; import "./nowhere.js";')
    (tmp_path / "gate" / "two.js").write_text("2")
    (tmp_path / "_vendor" / "three.js").write_text("3")
    assets = Assets(tmp_path)
    served = assets.served[assets.addresses["gate/one.js"].removeprefix("/static/")].content.decode()
    for name in ("gate/two.js", "_vendor/three.js"):
        assert f'"{assets.addresses[name]}"' in served
    assert '"./nowhere.js"' in served


def test_a_sheet_holds_its_parts_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("/* a */\na {\n  color: red;\n  margin: 0 auto;\n}\n")
    (tmp_path / "b.css").write_text("b { content: 'x'; }\n")
    (tmp_path / "all.css").write_text('@import "./a.css";\n@import "./b.css";\n')
    assets = Assets(tmp_path)
    served = assets.served[assets.addresses["all.css"].removeprefix("/static/")].content
    assert served == b"a{color: red;margin: 0 auto}b{content: 'x'}\n"


def test_a_file_that_is_not_there_is_a_mistake() -> None:
    assert address("site/site.css").startswith("/static/site.")
    with pytest.raises(KeyError):
        address("site.css")


def test_template_lines_can_be_read() -> None:
    """Within 160 characters, but for a sentence, which the catalogues take whole."""
    long = []
    for path in TEMPLATES.rglob("*.html"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            bare = line.strip()
            a_sentence = bare.startswith(('{{ _("', '{{ _n("', '"')) or "lang=" in bare
            if len(line) > 160 and not a_sentence:
                long.append(f"{path.name}:{number}")
    assert long == []
