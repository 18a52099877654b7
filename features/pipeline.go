package features

// BlockShare is a block's part of the mean squared distance between rows.
type BlockShare struct {
	Block string  `json:"block"`
	Share float64 `json:"share"`
}
