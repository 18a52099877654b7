package live

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestPageIsSmallAndOurs(t *testing.T) {
	total := 0
	for name, f := range files {
		total += len(f.data)
		text := string(f.data)
		if strings.HasSuffix(name, ".js") && strings.Count(text, "\n") >= 400 {
			t.Errorf("%s has %d lines, fewer than 400 are wanted", name, strings.Count(text, "\n"))
		}
		// Strings reach the page as text, never as markup.
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "setTimeout('", "srcdoc", "javascript:"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s uses %s", name, bad)
			}
		}
		for _, u := range regexp.MustCompile(`(https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s'"]*`).FindAllString(text, -1) {
			if u != "http://www.w3.org/2000/svg" {
				t.Errorf("%s names another server: %s", name, u)
			}
		}
		if f.typ == "" {
			t.Errorf("%s has no media type", name)
		}
	}
	if total > 200<<10 {
		t.Errorf("the page has %d bytes, at most 204800 are wanted", total)
	}
	t.Logf("%d files, %d bytes", len(files), total)
	for _, m := range regexp.MustCompile(`from '\./([a-z]+\.js)'`).FindAllStringSubmatch(allText(), -1) {
		if _, ok := files[m[1]]; !ok {
			t.Errorf("no module %s", m[1])
		}
	}
}

// A command that the page hands out is one that mores has.
func TestCommandsNameFigures(t *testing.T) {
	kinds := regexp.MustCompile(`plot\('([a-z-]+)'`).FindAllStringSubmatch(allText(), -1)
	if len(kinds) < 5 {
		t.Errorf("%d charts hand out a command", len(kinds))
	}
	for _, k := range kinds {
		src, err := os.ReadFile("../figure/" + strings.ReplaceAll(k[1], "-", "_") + ".go")
		if err != nil || !strings.Contains(string(src), `Name: "`+k[1]+`"`) {
			t.Errorf("mores plot %s: no such figure (%v)", k[1], err)
		}
	}
}

func allText() string {
	var b strings.Builder
	for _, f := range files {
		b.Write(f.data)
	}
	return b.String()
}

// The same segment has the same colour on the page as in every figure.
func TestPaletteIsTheFigures(t *testing.T) {
	src, err := os.ReadFile("../figure/palette.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(src), "var palette = ")
	list, _, _ = strings.Cut(list, "\n}")
	want := regexp.MustCompile(`0x([0-9A-F]{6})`).FindAllStringSubmatch(list, -1)
	_, list, _ = strings.Cut(string(files["theme.js"].data), "PALETTE = [")
	list, _, _ = strings.Cut(list, "]")
	got := regexp.MustCompile(`#([0-9A-F]{6})`).FindAllStringSubmatch(list, -1)
	if len(want) < 8 || len(got) != len(want) {
		t.Fatalf("%d colours on the page, %d in figures", len(got), len(want))
	}
	for i := range want {
		if got[i][1] != want[i][1] {
			t.Errorf("segment %d is #%s on the page and #%s in figures", i+1, got[i][1], want[i][1])
		}
	}
	for _, grey := range []string{"noiseGrey = rgb(0x8C8C8C)", "otherGrey = rgb(0xA8A8A8)"} {
		if !strings.Contains(strings.Join(strings.Fields(string(src)), " "), grey) {
			t.Errorf("figures no longer say %s: mirror it in theme.js", grey)
		}
	}
	if js := string(files["theme.js"].data); !strings.Contains(js, "NOISE = '#8C8C8C'") || !strings.Contains(js, "OTHER = '#A8A8A8'") {
		t.Error("the page's greys are not the figures'")
	}
}

func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		`{"t":"hello","v":1,"study":"x","resume":{"epoch":"e","seq":4}}`, `{"t":"sub","study":"y"}`, `{"t":"get","id":3,"blob":"` + strings.Repeat("a", 64) + `","off":4294967295}`,
		`{"t":"hello","v":1e9}`, `[[[[`, `{"t":"get","id":-1}`, "\xff\xfe", `{"t":null}`,
	} {
		f.Add([]byte(s))
	}
	s := New(Options{})
	hash := s.blobs.add(kindXY, make([]byte, 80), nil)
	f.Add([]byte(`{"t":"get","id":3,"blob":"` + hash + `","off":9}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRequest(b)
		if err != nil {
			return
		}
		if r.T != "hello" && r.T != "sub" && r.T != "get" {
			t.Fatalf("type %q is let through", r.T)
		}
		c := &client{s: s, wake: make(chan struct{}, 1), gone: make(chan struct{})}
		c.handle(r)
		for range 4 { // whatever was asked, the writer can take it
			_, msgs, _ := c.due()
			for _, m := range msgs {
				if len(m) == 0 || len(m) > frameHeader+8*frameCount {
					t.Fatalf("a message of %d bytes", len(m))
				}
			}
		}
	})
}
