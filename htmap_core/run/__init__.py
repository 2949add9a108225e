"""What runs on the execute node: Python 3.8 or newer, its standard library and cloudpickle, nothing of the core.

:mod:`htmap_core.runtime` packs these modules into the archive that is the job's executable. There they are the package
``htmap_run``, hence the relative imports. The submit side imports :mod:`~htmap_core.run.formats`,
:mod:`~htmap_core.run.codes`, :mod:`~htmap_core.run.ranges` and :mod:`~htmap_core.run.by_value` from here, so that both
sides share one definition. What is needed only now and then is imported where it is needed: each job pays for it.
"""
