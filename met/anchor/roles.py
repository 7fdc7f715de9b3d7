"""The role of an entity for a panel: what the text says of it decides, and only what it says is shown counts as
depicted.

First method: rules over the cues of the sentence (met/anchor/context.py), read top to bottom; the first that holds
decides.
"""

import re
from collections.abc import Mapping

from met.anchor.cases import tells_of_patient
from met.anchor.compared import is_comparator, is_control
from met.anchor.context import Context
from met.anchor.meanings import follows_genus
from met.anchor.passages import Passage
from met.anchor.sights import View
from met.anchor.surfaces import FLUIDS
from met.types import Facet, Polarity, Role, Span

# Findings that only an image has; of other symptoms (fever, pain) a caption tells without showing them.
_FINDING = re.compile(
    r"opacit|consolidat|shadow|(?:hyper|hypo)[- ]?(?:intens|dens|attenuat|echo)|enhancement|lucenc|bronchogram"
    r"|calcifi|nodul|infiltrat|thicken|atelectas|effusion|depigment|septal|reticul",
    re.IGNORECASE,
)
# Where the like of a structure is found, of several places: "smooth muscle is found around organs and in the iris".
_DWELLS = re.compile(
    r"\b(?:is|are) (?:(?!only )\w+ly )?found (?:in|around|throughout|within|along|between|on)\b"
    r"(?=[^.;]*(?:, | and | or ))[^.;]*"
)
_ILL = re.compile(r"tumou?r|cancer|carcino|sarcom|lymphom|neoplas|metasta|disease|infecti|thromb|fluid|\b(?:air|gas)\b")
# Findings that the eye sees on a body or an organ.
_SIGN = re.compile(
    r"rash|exanthem|erupt|eschar|wheal|hives|urticari|membrane|ulcer|blister|bulla|vesic|papul|pustul|macul|petech"
    r"|purpur|ecchym|erythem|red(?:ness|dened)|swelling|swollen|o?edema|jaundice|icter|cyanos|plaque|crust|scab|scale|scar"
    r"|abscess|lesion|nodul|lump|mass|cyst|discolou?r|pigment|pallor|necro|gangren|wart|bruis|haematoma|hematoma"
    r"|erosion|exudat|pus\b|vegetation|haemorrhag|hemorrhag|deform|posture|opisthoton|atroph|alopecia|hair loss|ptosis"
    r"|proptos|cataract|clubbing|contractur|goit|fissur|inflam|caries|decay|gumma|chancre|buboe?|spots?\b|growth",
    re.IGNORECASE,
)
# Findings that a microscope shows.
_MICROSCOPIC = re.compile(
    r"parasit|protozo|mastigote|tachyzo|filaria|trophozo|merozo|schizont|gametocyt|oocyst|virion|viral|virus|organism"
    r"|bacill|cocci|hypha|yeast|spore|fung|inclusion|granulom|necro|infiltrat|fibros|mitos|mitotic|atypia|dysplas|metaplas|hyperplas|thrombus|amyloid|crystal|cells?\b"
    r"|vacuol|calcifi|haemorrhag|hemorrhag|inflam|exudat|plaque|body|bodies|nodul|cyst",
    re.IGNORECASE,
)
_VISIBLE: Mapping[View, re.Pattern[str]] = {"outside": _SIGN, "small": _MICROSCOPIC}
# Germs and their parts behind the name of a disease or an organ: "rubella virus", "liver fluke".
_GERM_BEHIND = re.compile(
    r"[ -](?:virus(?:es)?|virions?|viral|viruslike|bacteri\w+|bacill\w+|toxins?|toxoids?|vaccin\w+|parasites?|flukes?"
    r"|(?:hook|tape|round|whip|pin|thread|ring)?worms?|mites?|lice|louse|ticks?|agar|broth|spores?|antigens?|antibod\w+"
    r"|spirochetes?|trypanosomes?)\b",
    re.IGNORECASE,
)
_EPITHET = re.compile(r"[a-z]+ae|[A-Z][a-z]+(?:coccus|bacterium|philus|ella|bacillus) [a-z]+")
_TEST_BEHIND = re.compile(
    r"[ -](?:(?:skin|blood|urine|\w+-\w+) )?"
    r"(?:tests?|testing|screening|vaccin\w+|treatments?|drugs?|clinic|hospital)\b",
    re.IGNORECASE,
)
_COMPLAINT = re.compile(r"(?:\bsore throat|ache|\bpain|\bcough|\bchills|vomiting|\bnausea)$", re.IGNORECASE)
_TISSUE = re.compile(r"biops|tissue|lesion|section|histolog|histopath|specimen|tumou?r")
_GENERAL = re.compile(
    r"\b(?:is|are|can|may|causes?|leads? to|results? in|occurs?|used|transmitted|spreads?|infects?)\b"
)
# A species behind its genus, which some list among the names of the disease: "Borrelia burgdorferi".
_SPECIES_BEHIND = re.compile(r"a [a-z]+(?:i|ae|is|ens|ans)\b")
_LIKE_BEHIND = re.compile(r"[- ](?:like|shaped|sized)\b")
# How telling a role is: of several uses of one entity in passages of one worth, the first of these stands.
_BY_TELLING: tuple[Role, ...] = ("depicted", "normal", "control", "comparator", "diagnosis", "history", "mentioned")
TELLING: Mapping[Role, int] = {role: rank for rank, role in enumerate(_BY_TELLING)}


