"""``ecsnet guest``: the configuration of an ENI inside its instance, as a script."""

from __future__ import annotations

import click

from ecsnet.cli.output import Output
from ecsnet.guest import GuestConfiguration


def show(configuration: GuestConfiguration, output: Output) -> None:
    """Prints the script, or the steps, without any style, so that it can be piped into a file."""
    if output.as_json:
        output.value(configuration)
    else:
        click.echo(str(configuration), nl=False)
