"""Copies pinned browser files from node_modules into static/_vendor (git-ignored), with a manifest of what they are.

Run by `make` after npm: `python -m app.web.vendor`. Large ones are compressed here once, not at every start.
"""

import hashlib
import json
import shutil
from pathlib import Path

import brotli

ROOT = Path(__file__).parent.parent.parent
VENDOR = ROOT / "app" / "static" / "_vendor"
# package → its file → our name for it
FILES = {
    "@fontsource/noto-sans-khmer": {
        "files/noto-sans-khmer-khmer-400-normal.woff2": "noto-sans-khmer-khmer-400-normal.woff2"
    },
    "@noble/ed25519": {"index.js": "noble_ed25519.js"},
    "qr": {"index.js": "qr_encoder.js"},
    "zxing-wasm": {
        "dist/iife/reader/index.js": "zxing_reader.js",
        "dist/reader/zxing_reader.wasm": "zxing_reader.wasm",
    },
}


def main() -> None:
    """Copy every file and write manifest.json: name → package, version, licence, sha256."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    manifest = {}
    for package, files in FILES.items():
        folder = ROOT / "node_modules" / package
        facts = json.loads((folder / "package.json").read_text())
        for file, name in files.items():
            target = VENDOR / name
            shutil.copyfile(folder / file, target)
            if target.suffix == ".wasm":
                target.with_suffix(".wasm.br").write_bytes(brotli.compress(target.read_bytes()))
            manifest[name] = {
                "package": package,
                "version": facts["version"],
                "licence": facts["license"],
                "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
            }
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
