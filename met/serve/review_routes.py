"""The pages of review: plans, one item at a time, what reviewers say, and the results."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Body, FastAPI, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from met.errors import BadInput
from met.serve import reviewing
from met.serve.desk import LINKS, Desk
from met.serve.forms import Text, fields_of, page_of, plain
from met.serve.reviewing import Reviewer

Position = Annotated[int | None, Query(ge=0, le=100_000_000)]


def add_review(app: FastAPI, desk: Desk) -> None:
    """Add the pages to the application."""

    @app.get("/review")
    def plans() -> HTMLResponse:
        return page_of(desk.page("plans.html", page=reviewing.plans_page(desk), kinds=reviewing.kinds()))

    @app.get("/review/results")
    def results(plan: Text) -> HTMLResponse:
        return page_of(desk.page("results.html", page=reviewing.results_page(desk, plain(plan))))

    @app.get("/review/next")
    def next_item(plan: Text, reviewer: Text, kind: Text, at: Position = None) -> HTMLResponse:
        return _shown(desk, Reviewer(plan=plain(plan), name=plain(reviewer).strip(), kind=plain(kind)), at)

    @app.post("/review/judge")
    def judge(body: Annotated[bytes, Body()]) -> Response:
        said = fields_of(body)
        reviewer = _reviewer(said)
        try:
            reviewing.judge(desk, reviewer, said)
        except BadInput as error:
            return _shown(desk, reviewer, _position(said), notice=str(error))
        return RedirectResponse(_next(reviewer, None), status_code=303)

    @app.post("/review/undo")
    def undo(body: Annotated[bytes, Body()]) -> Response:
        said = fields_of(body)
        reviewer = _reviewer(said)
        try:
            position = reviewing.undo(desk, reviewer)
        except BadInput as error:
            return _shown(desk, reviewer, _position(said), notice=str(error))
        return RedirectResponse(_next(reviewer, position), status_code=303)


def _shown(desk: Desk, reviewer: Reviewer, at: int | None, *, notice: str = "") -> HTMLResponse:
    """Return the page of an item; with a notice it is the answer to something that could not be done."""
    found = reviewing.review_page(desk, reviewer, at)
    if found is None:
        return page_of(desk.page("reviewed.html", reviewer=reviewer))
    page = desk.page(
        "review.html",
        review=found,
        asked=reviewing.ASKED,
        notice=notice,
        modalities=reviewing.modalities(),
        roles=reviewing.roles(),
    )
    return page_of(page, 400 if notice else 200)


def _reviewer(said: Mapping[str, str]) -> Reviewer:
    return Reviewer(plan=said.get("plan", ""), name=said.get("reviewer", "").strip(), kind=said.get("kind", ""))


def _position(said: Mapping[str, str]) -> int | None:
    at = said.get("at", "")
    return int(at) if at.isdecimal() and len(at) < 9 else None


def _next(reviewer: Reviewer, at: int | None) -> str:
    said = {"plan": reviewer.plan, "reviewer": reviewer.name, "kind": reviewer.kind, "at": at}
    return LINKS.to("/review/next", **said) or "/review"
