#!/usr/bin/env bash
# Writes .env for docker-compose: fresh passwords and a token, readable by you alone. An existing .env is kept.
#   deploy/make-env.sh [FILE]
set -euo pipefail

file=${1:-$(cd "$(dirname "$0")/.." && pwd)/.env}
if [ -e "$file" ]; then
  echo "$file exists and is kept: remove it first to get new passwords (the data of the old ones then needs them)." >&2
  exit 0
fi

# Letters and digits only: Elasticsearch's own scripts and URLs take nothing else everywhere.
secret() { LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c "$1" || true; }

umask 077
cat >"$file" <<ENV
# Made by deploy/make-env.sh on $(date -u +%Y-%m-%dT%H:%M:%SZ). Keep it: the data volumes need these passwords.
COMPOSE_PROJECT_NAME=deadair
# elastic: Elasticsearch, Kibana and Deadair; embedded: Deadair alone
COMPOSE_PROFILES=elastic
STACK_VERSION=9.4.3

# The directory of logs on this host that is followed
DEADAIR_LOGS=${DEADAIR_LOGS:-/home/ubuntu/sai3-logs}
# Where the ingester listens; collectors and browsers need the token
DEADAIR_PUBLISH=0.0.0.0:7707
DEADAIR_TOKEN=$(secret 40)

ELASTIC_PASSWORD=$(secret 32)
KIBANA_PASSWORD=$(secret 32)
DEADAIR_ES_PASSWORD=$(secret 32)
KIBANA_ENCRYPTION_KEY=$(secret 40)
KIBANA_PUBLIC_URL=http://localhost:5601
ES_MEM_LIMIT=2g
KIBANA_MEM_LIMIT=1536m
ENV
echo "wrote $file. Next: docker-compose up -d; the token for collectors and the page is DEADAIR_TOKEN in it."
