"""A till that prints at level 3 and is killed: ``l3_till.py FOLDER PORT KIND``.

Every line of input is one life of the till: ``life N`` forks a till that queues ``N`` vouchers and
prints them; it is the forked process that is killed, so a life costs no start of Python. It says
``pid P``, ``added UID`` behind each commit, and ``done`` when nothing is left to be printed.

KIND is ``honest`` or a negative control:

- ``late``: ``SENDING`` is written only behind the last byte
- ``hasty``: the end of writing passes as the end of printing
- ``hopeful``: what was being sent at the kill is queued again
- ``forgetful``: says that a voucher is queued before the commit
"""

from __future__ import annotations

import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from journal_spool import JournalSpool, LateJournalSpool
from printing import plain

from printers.device import ReceiptPrinter
from printers.encode import encode
from printers.levels import Unit, Units
from printers.line import Patience
from printers.ports import Duty, JobReason, JobState, Outcome
from printers.spool import Spool
from printers.transports.network import NetworkTransport

if TYPE_CHECKING:
    from printers.encode import Job
    from printers.ports import Attempt, JobChange

ADDRESS = "network 127.0.0.1"
DOTS = 384
# The simulator needs no minutes.
PATIENCE = Patience(
    answer_s=1.0, first_byte_s=5.0, spare_s=2.0, deadline_min_s=3.0, deadline_max_s=6.0, late_s=0.0
)
DUTY = Duty("bon", frozenset({"voucher"}))


class HopefulJournalSpool(JournalSpool):
    """Negative control: prints again what was being printed when the process died."""

    def recover(self, *, printer: str) -> tuple[JobChange, ...]:
        del printer
        with self._writer.transaction() as connection:
            connection.execute(
                "UPDATE print_attempt SET outcome = 'QUEUED', reason = '' WHERE outcome IS NULL"
            )
            connection.execute("UPDATE print_job SET state = 'QUEUED' WHERE state = 'SENDING'")
        return ()


class HastyPrinter(ReceiptPrinter):
    """Negative control: believes that what was written is on paper."""

    def send(self, job: Job, **named: Any) -> Outcome:
        super().send(job, **named)
        return Outcome(JobState.CONFIRMED, JobReason.NONE, 3)


class HastySpool(Spool):
    """Negative control: confirms before the printer has answered."""

    def _send(self, job: Any, encoded: Job, attempt: Attempt) -> int:
        ended = Outcome(JobState.CONFIRMED, JobReason.NONE, 3)
        self._store.finish(job.uid, attempt=attempt.number, ended=ended)
        # A kill has to meet it here, also on a machine that is quick today.
        Event().wait(0.05)
        self._device.send(encoded, process_id=attempt.process_id, on_stall=lambda _: None)
        return 0


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def voucher(uid: str) -> dict[str, Any]:
    """A voucher that looks like no other: its code says which one it is."""
    document = plain(subject_uid=uid)
    blocks = [dict(block) for block in document["blocks"]]
    for block in blocks:
        if block["type"] == "code":
            block["content"] = f"SK{uid}"
    return {**document, "blocks": blocks}


def live(folder: Path, port: int, kind: str, life: int, count: int) -> None:
    """One life of a till; ends by itself only when everything is printed."""
    stores = {"late": LateJournalSpool, "hopeful": HopefulJournalSpool}
    store = stores.get(kind, JournalSpool)(folder / "journal.db")
    units = Units(folder / "units")
    units.write(Unit("bon", "bon", ADDRESS, 3, {"serial": "SIM0001"}, tested_at="2026-03-07"))
    device = ReceiptPrinter(
        NetworkTransport("127.0.0.1", port),
        printer="bon",
        address=ADDRESS,
        units=units,
        patience=PATIENCE,
    )
    idle = Event()

    def changed(_change: JobChange) -> None:
        if store.next_queued(DUTY, skip=frozenset()) is None:
            idle.set()

    spool = (HastySpool if kind == "hasty" else Spool)(
        store,
        device,
        _NoPictures(),
        duty=DUTY,
        on_change=changed,
        on_fault=lambda fault: say(f"fault {fault!r}"),
        lay_out=partial(encode, dots=DOTS),
        till="001-3",
        retry_first_ms=20,
    )
    spool.start()
    for number in range(count):
        uid = f"{life:05}{number:02}"
        if kind == "forgetful":
            say(f"added {uid}")
            Event().wait(0.03)
        store.add(uid, voucher(uid))
        if kind != "forgetful":
            say(f"added {uid}")
        spool.wake()
    while store.next_queued(DUTY, skip=frozenset()) is not None or store.is_sending():
        idle.wait(0.05)
        idle.clear()
    spool.stop()
    say("done")


class _NoPictures:
    def read(self, sha256: str) -> bytes | None:
        del sha256
        return None


def main() -> None:
    folder, port, kind = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    # Once for all lives: what a first voucher loads, and the journal's tables.
    from printers.document import Document

    encode(Document.from_dict(voucher("0000000")), {}, dots=DOTS)
    JournalSpool(folder / "journal.db").close()
    say("ready")
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            # Said by the child, so that it is the first word of a life on any machine.
            say(f"pid {os.getpid()}")
            live(folder, port, kind, asked["life"], asked["count"])
            os._exit(0)
        _, status = os.waitpid(child, 0)
        how = "killed" if os.WIFSIGNALED(status) else "ended"
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
            how = f"died {status}"
        say(how)


if __name__ == "__main__":
    main()
