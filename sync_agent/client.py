"""Speaks HTTP to head office; every answer is bounded in time and size before it is looked at.

Laws of this file:

1. One deadline for the whole request. httpx has time-outs for each step only, which a server that
   sends a byte now and then never reaches.
2. No redirects, no proxies from the environment, no compressed answers (a kilobyte can unpack to a
   gigabyte), no cookies (each answer could add to them for ever), never more bytes than the
   endpoint's limit, whatever ``Content-Length`` says.
3. Plain HTTP to this machine only; everything else is TLS.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import ssl
import threading
import time
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx

from pos_plugin.clock import SystemClock
from pos_plugin.closing import Closing
from pos_plugin.errors import ConfigError
from sync_agent.errors import HeadOfficeRefused, Stopped, Unreachable
from sync_agent.protocol.json_bytes import Model, ProtocolError, parse_model
from sync_agent.protocol.limits import ANSWER_BYTES_MAX, BLOB_BYTES_MAX, PAGE_BYTES_MAX
from sync_agent.protocol.messages import (
    NDJSON,
    PROBLEM_JSON,
    ByCardAnswer,
    ByCardRequest,
    EnrolAnswer,
    EnrolRequest,
    EventsAnswer,
    Head,
    Problem,
    ReserveAnswer,
    ReserveRequest,
    StatusAnswer,
    StatusReport,
    TokenAnswer,
)
from sync_agent.protocol.pages import Page, parse_page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydantic import BaseModel

REQUEST_S: Final = 60.0
CONNECT_S: Final = 5.0
_PORT_MAX: Final = 65_535
_PROMPT_S: Final = 2.0
GZIP_LEVEL: Final = 6
_JUMP_MS: Final = 2_000  # then somebody has set a clock


class HeadOfficeClient(Closing):
    """One connection to head office with the token of this till.

    Args:
        url: address of head office, without ``/v1``.
        token: the till's bearer token.
        request_s: deadline of a whole request in seconds.
        ca: certificate of the one authority that is believed, as PEM; None = those of the system.

    Raises:
        ConfigError: the address is none, or plain HTTP to another machine; ``ca`` is none.
    """

    def __init__(
        self, url: str, token: str, *, request_s: float = REQUEST_S, ca: str | None = None
    ) -> None:
        self._request_s = request_s
        self._stopped = False
        self._task: asyncio.Task[bytes] | None = None
        self._asking = threading.Lock()
        self._runner = asyncio.Runner()
        self.clock_offset_ms: int | None = None
        """How far the clock of head office is ahead of this one, as a moving average."""
        self.head_office_at: dt.datetime | None = None
        """What its clock said in the last answer that came at once."""
        self._http = httpx.AsyncClient(
            base_url=checked_url(url),
            headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(request_s, connect=min(CONNECT_S, request_s)),
            verify=_trust(ca),
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    def use_token(self, token: str) -> None:
        """Show another token from the next request on."""
        self._http.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """End the connection."""
        self._runner.run(self._http.aclose())
        self._runner.close()

    def stop(self) -> None:
        """End the request under way, and let no other begin; for signal handlers and threads."""
        self._stopped = True
        task = self._task
        if task is not None:
            self._runner.get_loop().call_soon_threadsafe(task.cancel)

    def head(self, *, since: str | None = None, wait_s: int = 0) -> Head:
        """Return what there is to pull; held until its mark is not ``since``, or ``wait_s`` over.

        Args:
            since: mark of a head that is known; None asks for an answer at once.
            wait_s: how long head office may hold the request, 0 to 55 seconds.
        """
        params = {} if since is None else {"since": since, "wait_s": wait_s}
        return _answer(
            Head, self._ask("GET", "/v1/head", params=params, bytes_max=ANSWER_BYTES_MAX)
        )

    def changes(self, bucket: str, *, after: int, limit: int) -> Page:
        """Return the page of a bucket behind ``after``."""
        content = self._ask(
            "GET",
            f"/v1/buckets/{bucket}/changes",
            params={"after": after, "limit": limit},
            bytes_max=PAGE_BYTES_MAX,
        )
        try:
            return parse_page(content, bucket=bucket, after=after)
        except ProtocolError as fault:
            raise HeadOfficeRefused("not-understood", str(fault), status=200) from None

    def blob(self, sha256: str, *, bytes_max: int = BLOB_BYTES_MAX) -> bytes:
        """Return a file by its hash; the caller checks that it is the one it asked for.

        Args:
            sha256: of its content, 64 hexadecimal digits.
            bytes_max: of which size it may be at most.
        """
        return self._ask("GET", f"/v1/blobs/{sha256}", bytes_max=bytes_max)

    def send_events(self, till: str, body: bytes, *, as_gzip: bool = False) -> EventsAnswer:
        """Upload a batch of events.

        Args:
            till: the own one.
            body: NDJSON, an event a line.
            as_gzip: pack it; only for a head office with the capability ``gzip_uploads``.
        """
        headers = {"Content-Type": NDJSON}
        if as_gzip:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, GZIP_LEVEL, mtime=0)
        content = self._ask(
            "POST",
            f"/v1/tills/{till}/events",
            content=body,
            headers=headers,
            bytes_max=ANSWER_BYTES_MAX,
        )
        return _answer(EventsAnswer, content)

    def report_status(self, till: str, report: StatusReport) -> StatusAnswer:
        """Say how this till is; return what head office and its backups hold of its events."""
        path = f"/v1/tills/{till}/status"
        return self._question(StatusAnswer, path, report, exclude_unset=True)

    def new_token(self, till: str) -> str:
        """Return a new token; its first use ends the one that is used now."""
        content = self._ask("POST", f"/v1/tills/{till}/token", bytes_max=ANSWER_BYTES_MAX)
        return _answer(TokenAnswer, content).token

    def enrol(self, asked: EnrolRequest) -> EnrolAnswer:
        """Show the one-time code; return token and keys of this till."""
        return self._question(EnrolAnswer, "/v1/enrol", asked)

    def take_by_card(self, asked: ByCardRequest) -> ByCardAnswer:
        """Ask for the owner of a card; the rows come with the next pages."""
        return self._question(ByCardAnswer, "/v1/customers/by-card", asked)

    def reserve(self, voucher: str, asked: ReserveRequest) -> ReserveAnswer:
        """Hold a voucher for a sale."""
        return self._question(ReserveAnswer, f"/v1/vouchers/{_part(voucher)}/reserve", asked)

    def confirm(self, voucher: str, asked: ReserveRequest) -> ReserveAnswer:
        """Say that a sale has spent a voucher."""
        return self._question(ReserveAnswer, f"/v1/vouchers/{_part(voucher)}/confirm", asked)

    def release(self, voucher: str, asked: ReserveRequest) -> ReserveAnswer:
        """Let a voucher go that a sale did not use after all."""
        return self._question(ReserveAnswer, f"/v1/vouchers/{_part(voucher)}/release", asked)

    def _question(
        self, model: type[Model], path: str, asked: BaseModel, *, exclude_unset: bool = False
    ) -> Model:
        content = self._ask(
            "POST",
            path,
            content=asked.model_dump_json(exclude_unset=exclude_unset).encode(),
            headers={"Content-Type": "application/json"},
            bytes_max=ANSWER_BYTES_MAX,
        )
        return _answer(model, content)

    def _ask(self, method: str, path: str, *, bytes_max: int, **request: Any) -> bytes:  # noqa: ANN401
        """Return the body of a good answer.

        Raises:
            Unreachable: nobody answered, or not in time.
            HeadOfficeRefused: an answer that is not good news.
            Stopped: ``stop`` was called.
        """
        with self._asking:  # one request at a time, whichever thread asks
            if self._stopped:
                raise Stopped
            return self._runner.run(self._one(method, path, bytes_max=bytes_max, **request))

    async def _one(self, method: str, path: str, *, bytes_max: int, **request: Any) -> bytes:  # noqa: ANN401
        self._task = asyncio.current_task()
        if self._stopped:  # whoever stopped a moment ago saw no task to cancel
            raise Stopped
        asked_at, asked_s = SystemClock().now(), time.monotonic()
        try:
            async with (
                _mapped(self._request_s),
                asyncio.timeout(self._request_s),
                self._http.stream(method, path, **request) as response,
            ):
                self._compare_clocks(response, asked_at, time.monotonic() - asked_s)
                good = response.status_code == httpx.codes.OK
                body = await _body(response, bytes_max if good else ANSWER_BYTES_MAX)
        except asyncio.CancelledError:
            if self._stopped:
                raise Stopped from None
            raise
        finally:
            self._task = None
        if not good:
            raise _refusal(response, body)
        return body

    def _compare_clocks(
        self, response: httpx.Response, asked_at: dt.datetime, took_s: float
    ) -> None:
        """Learn from the date of an answer; one that was held long says little."""
        try:
            there = parsedate_to_datetime(response.headers["date"])
            if took_s > _PROMPT_S or there.tzinfo is None:
                return
            there = there.astimezone(dt.UTC)  # which fails at the ends of the calendar
            # The date has whole seconds: half of one is the best guess of the rest.
            here = asked_at + dt.timedelta(seconds=took_s / 2 - 0.5)
            offset_ms = (there - here) // dt.timedelta(milliseconds=1)
        except (KeyError, ValueError, OverflowError):
            return
        self.head_office_at = there
        known_ms = self.clock_offset_ms
        if known_ms is None or abs(offset_ms - known_ms) > _JUMP_MS:
            self.clock_offset_ms = offset_ms
        else:
            self.clock_offset_ms = (known_ms * 7 + offset_ms) // 8


def checked_url(url: str) -> httpx.URL:
    """Return the address of a head office.

    Raises:
        ConfigError: it is none, or neither https nor http to this machine.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as fault:
        raise ConfigError("out_of_range", "keys.json.head_office", str(fault)) from None
    if not 0 <= (parsed.port or 0) <= _PORT_MAX:
        raise ConfigError("out_of_range", "keys.json.head_office", f"no port {parsed.port}")
    if parsed.scheme == "https" and parsed.host:
        return parsed
    if parsed.scheme == "http" and _is_this_machine(parsed.host):
        return parsed
    raise ConfigError(
        "out_of_range", "keys.json.head_office", f"{url!r}: https, or http to this machine"
    )


