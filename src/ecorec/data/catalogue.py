"""Data sets that ecorec knows by name: where they come from and what they may be used for."""

from dataclasses import dataclass

from ecorec.errors import unknown_name

GROUPLENS = "https://files.grouplens.org/datasets/movielens"
MOVIELENS_CITATION = (
    "Harper and Konstan, The MovieLens Datasets: History and Context, ACM TiiS 5(4):19, 2015"
)
MOVIELENS_LICENCE = "GroupLens: research use, no redistribution, no commercial use"
AMAZON_CITATION = (
    "McAuley, Targett, Shi, van den Hengel, Image-based Recommendations on Styles and "
    "Substitutes, SIGIR 2015"
)


@dataclass(frozen=True)
class Published:
    """Counts that the paper prints in its Table 1."""

    n_users: int
    n_items: int
    n_interactions: int


@dataclass(frozen=True)
class CatalogueEntry:
    """One known data set."""

    name: str
    title: str
    homepage: str
    licence: str
    citation: str
    bundled: bool = False
    url: str | None = None
    """Where it can be downloaded from; `None` for sets that must be had otherwise."""
    checksum: str | None = None
    """The publisher's own, as `algorithm:digest`."""
    member: str | None = None
    """The file of interactions inside the archive."""
    extra_members: tuple[str, ...] = ()
    """Other files of the archive that are of use: titles."""
    files: tuple[str, ...] = ()
    """File names under which the set is looked for in a local folder."""
    how_to_get: str = ""
    """For sets without a download: where people get them."""
    published: Published | None = None


CATALOGUE: dict[str, CatalogueEntry] = {
    entry.name: entry
    for entry in (
        CatalogueEntry(
            name="movietweetings",
            title="MovieTweetings 100K snapshot",
            homepage="https://github.com/sidooms/MovieTweetings",
            licence="MIT",
            citation="Dooms, De Pessemier, Martens, MovieTweetings: a Movie Rating Dataset "
            "Collected From Twitter, CrowdRec at RecSys 2013",
            bundled=True,
        ),
        CatalogueEntry(
            name="online-retail",
            title="Online Retail, one row a customer and product",
            homepage="https://archive.ics.uci.edu/dataset/352/online+retail",
            licence="CC0 as released on CRAN (UCI's copy is reported as CC BY 4.0: attribute it)",
            citation="Chen, Sain, Guo, Data mining for the online retail industry, Journal of "
            "Database Marketing and Customer Strategy Management 19(3):197-208, 2012",
            bundled=True,
        ),
        CatalogueEntry(
            name="ml-100k",
            title="MovieLens 100K",
            homepage="https://grouplens.org/datasets/movielens/100k/",
            licence=MOVIELENS_LICENCE,
            citation=MOVIELENS_CITATION,
            url=f"{GROUPLENS}/ml-100k.zip",
            checksum="md5:0e33842e24a9c977be4e0107933c0723",
            member="ml-100k/u.data",
            extra_members=("ml-100k/u.item",),
            files=("u.data", "u.data.gz", "ml-100k.inter"),
        ),
        CatalogueEntry(
            name="ml-1m",
            title="MovieLens 1M",
            homepage="https://grouplens.org/datasets/movielens/1m/",
            licence=MOVIELENS_LICENCE,
            citation=MOVIELENS_CITATION,
            url=f"{GROUPLENS}/ml-1m.zip",
            checksum="md5:c4d9eecfca2ab87c1945afe126590906",
            member="ml-1m/ratings.dat",
            extra_members=("ml-1m/movies.dat",),
            files=("ratings.dat", "ratings.dat.gz", "ml-1m.csv.xz", "ml-1m.csv", "ml-1m.inter"),
            published=Published(6040, 3952, 999_611),
        ),
        CatalogueEntry(
            name="amazon-beauty",
            title="Amazon Beauty (2014), ratings only",
            homepage="https://jmcauley.ucsd.edu/data/amazon/",
            licence="no licence text: do not redistribute",
            citation=AMAZON_CITATION,
            files=("ratings_Beauty.csv", "ratings_Beauty.csv.gz", "amazon-beauty.inter",
                   "bert4rec_beauty.txt.gz"),
            how_to_get="`ratings_Beauty.csv`, the ratings-only file of the Amazon data of 2014",
            published=Published(1_210_271, 249_274, 2_023_070),
        ),
        CatalogueEntry(
            name="dianping",
            title="DianPing, as RecBole lays it out",
            homepage="https://github.com/RUCAIBox/RecSysDatasets",
            licence="on request from its authors: do not redistribute",
            citation="Li, Wu et al., as listed in RUCAIBox/RecSysDatasets",
            files=("dianping.inter", "DianPing.inter"),
            how_to_get="the atomic files listed in RUCAIBox/RecSysDatasets (`DianPing.inter`)",
            published=Published(542_706, 243_247, 4_422_473),
        ),
    )
}  # fmt: skip


def find_dataset(name: str) -> CatalogueEntry:
    """Return the catalogue's row for a name.

    Raises:
        InputError: No data set has this name.
    """
    if name not in CATALOGUE:
        listing = "a path of a file works too; `ecorec data list` lists all"
        raise unknown_name("data set", name, CATALOGUE, listing)
    return CATALOGUE[name]
