"""provd: the documents that phones are provisioned from, and what is done with them."""
