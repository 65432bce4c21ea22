"""A till process that prints and is killed while it does: ``spool_till.py DB FOLDER KIND BYTE``.

Says ``waiting`` when the printer has taken the bytes up to the fault and nobody knows the end.
"""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from journal_spool import JournalSpool, LateJournalSpool
from printing import PICTURES

from printers.ports import Duty
from printers.sim.printer import Fault, SimulatedPrinter
from printers.spool import Spool

if TYPE_CHECKING:
    from printers.ports import JobReason


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class AnnouncingPrinter(SimulatedPrinter):
    def _wait(self, reason: JobReason) -> JobReason:
        say("waiting")
        return super()._wait(reason)


class Pictures:
    def read(self, sha256: str) -> bytes | None:
        return PICTURES.get(sha256)


def main(database: str, folder: str, store_name: str, kind: str, at_byte: str) -> None:
    store = {"honest": JournalSpool, "late": LateJournalSpool}[store_name](Path(database))
    fault = Fault("mute" if kind == "mute" else "stall", int(at_byte))
    spool = Spool(
        store,
        AnnouncingPrinter(Path(folder), fault=fault, stall_ms=60_000),
        Pictures(),
        duty=Duty("bon", frozenset({"voucher"})),
        on_change=lambda _: None,
        on_fault=lambda error: say(f"fault {error}"),
    )
    spool.start()
    Event().wait(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
