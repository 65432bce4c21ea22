"""QR codes as dot rows."""

from __future__ import annotations

from typing import Final

from printers.picture import Picture

QUIET_MODULES: Final = 4
MODULE_DOTS: Final = 6
MODULE_DOTS_MIN: Final = 4


def draw_qr(content: str, *, page_dots: int) -> tuple[int, Picture] | None:
    """Return dots a module and a QR code of level M with its quiet zone; None without room.

    6 dots a module, 5 or 4 where 6 do not fit; below 4 phones began to fail on worn paper.
    """
    from qrcode.constants import ERROR_CORRECT_M  # loads Pillow, therefore on first use
    from qrcode.exceptions import DataOverflowError
    from qrcode.main import QRCode

    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES)
    # One segment: cutting it up differently would make other dots of the same content.
    code.add_data(content, optimize=0)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError):
        return None
    modules = code.get_matrix()
    for module_dots in range(MODULE_DOTS, MODULE_DOTS_MIN - 1, -1):
        if len(modules) * module_dots <= page_dots:
            break
    else:
        return None
    black = (1 << module_dots) - 1
    rows = []
    for line in modules:
        row = 0
        for module in line:
            row = row << module_dots | (black if module else 0)
        rows.extend([row] * module_dots)
    return module_dots, Picture(len(modules) * module_dots, tuple(rows))


def readable(content: str) -> str:
    """The content for the eye: groups of four when it is one word, else as it is.

    >>> readable("SK7F2K9QXM4T")
    'SK7F-2K9Q-XM4T'
    >>> readable("SK-7F")
    'SK-7F'
    """
    if not content.isalnum():
        return content
    return "-".join(content[start : start + 4] for start in range(0, len(content), 4))
