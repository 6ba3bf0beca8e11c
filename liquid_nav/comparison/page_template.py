"""Templates of the page; as a Python module they are installed like any other."""

MARKDOWN = """# {{ title }}

{% for sentence in answer %}
- {{ sentence }}
{% endfor %}
{% for section in sections %}

## {{ section.title }}
{% if section.picture %}

![{{ section.title }}]({{ pictures }}/{{ section.picture }})
{% endif %}

| {{ section.header|join(" | ") }} |
|---|{{ "---:|" * (section.header|length - 1) }}
{% for row in section.rows %}
| {{ row|map("replace", "|", "&#124;")|join(" | ") }} |
{% endfor %}
{% if section.note %}

{{ section.note|wordwrap(140) }}
{% endif %}
{% if section.parting %}

![{{ caption(section.parting) }}]({{ pictures }}/{{ picture_name(section.parting) }})
{% endif %}
{% endfor %}
"""

HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
  :root { color-scheme: light; }
  body { margin: 0; background: #f7fafc; color: #2d3748; font: 16px/1.5 system-ui, sans-serif; }
  main { max-width: 62rem; margin: 0 auto; padding: 1.5rem; }
  h1 { font-size: 1.6rem; }
  h2 { font-size: 1.1rem; margin-top: 2rem; }
  img { max-width: 100%; background: white; border-radius: .4rem; box-shadow: 0 1px 4px #0002; }
  table { border-collapse: collapse; background: white; box-shadow: 0 1px 4px #0002; }
  td, th { padding: .3rem .7rem; border-bottom: 1px solid #edf2f7; text-align: right; }
  td:first-child, th:first-child { text-align: left; }
  td { overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
<ul>
{% for sentence in answer %}
<li>{{ sentence }}</li>
{% endfor %}
</ul>
{% for section in sections %}
<h2>{{ section.title }}</h2>
{% if section.picture %}
<p><img src="{{ inside[section.picture] }}" alt="{{ section.title }}"></p>
{% endif %}
<table>
<tr>{% for cell in section.header %}<th>{{ cell }}</th>{% endfor %}</tr>
{% for row in section.rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</table>
{% if section.note %}
<p>{{ section.note }}</p>
{% endif %}
{% if section.parting %}
{% set flights = section.parting %}
<p><img src="{{ inside[picture_name(flights)] }}" alt="{{ caption(flights) }}"></p>
<p>{% for entrant in [flights.reaching, flights.failing] %}
<video src="{{ pictures }}/{{ video_name(flights, entrant) }}" controls muted width="48%">
</video>
{% endfor %}</p>
{% endif %}
{% endfor %}
</main>
</body>
</html>
"""
