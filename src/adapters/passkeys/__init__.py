"""Passkeys: key pairs in people's devices."""
