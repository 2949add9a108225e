#!/bin/sh
# The job's executable: this script, followed by a zip archive, which Python runs. The archive's __main__.py checks whether that
# Python is new enough: a check here would start Python twice.
for name in python3 python; do
    if python=$(command -v "$name"); then
        exec "$python" "$0" "$@" # the full path: if the job has no PATH, Python could not find itself
    fi
done
text="htmap: there is no python3 and no python on the execute node's PATH ($PATH).
htmap: pick a delivery method or an image that brings one, or put one on the job's PATH."
echo "$text" >&2
if [ $# -ge 2 ]; then
    PATH="$PATH:/usr/bin:/bin" mkdir -p _htmap_return && echo "$text" >>_htmap_return/stderr
fi
exit 92
