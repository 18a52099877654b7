package datasets

import (
	"math"
	"os"
	"slices"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// The stated best index of every plant lies between .85 and .99 and falls as the
// overlap grows: at the three seeds that the extractors are held against in the long
// run, at medium overlap and one seed otherwise.
func TestPlantBestARI(t *testing.T) {
	seeds, overlaps := []uint64{1}, []string{"medium"}
	if os.Getenv("MORES_LONG") == "1" {
		seeds, overlaps = []uint64{1, 2, 3}, plantOverlap[:]
	}
	for _, name := range plantNames() {
		for _, seed := range seeds {
			before := 1.0
			for _, overlap := range overlaps {
				g, err := (&RetailSim{Customers: 600, Plant: name, Overlap: overlap}).Generate(seed)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range g.Facets {
					// Between .85 and .99 for many; of 600, the standard error is about .015.
					if !(f.BestARI > 0.81 && f.BestARI < 1) {
						t.Errorf("%s, %s overlap, seed %d: facet %s has a best ARI of %.3f", name, overlap, seed, f.Name, f.BestARI)
					}
				}
				if name != "crossed" && (g.BestARI > before || g.BestARI != g.Facets[0].BestARI) {
					t.Errorf("%s, %s overlap, seed %d: %.3f after %.3f", name, overlap, seed, g.BestARI, before)
				}
				before = g.BestARI
			}
		}
	}
}

// What justifies BestARI: the classifier's probabilities are right. Were a factor
// of the likelihood wrong or forgotten, it would claim to be surer than it is, or
// less sure.
func TestPlantCalibrated(t *testing.T) {
	for _, name := range plantNames() {
		o := &RetailSim{Customers: 700, Plant: name, Overlap: "high"}
		run, people, err := o.planted(11)
		if err != nil {
			t.Fatal(err)
		}
		for f := range run.facets {
			plantCalibrated(t, name+": "+run.facets[f].name, run, people, f)
		}
	}
}

func plantCalibrated(t *testing.T, name string, run *plantRun, people []*plantCustomer, facet int) {
	var bins [2][3]float64 // claimed, right, n: all, and where the claim is below 0.9
	var groups [3][2]float64
	for _, c := range people {
		p := run.plantPosterior(c, facet)
		best := slices.Max(p[:])
		hit := 0.0
		if p[c.group[facet]] == best {
			hit = 1
		}
		for i := range bins {
			if i == 0 || best < 0.9 {
				bins[i][0], bins[i][1], bins[i][2] = bins[i][0]+best, bins[i][1]+hit, bins[i][2]+1
			}
		}
		for k := range groups {
			groups[k][0] += p[k]
			if c.group[facet] == int32(k) {
				groups[k][1]++
			}
		}
	}
	for i, b := range bins {
		// Four standard errors of a share.
		if p := b[0] / b[2]; math.Abs(b[1]/b[2]-p) > 4*math.Sqrt(p*(1-p)/b[2]) {
			t.Errorf("%s, part %d: claims to be right in %.4f and is in %.4f of %g customers", name, i, p, b[1]/b[2], b[2])
		}
	}
	// Σ P(k) estimates each group's size: its variance is Σ p(1 − p) at most n/4, and
	// with posteriors this sharp far less.
	for k, g := range groups {
		if math.Abs(g[0]-g[1]) > 4*math.Sqrt(0.1*float64(len(people))) {
			t.Errorf("%s, group %d: expects %.1f of %g", name, k, g[0], g[1])
		}
	}
}

// Another number of customers changes nobody's history, and the groups are thirds.
func TestPlantPrefix(t *testing.T) {
	small, err := (&RetailSim{Customers: 40, Plant: "timing"}).Generate(5)
	if err != nil {
		t.Fatal(err)
	}
	large, err := (&RetailSim{Customers: 600, Plant: "timing"}).Generate(5)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range small.Log.shards[0].IDs {
		a, _ := small.Log.Find(id)
		b, ok := large.Log.Find(id)
		if !ok || a.Len() != b.Len() || a.Stamp(a.Len()-1) != b.Stamp(b.Len()-1) || small.Truth[i] != large.Truth[i] {
			t.Fatalf("%s has another history among 600 customers", id)
		}
	}
	var sizes [3]int
	for _, k := range large.Truth {
		sizes[k]++
	}
	for _, n := range sizes {
		if n < 150 || n > 250 {
			t.Errorf("groups of %v", sizes)
		}
	}
	if len(large.Log.Notes) > 0 {
		t.Errorf("notes: %v", large.Log.Notes)
	}
}

// Crossed facets are those of the single plants, independent of each other.
func TestPlantCrossed(t *testing.T) {
	g, err := (&RetailSim{Customers: 900, Plant: "crossed"}).Generate(2)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Facets) != len(plantCrossed) {
		t.Fatalf("%d facets", len(g.Facets))
	}
	for i, f := range g.Facets {
		if f.Name != plantCrossed[i] {
			t.Errorf("facet %d is %s", i, f.Name)
		}
		for _, other := range g.Facets[:i] {
			if r := adjustedRand(f.Labels, other.Labels); math.Abs(r) > 0.02 {
				t.Errorf("%s and %s agree: ARI %.3f", f.Name, other.Name, r)
			}
		}
	}
	for i, k := range g.Truth {
		if want := 9*g.Facets[0].Labels[i] + 3*g.Facets[1].Labels[i] + g.Facets[2].Labels[i]; k != want {
			t.Fatalf("customer %d: cell %d, want %d", i, k, want)
		}
	}
}

// The closed form of the gaps: the probabilities of a first gap, and of none before
// the end, sum to 1.
func TestPlantGapLogSums(t *testing.T) {
	run, err := newPlantRun("gaps", "medium")
	if err != nil {
		t.Fatal(err)
	}
	run.span = 200
	g := &run.groups[0][0][3]
	first, total := 150, 0.0
	c := &plantCustomer{days: []int{first}}
	total += math.Exp(plantGapLog(run, c, g))
	// With one gap, then none; two gaps are covered by the sum over the second being free.
	for d := first + 1; d < run.span; d++ {
		p := &plantCustomer{days: []int{first, d}}
		end := *run
		end.span = d + 1 // nothing is asked of what follows
		total += math.Exp(plantGapLog(&end, p, g))
	}
	check.Close(t, "Σ P", total, 1, 1e-9)
}

// The occasions' likelihood against brute force: all 2^n histories of few days sum to 1.
func TestPlantOccasionLogSums(t *testing.T) {
	run := &plantRun{span: 12, christmas: make([]bool, 12)}
	run.christmas[3], run.christmas[4] = true, true
	for _, kind := range []int{0, 2} { // a ritual needs plantRitual weeks
		total := 0.0
		for set := range 1 << run.span {
			bought := make([]bool, run.span)
			for d := range bought {
				bought[d] = set>>d&1 == 1
			}
			total += math.Exp(run.logOccasion(bought, kind, 0.05, 0.6))
		}
		check.Close(t, "Σ P", total, 1, 1e-9)
	}
}
