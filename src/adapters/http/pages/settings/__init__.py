"""The MSP's own settings."""
