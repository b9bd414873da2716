# Functions that the scripts beside this file share. Sourced, never run.
# shellcheck shell=bash

# Where the repository is, whatever the folder from which a script was called.
# shellcheck disable=SC2034  # used by those who source this
repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"

# Prints one line for the person, never for a program.
say() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}

# Says what is wrong and what to do, in one line, and ends.
die() {
    say "$*"
    exit 1
}

# Runs a command whose output matters only when it fails: keeps it in a log file and shows the end of it then.
# On a terminal the command draws its own progress; elsewhere a line a minute tells that it goes on.
#
# usage: quietly LABEL LOG COMMAND [ARGUMENT ...]
quietly() {
    local label="$1" log="$2" started="$SECONDS" next=60 code=0 pid
    shift 2
    mkdir -p "$(dirname "$log")"
    say "$label"
    if [[ -t 1 && -t 2 ]]; then
        "$@" || die "this failed: $*"
        return
    fi
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        if ((SECONDS - started >= next)); then
            say "$label: $(((SECONDS - started) / 60)) min, $(tail -n 1 "$log" | cut -c 1-80)"
            next=$((next + 60))
        fi
    done
    wait "$pid" || code=$?
    if ((code != 0)); then
        grep -E 'error:' "$log" | sort -u | head -n 40 >&2 || true
        tail -n 20 "$log" >&2
        die "this failed with exit code $code: $* (all of its output is in $log)"
    fi
    say "$label: done in $((SECONDS - started)) s"
}
