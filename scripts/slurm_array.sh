#!/bin/sh
# One job array of SLURM over a folder of micrographs; copy it, set the five lines below, then: sbatch slurm_array.sh
#SBATCH --job-name=grainstats
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --mem=6G
#SBATCH --time=08:00:00
#SBATCH --requeue
set -eu

INPUT=${INPUT:-films}          # micrographs, as every node sees them
OUT=${OUT:-results}            # on a file system that all nodes share
SAMPLES=${SAMPLES:-}           # samples.csv, or nothing: a sample is a folder
JOBS=${SLURM_ARRAY_TASK_COUNT:-8}
JOB=${SLURM_ARRAY_TASK_ID:-1}

# Each job has its own database: SQLite does not work over a network file system with several writers. A job
# that was killed or requeued goes on where it was. With PostgreSQL, export GRAINSTATS_DB instead of --db, and
# leave the merge below out.
mkdir -p "$OUT"
grainstats run "$INPUT" --out "$OUT" ${SAMPLES:+--samples "$SAMPLES"} --workers 2 \
    --manifest "$OUT/manifest.txt" --shard "$JOB/$JOBS" --db "$OUT/shard-$JOB.db"

# When all jobs are done (sbatch --dependency=afterany:<job id>):
#   grainstats merge "$OUT"/shard-*.db --db "$OUT/results.db"
#   grainstats run --report-only --out "$OUT" ${SAMPLES:+--samples "$SAMPLES"}
