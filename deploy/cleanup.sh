#!/usr/bin/env bash
# Removes the agents' containers that run-agent.sh made on this host. Logs stay unless asked.
#   deploy/cleanup.sh            containers only
#   deploy/cleanup.sh --logs     also the log files those containers wrote (files only, never a directory)
#   deploy/cleanup.sh --dry-run  say what would go
set -euo pipefail

docker=${DOCKER:-docker}
logs=false
dry=false
for word in "$@"; do
  case $word in
    --logs) logs=true ;;
    --dry-run) dry=true ;;
    -h | --help) sed -n '2,5p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;;
    *) echo "cleanup: unknown argument '$word' (--logs, --dry-run)" >&2; exit 2 ;;
  esac
done

mapfile -t containers < <($docker ps -a --filter label=deadair.agent --format '{{.Names}}')
if [ ${#containers[@]} -eq 0 ]; then
  echo "no agents' containers here"
fi
for container in "${containers[@]+"${containers[@]}"}"; do
  log=$($docker inspect -f '{{index .Config.Labels "deadair.log"}}' "$container")
  if $dry; then
    echo "would remove $container"
    if $logs && [ -f "$log" ]; then echo "would remove $log"; fi
    continue
  fi
  $docker rm -f "$container" >/dev/null
  echo "removed $container"
  if $logs && [ -n "$log" ] && [ -f "$log" ]; then
    rm -f -- "$log"
    echo "removed $log"
  fi
done
