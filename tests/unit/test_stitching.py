"""A gzip file in three parts is one file for every reader."""

import gzip
import io
import subprocess
import zlib

from hypothesis import given
from hypothesis import strategies as st

from app.gate.stitching import gzip_around, part_of


@given(st.binary(max_size=300), st.binary(max_size=9000), st.binary(max_size=300))
def test_three_parts_are_one_file(before: bytes, part: bytes, after: bytes) -> None:
    file = gzip_around(before, part_of(part), after)
    assert gzip.decompress(file) == before + part + after
    reader = zlib.decompressobj(31)  # as browsers read it: one member to its end, and nothing behind
    assert reader.decompress(file) == before + part + after
    assert (reader.eof, reader.unused_data) == (True, b"")
    assert gzip.GzipFile(fileobj=io.BytesIO(file)).read() == before + part + after


def test_another_makers_reader_agrees() -> None:
    file = gzip_around(b"{" * 50, part_of(b"row " * 90_000), b"}")
    done = subprocess.run(["gzip", "-t"], input=file, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(file) < 2_000
