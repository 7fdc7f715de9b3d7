"""Where a disease lies, as its names say it: the noun, adjective or classical root of an organ in them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from met.tree.names import normal_form
from met.types import Node

MAX_WORDS: Final = 4
_LONG: Final = 4
_WORD: Final = re.compile(r"[^\W_]+")
# The adjective or root on the left is of the organ on the right.
_ADJECTIVES: Final = (
    "cutaneous=skin dermal=skin hepatic=liver renal=kidney cardiac=heart pulmonary=lung cerebral=brain "
    "cerebellar=cerebellum gastric=stomach colonic=colon colorectal=colon rectal=rectum esophageal=esophagus "
    "oesophageal=esophagus pancreatic=pancreas splenic=spleen thymic=thymus ovarian=ovary testicular=testis "
    "uterine=uterus vaginal=vagina vulvar=vulva penile=penis prostatic=prostate_gland bronchial=bronchus "
    "tracheal=trachea laryngeal=larynx pharyngeal=pharynx nasal=nose oral=mouth dental=tooth ocular=eye "
    "retinal=retina corneal=cornea spinal_muscular=spinal_cord vertebral=vertebral_column meningeal=meninx "
    "biliary=bile_duct "
    "intestinal=intestine duodenal=duodenum ileal=ileum anal=anus adrenal=adrenal_gland pituitary=pituitary_gland "
    "vascular=blood_vessel arterial=artery venous=vein aortic=aorta coronary=coronary_artery mitral=mitral_valve "
    "muscular=muscle_organ osseous=bone_element ungual=nail mammary=breast pleural=pleura pericardial=pericardium "
    "peritoneal=peritoneum thyroid=thyroid_gland parathyroid=parathyroid_gland lymphatic=lymphatic_vessel "
    "encephalic=brain neural=nervous_system neurological=nervous_system pedis=foot unguium=nail capitis=scalp "
    "hepatocellular=liver cardiovascular=cardiovascular_system urinary=urinary_system mucosal=mucosa"
)
_ROOTS: Final = (
    "encephal=brain hepat=liver gastr=stomach nephr=kidney pyel=renal_pelvis dermat=skin col=colon bronch=bronchus "
    "bronchiol=bronchiole mening=meninx pancreat=pancreas oste=bone_element cyst=urinary_bladder arthr=joint "
    "neur=nerve myel=spinal_cord card=heart my=muscle_organ mast=breast thyroid=thyroid_gland conjunctiv=conjunctiva "
    "rhin=nose laryng=larynx pharyng=pharynx tonsill=tonsil esophag=esophagus append=vermiform_appendix "
    "diverticul=diverticulum prostat=prostate_gland vagin=vagina cervic=uterine_cervix endometr=endometrium "
    "orch=testis epididym=epididymis urethr=urethra retin=retina uve=uvea kerat=cornea scler=sclera "
    "blephar=eyelid arter=artery phleb=vein vascul=blood_vessel lymphaden=lymph_node pericard=pericardium "
    "endocard=endocardium myocard=myocardium pleur=pleura periton=peritoneum sinus=paranasal_sinus "
    "gingiv=gingiva stomat=mouth gloss=tongue cholangi=bile_duct cholecyst=gallbladder enter=intestine "
    "proct=rectum spondyl=vertebral_column tend=tendon burs=bursa fasci=fascia ot=ear "
    "pannicul=adipose_tissue"
)
_ENDS: Final = ("itis", "itides", "opathy", "pathy")
# What a body makes or holds is no place in it, and what all of it is made of is none either.
_NO_PLACE_WORDS: Final = (
    "feces stool meconium urine bile saliva sweat tear milk sputum mucus semen pus breath gas tissue cell organ body "
    "region secretion fluid"
)
_NO_PLACE: Final = frozenset(_NO_PLACE_WORDS.split())
# "Popliteal" is given as another name of a muscle, and is said of all that lies there.
_IS_ADJECTIVE: Final = re.compile(r"\w+(?:al|ar|ic|ary|ous|oid|ive)")
# The trunk, valve and arteries of the lung are not the lung.
_OF_THE_HEART: Final = frozenset({"stenosis", "atresia", "valve", "insufficiency", "regurgitation", "trunk", "artery"})


def _table(text: str) -> dict[str, str]:
    pairs = (pair.replace("_", " ").partition("=") for pair in text.split())
    return {left: right for left, _, right in pairs}


_ORGAN_OF: Final = _table(_ADJECTIVES)
_ORGAN_OF_ROOT: Final = {f"{root}{end}": organ for root, organ in _table(_ROOTS).items() for end in _ENDS}


class Sites:
    """The anatomy that names hold, of `nodes`; a name that several nodes bear says nothing.

    Nor does an adjective that is given as a name, or a synonym that a disease or a symptom bears.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        bearers: dict[str, set[str]] = {}
        own: dict[str, set[str]] = {}
        others: set[str] = set()
        for node in nodes:
            if node.facet == "anatomy":
                own.setdefault(normal_form(node.name), set()).add(node.key)
                for name in node.synonyms:
                    bearers.setdefault(normal_form(name), set()).add(node.key)
            elif node.facet in ("disease", "symptom"):
                others.update(map(normal_form, (node.name, *node.synonyms)))
        said = {name: keys for name, keys in bearers.items() if not _IS_ADJECTIVE.fullmatch(name)}
        named: Mapping[str, set[str]] = {**said, **own}
        self._known = frozenset(named)
        self._key = {
            name: min(keys)
            for name, keys in named.items()
            if len(keys) == 1 and name not in _NO_PLACE and (name in own or name not in others)
        }

    def in_name(self, name: str) -> tuple[str, ...]:
        """Return the keys of the structures that a disease's name holds, sorted; no part of a longer one again."""
        return tuple(sorted(set(self._in(name))))

    def _in(self, name: str) -> Iterator[str]:
        found = _WORD.findall(name)
        long = [word for word in found if len(word) >= _LONG]
        if len(long) > 1 and all(word[:1].isupper() for word in long):
            # Of a title, capitals do not tell whose name it holds: other places spell it.
            return
        # A capital within a name is somebody's name: Charcot-Marie-Tooth disease has no tooth.
        words = tuple("" if at and word[:1].isupper() else word.lower() for at, word in enumerate(found))
        at = 0
        while at < len(words):
            for size in range(min(MAX_WORDS, len(words) - at), 0, -1):
                phrase = " ".join(words[at : at + size])
                heart = size == 1 and _is_of_the_heart(words, at)
                key = None if heart else self._site(phrase, alone=size == len(words))
                if key:
                    yield key
                # A name that says nothing is still a name, and its parts are others.
                if key or (1 < size < len(words) and phrase in self._known):
                    at += size
                    break
            else:
                at += 1

    def _site(self, phrase: str, *, alone: bool) -> str | None:
        organ = _ORGAN_OF.get(phrase) or _ORGAN_OF_ROOT.get(phrase)
        if organ:
            return self._key.get(organ)
        return None if alone or len(phrase) < 3 else self._key.get(phrase)


def _is_of_the_heart(words: Sequence[str], at: int) -> bool:
    return words[at] == "pulmonary" and at + 1 < len(words) and words[at + 1] in _OF_THE_HEART
