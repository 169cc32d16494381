#!/usr/bin/env bash
# Runs every test. What runs on the host's clock runs one by one; everything else runs beside it on
# what that leaves of the processors, and says what came of it afterwards.
set -u
python=$1
said=$(mktemp)
trap 'rm -f "$said"; kill $(jobs -p) 2>/dev/null' EXIT
# Linux knows programs that run only while nothing else wants to; elsewhere being nice must do.
leftover=(nice -n 19)
chrt --idle 0 true 2>/dev/null && leftover=(chrt --idle 0)

# Where programs may not keep what they compile, each of a thousand processes would do it anew.
"$python" -m compileall -q -x node_modules src simulator scenarios tests

"${leftover[@]}" "$python" -m pytest -m 'not realtime' -n auto --dist loadfile \
    --durations 30 --durations-min 5 >"$said" 2>&1 &
rest=$!
status=0
"$python" -m pytest -m realtime --durations 30 --durations-min 5 || status=1
wait "$rest" || status=1
cat "$said"
exit $status
