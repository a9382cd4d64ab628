"""The nightly comparison bites: slower by more than it allows fails, a slow machine does not."""

import json
from pathlib import Path

import pytest

from tests.bench import regression


@pytest.mark.parametrize(("ratio", "code"), [(1.0, 0), (1.1, 0), (1.2, 1)])
def test_what_has_become_slower_fails(
    ratio: float, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = tmp_path / "ratios.json"
    stored.write_text(json.dumps({"sqlite": {"admit": 10.0}, "postgres": {"admit": 10.0}}))
    monkeypatch.setattr(regression, "STORED", stored)
    monkeypatch.setattr(
        regression, "measured", lambda database: {"admit": 10.0 * (ratio if database == "sqlite" else 1)}
    )
    assert regression.main(keep=False) == code
    assert ("SLOWER" in capsys.readouterr().out) == bool(code)


def test_its_figures_are_those_of_rows_that_the_bench_prints() -> None:
    stored = json.loads(regression.STORED.read_text())
    source = (Path(regression.__file__).parent / "__main__.py").read_text()
    for rows in stored.values():
        assert len(rows) >= 8
        assert [name for name in rows if f'"{name.removesuffix(", alone")}"' not in source] == []


def test_a_row_is_read_as_it_is_printed() -> None:
    row = f"| {'admit one (distinct tickets)':44} | {1.46:8.2f} | {737:8.0f} | {19.2:7.1f} | {122.5:7.1f} |"
    found = regression._ROW.search(row)
    assert found is not None
    assert (found["name"].strip(), float(found["cpu"])) == ("admit one (distinct tickets)", 1.46)
