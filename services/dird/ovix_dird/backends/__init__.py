"""The back ends that come with Ovix, one module each."""
