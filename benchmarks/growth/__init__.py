"""How what HTMap does grows with the components of a map, and what slow files make of it: ``make bench-growth``.

`operations` are measured in processes of their own, `sizes` has them one after another for a map of each size, `fit` tells with
which power they grow, and `slow_files` gives the files of HTMAP_DIR a delay.
"""
