"""What a built archive contains besides this workspace's own code: crates, fonts, icons and Rust's standard library.

The crates are those that `cargo tree` shows for a target and its features. Crates that only run while it is built, such
as procedural macros, are not among them.
"""

import json
import pathlib
import re
import subprocess
import tomllib
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclass
class Part:
    """One of them. `license` is an SPDX expression, `sha256` the checksum of a crate's published file."""

    name: str
    version: str
    license: str
    is_own: bool = False
    sha256: str = ""
    texts: list = field(default_factory=list)
    uses: list = field(default_factory=list)

    @property
    def is_crate(self):
        return bool(self.sha256) or self.is_own


# `cargo tree --prefix depth` writes the depth and the name without a blank between them.
ROW = re.compile(r"(\d+)([A-Za-z_][\w-]*) v(\S+)")
# Files with the terms, as crates name them.
TERMS = re.compile(r"(licen[cs]e|copying|notice|unlicense|copyright)([._-].*)?$", re.IGNORECASE)


def run(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout


def parts(target, features):
    """The parts of the package `badgesmith`, itself first, then the crates in the order of their names."""
    tree = run("cargo", "tree", "--locked", "--package", "badgesmith", "--edges", "normal,no-proc-macro", "--target",
               target, "--prefix", "depth", "--format", "{p}", *features)
    known = {(row["name"], row["version"]): row for row in metadata()["packages"]}
    sums = checksums()
    found, path = {}, []
    for line in tree.splitlines():
        depth, name, version = ROW.match(line).groups()
        key = (name, version)
        del path[int(depth):]
        if key not in found:
            found[key] = crate(known[key], sums.get(key, ""))
        if path and key not in found[path[-1]].uses:
            found[path[-1]].uses.append(key)
        path.append(key)
    root, *rest = found.values()
    rest.sort(key=lambda part: (part.name, part.version))
    return [root, *rest, *bundled("--no-default-features" not in features)]


def metadata():
    return json.loads(run("cargo", "metadata", "--locked", "--format-version=1"))


def checksums():
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    return {(row["name"], row["version"]): row.get("checksum", "") for row in lock["package"]}


def crate(row, sha256):
    folder = pathlib.Path(row["manifest_path"]).parent
    files = sorted(file for file in folder.iterdir() if file.is_file() and TERMS.match(file.name))
    named = row["license_file"] and folder / row["license_file"]
    if named and named.is_file() and named not in files:
        files.append(named)
    # Older manifests write a slash for OR.
    terms = (row["license"] or "NOASSERTION").replace("/", " OR ")
    is_own = row["source"] is None
    texts = [] if is_own else [file.read_text(encoding="utf-8", errors="replace") for file in files]
    return Part(row["name"], row["version"], terms, is_own, sha256, texts)


def bundled(has_icons):
    """What is compiled in and is no crate. The client has no icons."""
    rust = re.search(r"release: (\S+)", run("rustc", "-vV"))[1]
    dejavu = (ROOT / "fonts/faces/LICENSE-DejaVu.txt").read_text(encoding="utf-8")
    icons = (ROOT / "renderer/icons/LICENSE.md").read_text(encoding="utf-8")
    # Its terms are those of LICENSE-MIT and LICENSE-APACHE.
    yield Part("rust-standard-library", rust, "MIT OR Apache-2.0")
    yield Part("dejavu-sans", re.search(r"Version (\d+\.\d+)", dejavu)[1], "LicenseRef-DejaVu", texts=[dejavu])
    if has_icons:
        yield Part("simple-icons", "NOASSERTION", "CC0-1.0", texts=[icons])
