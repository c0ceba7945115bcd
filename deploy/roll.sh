#!/usr/bin/env bash
# Deploys a package to a stage, or rolls the stage back to its previous release. The workflows use it, too.
#
#   deploy/roll.sh forward STAGE ARCH PACKAGE.zip [NAME=VALUE...]   values for the templates' parameters
#   deploy/roll.sh back STAGE
#   deploy/roll.sh url STAGE
#
# STAGE is staging or production, ARCH is x86_64 or arm64. A release is a package and the templates that it was deployed
# with. They stay in the stage's bucket, where the object `releases` lists the releases, the live one last. The name of
# a release is a hash of the package, the templates and the given values, because Lambda publishes a new version only if
# the name changes. A parameter whose value is not given keeps it, also in a rollback. BADGESMITH_TEMPLATE names another
# deploy/template.yaml, for tests.
#
# The value Events=on creates the stack of deploy/events.yaml, and gives the stage's stack its table and its queue. From
# then on both stacks are deployed and rolled back together, until Events=off takes the table and the queue from the
# stage's stack. That leaves the stack of events as it is, so that its queues are emptied before it is deleted. The
# function that receives messages is deployed before the one that sends them, and rolled back after it, because an older
# receiver does not know newer messages.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"

usage() { sed -n '4,6s/^# *//p' "$0" >&2; exit 2; }

fail() { echo "$*" >&2; exit 1; }

# The outputs of deploy/github-oidc.yaml for this stage, into bucket, role, boundary, prefix and events_stack.
read_bootstrap() {
  local output outputs=""
  for output in ArtefactBucket CloudFormationRoleArn BoundaryArn SecretsPrefix EventsStack; do
    outputs+="${outputs:+, }[?OutputKey=='$output']"
  done
  outputs="$(aws cloudformation describe-stacks --stack-name "bootstrap-badgesmith-$stage" --output text --query \
    "Stacks[0].Outputs | [$outputs][].OutputValue | [join(' ', @)]")"
  read -r bucket role boundary prefix events_stack <<<"$outputs"
}

read_parameters() { # those of the stage's stack, as NAME=VALUE, into the array `parameters`; without a stack, none
  local said
  parameters=()
  if said="$(aws cloudformation describe-stacks --stack-name "$stack" --output text --query \
    "Stacks[0].Parameters[].join('=', [ParameterKey, ParameterValue])" 2>&1)"; then
    mapfile -t parameters <<<"${said//$'\t'/$'\n'}"
  elif [[ "$said" != *"does not exist"* ]]; then
    fail "$said"
  fi
}

has_events() { # whether the stage's stack writes into the table of the stack of events
  [[ -n "$events_stack" && " ${parameters[*]} " == *" EventsTable=$stack-events "* ]]
}

apply() { # STACK TEMPLATE NAME=VALUE...
  local name="$1" template="$2"
  shift 2
  aws cloudformation deploy --stack-name "$name" --template-file "$template" --role-arn "$role" \
    --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset --parameter-overrides "$@" >&2
}

architecture() { # of a RELEASE
  local arch="${1##*badgesmith-lambda-}"
  echo "${arch%.zip}"
}

roll_events_back() { # RELEASE: deploys the stack of events as it was in that release
  local said template="$folder/events.yaml"
  if said="$(aws s3 cp --only-show-errors "s3://$bucket/${1%/*}/events.yaml" "$template" 2>&1)"; then
    apply "$events_stack" "$template" Architecture="$(architecture "$1")" ArtefactKey="$1"
  elif [[ "$said" == *404* ]]; then
    echo "$1 was deployed without events: $events_stack stays as it is, and empties its queues. Deploy a release with" \
      "Events=on to use it again" >&2
  else
    fail "$said"
  fi
}

read_releases() { # into the array `releases`, oldest first
  local said
  releases=()
  if said="$(aws s3 cp --only-show-errors "s3://$bucket/releases" - 2>&1)"; then
    mapfile -t releases <<<"$said"
  elif [[ "$said" != *404* ]]; then
    fail "$said"
  fi
}

