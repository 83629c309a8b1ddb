#!/usr/bin/env bash
# Writes .env for docker-compose: fresh passwords and a token, readable by you alone. An existing .env is kept. Makes the
# directory of logs and config/deadair.yaml where they are missing.
#   deploy/make-env.sh [FILE]
# Settings (environment): DEADAIR_LOGS=/home/ubuntu/sai3-logs  PUBLIC_NAME=the name or address people reach this host by, for the
# links in alerts (asked for at a terminal)  DEADAIR_PORT=7707  ES_PORT=9200  KIBANA_PORT=5601  COMPOSE_PROFILES=elastic or embedded
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case "${1:-}" in -h | --help) sed -n '1d; /^[^#]/q; s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
file=${1:-$root/.env}
logs=${DEADAIR_LOGS:-/home/ubuntu/sai3-logs}
profile=${COMPOSE_PROFILES:-elastic}
port=${DEADAIR_PORT:-7707} es_port=${ES_PORT:-9200} kibana_port=${KIBANA_PORT:-5601}

# Else Docker would make it, for root alone, and the first agent could not write its log.
if ! mkdir -p "$logs" 2>/dev/null; then
  echo "make-env: cannot make $logs: sudo mkdir -p $logs && sudo chown $(id -un) $logs, or set DEADAIR_LOGS" >&2
  exit 1
fi
mkdir -p "$root/config"
if [ ! -e "$root/config/deadair.yaml" ]; then
  cat >"$root/config/deadair.yaml" <<'YAML'
# Deadair's settings beyond .env; after a change: docker-compose restart deadair. Check: docker-compose exec deadair deadair config check
# Who is expected, and where they listen where their collectors can't see it (agents in containers with a network of their own):
# agents:
#   - { id: agent-1, address: "10.0.0.11:7761" }
# Where alerts go:
# alerts:
#   channels:
#     - { name: ops, kind: slack, url: "https://hooks.example.org/…" }
YAML
fi
if [ -e "$file" ]; then
  echo "$file exists and is kept: the data volumes need its passwords. To start afresh: docker-compose down -v, then remove it." >&2
  exit 0
fi

# Compose would find out when everything else has started, minutes from now.
taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
wanted=(DEADAIR_PORT="$port")
case $profile in *elastic*) wanted+=(ES_PORT="$es_port" KIBANA_PORT="$kibana_port") ;; esac
for each in "${wanted[@]}"; do
  if taken "${each#*=}"; then
    echo "make-env: port ${each#*=} is taken on this host (ss -ltnp says by whom): stop that, or choose another: ${each%%=*}=PORT deploy/make-env.sh" >&2
    exit 1
  fi
done

name=${PUBLIC_NAME:-}
if [ -z "$name" ] && [ -t 0 ] && [ -t 2 ]; then
  read -r -p "Name or address by which people reach this host, for links in alerts [$(hostname)]: " name
  name=${name:-$(hostname)}
fi
told=${name:-localhost}

# Letters and digits only: Elasticsearch's own scripts and URLs take nothing else everywhere.
secret() { LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c "$1" || true; }

umask 077
cat >"$file" <<ENV
# Made by deploy/make-env.sh on $(date -u +%Y-%m-%dT%H:%M:%SZ). Keep it: the data volumes need these passwords.
COMPOSE_PROJECT_NAME=deadair
# What a plain "up" starts. elastic: Elasticsearch, Kibana and Deadair; embedded: Deadair alone
COMPOSE_PROFILES=$profile
STACK_VERSION=9.4.3

# The directory of logs on this host that is followed
DEADAIR_LOGS=$logs
# What this host is called in Deadair
DEADAIR_HOST=$(hostname)
# Where the ingester listens for collectors and browsers; both need the token
DEADAIR_BIND=0.0.0.0
DEADAIR_PORT=$port
DEADAIR_TOKEN=$(secret 40)
# How this host's own collector reaches it: DEADAIR_BIND (127.0.0.1 for 0.0.0.0) and DEADAIR_PORT
DEADAIR_TO=http://127.0.0.1:$port
# For links in alerts: how people reach page and Kibana (which listens on 127.0.0.1: ssh -L $kibana_port:127.0.0.1:$kibana_port $told)
DEADAIR_PAGE_URL=http://$told:$port
KIBANA_PUBLIC_URL=http://localhost:$kibana_port
DEADAIR_RETENTION=30d

ELASTIC_PASSWORD=$(secret 32)
KIBANA_PASSWORD=$(secret 32)
KIBANA_ENCRYPTION_KEY=$(secret 40)
ES_PORT=$es_port
KIBANA_PORT=$kibana_port
ES_MEM_LIMIT=2g
KIBANA_MEM_LIMIT=1536m
DEADAIR_MEM_LIMIT=1g
ENV
echo "wrote $file. Page: http://$told:$port (its token is DEADAIR_TOKEN in that file)."
case $profile in *elastic*) echo "Kibana: http://localhost:$kibana_port on this host, user elastic (ELASTIC_PASSWORD)." ;; esac
[ -n "$name" ] || echo "Links in alerts say localhost: set DEADAIR_PAGE_URL in that file (or PUBLIC_NAME here) to what people reach this host by."
echo "Next: docker-compose up -d"
case $profile in *elastic*) echo "The first time it builds the image and waits for Elasticsearch, three to five minutes in all; meanwhile: docker-compose logs -f" ;; esac
