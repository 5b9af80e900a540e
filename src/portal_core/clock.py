"""What time it is, passed in so that tests can say."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Returns the present moment, always with a time zone."""
