"""The print jobs and notices of a till over HTTP (printing.md §3.6, §3.10).

A choice that does not fit is a problem document with the sentence for the cashier. Every call may
be made again: the same gives the same answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import FastAPI, Path, Request, Response

from pos_plugin.errors import StorageError
from pos_plugin.notices import Refusal, Refused
from pos_plugin.print_listeners import Told
from pos_plugin.service.contract.calls import described
from pos_plugin.service.exchange import Id, answer, language_of, not_done, read_nothing, read_object
from pos_plugin.service.print_bodies import (
    Acknowledgement,
    PrintCancel,
    PrintResult,
    read_body,
)
from pos_plugin.service.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from pos_plugin.plugin import Plugin
    from pos_plugin.printing.prints import Prints
    from pos_plugin.service.desk import Desk

    Choose: TypeAlias = Callable[[Prints, str], dict[str, Any] | Refused]

Answer = TypeVar("Answer")

_CHOICES: Mapping[str, tuple[str, Choose]] = {
    "print": (
        "Print a job that is held or failed, or waits for its host; perhaps with the effect",
        lambda prints, job: prints.print(job),
    ),
    "reprint": (
        "Print the next copy, marked NACHDRUCK; answers its job",
        lambda prints, job: prints.reprint(job),
    ),
    "came-out": (
        "The cashier looked: the paper came out whole",
        lambda prints, job: prints.came_out(job),
    ),
    "other-printer": (
        "Print on the printer that its own falls back on; only what is not begun moves",
        lambda prints, job: prints.other_printer(job),
    ),
}


def add_print_calls(app: FastAPI, desk: Desk) -> None:
    """Add the calls of print jobs and notices."""
    _add_jobs(app, desk)
    _add_result(app, desk)
    _add_choices(app, desk)
    _add_notices(app, desk)
    _add_printers(app, desk)


async def ask(desk: Desk, work: Callable[[Plugin], Answer]) -> Answer:
    """Return what the plugin answers.

    Raises:
        ProblemError: the journal cannot be read now.
    """
    try:
        return await desk.ask(work)
    except StorageError as fault:
        raise ProblemError("journal_unavailable", str(fault)) from None


def plain(found: dict[str, Any], language: str) -> dict[str, Any]:
    """Return a job as it goes over the wire."""
    value = dict(found)
    value["text"] = value.pop("notice").text(language)
    value["pages"] = value.pop("page_count")
    return value


def _job(found: dict[str, Any] | Refused, language: str) -> Response:
    if isinstance(found, Refused):
        if found.code is Refusal.PRINT_JOB_UNKNOWN:
            raise ProblemError("not_found", found.text(language))
        return not_done(found, language)
    return answer(plain(found, language))


def _add_jobs(app: FastAPI, desk: Desk) -> None:
    own_language = desk.plugin.config.language

    @app.get(
        "/v1/print-jobs/{job}",
        **described(
            "Where a print job stands; what the host is to print while its report is awaited",
            answer="PrintJob",
            problems=("not_found", "journal_unavailable"),
        ),
    )
    async def print_job(job: Id, request: Request) -> Response:
        found = await ask(desk, lambda plugin: plugin.prints.job(job))
        if found is None:
            raise ProblemError("not_found")
        return answer(plain(found, language_of(request, own_language)))

    @app.get(
        "/v1/print-jobs/{job}/pages/{number}",
        **described(
            "A page as it lies or should lie on paper",
            answer=None,
            media_type="image/png",
            problems=("not_found", "journal_unavailable"),
        ),
    )
    async def print_page(job: Id, number: Annotated[int, Path(ge=1)]) -> Response:
        pages = await ask(desk, lambda plugin: plugin.prints.pages(job))
        if number > len(pages):
            raise ProblemError("not_found")
        return Response(pages[number - 1], media_type="image/png")


def _add_result(app: FastAPI, desk: Desk) -> None:
    own_language = desk.plugin.config.language

    @app.post(
        "/v1/print-jobs/{job}/result",
        **described(
            "What the host says of an attempt",
            body="PrintResult",
            answer="PrintJob",
            problems=("not_found", "conflict", "print_not_now", "journal_unavailable"),
        ),
    )
    async def print_result(job: Id, request: Request) -> Response:
        said = read_body(PrintResult, await read_object(request, "result"), "result")
        found = await ask(desk, lambda plugin: plugin.prints.result(job, said.attempt, said.result))
        return _job(found, language_of(request, own_language))

    @app.post(
        "/v1/print-jobs/{job}/cancel",
        **described(
            "Give a print job up; the voucher stays valid",
            body="PrintCancel",
            body_needed=False,
            answer="PrintJob",
            problems=("not_found", "print_not_now", "journal_unavailable"),
        ),
    )
    async def print_cancel(job: Id, request: Request) -> Response:
        body = await read_object(request, "cancel", may_be_empty=True)
        wanted = read_body(PrintCancel, body, "cancel")
        found = await ask(desk, lambda plugin: plugin.prints.cancel(job, wanted.reason))
        return _job(found, language_of(request, own_language))


def _add_choices(app: FastAPI, desk: Desk) -> None:
    own_language = desk.plugin.config.language

    def add(choice: str, summary: str, choose: Choose) -> None:
        async def one(job: Id, request: Request) -> Response:
            await read_nothing(request, choice)
            found = await ask(desk, lambda plugin: choose(plugin.prints, job))
            return _job(found, language_of(request, own_language))

        app.post(
            f"/v1/print-jobs/{{job}}/{choice}",
            name=f"print_{choice.replace('-', '_')}",
            **described(
                summary,
                body="Nothing",
                body_needed=False,
                answer="PrintJob",
                problems=(
                    "not_found",
                    "print_not_now",
                    *(("print_no_other_printer",) if choice == "other-printer" else ()),
                    "journal_unavailable",
                ),
            ),
        )(one)

    for choice, (summary, choose) in _CHOICES.items():
        add(choice, summary, choose)


def _add_notices(app: FastAPI, desk: Desk) -> None:
    own_language = desk.plugin.config.language

    @app.get(
        "/v1/notices",
        **described(
            "What the cashier has to hand over or to decide, the oldest first",
            answer="Notices",
            problems=("journal_unavailable",),
        ),
    )
    async def notices(request: Request) -> Response:
        language = language_of(request, own_language)
        found = await ask(desk, lambda plugin: plugin.prints.notices())
        printers = [Told("printer", one) for one in desk.plugin.prints.printers()]
        return answer(
            {
                "notices": [one.to_dict(language) for one in found],
                "printers": [one.to_dict(language) for one in printers],
            }
        )

    @app.post(
        "/v1/notices/{notice}/acknowledge",
        **described(
            "Handed over (F8), recorded once; or later, where there is nothing to hand over",
            body="Acknowledgement",
            body_needed=False,
            answer="PrintJob",
            problems=("not_found", "notice_unknown", "journal_unavailable"),
        ),
    )
    async def acknowledge(notice: Id, request: Request) -> Response:
        body = await read_object(request, "acknowledge", may_be_empty=True)
        said = read_body(Acknowledgement, body, "acknowledge")
        found = await ask(
            desk, lambda plugin: plugin.prints.acknowledge(notice, cashier=said.cashier)
        )
        return _job(found, language_of(request, own_language))


def _add_printers(app: FastAPI, desk: Desk) -> None:
    own_language = desk.plugin.config.language

    @app.post(
        "/v1/printers/{printer}/test",
        **described(
            "Print a test page before the next job, and find out how far the unit is believed",
            body="Nothing",
            body_needed=False,
            answer="PrinterTest",
            problems=("not_found", "print_not_now", "journal_unavailable", "plugin_fault"),
        ),
    )
    async def test_printer(printer: Id, request: Request) -> Response:
        await read_nothing(request, "test")
        if desk.plugin.config.printer_called(printer) is None:
            raise ProblemError("not_found")
        found = await ask(desk, lambda plugin: plugin.prints.test_printer(printer))
        if isinstance(found, Refused):
            return not_done(found, language_of(request, own_language))
        return answer(found)

    @app.get(
        "/v1/printers/{printer}/test",
        **described(
            "How the last test page of a printer stands",
            answer="PrinterTest",
            problems=("not_found",),
        ),
    )
    async def printer_test(printer: Id) -> Response:
        found = await ask(desk, lambda plugin: plugin.prints.printer_test(printer))
        if found is None:
            raise ProblemError("not_found")
        return answer(found)
