"""Turns templates into HTML; whatever a person wrote is escaped, wherever it stands."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from head_office.read_back import words
from head_office.web import names, said_codes
from pos_plugin import wording
from pos_plugin.clock import instant

if TYPE_CHECKING:
    from jinja2 import Environment

CURRENCY = "EUR"


def html(template: str, *, language: str, **values: Any) -> str:  # noqa: ANN401 - what it shows
    """Return a template's text.

    Templates say each sentence in both languages: ``{{ say("Aktion", "Promotion") }}``.

    Args:
        template: name of its file.
        language: ``de`` or ``en``.
        values: what it shows.
    """

    def say(german: str, english: str) -> str:
        return german if language == "de" else english

    def money(minor: int) -> str:
        return wording.money(minor, currency=CURRENCY, language=language)

    def count(number: int) -> str:
        return wording.count(number, language=language)

    def percent(bp: int) -> str:
        return words.percent(bp, language)

    def moment(text: str) -> str:
        at = instant(text).astimezone()
        return f"{wording.day(at.date().isoformat(), language=language)} {at:%H:%M}"

    def day(text: str) -> str:
        return wording.day(text, language=language)

    def in_words(group: str, code: str) -> str:
        return said_codes.said(group, code, language)

    def refusal(code: str) -> str:
        return said_codes.refusal(code, language)

    def group_name(code: str) -> str:
        return names.group(code, language)

    return (
        _environment()
        .get_template(template)
        .render(
            language=language,
            say=say,
            money=money,
            count=count,
            percent=percent,
            moment=moment,
            day=day,
            in_words=in_words,
            refusal=refusal,
            group_name=group_name,
            **values,
        )
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("head_office.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
