"""One canonical line per request, as JSON, so that machines can read it."""

import logging

import structlog


def configure_logs(*, requests: bool) -> None:
    """Log to standard error; request lines only where they are wanted."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if requests else logging.WARNING),
        cache_logger_on_first_use=True,
    )
