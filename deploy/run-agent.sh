#!/usr/bin/env bash
# Starts a test agent as a daemon container on this host and waits until it listens.
#   deploy/run-agent.sh AGENT_ID [PORT]
#   e.g.  deploy/run-agent.sh agent-3
# An older container of the same name is replaced. Output goes to the container's log and to LOG_DIR/AGENT_ID.log.
# Settings (environment, with their defaults):
#   IMAGE=sai3-tools                  image with the agent in it
#   AGENT_COMMAND="sai3bench-agent"   program; gets --listen 0.0.0.0:PORT and AGENT_ARGS
#   AGENT_ARGS="-v"
#   LOG_DIR=/home/ubuntu/sai3-logs    made if missing
#   CREDENTIALS="AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_ENDPOINT_URL"
#                                     names passed on when set; values never appear on a command line
#   REQUIRED_CREDENTIALS=""           of these, the ones without which the agent is not started
#   WAIT_SECONDS=30  READY_TEXT=listening  RESTART=unless-stopped  DOCKER=docker
set -euo pipefail

usage() { sed -n '2,16p' "$0" | sed 's/^# \{0,1\}//'; }
fail() { echo "run-agent: $*" >&2; exit 1; }

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  '' | -*) usage >&2; exit 2 ;;
esac
agent=$1
port=${2:-7761}
[[ $agent =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ ]] || { echo "run-agent: AGENT_ID may hold letters, digits, '_', '.', '-'" >&2; exit 2; }
[[ $port =~ ^[0-9]+$ ]] || { echo "run-agent: PORT must be a number, not '$port'" >&2; exit 2; }

image=${IMAGE:-sai3-tools}
command=${AGENT_COMMAND:-sai3bench-agent}
log_dir=${LOG_DIR:-/home/ubuntu/sai3-logs}
docker=${DOCKER:-docker}
ready=${READY_TEXT:-listening}
log=$log_dir/$agent.log
container=deadair-agent-$agent

# Why it ended, from its last lines; the same causes as `deadair run` names.
explain() {
  local tail=$1
  case $tail in
    *"ddress already in use"* | *EADDRINUSE* | *"is already in use"*)
      echo "likely cause: port $port is in use on this host. See who has it: ss -ltnp 'sport = :$port'; or choose another: run-agent.sh $agent PORT" ;;
    *redentials* | *InvalidAccessKeyId* | *SignatureDoesNotMatch* | *ExpiredToken* | *AWS_ACCESS_KEY_ID*)
      echo "likely cause: missing or wrong credentials. Export them before you call this script; passed on when set: $credentials" ;;
    *"ermission denied"* | *"peration not permitted"*)
      echo "likely cause: permission denied. The container's user must be able to write $log_dir: chown or chmod it" ;;
    *"o space left on device"*) echo "likely cause: a disk is full: df -h $log_dir" ;;
    *"executable file not found"* | *"no such file or directory"*) echo "likely cause: the image $image has no '$command'" ;;
    *) echo "no cause known; the lines above are its last" ;;
  esac
}

command -v "$docker" >/dev/null || fail "$docker is not installed"
$docker info >/dev/null 2>&1 || fail "the Docker engine does not answer: is it running, and may $(id -un) use it (group docker)?"
$docker image inspect "$image" >/dev/null 2>&1 || fail "there is no image '$image' here: docker pull it, or set IMAGE"

mkdir -p "$log_dir" 2>/dev/null || fail "cannot make $log_dir: sudo mkdir -p $log_dir && sudo chown $(id -un) $log_dir"
if ! touch "$log" 2>/dev/null; then
  fail "cannot write $log (owner $(stat -c '%U' "$log_dir"), you are $(id -un)): sudo chown -R $(id -un) $log_dir"
fi

credentials=${CREDENTIALS:-AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_ENDPOINT_URL}
pass=()
for name in $credentials; do
  if [ -n "${!name:-}" ]; then pass+=(-e "$name"); fi
done
for name in ${REQUIRED_CREDENTIALS:-}; do
  [ -n "${!name:-}" ] || fail "credentials are missing: $name is not set. export it first (it is passed by name, never shown)"
done

if $docker container inspect "$container" >/dev/null 2>&1; then
  echo "replacing the container $container"
  $docker rm -f "$container" >/dev/null
fi

# deadair run, where the image has it, keeps order, exit status and marks; else tee, which keeps the output.
started=$(date +%s)
size=$(stat -c %s "$log")
read -r -a words <<<"$command ${AGENT_ARGS--v} --listen 0.0.0.0:$port"
# shellcheck disable=SC2016 # the container's shell expands it
$docker run -d --name "$container" --net=host --restart "${RESTART:-unless-stopped}" \
  --log-opt max-size=50m --log-opt max-file=3 --label deadair.agent="$agent" --label deadair.log="$log" \
  -v "$log_dir:/logs" "${pass[@]+"${pass[@]}"}" --entrypoint /bin/sh "$image" -c '
    log=$1; shift
    if command -v deadair >/dev/null 2>&1; then exec deadair run --log "$log" -- "$@"; fi
    rm -f /tmp/agent.status
    { "$@" 2>&1; echo $? >/tmp/agent.status; } | tee -a "$log"
    exit "$(cat /tmp/agent.status)"' sh "/logs/$agent.log" "${words[@]}" >/dev/null ||
  fail "Docker could not start $container (its words are above)"

while :; do
  new=$(tail -c "+$((size + 1))" "$log")
  state=$($docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}' "$container")
  read -r status code restarts <<<"$state"
  if [ "$status" != running ] || [ "$restarts" -gt 0 ]; then
    $docker update --restart no "$container" >/dev/null
    $docker stop -t 2 "$container" >/dev/null 2>&1 || true
    echo "run-agent: $agent exited immediately with status $code. Its last lines:" >&2
    tail=$($docker logs --tail 15 "$container" 2>&1)
    while IFS= read -r line; do echo "  | $line" >&2; done <<<"$tail"
    explain "$tail" >&2
    exit 1
  fi
  case $new in
    *"$ready"*)
      # Some programs say so before they have the port: a moment later it must still be there.
      sleep 1
      read -r status _ restarts <<<"$($docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}' "$container")"
      if [ "$status" = running ] && [ "$restarts" = 0 ]; then break; fi
      continue
      ;;
  esac
  if [ $(($(date +%s) - started)) -ge "${WAIT_SECONDS:-30}" ]; then
    fail "$agent runs but has not said '$ready' for ${WAIT_SECONDS:-30} s: $docker logs $container"
  fi
  sleep 0.3
done
echo "$agent listens on port $port. Log: $log. Follow it: tail -f $log, or deadair tail 'agent:$agent'"
