"""Reading what browsers send: forms and the query of an address.

Browsers leave out a box that is not ticked, send blanks for numbers that nobody entered,
and send one value where there may be many. Nothing is trimmed but figures and dates.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, cast, get_origin
from urllib.parse import parse_qsl

import msgspec
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from litestar.utils.scope.state import ScopeState
from msgspec import Struct, inspect

from adapters.http.calls import AnyRequest
from adapters.http.errors import Refusal
from portal_core.errors import Conflict, Invalid, PortalError, Problem

T = TypeVar("T", bound=Struct)
Value = str | UploadFile
Fields = Mapping[str, Sequence[Value]]

TOKEN_FIELD = "csrf_token"  # noqa: S105 - the name of a field
KEY_FIELD = "idempotency_key"
LONGEST_TEXT = 10_000
MOST_FIELDS = 1_000
LARGEST_NUMBER = 2**53

_FORM_TYPES = {RequestEncodingType.URL_ENCODED.value, RequestEncodingType.MULTI_PART.value}
_TRUE = {"on", "true", "1", "yes"}
_FALSE = {"", "off", "false", "0", "no"}
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_MANY = (inspect.ListType, inspect.VarTupleType, inspect.SetType, inspect.FrozenSetType)


class Filled(Generic[T]):
    """A form as somebody filled it in: what they typed, what it means, what is wrong.

    Templates read `value`, `values`, `checked` and `error`; `problems` go into the summary.
    """

    def __init__(
        self,
        fields: T | None,
        typed: Mapping[str, Sequence[str]],
        problems: Sequence[Problem] = (),
        status: int = 200,
    ) -> None:
        self._fields = fields
        self._typed = typed
        self.problems = tuple(problems)
        self.status = status

    @classmethod
    def of(cls, fields: T) -> "Filled[T]":
        """Return a form that shows these values: the page of something that exists."""
        typed = {
            name: _texts(value) for name, value in msgspec.structs.asdict(fields).items()
        }
        return cls(fields, typed)

    @property
    def fields(self) -> T:
        """What the form means. Raises Invalid that names every broken field."""
        if self._fields is None:
            raise Invalid.of(self.problems)
        return self._fields

    @property
    def idempotency_key(self) -> str:
        """The key that came with the page, so that sending twice is sending once."""
        return self.value(KEY_FIELD)

    def value(self, name: str) -> str:
        """Return what was typed into a field."""
        return next(iter(self._typed.get(name, ())), "")

    def values(self, name: str) -> tuple[str, ...]:
        """Return everything that was typed or chosen under a name."""
        return tuple(self._typed.get(name, ()))

    def checked(self, name: str) -> bool:
        """Return whether a box was ticked."""
        return self.value(name) in _TRUE

    def error(self, name: str) -> str:
        """Return what is wrong with a field, or nothing."""
        return next((one.message for one in self.problems if one.field == name), "")

    def refused(self, refusal: PortalError) -> "Filled[T]":
        """Return the form as it is shown again after a service has refused it."""
        problems = refusal.problems or (Problem("", refusal.message, refusal.code),)
        status = 409 if isinstance(refusal, Conflict) else 422
        return Filled(self._fields, self._typed, problems, status)


Form: TypeAlias = Annotated[
    Filled[T], BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)
]
"""How a handler asks for its form: `data: Form[BuyForm]`. Files come as `UploadFile`."""


async def read_form(request: AnyRequest) -> Fields:
    """Return the fields of the request's form, and keep them for the handler."""
    kind = request.content_type[0]
    fields: Fields = {}
    try:
        if kind == RequestEncodingType.MULTI_PART.value:
            multi = await request.form()
            fields = {name: multi.getall(name) for name in multi}
        elif kind == RequestEncodingType.URL_ENCODED.value:
            # Litestar's own parser keeps the last thousand bodies, passwords included.
            fields = _url_encoded(await request.body())
    except (UnicodeDecodeError, LookupError, ValueError) as error:
        raise Refusal(400, "malformed", "This form could not be read.") from error
    keep_form(request, fields)
    return fields


def keep_form(request: AnyRequest, fields: Fields) -> None:
    """Let the handler have these fields."""
    ScopeState.from_scope(request.scope).form = cast("dict[str, Any]", fields)


def first(fields: Fields, name: str) -> str:
    """Return the first text of a field, or nothing."""
    value = next(iter(fields.get(name, ())), "")
    return value if isinstance(value, str) else ""


def fill(kind: type[T], fields: Fields) -> Filled[T]:
    """Return the form that these fields make. What is wrong is noted, not raised."""
    readers = _readers(kind)
    values: dict[str, Any] = {}
    problems = [
        Problem(name, f"There is no field “{name}” here.", "unknown")
        for name in fields
        if name not in readers and name not in {TOKEN_FIELD, KEY_FIELD}
    ]
    for name, read in readers.items():
        try:
            values |= read(fields.get(name, ()))
        except Invalid as refusal:
            problems += [Problem(name, one.message, one.code) for one in refusal.problems]
    typed = {
        name: tuple(value for value in many if isinstance(value, str))
        for name, many in fields.items()
        if name != TOKEN_FIELD
    }
    whole = None if problems else kind(**values)
    return Filled(whole, typed, problems, 422 if problems else 200)


def decode_form(kind: Any, value: Any) -> Any:
    """Return the form for Litestar, which has read the fields already."""
    return fill(kind.__args__[0], cast("Fields", value))


