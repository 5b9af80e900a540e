"""The rules of an MSP's customer portal: pure Python, no I/O, no framework."""
