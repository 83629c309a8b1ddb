#!/usr/bin/env bash
# Looks at the agents' hosts before a run: name, ping loss, ssh, port, clock, log directory, disk.
#   deploy/preflight.sh HOST... [--port 7761] [--user ubuntu] [--log-dir DIR] [--no-ssh]
# The same as `deadair preflight`; runs it from the image (IMAGE=deadair) where the command is not installed.
set -euo pipefail

if command -v deadair >/dev/null 2>&1; then exec deadair preflight "$@"; fi
docker=${DOCKER:-docker}
image=${IMAGE:-deadair}
$docker image inspect "$image" >/dev/null 2>&1 ||
  { echo "preflight: neither the command deadair nor the image '$image' is here: npm link, or docker build -t deadair ." >&2; exit 1; }
options=(--rm --net=host --read-only --user "$(id -u):$(id -g)" -e "USER=${USER:-$(id -un)}" -e HOME=/home/node --no-healthcheck)
if [ -d "$HOME/.ssh" ]; then options+=(-v "$HOME/.ssh:/home/node/.ssh:ro"); fi
if [ -S "${SSH_AUTH_SOCK:-}" ]; then options+=(-v "$SSH_AUTH_SOCK:/ssh-agent" -e SSH_AUTH_SOCK=/ssh-agent); fi
if [ -t 1 ]; then options+=(-t); fi
exec "$docker" run "${options[@]}" "$image" preflight "$@"
