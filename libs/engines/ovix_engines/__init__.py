"""PostgreSQL, RabbitMQ and Asterisk run from a private directory."""
