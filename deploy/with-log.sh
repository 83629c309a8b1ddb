#!/bin/sh
# Runs a program in place of `PROGRAM 2>&1 | tee -a LOG`: output to standard output and to LOG, signals passed on, exit
# status kept. By `deadair run` where that is installed (it also marks start and end in the log), else by tee.
# run-agent.sh and run-controller.sh hand this text to the container's shell, hence plain POSIX sh.
#   with-log.sh [--status FILE] LOG PROGRAM [ARGS...]      FILE gets the exit status
status_file=
if [ "$1" = --status ]; then
  status_file=$2
  shift 2
fi
log=$1
shift

if command -v deadair >/dev/null 2>&1; then
  deadair run --log "$log" -- "$@" &
  program=$!
  copier=
else
  # Not `| tee`: there the shell could neither learn the program's status nor pass a signal on to it.
  pipe=$(mktemp -u "${TMPDIR:-/tmp}/with-log.XXXXXX")
  mkfifo "$pipe" || exit 1
  tee -a "$log" <"$pipe" &
  copier=$!
  "$@" >"$pipe" 2>&1 &
  program=$!
fi

# As first process of a container the shell would ignore SIGTERM, and `docker stop` end in a kill after 10 s.
trap 'kill -TERM "$program" 2>/dev/null' TERM
trap 'kill -INT "$program" 2>/dev/null' INT
trap 'kill -HUP "$program" 2>/dev/null' HUP
wait "$program"
status=$?
# A signal ends `wait`, not the program.
while kill -0 "$program" 2>/dev/null; do
  wait "$program"
  status=$?
done
if [ -n "$copier" ]; then
  wait "$copier"
  rm -f "$pipe"
fi
if [ -n "$status_file" ]; then echo "$status" >"$status_file"; fi
exit "$status"
