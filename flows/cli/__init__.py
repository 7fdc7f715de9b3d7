"""The command `met`. Everything heavy is imported inside the commands, so that `met --help` is instant."""

import sys
from typing import Annotated

import typer

from flows.cli import dataset, fitting, look, merges, review, scoring, search, serve, services, tree, why
from flows.cli.arguments import spread
from met.errors import BadInput, GateFailed, MetError, Unavailable

FAILED, BAD_INPUT, GATE_FAILED, INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    name="met",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"met-engine {version('met-engine')}")
        raise typer.Exit


@app.callback()
def met(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version, and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Turns medical literature into training data, guided by a Medical Entity Tree."""


for group in (services, dataset, why, search, look, serve, scoring, fitting):
    group.register(app)
merges.register(tree.app)
app.add_typer(tree.app, name="tree")
app.add_typer(review.app, name="review")


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 bad input or no service, 3 a gate failed, 130 interrupted."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; an error of the engine is one line on stderr."""
    try:
        code = int(app(spread(arguments), prog_name="met", standalone_mode=False) or 0)
    except MetError as error:
        return _say(error, _exit_code(error))
    except typer.TyperException as error:
        return _say(error.format_message().replace("Value error, ", ""), error.exit_code)
    return _say("interrupted; the next run resumes here", code) if code == INTERRUPTED else code


def _exit_code(error: MetError) -> int:
    if isinstance(error, (BadInput, Unavailable)):
        return BAD_INPUT
    return GATE_FAILED if isinstance(error, GateFailed) else FAILED


def _say(what: object, code: int) -> int:
    line = " ".join(str(what).split())
    if line:
        print(f"met: {line}", file=sys.stderr)
    return code
