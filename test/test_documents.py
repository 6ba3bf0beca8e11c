"""The documents: links and anchors lead somewhere, every page is in the navigation and near the
start page.
"""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
BESIDE = [
    ROOT / name
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "QUALITY_DECLARATION.md")
]
KINDS = ("tutorials", "how_to", "reference", "results")
LINK = re.compile(r"\]\(([^)\s]+)\)")
DATE = re.compile(
    r"\b\d{1,2} (January|February|March|April|May|June|July|August|September|October|November"
    r"|December) 20\d\d|\b20\d\d-\d\d-\d\d\b"
)
CLICKS = 2


def prose(page):
    """The text of a page without its code."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def links(page):
    """Yield (file, anchor) of the links of a page to files; images are among them."""
    for target in LINK.findall(prose(page)):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def anchors(page):
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]


def slug(heading):
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def named(entries):
    """Yield the pages of a navigation."""
    for entry in entries:
        value = entry if isinstance(entry, str) else next(iter(entry.values()))
        if isinstance(value, str):
            yield value
        else:
            yield from named(value)


def test_slugs_are_those_of_github():
    assert slug("The released model, `models/default`") == "the-released-model-modelsdefault"
    assert slug("autopilot_bridge") == "autopilot_bridge"


def test_links_and_anchors_lead_somewhere():
    for page in (*PAGES, *BESIDE):
        for target, anchor in links(page):
            assert target.exists(), f"{page.name}: {target}"
            if anchor:
                assert anchor in anchors(target), f"{page.name}: {target.name}#{anchor}"


def test_pages_link_to_nothing_outside_the_site():
    for page in PAGES:
        for target, _ in links(page):
            assert target.is_relative_to(DOCS), f"{page.name}: {target}"


def test_the_navigation_names_every_page():
    # The tags of Python objects are for mkdocs alone.
    text = re.sub(r"!!python/\S+", "", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    found = list(named(yaml.safe_load(text)["nav"]))
    assert sorted(found) == [str(page.relative_to(DOCS)) for page in PAGES]


def test_every_page_is_of_a_kind():
    assert {str(page.relative_to(DOCS).parent) for page in PAGES} == {".", *KINDS}
    assert [page.name for page in PAGES if page.parent == DOCS] == ["index.md"]


def test_every_page_is_two_clicks_from_the_start_page():
    near = {DOCS / "index.md"}
    for _ in range(CLICKS):
        near |= {target for page in near for target, _ in links(page) if target.suffix == ".md"}
    assert set(PAGES) <= near


def test_dates_of_measurements_stand_in_the_results():
    for page in (*PAGES, *BESIDE):
        if page.parent.name != "results":
            found = DATE.search(page.read_text(encoding="utf-8"))
            assert found is None, f"{page.name}: {found and found.group()}"


def test_every_picture_is_shown():
    shown = {target for page in (*PAGES, *BESIDE) for target, _ in links(page)}
    pictures = set((DOCS / "images").iterdir())
    assert pictures <= shown
