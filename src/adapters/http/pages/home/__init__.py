"""Where people arrive: a company's home and the MSP's."""
