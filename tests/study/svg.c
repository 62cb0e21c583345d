#include "study/svg.h"

#include "base/number.h"

static const char style[] =
    "<style>\n"
    "text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif;"
    "font-size:14px}\n"
    ".title{font-size:17px;font-weight:600;fill:#1c2128}\n"
    ".ink{fill:#1c2128}.quiet{fill:#57606a;font-size:13px}.strong{fill:#1c2128;font-weight:600}\n"
    ".panel{fill:#ffffff}.axis{stroke:#57606a;stroke-width:1}"
    ".grid{stroke:#d8dee4;stroke-width:1}\n"
    ".limit{stroke:#b42318;stroke-width:1.5;stroke-dasharray:5 4}.limit-ink{fill:#b42318;"
    "font-size:13px}\n"
    ".line{fill:none;stroke-width:2.5;stroke-linejoin:round}.whisker{stroke-width:2}\n"
    ".s0{fill:#0a5fb4;stroke:#0a5fb4}.s1{fill:#9a6700;stroke:#9a6700}"
    ".s2{fill:#1a7f37;stroke:#1a7f37}\n"
    ".s3{fill:#7d3fc9;stroke:#7d3fc9}.s4{fill:#0e7c86;stroke:#0e7c86}"
    ".s5{fill:#57606a;stroke:#57606a}.beyond{fill:#cf222e}\n"
    ".line.s0,.line.s1,.line.s2,.line.s3,.line.s4,.line.s5{fill:none}\n"
    ".shade{stroke:none}text.s0,text.s1,text.s2,text.s3,text.s4,text.s5{stroke:none}\n"
    "@media (prefers-color-scheme:dark){\n"
    ".title,.ink,.strong{fill:#e6edf3}.quiet{fill:#9ea7b3}.panel{fill:#0d1117}"
    ".axis{stroke:#9ea7b3}.grid{stroke:#30363d}\n"
    ".limit{stroke:#ff8a80}.limit-ink{fill:#ff8a80}\n"
    ".s0{fill:#6cb6ff;stroke:#6cb6ff}.s1{fill:#e3b341;stroke:#e3b341}"
    ".s2{fill:#56d364;stroke:#56d364}\n"
    ".s3{fill:#c297ff;stroke:#c297ff}.s4{fill:#5fd3dd;stroke:#5fd3dd}"
    ".s5{fill:#9ea7b3;stroke:#9ea7b3}.beyond{fill:#ff7b72}\n"
    "}\n"
    "</style>\n";

void svg_escape(struct buffer *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '<':
            buffer_append_text(out, "&lt;");
            break;
        case '>':
            buffer_append_text(out, "&gt;");
            break;
        case '&':
            buffer_append_text(out, "&amp;");
            break;
        case '"':
            buffer_append_text(out, "&quot;");
            break;
        default:
            buffer_append_char(out, *c);
            break;
        }
    }
}

static const char *place(double value, char text[static NUMBER_TEXT_SIZE])
{
    return number_write_fixed(value, 1, text);
}

void svg_begin(struct buffer *out, const struct svg_heading *heading, double height)
{
    buffer_printf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %s\" width=\"%d\" "
                  "height=\"%s\" role=\"img\" aria-labelledby=\"title desc\">\n<title "
                  "id=\"title\">",
                  SVG_WIDTH, place(height, NUMBER_TEXT), SVG_WIDTH, place(height, NUMBER_TEXT));
    svg_escape(out, heading->title);
    buffer_append_text(out, "</title>\n<desc id=\"desc\">");
    svg_escape(out, heading->description);
    buffer_append_text(out, "</desc>\n");
    buffer_append_text(out, style);
    svg_box(out, 0, 0, SVG_WIDTH, height, "panel");
    svg_text(out, 12, 24, SVG_START, "title", heading->title);
    svg_text(out, 12, 44, SVG_START, "quiet", heading->subtitle);
}

void svg_end(struct buffer *out)
{
    buffer_append_text(out, "</svg>\n");
}

void svg_text(struct buffer *out, double x, double y, enum svg_anchor anchor, const char *class,
              const char *text)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    buffer_printf(out, "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" class=\"%s\">",
                  place(x, NUMBER_TEXT), place(y, NUMBER_TEXT), anchors[anchor], class);
    svg_escape(out, text);
    buffer_append_text(out, "</text>\n");
}

void svg_line(struct buffer *out, double x1, double y1, double x2, double y2, const char *class)
{
    buffer_printf(out, "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" class=\"%s\"/>\n",
                  place(x1, NUMBER_TEXT), place(y1, NUMBER_TEXT), place(x2, NUMBER_TEXT),
                  place(y2, NUMBER_TEXT), class);
}

void svg_dot(struct buffer *out, double x, double y, double radius, const char *class)
{
    buffer_printf(out, "<circle cx=\"%s\" cy=\"%s\" r=\"%s\" class=\"%s\"/>\n",
                  place(x, NUMBER_TEXT), place(y, NUMBER_TEXT), place(radius, NUMBER_TEXT), class);
}

void svg_box(struct buffer *out, double x, double y, double width, double height, const char *class)
{
    buffer_printf(out, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" class=\"%s\"/>\n",
                  place(x, NUMBER_TEXT), place(y, NUMBER_TEXT), place(width, NUMBER_TEXT),
                  place(height, NUMBER_TEXT), class);
}

void svg_shade(struct buffer *out, double x, double y, double width, double height,
               const char *class, double strength)
{
    buffer_printf(out,
                  "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" class=\"shade %s\" "
                  "fill-opacity=\"%s\"/>\n",
                  place(x, NUMBER_TEXT), place(y, NUMBER_TEXT), place(width, NUMBER_TEXT),
                  place(height, NUMBER_TEXT), class, number_write_fixed(strength, 2, NUMBER_TEXT));
}

void svg_polyline_begin(struct buffer *out, const char *class)
{
    buffer_printf(out, "<polyline class=\"line %s\" points=\"", class);
}

void svg_polyline_point(struct buffer *out, double x, double y)
{
    buffer_printf(out, "%s,%s ", place(x, NUMBER_TEXT), place(y, NUMBER_TEXT));
}

void svg_polyline_end(struct buffer *out)
{
    buffer_append_text(out, "\"/>\n");
}
