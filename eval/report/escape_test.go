package report

import (
	"strings"
	"testing"
)

// hostile names do something to a medium that does not escape them.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</style><svg onload=alert(1)>`, `]]>`, `<!--`, `&amp;&#60;`,
	`javascript:alert(1)`, `[x](http://evil.example/)`, `![x](//evil.example/p.png)`, `http://evil.example/`, "`rm -rf ~`", `|a|b|`, "a\nb\r\n# c",
	`\input{/etc/passwd}`, `\write18{id}`, `$x$ % ^ ~ _ # &`, `{}`, `\\[1ex]`,
	`=cmd|' /C calc'!A0`, `+1+1`, `-2+3`, `@SUM(A1)`, "\t=1", "＝1",
	"\x1b[2J\x1b[31mred", "\x07\x08\x00", "\u202egnp.exe", "\u2066x\u2069", "\ufeff\u200b", "a\u2028b", "\xff\xfe",
	`../../etc/passwd`, `CON`, `a/b\c:d*e?f"g<h>i|j`, strings.Repeat("x", 4000), "客户分群 Żółć é 👩‍👩‍👧",
	`%s%n%d`, `{{.}}`, `${x}`, `'; DROP TABLE x; --`,
}

func TestCleanLeavesOneVisibleLine(t *testing.T) {
	for _, h := range hostile {
		got := clean(h)
		for _, r := range got {
			if r < ' ' || r == 0x7f || r >= 0x80 && r <= 0x9f || r == 0x202e || r == 0x2066 || r == 0x2069 || r == 0xfeff || r == 0x200b || r == 0x2028 {
				t.Errorf("clean(%q) = %q keeps %U", h, got, r)
			}
		}
	}
	for in, want := range map[string]string{"a\nb": "a b", "\x1b[31mx": "[31mx", "\u202eabc": "abc", "客户": "客户", "\xff": "\ufffd", "e\u200dx": "e\u200dx"} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLaTeXHasNoCommandOfTheData(t *testing.T) {
	for in, want := range map[string]string{
		`\input{x}`: `\textbackslash{}input\{x\}`, `50 % & #1_a`: `50 \% \& \#1\_a`, `[x]`: `{[}x{]}`, `0.4 ± 0.1`: `0.4 $\pm$ 0.1`, `^~`: `\textasciicircum{}\textasciitilde{}`,
	} {
		if got := latex(in); got != want {
			t.Errorf("latex(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMarkdownHasNoMarkupOfTheData(t *testing.T) {
	for in, want := range map[string]string{
		`a_b*c`: `a\_b\*c`, `<b>`: `&lt;b&gt;`, `[x](http://e.com)`: `\[x\](http:\/\/e.com)`, `a|b`: `a\|b`, "a\nb": "a b",
	} {
		if got := markdown(in); got != want {
			t.Errorf("markdown(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"- x": `\- x`, "1. x": `1\. x`, "12) x": `12\) x`, "# x": `\# x`, "plain": "plain", "0.4 is fine": `0\.4 is fine`} {
		if got := markdownLine(in); got != want {
			t.Errorf("markdownLine(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestInertFormulas(t *testing.T) {
	for in, want := range map[string]string{"=1": "'=1", "+1": "'+1", "-x": "'-x", "@a": "'@a", "\tx": "'\tx", "|x": "'|x", "＝1": "'＝1", "a=1": "a=1", "": "", "00123": "00123"} {
		if got := inert(in); got != want {
			t.Errorf("inert(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSlug(t *testing.T) {
	for in, want := range map[string]string{"Frequent high spenders": "frequent-high-spenders", "../../etc/passwd": "etc-passwd", "客户": "", "a\x00b": "ab", " - ": ""} {
		if got := slug(in); got != want {
			t.Errorf("slug(%q) = %q, want %q", in, got, want)
		}
	}
	if got := slug(strings.Repeat("x y ", 100)); len(got) > 60 {
		t.Errorf("a slug of %d bytes", len(got))
	}
}
