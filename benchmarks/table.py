"""Results as Markdown: medians, ratios to ecorec, and what each is a share of."""

from typing import Any

NONE = "–"


def ratio(value: dict[str, Any] | None, base: dict[str, Any] | None) -> float | None:
    """Return the ratio of two medians; `None` where either is absent."""
    if value is None or base is None or not base["median"]:
        return None
    return float(value["median"] / base["median"])


def number(value: float | None) -> str:
    """Return three significant digits, without exponents; a dash for what is absent."""
    if value is None:
        return NONE
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    decimals = 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    return f"{value:.{decimals}f}"


def times(value: float | None) -> str:
    """Return a ratio."""
    return NONE if value is None else f"{number(value)} x"


def median(summary: dict[str, Any] | None) -> float | None:
    """Return the median of a summary that may be absent."""
    return None if summary is None else float(summary["median"])


def curve_spread(ours: list[list[float]], theirs: list[float]) -> dict[str, Any]:
    """Return how far another's losses lie from ours, beside how far our seeds lie apart.

    Args:
        ours: Losses by seed and epoch.
        theirs: Losses by epoch.

    Returns:
        `apart`: by epoch, the relative difference from the mean of our seeds; `noise`: by epoch,
        the range of our seeds over their mean; `within_noise`: whether the difference is never
        more than twice the largest range.
    """
    means = [sum(epoch) / len(epoch) for epoch in zip(*ours, strict=True)]
    apart = [other / mean - 1 for other, mean in zip(theirs, means, strict=True)]
    noise = [
        (max(epoch) - min(epoch)) / mean
        for epoch, mean in zip(zip(*ours, strict=True), means, strict=True)
    ]
    within = max(map(abs, apart)) <= 2 * max(noise)
    return {"apart": apart, "noise": noise, "within_noise": within}


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def systems(results: dict[str, Any]) -> str:
    """Return the table of systems: an epoch, its joules, memory, full rankings."""
    head = ["model", "d", "system", "s/epoch", "to ecorec", "J/epoch", "to ecorec", "peak MiB"]
    head += [f"ranking @{k}: {unit}" for k in ("10", "100") for unit in ("s", "J")]
    rows = []
    for group in results["systems"]:
        base = next((row for row in group["rows"] if row["system"] == "ecorec"), {})
        for row in group["rows"]:
            first = [group["model"], str(group["size"]), row["system"]]
            if "absent" in row:
                rows.append([*first, f"absent: {row['absent']}", *[NONE] * (len(head) - 4)])
                continue
            epoch, ours = row["epoch"], base.get("epoch", {})
            cells = [
                number(median(epoch["seconds"])),
                times(ratio(epoch["seconds"], ours.get("seconds"))),
                number(median(epoch["joules"])),
                times(ratio(epoch["joules"], ours.get("joules"))),
                f"{row['peak_bytes'] / 2**20:,.0f}",
            ]
            for k in ("10", "100"):
                found = row["evaluation"].get(k, {})
                cells += [number(median(found.get(unit))) for unit in ("seconds", "joules")]
            rows.append(first + cells)
    return table(head, rows)


def methods(results: dict[str, Any]) -> str:
    """Return how the joules were obtained."""
    found = {
        row["epoch"]["method"]
        for group in results["systems"]
        for row in group["rows"]
        if "absent" not in row
    }
    return "; ".join(sorted(found)) or "absent"


