"""The OpenAPI document of the service, from its routes and models.

python -m pos_plugin.service.contract > docs/contract/till-openapi.json
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Union

from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from pos_plugin.service.contract import (
    accounts,
    approvals,
    customers,
    days,
    events,
    prints,
    sales,
    tills,
    vouchers,
    words,
)
from pos_plugin.service.contract.bodies import bodies
from pos_plugin.service.contract.calls import reference
from pos_plugin.version import __version__

if TYPE_CHECKING:
    from fastapi import FastAPI
    from pydantic import BaseModel

Schema = dict[str, Any]

_ABOUT: Final = (
    "Promotions and loyalty for tills on this machine. All amounts are integers in minor units "
    "(cents), VAT included; quantities in thousandths; rates in basis points. A refusal to take a "
    "code is an answer like any other (`refused`); a sale that was not booked is a problem "
    "document (RFC 9457). Texts come in the shop's language, or in the one that `Accept-Language` "
    "names (`de`, `en`)."
)
_UNIONS: Final[dict[str, tuple[str, ...]]] = {
    "Scanned": ("Card", "ScannedVoucher", "ScannedApproval", "Article", "Refused"),
    "NewCustomerAnswer": ("CustomerCreated", "PerhapsKnown"),
    "Identified": ("Card", "IdentifiedCustomer", "Customers", "Refused"),
}


def document(app: FastAPI) -> Schema:
    """Return the OpenAPI 3.1 document of an app."""
    found: Schema = get_openapi(
        title="stammkunde: the plugin inside the till",
        version=__version__,
        description=_ABOUT,
        routes=app.routes,
    )
    found["components"] = {
        "schemas": _schemas(),
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "the content of `api.token` in the till's data folder",
            }
        },
    }
    found["security"] = [{"token": []}]
    for path in found["paths"].values():
        for operation in path.values():
            # What FastAPI would say of parameters it refuses: ours are answered as not found.
            if "HTTPValidationError" in str(operation["responses"].get("422", "")):
                del operation["responses"]["422"]
    plain: Schema = _plain(found)
    return plain


def document_text(app: FastAPI) -> str:
    """Return the document as it is committed."""
    return json.dumps(document(app), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


_MODULES: Final = (
    words,
    sales,
    accounts,
    approvals,
    customers,
    tills,
    prints,
    events,
    days,
    vouchers,
)


def models() -> dict[str, type[BaseModel]]:
    """Return the models of all answers by name."""
    return {
        name: thing
        for module in _MODULES
        for name, thing in vars(module).items()
        if isinstance(thing, type) and issubclass(thing, words.Answer) and thing is not words.Answer
    }


def shape(name: str) -> Any:  # noqa: ANN401 - a model, or a union of some
    """Return what an answer of this name is read with."""
    known = models()
    return Union[tuple(known[one] for one in _UNIONS.get(name, (name,)))]  # noqa: UP007 - made here


def _schemas() -> dict[str, Schema]:
    _, made = models_json_schema(
        [(model, "validation") for model in models().values()],
        ref_template="#/components/schemas/{model}",
    )
    answers, taken = made["$defs"], bodies()
    twice = sorted(answers.keys() & taken.keys())
    if twice:
        raise ValueError(f"a body and an answer share the names {twice}")
    schemas: dict[str, Schema] = {
        **answers,
        **taken,
        "ServerEvent": events.SERVER_EVENT,
        "OpenApi": {"type": "object"},
    }
    for name, members in _UNIONS.items():
        schemas[name] = {"anyOf": [reference(member) for member in members]}
    return schemas


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Drop the titles that pydantic makes of names, and of descriptions all but the first part."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if not isinstance(value, dict):
        return value
    plain: Schema = {}
    for name, part in value.items():
        if name == "title" and isinstance(part, str) and "version" not in value:
            continue
        if name == "description" and isinstance(part, str):
            plain[name] = " ".join(part.partition("\n\n")[0].split()).replace("``", "`")
        else:
            plain[name] = _plain(part)
    return plain
