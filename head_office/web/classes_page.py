"""Classes: what is counted, the bounds, and how many customers stand in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from head_office.crm import classes
from head_office.crm.class_members import members
from head_office.users import Role
from head_office.web import class_words
from head_office.web.door import Page
from pos_plugin.loyalty.class_scheme import OWN_WORDS

if TYPE_CHECKING:
    import datetime as dt

    from starlette.responses import Response

    from head_office.web.visit import Visit
    from pos_plugin.loyalty.class_scheme import ClassScheme


def show(visit: Visit) -> Response:
    """List them."""
    on = visit.now.astimezone().date()
    with visit.database.read() as connection:
        known = classes.schemes(connection)
        numbers = members(connection)
    shown = [
        _shown(code, revisions, numbers.get(code, {}), on, visit.language)
        for code, revisions in known.items()
    ]
    return visit.page("classes.html", shown=shown)


def _shown(
    code: str,
    revisions: list[ClassScheme],
    numbers: dict[str, int],
    on: dt.date,
    language: str,
) -> dict[str, Any]:
    begun = [one for one in revisions if one.starts_on <= on]
    scheme = begun[-1] if begun else revisions[0]
    listed = {one.code for one in scheme.classes}
    return {
        "code": code,
        "scheme": scheme,
        "counted": class_words.counted(scheme, language),
        "rows": [
            (one.code, class_words.bounds(one, scheme, language), numbers.get(one.code, 0))
            for one in scheme.by_rank
        ],
        "cells": class_words.cells(scheme, language),
        "outside": [(word, numbers[word]) for word in sorted(OWN_WORDS) if word in numbers],
        # Of an earlier revision, or of one whose cells name a class of their own.
        "others": [
            (name, number)
            for name, number in sorted(numbers.items())
            if name not in listed | OWN_WORDS
        ],
        "later": [one for one in revisions if one.starts_on > on and one is not scheme],
    }


PAGES = (Page("GET", "/classes", Role.VIEWER, show),)
