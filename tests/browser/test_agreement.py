"""Server and phone say the same: of codes (the shared vectors, and 10,000 mutated ones), of seals, and as judges."""

import base64
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, Page

from app.gate import roster_seals as seals
from app.gate import rules
from app.gate.shapes import EntryRules, JudgedParty, JudgedTicket, ScanAsk, Seen
from app.seats.rules import day_of
from app.security.keyring import parse
from app.security.ticket_code import Code, NotATicket, decode, encode
from app.web.assets import address
from models.states import Direction, EntryRule, EventState, RegistrationState, TicketState
from tests.served import Served

pytestmark = pytest.mark.browser

VECTORS = json.loads((Path(__file__).parents[1] / "unit" / "ticket_vectors.json").read_text())
KEYRING = parse(VECTORS["secret"])
KEYS = {key_id: seals.encoded(bytes.fromhex(public)) for key_id, public in VECTORS["public_keys"].items()}
READ = """
async ({ module, keys, texts, verifier }) => {
  const { decode, verifiers } = await import(module);
  const said = [];
  for (const text of texts) {
    try {
      const { event, registration, ticket, issue } = await decode(text, keys, verifier ? verifiers[verifier] : null);
      said.push([event, registration, ticket, issue]);
    } catch (error) {
      said.push(error.code ?? String(error));
    }
  }
  return said;
}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("served")) as made:
        yield made.start()


@pytest.fixture
def page(browser: Browser, served: Served) -> Page:
    """A page of ours, in which the phone's modules run under our own policy."""
    opened = browser.new_page()
    opened.goto(f"{served.base}/gate")
    return opened


def by_server(text: str) -> Any:
    try:
        code = decode(KEYRING, text)
    except NotATicket as refusal:
        return refusal.code
    return [code.event, code.registration, code.ticket, code.issue]


def by_phone(page: Page, texts: list[str], verifier: str = "") -> list[Any]:
    asked = {"module": address("gate/ticket_code.js"), "keys": KEYS, "texts": texts, "verifier": verifier}
    return list(page.evaluate(READ, asked))


@pytest.mark.parametrize("verifier", ["native", "portable"])
def test_the_shared_vectors(page: Page, verifier: str) -> None:
    valid = by_phone(page, [vector["code"] for vector in VECTORS["valid"]], verifier)
    facts = [Code(**vector["facts"]) for vector in VECTORS["valid"]]
    assert valid == [[each.event, each.registration, each.ticket, each.issue] for each in facts]
    invalid = by_phone(page, [vector["code"] for vector in VECTORS["invalid"]], verifier)
    assert invalid == [vector["refusal"] for vector in VECTORS["invalid"]]


def mutated(draw: random.Random) -> str:
    """A genuine code, damaged in one of the ways in which codes are damaged, or not at all."""
    code = encode(
        KEYRING, draw.randrange(1 << 24), draw.randbytes(8).hex(), draw.randrange(1, 256), draw.randrange(256)
    )
    raw = bytearray(base64.b32decode(code + "==="))
    match draw.randrange(12):
        case 0:
            raw[draw.randrange(14)] ^= 1 << draw.randrange(8)
        case 1:
            raw[14 + draw.randrange(64)] ^= 1 << draw.randrange(8)
        case 2:
            raw[0] = draw.randrange(256)
        case 3:
            at = draw.randrange(125)
            return code[:at] + draw.choice("ABCXYZ234567018=/?# \n\tអé\u017f\u0130") + code[at + 1 :]
        case 4:
            return code[: draw.randrange(125)]
        case 5:
            return code + draw.choice(["A", "=", "==", " ", "\n", "\u00a0", "\ufeff", "\x1c", "/", "/x", "?x=1", "#f"])
        case 6:
            return "".join(draw.choice((each.lower(), each)) for each in code)
        case 7:
            where = draw.choice(
                ("https://x.example/t/", "HTTP://A/T/", "T/", "/T/", "t/T/", "x/", "//T//", "\u0131/T/")
            )
            return where + code + draw.choice(("", "/", "?q=/T/", "#", "//"))
        case 8:
            return draw.choice(("\x0b", " \r\n", "\x85", "\u2003", "\x00")) + code
        case 9:
            return code[:-1] + draw.choice("ABCDEFGH234567")
        case 10:
            raw[14:] = bytes(64)
        case _:
            pass
    return base64.b32encode(bytes(raw)).decode().rstrip("=")


def test_ten_thousand_mutated_codes(page: Page) -> None:
    draw = random.Random(20261124)
    texts = [mutated(draw) for _ in range(10_000)]
    expected = [by_server(text) for text in texts]
    assert by_phone(page, texts) == expected
    assert by_phone(page, texts[:400], "portable") == expected[:400]
    kinds = {kind if isinstance(kind, str) else "valid" for kind in expected}
    assert kinds == {"valid", "code_malformed", "code_forged", "code_unknown_key"}


