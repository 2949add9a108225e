"""Keep packed installations on disk, find them again, and let them go.

Imports the modules beside this package, and is used by ``plugin`` and ``commands``. The files below TRANSPLANT.DIR:

- ``lock``: the lock that is held while an installation is packed or removed, or a map is added to its users;
- ``<hash>/_htmap_python-<digest>.tar.gz``: the archives of its pieces. One that several installations have is a hard link in the
  folder of each, so that whoever deletes a folder takes nothing from others;
- ``<hash>/transplant.json``: the time and the content; it is written last, and without it there is no transplant;
- ``<hash>/maps``: the directories of the maps that use it, relative to the folder if they are in the same HTMAP_DIR.

0.7.0 had one archive for each installation, ``<hash>/_htmap_python.tar.gz``.
"""