def is_form(kind: Any) -> bool:
    """Return whether a handler's annotation asks for a form."""
    return get_origin(kind) is Filled


FORM_DECODERS: Sequence[tuple[Callable[[Any], bool], Callable[[Any, Any], Any]]] = [
    (is_form, decode_form)
]


def read_query(kind: type[T], query: bytes) -> T:
    """Return what the query of an address asks for. Names that are not known are ignored.

    Raises Invalid for a value that makes no sense.
    """
    known = _readers(kind)
    fields = {name: values for name, values in _url_encoded(query).items() if name in known}
    return fill(kind, fields).fields


def _url_encoded(text: bytes) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    pairs = parse_qsl(
        text.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_FIELDS
    )
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


Reader = Callable[[Sequence[Value]], dict[str, Any]]


@cache
def _readers(kind: type[Struct]) -> dict[str, Reader]:
    """Return how to read each field of a form, by the name that browsers send."""
    described = cast("inspect.StructType", inspect.type_info(kind))
    annotations = {field.name: field.type for field in msgspec.structs.fields(kind)}
    return {
        field.encode_name: _reader(field, annotations[field.name])
        for field in described.fields
    }


def _reader(field: inspect.Field, annotation: Any) -> Reader:
    """Return what reads one field into `{name: value}`, or {} for its default."""
    kind, optional = _without_none(field.type)

    def read(values: Sequence[Value]) -> dict[str, Any]:
        if isinstance(kind, _MANY):
            given: Any = [_plain(value, kind.item_type) for value in values if value != ""]
            return {field.name: _convert(given, annotation, kind)}
        if isinstance(kind, inspect.BoolType):
            return {field.name: _ticked(values)}
        value = values[-1] if values else ""
        if _blank(value, kind):
            return _missing(field, optional=optional)
        return {field.name: _convert(_plain(value, kind), annotation, kind)}

    return read


def _without_none(kind: inspect.Type) -> tuple[inspect.Type, bool]:
    if not isinstance(kind, inspect.UnionType):
        return _bare(kind), False
    others = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
    return _bare(others[0]), len(others) < len(kind.types)


def _bare(kind: inspect.Type) -> inspect.Type:
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def _blank(value: Value, kind: inspect.Type) -> bool:
    if isinstance(value, UploadFile):
        return not value.filename
    return value == "" or (not isinstance(kind, inspect.StrType) and not value.strip())


def _missing(field: inspect.Field, *, optional: bool) -> dict[str, Any]:
    if optional:
        return {field.name: None}
    if (
        field.default is not msgspec.NODEFAULT
        or field.default_factory is not msgspec.NODEFAULT
    ):
        return {}
    if isinstance(field.type, inspect.StrType) and not field.type.min_length:
        return {field.name: ""}  # what may be empty is the noun's to say
    raise Invalid("Fill this in.", code="required")


def _ticked(values: Sequence[Value]) -> bool:
    value = values[-1] if values else ""
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise Invalid("Tick the box or leave it.")


def _plain(value: Value, kind: inspect.Type) -> Value:
    if isinstance(value, UploadFile):
        return value
    if _UNSTORABLE.search(value):
        raise Invalid("This contains characters that can't be kept.", code="characters")
    kind = _bare(kind)
    if isinstance(kind, inspect.StrType):
        return value
    if isinstance(kind, inspect.IntType) and not _WHOLE.fullmatch(value.strip()):
        raise Invalid(_cure(kind))  # msgspec would take 1e5
    return value.strip()


def _convert(value: Any, annotation: Any, kind: inspect.Type) -> Any:
    if isinstance(value, str) and len(value) > _longest(kind):
        raise Invalid(f"Use at most {_longest(kind)} characters.", code="too_long")
    try:
        found = msgspec.convert(value, annotation, strict=False, dec_hook=_file)
    except msgspec.ValidationError as error:
        raise Invalid(_cure(kind)) from error
    if isinstance(found, int) and abs(found) > LARGEST_NUMBER:
        raise Invalid("This number is too large.")
    return found


def _file(kind: Any, value: Any) -> Any:
    if isinstance(value, kind):
        return value
    raise ValueError("a file was asked for")


def _longest(kind: inspect.Type) -> int:
    limit = kind.max_length if isinstance(kind, inspect.StrType) else None
    return limit or LONGEST_TEXT


_CURES: Sequence[tuple[type | tuple[type, ...], str]] = (
    (inspect.IntType, "Enter a whole number."),
    ((inspect.FloatType, inspect.DecimalType), "Enter a number."),
    (inspect.DateType, "Enter a date such as 2026-03-31."),
    (inspect.DateTimeType, "Enter a date and time such as 2026-03-31T14:00."),
    ((inspect.UUIDType, inspect.EnumType, inspect.LiteralType), "Choose from the list."),
    (inspect.CustomType, "Choose a file."),
    (inspect.StrType, "This does not look right."),
)


def _cure(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.IntType):
        if kind.ge is not None and kind.le is not None:
            return f"Enter a whole number from {kind.ge} to {kind.le}."
        if kind.ge is not None:
            return f"Enter a whole number, {kind.ge} or more."
    if isinstance(kind, _MANY):
        return _cure(_bare(kind.item_type))
    return next((cure for types, cure in _CURES if isinstance(kind, types)), "Not right.")


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, bool):
        return ("on",) if value else ()
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(text for one in value for text in _texts(one))
    if isinstance(value, Decimal):
        return (format(value, "f"),)
    return (str(msgspec.to_builtins(value)),)
