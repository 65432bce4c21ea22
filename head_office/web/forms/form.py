"""A form: fields that make one kind of promotion, and the way back from the promotion.

A promotion opens in a form exactly when the form would write the very same promotion; all others
open in the expert form. So no form can lose what it has no field for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from head_office.web.forms import frame
from head_office.web.forms.fields import FieldFault, take
from pos_plugin.promotions.promotion import Promotion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from head_office.web.forms.fields import Field, Values


class Offered(NamedTuple):
    """What a form adds to the frame; ``when`` stands behind the frame's own conditions."""

    layer: str
    offer: dict[str, Any]
    when: tuple[dict[str, Any], ...] = ()


class Group(NamedTuple):
    """Fields under one heading."""

    german: str
    english: str
    fields: tuple[Field, ...]
    is_open: bool = True


class Form(ABC):
    """One kind of promotion."""

    code: ClassVar[str]
    title: ClassVar[tuple[str, str]]
    example: ClassVar[tuple[str, str]]
    gives: ClassVar[tuple[Group, ...]]
    """Its own fields."""
    presets: ClassVar[Values] = {}
    """What a new form shows."""

    @abstractmethod
    def write(self, values: Values) -> Offered:
        """Return layer, offer and conditions; raises FieldFault for what does not fit together."""

    @abstractmethod
    def read(self, promotion: Promotion) -> Values | None:
        """Return what its own fields hold, None for another kind of promotion."""

    def groups(self) -> tuple[Group, ...]:
        """Return all fields under their headings."""
        return (
            Group("Name", "Name", frame.NAME),
            *self.gives,
            Group("Wann", "When", frame.TIME),
            Group("Für wen und wo", "For whom and where", frame.WHO),
            Group("Weiteres", "More", frame.MORE, is_open=False),
        )

    def fields(self) -> tuple[Field, ...]:
        """Return all fields."""
        return tuple(field for group in self.groups() for field in group.fields)

    def take(self, sent: Mapping[str, list[str]]) -> tuple[Values, dict[str, FieldFault]]:
        """Return what was typed, and what cannot be read, by field."""
        return take(self.fields(), sent)

    def rule(self, values: Values, promotion_id: str, revision: int) -> dict[str, Any]:
        """Return the promotion as it is published.

        Raises:
            FieldFault: the fields do not fit together.
        """
        offered = self.write(values)
        around = frame.write(values)
        around["when"] = [*around["when"], *offered.when]
        return {
            "id": promotion_id,
            "revision": revision,
            "layer": offered.layer,
            "offer": offered.offer,
            **around,
        }

    def values(self, promotion: Promotion) -> Values | None:
        """Return what the fields hold for a promotion; None when the form cannot say all of it."""
        own = self.read(promotion)
        if own is None:
            return None
        found = frame.read(promotion) | own
        try:
            again = self.rule(found, promotion.id, promotion.revision)
        except FieldFault:
            return None
        return found if Promotion.model_validate(again) == promotion else None
