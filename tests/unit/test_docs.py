"""What the manuals say exists: settings, commands with their options, files, make's words, and what people read."""

import argparse
import re
from pathlib import Path

import pytest

from app import arguments
from app.settings import OPTIONS
from app.validation.sentences import SENTENCES
from tests.world import World

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
PAGES += [path for path in (ROOT / "docs" / "deploy").iterdir() if path.is_file()]


def words_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Every command by its words: "secret rotate", "backup", …"""
    found = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, each in action.choices.items():
                found[name] = each
                found |= {f"{name} {more}": one for more, one in words_of(each).items()}
    return found


COMMANDS = words_of(arguments.parser())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_setting_command_and_file_that_is_named_is_there(path: Path) -> None:
    text = path.read_text()
    known = {option.env for option in OPTIONS}
    secret = {f"{option.env}_FILE" for option in OPTIONS if option.secret}
    named = set(re.findall(r"\bBON_[A-Z_]+[A-Z]\b", text))
    assert named <= known | secret, named - known - secret
    for line in re.findall(r"(?:^|[`/ ])bon ([a-z][a-z-]+(?: [a-z][a-z-]+)?(?: --?[a-z-]+)*)", text, re.MULTILINE):
        parts = line.split()
        options = [part for part in parts if part.startswith("--")]
        spoken = [part for part in parts if not part.startswith("-")]
        command = COMMANDS.get(" ".join(spoken[:2])) or COMMANDS.get(spoken[0])
        if command is None:
            continue  # "bon is", "bon stands": a sentence, or the next test's matter
        for option in options:
            assert option in command._option_string_actions, line
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (path.parent / link).exists(), link
    for target in re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", text, re.MULTILINE):
        wanted = target[0] or target[1]
        assert re.search(rf"^{wanted}:", (ROOT / "Makefile").read_text(), re.MULTILINE), wanted


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_in_code_marks_is_one(path: Path) -> None:
    for line in re.findall(r"`bon ([a-z][a-z-]*)", path.read_text()):
        assert line in COMMANDS, f"bon {line}"


def test_the_manual_tells_what_to_do_about_each_failure_that_people_read() -> None:
    text = (ROOT / "docs" / "operator.md").read_text()
    rows = re.findall(r'^\| "([^"]+)"', text, re.MULTILINE)
    sentences = [str(sentence) for status, sentence in SENTENCES.values() if status >= 500]
    assert len(rows) >= len(sentences) - 1
    for row in rows:
        assert any(row in sentence for sentence in sentences), row


def test_the_units_start_what_there_is() -> None:
    for unit in (ROOT / "docs" / "deploy").glob("*.service"):
        started = re.findall(r"^ExecStart=\S+/bon (\S+)", unit.read_text(), re.MULTILINE)
        assert started
        assert set(started) <= set(COMMANDS)


async def test_the_board_asks_for_measures_that_there_are(world: World) -> None:
    event = await world.event()
    async with world.stranger as stranger:
        await stranger.get(f"/en/events/{event['slug']}")
        told = (await stranger.get("/metrics")).text
    exported = set(re.findall(r"^# TYPE (\w+)", told, re.MULTILINE)) | {"bon_backup_age_seconds"}
    asked = set(re.findall(r"\bbon_\w+", (ROOT / "docs" / "deploy" / "grafana.json").read_text()))
    bare = {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked if "_seconds_" in name} | {
        name for name in asked if "_seconds_" not in name
    }
    assert bare <= exported, bare - exported
    assert 'bon_request_seconds_count{route="/{language}/events/{slug}",status="200"}' in told
    assert event["slug"] not in told


def test_the_manual_page_names_every_command() -> None:
    text = (ROOT / "docs" / "bon.1").read_text().replace("\\-", "-")
    for name in COMMANDS:
        first, _, second = name.partition(" ")
        assert first in text, name
        assert not second or second in text, name
    for option in re.findall(r"--[a-z-]+", text):
        assert option == "--help" or any(option in each._option_string_actions for each in COMMANDS.values()), option


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete -o"), ("zsh", "#compdef bon"), ("tcsh", "complete bon")]
)
def test_shells_complete_the_commands(shell: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    from app.cli import run

    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert word in script
    assert "reset-second-factor" in script
