#!/bin/sh
# The job's executable: this text, and behind it a zip archive, which Python runs. Whether that Python is new enough, the
# archive's __main__.py says: asking here would cost another start of it.
for name in python3 python; do
    if python=$(command -v "$name"); then
        exec "$python" "$0" "$@" # by its full path: where a job has no PATH, Python could not tell where it is itself
    fi
done
text="htmap: there is no python3 and no python on the execute node's PATH ($PATH).
htmap: pick a delivery method or an image that brings one, or put one on the job's PATH."
echo "$text" >&2
if [ $# -ge 3 ]; then
    file="_htmap_return/outputs/$3.stderr"
    PATH="$PATH:/usr/bin:/bin" mkdir -p "${file%/*}" && echo "$text" >>"$file"
fi
exit 92
