"""Chance that repeats: the same seed gives the same people, the same problems and the same ids."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime
from uuid import UUID

SURNAMES = (
    "王王王李李李张张张刘刘陈陈杨杨黄赵赵周周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范石廖贾夏韦"
    "付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤"
)
GIVEN = [
    "建国",
    "秀英",
    "志强",
    "丽娟",
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "强",
    "磊",
    "军",
    "洋",
    "艳",
    "勇",
    "杰",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "桂英",
    "文博",
    "雨桐",
    "子轩",
    "思远",
    "晓燕",
    "晓明",
    "海燕",
    "春梅",
    "玉兰",
    "雪梅",
    "国强",
    "建华",
    "建军",
    "志明",
    "淑芬",
    "红梅",
    "秀兰",
    "丽华",
    "桂兰",
    "凤英",
    "玉珍",
    "文静",
    "慧敏",
    "佳怡",
    "欣怡",
    "梦洁",
    "雅婷",
    "思琪",
    "浩然",
    "宇航",
    "俊杰",
    "天佑",
    "博文",
    "泽宇",
    "晨曦",
    "一鸣",
    "振华",
    "振东",
    "新民",
    "卫东",
    "永强",
    "学文",
    "学军",
    "立新",
    "立群",
    "宝华",
    "宝林",
    "金凤",
    "彩霞",
    "彩云",
    "月娥",
    "月华",
    "小红",
    "小军",
    "小龙",
    "小燕",
    "安",
    "宁",
    "婷",
    "颖",
    "琳",
    "玲",
    "倩",
    "莉",
    "斌",
    "波",
    "辉",
    "鹏",
    "飞",
    "凯",
    "堃",
    "喆",
    "玥",
    "珺",
    "钰",
    "琦",
    "瑶",
    "璐",
    "婧",
    "妍",
    "晗",
    "昕",
    "睿",
    "骁",
    "煜",
    "炜",
]


def dice(*seed: object) -> random.Random:
    """A generator that depends on nothing but the seed."""
    return random.Random("|".join(map(str, seed)))  # noqa: S311 - make-believe people, no secrets


def name(chance: random.Random) -> str:
    """A believable Chinese name."""
    return chance.choice(SURNAMES) + chance.choice(GIVEN)


def phone(chance: random.Random) -> str:
    """A mobile number of a segment that no carrier gives out (199 0000 xxxx is left to examples)."""
    return f"1990000{chance.randrange(10_000):04d}"


def id_at(moment: datetime, *seed: object) -> UUID:
    """A UUIDv7 of that moment whose random part follows from the seed: the same act has the same id after a restart."""
    digest = hashlib.sha256("|".join(map(str, seed)).encode()).digest()
    value = int(moment.timestamp() * 1000) << 80 | int.from_bytes(digest[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
