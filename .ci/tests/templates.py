"""Tests deploy/report/templates: each parses, has the structure of its system, and its script installs the client of a
release folder by the checksum and calls it; with another checksum it does not. templates.py needs PyYAML, curl, tar."""

import hashlib
import os
import pathlib
import re
import subprocess
import tarfile
import tempfile

import yaml

TEMPLATES = pathlib.Path(__file__).parents[2] / "deploy/report/templates"
VERSION = "0.1.0"
NAME = f"badgesmith-client-{VERSION}-x86_64-unknown-linux-gnu"


def document(name):
    return yaml.safe_load((TEMPLATES / name).read_text())


def gitlab():
    job = document("gitlab-ci.yml")[".badgesmith"]
    assert job["id_tokens"]["BADGESMITH_ID_TOKEN"]["aud"] == job["variables"]["BADGESMITH_SERVER"]
    assert all(isinstance(value, str) for value in job["variables"].values())
    [script] = job["after_script"]
    return script, "report --oidc **/TEST-*.xml"


def azure():
    template = document("azure-pipelines.yml")
    names = {parameter["name"] for parameter in template["parameters"]}
    [step] = template["steps"]
    used = set(re.findall(r"\$\{\{ parameters\.(\w+) \}\}", str(step["env"])))
    assert used == names, (used, names)
    assert step["condition"] == "succeededOrFailed()" and "${{" not in step["bash"]
    return step["bash"], "report **/TEST-*.xml"


def circle():
    config = document("circleci.yml")
    command = config["commands"]["report-tests"]
    [step] = command["steps"]
    run = step["run"]
    used = set(re.findall(r"<< parameters\.(\w+) >>", str(run["environment"])))
    assert config["version"] == 2.1 and used == set(command["parameters"]), used
    assert run["when"] == "always" and "<<" not in run["command"]
    return run["command"], "report **/TEST-*.xml"


def jenkins():
    text = (TEMPLATES / "Jenkinsfile").read_text()
    code = re.sub(r"'''.*?'''|'[^'\n]*'|//[^\n]*", "", text, flags=re.S)
    assert code.count("{") == code.count("}") and code.count("(") == code.count(")")
    assert re.search(r"post \{\s+always \{\s+withCredentials\(\[string\(credentialsId: '[^']+', variable: 'BADGESMITH_SECRET'\)", text)
    # In triple single quotes Groovy replaces nothing, so the secret is in no script.
    return re.search(r"sh '''(.*?)'''", text, re.S)[1], "report **/TEST-*.xml"


def check(system, script, expected, place):
    release = place / f"releases/v{VERSION}"
    (release / NAME).mkdir(parents=True, exist_ok=True)
    client = release / NAME / "badgesmith"
    client.write_text('#!/bin/sh\necho "$@" >"$CALLED"\n')
    client.chmod(0o755)
    archive = release / f"{NAME}.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(release / NAME, NAME)
    right = hashlib.sha256(archive.read_bytes()).hexdigest()
    for checksum, is_called in [(right, True), ("0" * 64, False)]:
        called = place / f"{system}-{is_called}"
        env = {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(place),
            "CALLED": str(called),
            "BADGESMITH_SECRET": "$(BADGESMITH_SECRET)",
            "BADGESMITH_RELEASES": f"file://{place}/releases",
            "BADGESMITH_VERSION": VERSION,
            "BADGESMITH_SHA256": checksum,
            "BADGESMITH_REPORTS": "**/TEST-*.xml",
        }
        ended = subprocess.run(["bash", "-c", script], env=env, cwd=place, capture_output=True, text=True)
        assert (ended.returncode == 0) == is_called, (system, ended)
        assert called.exists() == is_called, (system, ended)
        assert not is_called or called.read_text().strip() == expected, (system, called.read_text())


for system in [gitlab, azure, circle, jenkins]:
    script, expected = system()
    with tempfile.TemporaryDirectory() as place:
        check(system.__name__, script, expected, pathlib.Path(place))
print("the templates of four CI systems install the client by its checksum and call it")
