"""The page around the sections. It fetches nothing, and its policy lets no script run."""

from string import Template

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1d1d; --paper: #ffffff; --faint: #5f5f5f;
  --line: #d9d9d9; --right: #0072b2; --other: #9a9a9a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --paper: #1a1a1a; --faint: #a8a8a8; --line: #444444;
    --right: #56b4e9; --other: #777777; }
  img.chart { filter: invert(0.9) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.5rem 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 0.6rem; border-bottom: 1px solid var(--line); }
img { max-width: 100%; height: auto; display: block; }
img.photo { width: 100%; border-radius: 3px; }
.note { color: var(--faint); font-size: 0.9rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr));
  gap: 1rem 1.5rem; }
.wide { overflow-x: auto; margin: 0.8rem 0; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums;
  overflow-wrap: break-word; }
caption { text-align: left; color: var(--faint); padding-bottom: 0.3rem; }
th, td { padding: 0.2rem 1rem 0.2rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
thead th { color: var(--faint); font-weight: normal; }
tbody th { font-weight: 600; }
summary { cursor: pointer; padding: 0.4rem 0; }
figure { margin: 0; }
figcaption { margin: 0.4rem 0; }
.guesses { width: 100%; overflow-wrap: anywhere; }
.guesses th, .guesses td { border: 0; padding: 0.1rem 0.5rem 0.1rem 0; }
.guesses tbody th { font-weight: normal; }
.guesses td { width: 40%; }
.guesses td:last-child { width: 4rem; text-align: right; padding-right: 0; }
.guesses .true th, .guesses .true td { font-weight: 600; }
.bar { display: block; height: 0.8rem; margin-top: 0.3rem; min-width: 1px; border-radius: 2px;
  background: var(--other); }
.true .bar { background: var(--right); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
"""

PAGE = Template(f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<meta name="pictures" content="$pictures">
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>$title</h1>
$body
</main>
</body>
</html>
""")
