"""The template without what the emulator lacks: reads template.yaml, writes JSON, says on standard error what is gone and why.

The emulator takes and does not do: TimeToLiveSpecification, PointInTimeRecoverySpecification, deletion policies of a
failed creation, throttling, and CloudFront's way to the API. That these stand in the template is for its readers to see.
"""

import json
import sys

from awscli.customizations.cloudformation.yamlhelper import yaml_parse

# What goes, and why the emulator cannot have it. A line that fits nothing is a mistake, so this list shrinks with the gaps.
REMOVED = {
    "Resources.Function.Properties.DeploymentPreference": "no CodeDeploy; the alias moves at once",
}
# Alarms that calculate, which the emulator does not: each watches the first of its metrics instead, uncalculated.
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
