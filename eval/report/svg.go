package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
)

// svgElements are what a figure may consist of. Anything else, and every event
// handler and foreign address, makes the figure unfit to be put into a page.
var svgElements = []string{
	"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
	"title", "desc", "defs", "clipPath", "mask", "image", "use", "symbol", "marker", "pattern", "linearGradient", "radialGradient", "stop", "style", "metadata",
}

// inlineSVG rewrites a figure's SVG so that it can stand in a page beside others:
// its ids get the prefix, its style attributes become presentation attributes
// (the page's policy forbids inline styles), its size gives way to the page's,
// and what has a segment's colour is marked with it, so that the page can link.
// colours maps "#rrggbb" to a segment. It refuses what could act or call out.
func inlineSVG(src []byte, prefix, label string, colours map[string]int) ([]byte, error) {
	dec := xml.NewDecoder(bytes.NewReader(src))
	var out bytes.Buffer
	var stack []string
	skip := 0 // inside an element that is left out
	for {
		tok, err := dec.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("report: a figure is no XML: %w", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			name := t.Name.Local
			stack = append(stack, name)
			if skip > 0 || name == "style" || name == "metadata" || name == "title" || name == "desc" {
				skip++ // the page has its own style and its own words for it
				continue
			}
			if t.Name.Space != "" && t.Name.Space != "svg" || !slices.Contains(svgElements, name) {
				return nil, fmt.Errorf("report: a figure holds <%s>", name)
			}
			out.WriteString("<" + name)
			if len(stack) == 1 {
				fmt.Fprintf(&out, ` role="img" aria-label="%s"`, html.EscapeString(label))
			}
			if err := svgAttributes(&out, t, len(stack) == 1, prefix, colours); err != nil {
				return nil, err
			}
			out.WriteByte('>')
		case xml.EndElement:
			if len(stack) == 0 || stack[len(stack)-1] != t.Name.Local {
				return nil, fmt.Errorf("report: a figure is no XML: </%s> closes nothing", t.Name.Local)
			}
			stack = stack[:len(stack)-1]
			if skip > 0 {
				skip--
				continue
			}
			closeSVG(&out, t.Name.Local)
		case xml.CharData:
			if skip > 0 || len(stack) == 0 {
				continue
			}
			switch stack[len(stack)-1] {
			case "text", "tspan":
				out.WriteString(html.EscapeString(clean(string(t))))
			}
		}
	}
	if len(stack) > 0 || out.Len() == 0 {
		return nil, fmt.Errorf("report: a figure's SVG is cut off")
	}
	return out.Bytes(), nil
}

// closeSVG ends an element, in the short form where nothing stands in it.
func closeSVG(out *bytes.Buffer, name string) {
	b := out.Bytes()
	if open := bytes.LastIndexByte(b, '<'); bytes.HasSuffix(b, []byte(">")) && !bytes.HasSuffix(b, []byte("/>")) && bytes.HasPrefix(b[open:], []byte("<"+name)) {
		out.Truncate(len(b) - 1)
		out.WriteString("/>")
		return
	}
	out.WriteString("</" + name + ">")
}

func svgAttributes(out *bytes.Buffer, t xml.StartElement, root bool, prefix string, colours map[string]int) error {
	segment := 0
	put := func(name, value string) {
		if name == "fill" || name == "stroke" {
			if s := colours[strings.ToLower(value)]; s > 0 {
				segment = s
			}
		}
		fmt.Fprintf(out, ` %s="%s"`, name, html.EscapeString(clean(strings.ReplaceAll(value, "url(#", "url(#"+prefix))))
	}
	var w, h string
	box := false
	for _, a := range t.Attr {
		name := a.Name.Local
		switch {
		case a.Name.Space == "xmlns" || name == "xmlns" || a.Name.Space == "xml" || root && (name == "role" || strings.HasPrefix(name, "aria-") || name == "version"):
		case strings.HasPrefix(strings.ToLower(name), "on"):
			return fmt.Errorf("report: a figure holds the event handler %s", name)
		case root && name == "width":
			w = a.Value
		case root && name == "height":
			h = a.Value
		case name == "id":
			put("id", prefix+a.Value)
		case name == "href":
			switch {
			case strings.HasPrefix(a.Value, "#"):
				put("href", "#"+prefix+a.Value[1:])
			case t.Name.Local == "image" && strings.HasPrefix(a.Value, "data:image/png;base64,"):
				put("href", a.Value)
			default:
				return fmt.Errorf("report: a figure refers to %q", short(clean(a.Value), 60))
			}
		case name == "style":
			for decl := range strings.SplitSeq(a.Value, ";") {
				k, v, ok := strings.Cut(decl, ":")
				k, v = strings.TrimSpace(k), strings.TrimSpace(v)
				if ok && slices.Contains(svgPresentation, k) && !strings.Contains(v, "//") {
					put(k, v)
				}
			}
		case strings.Contains(a.Value, "//") && !strings.HasPrefix(a.Value, "data:image/png;base64,"):
			return fmt.Errorf("report: a figure refers to %q", short(clean(a.Value), 60))
		case a.Name.Space == "":
			box = box || name == "viewBox"
			put(name, a.Value)
		}
	}
	if root && !box && w != "" && h != "" {
		put("viewBox", "0 0 "+strings.TrimRight(w, "ptxmcin")+" "+strings.TrimRight(h, "ptxmcin"))
	}
	if segment > 0 {
		fmt.Fprintf(out, ` data-s="%d"`, segment)
	}
	return nil
}

var svgPresentation = []string{
	"fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray",
	"stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight", "font-style",
	"text-anchor", "dominant-baseline", "clip-path", "image-rendering", "stop-color", "stop-opacity",
}
