"""What the rules of `starter.py` know of English: tables of words, and how to tell their kinds."""

from __future__ import annotations

import re
from collections.abc import Sequence


def word_set(text: str) -> frozenset[str]:
    """The words of `text`."""
    return frozenset(text.split())


BE = word_set("is are was were")
MODALS = word_set("can could may might must should will")
VERBS = word_set(  # with an object: what does it return
    """accept accompany add allow apply bind call cause change check compute contain control
    convert create define delete denote describe determine disable display enable ensure evaluate
    execute expect forbid generate guarantee handle hide hold identify ignore implement import
    include indicate inherit insert install introduce invoke join keep lack limit list load manage
    map match mean modify need offer open override perform precede preserve prevent print produce
    protect provide raise read receive remove replace report represent require resolve restrict
    return run save search select send separate set share show signal specify split start store
    support suppress tell transform translate treat trigger turn update use validate verify wrap
    write yield"""
)
PARTICLES = {  # with their preposition: what does it refer to
    **{"belong": "to", "correspond": "to", "lead": "to", "refer": "to", "evaluate": "to"},
    **{"consist": "of", "depend": "on", "rely": "on", "stand": "for", "result": "in"},
}
_OTHER_VERBS = word_set(
    """act appear become behave come do does fail get give go had happen has have make occur stop
    take terminate try work"""
)
_NOUNS_TOO = word_set(  # "function calls": a verb only before an object that begins like one
    """calls changes checks controls displays handles imports limits lists loads maps matches means
    needs offers opens reads reports returns runs saves searches sets shares shows signals starts
    stores supports turns updates uses wraps writes"""
)
ADVERBS = word_set(
    """also always automatically currently explicitly generally implicitly internally normally now
    often only simply then typically usually"""
)
PREPOSITIONS = word_set(
    """about after as at before between by during for from in inside into of on over through to
    under until using via with within without"""
)
DETERMINERS = word_set("a all an any both each every its many most no some the")
JOINTS = word_set("and but nor or")
BREAKS = word_set(  # words that no subject has: a clause begins, or something is negated
    """although because being cannot had has have how if never not once since so than that then
    there unless what when where whether which while who whom whose why"""
)
_POINTERS = word_set(  # they speak of something told before
    """else former he her him his i it its itself latter my note ones other others our same she such
    their them themselves there these they this those us we you your"""
)
_VAGUE = word_set(
    """above actual additional appropriate below certain corresponding current existing final first
    following given last matching next original particular preceding previous relevant remaining
    respective resulting returned second specific specified subsequent third
    whole"""
)
SHELLS = word_set(  # nouns that any text is full of: "the value" says nothing, with what before it
    """action argument arguments attribute body call caller case class code condition content
    definition element elements entry event example expression feature field file form function
    implementation instance item items key line list member method module name names number object
    objects operation option order output parameter part procedure process program property result
    rule set statement step string structure target task term text thing type types value values
    variable version way"""
)
_UNIQUE = word_set("compiler interpreter library parser programmer system user users")
_NAMED_KINDS = word_set(  # whose name stands before them
    "character characters keyword keywords operator operators protocol statement statements"
)
_SINGULAR_S = ("ss", "us", "is", "alias", "canvas", "series", "always", "does", "has", "was", "as")
_IRREGULAR = word_set(
    """bound built chosen done drawn found given held kept known left lost made met put read run
    seen sent set shown split stored taken thrown understood written"""
)
_NO_PARTICIPLES = word_set("embed exceed feed indeed need proceed seed speed succeed")
_COMMON_ENDINGS = (  # of words that are no names
    *("able", "al", "ance", "ar", "ary", "ate", "ed", "ence", "ible", "ing", "ion", "ity"),
    *("erse", "ic", "ive", "ment", "ness", "ory", "ute"),
)
_PLAIN_STARTS = word_set("common each every many most no several some the typical users")

_TOKEN = re.compile(
    r"[\"“][^\"“”]{1,60}[\"”]\S{0,20}|`[^`]{1,60}`\S{0,20}|[\w.]{1,60}\([^()]{0,80}\)\S{0,20}|\S+"
)
_NAME = re.compile(r"[\"“`]|.*[A-Z_()\d]|.*\w\.\w")


def tokens(text: str) -> list[str]:
    """The words of `text`; quoted code is one, and so is a call with its arguments."""
    return _TOKEN.findall(text)


def lemma(verb: str) -> str:
    """Turn "copies" into "copy"; what is no third person stays as it is."""
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    if verb.endswith(("sses", "shes", "ches", "xes", "oes")):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb


def third_person(verb: str) -> str:
    """Turn "copy" into "copies"."""
    if verb.endswith("y") and verb[-2:-1] not in tuple("aeiou"):
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("ss", "sh", "ch", "x")) else "s")


def is_verb(word: str) -> bool:
    """Whether `word` can be the finite verb of a sentence."""
    if word in BE or word in MODALS or word in _OTHER_VERBS:
        return True
    return lemma(word) in VERBS or lemma(word) in PARTICLES or lemma(word) in _OTHER_VERBS


def may_be_verb(word: str) -> bool:
    """Whether `word` is a verb or looks like the third person of one."""
    return is_verb(word) or (word.islower() and word.endswith("s") and not word.endswith("ss"))


def is_participle(word: str) -> bool:
    """Whether `word` is a past participle: "stored", "built"."""
    return word in _IRREGULAR or (word.endswith("ed") and word not in _NO_PARTICIPLES)


def is_name(word: str) -> bool:
    """Whether `word` names a thing: quoted, code, or with a capital."""
    return bool(_NAME.match(word))


def ends_plural(word: str) -> bool:
    """Whether `word` looks like a plural noun."""
    return word.isalpha() and word.endswith("s") and not word.endswith(_SINGULAR_S)


def head(phrase: Sequence[str]) -> Sequence[str]:
    """A noun phrase up to its main noun: "a list" of "a list of names"."""
    for at, word in enumerate(phrase):
        if at and (word in PREPOSITIONS or word in BREAKS or is_participle(word)):
            return phrase[:at]
    return phrase


def is_plural(phrase: Sequence[str]) -> bool:
    """Whether a noun phrase takes "are"."""
    nouns = head(phrase)
    if nouns[0].lower() in ("a", "an", "each", "every", "any"):
        return False
    return "and" in nouns or ends_plural(nouns[-1].lower())


def is_main_verb(sentence: Sequence[str], at: int) -> bool:
    """Whether the word there is a verb that agrees with the noun phrase before it."""
    word, before = sentence[at], sentence[:at]
    if not before or not is_verb(word) or before[-1].lower() in DETERMINERS:
        return False
    if word in MODALS:
        return True
    if {word, third_person(word)} & _NOUNS_TOO:
        following = sentence[at + 1] if at + 1 < len(sentence) else ""
        if following not in DETERMINERS and not is_name(following):
            return False
    many = word in ("are", "were") or lemma(word) == word
    return is_plural(before) == many


def speaks_for_itself(phrase: Sequence[str], known: bool = False) -> bool:
    """Whether nothing in a noun phrase or condition hangs on what was told before it.

    Where the subject is `known`, "the subscript" says which; "the value" never does.
    """
    for at, word in enumerate(phrase):
        plain = word.lower().strip(",;")
        if plain in _POINTERS or plain in _VAGUE:
            return False
        if plain != "the" or _is_definite(phrase[at + 1 :]):
            continue
        if not known or _main_noun(phrase[at + 1 :]) in SHELLS | {""}:
            return False
    return True


def _main_noun(rest: Sequence[str]) -> str:
    """The noun of "the …": "index" of "the last index is out of range"; "" where there is none."""
    noun = ""
    for word in head(rest):
        if is_verb(word) or word in DETERMINERS:
            break
        noun = word.strip(",;")
    return noun


def _is_definite(rest: Sequence[str]) -> bool:
    """Whether "the …" says which: by a name, by "of" what, or as "the modulo operator" does."""
    noun = ""
    for word in rest:
        if is_name(word):
            return rest[0] != "new"
        inflected = is_verb(word) and word not in VERBS
        if word in PREPOSITIONS or is_participle(word) or inflected:
            if word in ("of", "for", "between"):
                return True
            break
        noun = word
    return noun in _UNIQUE or (noun in _NAMED_KINDS and noun != rest[0])


def lowered(phrase: Sequence[str], passage: str, *, plural: bool = False) -> str:
    """`phrase` inside a sentence: a first word that is no name begins with a small letter."""
    first, small = phrase[0], phrase[0].lower()
    if first in ("A", "An") or small in _PLAIN_STARTS or small in DETERMINERS:
        first = small
    elif first[1:].islower():
        common = "-" in first or first.endswith(_COMMON_ENDINGS) or (plural and ends_plural(small))
        if common and re.search(rf"[a-z,] {re.escape(first)}\b", passage):
            common = False
        if common or re.search(rf"(?<![\w.\"`]){re.escape(small)}s?\b(?![(\"`])", passage):
            first = small
    return " ".join([first, *phrase[1:]])
