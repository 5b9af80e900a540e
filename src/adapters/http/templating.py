"""Jinja, and how amounts, times and names are written in pages."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from zlib import crc32
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from markupsafe import Markup

from adapters.http.shell import Shell
from adapters.http.static_files import PREFIX, Manifest
from portal_core.money import Money, decimals

_TEMPLATES = Path(__file__).parent
_MONTHS = (
    "",
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
_SYMBOLS = {"AUD": "A$", "CAD": "C$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥",
            "NZD": "NZ$", "SGD": "S$", "USD": "US$", "ZAR": "R"}  # fmt: skip
_SHADES = 6


def template_config(
    manifest: Manifest, *, home_currency: str, development: bool = False
) -> TemplateConfig[JinjaTemplateEngine]:
    """Return what Litestar needs to render our pages."""
    engine = environment(manifest, home_currency=home_currency, development=development)
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(engine))


def environment(
    manifest: Manifest, *, home_currency: str, development: bool = False
) -> Environment:
    """Return Jinja with our layouts, pages and formatters.

    Templates are named from this folder: `layouts/base.html`, `pages/orders/list.html`. An
    unknown name in a template is an error, and everything is escaped.
    """
    engine = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        auto_reload=development,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    icon = icon_writer(manifest)
    engine.globals.update(
        asset=asset_address(manifest), icon=icon, status=status_writer(icon)
    )
    engine.filters.update(
        capitalized=capitalized,
        clock_time=clock_time,
        day=day,
        initials=initials,
        money=money_writer(home_currency),
        number=number,
        plural=plural,
        shade=shade,
        time_tag=time_tag,
    )
    return engine


def capitalized(text: str) -> str:
    """Return the text with its first letter as a capital; the others stay as they are."""
    return text[:1].upper() + text[1:]


def asset_address(manifest: Manifest) -> Callable[[str], str]:
    """Return the function that turns `app.css` into the address of today's build of it."""
    addresses = {name: f"{PREFIX}/{asset.file}" for name, asset in manifest.assets.items()}

    def asset(name: str) -> str:
        return addresses[name]

    return asset


def icon_writer(manifest: Manifest) -> Callable[..., Markup]:
    """Return the function that draws an icon of the sprite.

    It raises ValueError for an icon that `assets/icons.txt` does not list.
    """
    sprite = f"{PREFIX}/{manifest.assets['icons.svg'].file}"

    @lru_cache(maxsize=1000)
    def icon(name: str, label: str | None = None) -> Markup:
        if name not in manifest.icons:
            message = (
                f"There is no icon “{name}”: add it to assets/icons.txt and build again."
            )
            raise ValueError(message)
        meaning = (
            Markup('role="img" aria-label="{}"').format(label)
            if label
            else (Markup('aria-hidden="true"'))
        )
        return Markup('<svg class="icon" {}><use href="{}#{}"></use></svg>').format(
            meaning, sprite, name
        )

    return icon


def status_writer(icon: Callable[..., Markup]) -> Callable[..., Markup]:
    """Return the function that writes a state in words, with an icon.

    It is no macro because every row of a list has one, and there are few different ones.
    """

    @lru_cache(maxsize=1000)
    def status(label: str, tone: str = "neutral", sign: str = "") -> Markup:
        drawing = icon(sign) if sign else ""
        return Markup('<span class="status status-{}">{}{}</span>').format(
            tone, drawing, label
        )

    return status


def money_writer(home_currency: str) -> Callable[[Money], str]:
    """Return the function that writes amounts: `$` at home, `US$` abroad."""

    @cache
    def look(currency: str) -> tuple[str, int]:
        symbol = _SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}")
        return symbol[-1] if currency == home_currency and symbol.endswith(
            "$"
        ) else symbol, (decimals(currency))

    def money(amount: Money) -> str:
        symbol, places = look(amount.currency)
        sign = "\N{MINUS SIGN}" if amount.minor < 0 else ""
        whole, rest = divmod(abs(amount.minor), 10**places)
        return (
            f"{sign}{symbol}{whole:,}.{rest:0{places}}"
            if places
            else f"{sign}{symbol}{whole:,}"
        )

    return money


def day(moment: date) -> str:
    """Return a date as `3 Nov 2026`; of a moment, give the local one."""
    return f"{moment.day} {_MONTHS[moment.month]} {moment.year}"


@pass_context
def clock_time(context: Context, moment: datetime) -> str:
    """Return a moment as `3 Nov 2026, 14:05` in the viewer's time zone."""
    return _minute(moment.astimezone(_zone(context)))


@pass_context
def time_tag(context: Context, moment: datetime) -> Markup:
    """Return a moment as `<time>`: readable as it is, relative once a script has run."""
    local = moment.astimezone(_zone(context))
    exact, text = local.isoformat(timespec="seconds"), _minute(local)
    return Markup(f'<time datetime="{exact}" data-relative>{text}</time>')  # noqa: S704 - digits and names of months


def number(count: int) -> str:
    """Return a count with separators: `1,000`."""
    return f"{count:,}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: `1 order`, `2 orders`, `3 boxes`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def initials(name: str) -> str:
    """Return up to two letters that stand for a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def shade(name: str) -> int:
    """Return the shade of a name's avatar: the same one for ever, from 0 to 5."""
    return crc32(name.encode()) % _SHADES


def _zone(context: Context) -> ZoneInfo:
    shell = context.get("shell")
    return _zone_named(shell.time_zone if isinstance(shell, Shell) else "UTC")


_zone_named = cache(ZoneInfo)


def _minute(local: datetime) -> str:
    month, hour, minute = _MONTHS[local.month], local.hour, local.minute
    return f"{local.day} {month} {local.year}, {hour:02}:{minute:02}"
