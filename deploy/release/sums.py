"""Writes SHA256SUMS of a folder's files into it, as sha256sum writes it: sums.py FOLDER"""

import hashlib
import pathlib
import sys

NAME = "SHA256SUMS"


def main():
    folder = pathlib.Path(sys.argv[1])
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name != NAME)
    rows = (f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)
    (folder / NAME).write_text("".join(rows), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
