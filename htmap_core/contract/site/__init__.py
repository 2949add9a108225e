"""What the plugin of a site tells users: checks of ``htmap doctor``, and the site's words on what happened to a job.

Imports nothing of HTMap.
"""
