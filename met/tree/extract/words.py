"""What words say about being part of the name of a disease: heads, endings, and words that only look like it."""

import re
from collections.abc import Iterator
from typing import Final

from met.tree.stops import STOP_WORDS
from met.types import Facet

DISEASES: Final[tuple[Facet, ...]] = ("disease", "symptom")
# The name of a gene, a measure or a method as well as of a disease: it counts where the text defines it.
SYMBOL: Final = re.compile(r"(?=.*[A-Z].*[A-Z0-9])[A-Za-z0-9-]{2,7}|[A-Z][a-z]{0,2}\d+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# With what stands before it, such a word names a disease; alone it names none.
GENERIC_HEADS: Final = _words(
    "disease diseases disorder disorders syndrome syndromes condition deficiency deficiencies defect defects "
    "abnormality abnormalities anomaly anomalies malformation malformations infection infections lesion lesions "
    "injury injuries damage failure dysfunction insufficiency impairment impairments toxicity toxicities "
    "dystrophy dystrophies degeneration hyperplasia dysplasia aplasia hypoplasia atrophy weakness loss "
    "complication complications illness illnesses overload storage involvement disturbance disturbances "
    "enlargement obstruction occlusion stenosis palsy block fracture fractures retardation intolerance stones "
    "suppression predisposition trait psychosis instability cyst cysts polyps"
)
# Such a word names a disease by itself, and more exactly with what stands before it.
HEADS: Final = _words(
    "cancer cancers carcinoma carcinomas tumor tumors tumour tumours neoplasm neoplasms neoplasia sarcoma "
    "sarcomas lymphoma lymphomas leukemia leukemias leukaemia melanoma melanomas adenoma adenomas malignancy "
    "malignancies metastases metastasis epilepsy seizure seizures convulsion convulsions ataxia ataxias anemia "
    "anaemia dementia deafness blindness hypertension hypotension thrombosis embolism fibrosis cirrhosis "
    "necrosis ischemia infarction stroke hemorrhage haemorrhage edema oedema arrhythmia arrhythmias tachycardia "
    "bradycardia fever pain headache depression anxiety diabetes obesity goiter goitre nausea vomiting diarrhea "
    "hypoxia spasm spasms aneurysm aneurysms calcification hepatotoxicity nephrotoxicity cardiotoxicity "
    "neurotoxicity ototoxicity overdose toxicity toxicities rigidity bleeding poisoning weakness fracture "
    "fractures catalepsy myelosuppression"
)
_ENDING: Final = re.compile(
    r"[a-z]{2,}(?:itis|itides|opath(?:y|ies)|[^h]omas?|emias?|aemias?|urias?|[^p]oses|osis|algias?|plegias?|paresis|"
    r"plasias?|penias?|trophy|trophies|rrhages?|rrheas?|ectasias?|ectasis|megaly|ism|toxicit(?:y|ies)|oedema|edema|"
    r"dystonias?|kinesias?|phobias?|philias?|cytosis|deficiency)$"
)
# Words with such an ending that name no disease.
_NO_DISEASE: Final = _words(
    "metabolism mechanism organism polymorphism mosaicism antagonism agonism catabolism anabolism dimorphism "
    "heteromorphism parallelism prism tropism mutagenism chromosome genome soma diagnosis prognosis mitosis "
    "meiosis apoptosis endocytosis exocytosis phagocytosis pinocytosis transcytosis osmosis hypnosis anastomosis "
    "symbiosis glycolysis biosis coma aroma stroma diploma axioma trophism magnetism optimism criticism "
    "synergism chemotaxis meioses diagnoses prognoses mitoses exposes glucoses hemostasis homeostasis "
    "proteinosis synostosis necroptosis pyroptosis ferroptosis autoregulation academia media tourism baptism "
    "heroism realism euploidism methodism isomerism autophagosis hematopoiesis eukaryotism activism heterosis "
    "psychotherapy lexicon apposis symptomatology"
)
# Words before a name that speak of this case of it, and are no part of the name.
OUTER: Final = _words(
    "severe mild moderate severest profound marked significant massive fatal lethal rare common frequent new "
    "suspected possible probable other various several many some such these those this that more most less "
    "certain different human similar first second third initial existing underlying clinical known unknown "
    "typical atypical progressive recurrent increased decreased subsequent prolonged transient persistent "
    "previous prior developing major minor early late advanced metastatic secondary after during before causing "
    "following without within between two three four five six seven both either neither per via against among "
    "while when than like not non being having overt subclinical symptomatic asymptomatic associated related "
    "induced evoked onset mediated cause causes dependent independent specific linked positive negative free "
    "resistant sensitive reversible irreversible caused its their his her our the a an no any all each with of "
    "in by for from and or to at on as under due de novo experimental spontaneous unexplained potential serious "
    "important local apparent affected total multiple gene genes mutation mutations mutant germline molecular "
    "dna rna oxidative structural protein receptor enzyme cell cells allele alleles chromosome heterozygous "
    "homozygous carrier carriers candidate primary partial complete isolated bilateral unilateral reflex "
    "abnormal"
)
# Between two modifiers that share one head.
JOINERS: Final = frozenset(("and", "or", "/", ",", "&"))
# What is lacking stands before these.
LACKS: Final = frozenset(("deficiency", "deficiencies", "deficient", "insufficiency"))
# Compounds that belong to a name though their parts alone do not.
LINKS: Final = frozenset({("x", "linked"), ("y", "linked"), ("late", "infantile"), ("non", "syndromic")})
PREFIXES: Final = frozenset(("non", "post", "pre", "anti", "micro", "macro", "hyper", "hypo", "poly", "pseudo"))
# Before these words a short form means the disease.
CARRIERS: Final = _words("patients patient families family kindreds disease syndrome infection infected")
# Names of the ontologies that name no disease in a sentence, but a property, a normal finding or an event.
NO_MENTION: Final = _words(
    "affected unaffected frequency frequencies position inherited severity frequent sporadic localized localised "
    "mitochondrial inheritance imprinted healthy obligate rich excluded stable prolonged intensity fed "
    "generalized refractory focal cyclic intermittent discharge profound diffuse nocturnal subacute cold apical "
    "periodic mosaic somatic arm recurrence onset mass masses complication complications disability death sudden "
    "predisposition phenotype deformity tolerance trait exposure instability blood pressure systolic diastolic "
    "arterial family withdrawal drug adverse reaction reactions grade face amyloid platelets carrier"
)
# Ending of a name, and of the adjective that calls somebody or something affected.
_ADJECTIVE: Final = (
    ("tension", "tensive"), ("lepsy", "leptic"), ("betes", "betic"), ("phrenia", "phrenic"), ("osis", "otic"),
    ("emia", "emic"), ("toxicity", "toxic"), ("plegia", "plegic"), ("oma", "omatous"), ("megaly", "megalic"),
    ("ulsion", "ulsive"), ("ression", "ressed"), ("besity", "bese"), ("lergy", "lergic"), ("penia", "penic"),
    ("deficiency", "deficient"),
)  # fmt: skip


def adjectives_of(name: str) -> Iterator[str]:
    """Yield the adjectives that say that somebody has what `name` names.

    >>> list(adjectives_of("hypertension"))
    ['hypertensive']
    """
    for ending, adjective in _ADJECTIVE:
        if name.endswith(ending):
            yield name.removesuffix(ending) + adjective


def is_generic(surface: str) -> bool:
    """Say whether a name of the dictionary means no disease by itself."""
    words = surface.lower().split()
    return all(word in NO_MENTION or word in STOP_WORDS or word in GENERIC_HEADS for word in words)


def is_head(word: str) -> bool:
    """Say whether a word in small letters names a disease by its form or meaning.

    >>> [is_head(word) for word in ("hepatitis", "carcinomas", "nephropathy", "metabolism", "deficiency")]
    [True, True, True, False, False]
    """
    return word in HEADS or (word not in _NO_DISEASE and _ENDING.search(word) is not None)
