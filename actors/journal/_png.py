"""A drawing as PNG, through matplotlib where that is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from actors.errors import ConfigurationError
from actors.journal._figure import Figure, Label, Rect, Stroke

__all__ = ["write_png"]

_DPI = 100
_SHARPNESS = 2  # pixels of the file for one of the drawing
_STRIKE = "\u0336"


def write_png(figure: Figure, path: Path) -> None:
    """ConfigurationError without matplotlib, or where the file cannot be written."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Canvas
        from matplotlib.patches import Rectangle
    except ImportError:
        raise ConfigurationError(
            "A PNG needs matplotlib, which is not installed: pip install matplotlib, or draw an SVG (--svg)."
        ) from None
    canvas: Any = Canvas(figsize=(figure.width / _DPI, figure.height / _DPI), dpi=_DPI * _SHARPNESS)
    renderer: Any = FigureCanvasAgg(canvas).get_renderer()  # type: ignore[no-untyped-call]
    axes: Any = canvas.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, figure.width)
    axes.set_ylim(figure.height, 0)
    for order, shape in enumerate(figure.shapes):
        match shape:
            case Rect():
                axes.add_patch(
                    Rectangle(
                        (shape.x, shape.y),
                        shape.width,
                        shape.height,
                        facecolor=shape.fill,
                        alpha=shape.opacity,
                        linewidth=0,
                        zorder=order,
                    )
                )
            case Stroke():
                style = "--" if shape.dashed else "-"
                ends = [shape.x, shape.to_x], [shape.y, shape.to_y]
                width = shape.width * 72 / _DPI
                axes.plot(*ends, color=shape.colour, linewidth=width, linestyle=style, zorder=order)
            case Label():
                _write(axes, renderer, shape, order)
    try:
        canvas.savefig(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from None


def _write(axes: Any, renderer: Any, label: Label, order: int) -> None:
    x = label.x
    for part in label.parts:
        words = "".join(c for c in part.text if c.isprintable()).replace("$", r"\$")
        text = axes.text(
            x,
            label.y,
            "".join(c + _STRIKE for c in words) if part.struck else words,
            color=part.colour,
            fontsize=label.size * 72 / _DPI,
            fontweight="bold" if label.bold else "normal",
            ha="right" if label.right else "left",
            va="baseline",
            zorder=order,
        )
        x += text.get_window_extent(renderer).width / _SHARPNESS
