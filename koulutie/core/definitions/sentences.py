"""What the reader says of a refused value, by the name pydantic gives the refusal."""

from __future__ import annotations

from koulutie.core.errors import gettext_noop

# One whole sentence for each way in which pydantic can refuse a value.
EXPECTED = {
    "missing": gettext_noop(
        "%(file)s, line %(line)d: the key %(key)s is missing. Expected: %(about)s"
    ),
    "int_parsing": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected a whole number."
    ),
    "float_parsing": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected a number, with a "
        "point for decimals."
    ),
    "bool_parsing": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected true or false."
    ),
    "date_from_datetime_parsing": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected a date of the form "
        "YYYY-MM-DD."
    ),
    "string_type": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found keys or a list. Expected one text."
    ),
    "string_too_short": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: the value is empty. Expected: %(about)s"
    ),
    "tuple_type": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected a list."
    ),
    "too_short": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: the list is empty. Expected at least one item."
    ),
    "model_type": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected keys with values: "
        "%(known)s."
    ),
    "dict_type": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected keys with values."
    ),
    "extra_forbidden": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: this key is not known here. Expected one of: "
        "%(known)s."
    ),
    "close_key": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: this key is not known here. Did you mean "
        "%(close)s? Expected one of: %(known)s."
    ),
    "enum": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected one of: %(expected)s."
    ),
    "greater_than_equal": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected at least %(ge)s."
    ),
    "greater_than": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected more than %(gt)s."
    ),
    "less_than_equal": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected at most %(le)s."
    ),
    "union_tag_not_found": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: the key type is missing. Expected "
        "one of: %(expected)s."
    ),
    "other": gettext_noop(
        "%(file)s, line %(line)d, %(key)s: found %(found)s. Expected: %(problem)s."
    ),
}
SAME_SENTENCE = {
    "int_type": "int_parsing",
    "int_from_float": "int_parsing",
    "float_type": "float_parsing",
    "finite_number": "float_parsing",
    "bool_type": "bool_parsing",
    "date_type": "date_from_datetime_parsing",
    "date_parsing": "date_from_datetime_parsing",
    "date_from_datetime_inexact": "date_from_datetime_parsing",
    "literal_error": "enum",
    "model_attributes_type": "model_type",
    "union_tag_invalid": "enum",
}