def role_of(
    passage: Passage,
    context: Context,
    entity: Span,
    *,
    facet: Facet,
    polarity: Polarity,
    imaged: bool,
    view: View = "unknown",
    of_germ: bool = False,
) -> Role:
    """Return the role of the entity at `entity` (offsets into the sentence), an entity of `facet`.

    `imaged` says whether the caption tells of an image, not of statistics; `view` what the image can show;
    `of_germ` that the entity is an infection whose germ the image may show instead.

    1. mentioned: in an article's title or a passage about something else; 2. history ("history of"); 3. mentioned:
    denied, a measured value of the laboratory, in a caption of statistics, part of another name ("rubella virus");
    4. comparator ("unlike measles") and control ("liver of a control mouse") where the caption or the citing sentence
    says so of what is shown, else, beside words of comparison, mentioned; 5. normal ("normal lung"); 6. depicted: see
    `_is_depicted`; 7. diagnosis: a disease that the caption or a patient's description names, and does not merely speak
    of ("vaccinated against"); 8. mentioned.
    """
    if passage.place in ("title", "far", "other"):
        return "mentioned"
    if context.before("past", entity):
        return "history"
    if polarity == "negated" or not imaged or context.is_laboratory:
        return "mentioned"
    if facet != "modality" and _is_of_another_name(context.sentence, entity, facet):
        return "mentioned"
    against = _role_against(passage, context, entity, facet)
    if against is not None:
        return against
    if facet != "modality" and context.is_called_normal(entity):
        return "normal"
    if facet == "disease":
        return _role_of_disease(passage, context, entity, view, of_germ=of_germ)
    return "depicted" if _is_depicted(passage, context, entity, facet, view) else "mentioned"


def _role_against(passage: Passage, context: Context, entity: Span, facet: Facet) -> Role | None:
    """Return the role of an entity beside words of comparison or of controls; None where there are none."""
    is_told = passage.place != "near"
    if is_told and is_control(context.small, entity, facet):
        return "control"
    if is_told and is_comparator(context.small, entity, facet):
        return "comparator"
    if context.before("compared", entity):
        return "mentioned"
    # A modality shows controls and patients alike.
    of_controls = facet != "modality" and (context.before("control", entity) or context.after("control", entity))
    return "mentioned" if of_controls else None


