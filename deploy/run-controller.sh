#!/usr/bin/env bash
# Runs the test controller, its output to the terminal and to LOG_DIR/controller.log, and keeps its exit status.
#   deploy/run-controller.sh CONFIG [ARGS...]
#   deploy/run-controller.sh --detach CONFIG [ARGS...]     survives the end of ssh by itself
# Settings (environment, with their defaults):
#   IMAGE=sai3-tools                     image with the controller in it; IMAGE= runs it without Docker
#   CONTROLLER_COMMAND="sai3bench-ctl"   program; gets the configuration as last argument
#   LOG_DIR=/home/ubuntu/sai3-logs  CREDENTIALS="AWS_ACCESS_KEY_ID …" (names passed on when set)  DOCKER=docker
set -euo pipefail

usage() { sed -n '2,9p' "$0" | sed 's/^# \{0,1\}//'; }
fail() { echo "run-controller: $*" >&2; exit 1; }

detach=false
case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  --detach) detach=true; shift ;;
esac
[ $# -ge 1 ] || { usage >&2; exit 2; }
config=$1
shift
[ -r "$config" ] || fail "cannot read the configuration $config"
config=$(realpath "$config")
log_dir=${LOG_DIR:-/home/ubuntu/sai3-logs}
log=$log_dir/controller.log
docker=${DOCKER:-docker}
image=${IMAGE-sai3-tools}
read -r -a words <<<"${CONTROLLER_COMMAND:-sai3bench-ctl}"

mkdir -p "$log_dir" 2>/dev/null || fail "cannot make $log_dir: sudo mkdir -p $log_dir && sudo chown $(id -un) $log_dir"
touch "$log" 2>/dev/null || fail "cannot write $log: sudo chown -R $(id -un) $log_dir"

if ! $detach && [ -z "${TMUX:-}${STY:-}" ]; then
  fail "this terminal ends with your ssh session, and the run with it. Either
    tmux new -s run '$0 $config $*'      (come back with: tmux attach -t run)
  or
    $0 --detach $config $*"
fi

run=("${words[@]}" "$@")
if [ -n "$image" ]; then
  $docker image inspect "$image" >/dev/null 2>&1 || fail "there is no image '$image' here: docker pull it, or set IMAGE"
  pass=()
  for name in ${CREDENTIALS:-AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_ENDPOINT_URL}; do
    if [ -n "${!name:-}" ]; then pass+=(-e "$name"); fi
  done
  run=("$docker" run --rm --net=host -v "$(dirname "$config"):/config:ro" -v "$log_dir:/logs" -w /logs
    "${pass[@]+"${pass[@]}"}" --entrypoint "${words[0]}" "$image" "${words[@]:1}" "$@" "/config/$(basename "$config")")
else
  run+=("$config")
fi

# with_log COMMAND…: deadair run where it is, else tee with the program's own exit status.
with_log() {
  if command -v deadair >/dev/null 2>&1; then
    deadair run --log "$log" ${detached:+--survive} -- "$@"
  else
    set -o pipefail
    "$@" 2>&1 | tee -a "$log"
  fi
}

if $detach; then
  status_file=$log_dir/controller.status
  rm -f "$status_file"
  detached=yes
  export -f with_log
  export log detached
  # shellcheck disable=SC2016 # the inner shell expands it
  setsid nohup bash -c 'trap "" HUP; status=0; with_log "${@:2}" || status=$?; echo "$status" >"$1"' run-controller "$status_file" "${run[@]}" \
    >/dev/null 2>&1 </dev/null &
  echo "started. Follow it: tail -f $log. Its exit status will be in $status_file."
else
  detached=
  with_log "${run[@]}"
fi
