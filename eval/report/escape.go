package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes text from the data fit for one line of any medium: control
// characters (and with them every ANSI sequence's escape), line breaks, bidi
// overrides and other invisible format characters go, so that a name can neither
// move the cursor nor reorder what stands beside it. CSV alone keeps them.
func clean(s string) string {
	ok := true
	for _, r := range s {
		if r < ' ' || r >= 0x7f {
			ok = false
			break
		}
	}
	if ok {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029:
			b.WriteByte(' ')
		case r == utf8.RuneError, r&0xfffe == 0xfffe, unicode.Is(unicode.Co, r):
			b.WriteRune(utf8.RuneError)
		case r == 0x200c || r == 0x200d: // joiners belong to the script
			b.WriteRune(r)
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// short cuts text to that many characters.
func short(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

var markdownSigns = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `|`, `\|`, `~`, `\~`, `#`, `\#`, `$`, `\$`,
	`<`, `&lt;`, `>`, `&gt;`, `&`, `&amp;`, `!`, `\!`,
	// GitHub links bare addresses.
	`://`, `:\/\/`, `www.`, `www\.`, `@`, `\@`,
)

// markdown escapes text for a Markdown cell or the inside of a line.
func markdown(s string) string { return markdownSigns.Replace(clean(s)) }

var latexSigns = strings.NewReplacer(
	`\`, `\textbackslash{}`, `{`, `\{`, `}`, `\}`, `$`, `\$`, `&`, `\&`, `#`, `\#`, `_`, `\_`, `%`, `\%`,
	`~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`, `<`, `\textless{}`, `>`, `\textgreater{}`, `|`, `\textbar{}`,
	`"`, `\textquotedbl{}`, `'`, `\textquotesingle{}`, "`", `\textasciigrave{}`,
	// A bracket after \\ would be its argument.
	`[`, `{[}`, `]`, `{]}`,
	`–`, `--`, `—`, `---`, `−`, `$-$`, `±`, `$\pm$`, `×`, `$\times$`, `≤`, `$\le$`, `≥`, `$\ge$`, `≈`, `$\approx$`,
	`…`, `\ldots{}`, `·`, `$\cdot$`, `★`, `$\star$`, `•`, `$\bullet$`, `√`, `$\surd$`, `∈`, `$\in$`, `∞`, `$\infty$`,
	`£`, `\pounds{}`, `€`, `\texteuro{}`, `¥`, `\textyen{}`, `²`, `$^2$`, `→`, `$\to$`, `Σ`, `$\Sigma$`, `σ`, `$\sigma$`, `μ`, `$\mu$`,
	`¹`, `$^1$`, `³`, `$^3$`, `↑`, `$\uparrow$`, `↓`, `$\downarrow$`, `“`, "``", `”`, `''`, "\u00a0", `~`,
)

// latex escapes text for LaTeX.
func latex(s string) string { return latexSigns.Replace(clean(s)) }

// inert defuses what a spreadsheet would take for a formula (CWE-1236). Numbers
// never come here.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}

// slug makes a name fit for a file on any system: lower-case letters, digits and
// single hyphens, at most 60 bytes; "" if nothing of the name is left. It never
// stands alone in a file name, so no reserved name can come out.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(clean(s)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}
