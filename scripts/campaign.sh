#!/usr/bin/env bash
# A synthetic campaign from micrographs to the next experiments, and a second round of both loops:
#   scripts/campaign.sh OUT [BIN]
# Makes 2 routes x 6 samples x 5 rendered micrographs, runs, suggests, records the researchers' own proposals,
# carries both out, compares, exports in five forms, suggests again, and shows how far each loop has come.
# Needs the extra `optimizer`.
set -euo pipefail
out=${1:?usage: scripts/campaign.sh OUT [BIN]}
bin=${2:-.venv/bin}
jc=critical_current_density
db=$out/results/results.db
space=$out/images/space.toml
if ! "$bin/python" -c "import botorch" 2>/dev/null; then
    echo "grainstats suggest needs BoTorch: pip install -e '.[optimizer]'" >&2
    exit 2
fi
run() { "$bin/grainstats" run "$out/images" --samples "$out/images/samples.csv" --out "$out/results"; }
suggest() { "$bin/grainstats" suggest --db "$db" --space "$space" --objective $jc -n 3 --campaign synthetic; }

"$bin/python" scripts/make_campaign.py "$out/images"
run
suggest
"$bin/grainstats" propose "$out/images/proposals.csv" --db "$db" --space "$space" --campaign synthetic
"$bin/python" scripts/make_campaign.py "$out/images" --next "$db"
run
"$bin/grainstats" compare --db "$db" --by design_route --out "$out/comparison.html"
for form in csv parquet datapackage rde boxvia; do
    "$bin/grainstats" export --db "$db" --to "$form" --out "$out/export/$form" --objective $jc
done
suggest
"$bin/grainstats" campaign --db "$db" --out "$out/campaign.html"
echo "reports: $out/results/report.html $out/comparison.html $out/campaign.html"
