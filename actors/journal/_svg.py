"""A drawing as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from actors.journal._figure import Figure, Label, Part, Rect, Shape, Stroke

__all__ = ["svg"]


def svg(figure: Figure) -> str:
    """The whole file."""
    width, height = _n(figure.width), _n(figure.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="Inter, Helvetica, Arial, sans-serif">'
    )
    return "\n".join([head, *(each for shape in figure.shapes for each in _shape(shape)), "</svg>", ""])


def _shape(shape: Shape) -> Iterator[str]:
    match shape:
        case Rect():
            opacity = "" if shape.opacity == 1.0 else f' fill-opacity="{_n(shape.opacity)}"'
            where = f'x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" height="{_n(shape.height)}"'
            if shape.title:
                yield f'<rect {where} fill="{shape.fill}"{opacity}><title>{_text(shape.title)}</title></rect>'
            else:
                yield f'<rect {where} fill="{shape.fill}"{opacity}/>'
        case Stroke():
            dashed = ' stroke-dasharray="4 3"' if shape.dashed else ""
            yield (
                f'<line x1="{_n(shape.x)}" y1="{_n(shape.y)}" x2="{_n(shape.to_x)}" y2="{_n(shape.to_y)}" '
                f'stroke="{shape.colour}" stroke-width="{_n(shape.width)}"{dashed}/>'
            )
        case Label():
            more = (' font-weight="bold"' if shape.bold else "") + (' text-anchor="end"' if shape.right else "")
            where = f'x="{_n(shape.x)}" y="{_n(shape.y)}" font-size="{_n(shape.size)}"{more}'
            yield f'<text {where} xml:space="preserve">{"".join(map(_part, shape.parts))}</text>'


def _part(part: Part) -> str:
    struck = ' text-decoration="line-through"' if part.struck else ""
    return f'<tspan fill="{part.colour}"{struck}>{_text(part.text)}</tspan>'


def _text(text: str) -> str:
    """Escaped, without what XML does not allow."""
    return escape("".join(c for c in text if c.isprintable()))


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
