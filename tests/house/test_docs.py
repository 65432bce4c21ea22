"""What can be called, set or seen is documented, and the documents name nothing else."""

from __future__ import annotations

import re
from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
from house import ROOT, findings, sources
from pydantic import BaseModel
from till_builder import TillBuilder

import pos_plugin
from head_office.problems import TITLES
from head_office.service.app import create_app as head_office_app
from head_office.storage import Database
from pos_plugin.cli import stammkunde
from pos_plugin.config import TillConfig
from pos_plugin.model import Basket, Coupon, Customer, Line
from pos_plugin.sale.receipts import Charge
from pos_plugin.sale.snapshot import Extras
from pos_plugin.service.app import create_app as service_app
from pos_plugin.service.desk import Desk
from pos_plugin.service.problems import PROBLEMS
from sync_agent import master_data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

DOCS = ROOT / "docs"
AGREED = """
    Sale Receipt LineItem Shop Till HeadOffice Cashier Customer Card Segment Promotion Condition
    Offer Benefit Layer Discount Points Bonus Reward Voucher Approval Consent RuleGeneration
    RulePackage ImportFile Outbox Cursor Notice Bundle
"""


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


# --- commands ------------------------------------------------------------------------------------


def commands(group: click.Group, path: str = "stammkunde") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by what one types."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def undocumented(path: str, command: click.Command, text: str) -> Iterator[str]:
    """What the help or the section of a command does not say."""
    if not command.help:
        yield f"{path} has no help: give the function a docstring"
    section = re.search(rf"^### `{path}`$(.*?)(?=^### |\Z)", text, re.MULTILINE | re.DOTALL)
    if section is None:
        yield f"docs/commands.md has no section ### `{path}`: describe the command there"
        return
    for parameter in command.params:
        name = parameter.opts[0]
        if isinstance(parameter, click.Argument):
            name = parameter.make_metavar(click.Context(command))
        elif not parameter.help:
            yield f"{path} {name} has no help: say what it is for"
        if name not in section[1]:
            yield f"docs/commands.md: the section of {path} does not name {name}"


def test_every_command_and_option_is_documented() -> None:
    text = page("commands.md")
    known = dict(commands(stammkunde))
    found = [one for path, command in known.items() for one in undocumented(path, command, text)]
    assert not found, findings(found)
    headings = re.findall(r"^### `(.+)`$", text, re.MULTILINE)
    assert sorted(headings) == sorted(known), "docs/commands.md describes another set of commands"


def test_an_undocumented_option_is_seen() -> None:
    @click.command()
    @click.option("--loud")
    def shout(loud: str) -> None: ...

    found = list(undocumented("stammkunde shout", shout, "### `stammkunde shout`\nShouts.\n"))
    assert found == [
        "stammkunde shout has no help: give the function a docstring",
        "stammkunde shout --loud has no help: say what it is for",
        "docs/commands.md: the section of stammkunde shout does not name --loud",
    ]


# --- settings ------------------------------------------------------------------------------------