write_releases() { printf '%s\n' "${releases[@]}" | aws s3 cp --quiet - "s3://$bucket/releases"; }

[ $# -ge 2 ] || usage
direction="$1" stage="$2" stack="badgesmith-$2"
shift 2
case "$stage" in staging | production) ;; *) usage ;; esac
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

case "$direction" in
  forward)
    [ $# -ge 2 ] || usage
    arch="$1" package="$2" template="${BADGESMITH_TEMPLATE:-$here/template.yaml}" events=""
    shift 2
    case "$arch" in x86_64 | arm64) ;; *) usage ;; esac
    [ -f "$package" ] || fail "there is no $package; deploy/package.sh --arch $arch makes it"
    given=()
    for value in "$@"; do
      case "$value" in
        Events=on | Events=off) events="${value#*=}" ;;
        Events=*) fail "$value is neither Events=on nor Events=off" ;;
        *) given+=("$value") ;;
      esac
    done
    read_bootstrap
    # The permissions boundary of an older bootstrap stack keeps the function from reading secrets under the stage's own
    # prefix, and from using queues.
    if [ -z "$prefix" ] || [ "$events$events_stack" = on ]; then
      fail "bootstrap-badgesmith-$stage is older than this: deploy/github-oidc.yaml must be deployed once more," \
        "as in step 2 of deploy/README.md"
    fi
    read_releases
    read_parameters
    if [ "$events" = on ] && [ ${#parameters[@]} -eq 0 ]; then
      fail "there is no $stack yet: deploy it without Events=on first"
    elif [ -z "$events" ] && has_events; then
      events=kept
    fi
    hash="$({ cat "$package" "$template" "$here/events.yaml"; printf '%s\n' "$@"; } | sha256sum | cut -c1-16)"
    release="$hash/badgesmith-lambda-$arch.zip"
    aws s3 cp --quiet "$package" "s3://$bucket/$release"
    aws s3 cp --quiet "$template" "s3://$bucket/$hash/template.yaml"
    aws s3 cp --quiet "$here/events.yaml" "s3://$bucket/$hash/events.yaml"
    values=(Stage="$stage" Architecture="$arch" ArtefactBucket="$bucket" ArtefactKey="$release"
      PermissionsBoundaryArn="$boundary")
    case "$events" in
      on | kept)
        # Parameters that both templates have get the same value in both. If a parameter has two values, the last one is
        # used.
        mapfile -t common < <(printf '%s\n' "${parameters[@]}" | grep -E '^(PluginLayerArn|LogLevel)=')
        apply "$events_stack" "$here/events.yaml" "${values[@]}" MainStack="$stack" "${common[@]}" "${given[@]}"
        given+=(EventsTable="$stack-events" ReportsQueue="$stack-reports.fifo")
        ;;
      off) given+=(EventsTable="" ReportsQueue="") ;;
    esac
    if ! apply "$stack" "$template" "${values[@]}" "${given[@]}"; then
      case "$events" in
        on | kept)
          [ ${#releases[@]} -eq 0 ] || roll_events_back "${releases[-1]}"
          ;;
      esac
      exit 1
    fi
    if [ ${#releases[@]} -eq 0 ] || [ "${releases[-1]}" != "$release" ]; then
      releases+=("$release")
      write_releases
    fi
    ;;
  back)
    read_bootstrap
    read_releases
    read_parameters
    [ ${#releases[@]} -ge 2 ] || fail "$stage has no release before this one"
    unset 'releases[-1]'
    release="${releases[-1]}" template="$folder/template.yaml"
    aws s3 cp --quiet "s3://$bucket/${release%/*}/template.yaml" "$template"
    apply "$stack" "$template" Architecture="$(architecture "$release")" ArtefactKey="$release"
    if has_events; then
      roll_events_back "$release"
    fi
    write_releases
    ;;
  url) ;;
  *) usage ;;
esac

aws cloudformation describe-stacks --stack-name "$stack" --output text \
  --query "Stacks[0].Outputs[?OutputKey=='Url'].OutputValue"
