#!/bin/sh
# Turns its namespaces into an execute host, as their first process: a root file system in which only the operating system is
# what it was, then HTCondor. Started by hosts.py, which says in the environment: NAME; LOWER, the tree that the root file
# system is made of; STATE, the folder on disk that the host keeps its things in; HIDDEN and VISIBLE, one path a line.
set -eu
read -r pid _ </proc/self/stat # as the other namespaces see it: /proc is still theirs
echo "$pid"
read -r _ # until the network is there
mount --make-rprivate /
echo "$NAME" >/proc/sys/kernel/hostname

# What the host writes goes to memory, over a tree that it cannot change.
mount -t tmpfs -o mode=755 layers "$STATE"/layers
mkdir "$STATE"/layers/upper "$STATE"/layers/work "$STATE"/layers/root
root=$STATE/layers/root
mount -t overlay -o "lowerdir=$LOWER,upperdir=$STATE/layers/upper,workdir=$STATE/layers/work" overlay "$root"
IFS='
'
for path in $HIDDEN; do
    if [ -d "$root$path" ] && [ ! -L "$root$path" ]; then
        mount -t tmpfs -o mode=755 hidden "$root$path"
    fi
done
[ -z "$WITHOUT_PYTHON" ] || rm -f "$root"/usr/bin/python* "$root"/usr/local/bin/python*
mkdir -p "$root"/proc "$root"/sys "$root"/dev "$root"/run "$root"/tmp "$root"/var/tmp "$root/$HOME_OF_HOST" "$root"/before
chmod 1777 "$root"/tmp "$root"/var/tmp
for path in $VISIBLE; do
    mkdir -p "$root${path%/*}"
    if [ -d "$path" ]; then mkdir -p "$root$path"; else : >"$root$path"; fi
    mount --rbind "$path" "$root$path"
done
mount -t proc proc "$root"/proc
mount --rbind /sys "$root"/sys
mount --rbind /dev "$root"/dev
mount -t tmpfs -o mode=1777 shm "$root"/dev/shm
mount --bind "$STATE"/own "$root/$HOME_OF_HOST"
cp "$STATE"/own/hosts "$root"/etc/hosts

cd "$root"
pivot_root . before
exec chroot . /bin/sh -c "umount -l /before && rmdir /before && exec /bin/sh $HOME_OF_HOST/start"
