"""The life of a sale over HTTP (till.md §3)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Request, Response

from pos_plugin.errors import SaleError
from pos_plugin.limits import MAX_TEXT
from pos_plugin.notices import Refused
from pos_plugin.service.contract.calls import NOT_BOOKED, described
from pos_plugin.service.exchange import (
    Id,
    answer,
    booked,
    language_of,
    not_done,
    read_nothing,
    read_object,
)

if TYPE_CHECKING:
    from pos_plugin.plugin import Plugin
    from pos_plugin.service.desk import Desk

_SUSPENDED: Final = "suspended"
_EXPLAIN: Final = {
    "name": "explain",
    "in": "query",
    "schema": {"type": "boolean", "default": False},
    "description": "say of every promotion why it does not apply (`not_applied`); costs as much "
    "as the price itself",
}
_STATE: Final = {
    "name": "state",
    "in": "query",
    "required": True,
    "schema": {"enum": [_SUSPENDED]},
}


def add_sale_calls(app: FastAPI, desk: Desk) -> None:
    """Add the calls of a sale."""
    _add_basket(app, desk)
    _add_parking(app, desk)
    _add_booking(app, desk)


def _add_basket(app: FastAPI, desk: Desk) -> None:
    own_language = desk.plugin.config.language

    @app.put(
        "/v1/sales/{sale_id}",
        **described(
            "What the sale costs now, and every effect that now holds",
            body="Sale",
            answer="Evaluation",
            query=(_EXPLAIN,),
            problems=("not_found", "conflict"),
        ),
    )
    async def evaluate(sale_id: Id, request: Request) -> Response:
        shown = _shown(request, own_language)
        snapshot = _of_sale(await read_object(request, "sale"), sale_id)

        def work(plugin: Plugin) -> dict[str, Any] | Refused:
            found = plugin.sales.evaluate(snapshot)
            if isinstance(found, Refused):
                return found
            value = replace(found, **shown).to_dict()
            return {**value, "effects": value["effects"] + plugin.prints.left_over()}

        found = await desk.ask(work)
        return not_done(found, shown["language"]) if isinstance(found, Refused) else answer(found)

    @app.get(
        "/v1/sales/{sale_id}",
        **described(
            "What this till said of the sale so far",
            answer="SaleAnswer",
            may_be_late=True,
            query=(_EXPLAIN,),
            problems=("unknown_field", "unknown_word", "not_found", "sale_unknown", *NOT_BOOKED),
        ),
    )
    async def what_was_said(sale_id: Id, request: Request) -> Response:
        shown = _shown(request, own_language)

        def work(plugin: Plugin) -> dict[str, Any] | Refused:
            found = plugin.sales.answer(sale_id)
            if isinstance(found, Refused):
                return found
            if found.evaluation is not None:
                found = replace(found, evaluation=replace(found.evaluation, **shown))
            return found.to_dict()

        found = await desk.ask(work)
        return not_done(found, shown["language"]) if isinstance(found, Refused) else answer(found)


def _add_parking(app: FastAPI, desk: Desk) -> None:
    own_language = desk.plugin.config.language

    @app.get(
        "/v1/sales",
        **described(
            "The sales that wait to be recalled, the oldest first",
            answer="Sales",
            may_be_late=True,
            problems=("missing", "unknown_field", "unknown_word", *NOT_BOOKED),
            query=(_STATE,),
        ),
    )
    async def suspended(request: Request) -> Response:
        _check_state(request)
        found = await desk.ask(lambda plugin: plugin.sales.suspended())
        if isinstance(found, Refused):
            return not_done(found, language_of(request, own_language))
        return answer({"sales": found})

    @app.post(
        "/v1/sales/{sale_id}/suspend",
        **described(
            "Park the sale durably; without a basket as it was evaluated last",
            body="Suspension",
            body_needed=False,
            answer="SaleState",
            may_be_late=True,
            problems=("not_found", "conflict", "sale_unknown", *NOT_BOOKED),
        ),
    )
    async def suspend(sale_id: Id, request: Request) -> Response:
        body = await read_object(request, "suspension", may_be_empty=True)
        snapshot = _taken_sale(body, sale_id, "suspension")
        for name in body:
            raise SaleError("unknown_field", f"suspension.{name}", "a suspension has sale")

        def work(plugin: Plugin) -> Refused | None:
            if snapshot is None:
                return plugin.sales.suspend_running(sale_id)
            return plugin.sales.suspend(snapshot)

        refused = await desk.ask(work)
        return _state(sale_id, _SUSPENDED, refused, language_of(request, own_language))

    @app.post(
        "/v1/sales/{sale_id}/recall",
        **described(
            "The parked basket, open again",
            body="Nothing",
            body_needed=False,
            answer="Recalled",
            may_be_late=True,
            problems=("not_found", "sale_unknown", *NOT_BOOKED),
        ),
    )
    async def recall(sale_id: Id, request: Request) -> Response:
        await read_nothing(request, "recall")
        language = language_of(request, own_language)
        found = await desk.ask(lambda plugin: plugin.sales.recall(sale_id))
        if isinstance(found, Refused):
            return not_done(found, language)
        return answer(found.to_dict(language))

    @app.post(
        "/v1/sales/{sale_id}/cancel",
        **described(
            "Give an open or parked sale up; nothing of it is booked",
            body="Nothing",
            body_needed=False,
            answer="SaleState",
            may_be_late=True,
            problems=("not_found", "conflict", *NOT_BOOKED),
        ),
    )
    async def cancel(sale_id: Id, request: Request) -> Response:
        await read_nothing(request, "cancel")
        refused = await desk.ask(lambda plugin: plugin.sales.cancel(sale_id))
        return _state(sale_id, "cancelled", refused, language_of(request, own_language))


def _add_booking(app: FastAPI, desk: Desk) -> None:
    own_language = desk.plugin.config.language

    @app.post(
        "/v1/sales/{sale_id}/complete",
        **described(
            "Book what was really charged, once",
            body="Completion",
            answer="Receipt",
            may_be_late=True,
            problems=("not_found", "conflict", "sale_unknown", *NOT_BOOKED),
        ),
    )
    async def complete(sale_id: Id, request: Request) -> Response:
        completion = await read_object(request, "completion")
        snapshot = _taken_sale(completion, sale_id, "completion")
        found = await desk.ask(
            lambda plugin: plugin.sales.complete(sale_id, completion, snapshot=snapshot)
        )
        return booked(found, request, own_language)

    @app.post(
        "/v1/sales/{sale_id}/void",
        **described(
            "Take a completed sale back whole",
            body="VoidRequest",
            body_needed=False,
            answer="Void",
            may_be_late=True,
            problems=("not_found", "conflict", "sale_unknown", "items_returned", *NOT_BOOKED),
        ),
    )
    async def void(sale_id: Id, request: Request) -> Response:
        body = await read_object(request, "void", may_be_empty=True)
        return booked(
            await desk.ask(lambda plugin: plugin.sales.void(sale_id, body)), request, own_language
        )

    @app.post(
        "/v1/sales/{sale_id}/return",
        **described(
            "Take goods of a completed sale back, as paid",
            body="ReturnRequest",
            answer="Return",
            may_be_late=True,
            problems=(
                "not_found",
                "conflict",
                "sale_unknown",
                "sale_voided",
                "not_returnable",
                "return_together",
                "no_goods_credit",
                *NOT_BOOKED,
            ),
        ),
    )
    async def return_items(sale_id: Id, request: Request) -> Response:
        body = await read_object(request, "return")
        found = await desk.ask(lambda plugin: plugin.sales.return_items(sale_id, body))
        return booked(found, request, own_language)


def _shown(request: Request, own_language: str) -> dict[str, Any]:
    """Return how whoever asks wants an evaluation."""
    wanted = _asked(request, "explain") or ["false"]
    if wanted not in (["true"], ["false"]):
        raise SaleError("unknown_word", "explain", "known are true and false")
    return {"language": language_of(request, own_language), "explains": wanted == ["true"]}


def _of_sale(snapshot: dict[str, Any], sale_id: str) -> dict[str, Any]:
    """Return the snapshot with the id of the address, which it may leave out."""
    if snapshot.setdefault("sale_id", sale_id) != sale_id:
        raise SaleError("out_of_range", "sale.sale_id", "is not the id in the address")
    return snapshot


def _taken_sale(body: dict[str, Any], sale_id: str, where: str) -> dict[str, Any] | None:
    """Take the basket out of a body that may carry one."""
    if "sale" not in body:
        return None
    snapshot = body.pop("sale")
    if not isinstance(snapshot, dict):
        raise SaleError("wrong_type", f"{where}.sale", "a sale is an object")
    return _of_sale(snapshot, sale_id)


def _check_state(request: Request) -> None:
    wanted = _asked(request, "state")
    if not wanted:
        raise SaleError("missing", "state", "Field required")
    if wanted != [_SUSPENDED]:
        raise SaleError("unknown_word", "state", f"known is {_SUSPENDED}")


def _asked(request: Request, name: str) -> list[str]:
    """Return the values of the one parameter that a call knows."""
    for other in request.query_params:
        if other != name:
            raise SaleError("unknown_field", other[:MAX_TEXT], f"known is {name}")
    return request.query_params.getlist(name)


def _state(sale_id: str, state: str, refused: Refused | None, language: str) -> Response:
    if refused is not None:
        return not_done(refused, language)
    return answer({"sale_id": sale_id, "state": state})
