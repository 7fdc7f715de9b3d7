"""Given and family names, and the words by which a run of capitalised words is no name of a person.

The lists are of common names of several languages that are seldom anything else in a medical text. They are a cue and
no proof: a name that is in neither is found by its label or its form alone.
"""

from typing import Final

_GIVEN: Final = """
aaron abdul abigail abraham adam adrian adriana agnes ahmad ahmed aisha alan albert alejandro alessandro alexander
alexandra alexis alfred ali alice alicia alison amanda amelia amina amit amy ana anders andrea andreas andrew angela
angelica anil anita ann anna anne annette anthony antonio arjun arthur ashley astrid audrey barbara beatrice beatriz
benjamin bernard beth betty beverly bianca boris brandon brenda brian bruno bryan camila carl carla carlos carmen
carol caroline carolyn catherine cecilia charles charlotte chen cheryl chloe christina christine christopher claire
clara claudia clemens craig cristina cynthia daisuke daniel daniela danielle darius david deborah debra deepak
denise dennis diana diane diego dieter dimitri dmitri dolores dominic donald donna dorothy douglas dylan edith
eduardo edward eileen elena elisabeth elizabeth ellen emily emma enrique eric erica erik ernest esther ethan eugene
eva evelyn fatima felipe fernando florence frances francesca francesco francisco frank franz frederick friedrich
fritz gabriel gabriela gary george gerald gerhard giovanni giulia gloria gonzalo gregory guillermo gustavo hans
harold harry hassan heather hector heidi heinrich heinz helen helena helga henrik henry herbert hiroshi howard hugo
ian ibrahim ignacio igor ingrid irene isaac isabel isabella ivan jacob jacqueline jacques jaime james jamie jan jane
janet janice jason javier jean jeffrey jennifer jeremy jessica jesus joan joanna joaquin johann johannes john johnny
jonas jonathan jorge jose joseph joshua joyce juan juanita judith judy julia julian julie jurgen justin karen karin
karl katarina kate katherine kathleen kathryn keiko keith kelly kenji kenneth kevin khalid kimberly klaus krishna
kristin kumar kurt kyle larry laura lauren laurence leila leonard leonardo leslie linda lisa louis louise lucia lucy
luigi luis luisa lukas magdalena manuel marco margaret maria mariam marie marilyn mario marta martha martin mary
masako matteo matthew maurice mehmet melanie melissa michael michelle miguel mikhail mohamed mohammad mohammed
monica muhammad mustafa nadia nancy naomi natalia natalie natasha nathan nicholas nicole nikolai nina noah olga
oliver olivia omar oscar pablo pamela patricia patrick paul paula pauline pedro peter philip phillip pierre priya
rachel rafael rahul rajesh ralph ramon raymond rebecca renate ricardo richard robert roberto rodrigo roger roland
rosa rosemary roxana rudolf russell ruth ryan samantha samuel sandra sanjay sara sarah scott sebastian sergei sergio
sharon sheila shirley silvia simon sofia sonia sophia sophie stefan stephanie stephen steven stuart sunita susan
suzanne sven sylvia takeshi tamara tanya tatiana teresa theodore theresa thomas tiffany timothy tomas tyler ursula
valentina valerie vanessa vera veronica victor victoria vijay vincent virginia vivian vladimir walter wanda wayne
wei wendy werner wilhelm william wolfgang xavier yolanda youssef yuki yusuf yvonne zachary zainab
"""
_SURNAMES: Final = """
adams adeyemi ali almeida alvarez anderson andersson bailey bauer becker begum bennett bianchi campbell carter
castillo chavez chen clarke collins colombo conti cooper costa cox davis diaz dubois durand edwards eriksson
esposito evans ferrari ferreira fischer flores foster gallo garcia gomez gonzalez gupta gutierrez haddad hansen
harris hartmann hassan hernandez hoffmann hofmann huang hughes hussain ivanov ivanova iyer jackson james jensen
jimenez johansson johnson jones karlsson kato khan khoury kim kobayashi kowalski krüger kuznetsov larsen larsson
lefebvre leroy liu lopez marino martinez mbeki mendoza mensah meyer miller mitchell morales moreau morgan morris
mueller murphy myers müller nakamura nelson neumann nguyen nielsen nilsson novak nowak okafor okonkwo oliveira
olsson ortiz papadopoulos patel pedersen pereira peterson petrov petrova phillips popov rahman ramirez ramos rao
reddy reyes ricci richardson richter rivera roberts robinson rodrigues rodriguez romano ross rossi ruiz sanders
santos sato schmidt schneider schröder schulz schwarz sharma silva singh smirnov smith souza stewart suzuki sørensen
tanaka thompson torres wagner wang watanabe watson williams wisniewski wright yamamoto yang zhang zhao zhou
zimmermann
"""
# Words of images and of captions that stand in capitals beside each other and name nobody.
_OTHER: Final = """
abdomen absent acquisition activity adult after age alzheimer anatomy and angle anterior aorta apical arm arrow
artery assessment at axial barr baseline before bell bladder bone bottom brain breast breath by cardiac case cell
cells center central cerebral chest child clinic clinical coil colon color compression contrast control corona
coronal cranial crohn ct cushing data date day days decubitus deep degree delayed depth detail dextra diffusion
disease dorsal dose down early east ecg echo eeg eight end erect exam expiration eye factor fast female field figure
filter finger first five flow focal follow foot for four frame frequency from fusion gain generated gland global
grade graves group hand head health heart hepatic high hip hodgkin horizontal hospital hours human huntington image
impression in index inferior inspiration institute intensity interval inverse kaposi kidney kingdom knee late
lateral layer left leg lens level liver long low lower lumbar lung magnitude male map marfan mask medial median
medical membrane middle minute minutes mode model month months mouse mr mri muscle name neck nerve new nine no node
none normal north not nucleus number oblique oct of off on one optical or orbital original outcome outcomes ovary
overlay panel parasternal parkinson patient pelvis pet phase placebo plane plate plus portable portal post posterior
power pre pressure prone prostate protein protocol proximal pulmonary pulse questionnaire radiograph rat rate ratio
ray recovery rectum region renal report reported republic research resolution rest retina right rights road safety
sagittal saint sample san scale scan score scout second section sequence series seven short sinus six skin skull
slice south specific spect spin spine spleen standing states stomach street stress study superior supine surface
system technique temporal ten test the thick thickness thoracic three time tissue to top total trachea transverse
treatment tumor tumour turner two ultrasound unit united university upper upright uterus value vein velocity ventral
ventricle vertical view volume wall week weeks weight west width wilson window with wrist xray year years zone
"""
# What stands where a name would, and says that there is none.
_INSTEAD: Final = """
and anon anonyme anonymised anonymisiert anonymized anonymous blinded case characteristics control data deidentified
demographics details female flow group healthy hidden history id ids in information is male man mean median na name
none normal not null number outcome outcomes patient placebo population redacted removed reported safety sample
selection subject subjects test total unknown volunteer was who with withheld without woman years
"""
GIVEN_NAMES: Final = frozenset(_GIVEN.split())
FAMILY_NAMES: Final = frozenset(_SURNAMES.split())
NO_NAMES: Final = frozenset(_OTHER.split())
PLACEHOLDERS: Final = frozenset(_INSTEAD.split())