def settings(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Every key of the settings, ``table.key`` inside tables."""
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is None:
            yield f"{path}{name}"
        else:
            yield from settings(inner, f"{path}{name}.")


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return None


def test_every_setting_is_documented() -> None:
    documented = re.findall(r"^\| `([\w.]+)` \|", page("till-toml.md"), re.MULTILINE)
    assert sorted(documented) == sorted(settings(TillConfig)), (
        "docs/till-toml.md: one row | `key` | for every key of pos_plugin/config.py, and no other"
    )


def test_settings_are_found_inside_tables() -> None:
    class Inner(BaseModel):
        url: str

    class Outer(BaseModel):
        shop: str
        one: Inner | None = None
        many: tuple[Inner, ...] = ()

    assert list(settings(Outer)) == ["shop", "one.url", "many.url"]


# --- sales and master data ------------------------------------------------------------------------


def section(text: str, heading: str) -> str:
    """What stands between a heading and the next one of its rank."""
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def fields(text: str, heading: str) -> list[str]:
    """What the first columns of a section's tables name, sorted."""
    cells = re.findall(r"^\| (`.+?) \|", section(text, heading), re.MULTILINE)
    return sorted(name for cell in cells for name in re.findall(r"`(\w+)`", cell))


def test_every_field_of_a_sale_is_documented() -> None:
    text = page("sale.md")
    for heading, names in (
        ("The sale", [*Basket.__annotations__, *Extras.model_fields]),
        ("A line", Line.__annotations__),
        ("The customer", Customer.__annotations__),
        ("A coupon", Coupon.__annotations__),
        ("What was charged", Charge.model_fields),
    ):
        assert fields(text, heading) == sorted(names), (
            f"docs/sale.md: one row for every field of {heading.lower()}, and no other"
        )


def test_every_file_of_master_data_is_documented() -> None:
    text = page("master-data.md")
    headings = re.findall(r"^## `(\w+)`$", text, re.MULTILINE)
    assert headings == list(master_data.FILES), "docs/master-data.md: one section for every table"
    for table, row in master_data.FILES.items():
        schema = row.json_schema()
        assert fields(text, f"`{table}`") == sorted(schema["properties"]), (
            f"docs/master-data.md: one row for every field of {table}, and no other"
        )
        rows = section(text, f"`{table}`")
        for name in schema["required"]:
            assert re.search(rf"^\| `{name}` \|.+needed", rows, re.MULTILINE), (
                f"docs/master-data.md: {table}.{name} is needed"
            )


def test_fields_are_found() -> None:
    text = "# Page\n\n## One\n\n| `b`, `a` | of `x` |\n\n## Two\n\n| `c` | d |\n"
    assert fields(text, "One") == ["a", "b"]


# --- HTTP ----------------------------------------------------------------------------------------


def calls(app: FastAPI) -> set[str]:
    """Every call under /v1, as the tables of docs/http.md write it."""
    return {
        f"{method} {route.path}"
        for route in app.routes
        for method in getattr(route, "methods", None) or ()
        if getattr(route, "path", "").startswith("/v1/")
    }


def test_every_endpoint_and_problem_is_documented(tmp_path: Path) -> None:
    text = page("http.md")
    with closing(Database(tmp_path / "ho", create=True)) as database:
        known = calls(head_office_app(database))
    with TillBuilder(tmp_path / "till").open() as plugin, closing(Desk(plugin)) as desk:
        known |= calls(service_app(desk, port=1, token="t"))
    documented = set(re.findall(r"^\| `([A-Z]+ /v1/\S+)` \|", text, re.MULTILINE))
    assert documented == known, "docs/http.md: one row for every call of both servers"
    words = set(re.findall(r"[\w-]+", text))
    missing = (set(TITLES) | set(PROBLEMS)) - words
    assert not missing, f"docs/http.md does not name the problems {sorted(missing)}"


def test_every_event_kind_is_documented() -> None:
    text = "".join(
        one.text
        for one in sources("pos_plugin/*.py", "pos_plugin/booking/*.py", "pos_plugin/storage/*.py")
    )
    kinds = set(re.findall(r'(?:add_event|\.tell)\(\s*(?:kind=)?"(\w+)"', text))
    kinds |= set(re.findall(r'^[A-Z_]+: Final = "(rental_\w+)"', text, re.MULTILINE))
    some = {"sale_completed", "items_returned", "rental_issued", "voucher_handed_over"}
    assert some <= kinds, "the test no longer finds the kinds"
    missing = [kind for kind in kinds if f"`{kind}`" not in page("http.md")]
    assert not missing, f"docs/http.md does not name the event kinds {missing}"


# --- Python API, words, decisions ----------------------------------------------------------------


def test_the_public_api_is_the_documented_list() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", page("python-api.md"), re.MULTILINE)
    assert sorted(documented) == sorted(pos_plugin.__all__), (
        "docs/python-api.md: one row for every name of pos_plugin.__all__, and no other"
    )
    for name in documented:
        assert getattr(pos_plugin, name) is not None


def glossary_rows(text: str) -> list[list[str]]:
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def wrong_words(rows: list[list[str]]) -> Iterator[str]:
    """Rows that name what does not exist, or a word with two meanings."""
    seen: dict[tuple[int, str], str] = {}
    for german, english, place, meaning in rows:
        for column, word in ((0, german), (1, english), (2, place)):
            if (column, word) in seen:
                yield f"docs/glossary.md: {word} stands twice: one word, one meaning"
            seen[column, word] = english
        module, _, name = place.strip("`").partition(":")
        try:
            getattr(import_module(module), name)
        except (ImportError, AttributeError, ValueError):
            yield f"docs/glossary.md: {english}: {place} does not exist; name where the word lives"
        if not meaning:
            yield f"docs/glossary.md: {english} has no meaning"


def test_every_word_of_the_glossary_lives_in_the_code() -> None:
    rows = glossary_rows(page("glossary.md"))
    assert len(rows) > 40
    found = list(wrong_words(rows))
    assert not found, findings(found)


def test_the_words_we_agreed_on_are_in_the_glossary() -> None:
    text = page("glossary.md")
    known = {row[1] for row in glossary_rows(text)}
    later = set(re.findall(r"(\w+) \(", text.rpartition("Words of later builds:")[2]))
    missing = set(AGREED.split()) - known - later - {"ImportFile"}
    assert not missing, f"docs/glossary.md has no row for {sorted(missing)}"


def test_a_wrong_word_is_seen() -> None:
    rows = [
        ["Kasse", "Till", "`pos_plugin.till:Till`", "x"],
        ["Lade", "Till", "`pos_plugin.till:Drawer`", "x"],
    ]
    found = list(wrong_words(rows))
    assert len(found) == 2
    assert "Till stands twice" in found[0]
    assert "pos_plugin.till:Drawer` does not exist" in found[1]


def test_every_decision_stands_in_the_index() -> None:
    index = page("adr/README.md")
    pages = {path.name for path in (DOCS / "adr").glob("0*.md")}
    assert set(re.findall(r"\]\((0\d{3}-[\w-]+\.md)\)", index)) == pages
    for name in sorted(pages):
        text = page(f"adr/{name}")
        number, title = re.match(r"# (\d{4}) (.+)\n", text).groups()
        assert name.startswith(number), f"docs/adr/{name} has another number in its title"
        assert f"[{number}]({name}) | {title} |" in index, f"docs/adr/README.md: title of {name}"
        for part in ("Status: ", "## Context", "## Consequences", "- Bad: "):
            assert part in text, f"docs/adr/{name} lacks {part!r}: a decision has its bad sides"


_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


def dead_links(name: str, text: str) -> Iterator[str]:
    for target in _LINK.findall(text):
        if not (ROOT / name).parent.joinpath(target).exists():
            yield f"{name} links to {target}, which does not exist"


def test_no_document_has_a_dead_link() -> None:
    found = [
        one for doc in sources("*.md", "docs/**/*.md") for one in dead_links(doc.path, doc.text)
    ]
    assert not found, findings(found)


def test_a_dead_link_is_seen() -> None:
    text = "[a](promotions.md) [b](nothing.md#x) [c](https://example.org)"
    assert list(dead_links("docs/x.md", text)) == [
        "docs/x.md links to nothing.md, which does not exist"
    ]
