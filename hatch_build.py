"""Puts the portal's front-end parts into the build: NL Design System, MapLibre, uPlot, countries.

npm fetches what `package.json` names. Without npm, or without a connection, the build goes on and
says so: the pages work and look well without these parts; what is missing are the interactive map,
zooming in charts, and the countries behind the drawn map.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("src/hanze/web/portal/static/vendor")
COPIED = {
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
    "maplibre-gl/LICENSE.txt": "maplibre-gl.LICENSE",
    "uplot/dist/uPlot.iife.min.js": "uplot.js",
    "uplot/dist/uPlot.min.css": "uplot.css",
    "uplot/LICENSE": "uplot.LICENSE",
    "world-atlas/countries-50m.json": "countries-50m.json",
    "world-atlas/LICENSE": "world-atlas.LICENSE",
    "@utrecht/button-css/LICENSE.md": "design-system.LICENSE",
}
COMPONENTS = ("button", "link", "select", "skip-link", "table", "textbox")
TOKENS = "@nl-design-system-unstable/voorbeeld-design-tokens/dist/theme.css"
NPM_TIMEOUT_S = 120
_USED = re.compile(r"var\(\s*(--[\w-]+)")
_SET = re.compile(r"^\s*(--[\w-]+):\s*([^;]*);", re.MULTILINE)
_SOURCE_MAP = re.compile(r"\n//# sourceMappingURL=\S+\s*$")


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own generic is not needed
    """Runs before a wheel or an editable install is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        root = Path(self.root)
        if (root / VENDOR / "built.json").is_file() and _built_from(root) == _wanted(root):
            return
        reason = _fetch(root)
        if reason is None:
            reason = _assemble(root)
        if reason is not None:
            self.app.display_warning(
                f"The portal is built without its npm parts ({reason}): no interactive map or "
                "charts, no countries on the drawn map. With Node.js and npm, build again to add them."
            )


def _fetch(root: Path) -> str | None:
    """Run npm; say why it did not work, if it did not."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    if not (root / "package-lock.json").is_file():
        return "package-lock.json is not here"
    command = [npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(  # noqa: S603  # our own command, no shell
            command, cwd=root, capture_output=True, text=True, timeout=NPM_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"npm failed: {type(error).__name__}"
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "npm error" in line]
        return lines[0].strip() if lines else f"npm ended with {done.returncode}"
    return None


def _assemble(root: Path) -> str | None:
    """Put the parts where the portal serves them from."""
    modules, target = root / "node_modules", root / VENDOR
    target.mkdir(parents=True, exist_ok=True)
    try:
        for source, name in COPIED.items():
            _copy(modules / source, target / name)
        (target / "design-system.css").write_text(_design_system(modules), encoding="utf-8")
    except OSError as error:
        return f"a package has changed: {error}"
    (target / "built.json").write_text(json.dumps(_wanted(root)), encoding="utf-8")
    return None


def _copy(source: Path, target: Path) -> None:
    if source.suffix == ".mjs":
        # Their source maps stay behind, so browsers should not ask for them.
        text = source.read_text(encoding="utf-8")
        target.write_text(_SOURCE_MAP.sub("\n", text), encoding="utf-8")
    else:
        shutil.copyfile(source, target)


def _design_system(modules: Path) -> str:
    """Join the components and the tokens that they use, in a layer below the portal's own style."""
    components = "\n".join(
        (modules / f"@utrecht/{name}-css/dist/index.css").read_text(encoding="utf-8")
        for name in COMPONENTS
    )
    theme = dict(_SET.findall((modules / TOKENS).read_text(encoding="utf-8")))
    wanted, known = set(_USED.findall(components)), set[str]()
    while wanted:
        name = wanted.pop()
        known.add(name)
        wanted |= set(_USED.findall(theme.get(name, ""))) - known
    tokens = "".join(f"{name}:{theme[name]};" for name in sorted(known & theme.keys()))
    return f"@layer design-system{{\n.voorbeeld-theme{{{tokens}}}\n{components}\n}}\n"


def _wanted(root: Path) -> dict[str, str]:
    packages: dict[str, str] = json.loads((root / "package.json").read_text())["dependencies"]
    return {**packages, "files": " ".join(COPIED.values())}


def _built_from(root: Path) -> object:
    return json.loads((root / VENDOR / "built.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    HERE = Path(__file__).parent
    sys.exit(_fetch(HERE) or _assemble(HERE))
