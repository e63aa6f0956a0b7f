# What the tests and the bench need of the machine. To be sourced; as root on Debian it
# installs and starts what is missing.

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '\n== %s\n' "$*" >&2; }

# install COMMAND PACKAGE…: makes sure that COMMAND is there.
install() {
  local command=$1
  shift
  have "$command" && return
  say "installing $*"
  if ! have apt-get || [ "$(id -u)" != 0 ]; then
    echo "$command is missing: install $* and run this again." >&2
    exit 1
  fi
  [ -n "${apt_updated:-}" ] || apt-get update -qq
  apt_updated=1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# As whom to speak to the PostgreSQL of this machine: root where root may, else postgres.
postgres_ready() { psql -qXtA "$1" -c 'SELECT 1' >/dev/null 2>&1; }

bring_up_postgres() {
  [ -n "${SHANGXUE_TEST_POSTGRES:-}" ] && return
  install psql postgresql postgresql-client
  local user address
  for round in 1 2; do
    for user in root postgres; do
      address="postgres://$user@127.0.0.1:5432/postgres"
      if postgres_ready "$address"; then
        export SHANGXUE_TEST_POSTGRES=$address
        return
      fi
    done
    [ "$round" = 1 ] || break
    say "starting PostgreSQL"
    local version
    version=$(ls /etc/postgresql 2>/dev/null | sort -n | tail -1)
    if [ -z "$version" ]; then
      install pg_createcluster postgresql
      version=$(ls /etc/postgresql | sort -n | tail -1)
    fi
    # A test server on this machine's loopback alone: no passwords.
    sed -i -E 's/^(host .*127\.0\.0\.1\/32 +)[a-z0-9-]+$/\1trust/' "/etc/postgresql/$version/main/pg_hba.conf"
    pg_ctlcluster --skip-systemctl-redirect "$version" main restart || true
    for _ in $(seq 30); do pg_isready -q -h 127.0.0.1 && break; sleep 0.5; done
  done
  echo "PostgreSQL does not answer on 127.0.0.1:5432; set SHANGXUE_TEST_POSTGRES." >&2
  exit 1
}

bring_up_redis() {
  [ -n "${SHANGXUE_TEST_REDIS:-}" ] && return
  install redis-server redis-server
  if ! redis-cli -h 127.0.0.1 ping >/dev/null 2>&1; then
    say "starting Redis"
    redis-server --daemonize yes --bind 127.0.0.1 --port 6379 --save "" --appendonly no >/dev/null
    for _ in $(seq 30); do redis-cli -h 127.0.0.1 ping >/dev/null 2>&1 && break; sleep 0.2; done
  fi
  export SHANGXUE_TEST_REDIS=redis://127.0.0.1:6379/9
}
