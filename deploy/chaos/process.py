"""The server's process: starts and ends it, and tells whether the server has to answer at the moment."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

CLOCK = pathlib.Path(__file__).resolve().parents[1] / "cli/tests/support/clock.c"


def free_port():
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


class Process:
    """`badgesmith serve` at one address, however often it is started."""

    def __init__(self, folder, binary, prefix, environment):
        self.folder, self.binary, self.prefix = folder, binary, prefix
        self.port = free_port()
        self.clock = folder / "clock"
        self.clock.write_text("by 0")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "clock.so", CLOCK], check=True)
        self.environment = environment | {"LD_PRELOAD": str(folder / "clock.so"), "BADGESMITH_TEST_CLOCK": str(self.clock)}
        self.log = open(folder / "server.log", "ab")
        self.child = None
        # It grows with each start and each end of the server. While it is odd, there is no server that has to answer.
        self.epoch = 1

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments, **more):
        """Runs another command of the program to its end."""
        return subprocess.run([*self.prefix, self.binary, *arguments], env=os.environ | self.environment, **more)

    def start(self, patience=20):
        """Starts the server; returns its message if it refuses to start."""
        options = ["--listen", f"127.0.0.1:{self.port}", "--config", self.folder / "plugins.toml"]
        command = [*self.prefix, self.binary, "serve", *options, "--data", self.folder / "data"]
        where = self.log.tell()
        self.child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=os.environ | self.environment
        )
        timer = threading.Timer(patience, self.child.kill)
        timer.start()
        line = self.child.stdout.readline()
        timer.cancel()
        if re.search(r"http://\S+", line):
            threading.Thread(target=self.child.stdout.read, daemon=True).start()
            self.epoch += 1
            return None
        code = self.child.wait()
        return f"exit code {code}: " + (self.folder / "server.log").read_bytes()[where:].decode(errors="replace")

    def end(self, by=signal.SIGKILL, patience=20):
        """Ends the server with a signal; returns whether it ended in time."""
        self.epoch += 1
        self.child.send_signal(by)
        began = time.monotonic()
        try:
            self.child.wait(patience)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        return time.monotonic() - began < patience

    def tell(self, by):
        self.child.send_signal(by)

    def memory(self):
        """Its resident memory in bytes."""
        found = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.child.pid}/status").read_text())
        return int(found.group(1)) * 1024 if found else 0
