#!/usr/bin/env bash
# Starts Deadair's collector as a container on this host: it ships LOG_DIR to the ingester. An older one is replaced.
#   DEADAIR_TOKEN=… deploy/run-collector.sh http://CONTROLLER:7707
# Settings (environment, with their defaults):
#   LOG_DIR=/home/ubuntu/sai3-logs   DEADAIR_TOKEN= (passed by name, never shown)   DEADAIR_HOST= (default: the host's name)
#   IMAGE=deadair   WAIT_SECONDS=30  DOCKER=docker
# Without Docker: deadair collect --to URL, or the unit deploy/deadair-collector.service.
set -euo pipefail

fail() { echo "run-collector: $*" >&2; exit 1; }

case "${1:-}" in
  -h | --help) sed -n '1d; /^[^#]/q; s/^# \{0,1\}//p' "$0"; exit 0 ;;
  http://* | https://*) export DEADAIR_TO=$1 ;;
  *) sed -n '1d; /^[^#]/q; s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
docker=${DOCKER:-docker}
image=${IMAGE:-deadair}
log_dir=${LOG_DIR:-/home/ubuntu/sai3-logs}
container=deadair-collector

$docker info >/dev/null 2>&1 || fail "the Docker engine does not answer: is it running, and may $(id -un) use it (group docker)?"
$docker image inspect "$image" >/dev/null 2>&1 ||
  fail "there is no image '$image' here. From the controller's host: docker save $image | ssh THIS-HOST docker load"
mkdir -p "$log_dir" 2>/dev/null || fail "cannot make $log_dir: sudo mkdir -p $log_dir && sudo chown $(id -un) $log_dir"

$docker stop -t 10 "$container" >/dev/null 2>&1 || true
$docker rm -f "$container" >/dev/null 2>&1 || true
# The host's network and processes: who holds a log open, which ports listen, what the host is called.
$docker run -d --name "$container" --net=host --pid=host --restart unless-stopped --user 0:0 --read-only \
  --cap-drop ALL --cap-add DAC_READ_SEARCH --cap-add SYS_PTRACE --security-opt no-new-privileges --memory 256m \
  --log-opt max-size=10m --log-opt max-file=3 --label deadair.role=collector \
  -e DEADAIR_TO -e DEADAIR_TOKEN -e DEADAIR_HOST -v "$(cd "$log_dir" && pwd):/logs:ro" --no-healthcheck \
  "$image" collect >/dev/null || fail "Docker could not start $container (its words are above)"

# It keeps trying for ever, which is right for a collector and no help to who has just mistyped the address.
deadline=$((SECONDS + ${WAIT_SECONDS:-30}))
until $docker logs "$container" 2>&1 | grep -F 'collector.following' >/dev/null; do
  if [ "$($docker inspect -f '{{.State.Running}} {{.RestartCount}}' "$container")" != "true 0" ] || [ "$SECONDS" -ge "$deadline" ]; then
    $docker logs --tail 5 "$container" 2>&1 | sed 's/^/  | /' >&2
    fail "the collector has not reached $DEADAIR_TO: is the address right, the token, the port open? It goes on trying; stop it: $docker rm -f $container"
  fi
  sleep 0.5
done
echo "the collector ships $log_dir to $DEADAIR_TO. See it there: deadair status"
