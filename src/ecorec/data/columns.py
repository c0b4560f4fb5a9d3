"""Which column is the user, the item, the rating, the time: as told, or guessed and said."""

from collections.abc import Mapping, Sequence

from ecorec.errors import DataError, InputError

ROLES = ("user", "item", "rating", "timestamp", "title")
REQUIRED = ("user", "item")

SYNONYMS: dict[str, tuple[str, ...]] = {
    "user": ("user", "userid", "uid", "customer", "customerid", "visitorid", "reviewerid",
             "accountid", "memberid", "client", "clientid", "sessionid"),
    "item": ("item", "itemid", "iid", "movieid", "sku", "product", "productid", "asin", "articleid",
             "trackid", "songid", "bookid", "businessid", "stockcode", "movie", "article"),
    "rating": ("rating", "ratings", "score", "stars", "overall", "preference"),
    "timestamp": ("timestamp", "time", "date", "datetime", "ts", "orderedat", "createdat",
                  "unixreviewtime", "ratingtimestamp", "eventtime", "purchasedat", "invoicedate"),
    "title": ("title", "itemtitle", "movietitle", "producttitle", "itemname", "productname"),
}  # fmt: skip


def find_columns(names: Sequence[str], told: Mapping[str, str], path: str) -> dict[str, str]:
    """Return the column of each role that the file has.

    A type suffix, as in RecBole's `user_id:token`, and blanks around a name are ignored. Names
    that were told win over guesses; with `user` and `item` told, the others are guessed only among
    what is left.

    Raises:
        InputError: A role that does not exist, or a column that the file lacks.
        DataError: No column, or more than one, could be the user or the item.
    """
    example = "--columns user=…,item=…,timestamp=…"
    short = [name.split(":")[0] for name in names]
    # Without the blanks of `user, item`, unless only they tell one column from another.
    bare = [name.strip() for name in short]
    plain = dict(zip(bare if len({*bare}) == len(names) else short, names, strict=True))
    found: dict[str, str] = {}
    for role, column in told.items():
        if role not in ROLES:
            message = f"`{role}` is no role of a column; the roles are {', '.join(ROLES)}"
            raise InputError(message, hint=f"write {example}")
        if column not in plain and column not in names:
            message = f"{path} has no column `{column}`; it has {', '.join(plain)}"
            raise InputError(message, hint=f"name the columns with {example}")
        if plain.get(column, column) in found.values():
            message = f"column `{column}` cannot be two of {', '.join(told)}"
            raise InputError(message, hint=f"name a column for each with {example}")
        found[role] = plain.get(column, column)
    for role in ROLES:
        if role in found:
            continue
        fits = [
            name
            for short, name in plain.items()
            if folded(short) in SYNONYMS[role] and name not in found.values()
        ]
        if len(fits) == 1:
            found[role] = fits[0]
        elif role in REQUIRED:
            which = (
                f"columns {' and '.join(fits)} could both be" if fits else "no column is clearly"
            )
            message = f"{path}: {which} the {role}; it has {', '.join(plain)}"
            raise DataError(message, hint=f"name the columns with {example}")
    return found


def folded(name: str) -> str:
    """Return a column's name without case and separators, as synonyms are written."""
    return name.lower().replace("_", "").replace(" ", "").replace("-", "")
