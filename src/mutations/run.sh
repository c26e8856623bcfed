#!/bin/sh
# Shows that the proof notices what it is there for: applies each mutation of this folder
# to a copy of the repository, runs the tests that it names, and writes docs/mutations.md,
# which lists what noticed each. The sections of the document below the table stay as they
# are.
#
# usage: src/mutations/run.sh [mutation...]
set -eu

mutations=$(cd "$(dirname "$0")" && pwd)
repository=$(git -C "$mutations" rev-parse --show-toplevel)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git clone -q "$repository" "$copy/repository"
cd "$copy/repository"

noticed_by() {
	promises=$(grep -o 'violations by promise: {[^}]*}' "$copy/log" | tr '{},' '\n' |
		sed -n 's/^ *\(.*\)=[1-9][0-9]*$/\1/p' | sort -u | paste -sd, | sed 's/,/, /g')
	tests=$(grep -oE '^\[ERROR\] +[A-Za-z]+Tests\.[A-Za-z]+' "$copy/log" | sed 's/.* //' | sort -u | paste -sd, |
		sed 's/,/`, `/g')
	echo "${promises:+$promises: }\`$tests\`"
}

report() {
	cat <<END
# Mutations of the library

Each of these breaks the library on purpose. \`src/mutations/run.sh\` has applied them one by one, run the tests that are to
notice, and written what did. A promise stands before the tests where the [proof](proof.md) has found it broken.

| mutation | breakage | noticed by |
| --- | --- | --- |
END
	cat "$copy/rows"
	[ -z "$sections" ] || printf '\n%s\n' "$sections"
}

survivors=0
[ $# -gt 0 ] || set -- $(ls "$mutations" | sed -n 's/\.patch$//p')
for mutation in "$@"; do
	patch=$mutations/$mutation.patch
	tests=$(sed -n 's/^Tests: //p' "$patch")
	git checkout -q .
	git apply "$patch"
	./mvnw -q -B spring-javaformat:apply -pl replication-spring-boot-autoconfigure
	ended=0
	# the tests of both modules run, whichever notices
	./mvnw -q -B -pl replication-spring-boot-test -am test -Dtest="$tests" \
		-Dsurefire.failIfNoSpecifiedTests=false -Dtwin.sequences=500 -Dmaven.test.failure.ignore=true >"$copy/log" 2>&1 || ended=$?
	if grep -qE '^\[ERROR\] +[A-Za-z]+Tests\.' "$copy/log"; then
		noticed=$(noticed_by)
	elif [ "$ended" -eq 0 ]; then
		noticed="**nobody**"
		survivors=$((survivors + 1))
	else
		tail -n 20 "$copy/log"
		noticed="**nobody**: it does not run"
		survivors=$((survivors + 1))
	fi
	echo "$mutation: $noticed"
	echo "| [$mutation](../src/mutations/$mutation.patch) | $(sed -n 1p "$patch") | $noticed |" >>"$copy/rows"
done
sections=$(sed -n '/^## /,$p' "$repository/docs/mutations.md")
report >"$repository/docs/mutations.md"
exit $survivors
