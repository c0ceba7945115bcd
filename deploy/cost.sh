#!/usr/bin/env bash
# What a month costs, from deploy/stack/prices.tsv and a traffic that is stated: deploy/cost.sh [NAME=VALUE...]
#
#   badges=10000000    badges shown a month            hits=0.9        share of them that CloudFront has itself
#   kib=1.5            KiB of an answer, compressed    ms=15           milliseconds the function takes for one
#   mib=256            its memory                      arch=arm64      what it runs on
#   reads=1            read units a request            reports=20000   signed reports a month
#   refreshed=0.2      share of requests that keep an upstream's answer anew, of  answer_kib=8  KiB each
#   secrets=5          secrets in Secrets Manager      instances=3     functions alive at a time, each asks anew every 15 minutes
#   metrics=12         metrics of our own              log_bytes=900   log of a request, the API's line included
#   results_gb=0.5     results kept                    traced=0.05     share of requests that X-Ray samples
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
    # A transaction writes its three items twice, and the index takes its copy of the result.
    writes = value["reports"] * 7 + requests * value["refreshed"] * value["answer_kib"]
    printf "%s badges a month, %s of them from CloudFront, %s reports: %.0f requests reach the function\n\n", \
      value["badges"], value["hits"], value["reports"], requests
    line("cloudfront-request", (value["badges"] + value["reports"]) / million, "every badge")
    line("cloudfront-gb", value["badges"] * value["kib"] * 1024 / gb, "every badge")
    line("api-request", requests / million, "what CloudFront has not")
    line("lambda-request", requests / million, "")
    line("lambda-time-" value["arch"], requests * value["ms"] / 1000 * value["mib"] / 1024 / million, "")
    line("dynamodb-read", requests * value["reads"] / million, "a result, or a kept answer")
    line("dynamodb-write", writes / million, "reports, and answers kept anew")
    line("dynamodb-gb", value["results_gb"], "")
    line("dynamodb-backup-gb", value["results_gb"], "")
    line("secret", value["secrets"], "")
    line("secret-call", value["secrets"] * value["instances"] * 4 * 730 / million, "every 15 minutes at most")
    line("log-gb", requests * value["log_bytes"] / gb, "")
    line("trace", requests * value["traced"] / million, "")
    line("alarm-metric", 14, "5 alarms over 14 metrics")
    line("metric", value["metrics"], "")
    line("dashboard", 1, "")
    printf "\n%-78s %8.2f  US dollars a month\n", "together", total
  }
' stack/prices.tsv
