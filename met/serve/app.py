"""The application: one function a page, each of which reads the store and returns HTML."""

from importlib.resources import files
from typing import Annotated, Final

from fastapi import Body, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from met.errors import BadInput, MetError, NotFound, Unavailable
from met.pixels import ImageRefused
from met.serve import branches
from met.serve.coverage import coverage_page
from met.serve.desk import Desk
from met.serve.errors import error_page
from met.serve.forms import Text, fields_of, page_of, plain
from met.serve.funnel import examples_of, funnel_page
from met.serve.guard import Access, Guard
from met.serve.items import item_page, render_item
from met.serve.lists import ALIGN, Chosen, list_page
from met.serve.nodes import node_brief, node_page
from met.serve.pictures import box_named, picture, thumbnail
from met.serve.render import STATIC, static_files
from met.serve.review_routes import add_review
from met.serve.searching import SearchPage, search_image, search_like, search_text
from met.store.reviewed import reviews_told
from met.types import Image

FOREVER: Final = {"Cache-Control": "private, max-age=31536000, immutable"}


def create_app(desk: Desk, access: Access) -> Guard:
    """Return the application over a store, for whoever has access, behind its guard."""
    app = FastAPI(title="MET", docs_url=None, redoc_url=None, openapi_url=None)
    _add_errors(app)
    _add_files(app, desk, access)
    _add_overviews(app, desk)
    _add_tree(app, desk)
    _add_items(app, desk)
    add_review(app, desk)
    # Around all of it, the page of an unforeseen fault included.
    return Guard(app, access=access)


