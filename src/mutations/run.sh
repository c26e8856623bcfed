#!/bin/sh
# Shows that the proof notices what it is there for: applies each mutation of this folder
# to a copy of the repository, runs ProofTests, and tells which promise was seen broken.
#
# usage: src/mutations/run.sh [mutation...]
set -eu

mutations=$(cd "$(dirname "$0")" && pwd)
repository=$(git -C "$mutations" rev-parse --show-toplevel)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git clone -q "$repository" "$copy"
cd "$copy"

survivors=0
[ $# -gt 0 ] || set -- $(ls "$mutations" | sed -n 's/\.patch$//p')
for mutation in "$@"; do
	git checkout -q .
	git apply "$mutations/$mutation.patch"
	./mvnw -q -B spring-javaformat:apply -pl replication-spring-boot-autoconfigure
	if ./mvnw -q -B -pl replication-spring-boot-test -am test -Dtest=ProofTests \
			-Dsurefire.failIfNoSpecifiedTests=false >"$copy/log" 2>&1; then
		echo "$mutation: SURVIVED"
		survivors=$((survivors + 1))
	elif grep -q 'violations by promise' "$copy/log"; then
		echo "$mutation: noticed"
		grep -o 'violations by promise: {[^}]*}' "$copy/log" | sort -u | sed 's/^/    /'
	else
		echo "$mutation: DOES NOT RUN"
		tail -n 20 "$copy/log"
		survivors=$((survivors + 1))
	fi
done
exit $survivors
