"""Builds the measured programs, and finds their files."""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
WORK = TARGET / "benchmarks"
# The version that the pictures of BadgeSmith follow.
BADGE_MAKER = "badge-maker@6.0.0"


def folder(profile):
    return TARGET / ("debug" if profile == "dev" else profile)


def server(profile):
    return folder(profile) / "badgesmith"


def helper(profile):
    """The client, the plain server and the hot paths."""
    return folder(profile) / "badgesmith-benchmarks"


def cargo(*arguments, **more):
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, **more)


def programs(profile):
    """Builds the server with its plugins, and the programs that are run beside it."""
    cargo("build", "--quiet", "--profile", profile, "--package", "badgesmith", "--package", "badgesmith-benchmarks")


def bench(profile, package, name, is_run=True, **environment):
    """Builds a benchmark of a crate, runs it, and returns its lines of JSON."""
    command = ["bench", "--quiet", "--profile", profile, "--package", package, "--bench", name]
    command += ["--", "--json"] if is_run else ["--no-run"]
    done = cargo(*command, stdout=subprocess.PIPE, text=True, env=os.environ | environment)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@functools.cache
def badge_maker():
    """The folder in which badge-maker is installed, and its version; None without node."""
    if not shutil.which("node"):
        return None
    place = pathlib.Path(os.environ.get("BADGE_MAKER", WORK / "node"))
    manifest = place / "node_modules/badge-maker/package.json"
    if not manifest.exists():
        place.mkdir(parents=True, exist_ok=True)
        options = ["--silent", "--no-save", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        try:
            subprocess.run(["npm", "install", "--prefix", place, *options, BADGE_MAKER], check=True, timeout=120)
        except (OSError, subprocess.SubprocessError):
            return None
    return (place, re.search(r'"version": "([^"]+)"', manifest.read_text()).group(1))


def package():
    """The unpacked Lambda package and its archive, if deploy/package.sh made them."""
    unpacked, archives = TARGET / "package/zip", sorted((ROOT / "dist").glob("badgesmith-lambda-*.zip"))
    return (unpacked, archives[0]) if (unpacked / "bootstrap").exists() and archives else None


def prepare(plan, names):
    """Builds everything before anything is measured."""
    WORK.mkdir(parents=True, exist_ok=True)
    print("building …", flush=True)
    programs(plan.profile)
    if "drawing" in names:
        bench(plan.profile, "badgesmith-renderer", "draw", is_run=False)
    if "starting" in names and not plan.is_short:
        if not package():
            subprocess.run([ROOT / "deploy/package.sh", "--without-icons"], check=True, stdout=subprocess.DEVNULL)
        bench(plan.profile, "badgesmith-lambda", "cold", is_run=False)
    if not badge_maker():
        plan.missing.append("badge-maker: node or the package is not there; `BADGE_MAKER=FOLDER` names its folder.")
