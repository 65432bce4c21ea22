"""Applies what head office sent: pages of a bucket, rule packages. Whole, or not at all.

A package is believed in this order (sync.md §7), and the first "no" refuses all of it while the
generation before stays in force: its number (never lower, never the same with other content), its
hash, its signature by one of the two keys of this chain, its content by the strict parser, its
golden baskets, and whether its signer may name another key.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pos_plugin.errors import RuleError
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.golden import check_baskets
from pos_plugin.row_sum import sum_text
from pos_plugin.rule_package import Manifest, find_flaw
from pos_plugin.storage.blobs import write_blob
from pos_plugin.template_package import packed_templates
from pos_plugin.validation import read_json
from sync_agent.errors import PackageRejected

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pos_plugin.storage.cache_writer import CacheWriter
    from sync_agent.protocol.messages import GenerationEntry
    from sync_agent.protocol.pages import Change, Page


NO_ROWS: Final = sum_text(0)


def apply_page(writer: CacheWriter, page: Page, *, till: str, at: dt.datetime) -> bool | None:
    """Commit rows, cursor and sums of a page in one transaction; say whether the cache adds up.

    Of ``folded`` only this till's elements are kept: the others concern no entry of this journal,
    and a row stays small however many tills a chain has.

    Returns:
        Whether every table has the rows that head office has; None when the page does not say.
    """
    own_page = replace(page, changes=_OwnRows(page.changes, till))
    writer.apply_page(own_page, at=at, foreign=page.foreign, is_last=page.complete)
    if page.sums is None:
        return None
    return all(page.sums.get(table, NO_ROWS) == here for table, here in writer.sums().items())


def take_package(
    writer: CacheWriter,
    data_dir: Path,
    entry: GenerationEntry,
    content: bytes,
    *,
    keys: Mapping[str, bytes],
    accepted_at: dt.datetime,
    before: Callable[[object], None] | None = None,
) -> None:
    """Verify and parse a rule package, then make it known to the till.

    Args:
        writer: the cache.
        data_dir: data folder of the till; the content goes to ``blobs/``.
        entry: what the manifest says of it.
        content: the bytes that head office sent.
        keys: public keys of this chain by key id.
        accepted_at: instant of acceptance.
        before: gets ``next_key`` of the package once all the rest is good, and may refuse it.

    Raises:
        PackageRejected: nothing was changed.
    """
    manifest = Manifest(
        chain=entry.chain,
        ring=entry.ring,
        generation=entry.generation,
        activate_at=entry.activate_at,
        sha256=entry.sha256,
        key_id=entry.key_id,
        signature=entry.signature,
    )
    flaw = find_flaw(manifest, content, keys)
    if flaw is not None:
        raise PackageRejected(entry.generation, flaw.value, f"the package is not ours: {flaw}")
    try:
        document = read_json(content, "", RuleError)
        rules = RuleGeneration.from_value(document)
        further = document if isinstance(document, dict) else {}
        check_baskets(rules, further.get("golden"))
    except RuleError as fault:
        raise PackageRejected(entry.generation, fault.code, str(fault)) from None
    if rules.generation != entry.generation:
        raise PackageRejected(
            entry.generation, "number", f"the package says generation {rules.generation}"
        )
    if before is not None:
        before(further.get("next_key"))
    # Content before its row: a crash in between leaves a file that nobody names.
    write_blob(data_dir, content)
    writer.store_generation(manifest, accepted_at=accepted_at, templates=packed_templates(further))


class _OwnRows(Collection["Change"]):
    """The rows of a page with the elements of one till; made as somebody goes through them."""

    def __init__(self, changes: Collection[Change], till: str) -> None:
        self._changes = changes
        self._till = till

    def __len__(self) -> int:
        return len(self._changes)

    def __contains__(self, change: object) -> bool:
        return any(change == one for one in self)

    def __iter__(self) -> Iterator[Change]:
        for change in self._changes:
            folded = change.row.get("folded")
            if folded is None:
                yield change
            else:
                own = [list(element) for element in folded if element[0] == self._till]
                yield replace(change, row={**change.row, "folded": own})
