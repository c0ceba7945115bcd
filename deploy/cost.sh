#!/usr/bin/env bash
# Estimates the cost of a stage for a month, from the prices in deploy/stack/prices.tsv and the traffic that is given:
#
#   deploy/cost.sh [NAME=VALUE...]
#
#   badges=10000000    badges shown a month            hits=0.9        share of them served from CloudFront's cache
#   kib=1.5            KiB of a response, compressed   ms=15           milliseconds of the function for a request
#   mib=256            memory of the function          arch=arm64      its architecture
#   reads=1            read units a request            reports=20000   signed reports a month
#   refreshed=0.2      share of requests that store an upstream's answer again, of  answer_kib=8  KiB each
#   secrets=5          secrets in Secrets Manager      instances=3     instances, each reading secrets every 15 minutes
#   metrics=12         custom metrics                  log_bytes=900   log of a request, with that of the API
#   results_gb=0.5     stored results                  traced=0.05     share of requests that X-Ray samples
set -euo pipefail
cd "$(dirname "$0")"

awk -F'\t' -v given="$*" '
  BEGIN {
    defaults = "badges=10000000 hits=0.9 kib=1.5 ms=15 mib=256 arch=arm64 reads=1 reports=20000 refreshed=0.2 " \
      "answer_kib=8 secrets=5 instances=3 metrics=12 log_bytes=900 results_gb=0.5 traced=0.05"
    count = split(defaults, pairs, " ")
    for (i = 1; i <= count; i++) { split(pairs[i], pair, "="); value[pair[1]] = pair[2] }
    count = split(given, pairs, " ")
    for (i = 1; i <= count; i++) {
      if (split(pairs[i], pair, "=") != 2 || !(pair[1] in value)) {
        print "there is no " pairs[i] "; the names are: " defaults > "/dev/stderr"
        failed = 1; exit 2
      }
      value[pair[1]] = pair[2]
    }
  }
  /^#/ || NF == 0 { next }
  { price[$1] = $2; unit[$1] = $3 }
  function line(name, amount, why) {
    if (!(name in price)) { print "prices.tsv has no " name > "/dev/stderr"; failed = 1; exit 1 }
    printf "%-20s %14.3f %-42s %8.2f  %s\n", name, amount, unit[name], amount * price[name], why
    total += amount * price[name]
  }
  END {
    if (failed) exit failed
    million = 1000000; gb = 1000000000
    requests = value["badges"] * (1 - value["hits"]) + value["reports"]
    # A transaction costs two writes for each of its four items, and the index stores a copy of the result.
    writes = value["reports"] * 9 + requests * value["refreshed"] * value["answer_kib"]
    printf "%s badges a month, %s of them from CloudFront, %s reports: %.0f requests reach the function\n\n", \
      value["badges"], value["hits"], value["reports"], requests
    line("cloudfront-request", (value["badges"] + value["reports"]) / million, "every badge")
    line("cloudfront-gb", value["badges"] * value["kib"] * 1024 / gb, "every badge")
    line("api-request", requests / million, "not served from the cache")
    line("lambda-request", requests / million, "")
    line("lambda-time-" value["arch"], requests * value["ms"] / 1000 * value["mib"] / 1024 / million, "")
    line("dynamodb-read", requests * value["reads"] / million, "results, cached answers")
    line("dynamodb-write", writes / million, "reports, cached answers")
    line("dynamodb-gb", value["results_gb"], "")
    line("dynamodb-backup-gb", value["results_gb"], "")
    line("secret", value["secrets"], "")
    line("secret-call", value["secrets"] * value["instances"] * 4 * 730 / million, "every 15 minutes")
    line("log-gb", requests * value["log_bytes"] / gb, "")
    line("trace", requests * value["traced"] / million, "")
    line("alarm-metric", 15, "6 alarms over 15 metrics")
    line("metric", value["metrics"], "")
    line("dashboard", 1, "")
    printf "\n%-78s %8.2f  US dollars a month\n", "together", total
  }
' stack/prices.tsv
