"""Make the bundled Parquet files from the publishers' raw files.

    python tools/bundle_data.py ratings.dat[.gz] interactions.csv[.gz]

`ratings.dat` is the MovieTweetings 100K snapshot (user::movie::rating::timestamp, IMDb
numbers with leading zeros); `interactions.csv` is Online Retail reduced to one row a
customer and product (user_id,item_id,timestamp,count): known customer, quantity above zero,
not cancelled, stock codes beginning with five digits; timestamp of the first purchase.
"""

import sys
from pathlib import Path

import polars as pl

from ecorec.data.table import decode, read_bytes

BUNDLED = Path(__file__).parent.parent / "src" / "ecorec" / "data" / "bundled"


def main(movietweetings: Path, online_retail: Path) -> None:
    """Write both files."""
    text = decode(read_bytes(movietweetings), movietweetings).replace("::", "\t")
    names = ["user", "item", "rating", "timestamp"]
    tweets = pl.read_csv(text.encode(), separator="\t", has_header=False, infer_schema=False)
    tweets.columns = names
    tweets = tweets.cast({"rating": pl.Int8, "timestamp": pl.Int64})
    retail = pl.read_csv(read_bytes(online_retail), infer_schema=False).rename(
        {"user_id": "user", "item_id": "item"}
    )
    retail = retail.cast({"timestamp": pl.Int64, "count": pl.Int32})
    for name, frame in (("movietweetings", tweets), ("online-retail", retail)):
        packed = frame.cast({"user": pl.Categorical, "item": pl.Categorical})
        packed.write_parquet(BUNDLED / f"{name}.parquet", compression="zstd", compression_level=19)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
