# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by run-agent.sh and run-controller.sh: what both do. Wants $docker, $image and $log_dir.

usage() { sed -n '1d; /^[^#]/q; s/^# \{0,1\}//p' "$0"; }
fail() { echo "$(basename "$0" .sh): $*" >&2; exit 1; }

engine_must_answer() {
  $docker info >/dev/null 2>&1 ||
    fail "the Docker engine does not answer: is it running, and may $(id -un) use it (group docker)?"
}

image_must_be_here() {
  $docker image inspect "$image" >/dev/null 2>&1 || fail "there is no image '$image' here: docker pull it, or set IMAGE"
}

# Makes log_dir (absolute from then on) and in it the log $1, whose path becomes $log.
make_log() {
  mkdir -p "$log_dir" 2>/dev/null || fail "cannot make $log_dir: sudo mkdir -p $log_dir && sudo chown $(id -un) $log_dir"
  log_dir=$(cd "$log_dir" && pwd)
  log=$log_dir/$1
  touch "$log" 2>/dev/null ||
    fail "cannot write $log (its directory belongs to $(stat -c '%U' "$log_dir"), you are $(id -un)): sudo chown -R $(id -un) $log_dir, or set LOG_DIR"
}

# Makes options, words for `docker run`, of CREDENTIALS (names that are passed on when set), the user $1, MOUNTS (each DIR or
# DIR:INSIDE[:ro]) and DOCKER_OPTIONS.
container_options() {
  local name mount mounts extra default_mounts=
  options=()
  credentials=${CREDENTIALS:-AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_ENDPOINT_URL}
  for name in $credentials; do
    if [ -n "${!name:-}" ]; then options+=(-e "$name"); fi
  done
  if [ -n "$1" ]; then options+=(--user "$1"); fi
  if [ -d /home/ubuntu ]; then default_mounts=/home/ubuntu; fi
  read -r -a mounts <<<"${MOUNTS-$default_mounts}"
  for mount in "${mounts[@]+"${mounts[@]}"}"; do
    case $mount in
      /*:/*) options+=(-v "$mount") ;;
      /*) options+=(-v "$mount:$mount") ;;
      *) fail "MOUNTS holds '$mount': write absolute directories, DIR or DIR:INSIDE[:ro]" ;;
    esac
    [ -e "${mount%%:*}" ] || fail "MOUNTS names ${mount%%:*}, which is not there: make it, or leave it out"
  done
  read -r -a extra <<<"${DOCKER_OPTIONS:-}"
  options+=("${extra[@]+"${extra[@]}"}")
}
