package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/mores-lab/mores/internal/digits"
	"github.com/mores-lab/mores/internal/spell"
)

const (
	// sampleSize is what the sniffer looks at. 1 MiB is thousands of rows; the
	// decisions that more rows could change are made on whole columns later.
	sampleSize = 1 << 20
	// A compressed file may grow 200-fold once it has passed 64 MiB: text
	// compresses 5- to 30-fold, a bomb 1,000-fold.
	bombRatio = 200
	bombFree  = 64 << 20
	// maxField bounds one cell (D020).
	maxField = 1 << 20
)

// input is a file to read and what its first bytes say.
type input struct {
	path string
	name string // as shown: the path's last element
	comp string // "", "gzip", "zstd"
	kind string // "text", "parquet", "npy"
	size int64
}

// inspectInput opens the file far enough to know what it is.
func inspectInput(path string) (*input, error) {
	in := &input{path: path, name: filepath.Base(path), kind: "text"}
	st, err := os.Stat(path)
	if err != nil {
		return nil, ioError(path, err)
	}
	if st.IsDir() {
		return nil, &Error{
			Code: "D001", Exit: exitIO, Title: fmt.Sprintf("%s is a folder, not a file", path),
			Fix: "name the file in it",
		}
	}
	in.size = st.Size()
	f, err := os.Open(path)
	if err != nil {
		return nil, ioError(path, err)
	}
	defer f.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, ioError(path, err)
	}
	head = head[:n]
	switch {
	case n == 0:
		return nil, reject("D018", "write at least a header and one row into it", "%s is empty (0 bytes)", in.name)
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		in.comp = "gzip"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		in.comp = "zstd"
	case bytes.HasPrefix(head, []byte("PAR1")):
		in.kind = "parquet"
	case bytes.HasPrefix(head, []byte("\x93NUMPY")):
		in.kind = "npy"
	default:
		for magic, what := range map[string]string{
			"PK\x03\x04": "a zip archive or an Excel workbook", "\xd0\xcf\x11\xe0": "an old Excel workbook",
			"%PDF": "a PDF document", "SQLite format 3": "an SQLite database", "BZh": "a bzip2 file",
			"\xfd7zXZ": "an xz file", "RDX": "an R data file", "ORC": "an ORC file",
		} {
			if bytes.HasPrefix(head, []byte(magic)) {
				return nil, reject("D002", "export it as CSV (UTF-8) or Parquet", "%s is %s, which is not read", in.name, what)
			}
		}
	}
	return in, nil
}

// open returns the decompressed bytes, guarded against bombs.
func (in *input) open() (io.ReadCloser, error) {
	f, err := os.Open(in.path)
	if err != nil {
		return nil, ioError(in.path, err)
	}
	c := &counter{r: f}
	switch in.comp {
	case "gzip":
		z, err := gzip.NewReader(c)
		if err != nil {
			f.Close()
			return nil, in.damaged(err)
		}
		return &plain{in: in, r: z, packed: c, close: f.Close}, nil
	case "zstd":
		z, err := zstd.NewReader(c, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			f.Close()
			return nil, in.damaged(err)
		}
		return &plain{in: in, r: z, packed: c, close: func() error { z.Close(); return f.Close() }}, nil
	}
	return &plain{in: in, r: c, close: f.Close}, nil
}

func (in *input) damaged(err error) *Error {
	return &Error{
		Code: "D001", Exit: exitData, Title: fmt.Sprintf("%s is a damaged %s file: %v", in.name, in.comp, err),
		Fix: "copy or download it again", err: err,
	}
}

// counter counts the bytes read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// plain is the decompressed stream.
type plain struct {
	in     *input
	r      io.Reader
	packed *counter // nil: not compressed
	n      int64
	close  func() error
}

func (p *plain) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.n += int64(n)
	if p.packed != nil && p.n > bombFree && p.n > bombRatio*p.packed.n {
		return 0, reject("D020", "unpack it yourself if you trust it", "%s unpacks to more than %d times its size (%s bytes from %s): refused as a decompression bomb",
			p.in.name, bombRatio, digits.Int(p.n), digits.Int(p.packed.n))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		var e *Error
		if p.packed != nil && !errors.As(err, &e) && !errors.Is(err, fs.ErrClosed) {
			return n, p.in.damaged(err)
		}
		return n, err
	}
	return n, err
}

func (p *plain) Close() error { return p.close() }

// ioError says why a file cannot be read, and which files there are.
func ioError(path string, err error) error {
	e := &Error{Code: "D001", Exit: exitIO, err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Title = fmt.Sprintf("cannot read %s: there is no such file", path)
		e.Fix = "check the name"
		if near := similarFile(path); near != "" {
			e.Lines = append(e.Lines, fmt.Sprintf("did you mean %q?", near))
			e.Fix = "mores run " + shell(near)
		} else if !filepath.IsAbs(path) {
			if wd, err := os.Getwd(); err == nil {
				e.Lines = append(e.Lines, "looked in "+wd)
			}
		}
	case errors.Is(err, fs.ErrPermission):
		e.Title = fmt.Sprintf("cannot read %s: permission denied (you are uid %d)", path, os.Getuid())
		if st, serr := os.Stat(path); serr == nil {
			e.Lines = append(e.Lines, fmt.Sprintf("the file's mode is %v", st.Mode().Perm()))
		}
		e.Fix = "chmod u+r " + shell(path)
	default:
		e.Title = fmt.Sprintf("cannot read %s: %v", path, err)
	}
	return e
}

// similarFile returns a file of the same folder whose name is close.
func similarFile(path string) string {
	dir := filepath.Dir(path)
	list, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	base := strings.ToLower(filepath.Base(path))
	best, dist := "", max(2, len(base)/4)+1
	for _, f := range list {
		if d := spell.Distance(base, strings.ToLower(f.Name())); !f.IsDir() && d < dist {
			best, dist = filepath.Join(dir, f.Name()), d
		}
	}
	return best
}
