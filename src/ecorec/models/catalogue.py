"""Every model that ecorec knows: a literal table, in the order in which studies run them."""

from ecorec.errors import unknown_name
from ecorec.models.bpr_mf import BPRMF, BPRMFConfig, bpr_mf_cost, bpr_mf_exchange
from ecorec.models.directau import DirectAU, DirectAUConfig, directau_cost, directau_exchange
from ecorec.models.ease import EASE, EASEConfig, ease_cost
from ecorec.models.entry import ModelEntry
from ecorec.models.gfcf import GFCF, GFCFConfig, gfcf_cost
from ecorec.models.implicit_als import ImplicitALS, ImplicitALSConfig, implicit_als_cost
from ecorec.models.implicit_bpr import ImplicitBPR, ImplicitBPRConfig, implicit_bpr_cost
from ecorec.models.itemknn import ItemKNN, ItemKNNConfig, itemknn_cost
from ecorec.models.lightgcl import LightGCL, LightGCLConfig, lightgcl_cost
from ecorec.models.lightgcn import LightGCN, LightGCNConfig, lightgcn_cost, lightgcn_exchange
from ecorec.models.ngcf import NGCF, NGCFConfig, ngcf_cost
from ecorec.models.popularity import Popularity, PopularityConfig, popularity_cost
from ecorec.models.puresvd import PureSVD, PureSVDConfig, puresvd_cost
from ecorec.models.rp3beta import RP3Beta, RP3BetaConfig, rp3beta_cost
from ecorec.models.sgl import SGL, SGLConfig, sgl_cost
from ecorec.models.simgcl import SimGCL, SimGCLConfig, simgcl_cost, simgcl_exchange
from ecorec.models.slim import SLIM, SLIMConfig, slim_cost
from ecorec.models.turbocf import TurboCF, TurboCFConfig, turbocf_cost
from ecorec.models.ultragcn import UltraGCN, UltraGCNConfig, ultragcn_cost, ultragcn_exchange
from ecorec.models.userknn import UserKNN, UserKNNConfig, userknn_cost
from ecorec.models.xsimgcl import XSimGCL, XSimGCLConfig, xsimgcl_cost, xsimgcl_exchange

