"""HTTP servers between the tested server and the rest of the world, which fail on command."""

import json
import random
import socket
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# The ways in which an origin fails.
KINDS = ["slow", "cut", "garbage", "refused", "status 500", "status 429", "dripping", "huge"]


class Origin(ThreadingHTTPServer):
    """An HTTP server on a free port. Its `fault` is a kind of KINDS, of its class or a subclass, or None."""

    request_queue_size = 1024
    daemon_threads = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.fault, self.size = None, 0.0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """Ignores errors of peers that disconnect, which is expected."""


class Failing(BaseHTTPRequestHandler):
    """Answers with what `answer` returns, unless the origin has a fault."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault, size = self.server.fault, self.server.size
        if fault == "refused":
            self.close_connection = True
            return
        if fault == "slow":
            time.sleep(0.2 + 6 * size)
        status, headers, answer = self.failure(fault, size) or self.answer(body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if fault == "cut":
            self.wfile.write(answer[: len(answer) // 2])
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif fault == "dripping":
            for byte in answer:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)
        else:
            self.wfile.write(answer)

    do_POST = do_GET

    def failure(self, fault, size):
        """The answer of a fault that answers at all."""
        if fault == "garbage":
            return 200, {}, random.Random(size).randbytes(int(1 + size * 3000))
        if fault == "huge":
            return 200, {}, b"[" * 6_000_000
        if fault and fault.startswith("status"):
            status = int(fault.split()[1])
            return status, {"Retry-After": "2"} if status == 429 else {}, b"no"
        return None

    def log_message(self, *_):
        pass


class Ticking(Failing):
    """An upstream whose documents have a version that grows by one every `TICK` seconds, which shows its age."""

    TICK = 0.1

    @classmethod
    def now(cls):
        return int(time.monotonic() / cls.TICK)

    def answer(self, _):
        return 200, {}, json.dumps({"version": f"1.0.{self.now()}"}).encode()


class Aws(Failing):
    """A proxy of DynamoDB or another AWS service at the address `peer`, which fails with errors of AWS."""

    KINDS = ["slow", "cut", "garbage", "refused", "status 500", "throttled", "expired"]
    CODES = {"throttled": "ProvisionedThroughputExceededException", "expired": "ExpiredTokenException"}

    def failure(self, fault, size):
        if fault in self.CODES:
            refusal = {"__type": f"com.amazonaws.dynamodb.v20120810#{self.CODES[fault]}", "message": "on purpose"}
            return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(refusal).encode()
        return super().failure(fault, size)

    def answer(self, body):
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "accept-encoding")}
        request = urllib.request.Request(self.server.peer + self.path, body or None, headers, method=self.command)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, self.kept(answer.headers), answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, self.kept(refusal.headers), refusal.read()

    @staticmethod
    def kept(headers):
        """The headers of the peer's answer that its client reads."""
        return {name: value for name, value in headers.items() if name.lower().startswith(("x-amz", "content-type"))}
