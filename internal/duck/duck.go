// Package duck is the only door to DuckDB: it parses CSV, Parquet and JSON Lines
// and writes Parquet. Nothing of DuckDB's own guessing is used: its sniffer is
// off, every column comes as text, and its extensions are neither downloaded nor
// loaded. Memory, threads and the folder it spills to are set by the caller.
//
// Results are read chunk by chunk from DuckDB's own vectors (2,048 rows each),
// without a Go value per cell: database/sql scans about 2 million values a
// second, which is most of the time of loading a log.
package duck

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	bindings "github.com/duckdb/duckdb-go-bindings"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// Options bounds what DuckDB may use.
type Options struct {
	MaxMem  int64  // bytes; 0 = 1 GiB. What does not fit spills to TempDir
	Jobs    int    // threads; 0 = GOMAXPROCS
	TempDir string // 0 = a folder of its own, removed by Close
}

// DB is a DuckDB of its own in memory. It is not safe for concurrent use.
type DB struct {
	db   mapping.Database
	conn mapping.Connection
	own  string // temporary folder to remove, or ""
}

// Open starts a DuckDB.
func Open(opt Options) (*DB, error) {
	d := &DB{}
	if opt.TempDir == "" {
		dir, err := os.MkdirTemp("", "mores-duck-")
		if err != nil {
			return nil, err
		}
		d.own, opt.TempDir = dir, dir
	}
	mem := opt.MaxMem
	if mem <= 0 {
		mem = 1 << 30
	}
	jobs := opt.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	var cfg mapping.Config
	if mapping.CreateConfig(&cfg) != mapping.StateSuccess {
		d.Close()
		return nil, fmt.Errorf("duckdb: no configuration")
	}
	defer mapping.DestroyConfig(&cfg)
	for _, kv := range [][2]string{
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
		{"temp_directory", opt.TempDir},
		{"memory_limit", fmt.Sprintf("%dKiB", max(mem>>10, 64<<10))},
		{"threads", fmt.Sprint(jobs)},
		{"preserve_insertion_order", "true"},
	} {
		if mapping.SetConfig(cfg, kv[0], kv[1]) != mapping.StateSuccess {
			d.Close()
			return nil, fmt.Errorf("duckdb: cannot set %s = %q", kv[0], kv[1])
		}
	}
	var msg string
	if mapping.OpenExt(":memory:", &d.db, cfg, &msg) != mapping.StateSuccess {
		d.Close()
		return nil, fmt.Errorf("duckdb: %s", msg)
	}
	if mapping.Connect(d.db, &d.conn) != mapping.StateSuccess {
		d.Close()
		return nil, fmt.Errorf("duckdb: cannot connect")
	}
	return d, nil
}

// Close ends DuckDB and removes its temporary folder.
func (d *DB) Close() {
	mapping.Disconnect(&d.conn)
	mapping.Close(&d.db)
	if d.own != "" {
		os.RemoveAll(d.own)
	}
}

// Exec runs statements that return nothing.
func (d *DB) Exec(ctx context.Context, sql string) error {
	_, err := d.Query(ctx, sql, nil)
	return err
}

// Query runs one statement and hands every chunk of its result to each, in
// order; the batch is valid during the call only. A cancelled ctx interrupts the
// statement. It returns the names of the result's columns.
func (d *DB) Query(ctx context.Context, sql string, each func(*Batch) error) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
			mapping.Interrupt(d.conn)
		case <-done:
		}
	}()
	var res mapping.Result
	state := mapping.Query(d.conn, sql, &res)
	close(done)
	<-stopped
	defer mapping.DestroyResult(&res)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if state != mapping.StateSuccess {
		return nil, fmt.Errorf("duckdb: %s", mapping.ResultError(&res))
	}
	names := make([]string, mapping.ColumnCount(&res))
	for i := range names {
		names[i] = mapping.ColumnName(&res, mapping.IdxT(i))
	}
	if each == nil {
		return names, nil
	}
	return names, fetch(ctx, &res, each)
}

// fetch hands every chunk of a result to each.
func fetch(ctx context.Context, res *mapping.Result, each func(*Batch) error) error {
	b := newBatch(res)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk := mapping.FetchChunk(*res)
		if chunk.Ptr == nil {
			if msg := mapping.ResultError(res); msg != "" {
				return fmt.Errorf("duckdb: %s", msg)
			}
			return nil
		}
		b.load(chunk)
		err := each(b)
		mapping.DestroyDataChunk(&chunk)
		if err != nil {
			return err
		}
	}
}

