"""The environment of the measurement: the machine, the compiler and the commit."""

import os
import pathlib
import platform
import re
import subprocess
import time

from build import ROOT, badge_maker

BUSY = ": **other work was running, so rates are low and spreads wide; look at the ratios**"


def said(*command):
    """The output of a command; an empty text if it cannot be run."""
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def cpu_flags():
    """The features of the processor, as Linux names them."""
    found = re.search(r"^flags\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return set(found.group(1).split()) if found else set()


def idle(seconds=2):
    """How much of all processors is idle, from 0 to 1."""

    def now():
        words = [int(word) for word in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return words[3] + words[4], sum(words)

    before = now()
    time.sleep(seconds)
    after = now()
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def locked(crate):
    """The version of a crate in Cargo.lock."""
    found = re.search(rf'name = "{crate}"\nversion = "([^"]+)"', (ROOT / "Cargo.lock").read_text())
    return found.group(1) if found else "?"


def facts(plan):
    """Rows that describe the environment of the measurement."""
    model = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) / 1024 / 1024
    changed = " with changes" if said("git", "status", "--porcelain", "--untracked-files=no") else ""
    free = idle()
    busy = "" if free > 0.9 else BUSY
    maker = badge_maker()
    return [
        ("Processor", model.group(1) if model else platform.machine()),
        ("Processors for the process", str(len(os.sched_getaffinity(0)))),
        ("Memory", f"{memory:.0f} GiB"),
        ("Idle before the first measurement", f"{free * 100:.0f} %{busy}"),
        ("System", f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}"),
        ("Compiler", f"{said('rustc', '--version')}, profile `{plan.profile}`"),
        ("Commit", f"`{said('git', 'rev-parse', '--short=10', 'HEAD')}`{changed}"),
        (
            "Peers",
            f"shields {locked('shields')}, resvg {locked('resvg')}, hyper {locked('hyper')}"
            + (f", badge-maker {maker[1]} on node {said('node', '--version')}" if maker else ""),
        ),
    ]
