"""Pages that say what went wrong, each with the status code that says the same to programs."""

from starlette.responses import HTMLResponse

from met.serve.links import ServerLinks
from met.serve.render import render


def error_page(status: int, title: str, why: str, *, template: str = "error.html") -> HTMLResponse:
    """Return the page of an error."""
    page = render(template, ServerLinks(), status=status, heading=title, why=why)
    return HTMLResponse(page, status_code=status)
