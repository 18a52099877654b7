package datasets

// Shapes with known difficulties, two and three dimensions, by Ultsch.
var _ = registerBattery("fcps", "Fundamental clustering problems suite", []Ref{{Authors: "Ultsch, A.", Title: "Clustering with SOM: U*C", Venue: "Proc. Workshop on Self-Organizing Maps, 75-82", Year: 2005}},
	"atom:800:1 chainlink:1000:1 engytime:4096:2 hepta:212:1 lsun:400:1 target:770:2 tetra:400:1 twodiamonds:800:1 "+
		"wingnut:1016:1")
