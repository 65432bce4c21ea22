"""The one place that uses python-escpos: commands as bytes, nothing else of it.

Measured with version 3.1, and handled here:

1. Its automatic encoding prints the euro sign as a letter: text comes as bytes of one code page.
2. Its pictures overflow and its text commands count wrongly above 960 rows: pictures go around it.
3. Its barcode function writes to standard output and takes what does not fit: ``_hw_barcode`` is
   called with contents that :mod:`printers.codes` has checked.
4. Importing it adds a handler to the root logger and leaves a temporary folder: both are undone.
5. Its printers open devices and lose data: only its command builder is imported, and it takes
   0.33 s, therefore with the first native job.
"""

from __future__ import annotations

import logging
import os
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from printers.document import Align

# ESC J n: print what is in the line and feed n dot rows.
_FEED: Final = b"\x1bJ"
_FEED_ROWS_MAX: Final = 255
_CODE_PAGE: Final = b"\x1bt"
_LINE_FEED: Final = b"\n"
_QR_LEVEL_M: Final = 1


@cache
def _builder_class() -> type[Any]:
    root = logging.getLogger()
    handlers = list(root.handlers)
    from escpos import capabilities
    from escpos.escpos import Escpos

    for handler in list(root.handlers):
        if handler not in handlers:
            root.removeHandler(handler)
    # Where the host names a folder of its own the pickle is the host's; it stays.
    if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:
        shutil.rmtree(Path(capabilities.pickle_dir), ignore_errors=True)

    class Builder(Escpos):  # type: ignore[misc]  # python-escpos carries no types
        """Collects what python-escpos would send."""

        def __init__(self) -> None:
            super().__init__()
            self.sent = bytearray()

        def _raw(self, msg: bytes) -> None:
            self.sent += msg

        def close(self) -> None:
            """Nothing is open."""

    return Builder


class NativeBytes:
    """Commands of a job in the order of its paper.

    Args:
        cp858_slot: of the printer, for ``ESC t``.
    """

    def __init__(self, *, cp858_slot: int) -> None:
        self._builder = _builder_class()()
        self._style: dict[str, object] = {}
        self.raw(b"\x1b@")
        self.raw(_CODE_PAGE + bytes([cp858_slot]))

    @property
    def data(self) -> bytes:
        """All bytes so far."""
        return bytes(self._builder.sent)

    def raw(self, data: bytes) -> None:
        """Add bytes of a command that python-escpos does not have, or has wrongly."""
        self._builder._raw(data)  # noqa: SLF001 - its one way to take bytes

    def line(self, text: bytes, *, align: Align, size: int, bold: bool, inverse: bool) -> None:
        """Add a line of characters of code page 858.

        Args:
            text: no control character among them.
            align: of the line.
            size: 1 or 2.
            bold: thick letters.
            inverse: white on black.
        """
        self._set("align", align, align=align)
        self._set("size", size, custom_size=True, width=size, height=size)
        self._set("bold", bold, bold=bold)
        self._set("invert", inverse, invert=inverse)
        self.raw(text + _LINE_FEED)

    def align(self, align: Align) -> None:
        """Place what follows."""
        self._set("align", align, align=align)

    def feed(self, rows: int) -> None:
        """Add white rows."""
        while rows > 0:
            self.raw(_FEED + bytes([min(rows, _FEED_ROWS_MAX)]))
            rows -= _FEED_ROWS_MAX

    def qr(self, content: str, *, module_dots: int) -> None:
        """Add a QR code of level M, in the middle."""
        self.align("center")
        self._builder.qr(content, ec=_QR_LEVEL_M, size=module_dots, native=True)

    def bars(self, content: str, symbology: str, *, module_dots: int, rows: int) -> None:
        """Add a Code 128 in set B or an EAN-13, in the middle and without its text."""
        self.align("center")
        name = "CODE128" if symbology == "code128" else "EAN13"
        self._builder._hw_barcode(  # noqa: SLF001 - `barcode` prints to standard output
            "{B" + content if name == "CODE128" else content,
            name,
            height=rows,
            width=module_dots,
            pos="OFF",
            align_ct=False,
            function_type="B",
            check=False,  # its own check lets wrong digits pass; ours came first
        )

    def _set(self, name: str, value: object, **command: object) -> None:
        # After ESC @ the printer stands at left, size 1, not bold, not inverse.
        usual: dict[str, object] = {"align": "left", "size": 1, "bold": False, "invert": False}
        if self._style.get(name, usual[name]) != value:
            self._builder.set(**command)
            self._style[name] = value
