"""Sealing, links and form nonces: what was moved, altered or made elsewhere opens nothing."""

import base64
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security.keyring import parse
from app.security.links import make_key, proves, read_key
from app.security.nonces import make_nonce, nonce_is_ours
from app.security.sealing import Unreadable, keyed_hash, seal, unseal

OLD = parse("0:" + "o" * 40)
NEW = parse("1:" + "n" * 40 + ",0:" + "o" * 40)
OTHER = parse("0:" + "x" * 40)


@given(st.text(min_size=1))
def test_what_is_sealed_opens_in_its_own_place_only(text: str) -> None:
    sealed = seal(OLD, text, "registration.sealed_name:1")
    assert unseal(OLD, sealed, "registration.sealed_name:1") == text
    assert unseal(NEW, sealed, "registration.sealed_name:1") == text
    for keyring, place in ((OLD, "registration.sealed_name:2"), (OTHER, "registration.sealed_name:1")):
        with pytest.raises(Unreadable):
            unseal(keyring, sealed, place)


def test_altered_values_do_not_open() -> None:
    raw = bytearray(base64.b64decode(seal(OLD, "Dara", "p")))
    for index in range(len(raw)):
        changed = bytearray(raw)
        changed[index] ^= 1
        with pytest.raises(Unreadable):
            unseal(OLD, base64.b64encode(changed).decode(), "p")
    for nonsense in ("x", "====", "ü", base64.b64encode(b"").decode() + "A"):
        with pytest.raises(Unreadable):
            unseal(OLD, nonsense, "p")


def test_sealing_the_same_twice_differs_and_nothing_stays_nothing() -> None:
    assert seal(OLD, "Dara", "p") != seal(OLD, "Dara", "p")
    assert seal(OLD, "", "p") == unseal(OLD, "", "p") == ""


def test_links_prove_one_row_one_purpose_one_issue() -> None:
    row = uuid4()
    key = make_key(OLD, "party", row, 0)
    assert proves(OLD, "party", key)
    assert proves(NEW, "party", key)
    assert not proves(OLD, "party", key, 1)
    assert not proves(OLD, "pair", key)
    assert not proves(OTHER, "party", key)
    assert not proves(OLD, "party", make_key(NEW, "party", row, 0))
    for index in range(len(key)):
        changed = key[:index] + ("A" if key[index] != "A" else "B") + key[index + 1 :]
        assert not proves(OLD, "party", changed)


@given(st.text(max_size=60))
def test_no_text_breaks_reading_a_link(text: str) -> None:
    assert read_key(text) is None or len(text) == 47


def test_nonces_are_ours_for_their_purpose_and_for_a_day() -> None:
    nonce = make_nonce(OLD, "register")
    assert nonce_is_ours(OLD, "register", nonce)
    assert nonce_is_ours(NEW, "register", nonce)
    assert not nonce_is_ours(OLD, "other", nonce)
    assert not nonce_is_ours(OTHER, "register", nonce)
    assert not nonce_is_ours(OLD, "register", nonce, max_age=-200)


@given(st.text())
def test_no_text_is_a_nonce_by_chance(text: str) -> None:
    assert not nonce_is_ours(OLD, "register", text)


def test_hashes_are_keyed() -> None:
    assert keyed_hash(OLD, "reach", "+821012345678") == keyed_hash(OLD, "reach", "+821012345678")
    assert keyed_hash(OLD, "reach", "+821012345678") != keyed_hash(OTHER, "reach", "+821012345678")