def _trust(ca: str | None) -> ssl.SSLContext | bool:
    if ca is None:
        return True
    try:
        # An empty one would mean those of the system.
        return ssl.create_default_context(cadata=ca or "-")
    except (ssl.SSLError, TypeError, ValueError) as fault:
        raise ConfigError("out_of_range", "keys.json.ca", f"no certificate: {fault}") from None


def _part(text: str) -> str:
    """Return a text as one part of a path, whatever it holds."""
    return quote(text, safe="")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@asynccontextmanager
async def _mapped(request_s: float) -> AsyncIterator[None]:
    """Foreign exceptions become ours; the one mapping of this edge."""
    try:
        yield
    except TimeoutError:
        raise Unreachable(f"no whole answer within {request_s:g} s") from None
    except httpx.HTTPError as fault:
        raise Unreachable(f"{type(fault).__name__}: {fault}") from None


async def _body(response: httpx.Response, bytes_max: int) -> bytes:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise HeadOfficeRefused(
            "not-understood", f"a body as {encoding} was not asked for", status=response.status_code
        )
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > bytes_max:
            raise HeadOfficeRefused(
                "not-understood",
                f"an answer of more than {bytes_max} bytes",
                status=response.status_code,
            )
    return bytes(body)


def _answer(model: type[Model], content: bytes) -> Model:
    try:
        return parse_model(model, content)
    except ProtocolError as fault:
        raise HeadOfficeRefused("not-understood", str(fault), status=200) from None


def _refusal(response: httpx.Response, body: bytes) -> HeadOfficeRefused:
    status = response.status_code
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    if kind == PROBLEM_JSON:
        try:
            problem = parse_model(Problem, body)
        except ProtocolError:
            pass
        else:
            detail = f": {problem.detail}" if problem.detail else ""
            return HeadOfficeRefused(problem.word, f"{problem.title}{detail}", status=status)
    # A captive portal or a proxy answers too; nothing is concluded from its status.
    return HeadOfficeRefused(
        "not-understood", f"status {status} and no problem document", status=status
    )
