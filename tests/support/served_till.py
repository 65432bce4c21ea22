"""A till in a temporary folder, served for real on a loopback port, and plain ways to ask it."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from contract_check import check
from till_builder import TillBuilder, card_number, points, unit_discount, voucher_promotion
from waiting import until

from pos_plugin.loopback import listen
from pos_plugin.service.api_token import ensure_token
from pos_plugin.service.connections import Connections
from pos_plugin.service.desk import Desk
from pos_plugin.service.server import make_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pos_plugin import Plugin

CARD = card_number(100)


@dataclass(frozen=True)
class Served:
    """A till that answers."""

    url: str
    port: int
    token: str
    plugin: Plugin
    connections: Connections

    @contextmanager
    def client(self, **headers: str) -> Iterator[httpx.Client]:
        """A client with the till's token; headers given here win."""
        all_headers = {"Authorization": f"Bearer {self.token}", **headers}
        with httpx.Client(
            base_url=self.url, headers=all_headers, trust_env=False, timeout=10
        ) as client:
            yield client

    @contextmanager
    def checked_client(self, **headers: str) -> Iterator[httpx.Client]:
        """A client that holds every answer to the committed document."""
        with self.client(**headers) as client:
            client.event_hooks = {"response": [check]}
            yield client

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are and return all that comes back until the till hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            return answer


def small_shop(folder: Path, **facts: Any) -> TillBuilder:
    """A till with two articles, one customer in ``abc:C``, three promotions and a voucher."""
    till = TillBuilder(folder, printer=True, **facts)
    till.rules(unit_discount("ALLES20", 2000), voucher_promotion(), points())
    till.article("4711", 7999)
    till.article("4712", 1000)
    till.program()
    till.voucher_type()
    till.trigger()
    till.customer("K100", card=CARD, segments=["abc:C"])
    return till


@contextmanager
def served(till: TillBuilder) -> Iterator[Served]:
    """Serve a till until the end of the block."""
    with till.open() as plugin, closing(listen(0)) as listener, closing(Desk(plugin)) as desk:
        token = ensure_token(till.data_dir)
        port = listener.getsockname()[1]
        connections = Connections()
        server = make_server(desk, listener, token=token, connections=connections)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            until(lambda: server.started, within_s=30, what="the till answers")
            yield Served(f"http://127.0.0.1:{port}", port, token, plugin, connections)
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            assert not thread.is_alive()


def snapshot(**facts: Any) -> dict[str, Any]:
    """A basket of one piece of 4711."""
    return {
        "at": "2026-03-07T12:00:00+01:00",
        "lines": [
            {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 7999}
        ],
        **facts,
    }
