#!/usr/bin/env bash
# A synthetic campaign from micrographs to the next experiments:
#   scripts/campaign.sh OUT [BIN]
# Makes 2 routes x 6 samples x 5 rendered micrographs, then runs, compares, exports in five forms and suggests.
set -euo pipefail
out=${1:?usage: scripts/campaign.sh OUT}
bin=${2:-.venv/bin}
"$bin/python" scripts/make_campaign.py "$out/images"
"$bin/grainstats" run "$out/images" --samples "$out/images/samples.csv" --out "$out/results"
db=$out/results/results.db
"$bin/grainstats" compare --db "$db" --by design_route --out "$out/comparison.html"
for form in csv parquet datapackage rde boxvia; do
    "$bin/grainstats" export --db "$db" --to "$form" --out "$out/export/$form" --objective critical_current_density
done
"$bin/grainstats" suggest --db "$db" --space "$out/images/space.toml" --objective critical_current_density -n 3
echo "reports: $out/results/report.html $out/comparison.html"
