"""What the calls take, from the very shapes that read it: the document cannot promise another."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter

from pos_plugin import limits
from pos_plugin.actions.accounts import AdjustRequest, PayOutRequest, RewardRequest
from pos_plugin.actions.approvals import ApprovalIssue, ApprovalReturn, ApprovalSettlement
from pos_plugin.actions.cards import CardAssignment, CardBlock
from pos_plugin.actions.consents import ConsentSaid
from pos_plugin.actions.customers import CustomerChange, NewCustomer
from pos_plugin.actions.responses import ResponseSaid
from pos_plugin.actions.statements import StatementRequest
from pos_plugin.actions.vouchers import BlockRequest, SellRequest
from pos_plugin.identify import WAYS
from pos_plugin.model import Basket
from pos_plugin.rental_report import Rental, RentalUndone
from pos_plugin.sale.receipts import Charge
from pos_plugin.sale.refunds import ReturnRequest, VoidRequest
from pos_plugin.sale.snapshot import Extras
from pos_plugin.service.contract.calls import reference
from pos_plugin.service.contract.words import Request
from pos_plugin.service.print_bodies import Acknowledgement, PrintCancel, PrintResult

Schema = dict[str, Any]

_TEMPLATE: Final = "#/components/schemas/{model}"

_HOST_DISCOUNT: Final[Schema] = {
    "type": "integer",
    "minimum": 0,
    "maximum": limits.MAX_SALE_MINOR,
    "default": 0,
    "description": "manual discount of the till on the whole line, at most the line",
}

_SOLD_VOUCHER: Final[Schema] = {
    "type": ["string", "null"],
    "minLength": 1,
    "maxLength": limits.MAX_TEXT,
    "default": None,
    "description": "voucher_id of POST /v1/vouchers/sell: this line sells it, no other does; with "
    "the completion of the sale it counts",
}


class Scan(Request):
    """A scanned code; the sale it belongs to changes nothing in what it is.

    With a sale a card is reported; ``moment`` is as this till last saw the sale when missing.
    """

    code: str
    sale_id: Annotated[str, Field(max_length=limits.MAX_TEXT)] = ""
    moment: Literal["before_lines", "lines", "after_total"] = "before_lines"


def bodies() -> dict[str, Schema]:
    """Return every model of a body by name, and what it refers to."""
    found: dict[str, Schema] = {}
    basket = _taken_apart(TypeAdapter(Basket).json_schema(ref_template=_TEMPLATE), found)
    extras = _taken_apart(Extras.model_json_schema(ref_template=_TEMPLATE), found)
    found["Line"]["properties"]["host_discount_minor"] = _HOST_DISCOUNT
    found["Line"]["properties"]["voucher"] = _SOLD_VOUCHER
    found["Sale"] = {
        **basket,
        "description": "The whole basket, sent anew whenever something changed. What the till "
        "leaves out is filled from its settings and the master data.",
        "properties": {**basket["properties"], **extras["properties"]},
        "required": ["at", "lines"],
    }
    for name, shape in (
        ("Charge", Charge),
        ("VoidRequest", VoidRequest),
        ("ReturnRequest", ReturnRequest),
        ("ApprovalIssue", ApprovalIssue),
        ("ApprovalReturn", ApprovalReturn),
        ("ApprovalSettlement", ApprovalSettlement),
        ("Rental", Rental),
        ("RentalUndone", RentalUndone),
        ("Scan", Scan),
        ("NewCustomer", NewCustomer),
        ("CustomerChanges", CustomerChange),
        ("CardAssignment", CardAssignment),
        ("CardBlock", CardBlock),
        ("ConsentSaid", ConsentSaid),
        ("PayOutRequest", PayOutRequest),
        ("AdjustRequest", AdjustRequest),
        ("RewardRequest", RewardRequest),
        ("StatementRequest", StatementRequest),
        ("VoucherSale", SellRequest),
        ("VoucherBlock", BlockRequest),
        ("ResponseSaid", ResponseSaid),
        ("PrintResult", PrintResult),
        ("PrintCancel", PrintCancel),
        ("Acknowledgement", Acknowledgement),
    ):
        found[name] = _taken_apart(shape.model_json_schema(ref_template=_TEMPLATE), found)
    # The address names the customer.
    del found["CustomerChanges"]["properties"]["customer"]
    found["CustomerChanges"]["required"].remove("customer")
    found["Completion"] = _with_sale(
        found.pop("Charge"), "of a sale that this process has not evaluated"
    )
    found["Suspension"] = _with_sale(
        {"type": "object", "properties": {}, "additionalProperties": False},
        "missing = as it was evaluated last",
    )
    found["Identify"] = {
        "type": "object",
        "properties": {
            way: {"type": ["string", "null"], "minLength": 1, "maxLength": limits.MAX_TEXT}
            for way in WAYS
        },
        "additionalProperties": False,
        "oneOf": [{"required": [way], "properties": {way: {"type": "string"}}} for way in WAYS],
        "description": "Exactly one of them is not null.",
    }
    found["Nothing"] = {
        "type": "object",
        "properties": {},
        "additionalProperties": False,
        "description": "No fields; an empty body is the same.",
    }
    return found


def _with_sale(schema: Schema, about: str) -> Schema:
    sale = {**reference("Sale"), "description": about}
    return {**schema, "properties": {**schema["properties"], "sale": sale}}


def _taken_apart(schema: Schema, found: dict[str, Schema]) -> Schema:
    """Return the schema without its definitions, which are added to ``found``."""
    found.update(schema.pop("$defs", {}))
    return schema
