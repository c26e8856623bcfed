# Copies the primary at the first start, and follows it.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	rm -rf "$PGDATA"
	pg_basebackup -h primary -U replicator -D "$PGDATA" -X stream -R
fi
exec postgres
