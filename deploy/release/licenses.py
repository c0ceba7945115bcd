"""Writes the third parties' licences of an archive: licenses.py TARGET FILE [CARGO'S FEATURE OPTIONS]"""

import pathlib
import sys

from parts import parts

HEAD = """\
Third-party software in this archive
====================================

BadgeSmith itself is under LICENSE-MIT or LICENSE-APACHE, as you choose. The archive also contains the software below.
First comes a list with the licence that each declares, then the texts that each is published with. Software without a
text of its own is under the terms of LICENSE-MIT or LICENSE-APACHE or of another text here, as the list says.

"""
RULE = "\n" + "-" * 100 + "\n"


def document(found):
    rows = "".join(f"{part.name} {part.version}: {part.license}\n" for part in found)
    # Texts that differ in their blanks and line breaks only are one text.
    texts = {}
    for part in found:
        for text in part.texts:
            _, users = texts.setdefault("".join(text.split()), (text, []))
            name = f"{part.name} {part.version}"
            if name not in users:
                users.append(name)
    blocks = (f"{RULE}{', '.join(users)}\n\n{text.strip()}\n" for text, users in texts.values())
    return (HEAD + rows + "".join(blocks)).replace("\r\n", "\n")


def main():
    target, file, *features = sys.argv[1:]
    others = [part for part in parts(target, features) if not part.is_own]
    pathlib.Path(file).write_text(document(others), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
