"""Runs a command together with a server whose live page is on.

    live_stage.py BINARY FOLDER COMMAND …

The environment of the command has STAGE_URL, the address of the server; STAGE_SECRET, which signs reports of every owner;
and STAGE_RESTART, a file: whoever writes `down` or `up` to it stops the server or starts it again at the same address.
The exit code is that of the command.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

SECRET = "a-secret-to-everybody"
OWNERS = ["acme", "globex", "initech", "umbrella"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """The server, which can be stopped and started again."""

    def __init__(self, binary, folder):
        self.folder, self.port = folder, free_port()
        self.command = [binary, "serve", "--listen", f"127.0.0.1:{self.port}"]
        self.command += ["--config", folder / "plugins.toml", "--data", folder / "data"]
        self.process = None

    def start(self):
        with open(self.folder / "server.log", "a") as log:
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=log, text=True)
        if re.search(r"http://\S+", self.process.stdout.readline()) is None:
            sys.exit((self.folder / "server.log").read_text())
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def stop(self):
        began = time.monotonic()
        self.process.terminate()
        self.process.wait()
        return time.monotonic() - began


def obey(server, order):
    """Stops and starts the server as the file says."""
    while True:
        text = order.read_text()
        if text == "down":
            order.write_text(f"stopped {server.stop():.3f}")
        elif text == "up":
            server.start()
            order.write_text("started")
        time.sleep(0.02)


def main():
    binary, folder, command = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Nothing says of these repositories that they are public, so they are granted; `secretive` is not.
    granted = ", ".join(f'"{owner}"' for owner in OWNERS)
    (folder / "plugins.toml").write_text(
        f'[engine]\nlive = true\nprivate = [{granted}]\n[[plugin]]\nid = "test-results"\n'
        'library = "badgesmith_provider_test_results"\ncollections = ["test-results"]\n'
    )
    for owner in [*OWNERS, "secretive"]:
        arguments = [binary, "secret", "set", "--owner", owner, "--purpose", "TestData", "--data", folder / "data"]
        subprocess.run(arguments, input=SECRET, text=True, check=True, stdout=subprocess.DEVNULL)
    server, order = Server(binary, folder), folder / "order"
    order.write_text("")
    server.start()
    threading.Thread(target=obey, args=(server, order), daemon=True).start()
    try:
        base = os.environ.get("BADGESMITH_BASE", "")
        told = {"STAGE_URL": f"http://127.0.0.1:{server.port}{base}", "STAGE_SECRET": SECRET, "STAGE_RESTART": str(order)}
        outcome = subprocess.run(command, env=os.environ | told).returncode
        if server.process.poll() is not None:
            sys.exit(f"the server ended: {(folder / 'server.log').read_text()[-2000:]}")
        sys.exit(outcome)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
