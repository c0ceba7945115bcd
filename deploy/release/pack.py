"""Packs a folder: pack.py FOLDER ARCHIVE SECONDS, where ARCHIVE ends with .tar.gz or .zip.

The same files give the same bytes: entries are sorted, belong to nobody, and are as old as SECONDS since 1970.
"""

import gzip
import os
import pathlib
import sys
import tarfile
import zipfile
from datetime import datetime, timezone

# Windows has no such bit, so what can be run is known by its name as well.
PROGRAMS = {".exe", ".dll", ".so", ".dylib"}


def mode(path):
    is_program = path.is_dir() or path.suffix in PROGRAMS or (os.name != "nt" and os.access(path, os.X_OK))
    return 0o755 if is_program else 0o644


def entries(folder):
    """The folder and all in it, each with its name in the archive."""
    found = [folder, *folder.rglob("*")]
    return sorted((path.relative_to(folder.parent).as_posix(), path) for path in found)


def tar(folder, archive, seconds):
    with open(archive, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as out:
            for name, path in entries(folder):
                info = tarfile.TarInfo(name)
                info.mode, info.mtime = mode(path), seconds
                if path.is_dir():
                    info.type = tarfile.DIRTYPE
                    out.addfile(info)
                else:
                    info.size = path.stat().st_size
                    with open(path, "rb") as content:
                        out.addfile(info, content)


def zip_up(folder, archive, seconds):
    time = datetime.fromtimestamp(seconds, timezone.utc).timetuple()[:6]
    with zipfile.ZipFile(archive, "w") as out:
        for name, path in entries(folder):
            info = zipfile.ZipInfo(name + "/" if path.is_dir() else name, time)
            # 3 is Unix, whatever system packs it.
            info.create_system, info.external_attr = 3, mode(path) << 16
            content = b"" if path.is_dir() else path.read_bytes()
            out.writestr(info, content, zipfile.ZIP_DEFLATED, 9)


def main():
    folder, archive, seconds = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3])
    (zip_up if archive.endswith(".zip") else tar)(folder, archive, seconds)


if __name__ == "__main__":
    main()
