//go:build cgo

package ledger

import (
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/internal/duck"
)

// tableSchema is the version of the tables' columns, in each Parquet file's metadata.
const tableSchema = "1"

func writeParquet(path string, cols []column) error {
	out := make([]duck.Col, len(cols))
	for i, c := range cols {
		out[i] = duck.Col{Name: c.name, Floats: c.floats, Ints: c.ints, Texts: c.texts, Bools: c.bools}
	}
	return duck.WriteParquet(path, out, map[string]string{"mores_schema": tableSchema, "mores": study.Tool()})
}
