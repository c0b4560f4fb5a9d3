"""Ordinary least squares with t intervals, for estimable combinations of coefficients only."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy import ndarray
from scipy import stats

from ecorec.analysis.statistics.energy_statistics import CONFIDENCE

TOLERANCE = 1e-8
"""Relative size below which a direction of the design is taken for rounding error."""


@dataclass(frozen=True)
class Estimate:
    """A number from a fit."""

    value: float
    low: float
    """Lower end of the 95 % t interval."""
    high: float
    p: float
    """Two-sided p-value of the hypothesis that it is zero."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted design."""

    coefficients: Float64[ndarray, " terms"]
    """The solution of least norm; `estimate` knows which combinations of it are unique."""
    unscaled: Float64[ndarray, "terms terms"]
    """Covariance of the coefficients over the variance of the residuals."""
    told: Float64[ndarray, "terms terms"]
    """Projector onto the row space of the design: the combinations that it determines."""
    residual: float
    """Sum of squared residuals."""
    freedom: int
    explained: float
    """Share of the variance of the response (R squared)."""

    def estimate(self, contrast: Float64[ndarray, " terms"]) -> Estimate | None:
        """Return a combination of coefficients.

        `None` if the design does not determine it, or no degree of freedom is left for its error.
        """
        if self.freedom < 1 or not self.tells(contrast):
            return None
        value = float(contrast @ self.coefficients)
        variance = self.residual / self.freedom
        error = float(np.sqrt(variance * max(0.0, contrast @ self.unscaled @ contrast)))
        half = float(stats.t.ppf((1 + CONFIDENCE) / 2, self.freedom)) * error
        t = abs(value) / error if error > 0 else np.inf if value else 0.0
        return Estimate(value, value - half, value + half, float(2 * stats.t.sf(t, self.freedom)))

    def tells(self, contrast: Float64[ndarray, " terms"]) -> bool:
        """Return whether every solution gives the combination the same value."""
        rest = contrast - self.told @ contrast
        return bool(np.linalg.norm(rest) <= 1e-6 * np.linalg.norm(contrast))


def fit(design: Float64[ndarray, "n terms"], response: Float64[ndarray, " n"]) -> Fit:
    """Fit a response by least squares; terms may repeat each other.

    Args:
        design: A column for each term, with an intercept or one column for each group.
        response: One value for each row.
    """
    # Columns of equal norm, so that the tolerance does not depend on units.
    scale = np.linalg.norm(design, axis=0)
    scale[scale == 0] = 1.0
    u, sizes, vt = np.linalg.svd(design / scale, full_matrices=False)
    kept = sizes > TOLERANCE * (sizes[0] if sizes.size else 1.0)
    u, sizes, vt = u[:, kept], sizes[kept], vt[kept]
    half = vt.T / sizes / scale[:, None]
    coefficients = half @ (u.T @ response)
    rest = response - design @ coefficients
    residual = float(rest @ rest)
    around = response - response.mean()
    total = float(around @ around)
    # The estimable combinations are the row space of the unscaled design.
    _, _, rows = np.linalg.svd(vt * scale, full_matrices=False)
    return Fit(
        coefficients=coefficients,
        unscaled=half @ half.T,
        told=rows.T @ rows,
        residual=residual,
        freedom=len(response) - int(kept.sum()),
        explained=1 - residual / total if total > 0 else 1.0,
    )


def compared(small: Fit, large: Fit) -> float | None:
    """Return the p-value of the larger model's further terms (F test); `None` if it has none."""
    more = small.freedom - large.freedom
    if more < 1 or large.freedom < 1:
        return None
    if large.residual <= 0:
        return 0.0 if small.residual > 0 else 1.0
    f = ((small.residual - large.residual) / more) / (large.residual / large.freedom)
    return float(stats.f.sf(f, more, large.freedom))