// newBatch makes room for the chunks of a result.
func newBatch(res *mapping.Result) *Batch {
	b := &Batch{cols: make([]vector, mapping.ColumnCount(res))}
	for i := range b.cols {
		b.cols[i].wide = mapping.ColumnType(res, mapping.IdxT(i))
		b.cols[i].text = b.cols[i].wide == mapping.TypeVarchar
	}
	return b
}

// Stream is Query for a result that never lies in memory whole: a few chunks are made
// while each takes an earlier one. A batch is valid until each returns from the batch
// after it, so that what is read of the one may go on while the next is looked at; wait
// is called before the last ones go, however the stream ends. It may be nil.
func (d *DB) Stream(ctx context.Context, sql string, each func(*Batch) error, wait func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var stmt mapping.PreparedStatement
	defer mapping.DestroyPrepare(&stmt)
	if mapping.Prepare(d.conn, sql, &stmt) != mapping.StateSuccess {
		return fmt.Errorf("duckdb: %s", mapping.PrepareError(stmt))
	}
	var pending mapping.PendingResult
	defer mapping.DestroyPending(&pending)
	// Deprecated in DuckDB, without another call that streams.
	if bindings.PendingPreparedStreaming(stmt, &pending) != mapping.StateSuccess {
		return fmt.Errorf("duckdb: %s", mapping.PendingError(pending))
	}
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
			mapping.Interrupt(d.conn)
		case <-done:
		}
	}()
	defer func() {
		close(done)
		<-stopped
	}()
	var res mapping.Result
	defer mapping.DestroyResult(&res)
	if mapping.ExecutePending(pending, &res) != mapping.StateSuccess {
		if err := ctx.Err(); err != nil {
			return err
		}
		return fmt.Errorf("duckdb: %s", mapping.ResultError(&res))
	}
	return fetchAhead(ctx, &res, each, wait)
}

// streamAhead is the number of chunks that wait to be taken.
const streamAhead = 8

// fetchAhead is fetch with DuckDB at work beside each. A chunk is destroyed when each
// has taken the next.
func fetchAhead(ctx context.Context, res *mapping.Result, each func(*Batch) error, wait func()) error {
	chunks := make(chan mapping.DataChunk, streamAhead)
	stop := make(chan struct{})
	var failed error // read when chunks is closed
	go func() {
		defer close(chunks)
		for {
			chunk := mapping.FetchChunk(*res)
			if chunk.Ptr == nil {
				if msg := mapping.ResultError(res); msg != "" {
					failed = fmt.Errorf("duckdb: %s", msg)
				}
				return
			}
			select {
			case chunks <- chunk:
			case <-stop:
				mapping.DestroyDataChunk(&chunk)
				return
			}
		}
	}()
	var held [2]mapping.DataChunk
	defer func() {
		close(stop)
		if wait != nil {
			wait()
		}
		for c := range chunks { // until the goroutine, which reads res, has ended
			mapping.DestroyDataChunk(&c)
		}
		for i := range held {
			if held[i].Ptr != nil {
				mapping.DestroyDataChunk(&held[i])
			}
		}
	}()
	var batches [2]*Batch
	for i := range batches {
		batches[i] = newBatch(res)
	}
	for turn := 0; ; turn = 1 - turn {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk, ok := <-chunks
		if !ok {
			if err := ctx.Err(); err != nil {
				return err
			}
			return failed
		}
		if held[turn].Ptr != nil {
			mapping.DestroyDataChunk(&held[turn])
		}
		held[turn] = chunk
		batches[turn].load(chunk)
		if err := each(batches[turn]); err != nil {
			return err
		}
	}
}

// Version returns DuckDB's version.
func Version() string { return mapping.LibraryVersion() }

// quote makes an SQL string of s.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// ident makes an SQL identifier of s.
func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// literalPath keeps DuckDB from reading *, ? and [ in a file's name as a pattern.
func literalPath(p string) (string, error) {
	if strings.ContainsAny(p, "*?[") {
		return "", fmt.Errorf("%s: a file name with *, ? or [ cannot be read: rename it", filepath.Base(p))
	}
	return quote(p), nil
}
