"""The page of a flight as a Jinja template; as a Python module it is installed like any other."""

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}: {{ record.outcome.reason }}</title>
<style>
  :root { color-scheme: light; }
  body { margin: 0; background: #f7fafc; color: #2d3748; font: 16px/1.5 system-ui, sans-serif; }
  main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
  h1 { font-size: 1.6rem; margin: 0 0 .2rem; }
  h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
  .verdict {
    display: inline-block; padding: .15rem .7rem; border-radius: 1rem; color: white;
    font-weight: 600;
  }
  .good { background: #2f855a; }
  .bad { background: #c53030; }
  .unjudged { background: #4a5568; }
  .muted { color: #718096; }
  video, img { width: 100%; border-radius: .4rem; background: white; box-shadow: 0 1px 4px #0002; }
  table { border-collapse: collapse; width: 100%; background: white; box-shadow: 0 1px 4px #0002; }
  td {
    padding: .35rem .8rem; border-bottom: 1px solid #edf2f7; vertical-align: top;
    overflow-wrap: anywhere;
  }
  td:first-child { white-space: nowrap; color: #4a5568; }
  code { font-size: .85em; }
</style>
</head>
<body>
<main>
<h1>{{ title[:1]|upper }}{{ title[1:] }}</h1>
<p>
  <span class="verdict {{ verdict }}">{{ record.outcome.reason }}</span>
  after {{ "%.1f"|format(record.outcome.time) }} s: {{ record.outcome.detail }}
  <span class="muted">(pilot: {{ record.pilot }})</span>
</p>
{% if video %}
<h2>What the drone saw, and its commands</h2>
<video src="{{ video }}" controls preload="metadata" muted playsinline></video>
{% endif %}
<h2>Numbers</h2>
<table>
{% for name, value in measures.items() %}
  <tr><td>{{ name }}</td><td>{{ value }}</td></tr>
{% endfor %}
</table>
{% for name, picture in pictures.items() %}
<h2>{{ name }}</h2>
<img src="{{ picture }}" alt="{{ name }}">
{% endfor %}
{% if files %}
<h2>Files</h2>
<p>
{%- for name in files -%}
<a href="{{ name }}"><code>{{ name }}</code></a>{{ ", " if not loop.last }}
{%- endfor -%}
</p>
{% endif %}
</main>
</body>
</html>
"""
