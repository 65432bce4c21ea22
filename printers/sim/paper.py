"""Where a simulated printer lays its pages down: PNG files in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from printers.page import Page


class Paper:
    """A folder of pages, ``000001.png`` and on; a torn one ends in ``-torn.png``.

    Args:
        folder: made if missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def lay_down(self, page: Page, *, is_torn: bool = False) -> Path:
        """Write a page; it appears whole or not at all.

        Returns:
            Its file.
        """
        pages = self.pages()
        number = int(pages[-1].name[:6]) + 1 if pages else 1
        target = self._folder / f"{number:06d}{'-torn' if is_torn else ''}.png"
        unfinished = target.with_suffix(".part")
        unfinished.write_bytes(page.png())
        unfinished.replace(target)
        return target

    def pages(self) -> list[Path]:
        """All pages so far, oldest first."""
        return sorted(self._folder.glob("[0-9][0-9][0-9][0-9][0-9][0-9]*.png"))
