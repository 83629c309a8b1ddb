#!/usr/bin/env bash
# Removes the containers that run-agent.sh and run-controller.sh made on this host, and those of the guide (sai3-agent-…). Logs stay unless asked.
#   deploy/cleanup.sh              containers only
#   deploy/cleanup.sh --logs       also the log files those containers wrote (files only, never a directory)
#   deploy/cleanup.sh --collector  also the collector of run-collector.sh (it says goodbye, so nothing is alerted)
#   deploy/cleanup.sh --dry-run    say what would go
set -euo pipefail

fail() { echo "cleanup: $*" >&2; exit 1; }

docker=${DOCKER:-docker}
logs=false
dry=false
roles=(agent controller)
for word in "$@"; do
  case $word in
    --logs) logs=true ;;
    --collector) roles+=(collector) ;;
    --dry-run) dry=true ;;
    -h | --help) sed -n '1d; /^[^#]/q; s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "cleanup: unknown argument '$word' (--logs, --collector, --dry-run)" >&2; exit 2 ;;
  esac
done
$docker info >/dev/null 2>&1 || fail "the Docker engine does not answer: is it running, and may $(id -un) use it (group docker)?"

filters=()
for role in "${roles[@]}"; do filters+=(--filter "label=deadair.role=$role"); done
containers=()
for ((i = 0; i < ${#filters[@]}; i += 2)); do
  while IFS= read -r name; do
    if [ -n "$name" ]; then containers+=("$name"); fi
  done < <($docker ps -a "${filters[@]:i:2}" --format '{{.Names}}' | sort)
done
# The deployment guide starts its containers by hand, without labels, as sai3-agent-NAME and sai3-controller.
while IFS= read -r name; do
  if [[ $name =~ ^sai3-(agent-[A-Za-z0-9_.-]+|controller)$ ]]; then containers+=("$name"); fi
done < <($docker ps -a --filter 'name=sai3-' --format '{{.Names}}' | sort)
if [ ${#containers[@]} -eq 0 ]; then
  echo "no containers of these scripts here"
fi
for container in "${containers[@]+"${containers[@]}"}"; do
  log=$($docker inspect -f '{{index .Config.Labels "deadair.log"}}' "$container")
  if $dry; then
    echo "would remove $container"
    if $logs && [ -f "$log" ]; then echo "would remove $log"; fi
    continue
  fi
  # Stopped before it is removed: it says in its log that it was told to go, and nobody takes it for a crash.
  $docker stop -t 5 "$container" >/dev/null 2>&1 || true
  $docker rm -f "$container" >/dev/null
  echo "removed $container"
  if $logs && [ -n "$log" ] && [ -f "$log" ]; then
    rm -f -- "$log" || fail "cannot remove $log: its directory belongs to $(stat -c '%U' "$(dirname "$log")")"
    echo "removed $log"
  fi
done
