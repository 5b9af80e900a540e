"""The MSP's client companies, and who belongs to them."""
