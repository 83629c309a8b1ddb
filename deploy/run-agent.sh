#!/usr/bin/env bash
# Starts a test agent as a daemon container on this host and waits until it listens.
#   deploy/run-agent.sh AGENT_ID [PORT]
#   e.g.  deploy/run-agent.sh agent-3        (3 alone means agent-3)
# An older container of the same name is replaced. Output goes to the container's log and to LOG_DIR/AGENT_ID.log.
# Settings (environment, with their defaults):
#   IMAGE=sai3-tools                  image with the agent in it
#   AGENT_COMMAND="sai3bench-agent"   program; gets AGENT_ARGS and --listen 0.0.0.0:PORT
#   AGENT_ARGS="-v"
#   AGENT_USER=                       user inside the container; default: the image's
#   LOG_DIR=/home/ubuntu/sai3-logs    made if missing
#   CREDENTIALS="AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_ENDPOINT_URL"
#                                     names passed on when set; values never appear on a command line
#   REQUIRED_CREDENTIALS=""           of these, the ones without which the agent is not started
#   MOUNTS=/home/ubuntu               directories mounted at the same place, or DIR:INSIDE[:ro]; default: this one where it exists
#   DOCKER_OPTIONS=""                 further words for docker run, such as --ulimit nofile=65536 -e RUST_LOG=debug
#   WAIT_SECONDS=30  READY_TEXT=listening  RESTART=unless-stopped  DOCKER=docker
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/containers.sh
. "$here/containers.sh"

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  '' | -*) usage >&2; exit 2 ;;
esac
agent=$1
port=${2:-7761}
if [[ $agent =~ ^[0-9]+$ ]]; then agent=agent-$agent; fi
[[ $agent =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ ]] || { echo "run-agent: AGENT_ID may hold letters, digits, '_', '.', '-'" >&2; exit 2; }
[[ $port =~ ^[0-9]{1,5}$ && $((10#$port)) -ge 1 && $((10#$port)) -le 65535 ]] ||
  { echo "run-agent: PORT must be a number from 1 to 65535, not '$port'" >&2; exit 2; }

image=${IMAGE:-sai3-tools}
command=${AGENT_COMMAND:-sai3bench-agent}
log_dir=${LOG_DIR:-/home/ubuntu/sai3-logs}
docker=${DOCKER:-docker}
ready=${READY_TEXT:-listening}
wait_seconds=${WAIT_SECONDS:-30}
container=deadair-agent-$agent

# Who has the port, as far as this user may know.
port_holder() {
  local other
  other=$($docker ps --filter "label=deadair.port=$port" --format '{{.Names}}' | grep -vxF "$container" || true)
  if [ -n "$other" ]; then
    echo "the container $other (stop it: $docker rm -f $other)"
  elif command -v ss >/dev/null; then
    ss -Hltnp "sport = :$port" 2>/dev/null | sed -n 's/.*users:((\([^)]*\)).*/\1/p' | head -n 1
  fi
}

# Why it ended, from its last lines; the same causes as `deadair run` names.
explain() {
  local holder
  case $1 in
    *"ddress already in use"* | *EADDRINUSE* | *"is already in use"*)
      holder=$(port_holder)
      echo "likely cause: port $port is in use on this host${holder:+ by $holder}. Find it: ss -ltnp 'sport = :$port'; or choose another port: run-agent.sh $agent PORT" ;;
    *redential* | *InvalidAccessKeyId* | *SignatureDoesNotMatch* | *ExpiredToken* | *AWS_ACCESS_KEY_ID*)
      echo "likely cause: missing or wrong credentials. Export them before you call this script; passed on when set: $credentials" ;;
    *"ermission denied"* | *"peration not permitted"* | *"ead-only file system"*)
      echo "likely cause: permission denied. The container's user must be able to write $log_dir: chown or chmod it, or set AGENT_USER" ;;
    *"o space left on device"*) echo "likely cause: a disk is full: df -h $log_dir" ;;
    *"not found"* | *"o such file or directory"*) echo "likely cause: the image $image has no '$command': set IMAGE or AGENT_COMMAND" ;;
    *) echo "no cause known; the lines above are its last" ;;
  esac
}

command -v "$docker" >/dev/null || fail "$docker is not installed"
engine_must_answer
image_must_be_here
make_log "$agent.log"

for name in ${REQUIRED_CREDENTIALS:-}; do
  [ -n "${!name:-}" ] || fail "credentials are missing: $name is not set. export it first (it is passed by name, never shown)"
done
container_options "${AGENT_USER:-}"

if $docker container inspect "$container" >/dev/null 2>&1; then
  echo "replacing the container $container"
  # Stopped first, so that the old agent says in its log that it was told to go.
  $docker stop -t 5 "$container" >/dev/null 2>&1 || true
  $docker rm -f "$container" >/dev/null
fi

size=$(stat -c %s "$log")
read -r -a words <<<"$command ${AGENT_ARGS--v} --listen 0.0.0.0:$port"
# Restarted only once it listens: until then its end is to be explained, not repeated.
$docker run -d --name "$container" --net=host --restart no \
  --log-opt max-size=50m --log-opt max-file=3 \
  --label deadair.role=agent --label deadair.port="$port" --label deadair.log="$log" \
  -v "$log_dir:/logs" "${options[@]+"${options[@]}"}" --entrypoint /bin/sh "$image" \
  -c "$(cat "$here/with-log.sh")" with-log "/logs/$agent.log" "${words[@]}" >/dev/null ||
  { $docker rm -f "$container" >/dev/null 2>&1 || true; fail "Docker could not start $container (its words are above)"; }

# Running, or an explanation of its end.
check_running() {
  local status code tail line
  read -r status code <<<"$($docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$container")"
  if [ "$status" = running ]; then return 0; fi
  echo "run-agent: $agent ended at once with exit status $code. Its last lines:" >&2
  tail=$($docker logs --tail 15 "$container" 2>&1)
  while IFS= read -r line; do echo "  | $line" >&2; done <<<"$tail"
  explain "$tail" >&2
  exit 1
}

deadline=$((SECONDS + wait_seconds))
# Read to the end on purpose: grep -q would break the pipe, and pipefail call that a failure.
until $docker logs "$container" 2>&1 | grep -F -- "$ready" >/dev/null; do
  check_running
  if [ "$SECONDS" -ge "$deadline" ]; then
    fail "$agent runs but has not said '$ready' for $wait_seconds s: look at $docker logs $container; another text: READY_TEXT"
  fi
  sleep 0.3
done
# Some programs (sai3-bench) say so before they have the port: a moment later it must still be there.
sleep 1
check_running
$docker update --restart "${RESTART:-unless-stopped}" "$container" >/dev/null
if [ "$(stat -c %s "$log")" -le "$size" ]; then
  $docker logs --tail 3 "$container" 2>&1 | sed 's/^/  | /' >&2
  fail "$agent listens, but its output does not reach $log: the container's user must be able to write it (chmod a+w $log, or set AGENT_USER)"
fi
echo "$agent listens on port $port. Log: $log. Follow it: tail -f $log, or deadair tail 'agent:$agent'"