def _add_errors(app: FastAPI) -> None:
    def not_found(_request: Request, error: Exception) -> Response:
        return error_page(404, "Not here", str(error))

    def bad(_request: Request, error: Exception) -> Response:
        return error_page(400, "This cannot be used", str(error))

    def invalid(_request: Request, _error: Exception) -> Response:
        return error_page(400, "This cannot be used", "A part of the address is not what it should be.")

    def down(_request: Request, error: Exception) -> Response:
        return error_page(503, "The database does not answer", f"{error}. Start it again, then load this page anew.")

    def refused(_request: Request, error: Exception) -> Response:
        return error_page(415, "This image cannot be shown", str(error))

    def http(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        said = {404: "There is no such page", 405: "This page takes no such request"}
        return error_page(status, said.get(status, "This did not work"), "Look at the address.")

    def failed(_request: Request, error: Exception) -> Response:
        return error_page(500, "This did not work", f"{type(error).__name__}: the terminal of `met serve` says more.")

    for kind, handler in (
        (NotFound, not_found),
        (BadInput, bad),
        (Unavailable, down),
        (ImageRefused, refused),
        (MetError, failed),
        (RequestValidationError, invalid),
        (HTTPException, http),
        (Exception, failed),
    ):
        app.add_exception_handler(kind, handler)


def _add_files(app: FastAPI, desk: Desk, access: Access) -> None:
    # The layout of the tree is that of the page that `met tree plot` writes.
    assets = static_files() | {"plot.js": (files("met.tree") / "plot.js").read_bytes()}

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in assets:
            raise NotFound(what="file", name=name, hint="")
        kind = STATIC[name[name.rfind(".") :]]
        return Response(assets[name], media_type=kind, headers={"Cache-Control": "no-cache"})

    @app.get("/image/{sha256}")
    def image(sha256: str) -> Response:
        data, media_type = picture(desk.blobs, _image(desk, sha256))
        return Response(data, media_type=media_type, headers=FOREVER)

    @app.get("/thumb/{sha256}/{box}")
    def thumb(sha256: str, box: str) -> Response:
        data = thumbnail(desk.blobs, _image(desk, sha256), box_named(box))
        return Response(data, media_type="image/jpeg", headers=FOREVER)

    @app.get("/login")
    def login_form() -> Response:
        return error_page(200, "This server asks for its token", "Whoever started it has it.", template="login.html")

    @app.post("/login")
    def login(body: Annotated[bytes, Body()]) -> Response:
        if not access.opens(fields_of(body).get("token", "")):
            why = "The token is not the one that this server was started with."
            return error_page(401, "This server asks for its token", why, template="login.html")
        response = RedirectResponse("/", status_code=303)
        response.headers["Set-Cookie"] = access.cookie()
        return response


def _image(desk: Desk, sha256: str) -> Image:
    rows = desk.store.query("serve_image", sha256=plain(sha256))
    if not rows:
        raise NotFound(what="image", name=sha256, hint=" in the store")
    return Image(**rows[0]._mapping)


def _add_overviews(app: FastAPI, desk: Desk) -> None:
    @app.get("/")
    def home() -> HTMLResponse:
        scope = desk.scope()
        if scope is None:
            return page_of(desk.page("home.html", scope=None))
        funnel = funnel_page(desk, scope)
        pairs = list_page(desk, scope, Chosen()).cards[:10]
        roots = branches.children(desk, scope, None, 0)
        return page_of(desk.page("home.html", scope=scope, page=funnel, cards_shown=pairs, roots=roots))

    @app.get("/funnel")
    def funnel() -> HTMLResponse:
        scope = desk.the_scope()
        return page_of(desk.page("funnel.html", scope=scope, page=funnel_page(desk, scope)))

    @app.get("/funnel/examples")
    def examples(stage: Text, reason: Text) -> HTMLResponse:
        found = examples_of(desk, desk.the_scope(), plain(stage), plain(reason))
        return page_of(desk.page("examples.html", page=found))

    @app.get("/coverage")
    def coverage(node: Text = "") -> HTMLResponse:
        return page_of(desk.page("coverage.html", page=coverage_page(desk, desk.the_scope(), plain(node) or None)))

    @app.post("/count")
    def count() -> Response:
        scope = desk.the_scope()
        desk.store.count_pages(scope.key, scope.tree)
        return RedirectResponse("/funnel", status_code=303)


def _add_tree(app: FastAPI, desk: Desk) -> None:
    @app.get("/tree")
    def tree(node: Text = "") -> HTMLResponse:
        desk.the_scope()
        return page_of(desk.page("tree.html", start=plain(node)))

    @app.get("/tree/top")
    def top() -> JSONResponse:
        return JSONResponse(branches.top(desk, desk.the_scope()))

    @app.get("/tree/children")
    def children(node: Text = "", offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0) -> JSONResponse:
        return JSONResponse(branches.children(desk, desk.the_scope(), plain(node) or None, offset))

    @app.get("/tree/way")
    def way(node: Text) -> JSONResponse:
        return JSONResponse(branches.way_to(desk, desk.the_scope(), plain(node)))

    @app.get("/tree/find")
    def find(q: Text = "") -> JSONResponse:
        found = branches.find(desk, desk.the_scope(), plain(q))
        return JSONResponse([branches.found_line(row) for row in found])

    @app.get("/tree/about")
    def about(node: Text) -> HTMLResponse:
        return page_of(desk.page("brief.html", page=node_brief(desk, desk.the_scope(), plain(node))))

    @app.get("/node/{key:path}")
    def node(key: str) -> HTMLResponse:
        return page_of(desk.page("node.html", page=node_page(desk, desk.the_scope(), plain(key))))


def _add_items(app: FastAPI, desk: Desk) -> None:
    @app.get("/item/{key:path}")
    def item(key: str, judging: bool = False) -> HTMLResponse:
        page = item_page(desk.store, plain(key))
        told = None if judging else reviews_told(desk.store, page.build, [page.key], known=[page.dossier])
        return page_of(render_item(page, static=False, reviews=told))

    @app.get("/items")
    def items(of: Text = "", node: Text = "", after: Text = "") -> HTMLResponse:
        stage, _, reason = plain(of or ALIGN).partition("/")
        chosen = Chosen(stage=stage, reason=reason, node="" if of else plain(node), after=plain(after))
        return page_of(desk.page("items.html", page=list_page(desk, desk.the_scope(), chosen), of=of))

    @app.get("/search")
    def search(q: Text = "", like: Text = "") -> HTMLResponse:
        scope = desk.the_scope()
        found = search_like(desk, scope, plain(like)) if like else search_text(desk, scope, plain(q))
        return _found(desk, found)

    @app.post("/search/image")
    def by_image(body: Annotated[bytes, Body()]) -> HTMLResponse:
        return _found(desk, search_image(desk, desk.the_scope(), body))


def _found(desk: Desk, page: SearchPage) -> HTMLResponse:
    return page_of(desk.page("search.html", page=page))
