package load

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// fetchLimit is the largest file that Fetch takes: the catalogue's largest is 8 MB.
const fetchLimit = 256 << 20

// Fetch returns where a file of the catalogue lies, downloading it from its public
// address into the user's cache if it is not on this machine. What was downloaded
// must have the catalogue's SHA-256, where one is stated; otherwise nothing is kept.
func Fetch(ctx context.Context, f datasets.File) (string, error) {
	if p, err := locate(f.Path, f.URL); err == nil {
		return p, nil
	} else if f.URL == "" {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", &Error{Code: "D001", Exit: exitIO, Title: fmt.Sprintf("no cache folder to put %s into: %v", f.Path, err), Fix: "export MORES_DATA=/folder/that/holds/data"}
	}
	to := filepath.Join(cache, "mores", filepath.FromSlash(f.Path))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return "", err
	}
	return to, download(ctx, f, to)
}

// download writes the file at f.URL to the path, whole or not at all.
func download(ctx context.Context, f datasets.File, to string) error {
	no := func(format string, args ...any) error {
		return &Error{
			Code: "D001", Exit: exitIO, Title: fmt.Sprintf("cannot download %s", f.Path),
			Lines: []string{fmt.Sprintf(format, args...), "from " + f.URL},
			Fix:   fmt.Sprintf("fetch it elsewhere and put it at %s, or export MORES_DATA=/folder/that/holds/data", shell(to)),
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		return no("%v", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return no("%v", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return no("the server answers %s", resp.Status)
	}
	tmp, err := os.CreateTemp(filepath.Dir(to), ".fetch-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(tmp, sum), io.LimitReader(resp.Body, fetchLimit+1))
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	switch got := hex.EncodeToString(sum.Sum(nil)); {
	case err != nil:
		return no("%v", err)
	case n > fetchLimit:
		return no("it is larger than %d MiB", fetchLimit>>20)
	case f.SHA256 != "" && got != f.SHA256:
		return no("what came has the SHA-256 %.12s…, the catalogue says %.12s…: the file has changed since", got, f.SHA256)
	}
	return os.Rename(tmp.Name(), to)
}
