"""Load: a seeded stream of requests, a client that does not wait for answers, and the ladder."""
