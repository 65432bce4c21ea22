"""A host process in which vouchers are printed: ``guest_process.py FOLDER``; says what changed.

One JSON line: everything of the host that printing could have touched, and the longest time for
which the printing thread kept the host's own thread from running, in milliseconds.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journal_spool import JournalSpool
from printing import PICTURES, welcome

if TYPE_CHECKING:
    from printers.ports import JobChange

JOBS = 4


class Pictures:
    def read(self, sha256: str) -> bytes | None:
        return PICTURES.get(sha256)


def state_of_host() -> dict[str, Any]:
    return {
        "log handlers": [repr(one) for one in logging.getLogger().handlers],
        "log level": logging.getLogger().level,
        "environment": dict(os.environ),
        "temporary files": sorted(map(str, Path(tempfile.gettempdir()).iterdir())),
        "working directory": str(Path.cwd()),
        "signals": [repr(signal.getsignal(one)) for one in (signal.SIGINT, signal.SIGTERM)],
        "warnings": len(warnings.filters),
        "standard output": repr(sys.stdout),
        "exception hook": repr(sys.excepthook),
        "switch interval": sys.getswitchinterval(),
    }


def main() -> None:
    folder = Path(sys.argv[1])
    store = JournalSpool(folder / "till" / "journal.db")
    before = state_of_host()

    from printers.document import Document
    from printers.encode import encode
    from printers.ports import Duty
    from printers.profiles import read_profile
    from printers.sim.printer import SimulatedPrinter
    from printers.spool import Spool

    done = threading.Event()
    printed: list[JobChange] = []

    def changed(change: JobChange) -> None:
        if change.state == "CONFIRMED":
            printed.append(change)
            if len(printed) == JOBS:
                done.set()

    spool = Spool(
        store,
        SimulatedPrinter(folder / "prints"),
        Pictures(),
        duty=Duty("bon", frozenset({"voucher"})),
        on_change=changed,
        on_fault=lambda fault: sys.stderr.write(f"{fault!r}\n"),
    )
    for number in range(JOBS):
        store.add(f"job{number}", welcome(subject_uid=f"v{number}"))
    spool.start()
    held_ms = 0.0
    ends_s = time.monotonic() + 60
    others_s = time.process_time() - time.thread_time()
    while not done.is_set() and time.monotonic() < ends_s:
        # What other threads of this process worked while this one stood still; the machine's
        # other processes do not count.
        now_s = time.process_time() - time.thread_time()
        held_ms = max(held_ms, 1_000 * (now_s - others_s))
        others_s = now_s
    spool.stop()
    native = read_profile("tm-t88v")
    encode(Document.from_dict(welcome()), PICTURES, profile=native, encoder="native")
    store.close()
    after = state_of_host()
    touched = sorted(name for name in before if before[name] != after[name])
    threads = [one.name for one in threading.enumerate() if one is not threading.main_thread()]
    sys.stdout.write(
        json.dumps(
            {"touched": touched, "threads": threads, "held_ms": held_ms, "printed": len(printed)}
        )
    )


if __name__ == "__main__":
    main()