MODELS: dict[str, ModelEntry] = {
    entry.name: entry
    for entry in (
        ModelEntry(
            name="popularity",
            title="Popularity",
            config=PopularityConfig,
            model=Popularity,
            cost=popularity_cost,
            kind="training-free",
            idea="the same list for everyone, most interactions first",
            paper="the customary floor; no paper",
        ),
        ModelEntry(
            name="itemknn",
            title="ItemKNN",
            config=ItemKNNConfig,
            model=ItemKNN,
            cost=itemknn_cost,
            kind="training-free",
            idea="items like those the user already has, by shrunk cosine",
            paper="Deshpande and Karypis, TOIS 2004",
        ),
        ModelEntry(
            name="userknn",
            title="UserKNN",
            config=UserKNNConfig,
            model=UserKNN,
            cost=userknn_cost,
            kind="training-free",
            idea="what users like this one have, by shrunk cosine",
            paper="Resnick et al., CSCW 1994; Dacrema et al., TOIS 2021",
        ),
        ModelEntry(
            name="rp3beta",
            title="RP3beta",
            config=RP3BetaConfig,
            model=RP3Beta,
            cost=rp3beta_cost,
            kind="training-free",
            idea="random walks of three steps, popular items held back",
            paper="Christoffel et al., RecSys 2015",
        ),
        ModelEntry(
            name="puresvd",
            title="PureSVD",
            config=PureSVDConfig,
            model=PureSVD,
            cost=puresvd_cost,
            kind="training-free",
            idea="the interactions in their best approximation of low rank",
            paper="Cremonesi et al., RecSys 2010",
        ),
        ModelEntry(
            name="ease",
            title="EASE",
            config=EASEConfig,
            model=EASE,
            cost=ease_cost,
            kind="training-free",
            idea="each item regressed on all others, in closed form; items x items numbers",
            paper="Steck, WWW 2019",
        ),
        ModelEntry(
            name="slim",
            title="SLIM",
            config=SLIMConfig,
            model=SLIM,
            cost=slim_cost,
            kind="training-free",
            idea="each item regressed on few others, weights sparse and not negative",
            paper="Ning and Karypis, ICDM 2011",
        ),
        ModelEntry(
            name="gf-cf",
            title="GF-CF",
            config=GFCFConfig,
            model=GFCF,
            cost=gfcf_cost,
            kind="training-free",
            idea="a linear and an ideal low-pass filter of the history on the graph of items",
            paper="Shen et al., CIKM 2021",
        ),
        ModelEntry(
            name="turbo-cf",
            title="Turbo-CF",
            config=TurboCFConfig,
            model=TurboCF,
            cost=turbocf_cost,
            kind="training-free",
            idea="a polynomial low-pass filter of the history on the graph of items",
            paper="Park et al., SIGIR 2024",
        ),
        ModelEntry(
            name="implicit-als",
            title="Implicit ALS",
            config=ImplicitALSConfig,
            model=ImplicitALS,
            cost=implicit_als_cost,
            kind="library",
            idea="factors of weighted interactions by alternating least squares",
            paper="Hu et al., ICDM 2008; library implicit",
        ),
        ModelEntry(
            name="implicit-bpr",
            title="Implicit BPR",
            config=ImplicitBPRConfig,
            model=ImplicitBPR,
            cost=implicit_bpr_cost,
            kind="library",
            idea="factors that put what a user has before what they have not",
            paper="Rendle et al., UAI 2009; library implicit",
        ),
        ModelEntry(
            name="ngcf",
            title="NGCF",
            config=NGCFConfig,
            model=NGCF,
            cost=ngcf_cost,
            exchange="every layer mixes all columns of all nodes, so that whole tables "
            "would have to travel",
            kind="trained",
            idea="graph convolution with feature mixing, a product term and a non-linearity",
            paper="Wang et al., SIGIR 2019",
        ),
        ModelEntry(
            name="lightgcn",
            title="LightGCN",
            config=LightGCNConfig,
            model=LightGCN,
            cost=lightgcn_cost,
            exchange=lightgcn_exchange,
            kind="trained",
            idea="neighbourhood averaging with no weights and no non-linearity",
            paper="He et al., SIGIR 2020",
        ),
        ModelEntry(
            name="simgcl",
            title="SimGCL",
            config=SimGCLConfig,
            model=SimGCL,
            cost=simgcl_cost,
            exchange=simgcl_exchange,
            kind="trained",
            idea="LightGCN without the ego layer, made to agree with noisy copies of itself",
            paper="Yu et al., SIGIR 2022",
        ),
        ModelEntry(
            name="lightgcl",
            title="LightGCL",
            config=LightGCLConfig,
            model=LightGCL,
            cost=lightgcl_cost,
            exchange="it contrasts with all nodes, so that a whole table would have to "
            "travel in every step",
            kind="trained",
            idea="LightGCN contrasted with its own low-rank reconstruction",
            paper="Cai et al., ICLR 2023",
        ),
        ModelEntry(
            name="bpr-mf",
            title="BPR-MF",
            config=BPRMFConfig,
            model=BPRMF,
            cost=bpr_mf_cost,
            exchange=bpr_mf_exchange,
            kind="trained",
            idea="matrix factorisation trained to rank; a graph network without its graph",
            paper="Rendle et al., UAI 2009",
        ),
        ModelEntry(
            name="ultragcn",
            title="UltraGCN",
            config=UltraGCNConfig,
            model=UltraGCN,
            cost=ultragcn_cost,
            exchange=ultragcn_exchange,
            kind="trained",
            idea="plain embeddings whose loss weighs pairs as endless propagation would",
            paper="Mao et al., CIKM 2021",
        ),
        ModelEntry(
            name="sgl",
            title="SGL",
            config=SGLConfig,
            model=SGL,
            cost=sgl_cost,
            exchange="it contrasts with all nodes, so that two whole tables would have to "
            "travel in every step",
            kind="trained",
            idea="LightGCN made to agree with itself on two random parts of the graph",
            paper="Wu et al., SIGIR 2021",
        ),
        ModelEntry(
            name="xsimgcl",
            title="XSimGCL",
            config=XSimGCLConfig,
            model=XSimGCL,
            cost=xsimgcl_cost,
            exchange=xsimgcl_exchange,
            kind="trained",
            idea="SimGCL with one noisy propagation, whose layers are contrasted",
            paper="Yu et al., TKDE 2024",
        ),
        ModelEntry(
            name="directau",
            title="DirectAU",
            config=DirectAUConfig,
            model=DirectAU,
            cost=directau_cost,
            exchange=directau_exchange,
            kind="trained",
            idea="users near their items, all users and all items far apart; no negatives",
            paper="Wang et al., KDD 2022",
        ),
    )
}


def find_model(name: str) -> ModelEntry:
    """Return the catalogue's row for a name.

    Raises:
        InputError: No model has this name.
    """
    if name not in MODELS:
        raise unknown_name("model", name, MODELS, "`ecorec models` lists all")
    return MODELS[name]
