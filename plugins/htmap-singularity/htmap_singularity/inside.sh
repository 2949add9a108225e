#!/bin/sh
# Start the archive that the first argument names, if this is a container. A pool that is not configured for the attribute
# SingularityImage ignores it silently, and the function would run with the node's own Python.
archive=$1
shift
if [ -n "$APPTAINER_CONTAINER$APPTAINER_NAME$SINGULARITY_CONTAINER$SINGULARITY_NAME" ]; then
    exec /bin/sh "./$archive" "$@"
fi
echo "htmap: this job does not run in a container: the execute node ignored its attribute SingularityImage.
htmap: set SINGULARITY.UNIVERSE = \"container\", or ask the pool's administrators for SINGULARITY_JOB and SINGULARITY_IMAGE_EXPR." >&2
exit 93
