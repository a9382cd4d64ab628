"""The ticket code against vectors that the browser shares, and against damage."""

import base64
import json
import random
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from app.printing import qr
from app.security.keyring import parse
from app.security.ticket_code import Code, NotATicket, address, decode, encode
from app.settings import SettingsError

VECTORS = json.loads((Path(__file__).parent / "ticket_vectors.json").read_text())
KEYRING = parse(VECTORS["secret"])


@pytest.mark.parametrize("vector", VECTORS["valid"], ids=lambda vector: vector["name"])
def test_valid_vectors(vector: dict[str, object]) -> None:
    facts = Code(**vector["facts"])  # type: ignore[arg-type]
    assert decode(KEYRING, str(vector["code"])) == facts
    keyring = parse(
        ",".join(sorted(VECTORS["secret"].split(","), key=lambda part: not part.startswith(f"{facts.key_id}:")))
    )
    assert encode(keyring, facts.event, facts.registration, facts.ticket, facts.issue) == vector["code"]


@pytest.mark.parametrize("vector", VECTORS["invalid"], ids=lambda vector: vector["name"])
def test_invalid_vectors(vector: dict[str, str]) -> None:
    with pytest.raises(NotATicket) as refused:
        decode(KEYRING, vector["code"])
    assert refused.value.code == vector["refusal"]


def test_public_keys_are_those_of_the_vectors() -> None:
    for key_id, public in VECTORS["public_keys"].items():
        assert KEYRING.ticket_verifier(int(key_id)).public_bytes_raw().hex() == public


def test_every_changed_bit_is_noticed() -> None:
    code = VECTORS["valid"][0]["code"]
    raw = bytearray(base64.b32decode(code + "==="))
    draw = random.Random(7)
    for _ in range(300):
        bit = draw.randrange(len(raw) * 8)
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(NotATicket):
            decode(KEYRING, base64.b32encode(changed).decode().rstrip("="))


def test_a_qr_is_small_and_an_independent_reader_reads_it() -> None:
    text = address("https://bon.example.org", VECTORS["valid"][0]["code"])
    assert len(qr.matrix(text)) == 41  # version 6
    import io

    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr.png(text))))
    assert found.text == text
    assert decode(KEYRING, found.text) == Code(**VECTORS["valid"][0]["facts"])
    assert qr.svg(text).startswith("<svg")


def test_the_seventeenth_secret_is_refused_with_words() -> None:
    ring = ",".join(f"{number}:{'x' * 40}" for number in range(17))
    with pytest.raises(SettingsError, match="at most 16"):
        parse(ring)
    with pytest.raises(SettingsError, match="twice"):
        parse(f"1:{'x' * 40},1:{'y' * 40}")
    with pytest.raises(SettingsError, match="32 characters"):
        parse("short")
