package load

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The encodings that are read. A byte order mark is stripped.
const (
	utf8Plain   = "utf-8"
	utf8BOM     = "utf-8 with byte order mark"
	utf16LE     = "utf-16le"
	utf16BE     = "utf-16be"
	windows1252 = "windows-1252"
)

// sniffEncoding looks at the first bytes. It answers utf-8 for bytes that are not:
// the scan finds the row, and windows-1252 is tried then (see exclude1252).
func sniffEncoding(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		return utf8BOM
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return utf16LE
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return utf16BE
	}
	// UTF-16 without a mark: every other byte of Western text is 0.
	var zero [2]int
	for i, b := range head {
		if b == 0 {
			zero[i%2]++
		}
	}
	switch n := len(head) / 2; {
	case n > 0 && zero[1]*10 > n*9 && zero[0]*10 < n:
		return utf16LE
	case n > 0 && zero[0]*10 > n*9 && zero[1]*10 < n:
		return utf16BE
	}
	return utf8Plain
}

// parseEncoding reads an encoding's name as people write it.
func parseEncoding(s string) (string, error) {
	switch foldName(s) {
	case "utf8":
		return utf8Plain, nil
	case "utf16", "utf16le":
		return utf16LE, nil
	case "utf16be":
		return utf16BE, nil
	case "windows1252", "cp1252", "latin1", "iso88591", "ansi":
		return windows1252, nil
	}
	return "", fmt.Errorf("encoding %q is not read: utf-8, utf-16le, utf-16be or windows-1252", s)
}

// decode wraps the stream so that it gives UTF-8 without a mark.
func decode(r io.Reader, enc string) io.Reader {
	var e encoding.Encoding
	switch enc {
	case utf8BOM:
		io.CopyN(io.Discard, r, 3)
		return r
	case utf16LE:
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case utf16BE:
		e = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case windows1252:
		e = charmap.Windows1252
	default:
		return r
	}
	return transform.NewReader(r, e.NewDecoder())
}

// exclude1252 says whether bytes that are not UTF-8 can be Windows-1252: none of
// its five undefined bytes, no valid UTF-8 letter beside the invalid ones, and no
// punctuation of its upper rows inside a word, as DOS and Mac text would give.
func exclude1252(b []byte) (why string) {
	letter := func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
	for i := 0; i < len(b); {
		c := b[i]
		if c < 0x80 {
			i++
			continue
		}
		if r, n := utf8.DecodeRune(b[i:]); r != utf8.RuneError {
			return fmt.Sprintf("it also holds valid UTF-8 (%q): some rows were written in another encoding than others", r)
		} else if n == 0 {
			break
		}
		switch c {
		case 0x81, 0x8d, 0x8f, 0x90, 0x9d:
			return fmt.Sprintf("byte 0x%02X does not exist in Windows-1252", c)
		case 0x80, 0x8a, 0x8c, 0x8e, 0x92, 0x9a, 0x9c, 0x9e, 0x9f: // € Š Œ Ž ’ š œ ž Ÿ
		default:
			if c < 0xa0 && i > 0 && i+1 < len(b) && letter(b[i-1]) && letter(b[i+1]) {
				return fmt.Sprintf("byte 0x%02X inside a word is punctuation in Windows-1252", c)
			}
		}
		i++
	}
	return ""
}
