package datasets

import (
	"fmt"
	"strconv"
	"strings"
)

var batteryRef = Ref{
	Authors: "Gagolewski, M.", Title: "A framework for benchmarking clustering algorithms", Venue: "SoftwareX 20, 101270", Year: 2022,
	DOI: "10.1016/j.softx.2022.101270",
}

const batteryLicense = "research only (clustering-data-v1, version 1.1.0)"

// registerBattery registers the sets of one battery as battery/set. sets lists
// set:rows:references; several references are equally valid, and in each of them
// 0 is noise.
func registerBattery(battery, doc string, refs []Ref, sets string) []*Source {
	var out []*Source
	for _, s := range strings.Fields(sets) {
		p := strings.Split(s, ":")
		rows, err1 := strconv.Atoi(p[1])
		labels, err2 := strconv.Atoi(p[2])
		if err1 != nil || err2 != nil {
			panic("datasets: battery set " + s)
		}
		src := &Source{
			Name: battery + "/" + p[0], Doc: fmt.Sprintf("%s: %s, %d points.", doc, p[0], rows), Version: 1, License: batteryLicense,
			Refs: append([]Ref{batteryRef}, refs...), Expect: Expect{Rows: rows},
		}
		file := func(name, role string) File {
			return File{
				Path: "battery/" + battery + "/" + name, Role: role,
				URL: "https://raw.githubusercontent.com/gagolews/clustering-data-v1/v1.1.0/" + battery + "/" + name,
			}
		}
		src.Files = append(src.Files, file(p[0]+".data.gz", ""))
		for i := range labels {
			src.Files = append(src.Files, file(fmt.Sprintf("%s.labels%d.gz", p[0], i), "labels"))
		}
		out = append(out, register(src))
	}
	return out
}
