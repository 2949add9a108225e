#!/bin/sh
# Runs the daemons of an access point, as the first process of their namespaces. Its files are those of this machine.
set -eu
read -r pid _ </proc/self/stat # as the other namespaces see it: /proc is still theirs
echo "$pid"
read -r _ # until the network is there
mount -t proc proc /proc
exec $MASTER
