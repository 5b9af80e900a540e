"""The log of every program: one event per line, with the request's or job's context."""

import logging
import sys

import structlog
from structlog.types import Processor

from entrypoints.settings import LogFormat, LogLevel

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
# Tracebacks without the values of variables: passwords and keys are among them.
_PLAIN = structlog.dev.plain_traceback
_AS_DATA = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
_CHATTY = ("httpx", "httpcore", "saq", "_granian", "granian.access")


def configure_logs(style: LogFormat | None, level: LogLevel) -> None:
    """Write logs to standard error: readable on a terminal, else as JSON.

    What libraries log joins in, from warnings on.
    """
    terminal = sys.stderr.isatty()
    console = style == "console" or (style is None and terminal)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=terminal, exception_formatter=_PLAIN)]
        if console
        else [_AS_DATA, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last,
        ])
    )  # fmt: skip
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(_LEVELS[level], logging.WARNING))
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
