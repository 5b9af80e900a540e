"""The catalogue, as the MSP keeps it."""
