"""A scripted till: asks a head office what a till would, and says what it answers wrongly.

Needs a till number of its own that nobody else uses: its events stay at head office (kind
``contract_checked``, which no version gives a meaning). May be repeated: each run is an epoch of
its own.
"""

from __future__ import annotations

import gzip
import hashlib
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from pos_plugin.rule_package import Manifest, find_flaw
from sync_agent.protocol.json_bytes import Model, ProtocolError, compact_json, parse_model
from sync_agent.protocol.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX
from sync_agent.protocol.messages import (
    GZIP_UPLOADS,
    HELD_HEAD,
    NDJSON,
    PROBLEM_JSON,
    EnrolAnswer,
    EventsAnswer,
    Head,
    Problem,
)
from sync_agent.protocol.pages import Page, parse_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGES_MAX: Final = 10_000
HOLD_S: Final = 2
REQUEST_S: Final = 30.0
INSTANT: Final = "2026-01-01T00:00:00.000Z"


class Wrong(Exception):  # noqa: N818 - a finding about head office, not a fault of ours
    """An answer that is not what the contract says."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its name, and what was wrong; None = good."""

    name: str
    wrong: str | None


@dataclass(slots=True)
class ScriptedTill:
    """Asks one head office.

    Args:
        url: its address, without ``/v1``.
        till: number of the till it plays.
        token: of the till; filled by ``enrol`` when a code is given.
        code: one-time code.
    """

    url: str
    till: str
    token: str = ""
    code: str | None = None
    shop: str = ""
    keys: dict[str, bytes] = field(default_factory=dict)
    head: Head | None = None
    epoch: int = field(default_factory=lambda: secrets.randbits(62))

    def run(self) -> Iterator[Finding]:
        """Give the findings one after the other; later checks need what earlier ones learnt."""
        with httpx.Client(
            base_url=self.url, timeout=REQUEST_S, trust_env=False, follow_redirects=False
        ) as http:
            checks: list[tuple[str, Callable[[httpx.Client], None]]] = [
                ("enrol: wrong code refused, right one once", self._enrol),
                ("token: an unknown one opens nothing", self._unknown_token),
                ("head: names the bucket of the shop", self._head),
                ("head: held until something is new", self._held),
                ("changes: pages from zero to the end, and the sums of their rows", self._pages),
                ("changes: a cursor beyond the log is must-refetch", self._beyond),
                ("changes: another shop's bucket is forbidden", self._foreign_bucket),
                ("blobs: every rule package has its hash and signature", self._packages),
                ("events: taken in order, a duplicate changes nothing", self._events),
                ("events: gap", self._gap),
                ("events: fork", self._fork),
                ("events: unknown kind and schema are taken", self._unknown_kind),
                ("events: a new epoch begins", self._new_epoch),
                ("events: another till's are forbidden", self._foreign_till),
                ("events: what is no event is refused whole", self._no_event),
                ("events: limits", self._too_large),
                ("events: as gzip, if the head says so", self._gzip),
            ]
            for name, check in checks:
                if check == self._enrol and self.code is None:
                    continue
                try:
                    check(http)
                except (Wrong, ProtocolError, httpx.HTTPError, ValueError) as fault:
                    yield Finding(name, f"{fault}" or type(fault).__name__)
                else:
                    yield Finding(name, None)

    # --- the checks -----------------------------------------------------------------------------

    def _enrol(self, http: httpx.Client) -> None:
        def ask(code: str) -> httpx.Response:
            return http.post("/v1/enrol", json={"till": self.till, "code": code})

        _problem(ask("00000000"), 403, "enrol-refused")
        answer = _good(ask(self.code or ""), EnrolAnswer)
        if answer.till != self.till:
            raise Wrong(f"enrolled as {answer.till!r}")
        self.token, self.shop = answer.token, answer.shop
        self.keys = {key.key_id: bytes.fromhex(key.public_key) for key in answer.rule_keys}
        _problem(ask(self.code or ""), 403, "enrol-refused")

    def _unknown_token(self, http: httpx.Client) -> None:
        headers = {"Authorization": f"Bearer {secrets.token_urlsafe(32)}"}
        for method, path in (("GET", "/v1/head"), ("POST", f"/v1/tills/{self.till}/events")):
            _problem(http.request(method, path, headers=headers), 401, "unauthorized")
        _problem(http.get("/v1/head"), 401, "unauthorized")

    def _head(self, http: httpx.Client) -> None:
        self.head = self._ask_head(http)
        shops = [name for name in self.head.buckets if name.startswith("shop:")]
        if not self.shop and shops:
            self.shop = shops[0].removeprefix("shop:")
        if f"shop:{self.shop}" not in self.head.buckets:
            raise Wrong(f"no bucket shop:{self.shop}, only {sorted(self.head.buckets)}")

    def _held(self, http: httpx.Client) -> None:
        head = self._known_head()
        if HELD_HEAD not in head.capabilities:
            return
        began_s = time.monotonic()
        same = self._ask_head(http, since=head.mark, wait_s=HOLD_S)
        took_s = time.monotonic() - began_s
        if same.mark == head.mark and took_s < HOLD_S - 0.5:
            raise Wrong(f"answered after {took_s:.1f} s, and nothing was new")
        began_s = time.monotonic()
        self._ask_head(http, since="another", wait_s=HOLD_S)
        if time.monotonic() - began_s > HOLD_S - 0.5:
            raise Wrong("held although the mark is another one")

    def _pages(self, http: httpx.Client) -> None:
        after, pages = 0, 0
        sums: dict[str, str] | None = None
        while pages < PAGES_MAX:
            page, content = self._page(http, after)
            if pages == 0 and self._page(http, after)[1] != content:
                raise Wrong("the same page twice is not the same")
            after, pages = page.checkpoint, pages + 1
            if page.complete:
                sums = None if page.sums is None else dict(page.sums)
                break
        else:
            raise Wrong(f"no end after {PAGES_MAX} pages")
        if after < self._known_head().buckets[f"shop:{self.shop}"].head:
            raise Wrong(f"ends at {after}, before the head of the manifest")
        last, _ = self._page(http, after)
        if last.changes or not last.complete:
            raise Wrong("behind the end there is something")
        if sums is not None and last.sums != sums:
            raise Wrong("the sums change although nothing did")

    def _beyond(self, http: httpx.Client) -> None:
        answer = self._get(http, self._changes(), after=2**62)
        _problem(answer, 409, "must-refetch")

    def _foreign_bucket(self, http: httpx.Client) -> None:
        answer = self._get(http, "/v1/buckets/shop:contract-check-none/changes", after=0)
        _problem(answer, 403, "forbidden")

    def _packages(self, http: httpx.Client) -> None:
        for entry in self._known_head().generations:
            answer = self._get(http, f"/v1/blobs/{entry.sha256}")
            if answer.status_code != httpx.codes.OK:
                raise Wrong(f"status {answer.status_code} for generation {entry.generation}")
            if hashlib.sha256(answer.content).hexdigest() != entry.sha256:
                raise Wrong(f"generation {entry.generation} is not what its hash says")
            fields = entry.model_dump(exclude={"rotates"})
            flaw = find_flaw(Manifest(**fields), answer.content, self.keys)
            if self.keys and not entry.rotates and flaw is not None:
                raise Wrong(f"generation {entry.generation}: {flaw}")

    def _events(self, http: httpx.Client) -> None:
        first = self._send(http, self._event(1), self._event(2))
        self._acked(first, 2)
        self._acked(self._send(http, self._event(1), self._event(2)), 2)
        self._acked(self._send(http, self._event(2), self._event(3)), 3)

    def _gap(self, http: httpx.Client) -> None:
        _problem(self._send(http, self._event(5)), 409, "gap")
        self._acked(self._send(http, self._event(3)), 3)

    def _fork(self, http: httpx.Client) -> None:
        other = self._event(2, body={"other": True})
        _problem(self._send(http, other), 409, "fork")

    def _unknown_kind(self, http: httpx.Client) -> None:
        later = self._event(4, kind="of_a_later_version", schema=999, later={"field": 1})
        self._acked(self._send(http, later), 4)

    def _new_epoch(self, http: httpx.Client) -> None:
        before, self.epoch = self.epoch, secrets.randbits(62)
        try:
            self._acked(self._send(http, self._event(5)), 5)
        finally:
            self.epoch = before
        later = self._event(4, kind="of_a_later_version", schema=999, later={"field": 1})
        self._acked(self._send(http, later), 4)

    def _foreign_till(self, http: httpx.Client) -> None:
        answer = self._send(http, self._event(5), till="contract-check-none")
        _problem(answer, 403, "forbidden")

    def _no_event(self, http: httpx.Client) -> None:
        for line in (b"not json", b"{}", b'{"epoch": "1"}'):
            _problem(self._send(http, self._event(5), line), 400, "not-an-event")
        # Nothing of such a batch was taken: the same number is still free.
        self._acked(self._send(http, self._event(5)), 5)

    def _too_large(self, http: httpx.Client) -> None:
        many = [self._event(6 + number) for number in range(BATCH_EVENTS_MAX + 1)]
        _problem(self._send(http, *many), 413, "too-large")
        half = {"x": "y" * (BATCH_BYTES_MAX // 2)}
        long = [self._event(6, body=half), self._event(7, body=half)]
        _problem(self._send(http, *long), 413, "too-large")
        alone = self._event(6, body={"x": "y" * (EVENT_BYTES_MAX + 1)})
        _problem(self._send(http, alone), 413, "too-large")
        self._acked(self._send(http, self._event(6, body={"x": "y" * BATCH_BYTES_MAX})), 6)

    def _gzip(self, http: httpx.Client) -> None:
        if GZIP_UPLOADS not in self._known_head().capabilities:
            return
        packed = gzip.compress(self._event(7) + b"\n")
        self._acked(self._post(http, packed, encoding="gzip"), 7)
        bomb = gzip.compress(b"y" * (EVENT_BYTES_MAX + 1))
        _problem(self._post(http, bomb, encoding="gzip"), 413, "too-large")
        for wrong, encoding in ((packed[:-9], "gzip"), (b"{}", "gzip"), (packed, "unknown")):
            _problem(self._post(http, wrong, encoding=encoding), 400, "invalid")
        self._acked(self._send(http, self._event(8)), 8)

    # --- asking ---------------------------------------------------------------------------------

    def _known_head(self) -> Head:
        if self.head is None:
            raise Wrong("there is no head to begin with")
        return self.head

    def _get(self, http: httpx.Client, path: str, **params: Any) -> httpx.Response:  # noqa: ANN401
        return http.get(path, params=params, headers=self._headers())

    def _ask_head(self, http: httpx.Client, **params: Any) -> Head:  # noqa: ANN401
        return _good(self._get(http, "/v1/head", **params), Head)

    def _changes(self) -> str:
        return f"/v1/buckets/shop:{self.shop}/changes"

    def _page(self, http: httpx.Client, after: int) -> tuple[Page, bytes]:
        answer = self._get(http, self._changes(), after=after, limit=500)
        if answer.status_code != httpx.codes.OK:
            raise Wrong(f"status {answer.status_code} after {after}")
        return parse_page(answer.content, bucket=f"shop:{self.shop}", after=after), answer.content

    def _send(self, http: httpx.Client, *lines: bytes, till: str | None = None) -> httpx.Response:
        return self._post(http, b"".join(line + b"\n" for line in lines), till=till)

    def _post(
        self, http: httpx.Client, body: bytes, *, till: str | None = None, encoding: str = ""
    ) -> httpx.Response:
        headers = {**self._headers(), "Content-Type": NDJSON}
        if encoding:
            headers["Content-Encoding"] = encoding
        return http.post(f"/v1/tills/{till or self.till}/events", content=body, headers=headers)

    def _acked(self, answer: httpx.Response, wanted: int) -> None:
        found = _good(answer, EventsAnswer)
        if found.acked_seq != wanted:
            raise Wrong(f"acked_seq is {found.acked_seq}, not {wanted}")
        if found.durable_seq > found.acked_seq:
            raise Wrong("more is durable than acknowledged")
        if found.incarnation != self._known_head().incarnation:
            raise Wrong("another incarnation than that of the head")

    def _event(self, seq: int, **changed: Any) -> bytes:  # noqa: ANN401
        # The same number gives the same bytes, as a journal would.
        uid = uuid.uuid5(uuid.NAMESPACE_OID, f"{self.epoch}-{seq}")
        event = {
            "epoch": self.epoch,
            "seq": seq,
            "uid": str(uid),
            "kind": "contract_checked",
            "schema": 1,
            "occurred_at": INSTANT,
            "touches": [],
            "body": {},
        }
        return compact_json({**event, **changed})

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def _good(answer: httpx.Response, model: type[Model]) -> Model:
    if answer.status_code != httpx.codes.OK:
        raise Wrong(f"status {answer.status_code}: {answer.text[:200]}")
    return parse_model(model, answer.content)


def _problem(answer: httpx.Response, status: int, word: str) -> None:
    if answer.status_code != status:
        raise Wrong(f"status {answer.status_code}, not {status} {word}")
    if answer.headers.get("content-type", "").partition(";")[0] != PROBLEM_JSON:
        raise Wrong(f"{word} is no problem document")
    problem = parse_model(Problem, answer.content)
    if problem.word != word or problem.status != status:
        raise Wrong(f"the problem is {problem.type} {problem.status}, not {word} {status}")
