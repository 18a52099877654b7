package datasets

// Two-dimensional shapes with and without noise.
var _ = registerBattery("graves", "Sets of Graves and Pedrycz", []Ref{{Authors: "Graves, D., Pedrycz, W.", Title: "Kernel-based fuzzy clustering and fuzzy clustering: a comparative experimental study", Venue: "Fuzzy Sets and Systems 161(4), 522-543", Year: 2010, DOI: "10.1016/j.fss.2009.10.021"}},
	"dense:200:1 fuzzyx:1000:5 line:250:1 parabolic:1000:2 ring:1000:1 ring_noisy:1050:1 ring_outliers:1030:2 "+
		"zigzag:250:2 zigzag_noisy:300:2 zigzag_outliers:280:2")
