"""A gzip file around a part that was compressed before: what many are sent is not compressed for each of them.

Deflate blocks may follow one another wherever one ended on a whole byte (RFC 1951 3.2, RFC 1952).
"""

import struct
import zlib

import msgspec

LEVEL = 6
RAW = -15  # deflate without a header of its own
HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # gzip, no name, no time


class Deflated(msgspec.Struct, frozen=True):
    """A part of a body, plain and as deflate blocks that need nothing of what stands before them."""

    plain: bytes
    deflated: bytes


def part_of(plain: bytes) -> Deflated:
    """Compress a part."""
    return Deflated(plain, _blocks(plain, zlib.Z_FULL_FLUSH))


def gzip_around(before: bytes, part: Deflated, after: bytes) -> bytes:
    """The gzip file of these three in a row."""
    checksum = zlib.crc32(after, zlib.crc32(part.plain, zlib.crc32(before)))
    size = len(before) + len(part.plain) + len(after)
    return b"".join(
        (
            HEAD,
            _blocks(before, zlib.Z_FULL_FLUSH),
            part.deflated,
            _blocks(after, zlib.Z_FINISH),
            struct.pack("<LL", checksum, size & 0xFFFFFFFF),
        )
    )


def _blocks(plain: bytes, end: int) -> bytes:
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    return compressor.compress(plain) + compressor.flush(end)