def _is_of_another_name(sentence: str, entity: Span, facet: Facet) -> bool:
    """Return whether the entity is but a part of the name of a germ, or what something else looks like."""
    if _GERM_BEHIND.match(sentence, entity[1]) or _LIKE_BEHIND.match(sentence, entity[1]):
        return True
    if facet != "disease":
        return False
    surface = sentence[entity[0] : entity[1]]
    if _TEST_BEHIND.match(sentence, entity[1]) or (
        " " not in surface and _SPECIES_BEHIND.match(sentence, entity[1] - 1)
    ):
        return True
    return _EPITHET.fullmatch(surface) is not None or (surface[:1].islower() and follows_genus(sentence, entity[0]))


def _role_of_disease(passage: Passage, context: Context, entity: Span, view: View, *, of_germ: bool) -> Role:
    """Return the role of a disease that is affirmed.

    A photograph shows the disease that its caption names, unless that is said of the patient or as the cause of what is
    seen. Other images show it where the sentence says so. A microscope shows germs: what they cause is mentioned.
    """
    surface = context.sentence[entity[0] : entity[1]]
    if context.leads_to("spoken_of", entity) or _COMPLAINT.search(surface):
        return "mentioned"
    patient = context.before("patient", entity)
    if passage.place in ("citing", "near"):
        if passage.place == "citing" and context.shows(entity):
            return "depicted"
        return "diagnosis" if patient and tells_of_patient(context.sentence) else "mentioned"
    if of_germ and not patient:
        tissue = _TISSUE.search(context.small) is not None
        return "depicted" if tissue and context.shows(entity) else "diagnosis" if tissue else "mentioned"
    if view == "outside":
        said_of_subject = patient and not context.is_case_of(entity)
        return "diagnosis" if said_of_subject or context.leads_to("sign_of", entity) else "depicted"
    if context.shows(entity) or (passage.place == "heading" and _fills(surface, context.sentence)):
        return "depicted"
    # What holds of a disease in general is said of nobody.
    is_general = view not in ("inside", "outside") and not patient and _GENERAL.search(context.small) is not None
    return "mentioned" if is_general else "diagnosis"


def _is_depicted(passage: Passage, context: Context, entity: Span, facet: Facet, view: View) -> bool:
    """Say whether the passage tells that the image shows the entity, which is no disease.

    A modality where the caption or the citing sentence names it. A finding where the sentence says that it is seen,
    where it is the caption's title, or where it is of a kind that such an image shows. Anatomy and the rest where the
    caption names them and not merely as part of the patient's story.
    """
    if facet == "modality":
        return passage.place in ("heading", "subcaption", "citing")
    if _is_spoken_of(context, entity, facet):
        return False
    shown = context.shows(entity)
    if passage.place in ("citing", "near"):
        return shown and passage.place == "citing"
    surface = context.sentence[entity[0] : entity[1]]
    if facet == "symptom":
        return (
            shown
            or _VISIBLE.get(view, _FINDING).search(surface) is not None
            or (passage.place == "heading" and _fills(surface, context.sentence))
        )
    if facet == "anatomy" and surface.lower() in FLUIDS and view != "small":
        return shown
    return shown or not context.before("patient", entity)


def _is_spoken_of(context: Context, entity: Span, facet: Facet) -> bool:
    """Say whether the sentence tells of a finding that may come, or of one of the places where the like of a structure
    lies: an image shows one of them at most."""
    if facet == "symptom":
        return context.leads_to("spoken_of", entity)
    dwells = _DWELLS.search(context.small) if facet == "anatomy" else None
    if dwells is None or not dwells.start() < entity[0] < dwells.end():
        return False
    subject = context.small[: dwells.start()]
    return not any(ill.search(subject) for ill in (_FINDING, _SIGN, _MICROSCOPIC, _ILL))


def _fills(surface: str, heading: str) -> bool:
    return 2 * len(surface.split()) >= len(heading.split())
