#!/bin/bash
# Starts PostgreSQL as the entry point of the official image does, as far as the tests on containers can see.
set -eu

if [ "$1" != postgres ]; then
	exec "$@"
fi

if [ "$(id -u)" -eq 0 ]; then
	mkdir -p "$PGDATA" /var/run/postgresql
	chmod 700 "$PGDATA"
	chown -R postgres "$PGDATA" /var/run/postgresql
	exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
	initdb --no-sync --username="$POSTGRES_USER" --pwfile=<(echo "$POSTGRES_PASSWORD")
	echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
	echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
	pg_ctl -w -o "-c listen_addresses=''" start
	[ "$POSTGRES_DB" = postgres ] || createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
	for script in /docker-entrypoint-initdb.d/*.sh; do
		[ ! -f "$script" ] || . "$script"
	done
	pg_ctl -w -m fast stop
fi

exec "$@"
