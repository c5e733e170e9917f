"""The kit: words before codes, nothing typed is lost, nothing unescaped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import QueryDict
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.html import strip_tags

from bihuan.foundation.clock import travel
from bihuan.foundation.pages.answers import SAID
from bihuan.foundation.pages.context import shell
from bihuan.foundation.pages.keyset import Page
from bihuan.foundation.pages.wording import due_words, moment_words
from bihuan.foundation.refusals import Refusal

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in Beijing


def shown(text, address="/x/", **context):
    with travel(NOON):
        return Template(text).render(Context({"request": RequestFactory().get(address), **context}))


# --- time in words ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "words", "urgency"),
    [
        (-49, "逾期 2 天", "late"),
        (-13, "逾期 1 天", "late"),
        (-3, "逾期 3 小时", "late"),
        (-0.5, "刚刚逾期", "late"),
        (0, "今天到期", "today"),
        (11.9, "今天到期", "today"),
        (12, "剩 1 天", "later"),
        (20, "剩 1 天", "later"),
        (72, "剩 3 天", "later"),
    ],
)
def test_a_deadline_is_said_in_calendar_days(hours, words, urgency):
    assert due_words(NOON + timedelta(hours=hours), NOON) == (words, urgency)


def test_another_year_is_said_with_its_year():
    assert moment_words(NOON, NOON) == "11-22 12:00"
    assert moment_words(datetime(2025, 12, 31, 16, 30, tzinfo=UTC), NOON) == "01-01 00:30"
    assert moment_words(datetime(2025, 11, 22, 4, 0, tzinfo=UTC), NOON) == "2025-11-22 12:00"


def test_the_exact_moment_stands_behind_the_words():
    late = shown("{% due at %}", at=NOON - timedelta(days=2))
    assert 'title="2026年11月20日 12:00 到期"' in late
    assert "due-late" in late
    assert "逾期" not in shown("{% due at 'closed' %}", at=NOON - timedelta(days=2))
    assert "逾期" not in shown("{% due at open %}", at=NOON - timedelta(days=2), open=False)
    assert strip_tags(shown("{% due at %}", at=None)) == "不限期"
    assert strip_tags(shown("{% moment day %}", day=date(2026, 11, 2))) == "11-02"
    assert shown("{% moment at %}", at=None) == "—"


# --- risk -------------------------------------------------------------------------------------------------------------


def test_each_colour_has_a_word_and_a_shape_of_its_own():
    codes = ("red", "orange", "yellow", "blue")
    drawn = [shown(f'{{% colour "{code}" %}}') for code in codes]
    words = [strip_tags(text) for text in drawn]
    shapes = {text[text.index("<svg") : text.index("</svg>")] for text in drawn}
    assert words == ["红 · 重大", "橙 · 较大", "黄 · 一般", "蓝 · 低"]
    assert len(shapes) == 4
    assert strip_tags(shown('{% level "major" %}')) == "重大"


def test_a_word_from_a_pack_is_escaped():
    for text in ('{% level "major" word %}', "{% state_chip word %}", "{% filter_menu 'x' word options %}"):
        assert "<script" not in shown(text, word="<script>", options=[("<script>", "<script>")])


# --- forms ------------------------------------------------------------------------------------------------------------


def test_what_was_typed_comes_back_with_its_error():
    refusal = Refusal("foundation.bad_input", fields={"title": "内容太短"}, count=1, summary="…")
    typed = QueryDict("title=门&level=b&tags=x&tags=z&note=")
    page = shown(
        '{% problem %}{% field "title" "标题" value="旧的" %}{% field "level" "级别" kind="select" options=options value="a" %}'
        '{% field "tags" "标签" kind="checks" options=tags %}{% field "note" "说明" kind="textarea" value="旧的" %}'
        '{% field "secret" "密码" kind="password" %}',
        refusal=refusal, typed=typed, options=[("a", "甲"), ("b", "乙")], tags=["x", "y", "z"],
    )  # fmt: skip
    assert 'value="门"' in page
    assert "旧的" not in page
    assert '<option value="b" selected>' in page
    assert page.count("checked") == 2
    assert page.count("内容太短") == 2  # above the form, and at its field
    assert 'aria-invalid="true"' in page
    assert "foundation.bad_input" in page


def test_a_password_is_never_sent_back():
    assert "geheim" not in shown('{% field "secret" "密码" kind="password" %}', typed=QueryDict("secret=geheim"))


def test_a_field_says_which_label_and_help_are_its_own():
    page = shown('{% field "a.b" "标题" help="写短些" required=True maxlength=20 inputmode="numeric" %}')
    assert 'for="field-a-b"' in page
    assert 'id="field-a-b"' in page
    assert 'aria-describedby="field-a-b-says"' in page
    assert 'id="field-a-b-says"' in page
    assert 'maxlength="20" inputmode="numeric"' in page


def test_a_value_cannot_break_out_of_its_attribute():
    page = shown('{% field "a" "标题" value=bad placeholder=bad %}', bad='"><script>')
    assert "<script" not in page


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_menu_changes_its_own_part_and_returns_to_the_first_page():
    page = shown(
        '{% filter_menu "school" "全区" options %}',
        "/x/?school=2&q=a%26b&cursor=zzz",
        options=[(1, "一小"), (2, "二小")],
    )
    assert 'href="?q=a%26b&amp;school=1"' in page
    assert 'href="?q=a%26b"' in page
    assert "cursor" not in page
    assert '<summary class="chosen">二小</summary>' in page
    assert page.count("aria-current") == 1


def test_a_menu_does_not_offer_its_usual_word_twice():
    page = shown('{% filter_menu "stage" "未销号" options %}', options=[("open", "未销号"), ("all", "全部")])
    assert page.count(">未销号<") == 2  # the word in force, and the way back to it


def test_the_pager_counts_nothing_and_keeps_the_filter():
    page = shown("{% pager page %}", "/x/?q=门&cursor=old", page=Page([], "new"))
    assert 'rel="next" href="?q=%E9%97%A8&amp;cursor=new"' in page
    assert 'href="?q=%E9%97%A8"' in page
    assert shown("{% pager page %}", page=Page([], "")).strip() == ""


def test_a_count_over_the_cap_says_so():
    assert [shown(f"{{% capped {n} 1000 %}}") for n in (7, 1000, 1001)] == ["7", "1,000", "1,000+"]


# --- the shell --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_title_and_heading_never_differ():
    page = shown('{% extends "shell/page.html" %}{% block title %}第 {{ n }} 页 <b>{% endblock %}', n=3)
    assert "<title>第 3 页 <b> · 闭环</title>" in page
    assert "<h1>第 3 页 <b></h1>" in page


@pytest.mark.django_db
def test_a_visitor_sees_no_menu():
    page = shown('{% extends "shell/page.html" %}{% block title %}x{% endblock %}')
    assert 'class="rail"' not in page
    assert "data-feed" not in page
    assert 'href="#main"' in page


@pytest.mark.django_db
def test_pages_carry_no_inline_script_or_handler():
    page = shown('{% extends "shell/page.html" %}{% block title %}x{% endblock %}')
    assert "<script>" not in page
    assert " onclick" not in page
    assert '"allowEval":false' in page


def test_what_was_said_waits_for_a_page_that_shows_it():
    request = RequestFactory().get("/hazards/")
    request.session, request.htmx = {SAID: ["整改已提交。"]}, True
    assert shell(request)["said"]() == []  # a live part that reads its page again
    request.htmx = False
    assert shell(request)["said"]() == ["整改已提交。"]
    assert shell(request)["said"]() == []
