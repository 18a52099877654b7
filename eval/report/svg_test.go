package report

import (
	"strings"
	"testing"
)

func TestInlineSVG(t *testing.T) {
	colours := map[string]int{"#0072b2": 1}
	src := `<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg" width="10mm" height="5mm" viewBox="0 0 10 5">
<title>t</title><style>*{fill:red}</style><defs><clipPath id="c"><path d="M0 0"></path></clipPath></defs>
<g clip-path="url(#c)" style="fill:#0072B2;behavior:url(//x)"><path d="M1 1"/></g><text x="1">a &lt; b</text></svg>`
	got, err := inlineSVG([]byte(src), "f1-", `say "it"`, colours)
	if err != nil {
		t.Fatal(err)
	}
	want := `<svg role="img" aria-label="say &#34;it&#34;" viewBox="0 0 10 5"><defs><clipPath id="f1-c"><path d="M0 0"/></clipPath></defs>` +
		`<g clip-path="url(#f1-c)" fill="#0072B2" data-s="1"><path d="M1 1"/></g><text x="1">a &lt; b</text></svg>`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// Without a view box, the size is one.
	got, err = inlineSVG([]byte(`<svg width="10pt" height="5pt"><g/></svg>`), "", "x", nil)
	if err != nil || !strings.Contains(string(got), `viewBox="0 0 10 5"`) {
		t.Errorf("%s, %v: want a view box", got, err)
	}
}

func TestInlineSVGRefuses(t *testing.T) {
	for _, src := range []string{
		"", "<svg>", "<svg></g></svg>", "no xml at all <", `<svg><script>1</script></svg>`, `<svg><foreignObject/></svg>`,
		`<svg onload="x()"></svg>`, `<svg><a href="javascript:x"/></svg>`, `<svg><image href="http://evil.example/x.png"/></svg>`,
		`<svg><use href="//evil.example/x"/></svg>`, `<svg><path fill="url(http://evil.example)"/></svg>`, `<svg><h:script xmlns:h="x"/></svg>`,
	} {
		if got, err := inlineSVG([]byte(src), "", "x", nil); err == nil {
			t.Errorf("%s is put into a page as %s", src, got)
		}
	}
}
