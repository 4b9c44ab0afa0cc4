"""Phones: their configurations, requests and association with plugins."""
