"""The archive's entry point. Any Python can parse it, 2.7 too, so that a Python that is too old ends with a readable message."""
# mypy: allow-untyped-defs, allow-untyped-calls

import os
import sys

OLDEST = (3, 8)
NO_PYTHON = 92  # codes.NO_PYTHON; that module may not be importable yet


def other_python():
    """Return a `python` on PATH that is not this one; `python3` may be an old system's and `python` newer. Only one is tried."""
    if os.environ.get("HTMAP_PYTHON_TOO_OLD"):
        return None
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, "python")
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return None if os.path.realpath(path) == os.path.realpath(sys.executable) else path
    return None


def refuse():
    text = (
        "htmap: the execute node's Python is too old: it is %s at %s, and HTMap needs %s or newer there.\n"
        "htmap: pick a delivery method or an image that brings a newer one, or put one first on the job's PATH.\n"
        % (sys.version.split()[0], sys.executable, ".".join(str(part) for part in OLDEST))
    )
    sys.stderr.write(text)  # the launcher has led it into the folder that comes back
    sys.stderr.flush()
    sys.exit(NO_PYTHON)


def load_once(archive):
    """Let modules of the archive be loaded once: zipimport loads each a first time to tell its file's name."""
    from zipimport import ZipImportError, zipimporter

    class OwnImporter(zipimporter):
        def get_filename(self, fullname):
            path = os.path.join(self.archive, self.prefix, fullname.rpartition(".")[2])
            return os.path.join(path, "__init__.py") if self.is_package(fullname) else path + ".py"

    def hook(path):
        if path == archive or path.startswith(archive + os.sep):
            return OwnImporter(path)
        raise ZipImportError(path)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.pop(archive, None)


def start():
    archive = os.path.dirname(os.path.abspath(__file__))
    if sys.version_info < OLDEST:
        other = other_python()
        if other is None:
            refuse()
        os.environ["HTMAP_PYTHON_TOO_OLD"] = sys.executable
        os.execv(other, [other, archive] + sys.argv[1:])
    os.environ.pop("HTMAP_PYTHON_TOO_OLD", None)
    # The path must be absolute: later imports use it too, when the function may have changed the directory. A PYTHONPATH that
    # ends in a colon names the scratch directory: there an input file would hide the module of Python's that has its name.
    scratch = os.getcwd()
    sys.path[:] = [archive] + [folder for folder in sys.path[1:] if os.path.abspath(folder) != scratch]
    load_once(archive)
    from htmap_run.job.runner import main  # type: ignore[import-not-found]  # its name inside the archive

    main(archive)


if __name__ == "__main__":
    start()
elif __name__ == "__mp_main__":  # in a process that multiprocessing starts anew for the user's function
    from htmap_run.by_value.script import in_child  # type: ignore[import-not-found]  # its name inside the archive

    in_child(os.path.dirname(os.path.abspath(__file__)), globals())
