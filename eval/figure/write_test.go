package figure

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// written is the map of the shop with a name that must be escaped, in a format.
func written(t *testing.T, format string, p Preset) []byte {
	t.Helper()
	in := valued()
	in.Names = []string{`<b>&"Żółć"`, "two"}
	d, err := Draw("sizes", in, p)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(d, format, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPNGSaysItsSize(t *testing.T) {
	for _, p := range Presets() {
		b := written(t, "png", p)
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(b, []byte("pHYs"))
		if at < 0 {
			t.Fatal("no pHYs chunk")
		}
		perMetre := binary.BigEndian.Uint32(b[at+4:])
		if perMetre != 11811 || b[at+12] != 1 { // 300 / 0.0254
			t.Errorf("%d pixels per metre, unit %d; want 11811, 1", perMetre, b[at+12])
		}
		if got := float64(img.Bounds().Dx()) / float64(perMetre) * 1000; math.Abs(got-p.Width) > 0.1 {
			t.Errorf("%s: %.2f mm wide, want %g", p.Name, got, p.Width)
		}
		if !bytes.Contains(b, []byte("iTXtTitle\x00")) {
			t.Error("no title in the file")
		}
	}
}

func TestSVGIsToSizeAndSaysWhatItShows(t *testing.T) {
	s := string(written(t, "svg", Paper))
	for _, want := range []string{`width="89mm"`, `role="img"`, "<title>", "<desc>", "1\u00a0&lt;b&gt;&amp;&#34;Żółć&#34;</text>", "Liberation Sans, Arial"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %s in the SVG", want)
		}
	}
	if strings.Contains(s, "http://") && strings.Count(s, "http://") != strings.Count(s, `xmlns="http://www.w3.org/2000/svg"`) {
		t.Error("the SVG points elsewhere")
	}
}

func TestPDFHasItsFontsAndSize(t *testing.T) {
	tool, err := exec.LookPath("pdffonts")
	if err != nil {
		t.Skip("pdffonts (poppler-utils) is not installed: it judges the fonts in a PDF")
	}
	for _, p := range Presets() {
		name := filepath.Join(t.TempDir(), "f.pdf")
		if err := os.WriteFile(name, written(t, "pdf", p), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), tool, name).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		rows := strings.Split(strings.TrimSpace(string(out)), "\n")[2:]
		if len(rows) == 0 {
			t.Error("no font in the PDF")
		}
		for _, r := range rows {
			if f := strings.Fields(r); f[len(f)-5] != "yes" { // emb sub uni object generation
				t.Errorf("not embedded: %s", r)
			}
		}
		info, err := exec.CommandContext(t.Context(), "pdfinfo", name).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, info)
		}
		m := regexp.MustCompile(`Page size: +([\d.]+) x ([\d.]+) pts`).FindSubmatch(info)
		if m == nil {
			t.Fatalf("no page size in %s", info)
		}
		w, _ := strconv.ParseFloat(string(m[1]), 64)
		if mm := w * 25.4 / 72; math.Abs(mm-p.Width) > 0.1 {
			t.Errorf("%s: page %.2f mm wide, want %g", p.Name, mm, p.Width)
		}
		text, err := exec.CommandContext(t.Context(), "pdftotext", name, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "Żółć") {
			t.Errorf("the text cannot be read back: %q", text)
		}
	}
}

func TestWriteRefusesInWords(t *testing.T) {
	d := sound(Web, func(s *sheet) { panic("no") })
	if err := Write(d, "svg", new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "could not be drawn as svg") {
		t.Errorf("a figure that panics: %v", err)
	}
	if err := Write(d, "gif", new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "svg, png or pdf") {
		t.Errorf("an unknown format: %v", err)
	}
	for _, format := range Formats() {
		if err := Write(sound(Web, func(*sheet) {}), format, full{}); err == nil {
			t.Errorf("%s on a full disk: no error", format)
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left on device") }

func TestCSVRunsNoFormula(t *testing.T) {
	d := &Drawing{Table: [][]string{{"name", "x"}, {"=1+1", "-0.5"}, {"@cmd", "+3"}, {"-x", ""}}}
	var b bytes.Buffer
	if err := WriteCSV(d, &b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(rows); got != "[[name x] ['=1+1 -0.5] ['@cmd +3] ['-x ]]" {
		t.Errorf("CSV %s", got)
	}
}
