"""The simulated host: a till that owns its printer; its paper is a folder, its memory a book.

A real host cannot read its own paper. What it knows after a power cut is what it wrote down, so
this one decides by its book alone: a pair (job, attempt) that was begun and not written off gets
``unknown``, never a second print.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal

from printers.page import Page
from printers.sim.interpreter import Interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Behaviour = Literal["prints", "fails", "doubts", "is_silent"]
DiesAt = Literal["before_book", "before_paper", "after_paper", "before_report"]
Result = Literal["printed", "failed", "unknown"]

_RESULTS: Final[Mapping[Behaviour, Result | None]] = {
    "prints": "printed",
    "fails": "failed",
    "doubts": "unknown",
    "is_silent": None,
}


class HostError(Exception):
    """An effect that no driver could print."""


@dataclass(slots=True)
class SimulatedHost:
    """Prints effects into a folder and says how it went.

    Args:
        folder: holds ``book`` and ``paper``; made if missing.
        behaviour: what happens at its printer; ``doubts`` and ``is_silent`` print, too.
        dies_at: the step at which ``die`` is called.
        die: ends the process, for example by ``kill -9``.
    """

    folder: Path
    behaviour: Behaviour = "prints"
    dies_at: DiesAt | None = None
    die: Callable[[], None] = lambda: None

    def take(self, effect: Mapping[str, Any]) -> Result | None:
        """Print an effect once, however often it comes.

        Returns:
            What is to be reported; None from a host that never reports.

        Raises:
            HostError: the effect is none, or its bytes are not what a printer reads.
        """
        if effect.get("kind") != "print":
            raise HostError(f"{effect.get('kind')!r} is no effect to print")
        pair = f"{effect['job']}-{int(effect['attempt'])}"
        book = self.folder / "book"
        book.mkdir(parents=True, exist_ok=True)
        begun, ended = book / f"{pair}.begun", book / f"{pair}.ended"
        if ended.exists():
            return _read(ended.read_text(encoding="utf-8"))
        if begun.exists():
            return "unknown"
        page, ending = _page_of(effect)
        self._reach("before_book")
        begun.touch()
        self._reach("before_paper")
        if self.behaviour != "fails":
            self._print(pair, page, ending)
        self._reach("after_paper")
        result = _RESULTS[self.behaviour]
        unfinished = ended.with_suffix(".part")
        unfinished.write_text(result or "", encoding="utf-8")
        unfinished.replace(ended)
        self._reach("before_report")
        return result

    def papers(self) -> list[Path]:
        """Everything that ever came out of its printer, ``<job>-<attempt>-<copy>``."""
        return sorted((self.folder / "paper").glob("[!.]*"))

    def _print(self, pair: str, page: bytes, ending: str) -> None:
        paper = self.folder / "paper"
        paper.mkdir(parents=True, exist_ok=True)
        number = len(list(paper.glob(f"{pair}-*.{ending}"))) + 1
        unfinished = paper / f".{pair}.part"
        unfinished.write_bytes(page)
        unfinished.replace(paper / f"{pair}-{number}.{ending}")

    def _reach(self, step: DiesAt) -> None:
        if self.dies_at == step:
            self.die()


def _read(word: str) -> Result | None:
    match word:
        case "printed" | "failed" | "unknown":
            return word
        case _:
            return None


def _page_of(effect: Mapping[str, Any]) -> tuple[bytes, str]:
    """What lies on the table afterwards: a picture, or a page of text."""
    match effect.get("format"):
        case "text":
            return str(effect["text"]).encode(), "txt"
        case "png":
            return _checked_picture(b64decode(effect["png"], validate=True)), "png"
        case "escpos":
            return _interpreted(b64decode(effect["escpos"], validate=True)), "png"
        case other:
            raise HostError(f"no driver for {other!r}")


def _checked_picture(data: bytes) -> bytes:
    from PIL import Image  # loads on first use only

    with Image.open(BytesIO(data)) as image:
        if image.mode != "1":
            raise HostError(f"a receipt printer has black and white, not {image.mode!r}")
    return data


def _interpreted(data: bytes) -> bytes:
    # The host's own job of its driver: whatever was in the printer before is not our business.
    printer = Interpreter()
    pages, errors = printer.feed(data)
    rest, cut_off = printer.power_off()
    if errors or cut_off or rest is not None or not pages:
        raise HostError(f"{len(pages)} pages, {[*errors, *cut_off]}")
    dots = b"".join(page.data for page in pages)
    return Page(width_dots=pages[0].width_dots, data=dots).png()
