"""Signing in with the account of an institution (OpenID Connect): whom the operator trusts, and how they are asked."""
