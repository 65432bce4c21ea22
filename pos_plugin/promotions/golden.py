"""Golden baskets: sales with the result that a shop expects of its rules (sync.md 7).

They travel inside the package. A generation under which one of them comes out differently is
refused as a whole, by head office before it is published and by every till before it is taken.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pos_plugin.errors import RuleError, SaleError
from pos_plugin.limits import MAX_LIST, MAX_TEXT
from pos_plugin.validation import first_error

if TYPE_CHECKING:
    from pos_plugin.promotions.generation import RuleGeneration


class GoldenBasket(BaseModel):
    """A sale and what it must come to.

    Args:
        name: what it shows, for the message.
        sale: as ``stammkunde evaluate --sale`` takes it.
        expected: fields of the result and their values, at least one.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    sale: dict[str, Any]
    expected: Annotated[dict[str, Any], Field(min_length=1, max_length=100)]


_BASKETS: TypeAdapter[list[GoldenBasket]] = TypeAdapter(
    Annotated[list[GoldenBasket], Field(max_length=MAX_LIST)]
)


def check_baskets(rules: RuleGeneration, value: Any) -> int:  # noqa: ANN401 - parsed JSON of any shape
    """Evaluate all golden baskets; return how many there are.

    Args:
        rules: the generation.
        value: ``golden`` of its document; None = none.

    Raises:
        RuleError: ``golden_basket`` where one comes out differently; another code where the list
            itself is wrong.
    """
    if value is None:
        return 0
    try:
        baskets = _BASKETS.validate_python(value)
    except ValidationError as error:
        raise RuleError(*first_error(error, value, "golden")) from None
    for place, basket in enumerate(baskets):
        try:
            found = json.loads(json.dumps(rules.evaluate(basket.sale).to_dict()))
        except SaleError as fault:
            raise RuleError(fault.code, f"golden[{place}].sale", str(fault)) from None
        for name, wanted in basket.expected.items():
            if name not in found or found[name] != wanted:
                raise RuleError(
                    "golden_basket",
                    f"golden[{place}].expected.{name}",
                    f"{basket.name!r} is to give {wanted!r} and gives {found.get(name)!r}",
                )
    return len(baskets)
