package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pageElements are what a page of ours consists of, besides figures.
var pageElements = []string{
	"html", "head", "meta", "title", "style", "body", "a", "div", "header", "h1", "h2", "h3", "span", "p", "nav", "ol", "ul", "li",
	"main", "section", "dl", "dt", "dd", "pre", "code", "article", "table", "caption", "thead", "tbody", "tr", "th", "td", "sup", "figure", "img", "figcaption",
	"details", "summary", "button", "footer", "script", "svg", "g", "path", "rect", "circle", "line", "polyline", "polygon", "text", "tspan", "image", "defs", "clipPath",
}

// inspect reads a page as strict XML and fails where it could act, call out, or is
// not as accessible as it claims.
func inspect(t *testing.T, page []byte) {
	t.Helper()
	// What HTML has and XML has not.
	src := strings.Replace(string(page), "<!DOCTYPE html>", "", 1)
	dec := xml.NewDecoder(strings.NewReader(src))
	dec.Strict = true
	ids, scripts := map[string]bool{}, 0
	var links []string
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		name := e.Name.Local
		if !slices.Contains(pageElements, name) {
			t.Errorf("the page holds <%s>", name)
		}
		attr := map[string]string{}
		for _, a := range e.Attr {
			k, v := a.Name.Local, a.Value
			attr[k] = v
			switch {
			case strings.HasPrefix(k, "on"), k == "style", k == "srcdoc", k == "action":
				t.Errorf("<%s> has the attribute %s", name, k)
			case k == "href" && !strings.HasPrefix(v, "#"), k == "src":
				if !strings.HasPrefix(v, "data:image/png;base64,") {
					t.Errorf("<%s %s=%.60q> leaves the page", name, k, v)
				}
			case k == "href":
				links = append(links, v[1:])
			case k == "id":
				if ids[v] {
					t.Errorf("two elements with id %s", v)
				}
				ids[v] = true
			case strings.Contains(v, "url(") && !strings.Contains(v, "url(#"):
				t.Errorf("<%s %s=%.60q> refers outside", name, k, v)
			}
		}
		switch name {
		case "script":
			scripts++
		case "th":
			if attr["scope"] == "" {
				t.Error("a table header without a scope")
			}
		case "img":
			if attr["alt"] == "" {
				t.Error("an image without words")
			}
		case "svg":
			if attr["aria-hidden"] != "true" && (attr["role"] != "img" || attr["aria-label"] == "") {
				t.Errorf("a figure without words: %v", attr)
			}
		}
	}
	if scripts != 1 {
		t.Errorf("%d scripts, want ours alone", scripts)
	}
	for _, l := range links {
		if !ids[l] {
			t.Errorf("a link to #%s, which is nowhere", l)
		}
	}
	// The policy names the hashes of what stands there.
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(src)
	if policy == nil || !strings.HasPrefix(policy[1], "default-src 'none';") {
		t.Fatalf("policy %q", policy)
	}
	for _, tag := range []string{"style", "script"} {
		at := strings.Index(src, "<"+tag+">")
		if at < 0 {
			t.Fatalf("no <%s>", tag)
		}
		text := src[at+len(tag)+2:]
		text = text[:strings.Index(text, "</"+tag+">")]
		if !strings.Contains(policy[1], hashOf(text)) {
			t.Errorf("the policy does not allow the page's own %s", tag)
		}
	}
}

func TestHTML(t *testing.T) {
	r := made{n: 1500, noise: true}.report(t, Options{Dir: "studies/spring"})
	page := render(t, "report.html", r)
	inspect(t, page)
	for _, f := range r.Figures() {
		if f.Reason != "" {
			t.Errorf("figure %s is not drawn: %s", f.Name, f.Reason)
		}
	}
	// Segments are linked: in cards, table, legend and vector figures.
	for _, want := range []string{`<button type="button" aria-pressed="false" data-s="4"`, `<article class="card s4" data-s="4"`, `<tr data-s="4">`} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if n := len(regexp.MustCompile(`<(path|text|image)[^>]* data-s="4"`).FindAll(page, -1)); n < 3 {
		t.Errorf("%d marks in figures belong to segment 4: the figures are not linked", n)
	}
}

func TestJudgedHTML(t *testing.T) {
	inspect(t, render(t, "report.html", made{n: 300, judged: true}.report(t, Options{Dir: "studies/spring"})))
}

func TestHTMLStaysSmall(t *testing.T) {
	for _, n := range []int{5_000, 200_000} { // maps of up to 5,000 customers are drawn point by point
		r := made{n: n, noise: true}.report(t, Options{})
		page := render(t, "report.html", r)
		if len(page) > 2_000_000 {
			t.Errorf("the page of %d customers has %d bytes, more than 2 MB", n, len(page))
		}
		inspect(t, page)
		t.Logf("%s customers: %s", count(n), size(int64(len(page))))
	}
}

func TestFiguresBecomeImagesWhereVectorsAreTooLarge(t *testing.T) {
	r := made{n: 300}.report(t, Options{})
	p := &page{r: r, colours: segmentColours(r.Segmented())}
	if err := p.write(0); err != nil {
		t.Fatal(err)
	}
	inspect(t, p.out.Bytes())
	if n := bytes.Count(p.out.Bytes(), []byte("<img ")); n != len(r.Figures()) {
		t.Errorf("%d images of %d figures", n, len(r.Figures()))
	}
	if p.out.Len() > htmlBudget {
		t.Errorf("the page of images has %d bytes", p.out.Len())
	}
}

func TestHostileNamesAreInert(t *testing.T) {
	link := regexp.MustCompile(`(^|[^\\])\]\(`)
	for i, h := range hostile {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			r := made{n: 60, noise: true, name: h, judged: i%2 == 0}.report(t, Options{Dir: h, Title: h})
			inspect(t, render(t, "report.html", r))
			for _, name := range []string{"report.md", "tables.tex", "terminal.txt", "report.html"} {
				for _, c := range string(render(t, name, r)) {
					if c < ' ' && c != '\n' || c == 0x7f || c == 0x202e || c == 0x2066 || c == 0xfeff || c == 0x2028 {
						t.Fatalf("%s holds %U", name, c)
					}
				}
			}
			md := outsideCode(string(render(t, "report.md", r)))
			for _, bad := range []string{"<script", "<img", "<svg", "<!--", "http://", "www."} {
				if strings.Contains(md, bad) {
					t.Errorf("Markdown holds %s", bad)
				}
			}
			if link.MatchString(md) {
				t.Error("Markdown holds a link")
			}
			tex := string(render(t, "tables.tex", r))
			for _, bad := range []string{`\input`, `\write`, `$x$`} {
				if strings.Contains(tex, bad) {
					t.Errorf("LaTeX holds %s", bad)
				}
			}
		})
	}
}

func TestHostileNamesOnPaper(t *testing.T) {
	r := made{n: 60, noise: true, name: strings.Join(hostile, " "), judged: true}.report(t, Options{})
	for _, name := range []string{"report.pdf", "slide.pdf"} {
		b := render(t, name, r)
		if !bytes.HasPrefix(b, []byte("%PDF-")) || bytes.Contains(b, []byte("/JavaScript")) || bytes.Contains(b, []byte("/URI")) {
			t.Errorf("%s is no PDF, or one that acts", name)
		}
	}
}

// outsideCode is Markdown without its code fences and spans.
func outsideCode(md string) string {
	md = regexp.MustCompile("(?s)```.*?```").ReplaceAllString(md, "")
	return regexp.MustCompile("`[^`\n]*`").ReplaceAllString(md, "")
}
