"""Whether the hottest paths have become slower, for a night: `python -m tests.bench.regression [keep]`.

Runs `tests.bench hot` three times on each database. Each figure is the best of its runs over the best of a fixed piece
of work that is timed before and after each run, so that a slow machine is no regression. Fails where one is more than
15 % above what `ratios.json` says; `keep` writes that file anew.
"""

import hashlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path

STORED = Path(__file__).parent / "ratios.json"
ALLOWED, RUNS = 1.15, 3
_ROW = re.compile(r"^\| (?P<name>.{44}) \| +(?P<cpu>[\d.]+) \|", re.MULTILINE)


def fixed_work() -> float:
    """CPU ms of work like ours that never changes: JSON, hashes, dictionaries."""
    fastest = float("inf")
    for _ in range(5):
        began = time.process_time()
        for number in range(4_000):
            row = {"id": number, "name": "សុខ ដារ៉ា", "list": [number] * 20}
            text = json.dumps(row)
            hashlib.sha256(text.encode()).hexdigest()
            json.loads(text)
        fastest = min(fastest, time.process_time() - began)
    return fastest * 1000


def measured(database: str) -> dict[str, float]:
    """The ratio of each row, the best of several runs."""
    best: dict[str, float] = {}
    for _ in range(RUNS):
        before = fixed_work()
        words = [sys.executable, "-m", "tests.bench", "hot", *([database] if database == "postgres" else [])]
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        work, after = min(before, fixed_work()), ""
        for found in _ROW.finditer(told):
            name = found["name"].strip()
            if not name:
                continue
            name = f"{after}, alone" if name.startswith("the same") else name
            after = name
            best[name] = min(best.get(name, float("inf")), round(1000 * float(found["cpu"]) / work, 1))
    return best


def main(*, keep: bool) -> int:
    """Print every ratio beside the stored one; 1 where something has become slower."""
    present = {database: measured(database) for database in ("sqlite", "postgres")}
    if keep:
        STORED.write_text(json.dumps(present, indent=2) + "\n")
        return 0
    stored, worse = json.loads(STORED.read_text()), 0
    print("| database | what | ratio | stored | |\n|---|---|---|---|---|")
    for database, rows in present.items():
        for name, ratio in rows.items():
            known = stored[database].get(name, ratio)
            slower = ratio > known * ALLOWED
            worse += slower
            print(f"| {database} | {name} | {ratio:.1f} | {known:.1f} | {'SLOWER' if slower else ''} |")
    return int(worse > 0)


if __name__ == "__main__":
    sys.exit(main(keep="keep" in sys.argv[1:]))
