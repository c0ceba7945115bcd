#!/usr/bin/env bash
# What linters say to the templates, the scripts and the workflows: nothing, or it is answered in a comment where it stands.
# All of them work without a network once they are installed.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/tools lint
. .ci/venv.sh

# Both at once: most of it is waiting.
venv checkov >/dev/null &
lint="$(venv lint)/bin"
wait $!
checkov="$(venv checkov)/bin/checkov"
templates=(deploy/template.yaml deploy/github-oidc.yaml)
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-1

"$lint/cfn-lint" --regions eu-west-1 -t "${templates[@]}"
for template in "${templates[@]}"; do
  "$lint/sam" validate --lint -t "$template" --region eu-west-1
  # CloudFormation takes so much from a file; more must lie in a bucket.
  test "$(wc -c <"$template")" -le 51200
done
"$checkov" -f "${templates[@]}" --framework cloudformation --compact --quiet --skip-download
"$lint/zizmor" --offline --no-progress --persona regular .github/workflows
mapfile -t scripts < <(git grep -lE '^#!.*\b(ba)?sh$' -- .ci deploy fonts renderer)
[ ${#scripts[@]} -gt 0 ]
shellcheck --external-sources "${scripts[@]}" .ci/venv.sh
.ci/tests/tools.sh
.ci/tests/named.sh
deploy/cost.sh >/dev/null
echo "deploy: the templates, workflows and scripts are clean"
