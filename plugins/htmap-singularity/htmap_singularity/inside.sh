#!/bin/sh
# Starts the archive that its first argument names, if this is a container. A pool that is not configured for the attribute
# SingularityImage ignores it silently, and the function would run with whatever the node has.
archive=$1
shift
if [ -n "$APPTAINER_CONTAINER$APPTAINER_NAME$SINGULARITY_CONTAINER$SINGULARITY_NAME" ]; then
    exec /bin/sh "./$archive" "$@"
fi
text="htmap: this is no container: the execute node ignored the attribute SingularityImage of the job.
htmap: set SINGULARITY.UNIVERSE = \"container\", or ask the pool's administrators for SINGULARITY_JOB and SINGULARITY_IMAGE_EXPR."
echo "$text" >&2
file="_htmap_return/outputs/$3.stderr"
mkdir -p "${file%/*}" && echo "$text" >>"$file"
exit 93
