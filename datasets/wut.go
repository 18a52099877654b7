package datasets

// Two and three dimensions, up to 10,000 points.
var _ = registerBattery("wut", "Sets drawn by students of Warsaw University of Technology", nil,
	"circles:4000:1 cross:2000:1 graph:2500:1 isolation:9000:1 labirynth:3546:1 mk1:300:1 mk2:1000:1 mk3:600:1 "+
		"mk4:1500:1 olympic:5000:1 smile:1000:2 stripes:5000:1 trajectories:10000:1 trapped_lovers:5000:1 "+
		"twosplashes:400:1 windows:2977:1 x1:120:1 x2:120:2 x3:185:2 z1:192:1 z2:900:1 z3:1000:1")
