"""Who are the customers of the demo's companies? The same people at every start: drawn from one seed.

Names are made of common family and given names; numbers and domains are such as reach nobody, or stand in no directory
that this project knows of.
"""

import random
import uuid
from dataclasses import replace
from functools import cache
from typing import Any

from floor.company import CustomerWish

FIRM, OTHER = "harbour", "oakline"
SEED = 20
MANY = {FIRM: 2_000, OTHER: 150}
ORGANISATIONS_EVERY = 8  # one in so many is an organisation
ENGLISH_SHARE = 0.3  # of the firm's persons
HOUSEHOLDS_EVERY = 25  # two neighbours in the list share a landline: then nobody is guessed

_FAMILY = (
    ("王", "wang"), ("李", "li"), ("张", "zhang"), ("刘", "liu"), ("陈", "chen"), ("杨", "yang"), ("赵", "zhao"),
    ("黄", "huang"), ("周", "zhou"), ("吴", "wu"), ("徐", "xu"), ("孙", "sun"), ("胡", "hu"), ("朱", "zhu"),
    ("高", "gao"), ("林", "lin"), ("何", "he"), ("郭", "guo"), ("马", "ma"), ("罗", "luo"), ("梁", "liang"),
    ("宋", "song"), ("郑", "zheng"), ("谢", "xie"), ("韩", "han"), ("唐", "tang"), ("冯", "feng"), ("于", "yu"),
)  # fmt: skip
_GIVEN = (
    ("伟", "wei"), ("芳", "fang"), ("娜", "na"), ("敏", "min"), ("静", "jing"), ("丽", "li"), ("强", "qiang"),
    ("磊", "lei"), ("军", "jun"), ("洋", "yang"), ("勇", "yong"), ("艳", "yan"), ("杰", "jie"), ("涛", "tao"),
    ("明", "ming"), ("超", "chao"), ("秀英", "xiuying"), ("霞", "xia"), ("平", "ping"), ("桂英", "guiying"),
    ("子涵", "zihan"), ("浩然", "haoran"), ("欣怡", "xinyi"), ("宇轩", "yuxuan"), ("梓萱", "zixuan"), ("嘉怡", "jiayi"),
)  # fmt: skip
_FIRST = (
    "Alice", "Ben", "Chloe", "Daniel", "Emma", "Frank", "Hannah", "Ian", "Julia", "Kevin", "Laura", "Martin", "Nina",
    "Oscar", "Paula", "Robert", "Sarah", "Tim", "Ursula", "Victor", "Wendy", "Yusuf", "Zara", "Amara", "Diego",
)  # fmt: skip
_LAST = (
    "Adams", "Baker", "Carter", "Dubois", "Evans", "Fischer", "Garcia", "Hughes", "Ivanov", "Jensen", "Keller",
    "Morgan", "Novak", "Okoye", "Patel", "Quinn", "Rossi", "Schmidt", "Taylor", "Usman", "Vargas", "Walker", "Young",
)  # fmt: skip
_TRADES = (
    ("Trading 贸易", "trading"), ("Logistics 物流", "logistics"), ("Tea 茶业", "tea"), ("Software 软件", "software"),
    ("Clinic 诊所", "clinic"), ("School 学校", "school"), ("Hotel 酒店", "hotel"), ("Foods 食品", "foods"),
)  # fmt: skip
_PLACES = ("Jing'an 静安", "Xuhui 徐汇", "Changning 长宁", "Pudong 浦东", "Huangpu 黄浦", "Hongkou 虹口", "Yangpu 杨浦")
_INTERESTS = ("letting", "letting", "letting", "selling", "selling", "decoration", "management", "management")
_TERMS = {"turnover": 45, "loyalty": 25, "recency": 20, "payment": 10}  # points each of them can bring


@cache
def of_firm() -> tuple[CustomerWish, ...]:
    chance = random.Random(SEED)
    made = [_of_firm(n, chance) for n in range(MANY[FIRM])]
    for n in range(0, len(made) - 1, HOUSEHOLDS_EVERY):
        shared = ("phone", f"+862156{n:06}")
        for each in (n, n + 1):
            made[each] = replace(made[each], addresses=(*made[each].addresses, shared))
    return tuple(made)


@cache
def of_other() -> tuple[CustomerWish, ...]:
    chance = random.Random(SEED + 1)
    return tuple(_of_other(n, chance) for n in range(MANY[OTHER]))


def _of_firm(n: int, chance: random.Random) -> CustomerWish:
    if n % ORGANISATIONS_EVERY == 3:
        return _organisation(n, chance)
    if chance.random() < ENGLISH_SHARE:
        name, latin, language = _english(chance)
        phone = f"+447700{900_000 + n % 1000}" if n < 1000 else f"+1202555{n:04}"  # numbers kept for fiction
    else:
        (family, latin_family), (given, latin_given) = chance.choice(_FAMILY), chance.choice(_GIVEN)
        name, latin, language = family + given, f"{latin_given}.{latin_family}", "zh-CN"
        phone = f"+861990000{n:04}"
    terms = _terms(chance)
    return CustomerWish(
        name=name,
        value=sum(terms.values()),
        addresses=_addresses(n, phone, f"{latin}.{n}@mail.example", chance),
        language=language,
        zone="Asia/Shanghai",
        value_terms=terms,
        facts=_facts(chance, chance.choice(_INTERESTS)),
    )


def _organisation(n: int, chance: random.Random) -> CustomerWish:
    trade, latin = chance.choice(_TRADES)
    family, latin_family = chance.choice(_FAMILY)
    terms = _terms(chance)
    facts = _facts(chance, "management") | {"industry": latin, "employees": chance.randrange(4, 400)}
    return CustomerWish(
        name=f"{family}氏 {latin_family.title()} {trade}",
        value=sum(terms.values()),
        addresses=_addresses(n, f"+862158{n:06}", f"office@{latin_family}-{latin}-{n}.example", chance),
        kind="organisation",
        language="zh-CN",
        zone="Asia/Shanghai",
        value_terms=terms,
        facts=facts,
    )


def _of_other(n: int, chance: random.Random) -> CustomerWish:
    name, latin, language = _english(chance)
    terms = _terms(chance)
    return CustomerWish(
        name=name,
        value=sum(terms.values()),
        addresses=_addresses(n, f"+441632960{n:03}", f"{latin}.{n}@post.example", chance),
        language=language,
        zone="Europe/London",
        value_terms=terms,
        facts={"since": chance.randrange(2012, 2026), "last_order": chance.choice(("table", "bed", "shelf", "sofa"))},
    )


def _english(chance: random.Random) -> tuple[str, str, str]:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    return f"{first} {last}", f"{first}.{last}".lower(), "en"


def _terms(chance: random.Random) -> dict[str, int]:
    """Few are worth much: the points follow a square."""
    return {term: int(most * chance.random() ** 1.6 + 0.5) for term, most in _TERMS.items()}


def _addresses(n: int, phone: str, email: str, chance: random.Random) -> tuple[tuple[str, str], ...]:
    """The e-mail address is the last word on who they are; every third has chatted before and kept the cookie."""
    visitor = (("visitor", str(uuid.UUID(int=chance.getrandbits(128), version=4))),) if n % 3 == 0 else ()
    return (("email", email), ("phone", phone), *visitor)


def _facts(chance: random.Random, interest: str) -> dict[str, Any]:
    return {
        "interest": interest,
        "district": chance.choice(_PLACES),
        "rooms": chance.randrange(1, 6),
        "since": chance.randrange(2009, 2026),
        "newsletter": chance.random() < 0.4,
    }
