"""Rendering templates: each page has its language, translations, and the address of its twins."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar import Response
from litestar.datastructures import Cookie
from markupsafe import Markup, escape

from app.i18n import catalogues as i18n
from app.i18n.khmer_lines import with_breaks
from app.settings import TEMPLATES
from app.validation.marks import Many
from app.validation.refusals import Problem, Refused
from app.web import assets
from app.web.icons import PATHS
from app.web.request import LANGUAGE_COOKIE, SAFE, Req, digits_of, is_staff_page, language_of, settings_of
from calendars.words import khmer_digits, lunar_line

_ADDRESS = ":/?#[]@!$&'()*+,;=%~"


@pass_context
def _translate(context: Context, text: str, **facts: Any) -> str:
    if context["digits"]:
        facts = {name: khmer_digits(str(fact)) if isinstance(fact, int) else fact for name, fact in facts.items()}
    return i18n.translate(context["language"], text, **facts)


@pass_context
def _counting(context: Context, one: str, many: str, **facts: Any) -> str:
    """A sentence that counts, in the form of its number."""
    return str(_translate(context, Many(one, many), **facts))


@pass_context
def _meaning(context: Context, meant: str, text: str, **facts: Any) -> str:
    """A word that means several things: `meant` tells which."""
    return i18n.translate(context["language"], text, context=meant, **facts)


@pass_context
def _label(context: Context, text: str) -> str:
    """A label before what it names, with the sign that its language puts there."""
    return i18n.label(context["language"], text)


@pass_context
def _forms(context: Context, one: str, many: str) -> dict[str, str]:
    """Every form of a sentence that a browser fills in."""
    return i18n.forms(context["language"], Many(one, many))


@pass_context
def _pick(context: Context, texts: Any) -> str:
    return i18n.pick_tagged(texts, context["text_language"], context["language"])[1]


@pass_context
def _in_words(context: Context, texts: Any) -> Markup:
    """A localised text for the body of a page, marked where it is in another language than the page."""
    tag, text = i18n.pick_tagged(texts, context["text_language"], context["language"])
    if tag in {"", context["language"]} or not text:
        return escape(text)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(tag, i18n.direction(tag), text)


@pass_context
def _tag_of(context: Context, texts: Any) -> str:
    """The language that a localised text is shown in: the page's own where it says none."""
    tag = i18n.pick_tagged(texts, context["text_language"], context["language"])[0]
    return tag or str(context["language"])


@pass_context
def _to(context: Context, path: str) -> str:
    """The address of a worker's page in the page's language and digits."""
    chosen = f"?digits={context['digits']}" if context["digits"] else ""
    return f"/{context['language']}{path}{chosen}"


@pass_context
def _weekdays(context: Context, days: Any) -> str:
    return i18n.days_text(context["language"], tuple(days))


@pass_context
def _month(context: Context, day: Any) -> str:
    return i18n.month_name(context["language"], day)


@pass_context
def _number(context: Context, number: int) -> str:
    return khmer_digits(str(number)) if context["digits"] else str(number)


@pass_context
def _day(context: Context, day: Any) -> str:
    text = i18n.long_date(context["language"], day)
    return khmer_digits(text) if context["digits"] else text


@pass_context
def _moment(context: Context, moment: Any, zone: str) -> str:
    return i18n.moment_text(context["language"], moment, zone)


@pass_context
def _problem(context: Context, problem: Problem) -> str:
    return i18n.sentence(context["language"], problem.code, problem.facts)


@pass_context
def _refusal(context: Context, refused: Refused) -> str:
    return i18n.told(context["language"], refused)


@pass_context
def _lunar(context: Context, day: Any) -> str:
    return lunar_line(context["language"], day)


@pass_context
def _code_sentence(context: Context, code: str) -> str:
    return i18n.sentence(context["language"], code, {})


@cache
def environment() -> Environment:
    """Jinja, strict about undefined names, escaping everything."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(_=_translate, _n=_counting, _p=_meaning, _forms=_forms, label=_label)
    made.globals.update(asset=assets.address, modules_of=assets.modules_of, to=_to, sign_paths=PATHS)
    made.filters.update(
        pick=_pick,
        day=_day,
        moment=_moment,
        problem=_problem,
        refusal=_refusal,
        code_sentence=_code_sentence,
        clock=i18n.local_time,
        lunar=_lunar,
        said=_in_words,
        tag_of=_tag_of,
        direction=i18n.direction,
        weekdays=_weekdays,
        month=_month,
        number=_number,
        own_name=i18n.own_name,
    )
    return made


def render(request: Req, template: str, /, **facts: Any) -> str:
    """A page as text. Its facts: `language`, `languages`, `digits`, `text_language` (of what attachés wrote), `twin`
    (the path without language), `base_url`, and what is given."""
    language = facts.pop("language", None) or language_of(request)
    facts.setdefault("text_language", language)
    first, _, rest = request.scope["path"].lstrip("/").partition("/")
    twin = f"/{rest}" if first in i18n.languages() else ""
    html = (
        environment()
        .get_template(template)
        .render(
            language=language,
            languages=i18n.languages(),
            direction=i18n.direction(language),
            digits=digits_of(request) if language == "km" else "",
            twin=twin,
            base_url=settings_of(request).base_url,
            **facts,
        )
    )
    return with_breaks(html)


def page(request: Req, template: str, /, *, status: int = 200, cookies: Any = None, **facts: Any) -> Response[bytes]:
    """A personal or staff page: never stored, never indexed. On staff pages ?lang= is remembered.

    A worker's page goes out in gzip: nobody can make another one's browser ask for it, as no cookie opens it and its
    address is the secret, so that its size tells nobody anything (BREACH needs both).
    """
    chosen = request.query_params.get("lang", "")
    if is_staff_page(request) and chosen in i18n.languages():
        remembered = Cookie(LANGUAGE_COOKIE, value=chosen, max_age=365 * 86400, samesite="lax", httponly=True)
        cookies = [*(cookies or []), remembered]
    content = render(request, template, **facts).encode()
    headers = {"cache-control": "private, no-store", "x-robots-tag": "noindex"}
    if request.method in SAFE and not is_staff_page(request):
        answer = assets.compressed(request, content, "text/html", headers)
        answer.status_code = status
        return answer
    return Response(content, status_code=status, media_type="text/html", headers=headers, cookies=cookies)


def said(refused: Refused | None, beside: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """A refused form's facts for its page: status, the refusal of the whole, and the problems beside their fields.

    `beside` names the field next to which a refusal of the whole belongs too, by its code.
    """
    if refused and (field := beside.get(refused.code)):
        problem = Problem(field, refused.code, refused.facts)
        refused = Refused(refused.code, (*refused.problems, problem), **refused.facts)
    return {
        "status": refused.status if refused else 200,
        "refused": refused,
        "problems": refused.problems if refused else (),
    }


def see_other(address: str, cookies: Any = None) -> Response[bytes]:
    """After a form: 303, so that a reload repeats nothing."""
    return Response(
        b"",
        status_code=303,
        headers={"location": quote(address, safe=_ADDRESS), "cache-control": "no-store"},
        cookies=cookies,
    )
