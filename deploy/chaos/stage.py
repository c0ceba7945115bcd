"""A server with its upstream and its store, and the code that begins and ends each fault."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

from faulty import KINDS, Aws, Origin, Ticking
from process import Process

SECRET = "a-secret-to-everybody"
# How long an answer is fresh, and how long it may be shown when the upstream fails, in seconds.
FRESH, STALE = 2, 40

PROVIDER = """
id = "ticking"
version = "1.0.0"
summary = "Versions that grow."
mount = "/badges/ticking"
settings = { upstream = "https://example.com" }
[[badge]]
name = "version"
route = "{project}"
category = "version"
label = "ticking"
summary = "A version that grows."
example = "demo"
get = "{upstream}/projects/{project}.json"
value = "/version"
format = "text"
"""

CONFIG = """
[engine]
allow-http = true
allow-addresses = ["127.0.0.1:{port}"]
{engine}
[[plugin]]
id = "ticking"
declarative = "ticking.toml"
origins = ["{url}"]
settings = {{ upstream = "{url}" }}
fresh-seconds = {fresh}
stale-seconds = {stale}
[[plugin]]
id = "test-results"
library = "badgesmith_provider_test_results"
collections = ["test-results"]
"""


class Stage:
    """The parts that stages with either store have: an upstream, a clock, a process."""

    FAULTS = {"upstream": KINDS, "process": ["killed", "terminated", "reloaded", "misconfigured", "clock"]}
    ENGINE = ""

    def __init__(self, folder, binary):
        self.folder = folder
        self.upstream = Origin(Ticking)
        (folder / "ticking.toml").write_text(PROVIDER)
        self.write_config()
        self.process = self.make_process(binary)
        self.set_secret()
        self.clock_is_moved = False
        self.broken = []

    def write_config(self):
        upstream = self.upstream
        text = CONFIG.format(port=upstream.server_port, url=upstream.url, engine=self.ENGINE, fresh=FRESH, stale=STALE)
        (self.folder / "plugins.toml").write_text(text)

    def set_secret(self, *more):
        options = ["--owner", "acme", "--purpose", "TestData", *more]
        done = self.process.run("secret", "set", *options, input=SECRET, text=True, capture_output=True)
        if done.returncode:
            raise SystemExit(done.stderr)

    def start(self):
        words = self.process.start()
        if words:
            self.broken.append(f"the server does not start: {words[-1500:]}")

    def end(self, by=signal.SIGKILL):
        if not self.process.end(by):
            self.broken.append("the server did not end within 20 s after SIGTERM")

    def begin(self, fault):
        """Makes a fault."""
        if fault.kind in KINDS:
            self.upstream.fault, self.upstream.size = fault.kind, fault.size
        elif fault.kind in ("killed", "terminated"):
            self.end(signal.SIGKILL if fault.kind == "killed" else signal.SIGTERM)
        elif fault.kind == "misconfigured":
            (self.folder / "plugins.toml").write_text("[[plugin]]\nid = 7\n")
            self.process.tell(signal.SIGHUP)
        elif fault.kind == "clock":
            self.clock_is_moved = True
            self.process.clock.write_text(f"by {(fault.size - 0.5) * 2 * 7200:.0f}")

    def mend(self, fault):
        """Ends the fault."""
        if fault.kind in KINDS:
            self.upstream.fault = None
        elif fault.kind in ("killed", "terminated"):
            self.start()
        elif fault.kind in ("misconfigured", "reloaded"):
            self.write_config()
            self.process.tell(signal.SIGHUP)
        elif fault.kind == "clock":
            self.process.clock.write_text("by 0")
            time.sleep(0.5)
            self.clock_is_moved = False

    def last_log(self):
        lines = (self.folder / "server.log").read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if '"level":"INFO"' not in line and " INFO " not in line)[-3000:]

    def close(self):
        self.process.end()
        self.upstream.shutdown()


def copy(file, to):
    """Copies a sparse file without filling its holes, for which a small disk has no room."""
    subprocess.run(["cp", "--sparse=always", file, to], check=True)


class EmbeddedStage(Stage):
    """The store is a file on a disk of 16 MiB, in a mount namespace that another process holds."""

    # These faults belong to the same part as those of the process, because both end the process.
    FAULTS = Stage.FAULTS | {"process": [*Stage.FAULTS["process"], "full disk", "read-only disk", "corrupted store"]}
    DISK = "mount -t tmpfs -o size=16m,mode=700 tmpfs \"$0\" && echo mounted && exec sleep 100000"

    def make_process(self, binary):
        data = self.folder / "data"
        data.mkdir()
        as_root = os.geteuid() == 0
        unshare = ["-m", "--propagation", "private"] if as_root else ["-Urm", "--propagation", "private"]
        command = ["unshare", *unshare, "sh", "-c", self.DISK, data]
        self.holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline().strip() != "mounted":
            raise SystemExit("a disk cannot be mounted: be root, or allow user namespaces")
        flags = ["-m"] if as_root else ["-U", "-m", "--preserve-credentials"]
        prefix = ["nsenter", "-t", str(self.holder.pid), *flags, "--"]
        self.disk = pathlib.Path(f"/proc/{self.holder.pid}/root") / data.relative_to("/")
        return Process(self.folder, binary, prefix, {})

    def begin(self, fault):
        super().begin(fault)
        if fault.kind == "full disk":
            with open(self.disk / "filler", "wb", buffering=0) as filler:
                for size in (65536, 4096, 1):
                    try:
                        while True:
                            filler.write(bytes(size))
                    except OSError:
                        pass
        elif fault.kind == "read-only disk":
            self.end()
            self.mount("remount,ro")
            words = self.process.start()
            if words is not None and "store.redb" not in words:
                self.broken.append(f"a read-only disk is not named: {words[-800:]}")
        elif fault.kind == "corrupted store":
            self.end()
            self.corrupt(fault.size)

    def mend(self, fault):
        super().mend(fault)
        if fault.kind == "full disk":
            (self.disk / "filler").unlink(missing_ok=True)
        elif fault.kind == "read-only disk":
            if self.process.child.poll() is None:
                self.end()
            self.mount("remount,rw")
            self.start()

    def set_secret(self):
        super().set_secret("--data", self.folder / "data")

    def mount(self, options):
        subprocess.run([*self.process.prefix, "mount", "-o", options, self.folder / "data"], check=True)

    def corrupt(self, size):
        """Damages the store's file. The server must refuse it or answer correctly; then the file is restored."""
        file, whole = self.disk / "store.redb", self.folder / "whole.redb"
        copy(file, whole)
        with open(file, "r+b") as damaged:
            length = damaged.seek(0, os.SEEK_END)
            damaged.seek(int(size * length))
            damaged.write(os.urandom(512))
        words = self.process.start()
        if words is not None and "store.redb" not in words:
            self.broken.append(f"a damaged store is refused without its name: {words[-800:]}")
        if words is None:
            self.end()
        copy(whole, file)
        self.start()

    def close(self):
        super().close()
        self.holder.kill()
        self.holder.wait()


