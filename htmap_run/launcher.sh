#!/bin/sh
# The job's executable: this script, followed by a zip archive, which Python runs. The archive's __main__.py checks whether that
# Python is new enough: a check here would start Python twice. After --start comes what starts the archive instead.
if [ $# -ge 2 ] && [ ! -t 2 ]; then
    # Whatever keeps Python from starting, it comes back in the words of the shell, the dynamic linker or Python itself.
    [ -d _htmap_return ] || PATH="${PATH:+$PATH:}/usr/bin:/bin" mkdir -p _htmap_return
    true >>_htmap_return/stderr && exec 2>>_htmap_return/stderr # if the disk is full, it stays where it was
fi
if [ "$1" = --start ]; then
    program=$2
    shift 2
    archive=${0##*/}
    [ -f "$archive" ] || archive=$0
    command -v "$program" >/dev/null && exec "$program" "$archive" "$@"
    echo "htmap: there is no $program on the execute node $(uname -n), or it cannot be run there.
htmap: pick another delivery method, or restrict the map to nodes that have it with the option requirements." >&2
    exit 92
fi
for name in python3 python; do
    if python=$(command -v "$name"); then
        exec "$python" "$0" "$@" # the full path: if the job has no PATH, Python could not find itself
    fi
done
echo "htmap: there is no python3 and no python on the execute node's PATH ($PATH).
htmap: pick a delivery method or an image that brings one, or put one on the job's PATH." >&2
exit 92
