"""Orders: a company's own, and all of them for the MSP."""
