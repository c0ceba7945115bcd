#!/usr/bin/env bash
# Deploys a package to a stage, or rolls the stage back to its previous release. The workflows use it, too.
#
#   deploy/roll.sh forward STAGE ARCH PACKAGE.zip [NAME=VALUE...]   values for deploy/template.yaml's parameters
#   deploy/roll.sh back STAGE
#   deploy/roll.sh url STAGE
#
# STAGE is staging or production, ARCH is x86_64 or arm64. A release is a package and the template that it was deployed
# with. Both stay in the stage's bucket, where the object `releases` lists the releases, the live one last. The name of
# a release is a hash of the package, the template and the given values, because Lambda publishes a new version only if
# the name changes. A parameter whose value is not given keeps it, also in a rollback. BADGESMITH_TEMPLATE names another
# template, for tests.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"

usage() { sed -n '4,6s/^# *//p' "$0" >&2; exit 2; }

read_bootstrap() { # the outputs of deploy/github-oidc.yaml for this stage, into bucket, role, boundary and prefix
  local output outputs=""
  for output in ArtefactBucket CloudFormationRoleArn BoundaryArn SecretsPrefix; do
    outputs+="${outputs:+, }[?OutputKey=='$output']"
  done
  outputs="$(aws cloudformation describe-stacks --stack-name "bootstrap-badgesmith-$stage" --output text --query \
    "Stacks[0].Outputs | [$outputs][].OutputValue | [join(' ', @)]")"
  read -r bucket role boundary prefix <<<"$outputs"
}

apply() { # TEMPLATE NAME=VALUE...
  local template="$1"
  shift
  aws cloudformation deploy --stack-name "badgesmith-$stage" --template-file "$template" --role-arn "$role" \
    --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset --parameter-overrides "$@" >&2
}

read_releases() { # into the array `releases`, oldest first
  local said
  releases=()
  if said="$(aws s3 cp --only-show-errors "s3://$bucket/releases" - 2>&1)"; then
    mapfile -t releases <<<"$said"
  elif [[ "$said" != *404* ]]; then
    echo "$said" >&2
    exit 1
  fi
}

write_releases() { printf '%s\n' "${releases[@]}" | aws s3 cp --quiet - "s3://$bucket/releases"; }

[ $# -ge 2 ] || usage
direction="$1" stage="$2"
shift 2
case "$stage" in staging | production) ;; *) usage ;; esac

case "$direction" in
  forward)
    [ $# -ge 2 ] || usage
    arch="$1" package="$2" template="${BADGESMITH_TEMPLATE:-$here/template.yaml}"
    shift 2
    case "$arch" in x86_64 | arm64) ;; *) usage ;; esac
    [ -f "$package" ] || { echo "there is no $package; deploy/package.sh --arch $arch makes it" >&2; exit 1; }
    read_bootstrap
    # The permissions boundary of an older one keeps the function from reading secrets under the stage's own prefix.
    [ -n "$prefix" ] || {
      echo "bootstrap-badgesmith-$stage is older than this: deploy/github-oidc.yaml must be deployed once more," \
        "as in step 2 of deploy/README.md" >&2
      exit 1
    }
    hash="$({ cat "$package" "$template"; printf '%s\n' "$@"; } | sha256sum | cut -c1-16)"
    release="$hash/badgesmith-lambda-$arch.zip"
    aws s3 cp --quiet "$package" "s3://$bucket/$release"
    aws s3 cp --quiet "$template" "s3://$bucket/${release%/*}/template.yaml"
    apply "$template" Stage="$stage" Architecture="$arch" ArtefactBucket="$bucket" ArtefactKey="$release" \
      PermissionsBoundaryArn="$boundary" "$@"
    read_releases
    if [ ${#releases[@]} -eq 0 ] || [ "${releases[-1]}" != "$release" ]; then
      releases+=("$release")
      write_releases
    fi
    ;;
  back)
    read_bootstrap
    read_releases
    [ ${#releases[@]} -ge 2 ] || { echo "$stage has no release before this one" >&2; exit 1; }
    unset 'releases[-1]'
    release="${releases[-1]}" arch="${releases[-1]##*badgesmith-lambda-}"
    template="$(mktemp)"
    trap 'rm -f "$template"' EXIT
    aws s3 cp --quiet "s3://$bucket/${release%/*}/template.yaml" "$template"
    apply "$template" Architecture="${arch%.zip}" ArtefactKey="$release"
    write_releases
    ;;
  url) ;;
  *) usage ;;
esac

aws cloudformation describe-stacks --stack-name "badgesmith-$stage" --output text \
  --query "Stacks[0].Outputs[?OutputKey=='Url'].OutputValue"
