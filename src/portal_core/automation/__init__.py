"""What an administrator sees of the machinery: endpoints, deliveries, what failed."""
