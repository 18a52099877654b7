package cluster

import (
	"context"
	"fmt"
	"testing"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/clustering"
	"github.com/sjwhitworth/golearn/metrics/pairwise"

	"github.com/mores-lab/mores/features"
)

// dbscanGolearn is golearn's DBSCAN: cluster → rows. It panics where a row that is noise
// has marked its core neighbours as taken.
func dbscanGolearn(x *features.Matrix, eps float64, minSamples int) (clusters clustering.ClusterMap, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("golearn panics: %v", p)
		}
	}()
	n, d := x.Dims()
	inst := base.NewDenseInstances()
	specs := make([]base.AttributeSpec, d)
	attrs := make([]base.Attribute, d)
	for j := range d {
		attrs[j] = base.NewFloatAttribute(fmt.Sprint("c", j))
		specs[j] = inst.AddAttribute(attrs[j])
	}
	if err := inst.Extend(n); err != nil {
		return nil, err
	}
	for i := range n {
		for j, v := range x.Row(i) {
			inst.Set(specs[j], i, base.PackFloatToBytes(v))
		}
	}
	return clustering.DBSCAN(inst, clustering.DBSCANParameters{
		ClusterParameters: clustering.ClusterParameters{Attributes: attrs, Metric: pairwise.NewEuclidean()},
		Eps:               eps, MinCount: minSamples,
	})
}

// Core rows that golearn's DBSCAN has in clusters are together where ours are. Its border
// rows are whoever comes first's and some of its core rows get lost, so no more is compared.
func TestDBSCANBesideGolearn(t *testing.T) {
	panics, compared := 0, 0
	for seed := range uint64(12) {
		d := 2 + int(seed)%4
		x, _ := gaussian(150+50*int(seed%3), d, 4, 30, seed)
		a := &DBSCAN{Eps: (0.25 + 0.1*float64(seed%3)) * float64(d), MinSamples: 4 + int(seed%2), Border: true}
		theirs, err := dbscanGolearn(x, a.Eps, a.MinSamples)
		if err != nil {
			panics++
			continue
		}
		c, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		label := make([]int, len(c.Labels))
		for id, rows := range theirs {
			for _, i := range rows {
				label[i] = id + 1
			}
		}
		for i := range label {
			for j := range i {
				if !c.Core[i] || !c.Core[j] || label[i] == 0 || label[j] == 0 {
					continue
				}
				compared++
				if (label[i] == label[j]) != (c.Labels[i] == c.Labels[j]) {
					t.Fatalf("seed %d: core rows %d and %d are together in one only", seed, i, j)
				}
			}
		}
	}
	t.Logf("golearn panicked on %d of 12 sets; %d pairs of core rows compared", panics, compared)
	if compared < 1000 {
		t.Errorf("only %d pairs compared; golearn panicked on %d sets", compared, panics)
	}
}
