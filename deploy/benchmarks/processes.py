"""The servers that are measured: each is a process that prints its address when it listens."""

import http.server
import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import build

HERE = pathlib.Path(__file__).resolve().parent
CACHED = "/badges/packages/nuget/Newtonsoft.Json.svg"
CACHED_PNG = "/badges/packages/nuget/Newtonsoft.Json.png"
STATIC = "/badge/build-passing-brightgreen.svg"

CONFIG = """
[[plugin]]
id = "nuget"
library = "badgesmith_provider_nuget"
origins = ["http://127.0.0.1:{port}"]
settings = {{ upstream = "http://127.0.0.1:{port}" }}
fresh-seconds = 36000
[[plugin]]
id = "test-results"
library = "badgesmith_provider_test_results"
collections = ["test-results"]
"""


class Server:
    """A process that serves, in a folder of its own."""

    def __init__(self, command, folder=None, log=subprocess.DEVNULL):
        self.folder = folder
        self.began = time.monotonic()
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder
        )
        found = None
        while not found:
            line = self.child.stdout.readline()
            if not line:
                raise SystemExit(f"{command[0]} does not start; its exit code is {self.child.wait()}")
            found = re.search(r"http://(127\.0\.0\.1:\d+)", line)
        self.address = found.group(1)
        threading.Thread(target=self.child.stdout.read, daemon=True).start()

    def get(self, path):
        """Sends one request and returns the answer's bytes."""
        host, port = self.address.split(":")
        with socket.create_connection((host, int(port))) as stream:
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while more := stream.recv(65536):
                answer += more
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise SystemExit(f"{path}: {answer[:300].decode(errors='replace')}")
        return answer

    def memory(self):
        """The resident memory in MiB."""
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def close(self):
        self.child.kill()
        self.child.wait()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def make_folder():
    return pathlib.Path(tempfile.mkdtemp(prefix="benchmark-", dir=build.WORK))


def badge_server(plan, *more, config=None, folder=None):
    """The badge server, with the plugin of NuGet, whose upstream is local, and the plugin of test results."""
    folder = folder or make_folder()
    if config is None:
        config = folder / "plugins.toml"
        config.write_text(CONFIG.format(port=upstream_port()))
    command = [build.server(plan.profile), "serve", "--listen", "127.0.0.1:0", "--log-level", "error"]
    return Server([*command, "--config", config, "--data", folder / "data", *more], folder)


def plain_server(plan, server, path, threads):
    """A plain hyper server that answers the same bytes as `server` for an address."""
    return Server([build.helper(plan.profile), "plain", server.address, path, "--threads", str(threads)])


def node_server(processes):
    """A server of node that draws every badge with badge-maker; None without it."""
    maker = build.badge_maker()
    return maker and Server(["node", HERE / "badge_maker.mjs", maker[0], "serve", str(processes)])


def load(plan, kind, server, path, **options):
    """Loads a server with the client, and returns its figures; `kind` is closed or open."""
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = [build.helper(plan.profile), kind, server.address, path, *flags]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


class Upstream(http.server.BaseHTTPRequestHandler):
    """NuGet with one version of every package."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b'{"versions":["13.0.4"]}' if self.path.endswith("/index.json") else b'{"listed":true}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def upstream_port():
    """The port of the upstream, which is started at its first use."""
    if not hasattr(upstream_port, "server"):
        upstream_port.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
        threading.Thread(target=upstream_port.server.serve_forever, daemon=True).start()
    return upstream_port.server.server_port
