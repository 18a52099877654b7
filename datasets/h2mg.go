package datasets

// Two hubs, denser towards their middles, in 1, 2, 8 and 64 dimensions at nine
// spreads, two references each. A study apart, as g2mg is.
var _ = registerBattery("h2mg", "Gaussian hubs (h2mg)", nil,
	"h2mg_1_10:2048:2 h2mg_1_20:2048:2 h2mg_1_30:2048:2 h2mg_1_40:2048:2 h2mg_1_50:2048:2 h2mg_1_60:2048:2 "+
		"h2mg_1_70:2048:2 h2mg_1_80:2048:2 h2mg_1_90:2048:2 h2mg_2_10:2048:2 h2mg_2_20:2048:2 h2mg_2_30:2048:2 "+
		"h2mg_2_40:2048:2 h2mg_2_50:2048:2 h2mg_2_60:2048:2 h2mg_2_70:2048:2 h2mg_2_80:2048:2 h2mg_2_90:2048:2 "+
		"h2mg_64_10:2048:2 h2mg_64_20:2048:2 h2mg_64_30:2048:2 h2mg_64_40:2048:2 h2mg_64_50:2048:2 h2mg_64_60:2048:2 "+
		"h2mg_64_70:2048:2 h2mg_64_80:2048:2 h2mg_64_90:2048:2 h2mg_8_10:2048:2 h2mg_8_20:2048:2 h2mg_8_30:2048:2 "+
		"h2mg_8_40:2048:2 h2mg_8_50:2048:2 h2mg_8_60:2048:2 h2mg_8_70:2048:2 h2mg_8_80:2048:2 h2mg_8_90:2048:2")
