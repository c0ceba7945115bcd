"""Removes from the template what the emulator does not support: reads template.yaml, writes JSON to standard output,
and prints on standard error what was removed and why.

The emulator accepts but ignores TimeToLiveSpecification, PointInTimeRecoverySpecification, deletion policies after a
failed creation, throttling, and CloudFront's requests to the API, so these are not tested.
"""

import json
import sys

from awscli.customizations.cloudformation.yamlhelper import yaml_parse

# The paths that are removed, and why. A path that is not in the template is an error, so that no entry stays unnoticed.
REMOVED = {
    "Resources.Function.Properties.DeploymentPreference": "no CodeDeploy; the alias moves at once",
}
# Alarms with metric math, which the emulator lacks: each watches the first of its metrics instead.
SIMPLIFIED = ["FailuresAlarm", "TableThrottlesAlarm"]


def remove(template, path):
    *way, last = path.split(".")
    place = template
    for name in way:
        place = place[name]
    del place[last]


def simplify(alarm):
    stat = next(metric["MetricStat"] for metric in alarm.pop("Metrics") if "MetricStat" in metric)
    alarm.update(stat["Metric"], Statistic=stat["Stat"], Period=stat["Period"])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        template = yaml_parse(file.read())
    for path, reason in REMOVED.items():
        remove(template, path)
        print(f"without {path}: {reason}", file=sys.stderr)
    for name in SIMPLIFIED:
        simplify(template["Resources"][name]["Properties"])
        print(f"simplified Resources.{name}: no metric math", file=sys.stderr)
    json.dump(template, sys.stdout, indent=1)


main()
