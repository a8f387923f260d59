"""QR codes as SVG: what is printed and hung on a pole."""

import io

import segno

__all__ = ["qr_svg"]


def qr_svg(address: str, *, title: str = "") -> bytes:
    """Draw the QR code (ISO/IEC 18004) of an address, black on white with its quiet zone.

    A fifth of the picture may be scratched or covered: stickers outside get dirty.

    Args:
        title: What the picture is called for those who do not see it.
    """
    out = io.BytesIO()
    code = segno.make_qr(address, error="q")
    code.save(out, kind="svg", scale=8, border=4, light="white", title=title or address)
    return out.getvalue()
