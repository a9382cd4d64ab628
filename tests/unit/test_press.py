"""The press: the same print is made once, what waits has a bound, and what failed is tried again."""

import asyncio
import gc
import threading
from typing import Any
from weakref import ref

import pytest

from app.printing import typesetting
from app.printing.typesetting import Press
from app.security import moments
from app.security.moments import forget_people
from app.validation.refusals import Refused


class Thing:
    """Anything that can be looked for."""


class Setter:
    """Sets nothing until it may; counts what it was asked for."""

    def __init__(self) -> None:
        self.may, self.asked, self.fails = threading.Event(), 0, False

    def __call__(self, template: str, inputs: bytes, kind: str, ppi: float) -> bytes:
        self.asked += 1
        self.may.wait(5)
        if self.fails:
            raise RuntimeError("no type")
        return inputs


@pytest.fixture
def setter(monkeypatch: pytest.MonkeyPatch) -> Setter:
    made = Setter()
    monkeypatch.setattr(typesetting, "_set", made)
    return made


async def asked(press: Press, facts: dict[str, Any], template: str = "event.typ") -> bytes:
    return await press.make(template, facts, "pdf", 144)


async def test_however_many_ask_for_one_print_it_is_made_once(setter: Setter) -> None:
    press = Press(waiting=2)
    several = [asyncio.ensure_future(asked(press, {"a": 1})) for _ in range(600)]
    await asyncio.sleep(0)
    setter.may.set()
    assert set(await asyncio.gather(*several)) == {b'{"a":1}'}
    assert await asked(press, {"a": 1}) == b'{"a":1}'
    assert setter.asked == 1
    assert await asked(press, {"a": 2}) == b'{"a":2}'
    assert setter.asked == 2


async def test_lists_of_names_are_not_kept(setter: Setter) -> None:
    press = Press()
    setter.may.set()
    for _ in range(2):
        assert await asked(press, {"name": "Dara"}, "list.typ") == b'{"name":"Dara"}'
    assert setter.asked == 2


async def test_a_ticket_is_kept_for_a_moment_and_forgotten_with_whoever_is_erased(
    setter: Setter, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = Press()
    setter.may.set()
    for _ in range(2):
        assert await asked(press, {"name": "Dara"}, "ticket.typ") == b'{"name":"Dara"}'
    assert setter.asked == 1
    forget_people()
    await asked(press, {"name": "Dara"}, "ticket.typ")
    assert setter.asked == 2
    monkeypatch.setattr(moments, "SECONDS", 0.0)
    await asked(press, {"name": "Sok"}, "ticket.typ")
    await asyncio.sleep(0.01)
    await asked(press, {"name": "Sok"}, "ticket.typ")
    assert setter.asked == 4
    monkeypatch.setattr(moments, "SECONDS", 600.0)
    press._tickets.most_bytes = 30
    for number in range(9):
        await asked(press, {"name": str(number)}, "ticket.typ")
    assert 1 <= len(press._tickets) <= 2


async def test_one_too_many_is_told_to_come_again(setter: Setter) -> None:
    press = Press(waiting=2)
    two = [asyncio.ensure_future(asked(press, {"a": n})) for n in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Refused, match="busy"):
        await asked(press, {"a": 3})
    setter.may.set()
    await asyncio.gather(*two)
    assert await asked(press, {"a": 3}) == b'{"a":3}'


async def test_what_failed_is_not_kept(setter: Setter) -> None:
    press = Press()
    setter.may.set()
    setter.fails = True
    with pytest.raises(RuntimeError):
        await asked(press, {"a": 1})
    setter.fails = False
    assert await asked(press, {"a": 1}) == b'{"a":1}'


async def test_what_is_dropped_is_dropped_by_everybody() -> None:
    """Also by the clock that would have forgotten it in ten minutes."""
    held = moments.Moments[Thing](most_bytes=3)
    things = [Thing() for _ in range(5)]
    seen = [ref(each) for each in things]
    for number, each in enumerate(things):
        held.hold(number, each, 1, moments.epoch())
    del things, each
    gc.collect()
    assert [each() is None for each in seen] == [True, True, False, False, False]
    forget_people()
    gc.collect()
    assert [each() for each in seen] == [None] * 5
    assert len(held) == 0


async def test_what_was_read_before_an_erasing_is_not_held_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "AGAIN", 0.0)
    held = moments.Moments[Thing](most_bytes=3)
    read_at = moments.epoch()
    forget_people()
    held.hold("page", Thing(), 1, read_at)
    assert len(held) == 0
    held.hold("page", Thing(), 1, moments.epoch())  # by somebody who does not see yet that the erasing is committed
    await asyncio.sleep(0.01)
    assert len(held) == 0
