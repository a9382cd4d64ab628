"""Copies pinned browser files from node_modules into static/_vendor (git-ignored), with a manifest of what they are.

Run by `make` after npm: `python -m app.web.vendor`.
"""

import hashlib
import json
import shutil
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
VENDOR = ROOT / "app" / "static" / "_vendor"
FILES = {"@fontsource/noto-sans-khmer": ("files/noto-sans-khmer-khmer-400-normal.woff2",)}


def main() -> None:
    """Copy every file and write manifest.json: name → package, version, licence, sha256."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    manifest = {}
    for package, files in FILES.items():
        folder = ROOT / "node_modules" / package
        facts = json.loads((folder / "package.json").read_text())
        for file in files:
            target = VENDOR / Path(file).name
            shutil.copyfile(folder / file, target)
            manifest[target.name] = {
                "package": package,
                "version": facts["version"],
                "licence": facts["license"],
                "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
            }
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
