#!/usr/bin/env bash
# Runs the test controller, its output to the terminal and to LOG_DIR/controller.log, and keeps its exit status.
#   deploy/run-controller.sh CONFIG [ARGS...]
#   deploy/run-controller.sh --detach CONFIG [ARGS...]     survives the end of ssh by itself
#   deploy/run-controller.sh --status                      is it still running, and how did it end?
# Settings (environment, with their defaults):
#   IMAGE=sai3-tools                     image with the controller in it; IMAGE= runs it without Docker
#   CONTROLLER_COMMAND="sai3bench-ctl"   program; gets ARGS and the configuration as last argument
#   CONTROLLER_USER=                     user inside the container; default: the image's
#   LOG_DIR=/home/ubuntu/sai3-logs       also the container's working directory: results land there
#   CREDENTIALS="AWS_ACCESS_KEY_ID …"    names passed on when set; values never appear on a command line
#   MOUNTS=/home/ubuntu                  directories mounted at the same place, or DIR:INSIDE[:ro]; default: this one where it
#                                        exists
#   DOCKER_OPTIONS=""                    further words for docker run, such as --ulimit nofile=65536
#   DOCKER=docker
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/containers.sh
. "$here/containers.sh"

mode=foreground
case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  --detach) mode=detach; shift ;;
  --status) mode=status; shift ;;
  -*) usage >&2; exit 2 ;;
esac
log_dir=${LOG_DIR:-/home/ubuntu/sai3-logs}
docker=${DOCKER:-docker}
image=${IMAGE-sai3-tools}
container=deadair-controller

if [ "$mode" = status ]; then
  pid=$(cat "$log_dir/controller.pid" 2>/dev/null || true)
  if [ -n "$image" ] && [ "$($docker inspect -f '{{.State.Running}}' "$container" 2>/dev/null)" = true ]; then
    echo "running. Follow it: tail -f $log_dir/controller.log. Stop it: $docker stop $container"
  elif [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
    echo "running. Follow it: tail -f $log_dir/controller.log. Stop it: kill $pid"
  elif [ -r "$log_dir/controller.status" ]; then
    echo "ended with exit status $(cat "$log_dir/controller.status"). Its output: $log_dir/controller.log"
  else
    fail "no run was started from here, or it was killed: see $log_dir/controller.log"
  fi
  exit 0
fi

[ $# -ge 1 ] || { usage >&2; exit 2; }
config=$1
shift
[ -r "$config" ] || fail "cannot read the configuration $config"
config=$(realpath "$config")
read -r -a words <<<"${CONTROLLER_COMMAND:-sai3bench-ctl}"

make_log controller.log

if [ "$mode" = foreground ] && [ -z "${TMUX:-}${STY:-}" ]; then
  quoted=$(printf ' %q' "$0" "$config" "$@")
  fail "this terminal ends with your ssh session, and the run with it. Either
    tmux new -s run$(printf ' %q' "${quoted# }")      (come back with: tmux attach -t run; screen -S run works, too)
  or
    $(printf '%q' "$0") --detach$(printf ' %q' "$config" "$@")"
fi

container_options "${CONTROLLER_USER:-}"
rm -f "$log_dir/controller.status" "$log_dir/controller.pid"

if [ -n "$image" ]; then
  command -v "$docker" >/dev/null || fail "$docker is not installed; IMAGE= runs the controller without it"
  engine_must_answer
  image_must_be_here
  if [ "$($docker inspect -f '{{.State.Running}}' "$container" 2>/dev/null)" = true ]; then
    fail "a controller is running already: $0 --status; to end it: $docker stop $container"
  fi
  $docker rm -f "$container" >/dev/null 2>&1 || true
  if [ "$mode" = detach ]; then options+=(-d); else options+=(--rm); fi
  run=("$docker" run --name "$container" --net=host --log-opt max-size=50m --log-opt max-file=3
    --label deadair.role=controller --label deadair.log="$log"
    -v "$(dirname "$config"):/config:ro" -v "$log_dir:/logs" -w /logs "${options[@]+"${options[@]}"}"
    --entrypoint /bin/sh "$image" -c "$(cat "$here/with-log.sh")" with-log --status /logs/controller.status
    /logs/controller.log "${words[@]}" "$@" "/config/$(basename "$config")")
  # The engine keeps a detached container and its output, whatever becomes of this session.
  if [ "$mode" = foreground ]; then exec "${run[@]}"; fi
  "${run[@]}" >/dev/null || fail "Docker could not start the controller (its words are above)"
elif [ "$mode" = detach ]; then
  setsid nohup sh "$here/with-log.sh" --status "$log_dir/controller.status" "$log" "${words[@]}" "$@" "$config" \
    >/dev/null 2>&1 </dev/null &
  echo $! >"$log_dir/controller.pid"
else
  exec sh "$here/with-log.sh" --status "$log_dir/controller.status" "$log" "${words[@]}" "$@" "$config"
fi
echo "started; it goes on when you log out. Follow it: tail -f $log. How it ended: $0 --status"