def roofline(part: dict[str, Any]) -> str:
    """Return the tables of kernels and of steps at one size."""
    size, rates = part["embedding_size"], part["calibration"]
    giga = {key: value / 1e9 for key, value in rates.items() if key.endswith("_per_s")}
    told = (
        f"Random reads of 256-byte rows: {giga['cached_rows_bytes_per_s']:.1f} GB/s from a table "
        f"of 2 MiB, {giga['distant_rows_bytes_per_s']:.1f} GB/s from 256 MiB; streaming "
        f"{giga['stream_bytes_per_s']:.1f} GB/s; matrix products "
        f"{giga['dense_multiply_adds_per_s']:.1f} G multiply-adds/s.\n\n"
        f"One propagation of {part['n_edges']:,} edges, d = {size} "
        f"(roof: {part['level']} rows):\n\n"
    )
    ours_s = part["kernels"]["ecorec"]["seconds"]
    kernels = [
        [
            name,
            number(row["seconds"] * 1e3),
            number(row["bytes_per_s"] / 1e9),
            f"{row['share_of_roof']:.0%}",
            times(row["seconds"] / ours_s),
        ]
        for name, row in part["kernels"].items()
    ]
    steps = [
        [
            model,
            str(row["products"]),
            number(row["multiply_adds"] / 1e9),
            number(row["floor_s"] * 1e3),
            number(row["step_s"] * 1e3),
            times(row["step_over_floor"]),
        ]
        for model, row in part["steps"].items()
    ]
    return (
        told
        + table(["kernel", "ms", "GB/s of rows", "share of the roof", "to ecorec"], kernels)
        + "\nA step of ecorec against its floor:\n\n"
        + table(["model", "products", "G multiply-adds", "floor ms", "step ms", "step"], steps)
    )


def curves(found: dict[str, Any]) -> str:
    """Return the losses epoch by epoch."""
    if "absent" in found:
        return f"absent: {found['absent']}\n"
    rows = [
        [str(at + 1), f"{mean:.5f}", f"{found['noise'][at]:.2%}", f"{other:.5f}",
         f"{found['apart'][at]:+.2%}"]
        for at, (mean, other) in enumerate(
            zip((sum(e) / len(e) for e in zip(*found["ecorec"], strict=True)),
                found["recbole"], strict=True)
        )
    ]  # fmt: skip
    head = ["epoch", "ecorec, mean of seeds", "range of seeds", "RecBole", "difference"]
    verdict = "within" if found["within_noise"] else "**outside**"
    return table(head, rows) + f"\nThe difference is {verdict} twice the range of seeds.\n"


def scaling(found: dict[str, Any]) -> str:
    """Return the tables of growing edges, widths and threads."""
    per_edge = [row["propagation_s"] / row["n_edges"] * 1e9 for row in found["edges"]]
    edges = [
        [f"{row['n_edges']:,}", number(row["propagation_s"] * 1e3), number(each),
         f"{each / per_edge[0] - 1:+.0%}", number(row["step_s"] * 1e3)]
        for row, each in zip(found["edges"], per_edge, strict=True)
    ]  # fmt: skip
    head = ["edges", "propagation ms", "ns an edge", "to the first", "step ms"]
    parts = [
        f"{found['n_nodes']:,} nodes, d = 64; seconds grow with edges to the power of "
        f"{found['exponent']:.2f} (1 is linear).\n\n" + table(head, edges)
    ]
    for what, key in (("d", "size"), ("threads", "threads")):
        rows = [
            [str(row[key]), number(row["propagation_s"] * 1e3), number(row["step_s"] * 1e3)]
            for row in found[f"{key.removesuffix('s')}s"]
        ]
        parts.append(table([what, "propagation ms", "step ms"], rows))
    return "\n".join(parts)


def render(results: dict[str, Any]) -> str:
    """Return everything as one page."""
    machine, data = results["machine"], results["data"]
    cache = "from the cache" if data["from_cache"] else "parsed"
    parts = [
        f"# {machine['cpu']}, {machine['n_cpus']} CPUs\n\n"
        f"{results['measured_at']}, {results['threads']} threads. {data['name']}: "
        f"{data['n_users']:,} users, {data['n_items']:,} items, {data['n_train']:,} training "
        f"interactions ({data['split']}), loaded in {number(data['load_s'])} s ({cache}). "
        f"Batches of {results['batch_size']:,}; medians of {results['rounds']} interleaved "
        f"repeats. Joules are {methods(results)}.\n",
        "## Systems\n\n" + systems(results),
        *(f"## Roofline, d = {p['embedding_size']}\n\n" + roofline(p) for p in results["roofline"]),
    ]
    if "curves" in results:
        parts.append("## Loss of LightGCN, d = 64\n\n" + curves(results["curves"]))
    if "scaling" in results:
        parts.append("## Scaling\n\n" + scaling(results["scaling"]))
    return "\n".join(parts)
