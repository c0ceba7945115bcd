#!/usr/bin/env bash
# Builds the fuzz targets, and runs each of them for some seconds, JOBS at once (as many as there are processors).
#
#   deploy/fuzz/run.sh SECONDS [TARGET…]     all of deploy/fuzz/fuzz_targets if none is named
#
# An input may take 5 s and 512 MiB. One that breaks something is kept in target/fuzz-findings, and its log is shown;
# `target/fuzz/*/PROFILE/TARGET FILE` runs it again. What is found besides is kept in target/fuzz-corpus and is the
# beginning of the next run; with KEEP=all nothing of it is left out that covers the same code as other inputs. corpus.py
# and deploy/fuzz/seeds have the first inputs. PROFILE=quick is built in a third of the time of PROFILE=release and runs
# more slowly: for a few seconds of each target. With SEED=1 the inputs of each run are the same.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)

[ $# -gt 0 ] || { sed -n '2,/^set/{s/^# \{0,1\}//;/^set/!p}' run.sh >&2; exit 2; }
export SECONDS_EACH=$1 ROOT=$root PROFILE=${PROFILE:-release}
shift
if [ $# = 0 ]; then
  for target in fuzz_targets/*.rs; do
    set -- "$@" "$(basename "$target" .rs)"
  done
fi

bins=()
for target in "$@"; do
  [ -f "fuzz_targets/$target.rs" ] || { echo "there is no fuzz target $target; see deploy/fuzz/fuzz_targets" >&2; exit 2; }
  bins+=(--bin "$target")
done
# Dependencies have the versions of BadgeSmith's own Cargo.lock; only the additional ones of the targets are resolved
# anew.
[ Cargo.lock -nt ../../Cargo.lock ] || cp ../../Cargo.lock Cargo.lock
# The folder's .cargo/config.toml says how the code is instrumented.
cargo build --profile "$PROFILE" "${bins[@]}"
rm -rf "$root/target/fuzz-inputs"
python3 corpus.py "$root/target/fuzz-inputs"
mkdir -p "$root/target/fuzz-corpus" "$root/target/fuzz-findings" "$root/target/fuzz-logs"

# Runs one target, and then removes inputs from the corpus that cover no additional code.
fuzz() {
  local target=$1 kept="$ROOT/target/fuzz-corpus/$1" log="$ROOT/target/fuzz-logs/$1" folders=() folder
  mkdir -p "$kept"
  for folder in "$kept" "seeds/$target" "$ROOT/target/fuzz-inputs/$target"; do
    [ ! -d "$folder" ] || folders+=("$folder")
  done
  local binary
  binary=$(echo "$ROOT"/target/fuzz/*/"$PROFILE/$target")
  "$binary" "${folders[@]}" -seed="${SEED:-0}" -max_total_time="$SECONDS_EACH" -timeout=5 -rss_limit_mb=512 -max_len=65536 \
    -artifact_prefix="$ROOT/target/fuzz-findings/$target-" -print_final_stats=1 >"$log" 2>&1 || {
    printf '\n%s has a finding:\n' "$target"
    grep -v '^#[0-9]' "$log" | tail -n 60
    return 1
  }
  if [ "${KEEP:-less}" != all ]; then
    rm -rf "$kept.less"
    mkdir "$kept.less"
    "$binary" -merge=1 -timeout=5 -rss_limit_mb=512 -max_len=65536 "$kept.less" "${folders[@]}" >>"$log" 2>&1
    rm -rf "$kept"
    mv "$kept.less" "$kept"
  fi
  awk -v target="$target" '/number_of_executed_units/ { ran = $2 } / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") cov = $(i + 1) }
    END { printf "%-12s %10d inputs, %6d places covered\n", target, ran, cov }' "$log"
}
export -f fuzz
printf '%s\n' "$@" | xargs -P "${JOBS:-$(nproc)}" -I {} bash -c 'set -euo pipefail; fuzz {}'
