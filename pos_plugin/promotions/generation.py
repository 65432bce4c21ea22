"""A generation of rules: parsed, checked and packed as a whole, or refused as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from pos_plugin.errors import RuleError
from pos_plugin.limits import INT64_MAX, MAX_CONDITION_DEPTH, MAX_PROMOTIONS
from pos_plugin.model import Basket
from pos_plugin.promotions.evaluate import evaluate
from pos_plugin.promotions.pack import PackedPromotions
from pos_plugin.promotions.promotion import Promotion
from pos_plugin.validation import first_error, read_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.model import Line
    from pos_plugin.promotions.condition import Condition
    from pos_plugin.promotions.result import Result

_PROMOTIONS: TypeAdapter[tuple[Promotion, ...]] = TypeAdapter(
    Annotated[tuple[Promotion, ...], Field(max_length=MAX_PROMOTIONS)]
)


FIELDS: Final = frozenset({"generation", "promotions", "golden", "next_key", "templates"})
"""Of a document. ``golden`` is checked before it is published and before it is taken;
``next_key`` stands in a package that was signed by the next key."""


class RuleGeneration:
    """All promotions of one generation, ready for evaluation.

    Args:
        promotions: in any order; kept in ascending id, on which nothing but ties depends.
        generation: its number, 0 for a bare list.
    """

    def __init__(self, promotions: tuple[Promotion, ...], generation: int = 0) -> None:
        self.generation = generation
        self.packed = PackedPromotions(promotions)

    @property
    def promotions(self) -> tuple[Promotion, ...]:
        """All promotions, by id."""
        return self.packed.promotions

    @classmethod
    def from_json(cls, text: str | bytes) -> RuleGeneration:
        """Return the generation of a PROMOTIONS.json document or a bare list of promotions.

        Raises:
            RuleError: naming the first wrong place, for example
                ``promotions[3].offer.benefit.bp``.
        """
        return cls.from_value(read_json(text, "", RuleError))

    @classmethod
    def from_value(cls, value: Any) -> RuleGeneration:  # noqa: ANN401 - parsed JSON of any shape
        """Return the generation of an already parsed document."""
        number, promotions = 0, value
        if isinstance(value, dict):
            unknown = sorted(set(value) - FIELDS)
            if unknown:
                raise RuleError(
                    "unknown_field", unknown[0], f"only {', '.join(sorted(FIELDS))} stand here"
                )
            if "promotions" not in value:
                raise RuleError("missing", "promotions", "Field required")
            number, promotions = value.get("generation", 0), value["promotions"]
            if type(number) is not int:
                raise RuleError("wrong_type", "generation", "Input should be a valid integer")
            if not 0 <= number <= INT64_MAX:
                raise RuleError("out_of_range", "generation", "a generation is 0 or more")
        if not isinstance(promotions, list):
            raise RuleError("wrong_type", "promotions", "Input should be a list of promotions")
        try:
            parsed = _PROMOTIONS.validate_python(promotions)
        except ValidationError as error:
            raise _rule_error(error, promotions) from None
        except RecursionError:
            raise RuleError("limit", "promotions", "conditions are nested too deeply") from None
        seen: set[str] = set()
        for place, promotion in enumerate(parsed):
            if promotion.id in seen:
                raise RuleError(
                    "duplicate_id",
                    f"promotions[{place}].id",
                    f"the id {promotion.id!r} stands twice",
                )
            seen.add(promotion.id)
            for c, condition in enumerate(promotion.when):
                _check_depth(condition, f"promotions[{place}].when[{c}]", 1)
        return cls(parsed, number)

    def evaluate(
        self,
        sale: Basket | dict[str, Any],
        *,
        article: Callable[[str], Line | None] | None = None,
    ) -> Result:
        """Return the best price of a sale (promotions.md §5).

        Args:
            sale: checked, or as the document of §3.
            article: one piece of an article by its sku, for hints of gifts that were not scanned.

        Raises:
            SaleError: where the sale given as a dict is wrong.
        """
        return evaluate(
            self.generation,
            self.packed,
            sale if isinstance(sale, Basket) else Basket.from_dict(sale),
            article=article,
        )


def _check_depth(condition: Condition, where: str, depth: int) -> None:
    if depth > MAX_CONDITION_DEPTH:
        raise RuleError("limit", where, f"conditions nest at most {MAX_CONDITION_DEPTH} deep")
    for inner in condition.inner():
        _check_depth(inner, where, depth + 1)


def _rule_error(error: ValidationError, promotions: list[Any]) -> RuleError:
    code, where, message = first_error(error, promotions, "promotions")
    first = error.errors(include_url=False)[0]
    if first["type"] == "layer_of_offer":
        where += ".layer"
    elif first["type"] == "exclusive_of_layer":
        where += ".exclusive"
    elif first["type"] == "customer_rate_of_layer":
        where += ".offer.tiers"
    return RuleError(code, where, message)
