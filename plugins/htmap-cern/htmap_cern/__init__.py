"""HTMap at CERN: tickets, run times and schedds of the batch service. An example of a site's plugin, too."""
