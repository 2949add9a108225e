"""What runs on the execute node: Python 3.8 or newer, its standard library and cloudpickle, nothing of the core.

:mod:`htmap_core.submission.archive` packs it into the archive that is the job's executable, under the same
name. The submit side imports :mod:`~htmap_run.formats`,
:mod:`~htmap_run.codes`, :mod:`~htmap_run.names`, :mod:`~htmap_run.ranges` and :mod:`~htmap_run.by_value` from here, so that both
sides share one definition. What is needed only now and then is imported where it is needed: each job pays for it.
"""
