"""Plots as inline SVG, made on the server: no script, a table beside each for who cannot see it."""

from collections.abc import Sequence
from html import escape

import msgspec

WIDE, HIGH = 640, 180
LEFT, BOTTOM, TOP = 52, 24, 8
MOST_LABELS = 7


class Bar(msgspec.Struct, frozen=True):
    """A value with its label, and a second one that stands on it."""

    label: str
    value: int
    more: int = 0


def _round_up(most: int) -> int:
    """A number at or above the largest value that people read at a glance: 1, 2, 5 or 10 times a power of ten."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step >= most:
                return factor * step
        step *= 10


def _frame(most: int, title: str, inside: str, labels: Sequence[tuple[float, str]]) -> str:
    ground = HIGH - BOTTOM
    lines = "".join(
        f'<line x1="{LEFT}" x2="{WIDE}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>'
        for value, y in ((most, TOP), (most // 2, (TOP + ground) / 2), (0, ground))
        if value or not most % 2 or y == ground
    )
    under = "".join(
        f'<text x="{x:.1f}" y="{HIGH - 6}" text-anchor="middle">{escape(text)}</text>' for x, text in labels
    )
    return (
        f'<svg class="plot" viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{escape(title)}">'
        f"{lines}{inside}{under}</svg>"
    )


def bars(values: Sequence[Bar], title: str) -> str:
    """Bars beside one another."""
    if not values:
        return ""
    most, ground = _round_up(max(bar.value + bar.more for bar in values) or 1), HIGH - BOTTOM
    width = (WIDE - LEFT) / len(values)
    drawn, labels = [], list[tuple[float, str]]()
    every = -(-len(values) // MOST_LABELS)
    for number, bar in enumerate(values):
        x, y = LEFT + number * width, float(ground)
        for value, kind in ((bar.value, "first"), (bar.more, "second")):
            high = (ground - TOP) * value / most
            y -= high
            if value:
                drawn.append(
                    f'<rect x="{x + width * 0.1:.1f}" y="{y:.1f}" width="{width * 0.8:.1f}" height="{high:.1f}"'
                    f' class="{kind}"><title>{escape(bar.label)}: {value:,}</title></rect>'
                )
        if number % every == 0:
            labels.append((x + width / 2, bar.label))
    return _frame(most, title, "".join(drawn), labels)


def growing(values: Sequence[Bar], title: str) -> str:
    """How a sum grows, day by day; one day alone is a bar."""
    if len(values) < 2:
        return bars(values, title)
    sums = [sum(bar.value for bar in values[: number + 1]) for number in range(len(values))]
    most, ground = _round_up(sums[-1] or 1), HIGH - BOTTOM
    step = (WIDE - LEFT) / max(1, len(values) - 1)
    points = [(LEFT + number * step, ground - (ground - TOP) * each / most) for number, each in enumerate(sums)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    every = -(-len(values) // MOST_LABELS)
    labels = [
        (min(WIDE - 30.0, max(LEFT + 20.0, x)), values[i].label) for i, (x, _) in enumerate(points) if i % every == 0
    ]
    area = f'<polygon points="{LEFT},{ground} {line} {points[-1][0]:.1f},{ground}" class="area"/>'
    return _frame(most, title, f'{area}<polyline points="{line}" class="line"/>', labels)
