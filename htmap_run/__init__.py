"""What runs on the execute node: Python 3.8 or newer, its standard library and cloudpickle, nothing of the core.

:mod:`htmap_core.submission.archive` packs it into the archive that is the job's executable, under the same name. The modules
beside this one are what both sides share: file formats, names, exit codes, pickles. In the packages is what runs in a job alone:
the processes (``job``), a component's files (``files``), what is told of it (``reports``), and the ``htmap`` that functions find
there. What is needed only now and then is imported where it is needed, and paths are texts, because each job would
pay for ``pathlib``.
"""
