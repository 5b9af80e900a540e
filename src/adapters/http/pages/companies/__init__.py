"""The MSP's client companies."""
