"""The execute side: it needs Python 3.8 or newer, the standard library and cloudpickle, and nothing of the core.

:mod:`htmap_core.submission.archive` packs this package into the archive that is the job's executable, under the same name. Both
sides share the modules beside this one (names, exit codes, pickles) and ``frames``, the format of files. The other packages run
only in a job: its processes (``job``), what comes by value (``by_value``), the files of components (``files``), the reports on
them (``reports``), and the ``htmap`` that functions import there. Every import costs each job time: modules that are rarely
needed are imported where they are used, and paths are texts, because ``pathlib`` is slow to import.
"""
