package eval

import (
	"cmp"
	"strings"

	"github.com/mores-lab/mores/cluster"
)

// pickFamilies are algorithms by what they look for.
var pickFamilies = func() map[string]string {
	out := map[string]string{}
	for family, names := range map[string]string{
		"compact":   "kmeans minibatch_kmeans bisecting_kmeans breathing_kmeans constrained_kmeans spherical_kmeans kprototypes kmedoids gmeans xmeans gmm hierarchical betula som affinity",
		"connected": "dbscan hdbscan optics plscan density_peaks meanshift genie spectral",
	} {
		for _, n := range strings.Fields(names) {
			out[n] = family
		}
	}
	return out
}()

// PickFamily says what kind of groups an algorithm looks for: compact (around a centre or
// of one bell shape; Ward's linkage belongs here) or connected (dense, of any shape). An
// algorithm that it does not know is a family of its own. hierarchical with single linkage
// is not compact: who knows the options says so in Candidate.Family.
func PickFamily(algorithm string) string {
	if m, err := cluster.Lookup(algorithm); err == nil {
		algorithm = m.Name
	}
	return cmp.Or(pickFamilies[algorithm], algorithm)
}
