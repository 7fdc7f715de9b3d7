"""Every page of `met serve` as benchmarks/serve.py asks for it, and what these pages need beside the rows of a build: a
plan of review of 300 pairs with what one reviewer said of the first 150, and an image whose bytes are kept.
"""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

import httpx
import numpy as np

from met.blobs import Blobs
from met.pixels import encode_png, inspect_image
from met.store import Store, review
from met.types import PlanItem, ReviewPlan

Asked = Callable[[httpx.Client, int], httpx.Response]
"""A page: asked for over this client, in the round of that number."""

PLANNED, JUDGED = 300, 150
REFUSED = ("not_medical", "too_small", "duplicate")
FOUND = ("syn", "disease 12", "x", "7")
WHO: Mapping[str, str] = {"plan": "bench", "reviewer": "r", "kind": "annotator"}


def pages_of(store: Store, blobs: Blobs, build: str, items: int) -> dict[str, Asked]:
    """Return every page by name; items and nodes differ from round to round."""
    panels = [row.item for row in store.query("serve_kept", build=build, stage="align", after="", limit=PLANNED)]
    roots = [row.key for row in store.query("serve_children", scope=build, tree=1, parent=None, limit=10, offset=0)]
    below = store.query("serve_grandchildren", scope=build, tree=1, parents=roots, each=40)
    nodes = [*roots, *(row.key for row in below)]
    few = [row.key for row in store.query("tree_subtree", tree=1, node=nodes[-1])][-20:]
    data = kept_image(store, blobs)
    review_plan(store, build, panels, items)
    return {
        **overviews(nodes),
        **of_nodes(nodes, few),
        **of_items(panels, nodes),
        **searches(panels, data, items),
        **reviews(panels),
    }


def overviews(nodes: Sequence[str]) -> dict[str, Asked]:
    """Return the pages that show counts, and the tree."""
    return {
        "overview": got("/"),
        "funnel": got("/funnel"),
        "funnel_examples": got(lambda at: f"/funnel/examples?stage=screen&reason={one_of(REFUSED, at)}"),
        "coverage": got(lambda at: f"/coverage?node={one_of(nodes, at)}"),
        "tree": got(lambda at: f"/tree?node={one_of(nodes, at)}"),
        "tree_top": got("/tree/top"),
        "tree_children": got(lambda at: f"/tree/children?node={one_of(nodes, at)}"),
        "tree_way": got(lambda at: f"/tree/way?node={one_of(nodes, at)}"),
        "tree_find": got(lambda at: f"/tree/find?q={one_of(FOUND, at)}"),
        "tree_find_unknown": got(lambda at: f"/tree/find?q=diseases {at}"),
        "tree_about": got(lambda at: f"/tree/about?node={one_of(nodes, at)}"),
    }


def of_nodes(nodes: Sequence[str], few: Sequence[str]) -> dict[str, Asked]:
    """Return the pages of nodes: of the largest, of large ones, of small ones."""
    return {
        "node_of_root": got(f"/node/{nodes[0]}"),
        "node": got(lambda at: f"/node/{one_of(nodes, at)}"),
        "node_of_few": got(lambda at: f"/node/{one_of(few, at)}"),
    }


def of_items(panels: Sequence[str], nodes: Sequence[str]) -> dict[str, Asked]:
    """Return items and lists of them."""
    return {
        "item": got(lambda at: f"/item/{one_of(panels, at)}"),
        "pairs": got(lambda at: f"/items?after={one_of(panels, at)}"),
        "kept_by_stage": got(lambda at: f"/items?of=question&after={one_of(panels, at)}"),
        "refused": got(lambda at: f"/items?of=screen/{one_of(REFUSED, at)}&after={one_of(panels, at)}"),
        "under_root": got(f"/items?node={nodes[0]}"),
        "under_node": got(lambda at: f"/items?node={one_of(nodes, at)}&after={one_of(panels, at)}"),
    }


def searches(panels: Sequence[str], data: bytes, items: int) -> dict[str, Asked]:
    """Return searches by words, by source, by another panel, and by an image file."""
    return {
        "search_rare": got(lambda at: f"/search?q=patient {1 + (items // 60 + 1) * at % items}"),
        "search_common": got("/search?q=chest radiograph"),
        "search_source": got(lambda at: f"/search?q=PMC{1 + at % (items // 10)}"),
        "search_unknown": got(lambda at: f"/search?q=unheard of disorder {at}"),
        "search_alike": got(lambda at: f"/search?like={one_of(panels, at)}"),
        "search_image": lambda client, _: posted(client, "/search/image", data),
    }


def reviews(panels: Sequence[str]) -> dict[str, Asked]:
    """Return the pages of reviewers; each round of `review_judge` judges another item, and is shown the next."""
    who = urlencode(WHO)
    return {
        "review": got("/review"),
        "review_next": got(f"/review/next?{who}"),
        "review_at": got(lambda at: f"/review/next?{who}&at={7 * at % PLANNED}"),
        "review_judge": lambda client, at: posted(
            client,
            "/review/judge",
            urlencode({**WHO, "item": panels[(JUDGED + at) % len(panels)], "judgement": "accept"}).encode(),
        ),
        "review_results": got("/review/results?plan=bench"),
    }


def kept_image(store: Store, blobs: Blobs) -> bytes:
    """Return the bytes of an image of 900 × 700 pixels, which is in the store."""
    pixels = np.random.default_rng(1).integers(0, 255, (700, 900, 3), dtype=np.uint8)
    data = encode_png(pixels)
    blobs.put(data)
    store.add([inspect_image(data, max_pixels=pixels.size)])
    return data


def review_plan(store: Store, build: str, panels: Sequence[str], items: int) -> None:
    """A plan of these panels stands, half of them judged."""
    plan = ReviewPlan(key="plan:bench", name="bench", build=build, seed=0, size=len(panels))
    drawn = [
        PlanItem(
            plan=plan.key, position=at, item=panel, kind="pair", panel=panel, stage="align", reason="kept", kept=True,
            stratum="kept", population=items // 2, sampled=len(panels),
        )
        for at, panel in enumerate(panels)
    ]  # fmt: skip
    review.put_plan(store, plan, drawn)
    for panel in panels[:JUDGED] if not review.said_in(store, plan.key) else ():
        review.record(store, item=panel, reviewer="r", kind="annotator", judgement="accept", plan=plan.key)


def got(path: str | Callable[[int], str]) -> Asked:
    """Return the page at a path, or at that of each round."""
    return lambda client, at: client.get(path if isinstance(path, str) else path(at))


def posted(client: httpx.Client, path: str, data: bytes) -> httpx.Response:
    """Return what a page of the server gets for what it sends, at the end of the way that it is sent."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    return client.post(path, content=data, headers=headers, follow_redirects=True)


def one_of(values: Sequence[str], at: int) -> str:
    """Return the value of a round."""
    return values[(7 * at) % len(values)]
