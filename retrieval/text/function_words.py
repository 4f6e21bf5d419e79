"""The small words of some languages, which searches leave out: they say nothing about what a text is about.

They are articles, pronouns, prepositions, conjunctions, words that ask, and forms of the verbs that help others; not
what turns a question into another one, such as "ohne", "hasta" and "pas". A word that is, with or without its accents,
also a thing that people may well ask about is not among them: "or" is gold in French, "été" summer, "sobre" an envelope
in Spanish, "was" laundry in Dutch, "AI" what it is everywhere.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# By language, in small letters.
FUNCTION_WORDS = {
    "en": _words(
        """
        a an the of in on at to for from by with and or but is are was were be been being am do does did done has have
        had having what which who whom whose when where why how many much it its this that these those there their they
        them he him his she her as if not no can could will would shall should may might must into than then so such
        about also i you we me my our your s t
        """
    ),
    "de": _words(
        """
        der die das dem den des ein eine einen einem einer eines und oder aber denn dass daß wenn weil ob als wie wo
        wann warum wieso weshalb wer wen wem wessen was welche welcher welches welchen welchem woher wohin wofür wofuer
        womit woran worauf wieviel wieviele viel viele ist sind bin bist war waren wird werden werde wirst wurde wurden
        sein habe hat haben hast hatte hatten kann kannst können koennen könnte koennte könnten konnte konnten muss muß
        musst müssen muessen musste soll sollen sollte sollten darf darfst dürfen duerfen möchte moechte möchten will
        willst wollen würde wuerde würden mag ich du er es wir ihr sie man mich mir dich dir ihn ihm uns euch ihnen sich
        mein meine meinen meinem meiner dein deine deinen deinem deiner seine seinen seinem seiner ihre ihren ihrem
        ihrer unser unsere unseren unserem unserer euer eure dieser diese dieses diesen diesem da dort hier dann auch
        noch schon so nur mal denn eigentlich bitte in im an am auf aus bei beim mit von vom zu zum zur für fuer um
        durch ja nein doch
        """
    ),
    "es": _words(
        """
        el la los las lo un una unos unas de del al a con en para por y e o u pero sino que qué quién quien quiénes cuál
        cual cuáles cuales cuándo cuando dónde donde adónde cómo como cuánto cuanto cuánta cuanta cuántos cuantos
        cuántas cuantas porque si sí es son era eran fue fueron ser sido soy eres somos está están estoy estás estar ha
        han he has hay había haber hace hacen hacer hago haces tengo tiene tienes tienen tenéis tener puedo puede puedes
        pueden podéis poder podría debo debe debes deben quiero quiere quieres me te se nos os le les mi mis tu tus su
        sus nuestro nuestra nuestros nuestras vuestro vuestra yo tú él ella ellos ellas nosotros vosotros usted ustedes
        este esta estos estas ese esa esos esas esto eso aquel aquella aquí ahí allí muy ya también algo alguien q
        """
    ),
    "fr": _words(
        """
        le la les l un une des de du d au aux à a en dans par pour avec et ou où mais donc que qu qui quoi quel quelle
        quels quelles quand comment combien pourquoi lequel laquelle si est sont était étaient être suis es êtes ce cet
        cette ces ça cela ceci as avez avons ont avait avoir peut peux peuvent pouvez pouvoir puis doit dois doivent
        devez devoir faut fait faire fais je j tu il elle on nous vous ils elles me te se c j m n s t jusqu lorsqu
        puisqu lui leur leurs y mon ma mes ta tes sa ses notre nos votre vos aussi très
        """
    ),
    "it": _words(
        """
        il lo la i gli le l un uno d dell all nell dall sull una di del dello della dei degli delle a al allo alla agli
        alle da dal dallo dalla dagli dalle in nel nello nella negli nelle con su sul sullo sulla sui sugli sulle per e
        ed o ma che chi cosa cos come quando dove quanto quanta quanti quante quale quali qual perché se è sono era
        erano essere ci si mi ti vi ne ho hai ha abbiamo avete hanno avere posso può puoi possiamo possono potere devo
        deve devi dobbiamo devono dovere voglio vuole io tu lui lei noi voi loro mio mia miei tuo tua suo sua suoi sue
        nostro nostra vostro vostra questo questa questi queste quello quella quelli quelle anche molto fare fa
        """
    ),
    "nl": _words(
        """
        de het een en of maar want dat die dit deze er hier daar wat wie welke welk waar wanneer waarom hoe hoeveel is
        zijn ben bent wordt worden word werd heeft heb hebt hebben had hadden kan kun kunt kunnen kon moet moeten mag
        mogen wil wilt willen zal zullen zou zouden ik je jij jou jouw u uw hij ze zij we wij ons onze jullie hun hen
        hem haar mijn me mij zich men in op aan van voor met bij om te als dan dus ook al nog wel ja nee
        """
    ),
    "pl": _words(
        """
        i w we z ze na do się że o jest są to jak co a po za od dla przez przy u ale lub albo oraz czy kto kogo komu kim
        czego czym gdzie kiedy skąd dokąd dlaczego czemu ile jaki jaka jakie jakich jakiej jakim który która które
        których której którym był była było były być będzie będą mam masz ma mamy mają mieć może można mogę możesz mogą
        muszę musi trzeba ja ty on ona ono my wy oni mnie mi mój moja moje mojego twój twoja twoje go jego jej mu ich im
        nas nam was wam swój swoje ten ta te tego tej tym tych tam tu tutaj też także już jeszcze tylko bo żeby aby
        jeśli gdy
        """
    ),
    "pt": _words(
        """
        o a os as um uma uns umas de do da dos das em no na nos nas num numa ao à aos às por pelo pela pelos pelas para
        pra pro com e ou mas que quê quem qual quais quando onde aonde como quanto quanta quantos quantas porque por se
        sim é são era eram foi foram ser sou está estão estou estar há tem têm tenho ter tinha posso pode podem podemos
        poder devo deve devem preciso precisa faço faz fazer quero quer me te lhe eu tu ele ela eles elas nós você vocês
        vc meu minha meus minhas seu sua seus suas nosso nossa teu tua este esta estes estas esse essa esses essas isto
        isso aquele aquela aqui ali lá muito já também q
        """
    ),
    "ru": _words(
        """
        и в во на с со к ко по о об от из за у при для да но а или же ли бы что чем чего кто кого кому кем какой какая
        какое какие каких каким каком какую который которая которое которые когда где куда откуда почему зачем как
        сколько это этот эта эти того тот та те то я ты он она оно мы вы они меня мне тебя тебе его ему ей её их им нас
        нам вас вам себя мой моя моё мои твой свой своя свои наш ваш был была было были есть быть будет будут могу может
        можно можете нужно надо если также ещё уже так
        """
    ),
}
# Of these, the words that ask, outside English: they tell one question from another with the same words of the subject.
ASKING_WORDS = {
    "de": _words(
        """
        wie wo wann warum wieso weshalb wer wen wem wessen was welche welcher welches welchen welchem woher wohin wofür
        wofuer womit woran worauf wieviel wieviele
        """
    ),
    "es": _words(
        """
        qué que quién quien quiénes cuál cual cuáles cuales cuándo cuando dónde donde adónde cómo como cuánto cuanto
        cuánta cuanta cuántos cuantos cuántas cuantas
        """
    ),
    "fr": _words("que qui quoi quel quelle quels quelles quand comment combien pourquoi où lequel laquelle"),
    "it": _words("che chi cosa come quando dove quanto quanta quanti quante quale quali perché"),
    "nl": _words("wat wie welke welk waar wanneer waarom hoe hoeveel"),
    "pl": _words("kto kogo komu kim co czego czym gdzie kiedy skąd dokąd dlaczego czemu ile jaki jaka jakie jak"),
    "pt": _words("que quê quem qual quais quando onde aonde como quanto quanta quantos quantas porque"),
    "ru": _words("что кто кого кому какой какая какое какие когда где куда откуда почему зачем как сколько"),
}
