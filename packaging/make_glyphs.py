"""Make the glyph strikes of ``printers/glyphs`` from the Terminus fonts of Debian.

Run once, the result is committed, so that every till prints the same dots::

    apt-get download xfonts-terminus && dpkg-deb -x xfonts-terminus_*.deb terminus
    cd terminus/usr/share/fonts/X11/misc
    python make_glyphs.py ter-u24n_unicode.pcf.gz regular_12x24.bin
    python make_glyphs.py ter-u24b_unicode.pcf.gz bold_12x24.bin
    python make_glyphs.py ter-u16n_unicode.pcf.gz regular_8x16.bin
    python make_glyphs.py ter-u16b_unicode.pcf.gz bold_8x16.bin

The strike file: ``SKG1``, then for each glyph, sorted, the code point (4 bytes, big-endian) and
its 24 or 16 rows of 2 bytes (big-endian), the rightmost dot in bit 0. The name of the target says
the size. The fonts and everything derived from
them stay under the SIL Open Font License 1.1 (``printers/glyphs/LICENSE.txt``).

Source: the "Portable Compiled Format" of the X.Org project; only what these two files use is read.
"""

from __future__ import annotations

import gzip
import struct
import sys
import unicodedata
from pathlib import Path

_METRICS = 1 << 2
_BITMAPS = 1 << 3
_ENCODINGS = 1 << 5
_BIG_ENDIAN = 1 << 2
_MOST_SIGNIFICANT_FIRST = 1 << 3
_COMPRESSED = 0x100
_NO_GLYPH = 0xFFFF

_CP858 = {bytes([code]).decode("cp858") for code in range(0x20, 0x100) if code != 0x7F}
_LATIN_EXTENDED_A = {chr(code) for code in range(0x0100, 0x0180)}
# Romanian letters with a comma below, then quotes, dashes and signs of German and English texts.
_BEYOND = {chr(code) for code in range(0x0218, 0x021C)} | {
    chr(code)
    for code in (
        *(0x2013, 0x2014, 0x2018, 0x2019, 0x201A, 0x201C, 0x201D, 0x201E, 0x2039, 0x203A),
        *(0x2020, 0x2022, 0x2026, 0x2030, 0x2212),
    )
}
WANTED = sorted(_CP858 | _LATIN_EXTENDED_A | _BEYOND)


def _tables(font: bytes) -> dict[int, tuple[int, bytes]]:
    if font[:4] != b"\x01fcp":
        raise SystemExit("not a PCF font")
    (count,) = struct.unpack_from("<I", font, 4)
    tables = {}
    for index in range(count):
        kind, _, size, offset = struct.unpack_from("<4I", font, 8 + 16 * index)
        # The format word is little-endian in every table, whatever the rest of it is.
        (form,) = struct.unpack_from("<I", font, offset)
        tables[kind] = (form, font[offset + 4 : offset + size])
    return tables


def _order(form: int) -> str:
    return ">" if form & _BIG_ENDIAN else "<"


def _metrics(form: int, table: bytes) -> list[tuple[int, int, int, int, int]]:
    """Left bearing, right bearing, advance, ascent, descent of each glyph, in dots."""
    if form & _COMPRESSED:
        (count,) = struct.unpack_from(_order(form) + "H", table)
        return [
            tuple(value - 0x80 for value in table[2 + 5 * index : 7 + 5 * index])
            for index in range(count)
        ]
    (count,) = struct.unpack_from(_order(form) + "I", table)
    return [
        struct.unpack_from(_order(form) + "5h", table, 4 + 12 * index) for index in range(count)
    ]


def _glyph_rows(
    form: int, table: bytes, index: int, metric: tuple[int, ...], size: tuple[int, int]
) -> list[int]:
    if not form & _MOST_SIGNIFICANT_FIRST:
        raise SystemExit("bits in the other order are not read")
    left, right, _, ascent, descent = metric
    (count,) = struct.unpack_from(_order(form) + "I", table)
    (offset,) = struct.unpack_from(_order(form) + "I", table, 4 + 4 * index)
    start = 4 + 4 * count + 16 + offset
    row_bytes = -(-(right - left) // 8)
    padded = -(-row_bytes // (1 << (form & 3))) * (1 << (form & 3))
    width_dots, height_dots = size
    if (left, right, ascent + descent) != (0, width_dots, height_dots):
        raise SystemExit(f"glyph {index} is not {width_dots}x{height_dots}")
    spare_bits = 8 * row_bytes - width_dots
    return [
        int.from_bytes(table[start + padded * row :][:row_bytes], "big") >> spare_bits
        for row in range(height_dots)
    ]


def read_strike(font: bytes, size: tuple[int, int]) -> dict[str, list[int]]:
    """Rows of every wanted glyph that the font has."""
    tables = _tables(font)
    metrics = _metrics(*tables[_METRICS])
    form, table = tables[_ENCODINGS]
    low, high, low_row, high_row, _ = struct.unpack_from(_order(form) + "5H", table)
    strike = {}
    for character in WANTED:
        row, column = divmod(ord(character), 256)
        if not (low_row <= row <= high_row and low <= column <= high):
            continue
        cell = (row - low_row) * (high - low + 1) + column - low
        (index,) = struct.unpack_from(_order(form) + "H", table, 10 + 2 * cell)
        if index != _NO_GLYPH:
            strike[character] = _glyph_rows(*tables[_BITMAPS], index, metrics[index], size)
    return strike


def main(source: str, target: str) -> None:
    """Write the strike file and name what the font does not have."""
    width_dots, height_dots = map(int, Path(target).stem.rpartition("_")[2].split("x"))
    strike = read_strike(gzip.decompress(Path(source).read_bytes()), (width_dots, height_dots))
    for character in WANTED:
        if character not in strike:
            print(f"missing: U+{ord(character):04X} {unicodedata.name(character, '?')}")
    packed = b"".join(
        struct.pack(f">I{height_dots}H", ord(character), *rows)
        for character, rows in sorted(strike.items())
    )
    Path(target).write_bytes(b"SKG1" + packed)
    print(f"{len(strike)} glyphs, {len(packed) + 4} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
