#!/usr/bin/env bash
# Brings database and Prefect server to today's state: schema, work pools, heartbeat automation, deployments. Safe to repeat.
# Needs DATABASE_URL and PREFECT_API_URL; runs in the folder that holds deploy/.
set -euo pipefail
: "${DATABASE_URL:?}" "${PREFECT_API_URL:?}"
met up
for pool in cpu gpu; do
  prefect --no-prompt work-pool create "$pool" --type process --overwrite
done
python -c "from flows.liveness import watch_heartbeats; watch_heartbeats()"
prefect --no-prompt deploy --all --prefect-file deploy/prefect.yaml
