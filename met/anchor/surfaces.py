"""How much a name says where it stands in running text."""

from met.tree.names import tokens

# Names of nodes that any text uses: they point at nothing in particular.
_ANY_TEXT = (
    "body head organ tissue cell system structure region area part side back wall surface layer tract cavity space"
    " segment lobe gland duct tube vessel fluid blood trunk limb disease disorder syndrome condition infection injury"
    " lesion finding symptom sign pain abnormality complication cancer tumor tumour imaging image scan view section"
    " stain contrast plane sequence microscopy photography membrane fiber fibre axis base root matrix element"
    " anatomical technique septum septa lobule sac papilla projection"
    " organism human animal device procedure normal male female adult child"
)
GENERIC = frozenset(_ANY_TEXT.split())
# Words that some ontology lists as a name and that in running text are none: parts of animals and of germs, ages,
# shapes, adjectives, verbs.
_NO_NAMES = (
    "adult adults spot spots tip tips tube tubes sac sacs cilia cilium flagella flagellum pili egg eggs larva larvae"
    " embryo embryos wing wings gill gills shell crown crowns bud buds stalk tail tails fin fins ring rings gap line"
    " lines ball balls bar bars stripe stripes shield mantle pad beard carcass carcasses scolex venom extension"
    " extensions projection projections marking markings appendage appendages articulation articulations suture pit"
    " pore pores protuberance horn horns capsule capsules corpus orifice facet isthmus intermedia spinalis pacemaker"
    " pacemakers radial articular pylori corneum coli sex-specific gender-specific infectious sterile fire map doc"
    " traps settle arms ens all abc bend bends cutting dependence hostile epididymal pituitary tear"
)
NO_NAMES = frozenset({*_NO_NAMES.split(), "imaging technique", "imaging techniques"})
# Words of the mind, of motion, of physics and of household things that some ontology lists as a name: what they mean
# shows beside other words alone (met.anchor.meanings).
_EVERYDAY = (
    "aggression agitation anger arranging arts bouncing clumsiness coldness collecting confusion depression"
    " dissociation dullness extraversion falls fatigue fisting flushing frailty growth hoarding hopeless hopping"
    " hostility hypersensitivities hypersensitivity impulsive inaction inactivity inertia introversion"
    " irritability irritable isolation jumping mono mouthing numbness ordering overgrowth plethora"
    " rales restlessness rigidity rumination sad shock slowness spinning sterility stereotyped stress syncytium"
    " tearing tics tingling tired tiredness twirling weakness armor atlas cement comb helix honey keel organizer"
    " pillow plume quill rattle shank silk stirrup tears temple tusk vent yolk"
)
EVERYDAY = frozenset({*_EVERYDAY.split(), "involuntary movement", "involuntary movements"})

# Words of course, extent, origin and abnormality: a finding without the one in its name is another, wider one.
_QUALIFIERS = (
    "recurrent chronic acute subacute progressive persistent prolonged premature congenital neonatal spontaneous"
    " increased decreased reduced abnormal abnormally pathological excessive broad single multiple patent highly"
    " generalized diffuse severe mild positive emotional early late stereotypical familial hereditary"
)
QUALIFIERS = frozenset(_QUALIFIERS.split())

# What stands behind the name of a modality where a machine is meant.
_MACHINES = "device devices equipment machine machines room scanner scanners suite unit units"
MACHINES = frozenset(_MACHINES.split())

# Fluids of the body, which a slide shows and of which other captions tell.
_FLUIDS = "blood serum sera plasma urine feces faeces stool milk saliva semen sweat bile lymph mucus sputum tears"
FLUIDS = frozenset(_FLUIDS.split())


def weight_of(surface: str, *, imaged: bool) -> float:
    """Return what a hit of this surface is worth, in (0, 1].

    1 for a name of several words, 0.9 for a single one, 0.3 for generic words alone, also in the plural; halved where
    the caption tells of no image.

    >>> weight_of("left lung", imaged=True), weight_of("bodies", imaged=True), weight_of("head", imaged=False)
    (1.0, 0.3, 0.15)
    """
    words = tokens(surface)
    weight = 0.3 if all(_is_generic(word) for word in words) else 0.9 if len(words) == 1 else 1.0
    return weight if imaged else weight / 2


def _is_generic(word: str) -> bool:
    return not GENERIC.isdisjoint(
        {word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("ies") + "y"}
    )
