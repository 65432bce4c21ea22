"""Templates inside a rule package: they are published, signed and taken with its promotions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.errors import RuleError
from pos_plugin.paper_words import PaperWords

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES_MAX: Final = 200


class PackedTemplate(NamedTuple):
    """A template as it is kept: what names it, and its JSON."""

    template_id: str
    lang: str
    version: int
    content: str


def packed_templates(document: Mapping[str, Any]) -> list[PackedTemplate]:
    """Return the templates of a signed package; what does not even say its name is left out.

    Whether this version of the till can read one is found when it prints: until then, and for what
    it cannot read, the version before serves.
    """
    found = document.get("templates")
    if not isinstance(found, list):
        return []
    return [
        PackedTemplate(
            one["template_id"], one["lang"], one["version"], json.dumps(one, ensure_ascii=False)
        )
        for one in found[:TEMPLATES_MAX]
        if isinstance(one, dict)
        and isinstance(one.get("template_id"), str)
        and one.get("lang") in ("de", "en")
        and type(one.get("version")) is int
    ]


def check_templates(templates: object, *, currency: str = "EUR") -> None:
    """Refuse templates that cannot be published: each is read, filled, printed and read back.

    Args:
        templates: the list of a rule file; None = it has none.
        currency: of the samples.

    Raises:
        RuleError: the first template that is wrong, with its place.
    """
    if templates is None:
        return
    if not isinstance(templates, list):
        raise RuleError("wrong_type", "templates", "Input should be a list of templates")
    if len(templates) > TEMPLATES_MAX:
        raise RuleError("limit", "templates", f"at most {TEMPLATES_MAX} templates")
    # Loaded with the first template: a rule file without any never needs it.
    from printers.templates.builtin import sample_pictures
    from printers.templates.errors import TemplateInvalid
    from printers.templates.model import Template
    from printers.templates.trial import try_out

    seen: set[tuple[str, str]] = set()
    for number, one in enumerate(templates):
        place = f"templates[{number}]"
        try:
            template = Template.from_dict(one)
            try_out(template, sample_pictures(), formats=PaperWords(template.lang, currency))
        except TemplateInvalid as wrong:
            where = f"{place}.{wrong.where}" if wrong.where else place
            raise RuleError("template", where, f"{wrong.reason}: {wrong.message}") from None
        name = (template.template_id, template.lang)
        if name in seen:
            raise RuleError("duplicate_id", place, f"{' '.join(name)} stands twice")
        seen.add(name)
