"""Opening the names of an event, each under a key of its own: `python -m tests.bench.names`; CPU of this process.

The floor is the same number of names under one key, as before data keys. Then what a search adds: each name is held
against what is looked for, in any spelling.
"""

import random
import time
from uuid import uuid4

from app.registrations.names import Wanted
from app.security.keyring import parse
from app.security.sealing import new_key, open_key, seal, unseal
from tests.world import SECRET

NAMES = 20_000
ROUNDS = 5
WORDS = ("សុខ", "ដារ៉ា", "ចាន់", "វុទ្ធី", "ហេង", "បុប្ផា", "ស្រីមុំ", "Sok", "Dara", "Chan", "Vuthy", "Heng", "Bopha", "Sreymom")


def main() -> None:
    """Run once and print."""
    keyring = parse(SECRET)
    rows, before, names = [], [], list[str]()
    for index in range(NAMES):
        row = uuid4()
        names.append(f"{random.choice(WORDS)} {random.choice(WORDS)}{index % 97}")
        key, place, name = new_key(keyring, row), f"registration.sealed_name:{row}", names[-1]
        rows.append((row, key.sealed, key.seal(name, place), place))
        before.append((seal(keyring, name, place), place))
    for _ in range(ROUNDS):
        began = time.process_time()
        for row, sealed_key, sealed, place in rows:
            open_key(keyring, sealed_key, row).unseal(sealed, place)
        own = time.process_time() - began
        began = time.process_time()
        for sealed, place in before:
            unseal(keyring, sealed, place)
        floor = time.process_time() - began
        print(f"{NAMES} names: {own * 1000:.0f} ms under keys of their own, {floor * 1000:.0f} ms under one key")
    for text in ("Sok Dara", "ហេង", "Nobody Known"):
        wanted, began = Wanted(text), time.process_time()
        found = sum(wanted.fit(name) is not None for name in names)
        print(f"held against {text}: {(time.process_time() - began) * 1000:.0f} ms, {found} fit")


if __name__ == "__main__":
    main()
