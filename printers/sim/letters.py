"""The part of a printer that knows letters and codes: state, and rows of dots; pure and strict.

Its own reading of Epson's ESC/POS reference: a character prints only after a code page was chosen,
a line longer than the paper is a mistake, and so is every parameter that the encoder never sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from printers.codes import code128_modules, ean13_check_digit, ean13_modules
from printers.glyphs import BOX, HEIGHT_DOTS, WIDTH_DOTS, strike

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE_ROWS: Final = 30
"""How the paper moves after a line of single height: 3.75 mm, the usual setting."""
_LF: Final = 0x0A
_FIRST_CHARACTER: Final = 0x20
_DELETE: Final = 0x7F
_THREE_BYTES: Final = 3
_QR_HEAD_BYTES: Final = 8
_QR_BYTES_MAX: Final = 7_092
_CODE128: Final = 73
_EAN13: Final = 67
_SIZES: Final = {0x00: 1, 0x11: 2}

Mistake = Literal["unknown_command", "wrong_parameter", "wider_than_paper"]


class Taken(NamedTuple):
    """What a command did: bytes used (0 = not here whole yet), rows printed, its mistake."""

    used: int
    rows: tuple[int, ...] = ()
    mistake: Mistake | None = None


class Letters:
    """The settings of a printer since ``ESC @``, and the line it collects.

    Args:
        dots: printable width.
        cp858_slot: n of ``ESC t n`` that means code page 858.
    """

    def __init__(self, *, dots: int, cp858_slot: int) -> None:
        self._dots = dots
        self._slot = cp858_slot
        self.reset()

    def reset(self) -> None:
        """Take the settings of ``ESC @``; what was collected is gone."""
        self._has_page = False
        self._bold = False
        self._inverse = False
        self._size = 1
        self.align = 0
        self._line: list[tuple[str, bool, bool, int]] = []
        self._bar_rows = 162
        self._module_dots = 3
        self._qr_dots = 3
        self._qr_level = 0
        self._qr_content: bytes | None = None

    def take(self, pending: bytes | bytearray) -> Taken | None:
        """Return what the next command does; None if it is none of these."""
        first = pending[0]
        if first >= _FIRST_CHARACTER:
            return self._character(first)
        if first == _LF:
            return Taken(1, self._feed_line()) if self._has_page else None
        head = bytes(pending[:2])
        if head == b"\x1dk":
            return self._bars(pending)
        if head == b"\x1d(":
            return self._qr(pending)
        if head not in _SETTINGS:
            return None
        if len(pending) < _THREE_BYTES:
            return Taken(0)
        return self._set(head, pending[2])

    def placed(self, row: int, width_dots: int) -> int:
        """Return a row of something narrower where the alignment puts it."""
        spare = self._dots - width_dots
        return row << spare - (0, spare // 2, spare)[self.align]

    def _character(self, code: int) -> Taken | None:
        if not self._has_page or code == _DELETE:
            return None
        self._line.append((bytes([code]).decode("cp858"), self._bold, self._inverse, self._size))
        wide = sum(size for *_, size in self._line) * WIDTH_DOTS
        if wide > self._dots:
            self._line.pop()
            return Taken(1, (), "wider_than_paper")
        return Taken(1)

    def _feed_line(self) -> tuple[int, ...]:
        tall = max((size for *_, size in self._line), default=1)
        rows = [0] * (tall * HEIGHT_DOTS)
        wide = 0
        for character, bold, inverse, size in self._line:
            glyph = strike(bold=bold).get(character, BOX)
            cell = (1 << WIDTH_DOTS) - 1
            drawn = [dots ^ cell if inverse else dots for dots in glyph]
            shift = size * WIDTH_DOTS
            # Letters of a line stand on one foot.
            above = len(rows) - size * HEIGHT_DOTS
            for index in range(len(rows)):
                dots = drawn[(index - above) // size] if index >= above else 0
                rows[index] = rows[index] << shift | _wide(dots, size)
            wide += shift
        self._line.clear()
        white = [0] * max(0, LINE_ROWS - len(rows))
        return tuple(self.placed(row, wide) for row in rows) + tuple(white)

    def _set(self, head: bytes, value: int) -> Taken:
        wrong = Taken(_THREE_BYTES, (), "wrong_parameter")
        match _SETTINGS[head]:
            case "code_page":
                if value != self._slot:
                    return wrong
                self._has_page = True
            case "align" if value in range(3) and not self._line:
                self.align = value
            case "bold" if value in (0, 1):
                self._bold = bool(value)
            case "inverse" if value in (0, 1):
                self._inverse = bool(value)
            case "size" if value in _SIZES:
                self._size = _SIZES[value]
            case "feed" if not self._line:
                return Taken(_THREE_BYTES, (0,) * value)
            case "bar_rows" if value:
                self._bar_rows = value
            case "bar_dots" if value in range(2, 7):
                self._module_dots = value
            case "bar_text" | "bar_font" if value == 0:
                pass
            case _:
                return wrong
        return Taken(_THREE_BYTES)

    def _bars(self, pending: bytes | bytearray) -> Taken:
        if len(pending) < _THREE_BYTES + 1:
            return Taken(0)
        kind, count = pending[2], pending[3]
        used = _THREE_BYTES + 1 + count
        if kind not in (_CODE128, _EAN13):
            return Taken(_THREE_BYTES + 1, (), "wrong_parameter")
        if len(pending) < used:
            return Taken(0)
        content = bytes(pending[4:used]).decode("latin-1")
        modules = _modules(kind, content)
        if modules is None:
            return Taken(used, (), "wrong_parameter")
        row = 0
        for place, width in enumerate(modules):
            dots = width * self._module_dots
            row = row << dots | (0 if place % 2 else (1 << dots) - 1)
        wide = sum(modules) * self._module_dots
        if wide > self._dots:
            return Taken(used, (), "wider_than_paper")
        return Taken(used, (self.placed(row, wide),) * self._bar_rows)

    def _qr(self, pending: bytes | bytearray) -> Taken | None:
        if len(pending) < _THREE_BYTES:
            return Taken(0)
        if pending[2] != ord("k"):
            return None
        if len(pending) < _QR_HEAD_BYTES - 1:
            return Taken(0)
        size = int.from_bytes(pending[3:5], "little")
        used = 5 + size
        if pending[5] != ord("1") or not 3 <= size <= _QR_BYTES_MAX:
            return Taken(_QR_HEAD_BYTES - 1, (), "wrong_parameter")
        if len(pending) < used:
            return Taken(0)
        values = bytes(pending[7:used])
        wrong = Taken(used, (), "wrong_parameter")
        match pending[6]:
            case 65 if values == b"2\x00":
                pass
            case 67 if len(values) == 1 and values[0] in range(1, 17):
                self._qr_dots = values[0]
            case 69 if len(values) == 1 and values[0] in range(48, 52):
                self._qr_level = values[0] - 48
            case 80 if values[:1] == b"0" and len(values) > 1:
                self._qr_content = values[1:]
            case 81 if values == b"0" and self._qr_content is not None:
                rows = self._qr_rows(self._qr_content)
                return Taken(used, rows) if rows else Taken(used, (), "wider_than_paper")
            case _:
                return wrong
        return Taken(used)

    def _qr_rows(self, content: bytes) -> tuple[int, ...]:
        from qrcode.main import QRCode

        # The library counts the levels L M Q H as 1 0 3 2.
        code = QRCode(error_correction=(1, 0, 3, 2)[self._qr_level], border=0)
        code.add_data(content.decode("latin-1"), optimize=0)
        code.make(fit=True)
        modules = code.get_matrix()
        wide = len(modules) * self._qr_dots
        if wide > self._dots:
            return ()
        rows: list[int] = []
        for line in modules:
            row = 0
            for module in line:
                row = row << self._qr_dots | ((1 << self._qr_dots) - 1 if module else 0)
            rows += [self.placed(row, wide)] * self._qr_dots
        return tuple(rows)


_SETTINGS: Final = {
    b"\x1bt": "code_page",
    b"\x1ba": "align",
    b"\x1bE": "bold",
    b"\x1dB": "inverse",
    b"\x1d!": "size",
    b"\x1bJ": "feed",
    b"\x1dh": "bar_rows",
    b"\x1dw": "bar_dots",
    b"\x1dH": "bar_text",
    b"\x1df": "bar_font",
}


def _modules(kind: int, content: str) -> Sequence[int] | None:
    if kind == _EAN13:
        right = content.isascii() and content.isdigit() and len(content) == 13
        return ean13_modules(content) if right and _checks(content) else None
    # Set B begins with {B; digits alone in it would be read back as pairs by our own function.
    plain = content.removeprefix("{B")
    if plain == content or not plain or "{" in plain or plain.isdigit():
        return None
    return code128_modules(plain)


def _checks(digits: str) -> bool:
    return ean13_check_digit(digits[:12]) == digits[12]


def _wide(dots: int, size: int) -> int:
    if size == 1:
        return dots
    made = 0
    for bit in range(WIDTH_DOTS):
        made |= (dots >> bit & 1) * 3 << 2 * bit
    return made
