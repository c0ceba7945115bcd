"""The instructions of the hot paths, counted by callgrind and compared with a baseline.

A count depends on neither the load nor the speed of a machine. It does depend on the architecture and on the features
of the processor, by which libraries choose their code when they run, so it is compared only where these are the
baseline's. It changes with the compiler and the C library, for which the limit is wider, and a little with the seeds of
hash tables. valgrind has no instructions for SHA-256, so a digest is counted as many more than a processor takes.
"""

import json
import pathlib
import platform
import re
import shutil
import subprocess
import tempfile
import tomllib

import build
from machine import cpu_flags, said

BASELINE = pathlib.Path(__file__).with_name("instructions.toml")
# By how much a path may grow without a new baseline.
MOST = 1.05
# The same limit if the compiler, the C library or valgrind differs from the baseline's.
MOST_ELSEWHERE = 1.25
UPDATE = "python3 deploy/benchmarks instructions --update"
# The features of processors that libraries detect at run time.
FEATURES = ["avx2", "bmi2", "popcnt", "sse4_2", "ssse3"]
# The function whose calls are counted, each one separately. A pattern would also match the names of its callers.
MEASURED = "badgesmith_benchmarks::hot_paths::measured"


def run(is_update):
    """Counts, and compares or writes the baseline."""
    if not shutil.which("valgrind"):
        raise SystemExit("there is no valgrind; .ci/tools benchmarks installs it")
    build.programs("release")
    counts, where = count(), surroundings()
    if is_update:
        write(counts, where)
        print(f"wrote {BASELINE.name}")
        return
    baseline = tomllib.loads(BASELINE.read_text())
    compare(counts, where, baseline.pop("instructions"), baseline)


def count():
    """The instructions of a turn of each path."""
    with tempfile.TemporaryDirectory(prefix="callgrind-") as folder:
        out = pathlib.Path(folder) / "out"
        valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]
        valgrind += [f"--toggle-collect={MEASURED}", f"--dump-after={MEASURED}"]
        command = [*valgrind, build.helper("release"), "hot-paths", build.folder("release") / "deps"]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        paths = [json.loads(line) for line in done.stdout.splitlines()]
        totals = [total(pathlib.Path(f"{out}.{number}")) for number in range(1, len(paths) + 1)]
    return {path["name"]: totals[place] // path["turns"] for place, path in enumerate(paths)}


def total(file):
    """The instructions that a dump of callgrind counts."""
    found = file.exists() and re.search(r"^(?:summary|totals): (\d+)", file.read_text(), re.MULTILINE)
    if not found or found.group(1) == "0":
        raise SystemExit(f"callgrind has not counted {MEASURED}: is the program stripped?")
    return int(found.group(1))


def surroundings():
    """The properties of the machine on which the counts depend."""
    return {
        "architecture": platform.machine(),
        "features": [name for name in FEATURES if name in cpu_flags()],
        "libc": " ".join(platform.libc_ver()),
        "rustc": said("rustc", "--version"),
        "valgrind": said("valgrind", "--version"),
    }


def write(counts, where):
    lines = [f"# How many instructions a turn of each hot path takes. Written by `{UPDATE}`."]
    lines += [f"{name} = {json.dumps(value)}" for name, value in where.items()]
    lines += ["", "[instructions]", *(f"{json.dumps(name)} = {value}" for name, value in counts.items())]
    BASELINE.write_text("\n".join(lines) + "\n")


def compare(counts, where, known, baseline):
    others = {name: value for name, value in baseline.items() if where[name] != value}
    most, grown = MOST_ELSEWHERE if others else MOST, []
    for name, now in counts.items():
        before = known.get(name)
        change = f"{(now / before - 1) * 100:+6.1f} %" if before else "     new"
        print(f"{name:<55}{now:>12,}  {change}")
        if before is None or now > before * most:
            grown.append(name)
        elif now < before / most:
            print(f"{'':<55}fewer than the baseline: {UPDATE} keeps it so")
    gone = [name for name in known if name not in counts]
    for name, value in others.items():
        print(f"{name}: {where[name]}; that of the baseline is {value}")
    if {"architecture", "features"} & others.keys():
        print("nothing is compared, because libraries choose other code for this processor")
    elif grown or gone:
        listed = "\n".join(f"  {name}" for name in grown + gone)
        because = "\nOr one of the versions above is the reason." if others else ""
        raise SystemExit(
            f"these take over {round((most - 1) * 100)} % more instructions than in {BASELINE.name}, or are not in both:\n{listed}\nIf it is"
            f" worth it, write the new baseline and say why in the commit: {UPDATE}{because}"
        )
