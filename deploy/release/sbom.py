"""Writes what an archive consists of as SPDX 2.3 in JSON: sbom.py NAME TARGET COMMIT SECONDS FILE [CARGO'S FEATURE OPTIONS]

SECONDS since 1970 is the time that the document says it was made at, so that the same commit gives the same bytes.
"""

import json
import pathlib
import re
import sys
from datetime import datetime, timezone

from parts import parts

NO_VALUE = "NOASSERTION"


def identifier(part):
    return "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", f"{part.name}-{part.version}")


def package(part):
    row = {
        "SPDXID": identifier(part),
        "name": part.name,
        "downloadLocation": NO_VALUE,
        "filesAnalyzed": False,
        "licenseConcluded": NO_VALUE,
        "licenseDeclared": part.license,
        "copyrightText": NO_VALUE,
    }
    if part.version != NO_VALUE:
        row["versionInfo"] = part.version
    if part.sha256:
        row["checksums"] = [{"algorithm": "SHA256", "checksumValue": part.sha256}]
    if part.is_crate and not part.is_own:
        purl = f"pkg:cargo/{part.name}@{part.version.replace('+', '%2B')}"
        row["externalRefs"] = [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
        ]
    return row


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def document(name, commit, seconds, found):
    root = found[0]
    by_key = {(part.name, part.version): part for part in found}
    relations = [relation("SPDXRef-DOCUMENT", "DESCRIBES", identifier(root))]
    for part in found:
        used = sorted(identifier(by_key[key]) for key in part.uses)
        relations += [relation(identifier(part), "DEPENDS_ON", other) for other in used]
    relations += [relation(identifier(root), "CONTAINS", identifier(part)) for part in found if not part.is_crate]
    own_texts = [
        {"licenseId": part.license, "name": part.name, "extractedText": part.texts[0]}
        for part in found if part.license.startswith("LicenseRef-")
    ]
    packages = [package(part) for part in found]
    if len({row["SPDXID"] for row in packages}) != len(packages):
        sys.exit("sbom.py: two packages have one identifier; change the function identifier")
    packages[0]["primaryPackagePurpose"] = "APPLICATION"
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"https://spdx.org/spdxdocs/{name}-{commit}",
        "creationInfo": {
            "created": datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: badgesmith-deploy-release"],
        },
        "packages": packages,
        "relationships": relations,
        "hasExtractedLicensingInfos": own_texts,
    }


def main():
    name, target, commit, seconds, file, *features = sys.argv[1:]
    made = document(name, commit, int(seconds), parts(target, features))
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    pathlib.Path(file).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
