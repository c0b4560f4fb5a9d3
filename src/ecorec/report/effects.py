"""Factor effects as text: exponents and gains with intervals, refusals, and the two questions."""

from ecorec.analysis.drivers.effects import Effect, Effects, Interaction, effects
from ecorec.analysis.drivers.research_questions import answers, exponent, gain, p_in_words
from ecorec.analysis.statistics.least_squares import Estimate
from ecorec.analysis.study_analysis import Benchmark, StudyAnalysis
from ecorec.analysis.words import listed, metric_title
from ecorec.report.paragraphs import WIDTH, wrapped
from ecorec.report.tables import as_text

NO_ENERGY = "but no energy can be compared (not read, or beside other work: --with-contaminated)"


def effects_of(analysis: StudyAnalysis) -> str:
    """Return what moves energy and quality in every data set and split of a study."""
    parts = []
    for benchmark in analysis.benchmarks:
        if len(analysis.benchmarks) > 1:
            parts.append(f"{benchmark.title}\n")
        parts += [_block(benchmark), ""]
    return "\n".join(parts).rstrip()


def _block(benchmark: Benchmark) -> str:
    found = effects(benchmark)
    run, quality = found[0], found[-1]
    methods = dict.fromkeys(
        item.energy.method for item in benchmark.configurations if item.energy is not None
    )
    head = [
        "", "energy of a run", "energy of training", f"{metric_title(quality.response.name)} x2",
    ]  # fmt: skip
    lines = [line for name in run.factors for line in _lines(name, found, "factors")]
    work = [line for name in run.work for line in _lines(name, found, "work")]
    table = [head, *lines, *([["alone:", "", "", ""], *work] if work else [])]
    widest = run if run.n else quality
    alone = f" ({widest.n_alone} alone in theirs)" if widest.n_alone else ""
    without = f"; {widest.n_without} that lack a factor left out" if widest.n_without else ""
    title = (
        f"What scales how, other factors held equal: {_count(widest.n, 'configuration')}, "
        f"{_count(widest.n_groups, 'group')} of one model and settings{alone}{without}"
    )
    read = f"energy {listed([*methods])}" if methods else NO_ENERGY
    legend = [
        f"exponents, {read}; x2: gain of a doubling; 95 % t intervals; "
        "indented: where models differ"
    ]
    questions = enumerate(answers(benchmark, found), start=1)
    return "\n".join(
        [
            title,
            *([as_text(table, width=WIDTH), *legend] if lines or work else []),
            *[f"{name}: {effect.reason}" for name, effect in _refused(widest)],
            *_interactions(found),
            "",
            *[wrapped(f"RQ{at}. {item.question} {item.text}") for at, item in questions],
        ]
    )


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _refused(run: Effects) -> list[tuple[str, Effect]]:
    both = [*run.factors.items(), *run.work.items()]
    return [(name, effect) for name, effect in both if effect.estimate is None]


def _lines(name: str, found: tuple[Effects, ...], kind: str) -> list[list[str]]:
    each: list[Effect] = [getattr(item, kind)[name] for item in found]
    if all(effect.estimate is None for effect in each):
        return []
    cells = [_cell(e.estimate, of) for e, of in zip(each, found, strict=True)]
    return [[name, *cells], *_by_model(each, found)]


def _cell(estimate: Estimate | None, of: Effects) -> str:
    if estimate is None:
        return "-"
    return exponent(estimate) if of.response.logarithmic else gain(estimate)


def _by_model(each: list[Effect], found: tuple[Effects, ...]) -> list[list[str]]:
    """Return one line a model, with the responses in which models differ."""
    differing = [e.differs is not None and e.differs < 0.05 for e in each]
    shown = [dict(e.by_model) if d else {} for e, d in zip(each, differing, strict=True)]
    models = dict.fromkeys(model for effect in shown for model in effect)
    return [
        [f"  {model}", *(_cell(own[model], of) if model in own else ""
                         for own, of in zip(shown, found, strict=True))]
        for model in models
    ]  # fmt: skip


def _interactions(found: tuple[Effects, ...]) -> list[str]:
    """Return the interactions that are beyond noise, and how many were looked for."""
    looked = [(effects, item) for effects in found for item in effects.interactions]
    # So many are looked at that one in twenty would turn up by chance: Bonferroni's limit.
    sure = [(of, item) for of, item in looked if item.estimate.p < 0.05 / max(len(looked), 1)]
    lines = [wrapped(_in_words(of, item)) for of, item in sure]
    if looked and not sure:
        lines.append(f"No interaction of factors beyond noise ({len(looked)} looked for)")
    return lines


def _in_words(of: Effects, item: Interaction) -> str:
    name, p = of.response.name, p_in_words(item.estimate.p)
    if of.response.logarithmic:
        changes = f"the exponent of {name} energy in one changes by {exponent(item.estimate)}"
    else:
        changes = f"the gain of one in {metric_title(name)} changes by {gain(item.estimate)}"
    return f"{item.first} x {item.second}: {changes} a doubling of the other ({p})"
