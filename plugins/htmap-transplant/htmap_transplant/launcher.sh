#!/bin/sh
# What starts the archive: it unpacks the Python that travels with the job, and starts with it the archive that its first argument
# names. It needs sh, tar and gzip. Each failure is reported with the node's own message, because nobody can log in there.
PATH="${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin" # jobs have no PATH unless their owner gives them one

fail() {
    echo "htmap: $1" >&2
    exit 92
}

home="$PWD/_htmap_python"
python="$home/bin/python3"

# The job's ad has the names of the files that HTCondor put here, with slashes between them: one may come from a URL.
while IFS= read -r line; do
    case $line in
    "HTMapTransplant = "*)
        archives=${line#*\"}
        archives=${archives%\"}
        ;;
    esac
done <"${_CONDOR_JOB_AD:-.job.ad}"
[ -n "$archives" ] || fail "the job's ad does not say which packed Python it gets."
while [ -n "$archives" ]; do
    archive=${archives%%/*}
    case $archives in
    */*) archives=${archives#*/} ;;
    *) archives= ;;
    esac
    [ -f "$archive" ] || fail "the packed Python '$archive' did not arrive with this job."
    said=$(tar -xzof "$archive" 2>&1) || fail "the packed Python could not be unpacked: $said
htmap: unpacking needs tar, gzip and free disk space; the option request_disk asks for more disk space."
    rm -f "$archive" # it would count as disk space of the job
done

unset PYTHONHOME
if ! said=$("$python" -I -S -c "" 2>&1); then
    fail "the Python that was sent does not run here: $said
htmap: it is $(cat "$home/about"); this node is $(uname -sm), $(getconf GNU_LIBC_VERSION 2>/dev/null || echo 'not glibc').
htmap: restrict the map to nodes like the submit side with the option requirements, or pick another delivery method."
fi
# OpenSSL looks for certificates where the submit side has them, but distributions keep them in different places.
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    if [ -z "${SSL_CERT_FILE:-}${SSL_CERT_DIR:-}" ] && [ -r "$bundle" ]; then
        export SSL_CERT_FILE="$bundle"
    fi
done
export PATH="$home/bin:$PATH" PYTHONNOUSERSITE=1
exec "$python" "$@"
