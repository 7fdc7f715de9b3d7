"""What is said of a panel, gathered by place for searches that begin at a node."""

from met.keys import content_key
from met.types import Dossier, PanelText

GAP = " … "


def panel_text_of(dossier: Dossier, text_digest: str) -> PanelText:
    """Return the texts of a panel by place; `text_digest` is that of its subcaption, whose vector is kept elsewhere.

    Nothing is cut or changed but white space between parts, so every word can be found where it was written.
    """
    caption = dossier.figure.caption
    parts: list[str] = []
    at = 0
    for start, end in (*sorted(dossier.panel.spans), (len(caption), len(caption))):
        parts.append(caption[at : max(at, start)].strip())
        at = max(at, end)
    mentions = sorted(dossier.mentions, key=lambda mention: (mention.position, mention.key))
    return PanelText(
        key=content_key("panel_text", dossier.panel.key),
        panel=dossier.panel.key,
        text_digest=text_digest,
        subcaption=dossier.subcaption,
        caption=GAP.join(filter(None, parts)),
        # Two panels of a figure are cited by one passage, and a passage that is kept twice says nothing twice.
        mentions=GAP.join(dict.fromkeys(mention.text for mention in mentions)),
        title=dossier.article.title,
    )
