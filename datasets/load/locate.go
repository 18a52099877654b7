package load

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mores-lab/mores/datasets"
)

// Locate finds a file of the catalogue, such as data/cdnow/CDNOW_master.txt:
// under $MORES_DATA, then in the user's cache. The error names both, and the
// address to download it from.
func Locate(rel string) (string, error) {
	url, _ := sourceOf(rel)
	return locate(rel, url)
}

// sourceOf returns the address of a file of the catalogue and the set it belongs to.
func sourceOf(rel string) (url, name string) {
	for _, s := range datasets.Sources() {
		for _, f := range s.Files {
			if f.Path == rel {
				url, name = f.URL, s.Name
			}
		}
	}
	return url, name
}

func locate(rel, url string) (string, error) {
	_, name := sourceOf(rel)
	e := &Error{Code: "D001", Exit: exitIO, Title: fmt.Sprintf("%s is not on this machine", rel)}
	if root := os.Getenv("MORES_DATA"); root != "" {
		p := filepath.Join(dataRoot(root), filepath.FromSlash(rel))
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
		e.Lines = append(e.Lines, "not at "+p+" ($MORES_DATA)")
	} else {
		e.Lines = append(e.Lines, "$MORES_DATA is not set (the folder that holds data/ and battery/)")
	}
	to := rel
	if cache, err := os.UserCacheDir(); err == nil {
		p := filepath.Join(cache, "mores", filepath.FromSlash(rel))
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
		e.Lines = append(e.Lines, "not at "+p+" (cache)")
		to = p
	}
	if url != "" {
		e.Fix = fmt.Sprintf("mores datasets fetch %s   (or curl -L --create-dirs -o %s %s)", name, shell(to), shell(url))
	} else {
		e.Fix = "export MORES_DATA=/folder/that/holds/data"
	}
	return "", e
}

// dataRoot resolves a relative $MORES_DATA from the module's root: tests run in
// their packages' folders.
func dataRoot(root string) string {
	if filepath.IsAbs(root) {
		return root
	}
	dir, err := os.Getwd()
	if err != nil {
		return root
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return filepath.Join(d, root)
		}
		if d == filepath.Dir(d) {
			return filepath.Join(dir, root)
		}
	}
}
