package load

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
)

// A server on loopback stands for the public address.
func TestFetch(t *testing.T) {
	body := "customer,date,amount\na,2024-01-01,3\n"
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path != "/log.csv" {
			http.NotFound(w, r)
			return
		}
		w.Write([]byte(body))
	}))
	defer server.Close()
	t.Setenv("MORES_DATA", "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir()) // where the cache is elsewhere
	sum := sha256.Sum256([]byte(body))
	f := datasets.File{Path: "data/test/log.csv", URL: server.URL + "/log.csv", SHA256: hex.EncodeToString(sum[:])}
	path, err := Fetch(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != body {
		t.Errorf("%q, %v", b, err)
	}
	if again, err := Fetch(context.Background(), f); err != nil || again != path || asked != 1 {
		t.Errorf("a file that is here was downloaded again: %s, %v, %d requests", again, err, asked)
	}
	for name, bad := range map[string]datasets.File{
		"the file has changed":   {Path: "data/test/changed.csv", URL: server.URL + "/log.csv", SHA256: strings.Repeat("0", 64)},
		"404":                    {Path: "data/test/absent.csv", URL: server.URL + "/absent.csv"},
		"is not on this machine": {Path: "data/test/nowhere.csv"},
	} {
		_, err := Fetch(context.Background(), bad)
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "fix:") {
			t.Errorf("%s: %v", name, err)
		}
		left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
		hidden, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".fetch-*"))
		if len(left)+len(hidden) != 1 {
			t.Errorf("%s: left behind %v %v", name, left, hidden)
		}
	}
}
