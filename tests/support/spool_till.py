"""A till process that prints and is killed while it does: ``spool_till.py DB FOLDER KIND BYTE``.

Says ``waiting`` when the printer has taken the bytes up to the fault and nobody knows the end.
"""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event

from journal_spool import JournalSpool, LateJournalSpool
from printing import PICTURES

from printers.sim.printer import Fault, SimulatedPrinter
from printers.spool import Spool


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class AnnouncingPrinter(SimulatedPrinter):
    def _wait(self, timeout_ms: int) -> None:
        say("waiting")
        super()._wait(timeout_ms)


class Pictures:
    def read(self, sha256: str) -> bytes | None:
        return PICTURES.get(sha256)


def main(database: str, folder: str, store_name: str, kind: str, at_byte: str) -> None:
    store = {"honest": JournalSpool, "late": LateJournalSpool}[store_name](Path(database))
    fault = Fault("mute" if kind == "mute" else "stall", int(at_byte))
    spool = Spool(
        store,
        AnnouncingPrinter(Path(folder), fault=fault),
        Pictures(),
        printer="bon",
        printer_role="voucher",
        on_change=lambda _: None,
        on_fault=lambda error: say(f"fault {error}"),
        send_timeout_ms=60_000,
    )
    spool.start()
    Event().wait(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
