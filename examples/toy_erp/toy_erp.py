"""A head office in one file: what any ERP has to answer so that tills can work with it.

    python toy_erp.py 8720 ABCD2345

Serves till 3 of shop 001 on this machine, which enrols with the code ABCD2345, and gives it two
articles. Everything is kept in memory, so that the protocol stands out; a real one keeps events,
their hashes and the acknowledged number in one transaction of its database.
"""

import hashlib
import json
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, unquote, urlsplit

TILL, SHOP, BUCKET = "3", "001", "shop:001"
MIB = 2**20
COLUMNS = {
    "article": [
        "sku", "name", "categories", "brand", "season", "tags", "unit_price_minor", "markdown",
        "vat_rate_bp", "discountable",
    ],
}  # fmt: skip
ARTICLES = [
    ["4711", "Hose", ["trousers"], None, None, [], 7999, False, 1900, True],
    ["4712", "Socken", [], None, None, [], 499, False, 1900, True],
]
NEEDED = {"epoch", "seq", "uid", "kind", "schema", "occurred_at", "touches", "body"}


class Refusal(Exception):
    """Becomes a problem document."""

    def __init__(self, status, word):
        super().__init__(word)
        self.status, self.word = status, word


class Erp:
    """What a head office knows."""

    def __init__(self, code):
        self.lock = Lock()
        self.code, self.tries = code, 5
        self.token_sha256 = ""
        self.incarnation = secrets.token_hex(8)
        self.bucket_epoch = secrets.randbits(62)
        self.card_key = secrets.token_hex(16)
        # Tills believe rules that are signed with this key; a toy has none to sign.
        self.rule_key = {"key_id": "toy", "public_key": secrets.token_hex(32)}
        # The log: what changed, in order; the number of a row is its place.
        self.log = [("article", row) for row in ARTICLES]
        self.acked = {}  # epoch -> highest event of an unbroken row
        self.hashes = {}  # (epoch, number) -> hash of the bytes

    def enrol(self, asked):
        with self.lock:
            right = asked.get("till") == TILL and self.tries > 0 and asked.get("code") == self.code
            if not right or self.code is None:
                self.tries -= 1
                raise Refusal(403, "enrol-refused")
            token, self.code = secrets.token_urlsafe(32), None
            self.token_sha256 = sha256(token.encode())
        return {
            "shop": SHOP, "till": TILL, "token": token, "card_key": self.card_key,
            "rule_keys": [self.rule_key],
        }  # fmt: skip

    def head(self):
        mark = {"epoch": self.bucket_epoch, "head": len(self.log)}
        return {
            "mark": f"{self.bucket_epoch}-{len(self.log)}", "capabilities": [],
            "incarnation": self.incarnation, "buckets": {BUCKET: mark}, "generations": [],
        }  # fmt: skip

    def changes(self, bucket, after, limit):
        if bucket != BUCKET:
            raise Refusal(403, "forbidden")
        if after > len(self.log):
            raise Refusal(409, "must-refetch")
        rows = self.log[after : after + limit]
        checkpoint = after + len(rows)
        lines = [
            {"bucket": BUCKET, "bucket_epoch": self.bucket_epoch, "after": after,
             "tables": {table: COLUMNS[table] for table, _ in rows}}
        ]  # fmt: skip
        for number, (table, row) in enumerate(rows, after + 1):
            lines.append(["P", table, number, number, row])
        complete = checkpoint == len(self.log)
        lines.append({"checkpoint": checkpoint, "complete": complete, "rows": len(rows)})
        return b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    def events(self, till, body):
        if till != TILL:
            raise Refusal(403, "forbidden")
        lines = [line for line in body.split(b"\n") if line]
        if len(lines) > 200 or (len(lines) > 1 and len(body) > MIB):
            raise Refusal(413, "too-large")
        events = [(event_of(line), line) for line in lines]
        with self.lock:
            # First look, then store: a batch is taken as a whole or not at all.
            acked, new = dict(self.acked), {}
            for event, line in events:
                place = (event["epoch"], event["seq"])
                known = self.hashes.get(place) or new.get(place)
                if known is not None:
                    if known != sha256(line):
                        raise Refusal(409, "fork")
                    continue
                expected = acked.get(event["epoch"], event["seq"] - 1) + 1
                if event["seq"] != expected:
                    raise Refusal(409, "gap")
                new[place] = sha256(line)
                acked[event["epoch"]] = event["seq"]
            self.acked, self.hashes = acked, {**self.hashes, **new}
            # Here an ERP books receipts: what it does not understand it keeps, and acknowledges.
            last = self.acked[events[-1][0]["epoch"]]
        return {"acked_seq": last, "durable_seq": 0, "incarnation": self.incarnation}


def event_of(line):
    try:
        event = json.loads(line)
        if not event.keys() >= NEEDED or not isinstance(event["seq"], int) or event["seq"] < 1:
            raise ValueError
    except (ValueError, AttributeError, TypeError):
        raise Refusal(400, "not-an-event") from None
    return event


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def handler_of(erp):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            self.answer(b"")

        def do_POST(self):
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(min(length, 16 * MIB))  # hung up earlier, no answer arrives
            self.close_connection = length > len(body)
            self.answer(body)

        def answer(self, body):
            status, kind = 200, "application/json"
            try:
                found = self.route(body)
            except Refusal as no:
                status, kind = no.status, "application/problem+json"
                found = {
                    "type": f"urn:stammkunde:problem:{no.word}", "title": no.word,
                    "status": no.status,
                }  # fmt: skip
            if isinstance(found, bytes):
                kind = "application/x-ndjson"
            else:
                found = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(found)))
            self.end_headers()
            self.wfile.write(found)

        def route(self, body):
            url = urlsplit(self.path)
            path = [unquote(part) for part in url.path.split("/")[1:]]
            if (self.command, path) == ("POST", ["v1", "enrol"]):
                return erp.enrol(json.loads(body))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if not secrets.compare_digest(sha256(token.encode()), erp.token_sha256):
                raise Refusal(401, "unauthorized")
            if len(body) > 8 * MIB:
                raise Refusal(413, "too-large")
            if (self.command, path) == ("GET", ["v1", "head"]):
                return erp.head()
            if self.command == "GET" and path[:2] == ["v1", "buckets"]:
                query = parse_qs(url.query)
                limit = min(5000, int(query.get("limit", ["5000"])[0]))
                return erp.changes(path[2], int(query["after"][0]), limit)
            if self.command == "POST" and path[:2] == ["v1", "tills"]:
                return erp.events(path[2], body)
            raise Refusal(404, "not-found")

        def log_message(self, *_):
            pass

    return Handler


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), handler_of(Erp(sys.argv[2])))
    print(f"The toy ERP answers on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
