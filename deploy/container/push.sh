#!/usr/bin/env bash
# Pushes the container image of both architectures from the file systems that rootfs.sh made:
#
#   deploy/container/push.sh IMAGE VERSION DIR
#
# DIR has rootfs-x86_64-unknown-linux-gnu.tar.gz and rootfs-aarch64-unknown-linux-gnu.tar.gz. The variables REGISTRY_USER
# and REGISTRY_PASSWORD are for the registry. It writes `name` and `digest` of the image to GITHUB_OUTPUT.
set -euo pipefail
image=${1:?the image, without a tag} version=${2:?the version} folder=${3:?the folder with the file systems}
printf '%s' "${REGISTRY_PASSWORD:?}" |
  docker login "${image%%/*}" --username "${REGISTRY_USER:?}" --password-stdin >/dev/null

# The settings of the image, as in deploy/container/Containerfile.
changes=(
  'USER 65532:65532'
  'ENV BADGESMITH_LISTEN=0.0.0.0:8080 BADGESMITH_DATA=/data'
  'VOLUME /data'
  'EXPOSE 8080'
  'ENTRYPOINT ["/badgesmith"]'
  "LABEL org.opencontainers.image.version=$version"
)
tags=()
for row in x86_64:amd64 aarch64:arm64; do
  tag=$image:$version-${row#*:}
  docker import --platform "linux/${row#*:}" "${changes[@]/#/--change=}" \
    "$folder/rootfs-${row%:*}-unknown-linux-gnu.tar.gz" "$tag"
  docker push --quiet "$tag"
  tags+=("$tag")
done
docker buildx imagetools create --tag "$image:$version" --tag "$image:latest" "${tags[@]}"
digest=$(docker buildx imagetools inspect "$image:$version" --format '{{.Manifest.Digest}}')
printf 'name=%s\ndigest=%s\n' "$image" "$digest" >>"${GITHUB_OUTPUT:-/dev/stdout}"
