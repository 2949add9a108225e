"""The usual map options, which are keywords of ``MapOptions``: what each takes and means, and the dictionary that checks them.

Imports ``language``, and of ``contract`` what options are made of; the modules beside the packages.
"""
