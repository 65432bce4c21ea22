"""What the OpenAPI document says of a call; light, for every start loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.responses import Response

from pos_plugin.service.problems import MEDIA_TYPE, PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ALWAYS: Final = ("unauthorized", "foreign_host", "foreign_origin", "fault")
_OF_BODIES: Final = (
    *("not_json", "unknown_field", "unknown_word", "missing", "wrong_type", "out_of_range"),
    *("limit", "duplicate_id", "too_large", "too_slow"),
)
NOT_BOOKED: Final = ("journal_unavailable", "plugin_fault")
"""May befall whatever is stored."""
_JSON: Final = "application/json"


def described(
    summary: str,
    *,
    answer: str | None,
    body: str | None = None,
    body_needed: bool = True,
    may_be_late: bool = False,
    media_type: str = _JSON,
    problems: Iterable[str] = (),
    query: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return what a route takes beside its path; all of it is documentation.

    Args:
        summary: one line.
        answer: name of the model in ``contract`` that status 200 carries; None = bytes.
        body: name of the model that the call takes.
        body_needed: an empty body is refused.
        may_be_late: status 202 says that nobody knows yet.
        media_type: of the answer.
        problems: codes of ``PROBLEMS`` beside those of every call and every body.
        query: parameters, as OpenAPI writes them.
    """
    codes = [*_ALWAYS, *(_OF_BODIES if body else ()), *problems]
    content = {media_type: {} if answer is None else {"schema": reference(answer)}}
    responses: dict[int | str, dict[str, Any]] = {200: {"description": "Done", "content": content}}
    if may_be_late:
        responses[202] = {
            "description": "Nobody knows yet; ask again with the same call",
            "content": {_JSON: {"schema": reference("Late")}},
        }
    extra: dict[str, Any] = {"parameters": [*query]} if query else {}
    if body is not None:
        content = {_JSON: {"schema": reference(body)}}
        extra["requestBody"] = {"required": body_needed, "content": content}
    return {
        "summary": summary,
        "response_class": Response,
        "responses": {**responses, **_problem_responses(codes)},
        "openapi_extra": extra,
    }


def reference(model: str) -> dict[str, str]:
    """Return the reference to a model of the document."""
    return {"$ref": f"#/components/schemas/{model}"}


def _problem_responses(codes: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(PROBLEMS[code][0], []).append(code)
    return {
        status: {
            "description": "; ".join(PROBLEMS[code][1] for code in found),
            "content": {
                MEDIA_TYPE: {
                    "schema": {
                        "allOf": [
                            reference("Problem"),
                            {"properties": {"code": {"enum": found}}},
                        ]
                    }
                }
            },
        }
        for status, found in sorted(by_status.items())
    }
