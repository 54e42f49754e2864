"""The command line, with the extra ``cli``: ``ecsnet run``, ``history``, ``show`` and ``rules``."""

try:
    from ecsnet.cli.app import main
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] not in ("click", "rich"):
        raise
    raise ModuleNotFoundError(
        "the command line needs click and rich: pip install 'ecsnet[cli]'", name=error.name
    ) from error

__all__ = ["main"]
