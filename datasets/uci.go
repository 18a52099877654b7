package datasets

// Classes of real measurements: a class need not be a cluster.
var _ = registerBattery("uci", "UCI classification sets", []Ref{{Authors: "Dua, D., Graff, C.", Title: "UCI Machine Learning Repository", Year: 2019, DOI: "http://archive.ics.uci.edu/ml"}},
	"ecoli:336:1 glass:214:1 ionosphere:351:1 sonar:208:1 statlog:2310:1 wdbc:569:1 wine:178:1 yeast:1484:1")
