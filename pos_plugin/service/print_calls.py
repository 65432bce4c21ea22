"""The print jobs of a till over HTTP (printing.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Path, Request, Response

from pos_plugin.service.contract.calls import described
from pos_plugin.service.exchange import Id, answer, language_of
from pos_plugin.service.problems import ProblemError

if TYPE_CHECKING:
    from pos_plugin.service.desk import Desk


def add_print_calls(app: FastAPI, desk: Desk) -> None:
    """Add the calls of print jobs."""
    own_language = desk.plugin.config.language

    async def find(job: str) -> dict[str, Any]:
        found = await desk.ask(lambda plugin: plugin.prints.job(job))
        if found is None:
            raise ProblemError("not_found")
        return found

    @app.get(
        "/v1/print-jobs/{job}",
        **described("Where a print job stands", answer="PrintJob", problems=("not_found",)),
    )
    async def print_job(job: Id, request: Request) -> Response:
        found = await find(job)
        return answer(
            {
                "job": job,
                "state": found["state"],
                "reason": found["reason"],
                "text": found["notice"].text(language_of(request, own_language)),
                "pages": len(found["pages"]),
            }
        )

    @app.get(
        "/v1/print-jobs/{job}/pages/{number}",
        **described("A printed page", answer=None, media_type="image/png", problems=("not_found",)),
    )
    async def print_page(job: Id, number: Annotated[int, Path(ge=1)]) -> Response:
        pages = (await find(job))["pages"]
        if number > len(pages):
            raise ProblemError("not_found")
        picture = await desk.ask(lambda _plugin: pages[number - 1].read_bytes())
        return Response(picture, media_type="image/png")
