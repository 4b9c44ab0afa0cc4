"""The domain families of the configuration API, one package each; see `ovix_confd.kit`."""