class DynamoStage(Stage):
    """The store is DynamoDB behind an origin that fails."""

    FAULTS = Stage.FAULTS | {"store": [f"dynamodb {kind}" for kind in Aws.KINDS]}
    ENGINE = 'store = "dynamodb"'

    def make_process(self, binary):
        self.dynamodb, self.secrets = Origin(Aws), Origin(Aws)
        self.dynamodb.peer = os.environ["BADGESMITH_DYNAMODB"]
        self.secrets.peer = os.environ["BADGESMITH_SECRETS_MANAGER"]
        (self.folder / "data").mkdir()
        environment = {
            "AWS_ACCESS_KEY_ID": f"chaos{time.time_ns() % 10**10}",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb.url,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.secrets.url,
        }
        process = Process(self.folder, binary, [], environment)
        process.run("provision", check=True, capture_output=True)
        return process

    def set_secret(self):
        super().set_secret("--aws")

    def begin(self, fault):
        super().begin(fault)
        if fault.kind.startswith("dynamodb "):
            self.dynamodb.fault, self.dynamodb.size = fault.kind.removeprefix("dynamodb "), fault.size

    def mend(self, fault):
        super().mend(fault)
        if fault.kind.startswith("dynamodb "):
            self.dynamodb.fault = None

    def close(self):
        super().close()
        self.dynamodb.shutdown()
        self.secrets.shutdown()
