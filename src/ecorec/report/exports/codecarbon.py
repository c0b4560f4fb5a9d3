"""CodeCarbon's `emissions.csv`: kilowatt-hours, kilograms and watts, one row a measurement.

The joules are ecorec's own, not those that CodeCarbon read beside them; `codecarbon_version`
says so. Columns are those of CodeCarbon 3.3, in which energy and power are those of the building:
times PUE.
"""

import csv
import io

from ecorec.energy.countries import country_name, resolve_country
from ecorec.energy.reading import Reading
from ecorec.report.exports.selected import Selected
from ecorec.study.record import RunRecord
from ecorec.units import kwh_from_joules
from ecorec.version import VERSION

COLUMNS = (
    "timestamp", "project_name", "run_id", "experiment_id", "duration", "emissions",
    "emissions_rate", "cpu_power", "gpu_power", "ram_power", "cpu_energy", "gpu_energy",
    "ram_energy", "energy_consumed", "water_consumed", "country_name", "country_iso_code",
    "region", "cloud_provider", "cloud_region", "os", "python_version", "codecarbon_version",
    "cpu_count", "cpu_model", "gpu_count", "gpu_model", "longitude", "latitude",
    "ram_total_size", "tracking_mode", "cpu_utilization_percent", "gpu_utilization_percent",
    "ram_utilization_percent", "ram_used_gb", "on_cloud", "pue", "wue",
)  # fmt: skip

GRAMS_PER_KG = 1000.0


def codecarbon_csv(selected: Selected) -> str:
    """Return the file; what was not read is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for record in selected.records:
        writer.writerow(_row(record, selected))
    return text.getvalue()


def _row(record: RunRecord, selected: Selected) -> dict[str, object]:
    total, machine = record.total, record.machine
    seconds = total.duration_s
    grams = selected.grams(total.energy_j)
    kilograms = None if grams is None else grams / GRAMS_PER_KG
    code = resolve_country(selected.country) if selected.country else None
    values: dict[str, object | None] = {
        # CodeCarbon writes the time without its zone.
        "timestamp": record.created_at[:19],
        "project_name": selected.study.info.name,
        "run_id": record.measurement_id,
        "experiment_id": record.run_id,
        "duration": seconds,
        "emissions": kilograms,
        "emissions_rate": kilograms / seconds if kilograms is not None and seconds else None,
        "energy_consumed": None
        if total.energy_j is None
        else kwh_from_joules(selected.pue * total.energy_j),
        "country_name": country_name(code) if code else None,
        "country_iso_code": code,
        "os": machine.os,
        "python_version": record.versions.get("python"),
        "codecarbon_version": f"ecorec-{VERSION} ({'+'.join(total.methods)})",
        "cpu_count": machine.n_cpus,
        "cpu_model": machine.cpu,
        "gpu_count": len(machine.gpus) or None,
        "gpu_model": ", ".join(map(str, machine.gpus)) or None,
        "ram_total_size": machine.memory_bytes / 2**30,
        "tracking_mode": total.scope,
        "on_cloud": "N",
        "pue": selected.pue,
    }
    for component in ("cpu", "gpu", "ram"):
        joules = _component_j(total, component)
        if joules is not None:
            building_j = selected.pue * joules
            values[f"{component}_energy"] = kwh_from_joules(building_j)
            values[f"{component}_power"] = building_j / seconds if seconds else None
    return {name: value for name, value in values.items() if value is not None}


def _component_j(total: Reading, component: str) -> float | None:
    known = [item.energy_j for item in total.counted if item.component == component]
    return sum(joules or 0.0 for joules in known) if known else None
