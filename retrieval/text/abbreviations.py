"""Words that have a stop without ending a sentence, and words that begin one, in small letters."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Whatever follows belongs to the same sentence.
CONTINUED = _words(
    """e.g i.e cf vs viz approx incl excl resp messrs ca circa bzw vgl inkl exkl zzgl abzgl evtl ggf sog sogen z.b z d.h
    d u.u u i.d.r i s.o s.u gem env aprox p.ej p.ex c-à-d zb dh m.s s.s h.m.s u.s.s m.v"""
)
# A name follows, unless a word that begins a sentence does.
TITLES = _words(
    """dr dra prof mr mrs ms mme mlle mm hr fr fa rev hon gen gov sen rep capt cpt lt col sgt cpl maj adm st ste mt ft
    dipl ing mag sr sra srta sres hrn hrrn av avda bd ul d.ª gov supt insp inh dhr mevr"""
)
# A number, a letter or a bracket that follows belongs to the same sentence.
NUMBERED = _words(
    """fig figs abb abbn tab tabs tbl no nos nr nrn núm num vol vols bd bde sec secs sect art arts artt para paras par
    abs ch chs chap chaps kap cap p pp pg pgs s eq eqs ref refs app apps ann anh anl cl cls exh exhs ex exx ver v rev ed
    edn iss pt pts pl rn rz ziff lit al hausnr str tel ext apt bldg dept rm approx max min ca aprox env incl excl inkl
    exkl ab reg regs sched schs stat r l ll fn n nn cit op lin col cols msg ep eps
    réf réfs pág págs séc sécs tél tlf tfno máx mín av avda blz ust pkt godz zob zi
    mk vers seq sqq civ crim jh jhd jhs"""
)
# A capital letter behind them is what these are called, not the initial of a name.
LETTERED = _words(
    """size sizes group groups team class type types option grade gate gates platform zone lane row seat block building
    hall wing room deck door entrance exit terminal stand bay slot track route line step variant version model series
    category league pool tier plan key button drive port axis point answer choice letter vitamin hepatitis influenza
    größe gruppe klasse gleis halle"""
)
# Small letters that stand for a number, and for no word that a name may follow.
VARIABLES = frozenset("aeghijknotuxyz")
# Of these, what is a word of its own as well: before a small letter, it may end a sentence.
WORDS_TOO = _words("app art tab fig cap no ex ref lit reg tel ab col op pin let al r l n s v fn")
# Behind a number, these are units that have a stop.
UNIT_ABBREVIATIONS = _words("in ft lb lbs oz yd sq hr hrs min mins sec secs std stdn tsp tbsp")
# Behind a number, these are units that have none, with their capitals.
UNITS = _words("V A W l m g K N h s J Hz dB mm cm dm km mg kg ml cl dl kW mW ms KB kB MB GB TB Pa bar Nm rpm")
MONTHS = _words(
    "jan feb mar mär apr jun jul aug sep sept oct okt nov dec dez jän janv févr avr juil déc ene abr ago dic"
)
WEEKDAYS = _words("mon tue tues wed thu thur thurs fri sat sun mo di mi do fr sa so lun mar mer jeu ven sam dim")
FULL_DATE_WORDS = _words(
    """monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays
    sundays january february march april june july august september october november december
    montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz mai juni juli oktober dezember"""
)
DATE_WORDS = MONTHS | WEEKDAYS | FULL_DATE_WORDS
# A sentence ends behind these if a capital letter follows.
ENUMERATIONS = _words("etc usw usf no")
# With a capital, these begin a sentence, and hardly ever a name.
OPENERS = _words(
    """the this that these those it its he she they we you there here if when while after before in on at for from with
    but and then however nobody nothing each every some his her their our your to what which who why how is are was
    were does a once only use see never read set both all most many others later
    der die das dem den es er sie wir ihr ein eine im am bei mit nach für von vor dann danach dort hier heute seit
    seitdem sonntags wenn als und aber auch doch niemand alle diese dieser dieses jede jeder mehr
    le la les il elle ils elles nous vous un une ce cette ces dans pour avec mais et
    el los las ella ellos en es no una este esta se para con pero y"""
)
# Before a number with a stop, these make it an ordinal number of German.
ORDINAL_WORDS = _words(
    """der die das den dem des im am vom zum zur beim ab bis seit und oder bzw frühen späten jeder jede jedes ein eine
    einem einer ihr ihre ihrem ihrer sein seine seinem seiner"""
)
# Behind them, a number is no number of a list.
NUMBER_WORDS = _words(
    """to is of at in on by for from with and or than step steps version rule level page part grade number until are was
    be über auf von bis mit und oder version schritt teil seite stufe"""
)
# Whatever needs a second look before it ends a sentence, even before a capital letter.
ABBREVIATIONS = CONTINUED | TITLES | NUMBERED | UNIT_ABBREVIATIONS | ENUMERATIONS | {unit.lower() for unit in UNITS}
