"""What the portal's secret keys do: seal, digest and sign."""