def test_seals_open_with_the_number_and_with_no_other(page: Page) -> None:
    cases = []
    for index, name in enumerate(("សុខ ដារ៉ា", "Sok Dara\nRow A", "x", "ក" * 120, "")):
        number = f"{index:016x}"
        reference, secret = seals.party_secrets(number, 70_000 + index)
        cases.append([number, 70_000 + index, reference, seals.seal_for_tickets(secret, name), name])
    said = page.evaluate(
        """async ({ module, cases }) => {
          const { open, partySecrets } = await import(module);
          const said = [];
          for (const [number, event, , sealed] of cases) {
            const { reference, secret } = await partySecrets(number, event);
            const wrong = await partySecrets("ffffffffffffffff", event);
            const [right, other] = [await open(secret, sealed), await open(wrong.secret, sealed)];
            said.push([reference, [right.name, right.note].join("\\n").trimEnd(), other.name + other.note]);
          }
          return said;
        }""",
        {"module": address("gate/seals.js"), "cases": cases},
    )
    assert said == [[reference, name, ""] for _, _, reference, _, name in cases]


# -- the judges -------------------------------------------------------------------------------------------------------

ME, OTHER = UUID(int=1), UUID(int=2)


def case(draw: random.Random) -> tuple[dict[str, Any], tuple[str, str]]:
    """A ticket, its party and its event, as the phone has them; and what the server's judge says of it."""
    now = datetime(2027, 4, 11, draw.randrange(24), draw.randrange(60), tzinfo=UTC)

    def about() -> datetime | None:
        return draw.choice((None, None, now + timedelta(hours=draw.randrange(-40, 40))))

    entry = EntryRules(
        entry_rule=EntryRule(draw.choice(("once", "daily", "free"))),
        time_zone=draw.choice(("Asia/Seoul", "Asia/Phnom_Penh", "Asia/Riyadh", "UTC")),
        day_turns=draw.choice(("04:00", "00:00", "23:30")),
        entry_opens_at=about(),
        entry_closes_at=about(),
        admit_waiting=draw.random() < 0.3,
        state=EventState.CANCELLED if draw.random() < 0.1 else EventState.PUBLISHED,
    )
    state = draw.choice(("confirmed", "confirmed", "confirmed", "waiting", "cancelled"))
    day = day_of(entry, now)
    tickets, issues, runs = {}, [], []
    for number in range(1, draw.randrange(2, 5)):
        held = draw.choice(("valid", "valid", "given_up", "handed_on"))
        ticket_state = "waiting" if state == "waiting" and held == "valid" else held
        issue = draw.randrange(3)
        ticket = JudgedTicket(uuid4(), number, issue, TicketState(ticket_state), {})
        issues.append(issue if held == "valid" else -2 if held == "handed_on" else -1)
        if held == "valid" and draw.random() < 0.4:
            at = now - timedelta(hours=draw.randrange(30), minutes=1)
            inside = entry.entry_rule != "free" or draw.random() < 0.5
            ticket.seen[day_of(entry, at)] = Seen(at, OTHER, "Other", inside)
            runs.append([int(at.timestamp()), "other", number if inside else -number])
        tickets[number] = ticket
    number = draw.randrange(1, len(tickets) + 1)
    override = draw.choice(("", "", "other"))
    read = draw.choice((None, max(0, tickets[number].issue - draw.randrange(2))))
    ask = ScanAsk(
        nonce="n", direction=Direction.IN, scanned_at=now, phone_at=now, clock_off=False, offline=False, shown=None,
        override=override, undo="", rehearsal=False, numbers=(), registration="r", ticket=number, issue=read,
    )  # fmt: skip
    party = JudgedParty(uuid4(), "r", RegistrationState(state), len(tickets), tickets)
    verdict = rules.judge(ask, party, number, entry=entry, day=day)
    told = {
        "event": {
            "entry_rule": entry.entry_rule, "time_zone": entry.time_zone, "day_turns": entry.day_turns,
            "admit_waiting": entry.admit_waiting, "state": entry.state,
            "entry_opens_at": entry.entry_opens_at and entry.entry_opens_at.isoformat(),
            "entry_closes_at": entry.entry_closes_at and entry.entry_closes_at.isoformat(),
        },
        "row": ["ref", state, len(tickets), 0, runs, issues, "", "", ""], "own": [], "gone": False,
        "number": number, "issue": read, "direction": "in", "override": override, "at": now.timestamp() * 1000,
    }  # fmt: skip
    return told, (verdict.outcome, verdict.code)


def test_phone_and_server_judge_alike(page: Page) -> None:
    draw = random.Random(11)
    cases = [case(draw) for _ in range(3_000)]
    said = page.evaluate(
        """async ({ module, cases }) => {
          const { judge } = await import(module);
          return cases.map((each) => { const { outcome, code } = judge(each); return [outcome, code]; });
        }""",
        {"module": address("gate/judge.js"), "cases": [told for told, _ in cases]},
    )
    for (told, expected), found in zip(cases, said, strict=True):
        assert tuple(found) == expected, told
    seen = {expected for _, expected in cases}
    assert {code for _, code in seen} >= {
        "", "already_admitted", "ticket_given_up", "ticket_reissued", "ticket_waiting", "entry_not_open",
        "entry_closed", "another_day",
    }  # fmt: skip
