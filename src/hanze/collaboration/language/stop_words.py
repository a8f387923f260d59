"""Words that say nothing about what a text is about, in Dutch, English and Korean.

Written for short descriptions of needs and solutions: besides pronouns, prepositions and auxiliary
verbs they hold what nearly each such text says ("we would like", "graag", "필요").
"""

from collections.abc import Mapping
from typing import Final

__all__ = ["FUNCTION_WORDS", "LINKING_WORDS", "STOP_WORDS"]

_NL: Final = """
aan af al alle alleen allemaal alles als altijd ander andere anderen anders bij binnen bijna bijv
bijvoorbeeld boven buiten daar daarbij daardoor daarin daarmee daarna daarnaast daarom daarop daarover
daarvan daarvoor dan dat de deze die dit doch doen doet door dus echter een één eens eerst eigen elk elke
en enkel enkele er erg ergens ervan ervoor etc even gaan gaat geen geweest gewoon haar had hadden heb hebben
hebt heeft heel hele hem hen het hier hierbij hierdoor hiermee hiervoor hij hoe hoeveel hun ieder iedere
iedereen iemand iets ik in is ja je jou jouw jullie kan kon konden kunnen langs later liever maar maken maakt
me meer meest meeste men met mij mijn minder moest moet moeten mogen mocht na naar naast namelijk nee
net niet niets niemand nog nogal nooit nu of om omdat onder ons onze ook op over overal per pas plus
sinds soms steeds te tegen ten ter terug terwijl tijdens toch toe toen tot totdat tussen u uit uw vaak
van vanaf vanuit vanwege veel vele verder via vinden voor vooral voordat waar waarbij waardoor waarin waarmee
waarom waarop waarvan waarvoor wanneer want waren was wat we weer weinig wel welk welke wie wij wil
willen worden wordt werd werden zal ze zeer zelf zelfs zich zij zijn zo zo'n zodat zodra zoals zonder
zou zouden zoek zoeken zoekt zullen graag zien ziet komen komt krijgen krijgt laten laat blijven blijft
staan staat liggen ligt houden houdt geven geeft nemen neemt gebruiken gebruikt steeds mee
nieuw nieuwe z'n m'n d'r goed goede beter betere snel snelle groot grote klein kleine hoog hoge
""".strip()

_EN: Final = """
a about above across after again against all almost along already also although always am among an and
another any anyone anything are around as at away be became because become been before being below
between both but by can cannot could did do does doing done down during each either else enough etc even
ever every everyone everything few for from further get gets getting give gives given go goes going got
had has have having he her here hers him his how however i if in instead into is it its itself just keep
keeps kept less let like made make makes making many may me might more most much must my need needed
needs neither never no nobody none nor not nothing now of off often on once one only onto or other
others otherwise our ours out over own per perhaps please put quite rather really same see seen several
shall she should since so some someone something sometimes somewhere soon still such take taken takes
than that the their theirs them themselves then there therefore these they thing things this those
though through throughout thus till to together too toward towards try trying under until up upon us use
used uses using very via want wanted wants was way we well were what whatever when whenever where
whether which while who whole whom whose why will with within without would yet you your yours seek
seeks seeking look looking looks find finding new good better best large small high low big able
available near don doesn isn aren wasn weren won didn couldn wouldn shouldn hasn haven ll ve re
include includes included including based designed developed called
""".strip()

_KO: Final = """
것 수 등 때 때문 곳 더 덜 및 또 또는 또한 그리고 그러나 하지만 그래서 따라서 즉 이 그 저 이것 그것 우리 저희
여러분 누구 무엇 어디 언제 어떻게 왜 모든 모두 각 각각 매우 너무 아주 조금 많이 잘 못 안 다시 이미 아직 현재
지금 이후 이전 동안 정도 경우 대한 대해 관한 관하여 위한 위해 위하여 통한 통해 통하여 의한 의해 따른 따라 같은 같이
함께 서로 다른 다양 여러 이런 그런 저런 어떤 있다 없다 하다 되다 이다 아니다 않다 같다 보다 주다 싶다 받다 가다
오다 나다 들다 두다 놓다 만들다 찾다 바라다 원하다 필요 필요하다 희망 가능 가능하다 이용 사용 활용 제공 진행
실시 내 외 간 중 후 전 시 분 명 개 번 점 바 데 줄 뿐 만큼 처럼 대로 하나 둘 첫 새 새롭다 좋다 크다 작다 많다 적다 높다
낮다 바로 항상 자주 가장 거의 특히 주로 계속 직접 미리 먼저 늘 스스로 쉽다 어렵다 쉽게 알다 모르다 말하다 나오다
나타나다 생기다 늘다 줄다 늘어나다 줄어들다 늘리다 줄이다 높이다 낮추다 관련 대상 이상 이하 해당 기타 위 아래 안쪽
""".strip()

_NL_LINKING: Final = "de het een van voor op in met bij aan te en of om tot uit naar door"
_EN_LINKING: Final = "a an the of for on in with at to and or by from into"

#: Per language: no lemmas of a text. They count within a label: "new town" is not "town".
STOP_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "nl": frozenset(_NL.split()),
    "en": frozenset(_EN.split()),
    "ko": frozenset(_KO.split()),
}

#: Articles, prepositions and conjunctions: nor do these count within a label ("internet of things").
#: Of Korean, particles and endings are not read as words at all.
LINKING_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "nl": frozenset(_NL_LINKING.split()),
    "en": frozenset(_EN_LINKING.split()),
    "ko": frozenset({"및", "등", "의"}),
}

_NL_FUNCTION: Final = """
aan al als ben bij daar dan dat de deze die dit door een één en er geen had heb hebben heeft het hier hoe hun
ik is je kan kunnen maar met mijn moet moeten naar niet nog nu of om omdat onder ons onze ook op over te
tegen ten ter tijdens toch tot tussen uit uw van vanuit veel via voor waar waarom wat we welke wie wij wil
willen worden wordt ze zich zij zijn zo zoals zonder zodat zouden graag meer minder elke alle
""".strip()

_EN_FUNCTION: Final = """
a about all an and are as at be because been but by can could do does for from had has have how if in into
is it its like more must my no not of on or our should so that the their them there these they this those to
was we were what when where which who why will with without would you your than then through while
""".strip()

#: Small words by which a text shows its language. Words that both have ("is", "in", "we", "over")
#: stand in both lists and so decide nothing.
FUNCTION_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "nl": frozenset(_NL_FUNCTION.split()) | {"in"},
    "en": frozenset(_EN_FUNCTION.split()) | {"over"},
}
