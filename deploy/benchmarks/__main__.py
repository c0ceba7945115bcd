"""Measures BadgeSmith beside other software of its kind, and writes docs/benchmarks.md.

    python3 deploy/benchmarks [--short] [--only drawing,serving] [--profile dist] [--out FILE]
    python3 deploy/benchmarks instructions [--update]

The first makes the page: about 15 minutes after everything is built, and 2 with --short, which makes fewer and
shorter rounds. `.ci/tools build benchmarks` installs what it needs: cargo, and node for badge-maker, without which its
columns stay empty. Everything is on loopback.

The second counts the instructions of the hot paths by callgrind, and fails if one of them grew more than 5 % over
instructions.toml; --update writes that file.
"""

import argparse
import pathlib
import resource
import sys
import time
import traceback

import build
import drawing
import growth
import instructions
import latency
import machine
import page
import serving
import starting
from plan import Plan

SECTIONS = {
    "drawing": drawing.sections,
    "serving": serving.sections,
    "latency": latency.sections,
    "growth": growth.sections,
    "starting": starting.sections,
}


def main():
    options = argparse.ArgumentParser(prog="benchmarks")
    options.add_argument("what", nargs="?", choices=["page", "instructions"], default="page")
    options.add_argument("--short", action="store_true", help="fewer and shorter rounds, and smaller stores")
    options.add_argument("--only", help=f"some of {', '.join(SECTIONS)}, separated by commas")
    options.add_argument("--profile", default="dist", help="Cargo's profile; dist is what releases are built with")
    options.add_argument("--out", type=pathlib.Path, default=build.ROOT / "docs/benchmarks.md")
    options.add_argument("--update", action="store_true", help="write the counted instructions as the new baseline")
    given = options.parse_args()
    if given.what == "instructions":
        instructions.run(given.update)
        return
    names = given.only.split(",") if given.only else list(SECTIONS)
    if unknown := set(names) - SECTIONS.keys():
        options.error(f"--only has {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    # A thousand connections are a thousand open files of the client and of each server.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    plan = Plan.of(given.short, given.profile)
    build.prepare(plan, names)
    facts = machine.facts(plan)
    began, sections, failed = time.monotonic(), [], []
    for name in names:
        print(f"{name} …", flush=True)
        try:
            sections += SECTIONS[name](plan)
        except Exception:  # The other sections have taken minutes.
            traceback.print_exc()
            failed.append(name)
    left_out = failed + [name for name in SECTIONS if name not in names]
    page.write(given.out, facts, sections, plan, left_out, time.monotonic() - began)
    print(f"wrote {given.out} after {time.monotonic() - began:.0f} s")
    if failed:
        sys.exit(f"{', '.join(failed)} failed, see above")


main()
