"""What the MSP sells: catalogue, prices, stock, carts and orders."""
