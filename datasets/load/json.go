package load

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mores-lab/mores/internal/digits"
	"github.com/mores-lab/mores/internal/duck"
)

// isJSON says that a text file is JSON Lines: its first line is an object.
func isJSON(in *input) (bool, error) {
	raw, whole, err := in.head(utf8Plain, sampleSize)
	if err != nil {
		return false, err
	}
	raw = bytes.TrimPrefix(raw, []byte{0xef, 0xbb, 0xbf})
	raw = bytes.TrimLeft(raw, " \t\r\n")
	line, rest, found := bytes.Cut(raw, []byte("\n"))
	if len(line) == 0 || line[0] != '{' && line[0] != '[' || !found && !whole {
		return false, nil
	}
	if line[0] == '[' {
		var v []any
		if json.Unmarshal(raw, &v) == nil || bytes.HasPrefix(bytes.TrimLeft(raw[1:], " \t\r\n"), []byte("{")) {
			return false, reject("D002", fmt.Sprintf("jq -c '.[]' %s > events.jsonl", shell(in.path)), "%s is one JSON array: JSON Lines (an object a line) is read", in.name)
		}
		return false, nil
	}
	if json.Valid(line) {
		return true, nil
	}
	if len(bytes.TrimSpace(rest)) > 0 && json.Valid(raw) {
		return false, reject("D002", fmt.Sprintf("jq -c . %s > events.jsonl", shell(in.path)), "%s is one JSON object over several lines: JSON Lines (an object a line) is read", in.name)
	}
	return false, nil
}

// json prepares a JSON Lines file: every line is checked and counted, and a
// compressed one is unpacked.
func (rd *rowReader) json(ctx context.Context, db *duck.DB, in *input, opt Options) error {
	f, err := in.open()
	if err != nil {
		return err
	}
	defer f.Close()
	path := in.path
	var w *bufio.Writer
	if in.comp != "" {
		t, err := os.CreateTemp(opt.TempDir, "mores-*.jsonl")
		if err != nil {
			return &Error{Code: "S002", Exit: exitIO, Title: fmt.Sprintf("cannot unpack %s: %v", in.name, err), err: err}
		}
		defer t.Close()
		path = t.Name()
		rd.close = func() { os.Remove(path) }
		w = bufio.NewWriterSize(t, 256<<10)
	}
	b := bufio.NewReaderSize(f, maxField+1)
	longest, line := 0, int64(0)
	for {
		l, err := b.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return reject("D020", "cut it", "line %s of %s is longer than 1 MiB", digits.Int(line+1), in.name)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		line++
		if t := bytes.TrimSpace(l); len(t) > 0 {
			if t[0] != '{' || !json.Valid(t) {
				return reject("D002", "write one JSON object a line", "line %s of %s is not a JSON object", digits.Int(line), in.name).with("%s:%d: %s", in.name, line, show(string(t)))
			}
			if w != nil {
				w.Write(t)
				w.WriteByte('\n')
			}
			rd.dialect.Rows++
		}
		longest = max(longest, len(l))
		if line%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			break
		}
	}
	if w != nil {
		if err := w.Flush(); err != nil {
			return &Error{Code: "S002", Exit: exitIO, Title: fmt.Sprintf("cannot unpack %s: %v", in.name, err), err: err}
		}
	}
	cols, err := db.JSONKeys(ctx, path, max(2*longest, 1<<20))
	if err != nil {
		return err
	}
	if len(cols) == 0 {
		return reject("D018", "write objects with keys into it", "the objects of %s have no keys", in.name)
	}
	for _, c := range cols {
		rd.names = append(rd.names, c.Name)
	}
	rd.dialect = Dialect{Format: "jsonl", Encoding: utf8Plain, Compression: in.comp, Header: true, Columns: len(cols), Rows: rd.dialect.Rows}
	rd.each = func(fn func(*duck.Batch) error) error {
		return db.ReadJSON(ctx, path, cols, max(2*longest, 1<<20), fn)
	}
	return nil
}
